//go:build cgo

package rdsiam

import (
	"context"
	"errors"
	"fmt"
)

// An Error is a failure of this library. Its text holds no secret.
type Error struct {
	// Status is the number that C has for it.
	Status int
	// Code is the same text in every language, such as "ERR_RDSIAM_TIMEOUT".
	Code string
	// Message says what went wrong and what to do about it.
	Message string
	// Retryable reports whether the same call can succeed later without a change by the caller.
	Retryable bool

	cause error
}

// ErrClosed is returned by calls on a closed [Client].
var ErrClosed = errors.New("rdsiam: the client is closed")

// Error returns code and message.
func (e *Error) Error() string {
	return e.Code + ": " + e.Message
}

// Is reports whether the error is of a kind, such as [ErrTimeout].
func (e *Error) Is(target error) bool {
	return target == kinds[e.Status].kind
}

// Timeout reports whether it is [ErrTimeout], as [net.Error] does.
func (e *Error) Timeout() bool {
	return e.Status == statusTimeout
}

// Unwrap returns what the caller's own provider returned, if that is the cause.
func (e *Error) Unwrap() error {
	return e.cause
}

func failure(status int, message string, retryable bool, cause error) *Error {
	return &Error{status, kinds[status].code, message, retryable, cause}
}

func invalid(message string) *Error {
	return failure(statusInvalidArgument, message, false, nil)
}

// contextError is the error of a caller whose context ended.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(err, cause) {
		return fmt.Errorf("rdsiam: no token yet: %w", err)
	}
	return fmt.Errorf("rdsiam: no token yet: %w: %w", err, cause)
}

// wouldBlock looks at an error that comes straight from C; errors.As would allocate at each hit.
func wouldBlock(err error) bool {
	own, ok := err.(*Error)
	return ok && own.Status == statusWouldBlock
}

// fromProvider wraps what a provider returned. Three kinds pass, as with a callback in C; all else
// is a failure of the provider, which knows best whether to try again.
func fromProvider(err error) *Error {
	for _, status := range []int{
		statusCredentialsNotFound, statusCredentialsExpired, statusTimeout,
	} {
		if errors.Is(err, kinds[status].kind) {
			return failure(status, err.Error(), status != statusCredentialsNotFound, err)
		}
	}
	message := "the provider of the credentials failed: " + err.Error()
	return failure(statusCredentialsProvider, message, retryable(err), err)
}

// retryable asks the error, in the ways in which errors of this package, of the AWS SDK and of net can
// be asked. One that does not say is not.
func retryable(err error) bool {
	if own := (*Error)(nil); errors.As(err, &own) {
		return own.Retryable
	}
	var sdk interface{ RetryableError() bool }
	if errors.As(err, &sdk) {
		return sdk.RetryableError()
	}
	var network interface{ Timeout() bool }
	return errors.As(err, &network) && network.Timeout()
}
