"""Who is refused, in whose words, and what goes wrong on request."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from conftest import mysql, postgres, refused, run, token

PAM = 'FATAL:  PAM authentication failed for user "app"'


def last(server):
    return server.logins()[-1]


def test_a_connection_without_tls(start):
    server = start()
    said = refused(postgres, server, token(server.postgres), sslmode="disable")
    assert (
        'pg_hba.conf rejects connection for host "127.0.0.1", user "app", database "app", '
        "no encryption" in said
    )
    assert last(server)["reason"] == "no-tls"
    said = refused(mysql, server, token(server.mysql), ssl_disabled=True, ssl=None)
    assert "(1045, \"Access denied for user 'app'@'127.0.0.1' (using password: YES)\")" in said
    assert [login["reason"] for login in server.logins()] == ["no-tls"] * 2


def test_a_user_who_is_not_there(start):
    server = start("--user", "app", "--user", "other")
    said = refused(postgres, server, token(server.postgres, user="nobody"), user="nobody")
    # RDS asks for a password by SCRAM, and does not say that there is no such user.
    assert 'FATAL:  password authentication failed for user "nobody"' in said
    assert last(server)["reason"] == "unknown-user"
    said = refused(mysql, server, token(server.mysql, user="nobody"), user="nobody")
    assert "Access denied for user 'nobody'@" in said
    assert last(server)["reason"] == "unknown-user"
    postgres(server, token(server.postgres, user="other"), user="other").close()


def test_a_password_is_no_token(start):
    server = start()
    for password in ("secret", "x" * 5000, token(server.mysql)):
        assert PAM in refused(postgres, server, password)
    words = [login["reason"] for login in server.logins()]
    assert words == ["malformed", "malformed", "wrong-port"]


def test_the_endpoint_that_is_signed(start):
    host = "mydb.abc123.eu-west-1.rds.amazonaws.com"
    server = start(
        *("--database", "none:postgres", "--endpoint", f"{host}:5432", "--region", "eu-west-1")
    )
    database = server.postgres
    assert (database.host, database.sign_port) == (host, 5432)
    postgres(server, token(database)).close()
    assert PAM in refused(postgres, server, token(database, host="localhost"))
    assert last(server)["reason"] == "wrong-host"
    assert PAM in refused(postgres, server, token(database, port=database.port))
    assert last(server)["reason"] == "wrong-port"
    assert PAM in refused(postgres, server, token(database, region_name="us-east-1"))
    assert last(server)["reason"] == "wrong-region"


def test_a_refusal_that_comes_once(start):
    server = start()
    password = token(server.postgres)
    server.fault("refuse")
    assert PAM in refused(postgres, server, password)
    assert (last(server)["reason"], last(server)["status"]) == ("requested", 500)
    postgres(server, password).close()


@pytest.mark.parametrize(
    ("fault", "reason", "error"),
    [
        ("expired", "expired", "ExpiredToken"),
        ("wrong-region", "wrong-region", "InvalidToken"),
        ("wrong-region=eu-west-1", "wrong-region", "InvalidToken"),
        ("skew=-301", "from-the-future", "InvalidToken"),
        ("skew=901", "expired", "ExpiredToken"),
        ("throttled=0", "throttled", "ThrottlingException"),
    ],
)
def test_a_fault_and_its_end(start, fault, reason, error):
    server = start("--fault", fault)
    for connect, database in ((postgres, server.postgres), (mysql, server.mysql)):
        refused(connect, server, token(database))
        assert (last(server)["reason"], last(server)["error"]) == (reason, error)
        server.fault()
        connect(server, token(database)).close()
        server.fault(fault)


def test_more_logins_a_second_than_rds_takes(start):
    server = start("--database", "none:postgres", "--fault", "throttled=5")
    password = token(server.postgres)

    def attempt(_):
        try:
            postgres(server, password).close()
        except psycopg.OperationalError:
            return 0
        return 1

    begin = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        logged_in = sum(pool.map(attempt, range(24)))
    seconds = time.monotonic() - begin
    assert 5 <= logged_in <= 5 * (int(seconds) + 1)
    assert logged_in < 24 or seconds > 4
    server.fault("throttled")
    assert sum(map(attempt, range(10))) == 10


def test_a_fault_that_is_none(start):
    server = start()
    with pytest.raises(ValueError, match=r"expire is no fault: expired, throttled"):
        server.fault("expire")
    done = run("--fault", "nothing", "--", "true")
    assert done.returncode == 252
    assert "nothing is no fault" in done.stderr


def policy(folder, *statements):
    file = folder / "policy.json"
    texts = [
        {"Effect": effect, "Action": "rds-db:connect", "Resource": resource}
        for effect, resource in statements
    ]
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": texts}))
    return file


ARN = "arn:aws:rds-db:us-east-1:123456789012:dbuser:db-LOCALRDSFORTESTS123456"


def test_a_policy(start, tmp_path):
    file = policy(tmp_path, ("Allow", f"{ARN}/a*"), ("Deny", f"{ARN}/admin"))
    server = start(
        *("--policy", file, "--user", "app", "--user", "admin", "--user", "other"),
    )
    database = server.postgres
    postgres(server, token(database)).close()
    for user, reason in (("admin", "denied"), ("other", "not-allowed")):
        said = refused(postgres, server, token(database, user=user), user=user)
        assert f'PAM authentication failed for user "{user}"' in said
        told = last(server)
        assert (told["reason"], told["status"], told["error"]) == (reason, 403, "NotAuthorized")


def test_the_policy_that_the_command_prints(start, tmp_path):
    """`rdsiam policy` and `rdsiam local` mean the same ARN."""
    import subprocess

    from conftest import COMMAND

    file = tmp_path / "policy.json"
    options = ["--resource-id", "db-LOCALRDSFORTESTS123456", "--account", "123456789012"]
    command = [COMMAND, "policy", *options, "--region", "us-east-1", "-U", "app"]
    file.write_text(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    server = start("--policy", file, "--user", "app", "--user", "other")
    postgres(server, token(server.postgres)).close()
    refused(postgres, server, token(server.postgres, user="other"), user="other")
    assert last(server)["reason"] == "not-allowed"
