//go:build cgo

package rdsiam

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"time"
)

// A Token is the password of one login. It hides its text when it is printed, logged or encoded.
type Token struct {
	text                string
	signedAt, expiresAt int64
}

// Password returns the text of the token, for the driver. In a URL it has to be percent-encoded.
func (t Token) Password() string {
	return t.text
}

// SignedAt returns when it was signed, in whole seconds.
func (t Token) SignedAt() time.Time {
	return time.Unix(t.signedAt, 0)
}

// ExpiresAt returns when the database stops accepting the token: at the end of its own life, or when the
// credentials that signed it expire, if that is sooner.
func (t Token) ExpiresAt() time.Time {
	return time.Unix(t.expiresAt, 0)
}

func (t Token) shown() string {
	return "rdsiam.Token(" + t.ExpiresAt().UTC().Format(time.RFC3339) + ")"
}

// Format hides the text under every verb.
func (t Token) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, t.shown())
}

// LogValue hides the text in logs.
func (t Token) LogValue() slog.Value {
	return slog.StringValue(t.shown())
}

// MarshalJSON hides the text.
func (t Token) MarshalJSON() ([]byte, error) {
	return strconv.AppendQuote(nil, t.shown()), nil
}
