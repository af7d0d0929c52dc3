package rdsiamredis_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/auth"

	"rdsiam"
	"rdsiam/rdsiamredis"
)

var static = rdsiam.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "SECRETKEYEXAMPLE"}

func open(t *testing.T, credentials rdsiam.Credentials, kind rdsiam.Kind) *rdsiam.Client {
	t.Helper()
	client, err := rdsiam.New(rdsiam.WithKind(kind), rdsiam.WithRegion("us-east-1"), rdsiam.WithCredentials(credentials))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

type listener struct{ next chan auth.Credentials }

func (l *listener) OnNext(credentials auth.Credentials) { l.next <- credentials }
func (l *listener) OnError(error)                       {}

func TestAListenerIsToldInTimeAndOnce(t *testing.T) {
	provider := rdsiamredis.Provider(open(t, static, rdsiam.MemoryDB), "My-Cluster", "App",
		rdsiamredis.ReauthenticateAfter(300*time.Millisecond), rdsiamredis.CheckEvery(20*time.Millisecond))
	l := &listener{make(chan auth.Credentials, 10)}
	first, end, err := provider.Subscribe(l)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := provider.Subscribe(l); err != nil {
		t.Fatal(err)
	}
	user, token := first.BasicAuth()
	if user != "app" || !strings.HasPrefix(token, "my-cluster/?Action=connect&User=app&") {
		t.Errorf("%s, %.40s", user, token)
	}
	time.Sleep(500 * time.Millisecond)
	if told := len(l.next); told != 1 {
		t.Errorf("told %d times", told)
	}
	if end() != nil || end() != nil {
		t.Error("it does not end")
	}
	time.Sleep(500 * time.Millisecond)
	if told := len(l.next); told != 1 {
		t.Errorf("told %d times after the end", told)
	}
}

func TestABadNameIsAnError(t *testing.T) {
	provider := rdsiamredis.Provider(open(t, static, rdsiam.ElastiCache), "a.b.cache.amazonaws.com", "app")
	if _, _, err := provider.Subscribe(&listener{}); err == nil || !strings.Contains(err.Error(), "endpoint") {
		t.Error(err)
	}
}

func env(name string) string { return os.Getenv("VALKEY_" + name) }

// With a day of 4 seconds no command fails. While a connection authenticates again, go-redis takes another.
func TestAConnectionOutlivesIts12Hours(t *testing.T) {
	needServer(t)
	shorten(t, 4)
	db := redis.NewClient(&redis.Options{
		Addr:                         env("HOST") + ":" + env("PORT"),
		TLSConfig:                    trusting(t),
		MaxRetries:                   -1,
		PoolSize:                     4,
		StreamingCredentialsProvider: provider(t),
	})
	defer db.Close()
	outlives(t, db)
}

func TestNodesOfAClusterOutliveTheir12Hours(t *testing.T) {
	needServer(t)
	shorten(t, 4)
	db := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs:                        []string{env("HOST") + ":" + env("CLUSTER_PORT")},
		TLSConfig:                    trusting(t),
		MaxRedirects:                 3,
		PoolSize:                     4,
		StreamingCredentialsProvider: provider(t),
	})
	defer db.Close()
	outlives(t, db)
}

func needServer(t *testing.T) {
	t.Helper()
	if env("HOST") == "" {
		t.Skip("needs tests/valkey")
	}
}

// Commands without a pause for two days of 4 seconds, on keys of all nodes.
func outlives(t *testing.T, db redis.Cmdable) {
	t.Helper()
	done, began := 0, accepted(t)
	for end := time.Now().Add(8 * time.Second); time.Now().Before(end); done++ {
		if err := db.Incr(context.Background(), fmt.Sprint("go-", done%16)).Err(); err != nil {
			t.Fatalf("after %d commands: %v", done, err)
		}
	}
	if again := accepted(t) - began; done < 50 || again < 5 {
		t.Errorf("%d commands, %d times authenticated", done, again)
	}
}

// The seconds for which the server keeps a connection, for one test.
func shorten(t *testing.T, longest float64) {
	t.Helper()
	before, err := os.ReadFile(env("CONFIG"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.WriteFile(env("CONFIG"), before, 0o644) })
	var config map[string]any
	if err := json.Unmarshal(before, &config); err != nil {
		t.Fatal(err)
	}
	config["longest"] = longest
	shorter, _ := json.Marshal(config)
	if err := os.WriteFile(env("CONFIG"), shorter, 0o644); err != nil {
		t.Fatal(err)
	}
}

func trusting(t *testing.T) *tls.Config {
	t.Helper()
	pem, err := os.ReadFile(env("CA"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: roots, ServerName: env("HOST")}
}

func provider(t *testing.T) auth.StreamingCredentialsProvider {
	t.Helper()
	client := open(t, rdsiam.Credentials{
		AccessKeyID:     env("ACCESS_KEY_ID"),
		SecretAccessKey: env("SECRET_ACCESS_KEY"),
		SessionToken:    env("SESSION_TOKEN"),
	}, rdsiam.ElastiCache)
	return rdsiamredis.Provider(client, env("NAME"), env("USER"),
		rdsiamredis.ReauthenticateAfter(1200*time.Millisecond), rdsiamredis.CheckEvery(200*time.Millisecond))
}

func accepted(t *testing.T) int {
	t.Helper()
	log, err := os.ReadFile(env("LOG"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.Count(string(log), "accepted")
}
