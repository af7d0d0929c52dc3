// Package rdsiammysql gives go-sql-driver/mysql a token for each new connection to MySQL or
// MariaDB.
//
//	config := mysql.NewConfig()
//	config.User, config.Net, config.Addr = "app", "tcp", "mydb.abc123.us-east-1.rds.amazonaws.com:3306"
//	config.TLS = &tls.Config{RootCAs: roots}
//	err := config.Apply(mysql.BeforeConnect(rdsiammysql.BeforeConnect(client)))
//	connector, err := mysql.NewConnector(config)
//	db := sql.OpenDB(connector)
package rdsiammysql

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/go-sql-driver/mysql"

	"rdsiam"
	"rdsiam/internal/verified"
)

// ErrUnverified is returned for a configuration that would send the token in clear text to a server
// that TLS does not verify: set [mysql.Config].TLS with the certificates of AWS, and neither
// skip-verify nor a fallback to plain text.
var ErrUnverified = errors.New(
	"rdsiammysql: TLS does not verify the server; set Config.TLS with its root certificates")

// BeforeConnect makes the hook. Each call gets a token for what is dialled, or for what the
// options say, and allows the exchange in clear text that IAM authentication needs; so the
// configuration need not allow it for good.
func BeforeConnect(
	client *rdsiam.Client, options ...rdsiam.TargetOption,
) func(context.Context, *mysql.Config) error {
	return func(ctx context.Context, config *mysql.Config) error {
		if !verified.By(config.TLS) || config.AllowFallbackToPlaintext {
			return ErrUnverified
		}
		target, err := target(config)
		if target = target.With(options...); err != nil && target.Host == "" {
			return err
		}
		password, err := client.Token(ctx, target)
		if err != nil {
			return err
		}
		config.Passwd, config.AllowCleartextPasswords = password, true
		return nil
	}
}

func target(config *mysql.Config) (rdsiam.Target, error) {
	target := rdsiam.Target{User: config.User}
	host, port, err := net.SplitHostPort(config.Addr)
	if err != nil {
		return target, fmt.Errorf("rdsiammysql: no host and port to make a token for: %w", err)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return target, fmt.Errorf("rdsiammysql: the port of %s: %w", config.Addr, err)
	}
	target.Host, target.Port = host, uint16(number)
	return target, nil
}
