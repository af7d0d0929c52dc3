// Package rdsiampgx gives pgx a token for each new connection to PostgreSQL, be it through pgx,
// pgxpool, or database/sql with pgx's stdlib.
//
//	config, err := pgxpool.ParseConfig("host=... user=app sslmode=verify-full sslrootcert=...")
//	config.BeforeConnect = rdsiampgx.BeforeConnect(client)
//	pool, err := pgxpool.NewWithConfig(ctx, config)
//
//	db := sql.OpenDB(stdlib.GetConnector(*config,
//		stdlib.OptionBeforeConnect(rdsiampgx.BeforeConnect(client))))
package rdsiampgx

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"rdsiam"
	"rdsiam/internal/verified"
)

// ErrUnverified is returned for a configuration that would send the token to a server that TLS
// does not verify: use sslmode=verify-full.
var ErrUnverified = errors.New("rdsiampgx: TLS does not verify the server; use sslmode=verify-full")

// ErrSeveralHosts is returned for a configuration with more than one host, since a token is for
// one of them.
var ErrSeveralHosts = errors.New("rdsiampgx: a token is for one host, and the configuration has several")

// BeforeConnect makes the hook. Each call gets a token for what is dialled, or for what the
// options say.
func BeforeConnect(
	client *rdsiam.Client, options ...rdsiam.TargetOption,
) func(context.Context, *pgx.ConnConfig) error {
	return func(ctx context.Context, config *pgx.ConnConfig) error {
		if err := check(config); err != nil {
			return err
		}
		target := rdsiam.Target{Host: config.Host, Port: config.Port, User: config.User}
		password, err := client.Token(ctx, target.With(options...))
		if err != nil {
			return err
		}
		config.Password = password
		return nil
	}
}

// Connect opens one connection, with a token of its time.
func Connect(
	ctx context.Context, config *pgx.ConnConfig, client *rdsiam.Client,
	options ...rdsiam.TargetOption,
) (*pgx.Conn, error) {
	config = config.Copy()
	if err := BeforeConnect(client, options...)(ctx, config); err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, config)
}

func check(config *pgx.ConnConfig) error {
	if !verified.By(config.TLSConfig) {
		return ErrUnverified
	}
	for _, fallback := range config.Fallbacks {
		if fallback.Host != config.Host || fallback.Port != config.Port {
			return ErrSeveralHosts
		}
		if !verified.By(fallback.TLSConfig) {
			return ErrUnverified
		}
	}
	return nil
}
