// Drivers of Go log in through the proxy, knowing nothing of tokens.
package proxied

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib"
)

func TestPgxPool(t *testing.T) {
	pool, err := pgxpool.New(t.Context(), os.Getenv("POSTGRES"))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(t.Context(), "CREATE TABLE made_by_pgx (x int)"); err != nil {
		t.Fatal(err)
	}
	defer pool.Exec(context.Background(), "DROP TABLE made_by_pgx")
	rows := make([][]any, 1000)
	for x := range rows {
		rows[x] = []any{x}
	}
	table := pgx.Identifier{"made_by_pgx"}
	if n, err := pool.CopyFrom(t.Context(), table, []string{"x"}, pgx.CopyFromRows(rows)); err != nil || n != 1000 {
		t.Fatal(n, err)
	}
	batch := &pgx.Batch{}
	for range 100 {
		batch.Queue("SELECT sum(x) FROM made_by_pgx")
	}
	results := pool.SendBatch(t.Context(), batch)
	var sum int
	for range 100 {
		if err := results.QueryRow().Scan(&sum); err != nil || sum != 499500 {
			t.Fatal(sum, err)
		}
	}
	if err := results.Close(); err != nil {
		t.Fatal(err)
	}
}

// A query that is cancelled ends at the server, and its connection serves the next one.
func TestCancel(t *testing.T) {
	connection, err := pgx.Connect(t.Context(), os.Getenv("POSTGRES"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close(context.Background())
	time.AfterFunc(500*time.Millisecond, func() { connection.PgConn().CancelRequest(context.Background()) })
	_, err = connection.Exec(t.Context(), "SELECT pg_sleep(60)")
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "57014" {
		t.Fatal(err)
	}
	if _, err := connection.Exec(t.Context(), "SELECT 1"); err != nil {
		t.Fatal(err)
	}
}

func TestDatabaseSQL(t *testing.T) {
	for driver, query := range map[string]string{"pgx": "SELECT current_user", "mysql": "SELECT CURRENT_USER()"} {
		db, err := sql.Open(driver, os.Getenv(map[string]string{"pgx": "POSTGRES", "mysql": "MYSQL"}[driver]))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		transaction, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(driver, err)
		}
		statement, err := transaction.Prepare(query)
		if err != nil {
			t.Fatal(driver, err)
		}
		var user string
		if err := statement.QueryRow().Scan(&user); err != nil {
			t.Fatal(driver, err)
		}
		if name, _, _ := strings.Cut(user, "@"); name != os.Getenv("WANTED") {
			t.Error(driver, user)
		}
		if err := transaction.Rollback(); err != nil {
			t.Error(driver, err)
		}
	}
}
