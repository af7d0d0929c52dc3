// Package rdsiam makes and caches IAM authentication tokens for Amazon RDS, Aurora and RDS Proxy:
// the passwords of database logins, good for 15 minutes.
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
// A token in the cache is handed out without waiting, and a new one is made behind it before it
// ends. Only without a usable token does a call wait for credentials, and then all callers of one
// target wait for one fetch, ten seconds at most. A call whose context ends leaves at once; the
// fetch goes on for the others, and its result is kept.
//
// # Secrets
//
// Go cannot wipe a string, so that tokens and keys stay in memory until they are collected and
// overwritten. Token, Credentials and every error hide them when they are printed.
package rdsiam
