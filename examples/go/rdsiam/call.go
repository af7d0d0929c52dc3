//go:build cgo

package rdsiam

import (
	"context"
	"errors"
	"sync"
)

// A call is a wait for credentials that any number of goroutines share, each as long as its context
// lasts. What to wait for, and for how long, the C library says.
type call struct {
	done  chan struct{}
	token Token // of the target of whoever began it
	err   error
}

// wait reports whether the call ended in time, with its error.
func (c *call) wait(ctx context.Context) error {
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return contextError(ctx)
	}
}

// A callGroup has the one that is under way, if any, as golang.org/x/sync/singleflight has for a key. To wait in C costs a thread, and one is enough.
type callGroup struct {
	lock    sync.Mutex
	current *call
}

// join returns the call that is under way, or begins one with this work.
func (g *callGroup) join(work func() (Token, error)) (joined *call, began bool) {
	g.lock.Lock()
	defer g.lock.Unlock()
	if g.current != nil {
		return g.current, false
	}
	return g.begin(work), true
}

// replace begins a call in any case.
func (g *callGroup) replace(work func() (Token, error)) *call {
	g.lock.Lock()
	defer g.lock.Unlock()
	return g.begin(work)
}

func (g *callGroup) find() *call {
	g.lock.Lock()
	defer g.lock.Unlock()
	return g.current
}

func (g *callGroup) begin(work func() (Token, error)) *call {
	begun := &call{done: make(chan struct{})}
	g.current = begun
	go func() {
		defer close(begun.done)
		begun.token, begun.err = work()
		g.lock.Lock()
		defer g.lock.Unlock()
		if g.current == begun {
			g.current = nil
		}
	}()
	return begun
}

// aboutTarget reports whether an error is only that of the one who asked, and not of those who wait with
// it.
func aboutTarget(err error) bool {
	return errors.Is(err, ErrInvalidArgument) || errors.Is(err, ErrRegionMissing) ||
		errors.Is(err, ErrClosed)
}
