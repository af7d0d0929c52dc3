package rdsiam

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// patience bounds the fetching of credentials in all, as the C library bounds its own. A variable
// for the tests alone.
var patience = 10 * time.Second

// A Client signs tokens and caches them. Make one for the process and keep it; any number of
// goroutines may use it.
type Client struct {
	handle   *handle
	provider Provider
	// waits is whether a call into C may wait: not where the credentials are given.
	waits   bool
	flights flights
	steps   sync.RWMutex
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
		waits:    s.credentials == nil,
	}
	// For a client that was forgotten. Memory alone says when that runs, so that it is no
	// replacement for Close.
	client.cleanup = runtime.AddCleanup(client, (*handle).close, client.handle)
	return client, nil
}

// Close frees the client. Calls that are under way end as if it were open, later ones give
// [ErrClosed]. Closing it twice is no error.
func (c *Client) Close() error {
	c.cleanup.Stop()
	c.handle.close()
	return nil
}

// Token gives the password for one login, good for at least another ten seconds.
func (c *Client) Token(ctx context.Context, target Target) (string, error) {
	token, err := c.Get(ctx, target)
	return token.text, err
}

// Get is [Client.Token], with the end of the token.
func (c *Client) Get(ctx context.Context, target Target) (Token, error) {
	if err := c.begin(ctx, target); err != nil {
		return Token{}, err
	}
	defer c.handle.done()
	if c.provider != nil {
		return c.step(ctx, target)
	}
	token, err := c.handle.tryGet(target)
	if !wouldBlock(err) {
		return token, err
	}
	return c.flights.join(target, c.getter(target)).wait(ctx)
}

// Sign makes a new token at each call and leaves the cache alone, as BuildAuthToken of the AWS SDK
// does.
func (c *Client) Sign(ctx context.Context, target Target) (Token, error) {
	if err := c.begin(ctx, target); err != nil {
		return Token{}, err
	}
	defer c.handle.done()
	if c.provider != nil {
		return c.signWithProvider(ctx, target)
	}
	if !c.waits || ctx.Done() == nil {
		return c.handle.sign(target)
	}
	return launch(c.signer(target)).wait(ctx)
}

// Invalidate drops a token from the cache, after the database refused a login with it.
func (c *Client) Invalidate(target Target) error {
	if err := c.begin(context.Background(), target); err != nil {
		return err
	}
	defer c.handle.done()
	return c.handle.invalidate(target)
}

// begin has to be followed by handle.done, unless it gives an error.
func (c *Client) begin(ctx context.Context, target Target) error {
	if ctx.Err() != nil {
		return left(ctx)
	}
	if err := noNUL("host", target.Host, "user", target.User, "region", target.Region); err != nil {
		return err
	}
	return c.handle.use()
}

// getter waits in C. It may outlive its caller, so that it holds the handle by itself.
func (c *Client) getter(target Target) work {
	h := c.handle
	return func() (Token, error) {
		if err := h.use(); err != nil {
			return Token{}, err
		}
		defer h.done()
		return h.get(target)
	}
}

func (c *Client) signer(target Target) work {
	h := c.handle
	return func() (Token, error) {
		if err := h.use(); err != nil {
			return Token{}, err
		}
		defer h.done()
		return h.sign(target)
	}
}
