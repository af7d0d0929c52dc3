"""`rdsiam token` beside the AWS CLI: the same output, and the exit codes of its version 2."""

import json
import os
import shlex
import signal
import socket
import stat
import subprocess
import threading
import time
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from conftest import BIN, COMMAND, HOST, KEYS

import setups
from emulator import Emulator

REGION = {"AWS_DEFAULT_REGION": "us-east-1"}
HERE = {**KEYS, **REGION}
SESSION = "FwoGZXIvYXdzEJr+/=" * 40


def options(host=HOST, port="5432", user="app"):
    return ["--hostname", host, "--port", port, "--username", user]


def date(token):
    return parse_qs(token.partition("?")[2])["X-Amz-Date"][0]


def both(rdsiam, arguments, env):
    """What the AWS CLI printed, and what we did in the same second."""
    ours, done = [], threading.Event()

    def sample():
        while not done.is_set():
            ours.append(rdsiam("rds", "generate-db-auth-token", *arguments, env=env))
            time.sleep(0.1)

    sampling = threading.Thread(target=sample)
    sampling.start()
    try:
        theirs = rdsiam("rds", "generate-db-auth-token", *arguments, env=env, program=BIN / "aws")
    finally:
        done.set()
        sampling.join()
    return theirs, ours


VALID = {
    "plain": (options(), HERE),
    "a session token": (options(), {**HERE, "AWS_SESSION_TOKEN": SESSION}),
    "an empty session token": (options(), {**HERE, "AWS_SESSION_TOKEN": ""}),
    "a user to be encoded": (options(user="a b@ex+am/ple.com é~"), HERE),
    "port 443": (options(port="443"), HERE),
    "another port": (options(port="3306"), HERE),
    "a name of one's own": (options(host="db.example.com"), HERE),
    "a region option": ([*options(host="db.example.com"), "--region", "eu-west-1"], HERE),
    "China": (
        options(host="db.abc.rds.cn-north-1.amazonaws.com.cn"),
        {**KEYS, "AWS_DEFAULT_REGION": "cn-north-1"},
    ),
    "output is ignored": ([*options(), "--output", "json"], HERE),
    "another order, with equals signs": (
        ["--username=app", "--port=5432", f"--hostname={HOST}", "--no-cli-pager"][:3],
        HERE,
    ),
}


@pytest.mark.parametrize("name", VALID)
def test_the_text_is_that_of_the_aws_cli(rdsiam, name):
    arguments, env = VALID[name]
    theirs, ours = both(rdsiam, arguments, env)
    assert theirs.returncode == 0, theirs.stderr
    assert {one.returncode for one in ours} == {0}
    same = [one for one in ours if date(one.stdout) == date(theirs.stdout)]
    assert same
    assert {one.stdout for one in same} == {theirs.stdout}
    assert {one.stderr for one in ours} == {""}


def test_profiles_are_those_of_the_aws_cli(rdsiam):
    (rdsiam.home / "config").write_text(
        "[profile work]\nregion = eu-central-1\naws_access_key_id = AKIDWORK\n"
        "aws_secret_access_key = WORKSECRET\n"
    )
    theirs, ours = both(rdsiam, [*options(host="db.example.com"), "--profile", "work"], HERE)
    assert theirs.returncode == 0, theirs.stderr
    same = [one.stdout for one in ours if date(one.stdout) == date(theirs.stdout)]
    assert set(same) == {theirs.stdout}
    assert "AKIDWORK" in theirs.stdout


# Arguments, variables, the code of version 1, which is run here, the code of version 2, and a word.
FAILURES = {
    "no host": (options()[2:], HERE, 2, 252, "--hostname"),
    "no port": (options()[:2] + options()[4:], HERE, 2, 252, "--port"),
    "no user": (options()[:4], HERE, 2, 252, "--username"),
    "a word for a port": (options(port="abc"), HERE, 255, 252, "abc"),
    "an unknown option": ([*options(), "--what"], HERE, 255, 252, "--what"),
    "no region": (options(host="db.example.com"), KEYS, 255, 253, "region"),
    "no credentials": (options(), REGION, 255, 253, "credentials"),
    "half a key": (
        options(),
        {**REGION, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE"},
        255,
        253,
        "AWS_SECRET_ACCESS_KEY",
    ),
    "a profile that is not there": ([*options(), "--profile", "none"], HERE, 255, 253, "none"),
    "a region that is none": (
        [*options(host="db.example.com"), "--region", "us east"],
        HERE,
        255,
        252,
        "region",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_what_fails_with_the_aws_cli_fails_by_the_codes_of_its_version_2(rdsiam, name):
    arguments, env, code_v1, code, word = FAILURES[name]
    theirs = rdsiam("rds", "generate-db-auth-token", *arguments, env=env, program=BIN / "aws")
    ours = rdsiam("rds", "generate-db-auth-token", *arguments, env=env)
    assert (theirs.returncode, theirs.stdout) == (code_v1, "")
    assert (ours.returncode, ours.stdout) == (code, ""), ours.stderr
    assert word in ours.stderr
    assert "SECRETKEYEXAMPLE" not in ours.stderr


@pytest.mark.parametrize("bad", ["0", "70000", "-1", "5432.0", ""])
def test_a_port_that_is_none_is_a_bad_value(rdsiam, bad):
    done = rdsiam("token", "-h", HOST, f"--port={bad}", "-U", "app")
    assert (done.returncode, done.stdout) == (252, "")


@pytest.mark.parametrize("bad", ["", "https://db.example.com", "a b", "db:5432", "a/b", "dé"])
def test_a_host_that_is_none_is_a_bad_value(rdsiam, bad):
    done = rdsiam("token", f"--hostname={bad}", "--port", "5432", "-U", "app")
    assert (done.returncode, done.stdout) == (252, "")


def test_short_options_are_those_of_psql(rdsiam):
    done = rdsiam("token", "-h", HOST, "-p", "5432", "-U", "app")
    assert done.returncode == 0
    assert done.stdout.startswith(f"{HOST}:5432/?Action=connect&DBUser=app&")


def test_a_region_against_the_host_is_obeyed_with_a_warning(rdsiam):
    done = rdsiam("token", *options(), "--region", "eu-west-1")
    assert done.returncode == 0
    assert "%2Feu-west-1%2F" in done.stdout
    assert done.stderr.count("warning") == 1
    assert "us-east-1" in done.stderr


def test_formats(rdsiam):
    def text(name, *more, user="a'b:c", port="5432"):
        done = rdsiam("token", *options(user=user, port=port), "--format", name, *more)
        assert done.returncode == 0, done.stderr
        return done.stdout[:-1]

    plain = text("token")
    told = json.loads(text("json"))
    assert (told["host"], told["port"], told["user"], told["region"]) == (
        HOST,
        5432,
        "a'b:c",
        "us-east-1",
    )
    assert told["token"].startswith(plain.partition("X-Amz-Date")[0])
    assert told["expires_at"].endswith("Z")
    url = urlsplit(text("url", "-d", "my db"))
    assert (url.scheme, unquote(url.username), url.hostname, url.port, url.path, url.query) == (
        "postgresql",
        "a'b:c",
        HOST,
        5432,
        "/my%20db",
        "sslmode=verify-full",
    )
    assert unquote(url.password).startswith(f"{HOST}:5432/?Action=connect")
    assert text("url", port="3306").startswith("mysql://")
    line = text("pgpass")
    assert line.startswith(f"{HOST}:5432:*:a'b\\:c:{HOST}\\:5432/?Action")
    script = (
        text("env") + '\nprintf "%s\\n" "$PGHOST" "$PGPORT" "$PGUSER" "$PGSSLMODE" "$PGPASSWORD"'
    )
    shown = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    lines = shown.stdout.splitlines()
    assert lines[:4] == [HOST, "5432", "a'b:c", "verify-full"]
    assert lines[4].startswith(HOST)
    assert shlex.split(text("env", port="3306"))[1].startswith(f"MYSQL_PWD={HOST}:3306/?")


@pytest.fixture
def roles(tmp_path):
    with Emulator() as emulator:
        yield emulator, setups.make(emulator, "role-of-profile", tmp_path / "role")


def test_the_cache_is_made_only_when_asked_for_and_is_private(rdsiam, roles):
    emulator, setup = roles
    folder = rdsiam.home / "cache" / "rdsiam"
    env = {**setup["env"], "AWS_PROFILE": "app", "RDSIAM_CACHE_DIR": str(folder)}

    def call(*more, **changed):
        done = rdsiam("token", *options(), *more, env={**env, **changed})
        assert done.returncode == 0, done.stderr
        assert setup["access_key_id"] in done.stdout
        return len(emulator.requests("assume-role"))

    assert [call(), call()] == [1, 2]
    assert not folder.exists()
    assert [call("--cache"), call("--cache"), call("--cache")] == [3, 3, 3]
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert set(json.loads(file.read_text())["Credentials"]) == {
        "AccessKeyId",
        "SecretAccessKey",
        "SessionToken",
        "Expiration",
    }
    # Other settings, a file that others may read, and one that is broken are not used.
    assert call("--cache", AWS_REGION="eu-west-1") == 4
    file.chmod(0o644)
    assert call("--cache") == 5
    file.chmod(0o600)
    file.write_text("{")
    assert call("--cache") == 6
    assert call("--cache") == 6
    with open(env["AWS_CONFIG_FILE"], "a") as config:
        config.write("# changed\n")
    assert call("--cache") == 7


def test_credentials_that_expire_soon_are_not_taken_from_the_cache(rdsiam, tmp_path):
    with Emulator(seconds=600) as emulator:
        setup = setups.make(emulator, "role-of-profile", tmp_path / "role")
        env = {**setup["env"], "RDSIAM_CACHE_DIR": str(tmp_path / "cache")}
        asked = []
        for _ in range(2):
            assert rdsiam("token", *options(), "--cache", env=env).returncode == 0
            asked.append(len(emulator.requests("assume-role")))
        assert asked[1] == 2 * asked[0] > 0


def test_keys_of_the_environment_are_never_cached(rdsiam):
    env = {**KEYS, "RDSIAM_CACHE_DIR": str(rdsiam.home / "cache")}
    assert rdsiam("token", *options(), "--cache", env=env).returncode == 0
    assert not (rdsiam.home / "cache").exists()


def test_a_source_that_fails_has_a_code_of_its_own(rdsiam, roles):
    emulator, setup = roles
    emulator.mode("assume-role", "status:403")
    done = rdsiam("token", *options(), env=setup["env"])
    assert (done.returncode, done.stdout) == (254, "")


def test_an_interrupt_has_the_code_of_the_aws_cli(rdsiam):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        env = {**rdsiam.env, "AWS_CONTAINER_CREDENTIALS_FULL_URI": url}
        child = subprocess.Popen([COMMAND, "token", *options()], env=env, stdout=subprocess.PIPE)
        connection, _ = silent.accept()
        child.send_signal(signal.SIGINT)
        assert child.communicate(timeout=10)[0] == b""
        connection.close()
        assert child.returncode == 130


def test_a_reader_that_is_gone_is_no_crash(rdsiam):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [COMMAND, "token", *options()],
        env={**rdsiam.env, **KEYS},
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(write)
    assert done.returncode == 255
    assert "standard output" in done.stderr
    assert "panicked" not in done.stderr


def test_explain_reads_what_token_prints(rdsiam):
    token = rdsiam("token", *options(), env={**KEYS, "AWS_SESSION_TOKEN": SESSION}).stdout
    told = json.loads(rdsiam("explain", "--json", given=token).stdout)
    assert (told["host"], told["port"], told["user"], told["problems"]) == (HOST, 5432, "app", [])
    for arguments, given in ((["explain", "-"], token), (["explain", token.strip()], "")):
        done = rdsiam(*arguments, given=given)
        assert done.returncode == 0
        assert "AKIDEXAMPLE (temporary)" in done.stdout
        assert "FwoGZ" not in done.stdout
        assert "Signature" not in done.stdout
    bad = rdsiam("explain", given=token.replace("/?", "?"))
    assert bad.returncode == 1
    assert "'/'" in bad.stdout


DSQL = "abcdefghijklmnopqrstuvwxyz.dsql.us-east-1.on.aws"


# Version 1 of the AWS CLI has the signer of these commands of version 2, and not the commands.
SIGNER = """
import sys
from awscli.botocore.session import get_session
sign = getattr(get_session().create_client("dsql"), sys.argv[1].replace("-", "_"))
print(sign(sys.argv[2], ExpiresIn=int(sys.argv[3])))
"""


@pytest.mark.parametrize("life", ["900", "604800"])
@pytest.mark.parametrize(
    "name", ["generate-db-connect-auth-token", "generate-db-connect-admin-auth-token"]
)
def test_the_commands_of_dsql_print_what_the_aws_cli_signs(rdsiam, name, life):
    arguments = ["dsql", name, "--hostname", DSQL]
    arguments += [] if life == "900" else ["--expires-in", life]
    env, ours, done = {**HERE, "AWS_SESSION_TOKEN": SESSION}, [], threading.Event()

    def sample():
        while not done.is_set():
            ours.append(rdsiam(*arguments, env=env).stdout)
            time.sleep(0.1)

    sampling = threading.Thread(target=sample)
    sampling.start()
    try:
        theirs = rdsiam("-c", SIGNER, name, DSQL, life, env=env, program=BIN / "python")
    finally:
        done.set()
        sampling.join()
    assert theirs.returncode == 0, theirs.stderr
    assert theirs.stdout in ours


@pytest.mark.parametrize(
    ("arguments", "beginning", "kind"),
    [
        (["--dsql", "-h", DSQL, "-U", "admin"], DSQL + "/?Action=DbConnectAdmin&X", "dsql-admin"),
        (["--dsql", "-h", DSQL, "-U", "app"], DSQL + "/?Action=DbConnect&X", "dsql"),
        (["-h", DSQL, "-U", "app", "-p", "5432"], DSQL + "/?Action=DbConnect&X", "dsql"),
        (["--dsql-admin", "-h", "localhost"], "localhost/?Action=DbConnectAdmin&X", "dsql-admin"),
        (
            ["--elasticache", "-h", "My-Cache", "-U", "App"],
            "my-cache/?Action=connect&User=app&X",
            "elasticache",
        ),
        (
            ["--elasticache", "--serverless", "-h", "my-cache", "-U", "app"],
            "my-cache/?Action=connect&ResourceType=ServerlessCache&User=app&X",
            "elasticache-serverless",
        ),
        (["--kind=memorydb", "-h", "c", "-U", "app"], "c/?Action=connect&User=app&X", "memorydb"),
        (["--memorydb", "-h", "c", "-U", "app"], "c/?Action=connect&User=app&X", "memorydb"),
    ],
)
def test_each_kind_has_its_token(rdsiam, arguments, beginning, kind):
    done = rdsiam("token", *arguments, "--region", "us-east-1", "--format", "json", env=HERE)
    told = json.loads(done.stdout)
    assert told["token"].startswith(beginning), told["token"][:80]
    assert told["kind"] == kind


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["-h", "h", "-U", "app"], "--port"),
        (["--elasticache", "-h", "h"], "--username"),
        (["--elasticache", "-h", "a.b", "-U", "app"], "endpoint"),
        (["--serverless", "-h", "h", "-U", "app"], "--elasticache"),
        (["--dsql", "--memorydb", "-h", "h", "-U", "app"], "cannot be used"),
        (["--kind=redis", "-h", "h", "-U", "app"], "kind is unknown"),
        (["-h", "h", "-p", "1", "-U", "app", "--expires-in", "901"], "expires is 901"),
        (["--dsql", "-h", DSQL, "--expires-in", "604801"], "expires is 604801"),
        (["--memorydb", "-h", "h", "-U", "app", "--format", "url"], "token or json"),
    ],
)
def test_what_does_not_fit_a_kind_is_a_wrong_option(rdsiam, arguments, word):
    done = rdsiam("token", *arguments, "--region", "us-east-1", env=HERE)
    assert done.returncode == 252
    assert word in done.stderr
