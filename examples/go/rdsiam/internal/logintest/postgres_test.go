package logintest

import (
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"rdsiam"
	"rdsiam/rdsiampgx"
)

const whoAmI = "SELECT current_user"

// dsn is that of the stand-in, with changes such as "sslmode=disable": the last word holds.
func dsn(t testing.TB, changes ...string) string {
	return fmt.Sprintf("host=%s port=%s user=%s dbname=%s sslmode=verify-full sslrootcert=%s %s",
		env(t, "HOST"), env(t, "PORT"), env(t, "USER"), env(t, "DB"), env(t, "CA"),
		strings.Join(changes, " "))
}

func parse(t testing.TB, dsn string) *pgx.ConnConfig {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func connectAndAsk(
	t *testing.T, client *rdsiam.Client, config *pgx.ConnConfig, options ...rdsiam.TargetOption,
) (user string, err error) {
	connection, err := rdsiampgx.Connect(t.Context(), config, client, options...)
	if err != nil {
		return "", err
	}
	defer connection.Close(t.Context())
	return user, connection.QueryRow(t.Context(), whoAmI).Scan(&user)
}

func TestPgx(t *testing.T) {
	static, fetched := open(t), open(t, rdsiam.WithProvider(provider(t)))
	for _, client := range []*rdsiam.Client{static, fetched} {
		for _, name := range []string{"USER", "ODD_USER"} {
			config := parse(t, dsn(t, "user='"+env(t, name)+"'"))
			user, err := connectAndAsk(t, client, config)
			if err != nil || user != env(t, name) {
				t.Errorf("%q: %v", user, err)
			}
			if config.Password != "" {
				t.Error("the caller's configuration got the token")
			}
		}
	}
}

// The host tells that it is DSQL, and the user whether as admin.
func TestPgxLogsInToDSQL(t *testing.T) {
	for _, user := range []string{env(t, "USER"), "admin"} {
		changes := []string{"host=" + env(t, "DSQL_HOST"), "user=" + user}
		found, err := connectAndAsk(t, open(t), parse(t, dsn(t, changes...)))
		if err != nil || found != user {
			t.Errorf("%q: %v", found, err)
		}
	}
}

func TestPgxpool(t *testing.T) {
	config, err := pgxpool.ParseConfig(dsn(t, "pool_max_conns=4"))
	if err != nil {
		t.Fatal(err)
	}
	config.BeforeConnect = rdsiampgx.BeforeConnect(open(t))
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	log := verdicts(t, func() {
		var held []*pgxpool.Conn
		for range 4 {
			connection, err := pool.Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, connection)
		}
		for _, connection := range held {
			connection.Release()
		}
	})
	if strings.Count(log, "accepted") != 4 || strings.Contains(log, "refused") {
		t.Error(log)
	}
}

func TestDatabaseSQLWithPgx(t *testing.T) {
	hook := stdlib.OptionBeforeConnect(rdsiampgx.BeforeConnect(open(t)))
	for _, connector := range []driver.Connector{
		stdlib.GetConnector(*parse(t, dsn(t)), hook), rdsiampgx.Connector(parse(t, dsn(t)), open(t)),
	} {
		db := sql.OpenDB(connector)
		db.SetMaxIdleConns(0) // a new connection for each query
		log := verdicts(t, func() {
			for range 3 {
				var user string
				if err := db.QueryRowContext(t.Context(), whoAmI).Scan(&user); err != nil {
					t.Fatal(err)
				}
			}
		})
		if strings.Count(log, "accepted") != 3 {
			t.Error(log)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestPgxThroughATunnel(t *testing.T) {
	config := parse(t, dsn(t, "host="+env(t, "HOSTADDR"), "sslmode=verify-ca"))
	endpoint := rdsiam.ForEndpoint(env(t, "HOST"), port(t, "PORT"))
	if _, err := connectAndAsk(t, open(t), config, endpoint); err != nil {
		t.Error(err)
	}
	// The port that is signed is the endpoint's, too.
	far := net.JoinHostPort(env(t, "HOSTADDR"), env(t, "PORT"))
	tunnelled := parse(t, dsn(t, fmt.Sprintf("host=127.0.0.1 port=%d sslmode=verify-ca", tunnel(t, far))))
	if _, err := connectAndAsk(t, open(t), tunnelled, endpoint); err != nil {
		t.Error(err)
	}
	// A token for the address that is dialled has no region, and with one is refused.
	if _, err := connectAndAsk(t, open(t), config); !errors.Is(err, rdsiam.ErrRegionMissing) {
		t.Error(err)
	}
	log := verdicts(t, func() {
		_, err := connectAndAsk(t, open(t), config, rdsiam.ForRegion(env(t, "REGION")))
		if err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Error(err)
		}
	})
	if log != "" {
		t.Error("a token was sent to a server of another name: ", log)
	}
}

// These modes have pgx verify the chain alone. The name is verified all the same, before a token is
// sent, and the caller's configuration stays as it is.
func TestPgxVerifiesTheNameInEveryMode(t *testing.T) {
	other := rdsiam.ForEndpoint("other.abc123.us-east-1.rds.amazonaws.com", port(t, "PORT"))
	for _, mode := range []string{"verify-ca", "require"} {
		config := parse(t, dsn(t, "sslmode="+mode))
		if user, err := connectAndAsk(t, open(t), config); err != nil || user != env(t, "USER") {
			t.Errorf("%s: %q: %v", mode, user, err)
		}
		log := verdicts(t, func() {
			var wrongName x509.HostnameError
			if _, err := connectAndAsk(t, open(t), config, other); !errors.As(err, &wrongName) {
				t.Errorf("%s: %v", mode, err)
			}
		})
		if log != "" {
			t.Errorf("%s: %s", mode, log)
		}
		if config.TLSConfig.VerifyConnection != nil {
			t.Errorf("%s: the caller's configuration was changed", mode)
		}
	}
}

// A token of the cache that the server refuses is replaced within the login.
func TestPgxLogsInOnceMore(t *testing.T) {
	for name, connect := range map[string]func(*rdsiam.Client) error{
		"Connect": func(client *rdsiam.Client) error {
			_, err := connectAndAsk(t, client, parse(t, dsn(t)))
			return err
		},
		"Connector": func(client *rdsiam.Client) error {
			db := sql.OpenDB(rdsiampgx.Connector(parse(t, dsn(t)), client))
			defer db.Close()
			return db.PingContext(t.Context())
		},
	} {
		t.Run(name, func(t *testing.T) { logsInOnceMore(t, connect) })
	}
}

// A pool cannot log in once more, but its next connection gets a new token.
func TestPgxpoolAfterARefusedLogin(t *testing.T) {
	keys := newKeys(t)
	config, err := pgxpool.ParseConfig(dsn(t, "pool_max_conns=1"))
	if err != nil {
		t.Fatal(err)
	}
	config.BeforeConnect = rdsiampgx.BeforeConnect(open(t, rdsiam.WithProvider(keys)))
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if err := pool.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	keys.exchange()
	pool.Reset()
	var refused *pgconn.PgError
	if err := pool.Ping(t.Context()); !errors.As(err, &refused) {
		t.Error(err)
	}
	if err := pool.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// No token leaves the program for a server that is not verified, or that it is not for.
func TestPgxRefusals(t *testing.T) {
	client := open(t)
	for _, c := range []struct {
		change string
		want   error
	}{
		{"sslmode=disable", rdsiampgx.ErrUnverified},
		{"sslmode=allow", rdsiampgx.ErrUnverified},
		{"sslmode=prefer", rdsiampgx.ErrUnverified},
		{"sslmode=require sslrootcert=''", rdsiampgx.ErrUnverified},
		{"host=" + env(t, "HOST") + ",other.example", rdsiampgx.ErrSeveralHosts},
	} {
		log := verdicts(t, func() {
			if _, err := connectAndAsk(t, client, parse(t, dsn(t, c.change))); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", c.change, err)
			}
		})
		if log != "" {
			t.Errorf("%s: %s", c.change, log)
		}
	}
	// A verified connection to another name fails before the token is sent.
	log := verdicts(t, func() {
		config := parse(t, dsn(t, "host="+env(t, "HOSTADDR")))
		endpoint := rdsiam.ForEndpoint(env(t, "HOST"), port(t, "PORT"))
		if _, err := connectAndAsk(t, client, config, endpoint); err == nil ||
			!strings.Contains(err.Error(), "certificate") {
			t.Error(err)
		}
	})
	if log != "" {
		t.Error(log)
	}
}

// A fallback, which a program may add, is dialled if TLS with the first configuration fails.
func TestPgxChecksFallbacks(t *testing.T) {
	other := rdsiam.ForEndpoint("other.abc123.us-east-1.rds.amazonaws.com", port(t, "PORT"))
	fails := func() *pgx.ConnConfig {
		config := parse(t, dsn(t))
		config.TLSConfig.ServerName = "other.abc123.us-east-1.rds.amazonaws.com"
		return config
	}
	chainOnly := parse(t, dsn(t, "sslmode=verify-ca")).TLSConfig
	for name, c := range map[string]struct {
		fallback *tls.Config
		options  []rdsiam.TargetOption
		want     func(error) bool
	}{
		"no TLS":   {nil, nil, isUnverified},
		"insecure": {&tls.Config{InsecureSkipVerify: true}, nil, isUnverified},
		"another name": {chainOnly, []rdsiam.TargetOption{other}, func(err error) bool {
			var wrongName x509.HostnameError
			return errors.As(err, &wrongName)
		}},
	} {
		config := fails()
		config.Fallbacks = []*pgconn.FallbackConfig{
			{Host: config.Host, Port: config.Port, TLSConfig: c.fallback},
		}
		log := verdicts(t, func() {
			if _, err := connectAndAsk(t, open(t), config, c.options...); !c.want(err) {
				t.Errorf("%s: %v", name, err)
			}
		})
		if log != "" {
			t.Errorf("%s: %s", name, log)
		}
	}
	// One that verifies serves.
	config := fails()
	config.Fallbacks = []*pgconn.FallbackConfig{
		{Host: config.Host, Port: config.Port, TLSConfig: chainOnly},
	}
	if _, err := connectAndAsk(t, open(t), config); err != nil {
		t.Error(err)
	}
	if config.Fallbacks[0].TLSConfig.VerifyConnection != nil {
		t.Error("the caller's configuration was changed")
	}
}

func isUnverified(err error) bool {
	return errors.Is(err, rdsiampgx.ErrUnverified)
}

// An error of the client reaches whoever asked the pool for a connection.
func TestErrorsPassThroughPgxpool(t *testing.T) {
	down := errors.New("the portal is down")
	config, err := pgxpool.ParseConfig(dsn(t))
	if err != nil {
		t.Fatal(err)
	}
	config.BeforeConnect = rdsiampgx.BeforeConnect(open(t, rdsiam.WithProvider(failing{down})))
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if err := pool.Ping(t.Context()); !errors.Is(err, down) ||
		!errors.Is(err, rdsiam.ErrCredentialsProvider) {
		t.Error(err)
	}
}
