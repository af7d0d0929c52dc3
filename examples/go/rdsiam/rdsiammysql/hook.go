// Package rdsiammysql gives go-sql-driver/mysql a token for each new connection to MySQL or MariaDB.
//
//	config := mysql.NewConfig()
//	config.User, config.Net, config.Addr = "app", "tcp", "mydb.abc123.us-east-1.rds.amazonaws.com:3306"
//	config.TLS = &tls.Config{RootCAs: roots}
//	connector, err := rdsiammysql.Connector(config, client)
//	db := sql.OpenDB(connector)
//
// # After a refused login
//
// [Connector] logs in once more with a new token if that can help. [BeforeConnect] alone cannot know
// whether a login was refused.
package rdsiammysql

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/go-sql-driver/mysql"

	"rdsiam"
)

// ErrUnverified is returned for a configuration that would send the token in clear text to a server
// that TLS does not verify: set [mysql.Config].TLS with the certificates of AWS, and neither
// skip-verify nor a fallback to plain text.
var ErrUnverified = errors.New(
	"rdsiammysql: TLS does not verify the server; set Config.TLS with its root certificates")

// BeforeConnect makes the hook. Each call gets a token for what is dialled, or for what the options say,
// and allows the exchange in clear text that IAM authentication needs; so the configuration need not
// allow it.
func BeforeConnect(
	client *rdsiam.Client, options ...rdsiam.TargetOption,
) func(context.Context, *mysql.Config) error {
	return func(ctx context.Context, config *mysql.Config) error {
		return (&login{client: client, options: options}).prepare(ctx, config)
	}
}

// Connector makes a connector for [database/sql.OpenDB]. It replaces a BeforeConnect of the
// configuration.
func Connector(
	config *mysql.Config, client *rdsiam.Client, options ...rdsiam.TargetOption,
) (driver.Connector, error) {
	checked, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	return &connector{config.Clone(), client, options, checked.Driver()}, nil
}

type connector struct {
	config  *mysql.Config
	client  *rdsiam.Client
	options []rdsiam.TargetOption
	driver  driver.Driver
}

func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	began := time.Now()
	for {
		l := &login{client: c.client, options: c.options}
		config := c.config.Clone()
		if err := config.Apply(mysql.BeforeConnect(l.prepare)); err != nil {
			return nil, err
		}
		once, err := mysql.NewConnector(config)
		if err != nil {
			return nil, err
		}
		connection, err := once.Connect(ctx)
		if err == nil || !l.shouldRetry(err, began) {
			return connection, err
		}
	}
}

func (c *connector) Driver() driver.Driver {
	return c.driver
}

// A login is one attempt.
type login struct {
	client  *rdsiam.Client
	options []rdsiam.TargetOption
	target  rdsiam.Target
	token   rdsiam.Token
}

// accessDenied is the error of MySQL and MariaDB for a password that they refuse.
const accessDenied = 1045

func (l *login) shouldRetry(err error, began time.Time) bool {
	var refused *mysql.MySQLError
	if !errors.As(err, &refused) || refused.Number != accessDenied {
		return false
	}
	// A failure of its own is not worth hiding the server's.
	retry, _ := l.client.LoginRefused(l.target, l.token, began)
	return retry
}

// prepare puts a token into a configuration that is only for one attempt.
func (l *login) prepare(ctx context.Context, config *mysql.Config) error {
	if !verified(config.TLS) || config.AllowFallbackToPlaintext {
		return ErrUnverified
	}
	target, err := target(config)
	if target = target.With(l.options...); err != nil && target.Host == "" {
		return err
	}
	token, err := l.client.Get(ctx, target)
	if err != nil {
		return err
	}
	config.Passwd, config.AllowCleartextPasswords = token.Password(), true
	l.target, l.token = target, token
	return nil
}

// verified reports whether TLS with this configuration verifies the server, be it with checks of the
// program's own.
func verified(config *tls.Config) bool {
	return config != nil && (!config.InsecureSkipVerify ||
		config.VerifyPeerCertificate != nil || config.VerifyConnection != nil)
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
