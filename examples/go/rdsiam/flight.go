//go:build cgo

package rdsiam

import (
	"context"
	"errors"
	"sync"
)

// A flight is a wait for credentials that any number of goroutines share, each as long as its context
// lasts. What to wait for, and for how long, the C library says.
type flight struct {
	done  chan struct{}
	token Token // of the target of whoever began it
	err   error
}

// wait tells whether the flight ended in time, with its error.
func (f *flight) wait(ctx context.Context) error {
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		return left(ctx)
	}
}

// flights has the one that is under way. To wait in C costs a thread, and one is enough.
type flights struct {
	lock    sync.Mutex
	current *flight
}

// join returns the flight that is under way, or begins one with this work.
func (f *flights) join(work func() (Token, error)) (joined *flight, began bool) {
	f.lock.Lock()
	defer f.lock.Unlock()
	if f.current != nil {
		return f.current, false
	}
	return f.begin(work), true
}

// replace begins a flight in any case.
func (f *flights) replace(work func() (Token, error)) *flight {
	f.lock.Lock()
	defer f.lock.Unlock()
	return f.begin(work)
}

func (f *flights) find() *flight {
	f.lock.Lock()
	defer f.lock.Unlock()
	return f.current
}

func (f *flights) begin(work func() (Token, error)) *flight {
	begun := &flight{done: make(chan struct{})}
	f.current = begun
	go func() {
		defer close(begun.done)
		begun.token, begun.err = work()
		f.lock.Lock()
		defer f.lock.Unlock()
		if f.current == begun {
			f.current = nil
		}
	}()
	return begun
}

// aboutTarget tells whether an error is only that of the one who asked, and not of those who wait with
// it.
func aboutTarget(err error) bool {
	return errors.Is(err, ErrInvalidArgument) || errors.Is(err, ErrRegionMissing) ||
		errors.Is(err, ErrClosed)
}
