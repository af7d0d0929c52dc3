//go:build cgo

package rdsiam

// #include <rdsiam.h>
import "C"

import "errors"

// The kinds of [Error], for [errors.Is].
var (
	ErrInvalidArgument     = kind("an argument is not valid")
	ErrRegionMissing       = kind("no region was given and none was found")
	ErrCredentialsNotFound = kind("no source had credentials")
	ErrCredentialsExpired  = kind("the credentials have expired")
	ErrCredentialsProvider = kind("a source of credentials failed")
	ErrTimeout             = kind("credentials did not arrive in time")
	ErrWouldBlock          = kind("the call would have had to wait")
	ErrClock               = kind("the system clock cannot be right")
	ErrInternal            = kind("a fault of rdsiam")
)

const (
	statusInvalidArgument     = C.RDSIAM_ERR_INVALID_ARGUMENT
	statusRegionMissing       = C.RDSIAM_ERR_REGION_MISSING
	statusCredentialsNotFound = C.RDSIAM_ERR_CREDENTIALS_NOT_FOUND
	statusCredentialsExpired  = C.RDSIAM_ERR_CREDENTIALS_EXPIRED
	statusCredentialsProvider = C.RDSIAM_ERR_CREDENTIALS_PROVIDER
	statusTimeout             = C.RDSIAM_ERR_TIMEOUT
	statusWouldBlock          = C.RDSIAM_ERR_WOULD_BLOCK
	statusClock               = C.RDSIAM_ERR_CLOCK
	statusInternal            = C.RDSIAM_ERR_INTERNAL
	statusPanic               = C.RDSIAM_ERR_PANIC
)

// kinds are the statuses of rdsiam.h. A panic is a fault like any other to a caller.
var kinds = map[int]struct {
	code string
	kind error
}{
	statusInvalidArgument:     {"ERR_RDSIAM_INVALID_ARGUMENT", ErrInvalidArgument},
	statusRegionMissing:       {"ERR_RDSIAM_REGION_MISSING", ErrRegionMissing},
	statusCredentialsNotFound: {"ERR_RDSIAM_CREDENTIALS_NOT_FOUND", ErrCredentialsNotFound},
	statusCredentialsExpired:  {"ERR_RDSIAM_CREDENTIALS_EXPIRED", ErrCredentialsExpired},
	statusCredentialsProvider: {"ERR_RDSIAM_CREDENTIALS_PROVIDER", ErrCredentialsProvider},
	statusTimeout:             {"ERR_RDSIAM_TIMEOUT", ErrTimeout},
	statusWouldBlock:          {"ERR_RDSIAM_WOULD_BLOCK", ErrWouldBlock},
	statusClock:               {"ERR_RDSIAM_CLOCK", ErrClock},
	statusInternal:            {"ERR_RDSIAM_INTERNAL", ErrInternal},
	statusPanic:               {"ERR_RDSIAM_PANIC", ErrInternal},
}

func kind(text string) error {
	return errors.New("rdsiam: " + text)
}
