// A program of somebody else's, which knows of rdsiam only what is installed: it logs in to
// PostgreSQL and to MariaDB.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"fmt"
	"net"
	"os"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"

	"rdsiam"
	"rdsiam/rdsiammysql"
	"rdsiam/rdsiampgx"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	client, err := rdsiam.New()
	if err != nil {
		return err
	}
	defer client.Close()
	if err := postgres(ctx, client); err != nil {
		return err
	}
	return mariadb(ctx, client)
}

func postgres(ctx context.Context, client *rdsiam.Client) error {
	config, err := pgx.ParseConfig(fmt.Sprintf(
		"host=%s port=%s user=%s dbname=%s sslmode=verify-full sslrootcert=%s",
		os.Getenv("PG_HOST"), os.Getenv("PG_PORT"), os.Getenv("DB_USER"), os.Getenv("DB_NAME"),
		os.Getenv("DB_CA")))
	if err != nil {
		return err
	}
	connection, err := rdsiampgx.Connect(ctx, config, client)
	if err != nil {
		return err
	}
	defer connection.Close(ctx)
	var user string
	if err := connection.QueryRow(ctx, "SELECT current_user").Scan(&user); err != nil {
		return err
	}
	fmt.Println("postgres:", user)
	return nil
}

func mariadb(ctx context.Context, client *rdsiam.Client) error {
	text, err := os.ReadFile(os.Getenv("DB_CA"))
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	config := mysql.NewConfig()
	config.Net, config.Addr = "tcp", net.JoinHostPort(os.Getenv("MARIADB_HOST"), os.Getenv("MARIADB_PORT"))
	config.User, config.DBName = os.Getenv("DB_USER"), os.Getenv("DB_NAME")
	config.TLS = &tls.Config{RootCAs: roots}
	connector, err := rdsiammysql.Connector(config, client)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	var user string
	query := "SELECT SUBSTRING_INDEX(USER(), '@', 1)"
	if err := db.QueryRowContext(ctx, query).Scan(&user); err != nil {
		return err
	}
	fmt.Println("mariadb:", user)
	return nil
}
