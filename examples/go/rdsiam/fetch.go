package rdsiam

import (
	"context"
	"errors"
)

// step gives a token of a client whose credentials Go fetches. C says what to do: hand a token
// out, fetch credentials for one, or both; or wait for another who fetches.
func (c *Client) step(ctx context.Context, target Target) (Token, error) {
	for {
		token, under, err := c.take(ctx, target)
		if err != nil || token.text != "" {
			return token, err
		}
		if under == nil {
			// Another has the ticket. That one registers its flight before it lets go of the
			// lock, so that now there is a flight, unless it has landed already.
			c.steps.Lock()
			c.steps.Unlock() //nolint:staticcheck // waiting is all that is wanted
			under = c.flights.find(target)
		}
		if under != nil {
			return under.wait(ctx)
		}
	}
}

// take asks C, and begins the fetch that it asks for.
func (c *Client) take(ctx context.Context, target Target) (Token, *flight, error) {
	c.steps.RLock()
	defer c.steps.RUnlock()
	token, ticket, err := c.handle.take(target)
	if ticket == nil {
		return token, nil, err
	}
	// Others may wait for this fetch, so that it does not end with this caller.
	ctx = context.WithoutCancel(ctx)
	return token, c.flights.replace(target, func() (Token, error) {
		defer ticket.free()
		return c.fetch(ctx, ticket.bring)
	}), nil
}

func (c *Client) signWithProvider(ctx context.Context, target Target) (Token, error) {
	return c.fetch(ctx, func(credentials, newer nativeCredentials) (Token, error) {
		return c.handle.signWith(credentials, newer, target)
	})
}

// fetch asks the provider, once more if what it gave ends soon, and uses what it gave.
func (c *Client) fetch(
	ctx context.Context,
	use func(credentials, newer nativeCredentials) (Token, error),
) (Token, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errSlowProvider)
	defer cancel()
	credentials, err := c.retrieve(ctx, false)
	if err != nil {
		return Token{}, err
	}
	defer credentials.free()
	if !credentials.wantNewer() {
		return use(credentials, nativeCredentials{})
	}
	newer, failed := c.retrieve(ctx, true)
	defer newer.free()
	token, err := use(credentials, newer)
	if own := (*Error)(nil); errors.As(err, &own) && failed != nil {
		own.Message += ". The provider was asked for newer ones and failed: " + failed.Error()
		own.cause = failed
	}
	return token, err
}

var errSlowProvider = failure(statusTimeout,
	"the provider of the credentials gave none within 10 seconds", true, nil)

// retrieve leaves a provider behind that does not heed its context.
func (c *Client) retrieve(ctx context.Context, forceRefresh bool) (nativeCredentials, error) {
	type answer struct {
		credentials Credentials
		err         error
	}
	answers := make(chan answer, 1)
	go func() {
		given := answer{err: errPanicked}
		defer func() {
			_ = recover()
			answers <- given
		}()
		given.credentials, given.err = c.provider.Retrieve(ctx, forceRefresh)
	}()
	var given answer
	select {
	case given = <-answers:
	case <-ctx.Done():
		given.err = ctx.Err()
	}
	switch {
	case given.err == nil:
		return newCredentials(given.credentials)
	case errors.Is(context.Cause(ctx), errSlowProvider):
		return nativeCredentials{}, errSlowProvider
	case ctx.Err() != nil:
		return nativeCredentials{}, left(ctx)
	}
	return nativeCredentials{}, fromProvider(given.err)
}

var errPanicked = errors.New("it panicked")
