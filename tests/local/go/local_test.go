// Package local logs in to rdsiam local with Go's drivers and tokens of the AWS SDK for Go.
package local

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"
	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"

	"rdsiam/rdsiamtest"
)

func token(t *testing.T, db rdsiamtest.Database) string {
	t.Helper()
	aws, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	endpoint := fmt.Sprintf("%s:%d", db.Host, db.SignPort)
	text, err := auth.BuildAuthToken(t.Context(), endpoint, aws.Region, db.User, aws.Credentials)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func postgres(ctx context.Context, rds *rdsiamtest.Local, db rdsiamtest.Database, password string) (string, error) {
	where := fmt.Sprintf("host=%s port=%d user=%s dbname=%s sslmode=verify-full sslrootcert=%s",
		db.Host, db.Port, db.User, db.Name, rds.CA)
	options, err := pgx.ParseConfig(where)
	if err != nil {
		return "", err
	}
	options.Password = password
	connection, err := pgx.ConnectConfig(ctx, options)
	if err != nil {
		return "", err
	}
	defer func() { _ = connection.Close(ctx) }()
	var user string
	var given, sum int
	err = connection.QueryRow(ctx, "SELECT current_user, $1::int, 1 + 1", 7).Scan(&user, &given, &sum)
	if err == nil && (given != 7 || sum != 2) {
		err = fmt.Errorf("%d %d", given, sum)
	}
	return user, err
}

func maria(ctx context.Context, rds *rdsiamtest.Local, db rdsiamtest.Database, password string) (string, error) {
	pem, err := os.ReadFile(rds.CA)
	if err != nil {
		return "", err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	options := mysql.NewConfig()
	options.User, options.Passwd, options.DBName = db.User, password, db.Name
	options.Net, options.Addr = "tcp", fmt.Sprintf("%s:%d", db.Host, db.Port)
	options.TLS = &tls.Config{RootCAs: roots, ServerName: db.Host}
	options.AllowCleartextPasswords = true
	connector, err := mysql.NewConnector(options)
	if err != nil {
		return "", err
	}
	pool := sql.OpenDB(connector)
	defer func() { _ = pool.Close() }()
	if err := pool.PingContext(ctx); err != nil {
		return "", err
	}
	var user string
	var given int
	err = pool.QueryRowContext(ctx, "SELECT CURRENT_USER(), ?", 7).Scan(&user, &given)
	if err == nil && given != 7 {
		err = fmt.Errorf("%d", given)
	}
	return user, err
}

func TestDriversLogInAndAreRefused(t *testing.T) {
	rds := rdsiamtest.Start(t, "--quiet")
	pg, my := rds.Postgres(t), rds.MySQL(t)
	pgToken, myToken := token(t, pg), token(t, my)
	if user, err := postgres(t.Context(), rds, pg, pgToken); user != "app" || err != nil {
		t.Fatal(user, err)
	}
	if user, err := maria(t.Context(), rds, my, myToken); user != "app@%" || err != nil {
		t.Fatal(user, err)
	}
	_, err := postgres(t.Context(), rds, pg, myToken)
	if err == nil || !strings.Contains(err.Error(), `PAM authentication failed for user "app" (SQLSTATE 28000)`) {
		t.Fatal(err)
	}
	_, err = maria(t.Context(), rds, my, pgToken)
	if err == nil || !strings.Contains(err.Error(), "Error 1045 (28000): Access denied for user 'app'@") {
		t.Fatal(err)
	}
	var reasons []string
	for _, login := range rds.Logins(t) {
		reasons = append(reasons, login.Reason)
	}
	if got := fmt.Sprint(reasons); got != "[  wrong-port wrong-port]" {
		t.Fatal(got)
	}
}

func TestAFaultAndItsEnd(t *testing.T) {
	rds := rdsiamtest.Start(t, "--quiet", "--database", "none:postgres", "--keys", "container")
	db := rds.Postgres(t)
	rds.Fault(t, "refuse=1")
	if _, err := postgres(t.Context(), rds, db, token(t, db)); err == nil {
		t.Fatal("it was not refused")
	}
	if _, err := postgres(t.Context(), rds, db, token(t, db)); err != nil {
		t.Fatal(err)
	}
}

func TestACacheIsFoundByItsNameAndKind(t *testing.T) {
	rds := rdsiamtest.Start(t, "--quiet", "--database", "redis://localhost", "--cache", "memorydb:mine")
	db := rds.Redis(t)
	if db.Engine != "redis" || db.CacheName != "mine" || db.CacheKind != "memorydb" || db.User != "app" {
		t.Fatal(db)
	}
}
