package rdsiamaws_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"

	"rdsiam"
	"rdsiam/rdsiamaws"
)

const host, endpoint = "mydb.abc123.us-east-1.rds.amazonaws.com", host + ":5432"

var target = rdsiam.Target{Host: host, Port: 5432, User: "app+one@example.com"}

// giving makes a provider of the SDK's whose answers live as long as said, the last of them for
// each call to come.
func giving(calls *atomic.Int32, lives ...time.Duration) aws.CredentialsProviderFunc {
	return func(context.Context) (aws.Credentials, error) {
		call := int(calls.Add(1))
		life := lives[min(call, len(lives))-1]
		return aws.Credentials{
			AccessKeyID:     "AKIDEXAMPLE",
			SecretAccessKey: "SECRET+KEY/EXAMPLE",
			SessionToken:    strings.Repeat("SESSION+TOKEN/==", 50),
			CanExpire:       life != 0,
			Expires:         time.Now().Add(life),
		}, nil
	}
}

func open(t testing.TB, sdk aws.CredentialsProvider) *rdsiam.Client {
	t.Helper()
	client, err := rdsiam.New(rdsiam.WithProvider(rdsiamaws.Provider(sdk)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestNoProviderIsAnError(t *testing.T) {
	_, err := rdsiam.New(rdsiam.WithProvider(rdsiamaws.Provider(nil)))
	if !errors.Is(err, rdsiam.ErrInvalidArgument) {
		t.Error(err)
	}
}

// A cache in front of the provider is invalidated for credentials that expire soon.
func TestACacheIsToldToRefresh(t *testing.T) {
	var calls atomic.Int32
	client := open(t, aws.NewCredentialsCache(giving(&calls, 10*time.Minute, time.Hour)))
	token, err := client.Get(t.Context(), target)
	if err != nil || time.Until(token.ExpiresAt()) < 14*time.Minute {
		t.Errorf("%v, ends %v", err, token.ExpiresAt())
	}
	if calls.Load() != 2 {
		t.Errorf("%d calls", calls.Load())
	}
}

func TestTheEndOfTheCredentialsCounts(t *testing.T) {
	var calls atomic.Int32
	token, err := open(t, giving(&calls, 5*time.Minute)).Get(t.Context(), target)
	if left := time.Until(token.ExpiresAt()); err != nil || left > 5*time.Minute || left < 4*time.Minute {
		t.Errorf("%v, %v left", err, left)
	}
}

func TestErrorsOfTheSDKAreInTheChain(t *testing.T) {
	failed := errors.New("no IMDS")
	client := open(t, aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, failed
	}))
	_, err := client.Token(t.Context(), target)
	if !errors.Is(err, failed) || !errors.Is(err, rdsiam.ErrCredentialsProvider) {
		t.Error(err)
	}
}

// The SDK's own function makes the same token in the same second, but for the path, which it
// leaves out.
func TestTheSignatureIsTheSDKs(t *testing.T) {
	var calls atomic.Int32
	sdk := giving(&calls, 0)
	client := open(t, sdk)
	for range 20 {
		theirs, err := auth.BuildAuthToken(t.Context(), endpoint, "us-east-1", target.User, sdk)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := client.Sign(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		want, got := parameters(t, theirs, endpoint+"?"), parameters(t, ours.Password(), endpoint+"/?")
		if want.Get("X-Amz-Date") != got.Get("X-Amz-Date") {
			continue // a second began in between
		}
		if want.Encode() != got.Encode() || len(got.Get("X-Amz-Signature")) != 64 {
			t.Error("not the same parameters")
		}
		return
	}
	t.Error("no two calls in the same second")
}

func parameters(t *testing.T, token, prefix string) url.Values {
	t.Helper()
	query, ok := strings.CutPrefix(token, prefix)
	if !ok {
		t.Fatalf("it does not begin with %s", prefix)
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return values
}
