"""What may block for good: a look-up of a name, and a file that is a FIFO."""

import json
import os
import subprocess
import time
from pathlib import Path

import cases
import emulator
import setups
from bindings import Binding
from support import HOST, run_python
from test_defaults import DEFAULTS

# A resolver that does not answer, without a resolver: what the C library is asked takes its time.
SLOW = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **found) {
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (node != NULL && strstr(node, "slow.invalid") != NULL) sleep(30);
    return real(node, service, hints, found);
}
"""


def test_a_look_up_that_hangs_does_not_hold_the_caller(tmp_path: Path) -> None:
    source, library = tmp_path / "slow.c", tmp_path / "slow.so"
    source.write_text(SLOW)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    with emulator.Emulator() as served:
        env = setups.make(served, "web-identity", tmp_path / "home")["env"]
        slow = {"AWS_ENDPOINT_URL_STS": "https://sts.slow.invalid", "LD_PRELOAD": str(library)}
        login = [HOST, "5432", "app", "us-east-1"]
        with Binding("python", login, env={**env, **slow}) as binding:
            told = binding.ask("get")
            assert told["code"] == cases.TIMEOUT, told
            assert told["retryable"]
            # The fetch itself is given a little less than the callers.
            assert DEFAULTS["timeout"] * 0.9 < told["seconds"] < cases.BOUND
            assert "sts.slow.invalid" in told["message"]
            # The next call is served, whatever thread is still waiting.
            binding.ask("set", f"AWS_ENDPOINT_URL_STS={served.url}")
            assert "token" in binding.ask("get")
            began = time.monotonic()
        # Nor does the process wait for that thread at its end.
        assert time.monotonic() - began < 10  # of the 20 that are left of the look-up


FORK = """
import json, os, sys, threading, time
import rdsiam
host, fifo, content = json.loads(sys.argv[1])
told = []
cache = rdsiam.TokenCache(host, 5432, "app")
reader = threading.Thread(target=lambda: told.append(cache.get_token()))
reader.start()
time.sleep(0.5)
began = time.monotonic()
if (child := os.fork()) == 0:
    os._exit(0)
seconds = time.monotonic() - began
os.waitpid(child, 0)
waiting = reader.is_alive()
with open(fifo, "w") as file:
    file.write(content)
reader.join()
print(json.dumps({"seconds": seconds, "waiting": waiting, "tokens": len(told)}))
"""


def test_a_fork_does_not_wait_for_a_token_file(tmp_path: Path) -> None:
    variables = {
        "web-identity": "AWS_WEB_IDENTITY_TOKEN_FILE",
        "container-token-file": "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    }
    with emulator.Emulator() as served:
        for name, variable in variables.items():
            env = setups.make(served, name, tmp_path / name)["env"]
            content = Path(env[variable]).read_text()
            env[variable] = fifo = str(tmp_path / name / "fifo")
            os.mkfifo(fifo)
            done = run_python("-c", FORK, json.dumps([HOST, fifo, content]), **env)
            assert done.returncode == 0, done.stderr
            told = json.loads(done.stdout)
            assert told["waiting"]
            assert told["tokens"] == 1
            assert told["seconds"] < 5, told  # of the 10 that the reader waits
