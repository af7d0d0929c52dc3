//go:build cgo

package rdsiam

import (
	"context"
	"errors"
	"fmt"
)

// fromProvider returns a token of a client whose credentials Go fetches. C says what to do: use a token,
// fetch credentials, or both; or wait for another who fetches.
func (c *Client) fromProvider(
	ctx context.Context, next func() (Token, *request, error),
) (Token, error) {
	for {
		token, current, err := c.ask(ctx, next)
		if err != nil || token.text != "" {
			return token, err
		}
		if current == nil {
			// Another has the request. That one registers its call before it lets go of the lock,
			// so that now there is a call, unless it has ended already.
			c.asking.Lock()
			c.asking.Unlock() //nolint:staticcheck // waiting is all that is wanted
			current = c.calls.find()
		}
		if current != nil {
			if err := current.wait(ctx); err != nil {
				return Token{}, err
			}
		}
	}
}

// ask asks C, and begins the fetch that it asks for.
func (c *Client) ask(
	ctx context.Context, next func() (Token, *request, error),
) (Token, *call, error) {
	c.asking.RLock()
	defer c.asking.RUnlock()
	token, request, err := next()
	if request == nil {
		return token, nil, err
	}
	// Others may wait for this fetch, so that it does not end with this caller.
	ctx = context.WithoutCancel(ctx)
	return token, c.calls.replace(func() (Token, error) {
		defer request.free()
		return Token{}, c.fetch(ctx, request)
	}), nil
}

// fetch asks the provider until the request has ended: once, and once more if C says so.
func (c *Client) fetch(ctx context.Context, request *request) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	for again := true; again; {
		credentials, failed := c.retrieve(ctx, request.forceRefresh())
		if failed != nil {
			return request.fail(failed)
		}
		var err error
		again, err = request.complete(credentials)
		credentials.free()
		if err != nil {
			return err
		}
	}
	return nil
}

var errSlowProvider = failure(statusTimeout,
	"the provider of the credentials returned none within the timeout of the client", true, nil)

// retrieve leaves a provider behind that does not heed its context.
func (c *Client) retrieve(ctx context.Context, forceRefresh bool) (nativeCredentials, *Error) {
	type answer struct {
		credentials Credentials
		failed      *Error
	}
	answers := make(chan answer, 1)
	go func() {
		given := answer{failed: fromProvider(errExited)}
		defer func() { answers <- given }()
		given.credentials, given.failed = c.call(ctx, forceRefresh)
	}()
	var given answer
	select {
	case given = <-answers:
	case <-ctx.Done():
		return nativeCredentials{}, errSlowProvider
	}
	switch {
	case given.failed == nil:
		credentials, err := newCredentials(given.credentials)
		if err != nil {
			return nativeCredentials{}, fromProvider(err)
		}
		return credentials, nil
	case ctx.Err() != nil:
		return nativeCredentials{}, errSlowProvider
	}
	return nativeCredentials{}, given.failed
}

// call returns what the provider panics with as its failure, and what its error panics with.
func (c *Client) call(ctx context.Context, forceRefresh bool) (given Credentials, failed *Error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			failed = fromProvider(panicOf(panicked))
		}
	}()
	given, err := c.provider.Retrieve(ctx, forceRefresh)
	if err != nil {
		return Credentials{}, fromProvider(err)
	}
	return given, nil
}

var errExited = errors.New("it ended its goroutine")

// panicOf keeps what the provider panicked with.
func panicOf(panicked any) error {
	if err, ok := panicked.(error); ok {
		return fmt.Errorf("it panicked: %w", err)
	}
	return fmt.Errorf("it panicked: %v", panicked)
}
