package rdsiam

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Credentials sign tokens. They hide their secrets when they are printed.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	// SessionToken may be empty.
	SessionToken string
	// Expires is zero if they do not end, or if nobody knows when.
	Expires time.Time
}

// Format hides all but the identifier under every verb.
func (c Credentials) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, "rdsiam.Credentials("+c.AccessKeyID+")")
}

// A Provider gives credentials when a token needs them. It may be called by several goroutines at
// once, for different targets.
type Provider interface {
	// Retrieve gives credentials. With forceRefresh those of the call before end in less than 15
	// minutes: newer ones are wanted, but what there is will do.
	//
	// The context ends ten seconds after the first of the two calls, and not with the caller's,
	// since others may wait for the same credentials.
	Retrieve(ctx context.Context, forceRefresh bool) (Credentials, error)
}

// A ProviderFunc is a function that is a [Provider].
type ProviderFunc func(ctx context.Context, forceRefresh bool) (Credentials, error)

// Retrieve calls the function.
func (f ProviderFunc) Retrieve(ctx context.Context, forceRefresh bool) (Credentials, error) {
	return f(ctx, forceRefresh)
}
