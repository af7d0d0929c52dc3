"""What is measured: the programs, what each is given, and the names of what it finds out."""

import json
import os
import random
import re
import string
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from places import BUILD, HERE, PREFIX, PYTHON, node_package, python_package

Found = Mapping[str, float | list[float]]

HOST = "mydb.abc123.us-east-1.rds.amazonaws.com"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLEEXAMPLE00", "AWS_SECRET_ACCESS_KEY": "s" * 40}
# As STS makes them: base64, of which each sign but the letters and digits is encoded in a token.
ALPHABET = string.ascii_letters + string.digits + "+/"
SESSION = "".join(random.Random(900).choices(ALPHABET, k=899)) + "="

# The two kinds of credentials, by the length of their session token.
PLAIN, LONG = "none", "900"


@dataclass(frozen=True)
class Program:
    """A command that finds out something; `name` stands before the names of what it prints."""

    name: str
    command: list[str]
    variants: tuple[str, ...] = (PLAIN, LONG)
    environment: Mapping[str, str] = field(default_factory=dict)
    # From what it printed, and the nanoseconds from its start to its end.
    read: Callable[[str, int], Found] = lambda printed, took: json.loads(printed)
    # Credentials from the loopback endpoint in place of the environment.
    fetches: bool = False
    # In the first round only.
    once: bool = False


def environment(variant: str, program: Program, endpoint: str) -> dict[str, str]:
    """Nothing of the caller's but the way to the programs and the home."""
    given = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    given |= {"BENCH_HOST": HOST, "AWS_EC2_METADATA_DISABLED": "true", "GOMAXPROCS": "2"}
    # No file of this machine's takes part.
    given |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    if program.fetches:
        given |= {"AWS_CONTAINER_CREDENTIALS_FULL_URI": endpoint}
    else:
        given |= KEYS
    if variant == LONG:
        given |= {"BENCH_SESSION": SESSION}
        given |= {} if program.fetches else {"AWS_SESSION_TOKEN": SESSION}
    return {**given, **program.environment}


def start(program: Program, variant: str, endpoint: str) -> Found:
    """Starts it once and waits for its end."""
    env = environment(variant, program, endpoint)
    out, into = os.pipe()
    actions = [(os.POSIX_SPAWN_DUP2, into, 1), (os.POSIX_SPAWN_CLOSE, out)]
    started = time.perf_counter_ns()
    # The shortest way into a process that Python has.
    process = os.posix_spawn(program.command[0], program.command, env, file_actions=actions)
    os.close(into)
    with open(out, "rb") as printed:
        text = printed.read().decode()
    _, status = os.waitpid(process, 0)
    took = time.perf_counter_ns() - started
    if status != 0:
        raise SystemExit(f"{program.name} ended with {status}: {' '.join(program.command)}")
    return program.read(text, took)


def lifetime(printed: str, took: int) -> Found:
    """Of a program that prints a token: the time from its start to its end."""
    if not printed.startswith(f"{HOST}:5432/?") or "X-Amz-Signature=" not in printed:
        raise SystemExit("a command printed no token")
    return {"whole": took}


def python(program: str, who: str, package: str, name: str, **more: object) -> Program:
    path = os.pathsep.join(
        [str(HERE / "python"), *(str(python_package(p)) for p in package.split())]
    )
    return Program(
        name,
        [str(PYTHON), str(HERE / f"python/{program}.py"), who],
        environment={"PYTHONPATH": path, "AWS_DEFAULT_REGION": "us-east-1"},
        **more,  # type: ignore[arg-type]
    )


def node(program: str, who: str, name: str, **more: object) -> Program:
    modules = {"RDSIAM": node_module("rdsiam"), "PEER": node_module("@aws-sdk/rds-signer")}
    return Program(
        name,
        [executable("node"), str(HERE / f"node/{program}.cjs"), who],
        environment=modules,
        **more,  # type: ignore[arg-type]
    )


def node_module(name: str) -> str:
    return str(node_package(name.split("/")[-1]) / "node_modules" / name)


def executable(name: str) -> str:
    done = subprocess.run(["which", name], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def go_benchmarks(printed: str, _took: int) -> Found:
    lines = re.findall(r"^BenchmarkToken/(\S+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op", printed, re.M)
    if len(lines) != 6:
        raise SystemExit("Go's benchmarks printed something else")
    return {
        f"{name.replace('/session', '/900').replace('/plain', '/none')}": float(ns)
        for name, ns in lines
    }


COLD_PYTHON = [
    python("cold", "bare", "", "python/cold/bare"),
    python("cold", "rdsiam", "rdsiam", "python/cold/rdsiam"),
    python("cold", "rdsiam_cache", "rdsiam", "python/cold/rdsiam TokenCache"),
    python("cold", "boto3", "boto3", "python/cold/boto3"),
    python("cold", "botocore", "botocore", "python/cold/botocore"),
    python(
        "cold", "wrapper", "aws-advanced-python-wrapper", "python/cold/aws-advanced-python-wrapper"
    ),
    python("cold", "awscrt", "awscrt", "python/cold/awscrt"),
    python("cold", "stdlib", "", "python/cold/by hand, hashlib"),
]
FETCHED = [
    python("cold", "rdsiam", "rdsiam", "python/fetched/rdsiam", variants=(LONG,), fetches=True),
    python("cold", "boto3", "boto3", "python/fetched/boto3", variants=(LONG,), fetches=True),
    node("cold", node_module("rdsiam"), "node/fetched/rdsiam", variants=(LONG,), fetches=True),
    node(
        "cold",
        node_module("@aws-sdk/rds-signer"),
        "node/fetched/rds-signer",
        variants=(LONG,),
        fetches=True,
    ),
]
COLD_NODE = [
    node("cold", "bare", "node/cold/bare"),
    node("cold", node_module("rdsiam"), "node/cold/rdsiam"),
    node("cold", node_module("@aws-sdk/rds-signer"), "node/cold/rds-signer"),
    node("cold", str(node_package("bundle") / "rds-signer.js"), "node/cold/rds-signer, bundled"),
]
COMMANDS = [
    Program("command/C program", [str(BUILD / "c/token")], read=lifetime),
    Program("command/C program, static", [str(BUILD / "c/token-static")], read=lifetime),
    Program(
        "command/awscli",
        [
            *(str(PYTHON), str(python_package("awscli") / "bin/aws")),
            *("rds", "generate-db-auth-token", "--hostname", HOST, "--port", "5432"),
            *("--username", "app", "--region", "us-east-1"),
        ],
        environment={"PYTHONPATH": str(python_package("awscli"))},
        read=lifetime,
    ),
]
SIGN_PYTHON = [
    python("steady", "sign_rdsiam", "rdsiam", "python/sign/rdsiam"),
    python("steady", "sign_boto3", "boto3", "python/sign/boto3"),
    python("steady", "sign_botocore", "botocore", "python/sign/botocore, signer alone"),
    python("steady", "sign_awscrt", "awscrt", "python/sign/awscrt"),
    python("steady", "sign_stdlib", "", "python/sign/by hand, hashlib"),
]
HIT_PYTHON = [
    python("steady", "hit_rdsiam", "rdsiam", "python/hit/rdsiam"),
    python("steady", "hit_article", "rdsiam", "python/hit/article's class"),
    python("steady", "hit_datetime", "rdsiam", "python/hit/article's class, datetime"),
]
SIGN_NODE = [
    node("steady", "sign_rdsiam", "node/sign/rdsiam"),
    node("steady", "sign_peer", "node/sign/rds-signer"),
    node("steady", "sign_crypto", "node/sign/by hand, node:crypto"),
]
HIT_NODE = [
    node("steady", "hit_rdsiam", "node/hit/rdsiam"),
    node("steady", "hit_rdsiam_promise", "node/hit/rdsiam, getToken()"),
    node("steady", "hit_handwritten", "node/hit/by hand"),
]
RUST = [Program("rust", [str(BUILD / "rust/release/rdsiam-bench"), "steady"])]
# Before and after a thousand threads, which in Node are as many workers: in the first round only.
THREADS = [
    Program("rust/threads", [str(BUILD / "rust/release/rdsiam-bench"), "threads"], once=True),
    python("threads", "rdsiam", "rdsiam", "python/threads", once=True),
    node("threads", "1000", "node/threads", variants=(PLAIN,), once=True),
]
C = [Program("c", [str(BUILD / "c/steady")])]
GO = [
    Program(
        "go",
        [str(BUILD / "token.test"), "-test.run=^$", "-test.bench=Token", "-test.benchtime=20ms"],
        variants=(PLAIN,),
        environment={"LD_LIBRARY_PATH": str(PREFIX / "lib")},
        read=go_benchmarks,
    )
]


def keys(count: int) -> Program:
    """So many keys, in the first round only: a million are their own interleaved run."""
    command = [str(BUILD / "rust/release/rdsiam-bench"), "keys", str(count)]
    return Program("keys", command, once=True)


PROGRAMS = [
    *COLD_PYTHON,
    *FETCHED,
    *COLD_NODE,
    *COMMANDS,
    *SIGN_PYTHON,
    *HIT_PYTHON,
    *SIGN_NODE,
    *HIT_NODE,
    *RUST,
    *THREADS,
    *C,
    *GO,
]
