package rdsiam

import (
	"context"
	"sync"
)

// A flight is work that any number of goroutines wait for, each as long as its context lasts.
type flight struct {
	landed chan struct{}
	token  Token
	err    error
}

type work func() (Token, error)

// launch does the work on a goroutine, which goes on when those who wait have left.
func launch(do work) *flight {
	f := &flight{landed: make(chan struct{})}
	go f.run(do)
	return f
}

func (f *flight) run(do work) {
	defer close(f.landed)
	f.token, f.err = do()
}

func (f *flight) wait(ctx context.Context) (Token, error) {
	select {
	case <-f.landed:
		return f.token, f.err
	case <-ctx.Done():
		return Token{}, left(ctx)
	}
}

// flights has the one that is under way for each target: waiting in C costs a thread, and one of
// them is enough for all who wait for the same token.
type flights struct {
	lock sync.Mutex
	all  map[Target]*flight
}

// join gives the flight for a target, which begins now if there is none.
func (f *flights) join(target Target, do work) *flight {
	f.lock.Lock()
	defer f.lock.Unlock()
	if under := f.all[target]; under != nil {
		return under
	}
	return f.begin(target, do)
}

// replace begins a flight for a target in any case.
func (f *flights) replace(target Target, do work) *flight {
	f.lock.Lock()
	defer f.lock.Unlock()
	return f.begin(target, do)
}

func (f *flights) find(target Target) *flight {
	f.lock.Lock()
	defer f.lock.Unlock()
	return f.all[target]
}

func (f *flights) begin(target Target, do work) *flight {
	begun := &flight{landed: make(chan struct{})}
	if f.all == nil {
		f.all = make(map[Target]*flight)
	}
	f.all[target] = begun
	go begun.run(func() (Token, error) {
		defer f.end(target, begun)
		return do()
	})
	return begun
}

func (f *flights) end(target Target, ended *flight) {
	f.lock.Lock()
	defer f.lock.Unlock()
	if f.all[target] == ended {
		delete(f.all, target)
	}
}
