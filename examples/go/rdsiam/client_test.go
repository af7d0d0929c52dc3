package rdsiam_test

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"rdsiam"
)

var (
	target = rdsiam.Target{Host: "mydb.abc123.us-east-1.rds.amazonaws.com", Port: 5432, User: "app"}
	static = rdsiam.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "SECRETKEYEXAMPLE"}
)

// TestMain keeps the tests away from the credentials of whoever runs them.
func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			os.Unsetenv(name)
		}
	}
	for name, value := range map[string]string{
		"AWS_EC2_METADATA_DISABLED":   "true",
		"AWS_CONFIG_FILE":             "/nonexistent",
		"AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
	} {
		os.Setenv(name, value)
	}
	os.Exit(m.Run())
}

// rounds are fewer where each collects garbage many times: see collect_debug.go.
func rounds(number int) int {
	if testing.Short() {
		return number / 10
	}
	return number
}

func open(t testing.TB, options ...rdsiam.Option) *rdsiam.Client {
	t.Helper()
	client, err := rdsiam.New(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func get(t testing.TB, client *rdsiam.Client, target rdsiam.Target) string {
	t.Helper()
	password, err := client.Token(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	return password
}

func TestTokensAreCachedUntilInvalidated(t *testing.T) {
	client := open(t, rdsiam.WithCredentials(static))
	first := get(t, client, target)
	if want := target.Host + ":5432/?Action=connect&DBUser=app&"; !strings.HasPrefix(first, want) {
		t.Errorf("%.60s", first)
	}
	other := target
	other.User = "another"
	if first == get(t, client, other) {
		t.Error("two users share a token")
	}
	time.Sleep(1100 * time.Millisecond)
	if first != get(t, client, target) {
		t.Error("the second call made another token")
	}
	if err := client.Invalidate(target); err != nil {
		t.Fatal(err)
	}
	if first == get(t, client, target) {
		t.Error("an invalidated token came back")
	}
}

func TestSigningLeavesTheCacheAlone(t *testing.T) {
	client := open(t, rdsiam.WithCredentials(static))
	cached := get(t, client, target)
	time.Sleep(1100 * time.Millisecond)
	signed, err := client.Sign(t.Context(), target)
	if err != nil || signed.Password() == cached {
		t.Errorf("%v, or the cached token", err)
	}
	if cached != get(t, client, target) {
		t.Error("the cache changed")
	}
}

func TestTheEndOfATokenIsThatOfItsCredentials(t *testing.T) {
	token, err := open(t, rdsiam.WithCredentials(static)).Get(t.Context(), target)
	if left := time.Until(token.ExpiresAt()); err != nil || left < 898*time.Second || left > 900*time.Second {
		t.Errorf("%v, %v left", err, left)
	}
	ending := static
	ending.Expires = time.Now().Add(5 * time.Minute)
	token, err = open(t, rdsiam.WithCredentials(ending)).Get(t.Context(), target)
	if err != nil || token.ExpiresAt().Unix() != ending.Expires.Unix() {
		t.Errorf("%v, ends %v and not %v", err, token.ExpiresAt(), ending.Expires)
	}
}

func TestErrors(t *testing.T) {
	ended := static
	ended.Expires = time.Now().Add(-time.Minute)
	unknown := rdsiam.Target{Host: "db.example.com", Port: 5432, User: "app"}
	for _, c := range []struct {
		name      string
		options   []rdsiam.Option
		target    rdsiam.Target
		kind      error
		code      string
		retryable bool
	}{
		{"no host", nil, rdsiam.Target{Port: 1, User: "u"},
			rdsiam.ErrInvalidArgument, "ERR_RDSIAM_INVALID_ARGUMENT", false},
		{"no port", nil, rdsiam.Target{Host: target.Host, User: "u"},
			rdsiam.ErrInvalidArgument, "ERR_RDSIAM_INVALID_ARGUMENT", false},
		{"an interior NUL", nil, rdsiam.Target{Host: target.Host + "\x00.evil.example", Port: 1, User: "u"},
			rdsiam.ErrInvalidArgument, "ERR_RDSIAM_INVALID_ARGUMENT", false},
		{"no region", []rdsiam.Option{rdsiam.WithCredentials(static)}, unknown,
			rdsiam.ErrRegionMissing, "ERR_RDSIAM_REGION_MISSING", false},
		{"ended", []rdsiam.Option{rdsiam.WithCredentials(ended)}, target,
			rdsiam.ErrCredentialsExpired, "ERR_RDSIAM_CREDENTIALS_EXPIRED", true},
		{"no credentials", nil, target,
			rdsiam.ErrCredentialsNotFound, "ERR_RDSIAM_CREDENTIALS_NOT_FOUND", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := open(t, c.options...)
			for name, call := range map[string]func() error{
				"Token": func() error { _, err := client.Token(t.Context(), c.target); return err },
				"Sign":  func() error { _, err := client.Sign(t.Context(), c.target); return err },
			} {
				err := call()
				var own *rdsiam.Error
				if !errors.Is(err, c.kind) || !errors.As(err, &own) {
					t.Fatalf("%s: %v", name, err)
				}
				if own.Code != c.code || own.Retryable != c.retryable || own.Message == "" {
					t.Errorf("%s: %+v", name, own)
				}
				if errors.Is(err, rdsiam.ErrTimeout) {
					t.Errorf("%s: of two kinds", name)
				}
			}
		})
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, option := range map[string]rdsiam.Option{
		"region":         rdsiam.WithRegion("US EAST"),
		"a NUL":          rdsiam.WithProfile("a\x00b"),
		"refresh_before": rdsiam.WithRefreshBefore(901 * time.Second),
		"min_remaining":  rdsiam.WithMinRemaining(901 * time.Second),
		"expires":        rdsiam.WithExpires(0),
		"kind":           rdsiam.WithKind(-1),
		"timeout":        rdsiam.WithTimeout(0),
		"long timeout":   rdsiam.WithTimeout(2 * time.Hour),
		"max_entries":    rdsiam.WithMaxEntries(0),
		"negative":       rdsiam.WithRefreshBefore(-time.Second),
		"no provider":    rdsiam.WithProvider(nil),
		"no key":         rdsiam.WithCredentials(rdsiam.Credentials{}),
		"NUL in key":     rdsiam.WithCredentials(rdsiam.Credentials{AccessKeyID: "a", SecretAccessKey: "s\x00"}),
	} {
		if client, err := rdsiam.New(option); !errors.Is(err, rdsiam.ErrInvalidArgument) || client != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	client := open(t, rdsiam.WithCredentials(static), rdsiam.WithRegion("eu-west-1"))
	password := get(t, client, rdsiam.Target{Host: "db.example.com", Port: 5432, User: "app"})
	if !strings.Contains(password, "%2Feu-west-1%2Frds-db%2F") {
		t.Error("the region of the option does not count")
	}
	client = open(t, rdsiam.WithCredentials(static), rdsiam.WithExpires(5*time.Minute), rdsiam.WithMaxEntries(1))
	token, err := client.Get(t.Context(), target)
	if err != nil || token.ExpiresAt().Sub(token.SignedAt()) != 5*time.Minute {
		t.Errorf("%v, from %v to %v", err, token.SignedAt(), token.ExpiresAt())
	}
}

// The parts of a token by which a server tells its kind.
func TestKinds(t *testing.T) {
	dsql := rdsiam.Target{Host: "abc.dsql.us-east-1.on.aws", Port: 5432, User: "app"}
	admin := rdsiam.Target{Host: dsql.Host, Port: 5432, User: "admin"}
	cache := rdsiam.Target{Host: "My-Cache", User: "App", Region: "us-east-1"}
	for _, c := range []struct {
		kind      rdsiam.Kind
		target    rdsiam.Target
		beginning string
		service   string
	}{
		{rdsiam.ByName, dsql, dsql.Host + "/?Action=DbConnect&X", "dsql"},
		{rdsiam.ByName, admin, dsql.Host + "/?Action=DbConnectAdmin&X", "dsql"},
		{rdsiam.DSQL, admin, dsql.Host + "/?Action=DbConnect&X", "dsql"},
		{rdsiam.DSQLAdmin, dsql, dsql.Host + "/?Action=DbConnectAdmin&X", "dsql"},
		{rdsiam.RDS, dsql, dsql.Host + ":5432/?Action=connect&DBUser=app&X", "rds-db"},
		{rdsiam.ElastiCache, cache, "my-cache/?Action=connect&User=app&X", "elasticache"},
		{rdsiam.ElastiCacheServerless, cache, "my-cache/?Action=connect&ResourceType=ServerlessCache&User=app&X", "elasticache"},
		{rdsiam.MemoryDB, cache, "my-cache/?Action=connect&User=app&X", "memorydb"},
	} {
		client := open(t, rdsiam.WithCredentials(static), rdsiam.WithKind(c.kind))
		password := get(t, client, c.target)
		if !strings.HasPrefix(password, c.beginning) || !strings.Contains(password, "%2F"+c.service+"%2F") {
			t.Errorf("%d: %.80s", c.kind, password)
		}
	}
	week := 7 * 24 * time.Hour
	client := open(t, rdsiam.WithCredentials(static), rdsiam.WithExpires(week))
	if token, err := client.Get(t.Context(), dsql); err != nil || token.ExpiresAt().Sub(token.SignedAt()) != week {
		t.Errorf("%v", err)
	}
	if _, err := client.Get(t.Context(), target); !errors.Is(err, rdsiam.ErrInvalidArgument) {
		t.Errorf("RDS for a week: %v", err)
	}
}

// A login that was refused with a token of the cache is worth a second try, one with a new token is not.
func TestRefusedLogins(t *testing.T) {
	client := open(t, rdsiam.WithCredentials(static))
	token, err := client.Get(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	other, err := client.Sign(t.Context(), rdsiam.Target{Host: target.Host, Port: 1, User: "other"})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.InvalidateToken(target, other); err != nil {
		t.Fatal(err)
	}
	if get(t, client, target) != token.Password() {
		t.Error("another token than the refused one is gone")
	}
	later := time.Now().Add(5 * time.Second)
	if retry, err := client.LoginRefused(target, token, later); err != nil || !retry {
		t.Error(retry, err)
	}
	token, err = client.Get(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	if retry, err := client.LoginRefused(target, token, time.Now().Add(-time.Minute)); err != nil || retry {
		t.Error(retry, err)
	}
	if retry, err := client.LoginRefused(target, token, later); err != nil || retry {
		t.Error("tried again within a minute", err)
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	credentials := rdsiam.Credentials{
		AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "VERYSECRET", SessionToken: "VERYSECRET",
	}
	client := open(t, rdsiam.WithCredentials(credentials))
	token, err := client.Get(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		printed := fmt.Sprintf(verb+verb+verb, token, credentials, []any{token, &credentials})
		if strings.Contains(printed, "VERYSECRET") || strings.Contains(printed, "Signature") ||
			strings.Contains(printed, "X-Amz") || strings.Contains(printed, "5645525953454352") {
			t.Errorf("%s: %s", verb, printed)
		}
	}
	var logged strings.Builder
	for _, logger := range []*slog.Logger{
		slog.New(slog.NewJSONHandler(&logged, nil)), slog.New(slog.NewTextHandler(&logged, nil)),
	} {
		logger.Info("a", "token", token, "credentials", credentials, "pointer", &credentials,
			"all", []any{token, credentials}, "map", map[string]any{"t": &token, "c": credentials})
	}
	encoded, err := json.Marshal([]any{token, &token, credentials, &credentials})
	if err != nil {
		t.Fatal(err)
	}
	asXML, err := xml.Marshal(credentials)
	if err != nil {
		t.Fatal(err)
	}
	var asGob bytes.Buffer
	if err := gob.NewEncoder(&asGob).Encode([]rdsiam.Credentials{credentials}); err != nil {
		t.Fatal(err)
	}
	text := logged.String() + string(encoded) + string(asXML) + asGob.String()
	if strings.Contains(text, "VERYSECRET") || strings.Contains(text, "X-Amz") {
		t.Error(text)
	}
	if !strings.Contains(text, "rdsiam.Credentials(AKIDEXAMPLE)") || !strings.Contains(text, "rdsiam.Token(2") {
		t.Error(text)
	}
}

func TestAClosedClient(t *testing.T) {
	client := open(t, rdsiam.WithCredentials(static))
	get(t, client, target)
	if err := errors.Join(client.Close(), client.Close()); err != nil {
		t.Error(err)
	}
	_, err := client.Token(t.Context(), target)
	_, signing := client.Sign(t.Context(), target)
	for _, err := range []error{err, signing, client.Invalidate(target)} {
		if !errors.Is(err, rdsiam.ErrClosed) {
			t.Error(err)
		}
	}
}

// Each goroutine gets a token or ErrClosed, and none a client that is gone.
func TestClosingUnderCalls(t *testing.T) {
	for range rounds(50) {
		client := open(t, rdsiam.WithCredentials(static))
		var calls sync.WaitGroup
		for range 8 {
			calls.Go(func() {
				for range 50 {
					if _, err := client.Token(t.Context(), target); err != nil {
						if !errors.Is(err, rdsiam.ErrClosed) {
							t.Error(err)
						}
						return
					}
				}
			})
		}
		runtime.Gosched()
		_ = client.Close()
		calls.Wait()
	}
}

func TestAForgottenClientIsFreed(t *testing.T) {
	forgotten, err := rdsiam.New(rdsiam.WithCredentials(static))
	if err != nil {
		t.Fatal(err)
	}
	get(t, forgotten, target)
	kept := open(t, rdsiam.WithCredentials(static))
	gone, there := rdsiam.Freed(forgotten), rdsiam.Freed(kept)
	for deadline := time.Now().Add(5 * time.Second); !gone(); {
		if time.Now().After(deadline) {
			t.Fatal("it is still there")
		}
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
	}
	if there() {
		t.Error("one that is in use was freed")
	}
	get(t, kept, target)
}

func TestAContextThatHasEnded(t *testing.T) {
	client := open(t, rdsiam.WithCredentials(static))
	get(t, client, target)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.Token(ctx, target); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	reason := errors.New("shutting down")
	caused, cancelCaused := context.WithCancelCause(t.Context())
	cancelCaused(reason)
	_, err := client.Sign(caused, target)
	if !errors.Is(err, context.Canceled) || !errors.Is(err, reason) {
		t.Error(err)
	}
}

// slowProfile makes a profile whose process takes its time, and returns its name.
func slowProfile(t *testing.T, seconds int) string {
	folder := t.TempDir()
	script, config := filepath.Join(folder, "process"), filepath.Join(folder, "config")
	credentials := `{"Version":1,"AccessKeyId":"AKID","SecretAccessKey":"SECRET"}`
	text := fmt.Sprintf("#!/bin/sh\nsleep %d\necho '%s'\n", seconds, credentials)
	if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	profile := "[profile slow]\ncredential_process = " + script + "\n"
	if err := os.WriteFile(config, []byte(profile), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", config)
	return "slow"
}

// The default chain waits for a process: callers leave when they want to.
func TestLeavingTheDefaultChain(t *testing.T) {
	client := open(t, rdsiam.WithProfile(slowProfile(t, 3)))
	for name, call := range map[string]func(context.Context) error{
		"Token": func(ctx context.Context) error { _, err := client.Token(ctx, target); return err },
		"Sign":  func(ctx context.Context) error { _, err := client.Sign(ctx, target); return err },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		began := time.Now()
		if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > time.Second {
			t.Errorf("%s: %v after %v", name, err, time.Since(began))
		}
		cancel()
	}
	// Closing does not wait for them either.
	began := time.Now()
	if err := client.Close(); err != nil || time.Since(began) > time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

// Those who wait in C wait on one thread, whatever their targets.
func TestWaitingTakesOneThread(t *testing.T) {
	client := open(t, rdsiam.WithProfile(slowProfile(t, 1)))
	before := threads(t)
	answers := make(chan error, 200)
	for i := range cap(answers) {
		go func() {
			mine := target
			mine.Port = uint16(1 + i%50)
			password, err := client.Token(t.Context(), mine)
			if err == nil && !strings.HasPrefix(password, fmt.Sprintf("%s:%d/?", mine.Host, mine.Port)) {
				err = errors.New("a token of another target")
			}
			answers <- err
		}()
	}
	time.Sleep(500 * time.Millisecond)
	if grown := threads(t) - before; grown > 20 {
		t.Errorf("%d threads more", grown)
	}
	for range cap(answers) {
		if err := <-answers; err != nil {
			t.Fatal(err)
		}
	}
}

// An error that is about one target reaches only those who asked for it.
func TestWaitingWithABadTarget(t *testing.T) {
	client := open(t, rdsiam.WithProfile(slowProfile(t, 1)))
	unknown := rdsiam.Target{Host: "db.example.com", Port: 5432, User: "app"}
	errs := make(chan error)
	go func() {
		_, err := client.Token(t.Context(), unknown)
		errs <- err
	}()
	time.Sleep(200 * time.Millisecond)
	get(t, client, target)
	if err := <-errs; !errors.Is(err, rdsiam.ErrRegionMissing) {
		t.Error(err)
	}
}

func threads(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestVersion(t *testing.T) {
	if strings.Count(rdsiam.Version(), ".") != 2 {
		t.Error(rdsiam.Version())
	}
}
