// Package rdsiamtest starts an RDS for tests, which verifies each token: the command "rdsiam local".
//
//	func TestLogin(t *testing.T) {
//		rds := rdsiamtest.Start(t, "--database", "postgres")
//		db := rds.Postgres(t)
//		// Log in as the program does, at db.Host and db.Port.
//	}
//
// It needs no cgo and no AWS SDK. The command is found as RDSIAM_COMMAND, or on PATH.
package rdsiamtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A Database is where a database is, and what is signed for it.
type Database struct {
	Engine   string `json:"engine"`
	Host     string `json:"host"`
	HostAddr string `json:"hostaddr"`
	Port     int    `json:"port"`
	SignPort int    `json:"sign_port"`
	User     string `json:"user"`
	Name     string `json:"database"`
	// Of a cache of ElastiCache or MemoryDB alone: they are signed.
	CacheName string `json:"name"`
	CacheKind string `json:"kind"`
}

// A Login is one login, and why it was refused. Nothing of a token is in it.
type Login struct {
	At       time.Time `json:"at"`
	Engine   string    `json:"engine"`
	User     string    `json:"user"`
	Accepted bool      `json:"accepted"`
	Reason   string    `json:"reason"`
	Message  string    `json:"message"`
	Error    string    `json:"error"`
	Status   int       `json:"status"`
}

// Local is a running "rdsiam local".
type Local struct {
	Databases []Database `json:"databases"`
	// CA is the file with the certificate of its authority.
	CA          string            `json:"ca"`
	Region      string            `json:"region"`
	Environment map[string]string `json:"environment"`

	Control string   `json:"control"`
	Removed []string `json:"removed"`
}

const secondsToStop = 20 * time.Second

// Start runs "rdsiam local" with these options until the test ends, and sets its variables for the test.
func Start(t testing.TB, options ...string) *Local {
	t.Helper()
	program, err := find()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, append([]string{"local", "--json", "--until-input-ends"}, options...)...)
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, command, input) })
	local := new(Local)
	if err := json.NewDecoder(output).Decode(local); err != nil {
		t.Fatalf("%s local ended early: what it said is on standard error", program)
	}
	for _, name := range local.Removed {
		// Setenv remembers what it was, and Unsetenv alone would not.
		t.Setenv(name, "")
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range local.Environment {
		t.Setenv(name, value)
	}
	return local
}

func stop(t testing.TB, command *exec.Cmd, input io.Closer) {
	// It ends when its input does.
	if err := input.Close(); err != nil {
		t.Error(err)
	}
	killer := time.AfterFunc(secondsToStop, func() { _ = command.Process.Kill() })
	defer killer.Stop()
	if err := command.Wait(); err != nil {
		t.Errorf("rdsiam local: %v", err)
	}
}

func find() (string, error) {
	if named := os.Getenv("RDSIAM_COMMAND"); named != "" {
		return named, nil
	}
	program, err := exec.LookPath("rdsiam")
	if err != nil {
		return "", errors.New("the command rdsiam is not on PATH: install it, or set RDSIAM_COMMAND to its path")
	}
	return program, nil
}

// Postgres is the first PostgreSQL.
func (l *Local) Postgres(t testing.TB) Database {
	t.Helper()
	return l.first(t, "postgres")
}

// MySQL is the first MySQL.
func (l *Local) MySQL(t testing.TB) Database {
	t.Helper()
	return l.first(t, "mysql")
}

// Redis is the first Redis or Valkey.
func (l *Local) Redis(t testing.TB) Database {
	t.Helper()
	return l.first(t, "redis")
}

func (l *Local) first(t testing.TB, engine string) Database {
	t.Helper()
	for _, database := range l.Databases {
		if database.Engine == engine {
			return database
		}
	}
	t.Fatalf("rdsiam local was started without %s: see --database", engine)
	return Database{}
}

// Fault makes these go wrong from now on, such as "refuse=1" or "expired". None: nothing.
func (l *Local) Fault(t testing.TB, faults ...string) {
	t.Helper()
	body, err := json.Marshal(append([]string{}, faults...))
	if err != nil {
		t.Fatal(err)
	}
	l.control(t, http.MethodPut, "/faults", body, nil)
}

// Logins are all since the start.
func (l *Local) Logins(t testing.TB) []Login {
	t.Helper()
	var logins []Login
	l.control(t, http.MethodGet, "/logins", nil, &logins)
	return logins
}

func (l *Local) control(t testing.TB, method, path string, body []byte, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, l.Control+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	// It is on this machine: no proxy leads there.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		t.Fatal(fmt.Errorf("rdsiam local: %s", strings.TrimSpace(string(text))))
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
}
