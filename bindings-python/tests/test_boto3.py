"""`patch_boto3`: clients of boto3 and aiobotocore sign here, and nobody can tell."""

import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from inputs import hosts, key_ids, ports, secrets, texts
from support import HOST, PYTHON_SOURCE, run_python

ROOT = Path(__file__).parents[2]
PEERS = ROOT / "build" / "peers"

KEYS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "SECRETKEYEXAMPLE"}

# Signs each case and prints the token, or the exception. Patched or not is the first argument.
BOTH = """
import datetime, json, sys, warnings
from unittest import mock
import boto3, botocore.auth
patched, cases = sys.argv[1] == "patched", json.load(open(sys.argv[2]))
boto3.setup_default_session()  # made before the patch, and yet
if patched:
    import rdsiam
    rdsiam.patch_boto3()
    rdsiam.patch_boto3()
warnings.simplefilter("ignore")
clock = datetime.datetime(2024, 6, 1, 12, 0, 1, tzinfo=datetime.timezone.utc)
told = []
for make, call in cases:
    try:
        client = boto3.client("rds", **make)
        assert (type(client).generate_db_auth_token.__module__ == "rdsiam._boto3") == patched
        with mock.patch("datetime.datetime") as stopped:
            stopped.now.return_value = clock
            stopped.utcnow.return_value = clock.replace(tzinfo=None)
            token = client.generate_db_auth_token(*call[0], **call[1])
        told.append(token)
    except Exception as error:
        told.append([type(error).__name__, str(error), [c.__name__ for c in type(error).__mro__]])
print(json.dumps(told))
"""


def both(cases: list[Any], tmp_path: Path, **env: str) -> tuple[list[Any], list[Any]]:
    file = tmp_path / "cases.json"
    file.write_text(json.dumps(cases))
    results = []
    for which in ("plain", "patched"):
        done = run_python("-c", BOTH, which, str(file), **env)
        assert done.returncode == 0, done.stderr
        results.append(json.loads(done.stdout))
    return results[0], results[1]


CASES = st.fixed_dictionaries(
    {
        "region_name": st.sampled_from(["us-east-1", "cn-north-1", "us-gov-west-1"]),
        "aws_access_key_id": key_ids,
        "aws_secret_access_key": secrets,
    },
    optional={"aws_session_token": secrets},
)
REGIONS = st.sampled_from([None, None, "eu-central-1", "xx-newland-9"])


# test_differential compares the bytes of many; here it is the patched client that signs.
@given(
    st.lists(st.tuples(CASES, st.tuples(hosts, ports, texts, REGIONS)), min_size=10, max_size=20)
)
@settings(max_examples=2, deadline=None, phases=[Phase.generate])
def test_any_input_gives_the_same_bytes(cases: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        calls = [[make, [arguments, {}]] for make, arguments in cases]
        plain, patched = both(calls, Path(folder))
    for (_, (host, *_rest)), theirs, ours in zip(cases, plain, patched, strict=True):
        assert ours == theirs[: len(host)].lower() + theirs[len(host) :]


HERE = {"region_name": "us-east-1", **KEYS}
NAMED = {"DBHostname": HOST, "Port": 5432, "DBUsername": "app"}
FAILURES = [
    ("no region", {**KEYS}, [[], NAMED], "NoRegionError"),
    ("no credentials", {"region_name": "us-east-1"}, [[], NAMED], "NoCredentialsError"),
    (
        "half a key",
        {"region_name": "us-east-1", "aws_access_key_id": "a"},
        [[], NAMED],
        "PartialCredentialsError",
    ),
    (
        "a region that is none",
        {**HERE, "region_name": "us east"},
        [[], NAMED],
        "InvalidRegionError",
    ),
    ("an argument is missing", HERE, [[HOST, 5432], {}], "TypeError"),
    ("an argument too many", HERE, [[HOST, 5432, "app", None, 1], {}], "TypeError"),
    ("a keyword that is none", HERE, [[], {**NAMED, "DBUser": "app"}], "TypeError"),
]


BAD_PORTS = [None, 1.5, -1, 70_000, "a"]
NONSENSE = [
    ["", 5432, "app", None],
    ["https://h", 5432, "app", None],
    [HOST, 0, "app", None],
    [HOST, 5432, "", None],
    [HOST, 5432, "app", ""],
]


def test_what_fails_fails_as_with_botocore(tmp_path: Path) -> None:
    """One process for all of them: loading botocore takes a while."""
    cases = [[make, call] for _, make, call, _ in FAILURES]
    cases += [[HERE, [[HOST, port, "app"], {}]] for port in BAD_PORTS]
    cases += [[HERE, [arguments, {}]] for arguments in NONSENSE]
    plain, patched = both(cases, tmp_path)
    results = list(zip(plain, patched, strict=True))

    for name, _, _, error in FAILURES:
        theirs, ours = results.pop(0)
        assert theirs[0] == error, name
        assert ours == theirs, name
    for port in BAD_PORTS:
        theirs, ours = results.pop(0)
        assert "ValueError" in theirs[2], port
        assert ours[0] == "InvalidArgumentError", port
        assert "ValueError" in ours[2]
    # botocore signs these.
    for arguments in NONSENSE:
        theirs, ours = results.pop(0)
        assert isinstance(theirs, str), arguments
        assert ours[0] == "InvalidArgumentError", arguments
    assert results == []


def test_an_empty_session_token_in_the_environment_is_none(tmp_path: Path) -> None:
    case = [[{"region_name": "us-east-1"}, [[], NAMED]]]
    env = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": ""}
    plain, patched = both(case, tmp_path, **env)
    assert patched == plain
    assert "Security-Token" not in plain[0]


MORE = """
import asyncio, datetime, sys, warnings
import boto3, botocore, botocore.config, botocore.session
import rdsiam
kept = boto3.client("rds", "us-east-1")
rdsiam.patch_boto3()
host = "mydb.abc123.us-east-1.rds.amazonaws.com"
arguments = dict(DBHostname=host, Port=5432, DBUsername="app")
# A client that is there already is left as it is.
assert "botocore" in type(kept).generate_db_auth_token.__module__
for session in (boto3.Session(), boto3.Session(botocore_session=botocore.session.Session())):
    ours = session.client("rds", "us-east-1")
    assert ours.generate_db_auth_token(**arguments).startswith(host)
    assert type(ours).generate_db_auth_token.__module__ == "rdsiam._boto3"
# A client that does not sign: botocore's own answer.
unsigned = botocore.config.Config(signature_version=botocore.UNSIGNED)
bare = boto3.client("rds", "us-east-1", config=unsigned)
assert bare.generate_db_auth_token(**arguments).startswith(host + ":5432/")
assert "Signature" not in bare.generate_db_auth_token(**arguments)
# Renewed by botocore, before each signature if need be.
calls = []
def refresh():
    calls.append(1)
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=300)
    keys = dict(access_key=f"AKID{len(calls)}", secret_key="b", token="t")
    return dict(keys, expiry_time=end.isoformat())
from botocore.credentials import RefreshableCredentials
core = botocore.session.Session()
core._credentials = RefreshableCredentials.create_from_metadata(refresh(), refresh, "test")
client = boto3.Session(botocore_session=core).client("rds", "us-east-1")
assert rdsiam.explain(client.generate_db_auth_token(**arguments)).access_key_id == "AKID2"
# What the refresh raises comes through.
core._credentials._refresh_using = lambda: 1 / 0
try:
    client.generate_db_auth_token(**arguments)
except ZeroDivisionError:
    print("fine")
"""


@pytest.mark.usefixtures("keys")
def test_sessions_and_credentials_of_each_kind() -> None:
    done = run_python("-W", "ignore", "-c", MORE)
    assert (done.returncode, done.stdout) == (0, "fine\n"), done.stderr


ASYNC = """
import asyncio, inspect, sys
import rdsiam
host = "mydb.abc123.us-east-1.rds.amazonaws.com"
if sys.argv[1] == "before":
    rdsiam.patch_boto3()
import aiobotocore.session
session = aiobotocore.session.get_session()
if sys.argv[1] == "after":
    rdsiam.patch_boto3()
async def main():
    async with session.create_client("rds", "us-east-1") as client:
        assert type(client).generate_db_auth_token.__module__ == "rdsiam._boto3"
        waiting = client.generate_db_auth_token(DBHostname=host, Port=5432, DBUsername="app")
        assert inspect.isawaitable(waiting)
        token = await waiting
        told = rdsiam.explain(token)
        assert (told.host, told.region, told.problems) == (host, "us-east-1", ()), told
        import botocore.session
        sync = botocore.session.get_session().create_client("rds", "us-east-1")
        assert isinstance(sync.generate_db_auth_token(host, 5432, "app"), str)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        import os; del os.environ[name]
    bare = aiobotocore.session.get_session()
    async with bare.create_client("rds", "us-east-1") as client:
        try:
            await client.generate_db_auth_token(host, 5432, "app")
        except Exception as error:
            print(type(error).__name__)
asyncio.run(main())
"""


ASYNC_MORE = """
import asyncio, datetime, sys
import rdsiam
if sys.argv[1] == "before":
    rdsiam.patch_boto3()
import aiobotocore.config, aiobotocore.credentials, aiobotocore.session, botocore
session = aiobotocore.session.get_session()
if sys.argv[1] == "after":
    rdsiam.patch_boto3()
host = "mydb.abc123.us-east-1.rds.amazonaws.com"
arguments = dict(DBHostname=host, Port=5432, DBUsername="app")
own = dict(
    aws_access_key_id="AKIDOWN", aws_secret_access_key="SECRETOWN", aws_session_token="t/+="
)
async def main():
    # Keys of the client's own go before those of the environment.
    async with session.create_client("rds", "us-east-1", **own) as client:
        token = await client.generate_db_auth_token(**arguments)
        assert rdsiam.explain(token).access_key_id == "AKIDOWN"
        assert "X-Amz-Security-Token=t%2F%2B%3D&" in token
        told = rdsiam.explain(await client.generate_db_auth_token(**arguments, Region="eu-west-1"))
        assert told.region == "eu-west-1"
        assert type(client).generate_db_auth_token.__module__ == "rdsiam._boto3"
    # A client that does not sign: aiobotocore's own answer, which is awaited.
    unsigned = aiobotocore.config.AioConfig(signature_version=botocore.UNSIGNED)
    async with session.create_client("rds", "us-east-1", config=unsigned) as client:
        bare = await client.generate_db_auth_token(**arguments)
        assert bare.startswith(host + ":5432/") and "Signature" not in bare, bare
    # Renewed by aiobotocore, and what the renewal raises comes through.
    calls = []
    async def refresh():
        calls.append(1)
        if len(calls) > 2:
            raise ZeroDivisionError
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=300)
        keys = dict(access_key=f"AKID{len(calls)}", secret_key="b", token="t")
        return dict(keys, expiry_time=end.isoformat())
    renewed = aiobotocore.session.get_session()
    kind = aiobotocore.credentials.AioRefreshableCredentials
    renewed._credentials = kind.create_from_metadata(await refresh(), refresh, "test")
    async with renewed.create_client("rds", "us-east-1") as client:
        token = await client.generate_db_auth_token(**arguments)
        assert rdsiam.explain(token).access_key_id == "AKID2"
        try:
            await client.generate_db_auth_token(**arguments)
        except ZeroDivisionError:
            print("fine")
asyncio.run(main())
"""


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("when", ["before", "after"])
def test_aiobotocore_with_credentials_of_each_kind(when: str) -> None:
    path = os.pathsep.join([str(PEERS / "aiobotocore"), str(PYTHON_SOURCE)])
    done = run_python("-W", "ignore", "-c", ASYNC_MORE, when, PYTHONPATH=path)
    assert (done.returncode, done.stdout) == (0, "fine\n"), done.stderr


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("when", ["before", "after"])
def test_aiobotocore_signs_here_too(when: str) -> None:
    # It needs a botocore of its own version, so it lies in a folder of its own.
    path = os.pathsep.join([str(PEERS / "aiobotocore"), str(PYTHON_SOURCE)])
    done = run_python("-W", "ignore", "-c", ASYNC, when, PYTHONPATH=path)
    assert (done.returncode, done.stdout) == (0, "NoCredentialsError\n"), done.stderr


def test_the_tests_of_botocore_pass(tmp_path: Path) -> None:
    """Its own, for this function, from its source distribution."""
    (archive,) = PEERS.glob("botocore-*.tar.gz")
    # The package under test is the installed one.
    tests = re.compile(r"botocore-[^/]+/tests/((unit|functional)/)?[^/]+\.(py|cfg|json)")
    with tarfile.open(archive) as opened:
        members = [member for member in opened if tests.fullmatch(member.name)]
        opened.extractall(tmp_path, members, filter="data")
    (source,) = tmp_path.glob("botocore-*")
    (source / "pytest.ini").write_text("[pytest]\n")
    plugin = source / "patched.py"
    plugin.write_text("import rdsiam\nrdsiam.patch_boto3()\n")
    wanted = [
        "tests/unit/test_signers.py::TestGenerateDBAuthToken",
        "tests/functional/test_rds.py::TestRDS",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "patched", "-p", "no:cacheprovider", *wanted],
        cwd=source,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(source), str(PYTHON_SOURCE)]),
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
