package rdsiam

import (
	"fmt"
	"io"
	"time"
)

// A Token is the password of one login. It hides its text when it is printed.
type Token struct {
	text      string
	expiresAt int64
}

// Password gives the text of the token, for the driver. In a URL it has to be percent-encoded.
func (t Token) Password() string {
	return t.text
}

// ExpiresAt tells when the database stops taking the token: 15 minutes after its signing, or when
// the credentials that signed it end, if that is sooner.
func (t Token) ExpiresAt() time.Time {
	return time.Unix(t.expiresAt, 0)
}

// Format hides the text under every verb.
func (t Token) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, "rdsiam.Token("+t.ExpiresAt().UTC().Format(time.RFC3339)+")")
}
