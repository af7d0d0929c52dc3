"""Tokens of programs in C and Rust log in by the client: there is no driver of either here."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
PREFIX = ROOT / "build/prefix"
V = {n.removeprefix("VALKEY_"): v for n, v in os.environ.items() if n.startswith("VALKEY_")}
CLIENT = V["CLIENT"]
KEYS = ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")


def c(folder):
    program = folder / "password"
    strict = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    where = [f"-I{PREFIX}/include", f"-L{PREFIX}/lib", f"-Wl,-rpath,{PREFIX}/lib", "-lrdsiam"]
    source = ROOT / "tests/valkey/password.c"
    subprocess.run(["cc", *strict, source, "-o", program, *where], check=True)
    return program


def rust(folder):
    command = ["cargo", "build", "-q", "--locked", "-p", "rdsiam", "--example", "password"]
    subprocess.run(command, cwd=ROOT, check=True)
    return TARGET / "debug/examples/password"


@pytest.mark.parametrize("build", [c, rust], ids=["C", "Rust"])
def test_a_token_logs_in(build, tmp_path):
    env = {
        "DB_KIND": "elasticache",
        "DB_HOST": V["NAME"],
        "DB_PORT": "6379",
        "DB_USER": V["USER"],
        "AWS_REGION": V["REGION"],
        "AWS_EC2_METADATA_DISABLED": "true",
        **{f"AWS_{name}": V[name] for name in KEYS},
    }
    made = subprocess.run([build(tmp_path)], env=env, capture_output=True, text=True, timeout=60)
    assert made.returncode == 0, made.stderr
    place = ["-h", V["HOST"], "-p", V["PORT"], "--tls", "--cacert", V["CA"], "--user", V["USER"]]
    token = made.stdout.strip()
    for password, is_right in ((token, True), (token[:-1], False)):
        told = subprocess.run(
            [CLIENT, *place, "ACL", "WHOAMI"],
            env={"REDISCLI_AUTH": password, "VALKEYCLI_AUTH": password},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (told.stdout.strip() == V["USER"]) == is_right, told.stderr
