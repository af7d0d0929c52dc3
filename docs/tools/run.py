#!/usr/bin/env python3
"""Runs the blocks of the pages that are marked with `<!-- run -->` against the stand-in.

    tests/standin/standin run -- .venv/bin/python docs/tools/run.py [PAGE...]

`<!-- run: mysql -->` runs against MariaDB, `<!-- run: dsql -->` against the name of an Aurora DSQL
cluster, as admin, `<!-- run: django -->` as the settings of Django. tests/valkey runs
`<!-- run: valkey -->`. The names that pages use are replaced by the stand-in's. Each program has to
exit with 0 and to print the name of its user. The commands of the AWS CLI on the pages have to be
taken by its parser, and the options of those of `rdsiam` have to be in its help.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from pages import ROOT, blocks, pages

STANDIN = {k[8:]: v for k, v in os.environ.items() if k.startswith("STANDIN_")}
OUT = ROOT / "build/docs/run"
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
PREFIX = ROOT / "build/prefix"
# What a page cannot show: SQLAlchemy finds its plugin by the metadata of an installed package.
PYTHON = """import sqlalchemy.dialects
sqlalchemy.dialects.plugins.register("rdsiam", "rdsiam.sqlalchemy", "Plugin")
"""
DJANGO = """
import django
from django.conf import settings
settings.configure(DATABASES=DATABASES, USE_TZ=True)
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT current_user")
    print(cursor.fetchone())
"""


def for_standin(block):
    """The code with the stand-in's names in place of the reader's."""
    mysql = block.detail == "mysql"
    port = STANDIN["MARIADB_PORT" if mysql else "PORT"]
    code = block.code.replace(
        "mydb.abc123.us-east-1.rds.amazonaws.com", STANDIN["MARIADB_HOST" if mysql else "HOST"]
    )
    code = re.sub(r"\b(3306|5432)\b", port, code)
    code = code.replace("global-bundle.pem", STANDIN["CA"])
    # In one pass, because the stand-in's database may have the name of the pages' user.
    names = {"shop": STANDIN["DB"], "app": STANDIN["USER"]}
    code = re.sub(
        r"(=|[\"']|/)(shop|app)(?=[\"'@ ?]|$)",
        lambda m: m[1] + names[m[2]],
        code,
        flags=re.MULTILINE,
    )
    if block.detail == "dsql":
        # A cluster has one database, of this name.
        code = code.replace('dbname="postgres"', f'dbname="{STANDIN["DB"]}"')
    if port not in code:
        # The helper would take the driver's usual port.
        before = {"python": f"port={port}, ", "js": f"port: {port}, ", "mjs": f"port: {port}, "}
        code = re.sub(r"(?<!\w)(host=|host: )", rf"{before[block.language]}\1", code)
        code = code.replace('"host": ', f'"port": {port}, "host": ')
    return code


def whole(code, language):
    """A program. A fragment is put into the frame of its language in frames/."""
    if language not in ("c", "go", "rust") or re.search(
        r"^(int|func|fn) main\(", code, re.MULTILINE
    ):
        return code
    frame = (Path(__file__).parent / "frames" / f"{language}.txt").read_text()
    includes = "".join(re.findall(r"^#include.*\n", code, re.MULTILINE))
    rest = re.sub(r"^#include.*\n", "", code, flags=re.MULTILINE)
    return frame.replace("INCLUDES\n", includes).replace("BLOCK\n", rest)


def environment(block):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PG"))}
    if block.detail == "dsql":
        # The authorities of the system, by which DSQL is verified.
        env["SSL_CERT_FILE"] = STANDIN["CA"]
    return env | {
        "AWS_ACCESS_KEY_ID": STANDIN["ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": STANDIN["SECRET_ACCESS_KEY"],
        "AWS_SESSION_TOKEN": STANDIN["SESSION_TOKEN"],
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "PYTHONPATH": str(ROOT / "bindings-python/python"),
        "LD_PRELOAD": STANDIN["NSS_WRAPPER"],
        "NSS_WRAPPER_HOSTS": STANDIN["HOSTS"],
        "LD_LIBRARY_PATH": str(PREFIX / "lib"),
        "GODEBUG": "netdns=cgo",
        "NODE_OPTIONS": f"--require={OUT}/dial.js",
    }


def called(command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def python(file, block):
    return [[sys.executable, file]]


def node(file, block):
    return [["node", file]]


def c(file, block):
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "rdsiam"],
        env={**os.environ, "PKG_CONFIG_PATH": str(PREFIX / "lib/pkgconfig")},
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    strict = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    return [["cc", *strict, file, "-o", file.with_suffix(""), *flags], [file.with_suffix("")]]


def rust(file, block):
    debug = TARGET / "debug"
    return [
        ["rustc", "--edition", "2024", "-D", "warnings", file, "-o", file.with_suffix(""),
         "--extern", f"rdsiam={debug / 'librdsiam.rlib'}", "-L", debug / "deps"],
        [file.with_suffix("")],
    ]  # fmt: skip


def go(file, block):
    """In a module of its own, with the locked dependencies of the consumers' test."""
    folder = file.with_suffix("")
    folder.mkdir()
    for name in ("go.mod", "go.sum"):
        text = (ROOT / "tests/consumer/go" / name).read_text()
        (folder / name).write_text(
            text.replace("/opt/rdsiam/share/rdsiam/go", str(ROOT / "examples/go/rdsiam"))
        )
    shutil.move(file, folder / "main.go")
    return [["go", "build", "-C", folder, "-mod=mod", "-o", "program", "."], [folder / "program"]]


LANGUAGES = {"python": python, "js": node, "mjs": node, "c": c, "rust": rust, "go": go}


def run(number, block):
    """What is wrong with the block, or None."""
    name = re.sub(r"\W+", "-", str(block.page.relative_to(ROOT).with_suffix("")))
    suffix = {"python": "py", "rust": "rs"}.get(block.language, block.language)
    file = OUT / f"{name}-{number}.{suffix}"
    code = whole(for_standin(block), block.language)
    if block.language == "python":
        code = PYTHON + code + (DJANGO if block.detail == "django" else "")
    file.write_text(code)
    env = environment(block)
    built = {**os.environ, "PKG_CONFIG_PATH": str(PREFIX / "lib/pkgconfig")}
    *before, program = LANGUAGES[block.language](file, block)
    for command in before:
        done = called(command, env=built)
        if done.returncode:
            return (done.stdout + done.stderr)[-900:]
    done = called(program, env=env, cwd=OUT, timeout=60)
    if done.returncode:
        return (done.stdout + done.stderr)[-900:]
    user = "admin" if block.detail == "dsql" else STANDIN["USER"]
    if user not in done.stdout:
        return f"prints nothing about {user}: {done.stdout}{done.stderr}"
    return None


def commands(program):
    """Those of a program on all pages, with lines that end in a backslash joined."""
    for page in pages():
        for block in blocks(page):
            if block.language == "sh":
                for line in block.code.replace("\\\n", " ").splitlines():
                    if line.strip().startswith(program + " "):
                        yield block, line.strip()


# Commands that only version 2 of the AWS CLI has, which no registry offers.
ONLY_IN_VERSION_2 = ("aws sso login",)


def check_aws():
    sys.path.insert(0, str(ROOT / "examples/setup"))
    import test as setup

    os.chdir(setup.HERE)
    setup.Commands.setUpClass()
    for block, line in commands("aws"):
        if line.startswith(ONLY_IN_VERSION_2):
            continue
        # The CLI takes nothing but an archive.
        with tempfile.NamedTemporaryFile(suffix=".zip") as function:
            zipfile.ZipFile(function, "w").close()
            line = line.replace("fileb://function.zip", f"fileb://{function.name}")
            code, out, err = setup.ran(shlex.split(line)[1:])
        if code != 0 or ("--query" in line and out.strip() in ("", "[]", "null", "None")):
            yield f"{block}: {line}: {err}"


def check_rdsiam():
    """Each option has to be one of the command's."""
    for block, line in commands("rdsiam"):
        words = shlex.split(line.split(" -- ")[0].split("|")[0])
        program = TARGET / "debug/rdsiam"
        told = called([program, words[1], "--help"])
        if told.returncode:
            yield f"{block}: no such command: {line}"
        known = set(re.findall(r"(?<!\w)(--?[a-zA-Z][\w-]*)", told.stdout))
        for word in words[2:]:
            if re.fullmatch(r"--?[a-zA-Z][\w-]*(=.*)?", word) and word.split("=")[0] not in known:
                yield f"{block}: no such option: {word} in {line}"


def main(only):
    shutil.rmtree(OUT, ignore_errors=True)
    (OUT / "node_modules").mkdir(parents=True)
    modules = ROOT / "bindings-node/node_modules"
    for module in modules.iterdir():
        if not module.name.startswith("."):
            (OUT / "node_modules" / module.name).symlink_to(module)
    (OUT / "node_modules/rdsiam").symlink_to(ROOT / "bindings-node")
    # The names of the stand-in have an IPv4 address alone.
    (OUT / "dial.js").write_text("require('node:net').setDefaultAutoSelectFamily?.(false);\n")
    marked = [
        block
        for page in pages()
        if not only or str(page.relative_to(ROOT)) in only
        for block in blocks(page)
        if block.mark == "run" and block.detail != "valkey"
    ]
    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(run, range(len(marked)), marked))
    told = zip(marked, results, strict=True)
    wrong = [f"{block}: {problem}" for block, problem in told if problem]
    if not only:
        wrong += [*check_rdsiam(), *check_aws()]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"{len(marked)} blocks run, {len(wrong)} problems")
    return bool(wrong) or not marked


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
