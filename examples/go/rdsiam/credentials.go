//go:build cgo

package rdsiam

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// Credentials sign tokens. They hide their secrets when they are printed, logged or encoded, also inside
// of another value; but fmt asks no method of an unexported field.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	// SessionToken may be empty.
	SessionToken string
	// Expires is zero if they do not expire, or if nobody knows when.
	Expires time.Time
}

func (c Credentials) shown() string {
	return "rdsiam.Credentials(" + c.AccessKeyID + ")"
}

// Format hides all but the identifier under every verb.
func (c Credentials) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, c.shown())
}

// LogValue hides all but the identifier in logs.
func (c Credentials) LogValue() slog.Value {
	return slog.StringValue(c.shown())
}

// MarshalJSON hides all but the identifier.
func (c Credentials) MarshalJSON() ([]byte, error) {
	return json.Marshal(c.shown())
}

// MarshalText hides all but the identifier in XML, YAML and the like.
func (c Credentials) MarshalText() ([]byte, error) {
	return []byte(c.shown()), nil
}

// MarshalBinary hides all but the identifier in gob.
func (c Credentials) MarshalBinary() ([]byte, error) {
	return []byte(c.shown()), nil
}

// A Provider returns credentials when a client needs them. One client has one call under way, unless an
// earlier one is overdue.
type Provider interface {
	// Retrieve returns credentials. With forceRefresh, newer ones than before are wanted: those of the
	// last call expire within 15 minutes, or a login with them was refused. If there are none, the same
	// ones again are no error.
	//
	// The context ends after the timeout of the client, and not with the caller's, since others may wait
	// for the same credentials.
	Retrieve(ctx context.Context, forceRefresh bool) (Credentials, error)
}

// A ProviderFunc is a function that is a [Provider].
type ProviderFunc func(ctx context.Context, forceRefresh bool) (Credentials, error)

// Retrieve calls the function.
func (f ProviderFunc) Retrieve(ctx context.Context, forceRefresh bool) (Credentials, error) {
	return f(ctx, forceRefresh)
}
