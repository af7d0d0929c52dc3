// Package rdsiampgx gives pgx a token for each new connection to PostgreSQL, be it through pgx, pgxpool,
// or database/sql with pgx's stdlib.
//
//	config, err := pgxpool.ParseConfig("host=... user=app sslmode=verify-full sslrootcert=...")
//	config.BeforeConnect = rdsiampgx.BeforeConnect(client)
//	pool, err := pgxpool.NewWithConfig(ctx, config)
//
//	db := sql.OpenDB(rdsiampgx.Connector(config, client))
//
// # After a refused login
//
// [Connect] and [Connector] log in once more with a new token if that can help. A pool of pgxpool has no
// place for that: there a refused login ends with its error, and the next connection gets a new token.
package rdsiampgx

import (
	"context"
	"database/sql/driver"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"rdsiam"
)

// ErrUnverified is returned for a configuration that would send the token to a server that TLS does not
// verify: use sslmode=verify-full.
var ErrUnverified = errors.New("rdsiampgx: TLS does not verify the server; use sslmode=verify-full")

// ErrSeveralHosts is returned for a configuration with more than one host, since a token is for one of
// them.
var ErrSeveralHosts = errors.New("rdsiampgx: a token is for one host, and the configuration has several")

// BeforeConnect makes the hook. Each call gets a token for what is dialled, or for what the options say.
//
// With sslmode=verify-ca, or require with a root certificate, pgx verifies the chain of the server's
// certificate but no name. Then the hook verifies the name, which has to be that of the endpoint; so
// these modes serve through a tunnel, where verify-full has the wrong name.
func BeforeConnect(
	client *rdsiam.Client, options ...rdsiam.TargetOption,
) func(context.Context, *pgx.ConnConfig) error {
	return func(ctx context.Context, config *pgx.ConnConfig) error {
		return (&login{client: client, options: options, began: time.Now()}).prepare(ctx, config)
	}
}

// Connect opens one connection, with a token of its time.
func Connect(
	ctx context.Context, config *pgx.ConnConfig, client *rdsiam.Client,
	options ...rdsiam.TargetOption,
) (*pgx.Conn, error) {
	l := &login{client: client, options: options, began: time.Now()}
	for {
		attempt := config.Copy()
		if err := l.prepare(ctx, attempt); err != nil {
			return nil, err
		}
		connection, err := pgx.ConnectConfig(ctx, attempt)
		if err == nil || !l.retry {
			return connection, err
		}
	}
}

// Connector makes a connector for [database/sql.OpenDB].
func Connector(
	config *pgx.ConnConfig, client *rdsiam.Client, options ...rdsiam.TargetOption,
) driver.Connector {
	return &connector{config.Copy(), client, options}
}

type connector struct {
	config  *pgx.ConnConfig
	client  *rdsiam.Client
	options []rdsiam.TargetOption
}

func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	l := &login{client: c.client, options: c.options, began: time.Now()}
	once := stdlib.GetConnector(*c.config, stdlib.OptionBeforeConnect(l.prepare))
	for {
		connection, err := once.Connect(ctx)
		if err == nil || !l.retry {
			return connection, err
		}
	}
}

func (c *connector) Driver() driver.Driver {
	return stdlib.GetDefaultDriver()
}

// A login has one attempt, or two.
type login struct {
	client  *rdsiam.Client
	options []rdsiam.TargetOption
	began   time.Time
	// retry is whether the last attempt was refused and another one can help.
	retry bool
}

// prepare puts a token into a configuration that is only for one attempt.
func (l *login) prepare(ctx context.Context, config *pgx.ConnConfig) error {
	l.retry = false
	target := rdsiam.Target{Host: config.Host, Port: config.Port, User: config.User}
	target = target.With(l.options...)
	if err := verify(config, target.Host); err != nil {
		return err
	}
	token, err := l.client.Get(ctx, target)
	if err != nil {
		return err
	}
	config.Password = token.Password()
	before := config.OnPgError
	config.OnPgError = func(connection *pgconn.PgConn, failure *pgconn.PgError) bool {
		if refused(failure) {
			// Its own failure is not worth hiding the server's.
			l.retry, _ = l.client.LoginRefused(target, token, l.began)
		}
		return before == nil || before(connection, failure)
	}
	return nil
}

// refused reports whether the server refused the password: 28P01, or 28000 as PAM does. Aurora DSQL says so
// under a code of other failures too.
func refused(failure *pgconn.PgError) bool {
	return failure.Code == "28P01" || failure.Code == "28000" ||
		failure.Code == "08006" && failure.Message == "unable to accept connection, access denied"
}
