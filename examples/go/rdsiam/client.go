//go:build cgo

package rdsiam

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// A Client signs tokens and caches them. Make one for the process and keep it; any number of
// goroutines may use it.
type Client struct {
	handle   *handle
	provider Provider
	timeout  time.Duration
	calls    callGroup
	// asking is held shared while C is asked what to do and a fetch is begun.
	asking  sync.RWMutex
	cleanup runtime.Cleanup
}

// New makes a client. It looks at no file, network or environment variable before the first token
// is asked for.
func New(options ...Option) (*Client, error) {
	if err := checkABI(); err != nil {
		return nil, err
	}
	var s settings
	for _, option := range options {
		option(&s)
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	native, err := newClient(&s)
	if err != nil {
		return nil, err
	}
	client := &Client{
		handle:   newHandle(native),
		provider: s.provider,
		timeout:  s.timeoutOrDefault(),
	}
	// For a client that was forgotten. Memory alone says when that runs, so that it is no
	// replacement for Close.
	client.cleanup = runtime.AddCleanup(client, (*handle).close, client.handle)
	return client, nil
}

// Close frees the client. Calls that are under way end as if it were open, later ones return
// [ErrClosed]. Closing it twice is no error.
func (c *Client) Close() error {
	c.cleanup.Stop()
	c.handle.close()
	return nil
}

// Token returns the password for one login, valid for at least another ten seconds.
func (c *Client) Token(ctx context.Context, target Target) (string, error) {
	token, err := c.Get(ctx, target)
	return token.text, err
}

// Get is [Client.Token], with the times of the token.
func (c *Client) Get(ctx context.Context, target Target) (Token, error) {
	if err := c.begin(ctx, target); err != nil {
		return Token{}, err
	}
	defer c.handle.done()
	h := c.handle
	if c.provider != nil {
		return c.fromProvider(ctx, func() (Token, *request, error) { return h.getOrFetch(target) })
	}
	token, err := h.tryGet(target)
	if !wouldBlock(err) {
		return token, err
	}
	return c.waitFor(ctx, target, h.tryGet, h.get)
}

// Sign signs a new token at each call and leaves the cache of tokens alone, as BuildAuthToken of the AWS
// SDK does.
func (c *Client) Sign(ctx context.Context, target Target) (Token, error) {
	if err := c.begin(ctx, target); err != nil {
		return Token{}, err
	}
	defer c.handle.done()
	h := c.handle
	if c.provider != nil {
		return c.fromProvider(ctx, func() (Token, *request, error) { return h.signOrFetch(target) })
	}
	token, err := h.trySign(target)
	if !wouldBlock(err) {
		return token, err
	}
	return c.waitFor(ctx, target, h.trySign, h.sign)
}

// Invalidate removes the token of a target from the cache, whichever it is. The next call signs a new
// one, and asks for newer credentials unless that was done within the last minute.
func (c *Client) Invalidate(target Target) error {
	if err := c.begin(context.Background(), target); err != nil {
		return err
	}
	defer c.handle.done()
	return c.handle.invalidate(target)
}

// InvalidateToken is [Client.Invalidate] for a token that the database refused. A newer one that is in
// the cache by now stays there.
func (c *Client) InvalidateToken(target Target, token Token) error {
	if err := c.begin(context.Background(), target); err != nil {
		return err
	}
	defer c.handle.done()
	return c.handle.invalidateToken(target, token)
}

// LoginRefused is to be called when the database refused a login with a token. It removes the token
// from the cache, and reports whether to log in once more with a new one: the token was signed before the
// login began, and no fresh token of the target was refused within the last minute. So N refused logins
// cost at most N + 1 attempts.
func (c *Client) LoginRefused(target Target, token Token, loginBegan time.Time) (bool, error) {
	if err := c.begin(context.Background(), target); err != nil {
		return false, err
	}
	defer c.handle.done()
	return c.handle.loginRefused(target, token, loginBegan)
}

// begin has to be followed by handle.done, unless it returns an error.
func (c *Client) begin(ctx context.Context, target Target) error {
	if ctx.Err() != nil {
		return contextError(ctx)
	}
	if err := noNUL("host", target.Host, "user", target.User, "region", target.Region); err != nil {
		return err
	}
	return c.handle.use()
}

// waitFor waits in C on one goroutine for all who wait for the credentials of this client. Each then
// tries again for its own target.
func (c *Client) waitFor(
	ctx context.Context, target Target, try, block func(Target) (Token, error),
) (Token, error) {
	h := c.handle
	for {
		// The shared call may outlive its callers, so that it holds the handle by itself.
		shared, began := c.calls.join(func() (Token, error) {
			if err := h.use(); err != nil {
				return Token{}, err
			}
			defer h.done()
			return block(target)
		})
		err := shared.wait(ctx)
		if began && err == nil {
			return shared.token, nil
		}
		if err != nil && (began || !aboutTarget(err)) {
			return Token{}, err
		}
		token, err := try(target)
		if !wouldBlock(err) {
			return token, err
		}
	}
}
