"""`rdsiam exec` with valkey-cli or redis-cli, against a server that verifies each AUTH."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "debug/rdsiam"
V = {
    name.removeprefix("VALKEY_"): v for name, v in os.environ.items() if name.startswith("VALKEY_")
}
CLIENT = V["CLIENT"]
LOGIN = ["-h", V["HOST"], "-p", V["PORT"], "-U", V["USER"], "--ca", V["CA"]]
CACHE = ["--elasticache", "--cache-name", V["NAME"]]
REGION = ["--region", V["REGION"]]


def run(*arguments, given="", **env):
    keys = {
        f"AWS_{name}": V[name] for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")
    }
    kept = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true"}
    return subprocess.run(
        [COMMAND, "exec", *arguments],
        env={**kept, **keys, **env},
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_client_logs_in_over_tls_as_the_user():
    done = run(*LOGIN, *CACHE, *REGION, "--", CLIENT, "ACL", "WHOAMI")
    assert (done.returncode, done.stdout) == (0, V["USER"] + "\n"), done.stderr


def test_the_region_comes_from_the_environment_and_names_are_in_lower_case():
    options = ["--elasticache", "--cache-name", V["NAME"].upper(), "-U", V["USER"].upper()]
    place = LOGIN[:4] + LOGIN[6:]
    done = run(*place, *options, "--", CLIENT, "ACL", "WHOAMI", AWS_REGION=V["REGION"])
    assert done.stdout == V["USER"] + "\n", done.stderr


KINDS = {
    "elasticache": ["--elasticache"],
    "elasticache-serverless": ["--elasticache", "--serverless"],
    "memorydb": ["--memorydb"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_of_a_kind_takes_the_tokens_for_that_kind_and_name_alone(kind):
    config = Path(V["CONFIG"])
    before = config.read_text()
    config.write_text(json.dumps({**json.loads(before), "kind": kind}))
    try:
        for other, options in KINDS.items():
            for name in (V["NAME"], "other"):
                login = [*LOGIN, *options, "--cache-name", name, *REGION]
                done = run(*login, "--", CLIENT, "PING")
                is_right = (other, name) == (kind, V["NAME"])
                assert (done.stdout == "PONG\n") == is_right, (other, name)
                assert ("WRONGPASS" in done.stdout + done.stderr) != is_right
    finally:
        config.write_text(before)


def test_a_certificate_of_an_unknown_authority_is_refused():
    other = ROOT / "tests/ca/other.pem"
    login = [other if word == V["CA"] else word for word in LOGIN]
    done = run(*login, *CACHE, *REGION, "--", CLIENT, "PING")
    assert done.returncode != 0
    assert "certificate verify failed" in done.stderr


def test_passwords_of_the_caller_are_replaced():
    foreign = {"REDISCLI_AUTH": "wrong", "VALKEYCLI_AUTH": "wrong"}
    done = run(*LOGIN, *CACHE, *REGION, "--", CLIENT, "PING", **foreign)
    assert done.stdout == "PONG\n", done.stderr


def test_another_program_finds_the_token_in_the_variable_that_is_named():
    script = 'printf %s "$TOKEN" | grep -o "^my-cache/?Action=connect"; echo "$*"'
    name = ["--password-env", "TOKEN"]
    done = run(*LOGIN, *CACHE, *REGION, *name, "--", "sh", "-c", script, "sh", "as", "given")
    assert done.stdout == "my-cache/?Action=connect\nas given\n", done.stderr


def test_no_token_is_among_the_arguments(tmp_path):
    program = tmp_path / "valkey-cli"
    program.write_text("#!/bin/sh\ntr '\\0' ' ' < /proc/$$/cmdline\n")
    program.chmod(0o755)
    done = run(*LOGIN, *CACHE, *REGION, "--", program, "PING")
    assert f"-h {V['HOST']} -p {V['PORT']} --user {V['USER']} --tls --cacert" in done.stdout
    assert "Signature" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ([*LOGIN, "--", CLIENT, "PING"], "--cache-name"),
        ([*LOGIN, "--elasticache", "--", CLIENT], "--cache-name"),
        ([*LOGIN, "--cache-name", "x", "--", CLIENT], "--elasticache"),
        (["-U", "app", *CACHE, "--", CLIENT], "--hostname"),
        (["-h", "x", *CACHE, "--", CLIENT], "--username"),
        ([*LOGIN, *CACHE, "-d", "0", "--", CLIENT], "--dbname"),
        ([*LOGIN, *CACHE, "--sign-host", "x", "--", CLIENT], "--sign-host"),
        ([*LOGIN, *CACHE, "--", CLIENT, "--insecure", "PING"], "--insecure"),
        ([*LOGIN, *CACHE, "--", CLIENT, "-h", "elsewhere.invalid"], "-h"),
        ([*LOGIN, *CACHE, "--", "redis-benchmark"], "--password-env"),
    ],
)
def test_a_wrong_option_is_an_error_that_names_it(arguments, word):
    done = run(*REGION, *arguments)
    assert done.returncode == 252, done.stderr
    assert word in done.stderr
