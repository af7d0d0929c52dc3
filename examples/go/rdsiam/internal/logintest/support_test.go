// Package logintest logs in to the stand-in for RDS, at PostgreSQL and MariaDB, through each hook:
// `tests/standin/standin run -- examples/go/test.sh`.
package logintest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"rdsiam"
)

func env(t testing.TB, name string) string {
	t.Helper()
	value := os.Getenv("STANDIN_" + name)
	if value == "" {
		t.Fatalf("STANDIN_%s is not set: run this under tests/standin/standin", name)
	}
	return value
}

func port(t testing.TB, name string) uint16 {
	t.Helper()
	number, err := strconv.ParseUint(env(t, name), 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	return uint16(number)
}

func credentials(t testing.TB) rdsiam.Credentials {
	return rdsiam.Credentials{
		AccessKeyID:     env(t, "ACCESS_KEY_ID"),
		SecretAccessKey: env(t, "SECRET_ACCESS_KEY"),
		SessionToken:    env(t, "SESSION_TOKEN"),
	}
}

func open(t testing.TB, options ...rdsiam.Option) *rdsiam.Client {
	t.Helper()
	if len(options) == 0 {
		options = append(options, rdsiam.WithCredentials(credentials(t)))
	}
	client, err := rdsiam.New(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// provider gives the same credentials as a source of the program's own.
func provider(t testing.TB) rdsiam.Provider {
	given := credentials(t)
	return rdsiam.ProviderFunc(func(context.Context, bool) (rdsiam.Credentials, error) {
		return given, nil
	})
}

func verifying(t testing.TB) *tls.Config {
	t.Helper()
	text, err := os.ReadFile(env(t, "CA"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		t.Fatal("no certificate in STANDIN_CA")
	}
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// tunnel forwards a port of this machine to the stand-in, and returns it.
func tunnel(t testing.TB, to string) uint16 {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			go forward(near, far)
			go forward(far, near)
		}
	}()
	return uint16(listener.Addr().(*net.TCPAddr).Port)
}

func forward(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
}

// verdicts returns what the verifier logged while a function ran.
func verdicts(t testing.TB, during func()) string {
	t.Helper()
	before, err := os.ReadFile(env(t, "LOG"))
	if err != nil {
		t.Fatal(err)
	}
	during()
	after, err := os.ReadFile(env(t, "LOG"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(string(after), string(before))
}
