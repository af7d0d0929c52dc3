// Logs in to PostgreSQL with a token from the C library, asked at each new connection.
//
//	DB_HOST=... DB_PORT=5432 DB_USER=app DB_NAME=app DB_CA=global-bundle.pem go run .
//
// Through a tunnel the token is still made for DB_HOST, and DB_HOSTADDR is dialled.
package main

/*
#cgo pkg-config: rdsiam
#include <stdlib.h>
#include <rdsiam.h>
*/
import "C"

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"unsafe"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A Client signs and caches tokens. One for the process; any number of goroutines may use it.
type Client struct {
	handle *C.rdsiam_client
}

// NewClient makes a client with the default chain of credentials.
func NewClient() (*Client, error) {
	var client Client
	var err *C.rdsiam_error
	if C.rdsiam_client_new(nil, &client.handle, &err) != C.RDSIAM_OK {
		return nil, toError(err)
	}
	return &client, nil
}

// Close frees the client. No call may be running.
func (c *Client) Close() {
	C.rdsiam_client_free(c.handle)
	c.handle = nil
}

// Token gives the password for one login.
func (c *Client) Token(host string, port uint16, user string) (string, error) {
	cHost, cUser := C.CString(host), C.CString(user)
	defer C.free(unsafe.Pointer(cHost))
	defer C.free(unsafe.Pointer(cUser))
	var token *C.rdsiam_token
	var err *C.rdsiam_error
	if C.rdsiam_token_get(c.handle, cHost, C.uint16_t(port), cUser, nil, &token, &err) != C.RDSIAM_OK {
		return "", toError(err)
	}
	defer C.rdsiam_token_free(token)
	return C.GoString(C.rdsiam_token_str(token)), nil
}

func toError(err *C.rdsiam_error) error {
	defer C.rdsiam_error_free(err)
	return fmt.Errorf("%s: %s", C.GoString(C.rdsiam_error_code(err)), C.GoString(C.rdsiam_error_message(err)))
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	client, err := NewClient()
	if err != nil {
		return err
	}
	defer client.Close()
	pool, err := open(ctx, client)
	if err != nil {
		return err
	}
	defer pool.Close()
	var user string
	if err := pool.QueryRow(ctx, "SELECT current_user").Scan(&user); err != nil {
		return err
	}
	fmt.Println("logged in as", user)
	return nil
}

func open(ctx context.Context, client *Client) (*pgxpool.Pool, error) {
	host, user := os.Getenv("DB_HOST"), os.Getenv("DB_USER")
	port, err := strconv.ParseUint(os.Getenv("DB_PORT"), 10, 16)
	if err != nil {
		return nil, fmt.Errorf("DB_PORT: %w", err)
	}
	query := url.Values{"sslmode": {"verify-full"}, "sslrootcert": {os.Getenv("DB_CA")}}
	dsn := url.URL{
		Scheme:   "postgres",
		User:     url.User(user),
		Host:     fmt.Sprintf("%s:%d", host, port),
		Path:     os.Getenv("DB_NAME"),
		RawQuery: query.Encode(),
	}
	config, err := pgxpool.ParseConfig(dsn.String())
	if err != nil {
		return nil, err
	}
	if address := os.Getenv("DB_HOSTADDR"); address != "" {
		config.ConnConfig.LookupFunc = func(context.Context, string) ([]string, error) {
			return []string{address}, nil
		}
	}
	config.BeforeConnect = func(_ context.Context, connection *pgx.ConnConfig) (err error) {
		connection.Password, err = client.Token(host, uint16(port), user)
		return err
	}
	return pgxpool.NewWithConfig(ctx, config)
}
