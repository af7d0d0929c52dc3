package rdsiampgx

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// IsOCCError tells whether another transaction changed the same rows first: Aurora DSQL locks nothing, and
// of two such transactions the later one fails at its end. It may be run again.
func IsOCCError(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && slices.Contains([]string{"OC000", "OC001", "40001"}, refused.Code)
}

// OCCRetry says how often a transaction is run again after a conflict, and the pauses before. A field that is
// 0 has its default, which is that of Amazon's connectors.
type OCCRetry struct {
	// MaxRetries is 3, and 100 at most.
	MaxRetries int
	// BaseDelay is the first pause, 1 ms. It doubles up to MaxDelay, 100 ms.
	BaseDelay, MaxDelay time.Duration
	// JitterFactor is how much a pause is longer at most: 0.25 of it.
	JitterFactor float64
}

// RunTransaction begins a transaction, calls the function with it, and commits; after a conflict it does all
// of that again. `db` is a pool or a connection of pgx. The function may run more than once.
func (r OCCRetry) RunTransaction(
	ctx context.Context, db interface {
		Begin(ctx context.Context) (pgx.Tx, error)
	}, run func(pgx.Tx) error,
) error {
	return r.Run(ctx, func() error { return pgx.BeginFunc(ctx, db, run) })
}

// Run calls a function, and again after a conflict. The function has to begin and end its transaction by
// itself, such as one of [database/sql].
func (r OCCRetry) Run(ctx context.Context, run func() error) error {
	r, err := r.complete()
	if err != nil {
		return err
	}
	for retry := 0; ; retry++ {
		err := run()
		if !IsOCCError(err) || retry == r.MaxRetries {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(r.pause(retry)):
		}
	}
}

// complete puts in the defaults.
func (r OCCRetry) complete() (OCCRetry, error) {
	if r.MaxRetries == 0 {
		r.MaxRetries = 3
	}
	if r.BaseDelay == 0 {
		r.BaseDelay = time.Millisecond
	}
	if r.MaxDelay == 0 {
		r.MaxDelay = max(100*time.Millisecond, r.BaseDelay)
	}
	if r.JitterFactor == 0 {
		r.JitterFactor = 0.25
	}
	switch {
	case r.MaxRetries < 0 || r.MaxRetries > 100:
		return r, fmt.Errorf("rdsiampgx: MaxRetries is %d; give 1 to 100", r.MaxRetries)
	case r.BaseDelay < 0:
		return r, fmt.Errorf("rdsiampgx: BaseDelay is %v; give more than 0", r.BaseDelay)
	case r.MaxDelay < r.BaseDelay:
		return r, fmt.Errorf("rdsiampgx: MaxDelay is %v; give BaseDelay at least", r.MaxDelay)
	case !(r.JitterFactor >= 0 && r.JitterFactor <= 1):
		return r, fmt.Errorf("rdsiampgx: JitterFactor is %v; give 0 to 1", r.JitterFactor)
	}
	return r, nil
}

// pause is how long to wait before a retry, of which the first one is 0.
func (r OCCRetry) pause(retry int) time.Duration {
	pause := r.BaseDelay
	for range retry {
		if pause >= r.MaxDelay/2 {
			pause = r.MaxDelay
			break
		}
		pause *= 2
	}
	return pause + time.Duration(rand.Float64()*r.JitterFactor*float64(pause))
}
