"""The commands of docs/cli.md and of the README, as they stand there, over the stand-ins."""

import re
import shlex

import pytest
from conftest import ROOT
from services import Services

HOST = "mydb.abc123.us-east-1.rds.amazonaws.com"


def commands():
    for name in ("README.md", "docs/cli.md"):
        for block in re.findall(r"```sh\n(.*?)```", (ROOT / name).read_text(), re.DOTALL):
            yield from (line for line in block.splitlines() if line.startswith("rdsiam "))


COMMANDS = list(dict.fromkeys(commands()))
# What a reader's machine has in its usual places, and what keeps a client from asking for more.
MORE = {
    "psql": ["-XAtc", "SELECT 'seen'"],
    "mysql": ["-NBe", "SELECT 'seen'"],
    "exec": [],
    "doctor": [],
}
WORDS = {
    "token": "Action=connect",
    "psql": "seen",
    "mysql": "seen",
    "exec": "",
    "doctor": "The login works.",
    "policy": "rds-db:connect",
    "sql": "GRANT rds_iam",
    "enable": "--enable-iam-database-authentication",
}


def here(line, standin, folder):
    """The command with the stand-in's names in place of the reader's."""
    words = shlex.split(line)[1:]
    kind = "MARIADB_" if words[0] == "mysql" else ""
    host, port = standin[f"STANDIN_{kind}HOST"], standin[f"STANDIN_{kind}PORT"]
    replaced = []
    for word in words:
        url = re.sub(rf"://app@{HOST}", f"://{standin['STANDIN_USER']}@{host}:{port}", word)
        replaced.append({HOST: host, "5432": port, "dump": str(folder / "dump")}.get(url, url))
    words = replaced
    if "-U" in words and words[0] not in ("policy", "sql"):
        words[words.index("-U") + 1] = standin["STANDIN_USER"]
    if words[0] in MORE:
        options = ["--ca", standin["STANDIN_CA"]]
        options += ["-p", port] if words[0] == "exec" else []
        words[1:1] = options
        words += MORE[words[0]]
    return words


def test_each_kind_of_command_is_there():
    assert {shlex.split(line)[1] for line in COMMANDS} == set(WORDS)


@pytest.mark.parametrize("line", COMMANDS)
def test_it_does_what_the_page_says(rdsiam, standin, line, tmp_path):
    with Services() as services:
        services.instance("mydb")
        env = {
            "AWS_ACCESS_KEY_ID": standin["STANDIN_ACCESS_KEY_ID"],
            "AWS_SECRET_ACCESS_KEY": standin["STANDIN_SECRET_ACCESS_KEY"],
            "AWS_SESSION_TOKEN": standin["STANDIN_SESSION_TOKEN"],
            "LD_PRELOAD": standin["STANDIN_NSS_WRAPPER"],
            "NSS_WRAPPER_HOSTS": standin["STANDIN_HOSTS"],
            **services.env,
        }
        done = rdsiam(*here(line, standin, tmp_path), env=env)
    assert done.returncode == 0, done.stderr
    assert WORDS[shlex.split(line)[1]] in done.stdout
