"""`rdsiam doctor`: each step failing in each way, and the right cause named first."""

import contextlib
import json
import re
import time
from pathlib import Path

import commands
import doctor_broken
import mariadb
import postgres
import pytest
import servers
from conftest import ROOT
from doctor_broken import BROKEN
from doctor_scene import ALLOWED, ROLE, Scene
from services import ACCOUNT, Services

# What each cause is called, and the status for it: part of the interface.
STATUSES = {
    "name-not-found": 20,
    "name-is-not-rds": 21,
    "region-mismatch": 22,
    "region-missing": 23,
    "connection-refused": 30,
    "connection-timeout": 31,
    "unreachable": 32,
    "tls-not-offered": 40,
    "other-protocol": 41,
    "tls-failed": 42,
    "certificate-unknown": 43,
    "certificate-wrong-name": 44,
    "certificate-expired": 45,
    "certificate-not-yet-valid": 46,
    "ca-missing": 47,
    "clock-wrong": 50,
    "credentials-missing": 60,
    "credentials-expired": 61,
    "credentials-source-failed": 62,
    "credentials-rejected": 63,
    "credentials-incomplete": 64,
    "iam-off": 70,
    "iam-pending": 71,
    "proxy-iam-off": 74,
    "policy-missing": 80,
    "policy-denied": 81,
    "policy-bounded": 82,
    "user-asks-for-password": 90,
    "user-missing": 91,
    "user-may-not-log-in": 92,
    "database-missing": 93,
    "database-not-allowed": 94,
    "host-not-allowed": 95,
    "too-many-connections": 96,
    "server-not-ready": 97,
    "token-refused": 98,
    "proxy-refused": 99,
    "server-refused": 100,
}


@pytest.fixture
def scene(rdsiam, standin, tmp_path):
    with Services() as services, contextlib.ExitStack() as stack:
        yield Scene(rdsiam, standin, services, tmp_path, stack)


@pytest.fixture(scope="module", autouse=True)
def users(standin):
    """Users that cannot log in, each in its own way."""

    folder = Path(standin["STANDIN_DIR"])
    mysql = mariadb.MariaDB.found_in(folder)
    pg = postgres.Postgres.found_in(folder)
    where = ["-h", folder / "run", "-p", standin["STANDIN_PORT"], "-U", "postgres", "-d", "app"]

    def in_postgres(script):
        for line in script.strip().splitlines():
            pg.call("psql", "-X", "-q", *where, "-c", line.strip())

    def in_mariadb(script):
        admin = [f"--socket={mysql.socket}", f"--user={mysql.account.pw_name}"]
        command = ["mariadb", "--no-defaults", *admin, "-e", script]
        commands.call(command, mysql.account, cwd=folder)

    in_postgres("""
        CREATE ROLE plain LOGIN PASSWORD 'x'
        CREATE ROLE no_login NOLOGIN IN ROLE rds_iam
        CREATE ROLE limited LOGIN IN ROLE rds_iam CONNECTION LIMIT 0
        CREATE DATABASE closed
        REVOKE CONNECT ON DATABASE closed FROM PUBLIC
    """)
    iam = "IDENTIFIED VIA pam USING 'rds-iam-mariadb' REQUIRE SSL"
    in_mariadb(
        "CREATE USER plain@'%' IDENTIFIED BY 'x' REQUIRE SSL;"
        f"CREATE USER locked@'%' {iam} ACCOUNT LOCK;"
        f"CREATE USER all_rights@'%' {iam}; GRANT ALL ON *.* TO all_rights@'%';"
    )
    yield
    in_postgres("""
        DROP DATABASE closed
        DROP ROLE plain
        DROP ROLE no_login
        DROP ROLE limited
    """)
    in_mariadb("DROP USER plain@'%', locked@'%', all_rights@'%'")


def secrets(scene):
    found = [scene.env.get("AWS_SESSION_TOKEN"), scene.standin["STANDIN_SECRET_ACCESS_KEY"]]
    return [*filter(None, found), "X-Amz-", "OLDSECRET", "OLDSESSION"]


@pytest.mark.parametrize("name", BROKEN)
def test_the_right_cause_is_named_first(scene, name):
    cause, word, function = BROKEN[name]
    function(scene)
    status, told = scene.examine()
    assert told["cause"] == cause, json.dumps(told, indent=1)
    assert status == told["exit_status"] == STATUSES[cause]
    assert told["verdict"] == "failed"
    assert word in json.dumps(told)
    assert told["remedy"]
    for secret in secrets(scene):
        assert secret not in json.dumps(told)


def test_an_unknown_user_of_mariadb_may_look_like_any_other(scene):
    """The server asks for the password of a plugin that it chooses by the name."""
    scene.mariadb()
    causes = set()
    for number in range(12):
        scene.user = f"nobody_{number}"
        status, told = scene.examine()
        assert status == STATUSES[told["cause"]]
        assert "not there" in told["remedy"]
        causes.add(told["cause"])
    assert causes <= {"user-asks-for-password", "token-refused"}


def test_the_page_has_each_status():
    text = (ROOT / "docs/cli.md").read_text()
    rows = re.findall(r"^\| (\d+) \| `([a-z-]+)` \|", text, re.MULTILINE)
    assert {cause: int(status) for status, cause in rows} == STATUSES


def test_there_are_enough_of_them():
    assert len(BROKEN) > 50
    assert {cause for cause, _, _ in BROKEN.values()} == set(STATUSES)
    assert len(set(STATUSES.values())) == len(STATUSES)


@pytest.mark.parametrize("engine", ["postgres", "mysql"])
def test_a_login_that_works(scene, engine):
    if engine == "mysql":
        scene.mariadb()
    status, told = scene.examine()
    assert (status, told["verdict"], told["cause"]) == (0, "logged-in", None)
    steps = {one["step"]: one["verdict"] for one in told["steps"]}
    assert steps == dict.fromkeys(
        [
            "name",
            "region",
            "tcp",
            "tls",
            "credentials",
            "clock",
            "identity",
            "database",
            "policy",
            "login",
            "connections",
        ],
        "ok",
    )
    assert scene.services.simulated == [
        (scene.services.caller, ALLOWED + scene.user),
    ]


def test_text_for_a_ticket_begins_with_the_cause_and_has_no_secret(scene):
    scene.services.decision = "implicitDeny"
    scene.env["AWS_SECRET_ACCESS_KEY"] = "refused"
    done = scene.run()
    lines = done.stdout.splitlines()
    assert lines[0] == "Cause: no policy allows the identity rds-db:connect."
    assert lines[1].startswith("Remedy: attach the policy")
    assert done.returncode == 80
    assert "\x1b" not in done.stdout
    assert "FAIL   policy" in done.stdout
    for secret in secrets(scene):
        assert secret not in done.stdout


def test_a_finding_that_a_login_disproves_is_no_failure(scene):
    scene.services.decision = "implicitDeny"
    status, told = scene.examine()
    assert (status, told["verdict"]) == (0, "logged-in")
    verdicts = {one["step"]: one["verdict"] for one in told["steps"]}
    assert verdicts["policy"] == "doubt"


@pytest.mark.parametrize("path", ["", "/app", "/aws-reserved/sso.amazonaws.com/eu-west-1"])
def test_a_session_is_simulated_as_its_role_with_its_path(scene, path):
    name = "AWSReservedSSO_Admin_0123456789abcdef" if "sso" in path else "worker"
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/me@example.com"
    scene.services.caller = session
    scene.services.roles[name] = f"{ROLE}{path}/{name}"
    scene.services.decision = "implicitDeny"
    scene.env["AWS_SECRET_ACCESS_KEY"] = "refused"
    status, _ = scene.examine()
    assert status == 80
    assert scene.services.simulated == [(f"{ROLE}{path}/{name}", ALLOWED + scene.user)]


def test_a_role_whose_path_cannot_be_read_is_not_guessed_at(scene):
    scene.services.caller = f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/me"
    scene.services.fails["GetRole"] = (403, "AccessDenied", "no")
    scene.env["AWS_SECRET_ACCESS_KEY"] = "refused"
    status, told = scene.examine()
    assert (status, scene.services.simulated) == (98, [])
    (policy,) = [one for one in told["steps"] if one["step"] == "policy"]
    assert (policy["verdict"], policy["permission"]) == ("not-checked", "iam:GetRole")


def test_a_refusal_without_a_known_reason_claims_none(scene):
    scene.env["AWS_SECRET_ACCESS_KEY"] = "refused"
    done = scene.run()
    assert done.stdout.startswith("Cause: the server refused the token.\n")
    assert "does not say why" in done.stdout
    scene.services.instances.clear()
    assert "\nIt may be that this account has no database" in scene.run().stdout


def test_no_token_leaves_for_a_server_that_is_not_verified(scene):
    log = scene.standin["STANDIN_LOG"]
    with open(log) as file:
        before = len(file.readlines())
    for broken in (
        doctor_broken.the_certificates_of_another_authority,
        doctor_broken.the_endpoint_of_another_database,
    ):
        scene.host = scene.standin["STANDIN_HOST"]
        broken(scene)
        scene.examine()
    with open(log) as file:
        assert len(file.readlines()) == before


@pytest.mark.parametrize("plugin", ["caching_sha2_password", "mysql_native_password"])
def test_no_token_answers_another_question_of_mysql(scene, plugin):
    scene.mariadb()
    context, scene.ca = servers.certificate(scene.folder, scene.host)
    heard = []
    scene.serve(servers.mysql_that_asks_for(context, plugin, heard))
    status, told = scene.examine()
    assert (status, told["cause"]) == (90, "user-asks-for-password")
    assert plugin in json.dumps(told)
    assert scene.user.encode() in heard[0]
    assert b"X-Amz" not in b"".join(heard)


@pytest.mark.parametrize("method", [5, 7, 10])
def test_no_token_answers_another_question_of_postgresql(scene, method):
    question = servers.message(b"R", bytes([0, 0, 0, method]) + b"SCRAM-SHA-256\0\0")
    scene.answers(question, b"")
    status, told = scene.examine()
    assert (status, told["cause"]) == (90, "user-asks-for-password")


def test_it_is_bounded_in_time(scene):
    doctor_broken.a_server_that_says_nothing(scene)
    begin = time.monotonic()
    scene.examine()
    assert time.monotonic() - begin < 15


def test_wrong_options(rdsiam):
    assert rdsiam("doctor").returncode == 252
    assert rdsiam("doctor", "postgresql://app:secret@db.example.com/app").returncode == 252
