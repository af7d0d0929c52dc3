package logintest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rdsiam/rdsiampgx"
)

func connectToDSQL(t *testing.T) *pgx.Conn {
	t.Helper()
	connection, err := rdsiampgx.Connect(t.Context(), parse(t, dsn(t, "host="+env(t, "DSQL_HOST"))), open(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close(context.Background()) })
	execute(t, connection, "SET default_transaction_isolation = 'repeatable read'")
	return connection
}

func execute(t *testing.T, connection *pgx.Conn, commands ...string) {
	t.Helper()
	for _, command := range commands {
		if _, err := connection.Exec(t.Context(), command); err != nil {
			t.Fatal(err)
		}
	}
}

// PostgreSQL's own serialization failure has one of the three codes.
func TestATransactionThatLostARaceIsRunAgain(t *testing.T) {
	first, second := connectToDSQL(t), connectToDSQL(t)
	execute(t, first, "DROP TABLE IF EXISTS counted_by_go",
		"CREATE TABLE counted_by_go (n int)", "INSERT INTO counted_by_go VALUES (0)")
	defer execute(t, first, "DROP TABLE counted_by_go")
	var seen []int
	add := func(loses func() bool) func(pgx.Tx) error {
		return func(tx pgx.Tx) error {
			var n int
			if err := tx.QueryRow(t.Context(), "SELECT n FROM counted_by_go").Scan(&n); err != nil {
				return err
			}
			seen = append(seen, n)
			if loses() {
				execute(t, second, "UPDATE counted_by_go SET n = n + 10")
			}
			_, err := tx.Exec(t.Context(), "UPDATE counted_by_go SET n = n + 1")
			return err
		}
	}
	once := func() bool { return len(seen) == 1 }
	if err := (rdsiampgx.OCCRetry{}).RunTransaction(t.Context(), first, add(once)); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := first.QueryRow(t.Context(), "SELECT n FROM counted_by_go").Scan(&n); err != nil || n != 11 {
		t.Error(n, err)
	}
	if fmt.Sprint(seen) != "[0 10]" {
		t.Error(seen)
	}
	// The last conflict is the caller's.
	seen = nil
	always := func() bool { return true }
	err := rdsiampgx.OCCRetry{MaxRetries: 2}.RunTransaction(t.Context(), first, add(always))
	if !rdsiampgx.IsOCCError(err) || len(seen) != 3 {
		t.Error(seen, err)
	}
}

func TestOnlyAConflictIsRunAgain(t *testing.T) {
	for code, times := range map[string]int{"OC000": 3, "OC001": 3, "40001": 3, "23505": 1} {
		tried := 0
		err := rdsiampgx.OCCRetry{MaxRetries: 2}.Run(t.Context(), func() error {
			tried++
			return fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: code})
		})
		if tried != times || err == nil {
			t.Errorf("%s: %d times, %v", code, tried, err)
		}
	}
	if rdsiampgx.IsOCCError(nil) || rdsiampgx.IsOCCError(errors.New("OC000")) {
		t.Error("no error of the server is a conflict")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	began := time.Now()
	retry := rdsiampgx.OCCRetry{BaseDelay: time.Hour}
	err := retry.Run(ctx, func() error { return &pgconn.PgError{Code: "OC000"} })
	if !errors.Is(err, context.Canceled) || !rdsiampgx.IsOCCError(err) || time.Since(began) > time.Minute {
		t.Error(err)
	}
}

func TestAPauseDoublesUpToItsBound(t *testing.T) {
	retry := rdsiampgx.OCCRetry{MaxRetries: 4, BaseDelay: 20 * time.Millisecond, MaxDelay: 50 * time.Millisecond}
	var at []time.Time
	_ = retry.Run(t.Context(), func() error {
		at = append(at, time.Now())
		return &pgconn.PgError{Code: "OC000"}
	})
	for i, least := range []int{20, 40, 50, 50} {
		if pause := at[i+1].Sub(at[i]); pause < time.Duration(least)*time.Millisecond {
			t.Errorf("pause %d: %v", i, pause)
		}
	}
}

func TestAWrongSettingIsNamed(t *testing.T) {
	for name, retry := range map[string]rdsiampgx.OCCRetry{
		"MaxRetries":   {MaxRetries: 101},
		"BaseDelay":    {BaseDelay: -1, MaxDelay: 1},
		"MaxDelay":     {BaseDelay: 2, MaxDelay: 1},
		"JitterFactor": {JitterFactor: 1.1},
	} {
		err := retry.Run(t.Context(), func() error { t.Error("it ran"); return nil })
		if err == nil || !strings.HasPrefix(err.Error(), "rdsiampgx: "+name+" is ") {
			t.Error(name, err)
		}
	}
}
