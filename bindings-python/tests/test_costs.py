"""What a source may use: nothing at all, one file at a time, or what the network needs. Shown by a
process that is not allowed any more than that."""

import json
from pathlib import Path

import pytest

import emulator
import setups
from support import HOST, run_python

# With no room for the stack of a thread, no thread can be started.
UNDER_LIMITS = """
import json, os, resource, sys
import rdsiam
host, files, profile, threads = json.loads(sys.argv[1])
caches = [rdsiam.TokenCache(host, 5432, "app", profile=profile) for _ in range(2)]
rds = rdsiam.client("rds", region_name="us-east-1", profile_name=profile)
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
held = len(os.listdir("/proc/self/fd")) - 1
resource.setrlimit(resource.RLIMIT_NOFILE, (held + files, held + files))
if not threads:
    resource.setrlimit(resource.RLIMIT_AS, (size + (1 << 20), size + (1 << 20)))
try:
    tokens = [cache.get_token() for cache in caches]
    tokens.append(rds.generate_db_auth_token(host, 5432, "app"))
    told = {"keys": [rdsiam.explain(token).access_key_id for token in tokens]}
except rdsiam.RdsIamError as error:
    told = {"code": error.code, "message": str(error), "retryable": error.retryable}
print(json.dumps(told))
"""


def under_limits(
    files: int, env: dict[str, str], profile: str | None = None, threads: bool = True
) -> dict[str, str | list[str]]:
    done = run_python("-c", UNDER_LIMITS, json.dumps([HOST, files, profile, threads]), **env)
    assert done.returncode == 0, done.stderr
    told: dict[str, str | list[str]] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize(
    ("name", "files", "threads"),
    [
        # No descriptor, so no file, no socket and no runtime.
        ("environment", 0, False),
        # The files are read one after the other.
        ("profile-static", 1, True),
    ],
)
def test_immediate_credentials_need_no_more(
    name: str, files: int, threads: bool, tmp_path: Path
) -> None:
    with emulator.Emulator() as served:
        setup = setups.make(served, name, tmp_path)
        told = under_limits(files, setup["env"], setup["profile"], threads)
        assert told == {"keys": [setup["access_key_id"]] * 3}
        assert served.requests() == []


@pytest.mark.parametrize("name", ["container-token", "role-of-profile", "profile-process"])
def test_what_needs_more_says_so_where_it_may_not_have_it(name: str, tmp_path: Path) -> None:
    with emulator.Emulator() as served:
        setup = setups.make(served, name, tmp_path)
        # At each step that takes a descriptor: the runtime, the socket, the pipes of a process.
        for files in range(1, 64):
            told = under_limits(files, setup["env"], setup["profile"])
            if "keys" in told:
                break
            assert told["code"] == "ERR_RDSIAM_CREDENTIALS_PROVIDER", told
            assert told["retryable"], told
            assert "Too many open files" in told["message"]
        assert told["keys"] == [setup["access_key_id"]] * 3
        assert files > 3
        told = under_limits(64, setup["env"], setup["profile"], threads=False)
        assert (told["code"], told["retryable"]) == ("ERR_RDSIAM_CREDENTIALS_PROVIDER", True)
        assert "no thread" in told["message"]
