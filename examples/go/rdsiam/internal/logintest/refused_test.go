package logintest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"rdsiam"
)

// keys is a source with one access key, which the server knows until it is exchanged.
type keys struct {
	t      *testing.T
	lock   sync.Mutex
	number int
	before []byte
	stuck  bool // the source goes on with the old key
}

func newKeys(t *testing.T) *keys {
	before, err := os.ReadFile(env(t, "CONFIG"))
	if err != nil {
		t.Fatal(err)
	}
	k := &keys{t: t, before: before}
	t.Cleanup(func() {
		if err := os.WriteFile(env(t, "CONFIG"), before, 0o600); err != nil {
			t.Error(err)
		}
	})
	k.exchange()
	return k
}

func (k *keys) id(number int) string {
	return fmt.Sprintf("ASIA%sNUMBER%d", strings.ToUpper(strings.NewReplacer("/", "", "_", "").Replace(k.t.Name())), number)
}

// exchange has the server forget the key and know another.
func (k *keys) exchange() {
	k.lock.Lock()
	defer k.lock.Unlock()
	k.number++
	var config map[string]any
	if err := json.Unmarshal(k.before, &config); err != nil {
		k.t.Fatal(err)
	}
	config["keys"].(map[string]any)[k.id(k.number)] = map[string]any{"secret": "SECRET", "session_token": nil}
	text, err := json.Marshal(config)
	if err != nil {
		k.t.Fatal(err)
	}
	if err := os.WriteFile(env(k.t, "CONFIG"), text, 0o600); err != nil {
		k.t.Fatal(err)
	}
}

func (k *keys) Retrieve(context.Context, bool) (rdsiam.Credentials, error) {
	k.lock.Lock()
	defer k.lock.Unlock()
	number := k.number
	if k.stuck {
		number = 1
	}
	return rdsiam.Credentials{AccessKeyID: k.id(number), SecretAccessKey: "SECRET"}, nil
}

// logsInOnceMore checks the second try: one after a key was exchanged, and N + 1 attempts for N logins
// that are refused in any case.
func logsInOnceMore(t *testing.T, connect func(*rdsiam.Client) error) {
	keys := newKeys(t)
	client := open(t, rdsiam.WithProvider(keys))
	if err := connect(client); err != nil {
		t.Fatal(err)
	}
	// A token that was signed in the second in which the login begins counts as new.
	time.Sleep(1100 * time.Millisecond)
	keys.exchange()
	log := verdicts(t, func() {
		if err := connect(client); err != nil {
			t.Error(err)
		}
	})
	if strings.Count(log, "refused") != 1 || strings.Count(log, "accepted") != 1 {
		t.Error(log)
	}

	keys.stuck = true
	time.Sleep(1100 * time.Millisecond)
	keys.exchange()
	log = verdicts(t, func() {
		for range 10 {
			if err := connect(client); err == nil {
				t.Error("logged in with a key that the server does not know")
			}
		}
	})
	if refused := strings.Count(log, "refused"); refused < 10 || refused > 11 {
		t.Errorf("%d attempts: %s", refused, log)
	}
}
