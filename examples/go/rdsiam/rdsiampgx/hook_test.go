package rdsiampgx

import (
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestWhichErrorsAreARefusalOfTheToken(t *testing.T) {
	const dsql = "unable to accept connection, access denied"
	for _, one := range []struct {
		code, message string
		is            bool
	}{
		{"28000", `PAM authentication failed for user "app"`, true},
		{"28P01", `password authentication failed for user "app"`, true},
		// Aurora DSQL.
		{"08006", dsql, true},
		{"08006", "unable to accept connection, sni was not received", false},
		{"53300", "too many connections", false},
		{"3D000", dsql, false},
	} {
		if is := refused(&pgconn.PgError{Code: one.code, Message: one.message}); is != one.is {
			t.Errorf("%s %s: %v", one.code, one.message, is)
		}
	}
}
