// Package rdsiamredis gives go-redis a token for each connection to ElastiCache or MemoryDB, and has each
// connection authenticate again before the server ends it, which it does 12 hours after the last time.
//
//	client, err := rdsiam.New(rdsiam.WithKind(rdsiam.ElastiCache), rdsiam.WithRegion("us-east-1"))
//	db := redis.NewClient(&redis.Options{
//		Addr:                         "master.my-cache.abc123.use1.cache.amazonaws.com:6379",
//		TLSConfig:                    &tls.Config{},
//		StreamingCredentialsProvider: rdsiamredis.Provider(client, "my-cache", "app"),
//	})
//
// AWS takes tokens over TLS alone.
package rdsiamredis

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9/auth"

	"rdsiam"
)

const (
	defaultEvery = 11 * time.Hour
	defaultCheck = time.Minute
	longest      = 12 * time.Hour
)

// An Option changes what [Provider] makes.
type Option func(*provider)

// ReauthenticateAfter says after how long each connection authenticates again: 11 hours, and less than 12.
func ReauthenticateAfter(every time.Duration) Option {
	return func(p *provider) { p.every = every }
}

// CheckEvery says how often renewed credentials are looked for: each minute.
func CheckEvery(check time.Duration) Option {
	return func(p *provider) { p.check = check }
}

// Provider makes go-redis's provider of credentials. The name is that of the replication group, the
// serverless cache or the cluster, not its endpoint.
func Provider(client *rdsiam.Client, name, user string, options ...Option) auth.StreamingCredentialsProvider {
	p := &provider{
		client: client,
		target: rdsiam.Target{Host: name, User: user},
		// As AWS stores it, and as it is signed.
		user:      strings.ToLower(user),
		every:     defaultEvery,
		check:     defaultCheck,
		listeners: map[auth.CredentialsListener]context.CancelFunc{},
	}
	for _, option := range options {
		option(p)
	}
	if p.every <= 0 || p.every >= longest {
		p.every = defaultEvery
	}
	if p.check <= 0 || p.check > p.every {
		p.check = min(defaultCheck, p.every)
	}
	return p
}

type provider struct {
	client       *rdsiam.Client
	target       rdsiam.Target
	user         string
	every, check time.Duration

	mu        sync.Mutex
	listeners map[auth.CredentialsListener]context.CancelFunc
}

// Subscribe is called by go-redis for each connection.
func (p *provider) Subscribe(listener auth.CredentialsListener) (auth.Credentials, auth.UnsubscribeFunc, error) {
	token, err := p.client.Token(context.Background(), p.target)
	if err != nil {
		return nil, nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.listeners[listener]; !known {
		ctx, cancel := context.WithCancel(context.Background())
		p.listeners[listener] = cancel
		go p.follow(ctx, listener, token)
	}
	return p.credentials(token), func() error { p.unsubscribe(listener); return nil }, nil
}

func (p *provider) unsubscribe(listener auth.CredentialsListener) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if cancel, known := p.listeners[listener]; known {
		cancel()
		delete(p.listeners, listener)
	}
}

// follow tells one connection of a new token when it is due, or when another access key signs.
func (p *provider) follow(ctx context.Context, listener auth.CredentialsListener, token string) {
	at, key := time.Now(), accessKey(token)
	ticker := time.NewTicker(p.check)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		token, err := p.client.Token(ctx, p.target)
		// The next look may succeed; the connection lasts for a while.
		if err != nil || ctx.Err() != nil {
			continue
		}
		// The wall clock, which goes on while a machine sleeps.
		age := time.Now().Round(0).Sub(at.Round(0))
		if accessKey(token) == key && age >= 0 && age < p.every {
			continue
		}
		listener.OnNext(p.credentials(token))
		at, key = time.Now(), accessKey(token)
	}
}

func (p *provider) credentials(token string) auth.Credentials {
	return auth.NewBasicCredentials(p.user, token)
}

// accessKey is not a secret.
func accessKey(token string) string {
	_, rest, _ := strings.Cut(token, "X-Amz-Credential=")
	key, _, _ := strings.Cut(rest, "%")
	return key
}
