package rdsiampgx_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rdsiam"
	"rdsiam/rdsiampgx"
)

// The database and AWS's certificates, such as
// "host=mydb.abc123.us-east-1.rds.amazonaws.com port=5432 user=app dbname=app
// sslmode=verify-full sslrootcert=global-bundle.pem".
var dsn = os.Getenv("DB_DSN")

// A pool whose connections each get a token of their time.
func Example() {
	client, err := rdsiam.New()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		log.Fatal(err)
	}
	config.BeforeConnect = rdsiampgx.BeforeConnect(client)
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	var user string
	if err := pool.QueryRow(context.Background(), "SELECT current_user").Scan(&user); err != nil {
		log.Fatal(err)
	}
	fmt.Println("logged in as", user)
	// Output: logged in as app_iam
}

// The same for database/sql.
func ExampleConnector() {
	client, err := rdsiam.New()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(rdsiampgx.Connector(config, client))
	defer db.Close()

	var user string
	if err := db.QueryRow("SELECT current_user").Scan(&user); err != nil {
		log.Fatal(err)
	}
	fmt.Println("logged in as", user)
	// Output: logged in as app_iam
}
