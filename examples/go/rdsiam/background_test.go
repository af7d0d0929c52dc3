//go:build !debug

package rdsiam_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"rdsiam"
)

// Credentials that are stale still sign, and a fetch runs in the background. It takes a minute until
// such credentials are asked for again.
func TestBackgroundFetch(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	provider := &source{give: func(_ context.Context, call int32) (rdsiam.Credentials, error) {
		if call <= 2 {
			return giving("AKIDOLD", 10*time.Minute), nil
		}
		<-release
		return giving("AKIDNEW", 0), nil
	}}
	client := open(t, rdsiam.WithProvider(provider), rdsiam.WithExpires(2*time.Second))
	get(t, client, target)
	for deadline := time.Now().Add(80 * time.Second); provider.calls.Load() < 3; {
		began := time.Now()
		if password := get(t, client, target); !strings.Contains(password, "AKIDOLD") {
			t.Fatal("a new token before there could be one")
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Fatalf("waited %v", took)
		}
		if time.Now().After(deadline) {
			t.Fatal("no fetch began")
		}
		time.Sleep(50 * time.Millisecond)
	}
	get(t, client, target)
	close(release)
	for deadline := time.Now().Add(5 * time.Second); !strings.Contains(get(t, client, target), "AKIDNEW"); {
		if time.Now().After(deadline) {
			t.Fatal("the fetch brought nothing")
		}
		time.Sleep(50 * time.Millisecond)
	}
	if provider.calls.Load() != 3 {
		t.Errorf("%d calls", provider.calls.Load())
	}
}
