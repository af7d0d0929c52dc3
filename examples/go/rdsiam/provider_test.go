package rdsiam_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rdsiam"
)

// A source counts how it is asked.
type source struct {
	calls, forced atomic.Int32
	give          func(ctx context.Context, call int32) (rdsiam.Credentials, error)
}

func (s *source) Retrieve(ctx context.Context, force bool) (rdsiam.Credentials, error) {
	call := s.calls.Add(1)
	if force {
		s.forced.Add(1)
	}
	return s.give(ctx, call)
}

func giving(id string, life time.Duration) rdsiam.Credentials {
	credentials := rdsiam.Credentials{AccessKeyID: id, SecretAccessKey: "SECRET"}
	if life != 0 {
		credentials.Expires = time.Now().Add(life)
	}
	return credentials
}

func TestOneFetchForAllWhoWait(t *testing.T) {
	provider := &source{give: func(context.Context, int32) (rdsiam.Credentials, error) {
		time.Sleep(200 * time.Millisecond)
		return giving("AKID", 0), nil
	}}
	client := open(t, rdsiam.WithProvider(provider))
	var calls sync.WaitGroup
	var first atomic.Value
	for range 500 {
		calls.Go(func() {
			password, err := client.Token(t.Context(), target)
			first.CompareAndSwap(nil, password)
			if err != nil || first.Load() != password {
				t.Error(err, "or not the same token")
			}
		})
	}
	calls.Wait()
	for range 100 {
		get(t, client, target)
	}
	if provider.calls.Load() != 1 {
		t.Errorf("%d calls", provider.calls.Load())
	}
}

// Many goroutines, many targets, invalidations in between: nobody waits for ever.
func TestContendedRequests(t *testing.T) {
	provider := &source{give: func(_ context.Context, call int32) (rdsiam.Credentials, error) {
		runtime.Gosched()
		if call%7 == 0 {
			return rdsiam.Credentials{}, errors.New("now and then it fails")
		}
		return giving("AKID", 0), nil
	}}
	client := open(t, rdsiam.WithProvider(provider))
	var calls sync.WaitGroup
	for worker := range 16 {
		calls.Go(func() {
			for i := range rounds(300) {
				mine := target
				mine.Port = uint16(1 + (i+worker)%3)
				_, err := client.Token(t.Context(), mine)
				if err != nil && !errors.Is(err, rdsiam.ErrCredentialsProvider) {
					t.Error(err)
				}
				if i%3 == 0 {
					_ = client.Invalidate(mine)
				}
			}
		})
	}
	calls.Wait()
	// The first, and one for each time that newer ones may be asked for.
	if called := provider.calls.Load(); called < 2 || provider.forced.Load() < 1 || called > 20 {
		t.Errorf("%d calls, %d forced", called, provider.forced.Load())
	}
}

func TestOneWhoLeavesTakesNothingFromTheOthers(t *testing.T) {
	release := make(chan struct{})
	provider := &source{give: func(ctx context.Context, _ int32) (rdsiam.Credentials, error) {
		<-release
		return giving("AKID", 0), ctx.Err()
	}}
	client := open(t, rdsiam.WithProvider(provider))
	leaving, cancel := context.WithCancel(t.Context())
	errs := make(chan error)
	go func() {
		_, err := client.Token(leaving, target)
		errs <- err
	}()
	for provider.calls.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	staying := make(chan error)
	go func() {
		_, err := client.Token(context.Background(), target)
		staying <- err
	}()
	cancel()
	if err := <-errs; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(release)
	if err := <-staying; err != nil {
		t.Error(err)
	}
	if provider.calls.Load() != 1 {
		t.Errorf("%d calls", provider.calls.Load())
	}
}

func TestCredentialsThatEndSoonAreAskedForOnceMore(t *testing.T) {
	for _, c := range []struct {
		first, second time.Duration
		fails         bool
		signer        string
	}{
		{600 * time.Second, time.Hour, false, "AKID2"},
		{600 * time.Second, 300 * time.Second, false, "AKID1"},
		{600 * time.Second, 0, true, "AKID1"},
		{time.Hour, 0, false, "AKID1"},
	} {
		provider := &source{give: func(_ context.Context, call int32) (rdsiam.Credentials, error) {
			if call == 1 {
				return giving("AKID1", c.first), nil
			}
			if c.fails {
				return rdsiam.Credentials{}, errors.New("the portal is down")
			}
			return giving("AKID2", c.second), nil
		}}
		for name, call := range map[string]func(*rdsiam.Client) (rdsiam.Token, error){
			"Get":  func(client *rdsiam.Client) (rdsiam.Token, error) { return client.Get(t.Context(), target) },
			"Sign": func(client *rdsiam.Client) (rdsiam.Token, error) { return client.Sign(t.Context(), target) },
		} {
			provider.calls.Store(0)
			provider.forced.Store(0)
			token, err := call(open(t, rdsiam.WithProvider(provider)))
			if err != nil || !strings.Contains(token.Password(), c.signer) {
				t.Errorf("%s, %v then %v: %v, or not %s", name, c.first, c.second, err, c.signer)
			}
			want := int32(1)
			if c.first < 15*time.Minute {
				want = 2
			}
			if provider.calls.Load() != want || provider.forced.Load() != want-1 {
				t.Errorf("%s: %d calls, %d forced", name, provider.calls.Load(), provider.forced.Load())
			}
		}
	}
}

// One fetch for all targets.
func TestOneFetchForAllTargets(t *testing.T) {
	provider := &source{give: func(context.Context, int32) (rdsiam.Credentials, error) {
		time.Sleep(200 * time.Millisecond)
		return giving("AKID", 0), nil
	}}
	client := open(t, rdsiam.WithProvider(provider))
	var calls sync.WaitGroup
	for port := range uint16(300) {
		calls.Go(func() {
			mine := target
			mine.Port = port + 1
			if _, err := client.Token(t.Context(), mine); err != nil {
				t.Error(err)
			}
			if _, err := client.Sign(t.Context(), mine); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	if provider.calls.Load() != 1 {
		t.Errorf("%d calls", provider.calls.Load())
	}
}

// Credentials that expire during the login are an error and no loop.
func TestCredentialsThatExpireTooSoon(t *testing.T) {
	provider := &source{give: func(context.Context, int32) (rdsiam.Credentials, error) {
		return giving("AKID", 6*time.Second), nil
	}}
	client := open(t, rdsiam.WithProvider(provider))
	if _, err := client.Token(t.Context(), target); !errors.Is(err, rdsiam.ErrCredentialsExpired) {
		t.Error(err)
	}
	if _, err := client.Sign(t.Context(), target); err != nil {
		t.Error(err)
	}
	if provider.calls.Load() != 2 {
		t.Errorf("%d calls", provider.calls.Load())
	}
}

type retryableError bool

func (retryableError) Error() string          { return "throttled" }
func (r retryableError) RetryableError() bool { return bool(r) }

type timeout bool

func (timeout) Error() string   { return "a network error" }
func (t timeout) Timeout() bool { return bool(t) }

func TestErrorsOfProviders(t *testing.T) {
	own := errors.New("the portal is down")
	for _, c := range []struct {
		given     error
		kind      error
		retryable bool
	}{
		{own, rdsiam.ErrCredentialsProvider, false},
		{retryableError(true), rdsiam.ErrCredentialsProvider, true},
		{timeout(true), rdsiam.ErrCredentialsProvider, true},
		{timeout(false), rdsiam.ErrCredentialsProvider, false},
		{&rdsiam.Error{Code: "ERR_RDSIAM_CREDENTIALS_PROVIDER", Message: "x", Retryable: true},
			rdsiam.ErrCredentialsProvider, true},
		{fmt.Errorf("wrapped: %w", retryableError(false)), rdsiam.ErrCredentialsProvider, false},
		{fmt.Errorf("nothing here: %w", rdsiam.ErrCredentialsNotFound), rdsiam.ErrCredentialsNotFound, false},
		{rdsiam.ErrCredentialsExpired, rdsiam.ErrCredentialsExpired, true},
		{rdsiam.ErrTimeout, rdsiam.ErrTimeout, true},
		{rdsiam.ErrClock, rdsiam.ErrCredentialsProvider, false},
	} {
		provider := &source{give: func(context.Context, int32) (rdsiam.Credentials, error) {
			return rdsiam.Credentials{}, c.given
		}}
		client := open(t, rdsiam.WithProvider(provider))
		_, err := client.Token(t.Context(), target)
		_, signing := client.Sign(t.Context(), target)
		for _, err := range []error{err, signing} {
			var failed *rdsiam.Error
			if !errors.Is(err, c.kind) || !errors.Is(err, c.given) || !errors.As(err, &failed) {
				t.Errorf("%v: %v", c.given, err)
			} else if failed.Retryable != c.retryable {
				t.Errorf("%v: retryable is %v", c.given, failed.Retryable)
			}
		}
	}
}

func TestEndedCredentialsTellWhatTheSecondCallSaid(t *testing.T) {
	down := errors.New("the portal is down")
	provider := &source{give: func(_ context.Context, call int32) (rdsiam.Credentials, error) {
		if call == 1 {
			return giving("AKID", -time.Minute), nil
		}
		return rdsiam.Credentials{}, down
	}}
	_, err := open(t, rdsiam.WithProvider(provider)).Token(t.Context(), target)
	if !errors.Is(err, rdsiam.ErrCredentialsExpired) || !errors.Is(err, down) ||
		!strings.Contains(err.Error(), "the portal is down") {
		t.Error(err)
	}
}

// What a provider panics with is in the error, and in its chain.
func TestProvidersThatDoNotReturn(t *testing.T) {
	broken := errors.New("the vault is broken")
	for _, c := range []struct {
		fail func()
		text string
		is   error
	}{
		{func() { panic("no such vault") }, "it panicked: no such vault", rdsiam.ErrCredentialsProvider},
		{func() { panic(broken) }, "it panicked: the vault is broken", broken},
		{runtime.Goexit, "it ended its goroutine", rdsiam.ErrCredentialsProvider},
	} {
		provider := &source{give: func(context.Context, int32) (rdsiam.Credentials, error) {
			c.fail()
			return giving("AKID", 0), nil
		}}
		_, err := open(t, rdsiam.WithProvider(provider)).Token(t.Context(), target)
		var failed *rdsiam.Error
		if !errors.Is(err, rdsiam.ErrCredentialsProvider) || !errors.Is(err, c.is) ||
			!strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v", c.text, err)
		} else if errors.As(err, &failed) && failed.Retryable {
			t.Errorf("%s: retryable", c.text)
		}
	}
}

type unprintable struct{}

func (unprintable) Error() string { panic("no words") }

// Nor does what it returns instead of an error end the program.
func TestAnErrorThatPanics(t *testing.T) {
	provider := &source{give: func(_ context.Context, call int32) (rdsiam.Credentials, error) {
		if call > 1 {
			return giving("AKID", 0), nil
		}
		return rdsiam.Credentials{}, unprintable{}
	}}
	client := open(t, rdsiam.WithProvider(provider))
	_, err := client.Token(t.Context(), target)
	if !errors.Is(err, rdsiam.ErrCredentialsProvider) || !strings.Contains(err.Error(), "no words") {
		t.Error(err)
	}
	if _, err = client.Token(t.Context(), target); err != nil {
		t.Error(err)
	}
}

// A provider that hung is left behind after the timeout, and the next call asks it again.
func TestASlowProvider(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang)
	for kind, give := range map[string]func(context.Context){
		"heedless": func(context.Context) { <-hang },
		"heeding":  func(ctx context.Context) { <-ctx.Done() },
	} {
		provider := &source{give: func(ctx context.Context, call int32) (rdsiam.Credentials, error) {
			if call > 1 {
				return giving("AKID", 0), nil
			}
			give(ctx)
			return rdsiam.Credentials{}, ctx.Err()
		}}
		client := open(t, rdsiam.WithProvider(provider), rdsiam.WithTimeout(time.Second))
		began := time.Now()
		_, err := client.Token(context.Background(), target)
		took := time.Since(began)
		var timeout interface{ Timeout() bool }
		if !errors.Is(err, rdsiam.ErrTimeout) || !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("%s: %v", kind, err)
		}
		if took < time.Second || took > 4*time.Second {
			t.Errorf("%s: after %v", kind, took)
		}
		began = time.Now()
		if get(t, client, target); time.Since(began) > time.Second {
			t.Errorf("%s: recovered after %v", kind, time.Since(began))
		}
	}
}
