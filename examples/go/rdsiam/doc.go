// Package rdsiam makes and caches IAM authentication tokens for Amazon RDS, Aurora and RDS Proxy:
// the passwords of database logins, valid for 15 minutes.
//
//	client, err := rdsiam.New()
//	if err != nil {
//		return err
//	}
//	defer client.Close()
//	password, err := client.Token(ctx, rdsiam.Target{
//		Host: "mydb.abc123.us-east-1.rds.amazonaws.com", Port: 5432, User: "app",
//	})
//
// It is a thin layer over the C library rdsiam, which is found with pkg-config; with the build tag
// "static" it is linked into the program. The folders beside this one have hooks for drivers:
// rdsiampgx for pgx, pgxpool and database/sql, and rdsiammysql for go-sql-driver/mysql; rdsiamaws
// takes credential providers of the AWS SDK for Go v2.
//
// # Waiting
//
// A token in the cache is returned without waiting, and so is a new one while the credentials can be
// used; they are refreshed in the background. Only without usable credentials does a call wait, and then
// all callers wait for one fetch, ten seconds at most. A call whose context ends returns at once; the
// fetch goes on for the others, and its result is kept.
//
// # After a refused login
//
// [Client.LoginRefused] reports whether to log in once more. The hooks of the folders beside this one
// call it where the driver lets them.
//
// # cgo
//
// The package needs cgo and a C compiler; when cross-compiling, one for the target (CC) and
// CGO_ENABLED=1.
//
// # Secrets
//
// Go cannot zeroize a string, so that tokens and keys stay in memory until they are collected and
// overwritten. Token and Credentials hide them when they are printed, logged or encoded as
// JSON, and no error has one.
package rdsiam
