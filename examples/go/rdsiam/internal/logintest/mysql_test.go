package logintest

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"rdsiam"
	"rdsiam/rdsiammysql"
)

type failing struct{ err error }

func (f failing) Retrieve(context.Context, bool) (rdsiam.Credentials, error) {
	return rdsiam.Credentials{}, f.err
}

func mysqlConfig(t *testing.T) *mysql.Config {
	config := mysql.NewConfig()
	config.User, config.DBName, config.Net = env(t, "USER"), env(t, "DB"), "tcp"
	config.Addr = net.JoinHostPort(env(t, "MARIADB_HOST"), env(t, "MARIADB_PORT"))
	config.TLS = verifying(t)
	return config
}

// openMySQL makes a database with a new connection for each query.
func openMySQL(
	t *testing.T, client *rdsiam.Client, config *mysql.Config, options ...rdsiam.TargetOption,
) *sql.DB {
	t.Helper()
	hook := mysql.BeforeConnect(rdsiammysql.BeforeConnect(client, options...))
	if err := config.Apply(hook); err != nil {
		t.Fatal(err)
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxIdleConns(0)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func askMySQL(t *testing.T, db *sql.DB) (user string, err error) {
	query := "SELECT SUBSTRING_INDEX(USER(), '@127', 1)"
	return user, db.QueryRowContext(t.Context(), query).Scan(&user)
}

func TestMySQL(t *testing.T) {
	static, fetched := open(t), open(t, rdsiam.WithProvider(provider(t)))
	for _, client := range []*rdsiam.Client{static, fetched} {
		for _, name := range []string{"USER", "ODD_USER"} {
			config := mysqlConfig(t)
			config.User = env(t, name)
			db := openMySQL(t, client, config)
			log := verdicts(t, func() {
				for range 2 {
					if user, err := askMySQL(t, db); err != nil || user != env(t, name) {
						t.Errorf("%q: %v", user, err)
					}
				}
			})
			if strings.Count(log, "accepted") != 2 {
				t.Error(log)
			}
			if config.Passwd != "" || config.AllowCleartextPasswords {
				t.Error("the caller's configuration was changed for good")
			}
		}
	}
}

// A token of the cache that the server refuses is replaced within the login.
func TestMySQLLogsInOnceMore(t *testing.T) {
	logsInOnceMore(t, func(client *rdsiam.Client) error {
		connector, err := rdsiammysql.Connector(mysqlConfig(t), client)
		if err != nil {
			return err
		}
		db := sql.OpenDB(connector)
		defer db.Close()
		_, err = askMySQL(t, db)
		return err
	})
}

func TestMySQLConnectorIsChecked(t *testing.T) {
	config := mysqlConfig(t)
	config.TLS = nil
	connector, err := rdsiammysql.Connector(config, open(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := connector.Connect(t.Context()); !errors.Is(err, rdsiammysql.ErrUnverified) {
		t.Error(err)
	}
}

func TestMySQLThroughATunnel(t *testing.T) {
	config := mysqlConfig(t)
	config.Addr = net.JoinHostPort(env(t, "HOSTADDR"), env(t, "MARIADB_PORT"))
	config.TLS.ServerName = env(t, "MARIADB_HOST")
	endpoint := rdsiam.ForEndpoint(env(t, "MARIADB_HOST"), port(t, "MARIADB_PORT"))
	if _, err := askMySQL(t, openMySQL(t, open(t), config, endpoint)); err != nil {
		t.Error(err)
	}
	// The port that is signed is the endpoint's, too.
	tunnelled := config.Clone()
	tunnelled.Addr = fmt.Sprintf("127.0.0.1:%d", tunnel(t, config.Addr))
	if _, err := askMySQL(t, openMySQL(t, open(t), tunnelled, endpoint)); err != nil {
		t.Error(err)
	}
	log := verdicts(t, func() {
		db := openMySQL(t, open(t), config, rdsiam.ForRegion(env(t, "REGION")))
		_, err := askMySQL(t, db)
		var refused *mysql.MySQLError
		if !errors.As(err, &refused) || refused.Number != 1045 {
			t.Error(err)
		}
	})
	if !strings.Contains(log, "wrong host") {
		t.Error(log)
	}
}

// No token leaves the program in clear text, or for a server that is not verified.
func TestMySQLRefusals(t *testing.T) {
	for name, change := range map[string]func(*mysql.Config){
		"no TLS":      func(c *mysql.Config) { c.TLS = nil },
		"skip-verify": func(c *mysql.Config) { c.TLS, c.TLSConfig = nil, "skip-verify" },
		"preferred":   func(c *mysql.Config) { c.TLS, c.TLSConfig = nil, "preferred" },
		"insecure":    func(c *mysql.Config) { c.TLS.InsecureSkipVerify = true },
		"fallback":    func(c *mysql.Config) { c.AllowFallbackToPlaintext = true },
		"allowed by the caller": func(c *mysql.Config) {
			c.TLS, c.AllowCleartextPasswords = nil, true
		},
	} {
		config := mysqlConfig(t)
		change(config)
		log := verdicts(t, func() {
			_, err := askMySQL(t, openMySQL(t, open(t), config))
			if !errors.Is(err, rdsiammysql.ErrUnverified) {
				t.Errorf("%s: %v", name, err)
			}
		})
		if log != "" {
			t.Errorf("%s: %s", name, log)
		}
	}
	config := mysqlConfig(t)
	config.TLS.ServerName = "other.example"
	log := verdicts(t, func() {
		if _, err := askMySQL(t, openMySQL(t, open(t), config)); err == nil {
			t.Error("logged in to another name")
		}
	})
	if log != "" {
		t.Error(log)
	}
}

// Checks of the program's own count as such.
func TestMySQLWithChecksOfItsOwn(t *testing.T) {
	config := mysqlConfig(t)
	asked := 0
	config.TLS = &tls.Config{
		InsecureSkipVerify: true,
		VerifyConnection:   func(tls.ConnectionState) error { asked++; return nil },
	}
	if _, err := askMySQL(t, openMySQL(t, open(t), config)); err != nil || asked != 1 {
		t.Errorf("%v, asked %d times", err, asked)
	}
}

func TestErrorsPassThroughMySQL(t *testing.T) {
	down := errors.New("the portal is down")
	db := openMySQL(t, open(t, rdsiam.WithProvider(failing{down})), mysqlConfig(t))
	if _, err := askMySQL(t, db); !errors.Is(err, down) {
		t.Error(err)
	}
	config := mysqlConfig(t)
	config.Net, config.Addr = "unix", "/nonexistent"
	if _, err := askMySQL(t, openMySQL(t, open(t), config)); err == nil ||
		!strings.Contains(err.Error(), "no host and port") {
		t.Error(err)
	}
}
