"""`rdsiam exec`, `psql` and `mysql`: real clients log in, also after the token has expired."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import BIN, COMMAND, ROOT

# Short enough to see a token expire, and several times the second in which the clock counts.
EXPIRES = "3"


@pytest.fixture
def env(standin):
    return {
        "AWS_ACCESS_KEY_ID": standin["STANDIN_ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": standin["STANDIN_SECRET_ACCESS_KEY"],
        "AWS_SESSION_TOKEN": standin["STANDIN_SESSION_TOKEN"],
    }


@pytest.fixture
def postgres(standin):
    """The options that lead to PostgreSQL, as through a tunnel."""
    host, port = standin["STANDIN_HOST"], standin["STANDIN_PORT"]
    return [
        *("-h", standin["STANDIN_HOSTADDR"], "-p", port, "--sign-host", host, "--sign-port", port),
        *(
            "-U",
            standin["STANDIN_USER"],
            "-d",
            standin["STANDIN_DB"],
            "--ca",
            standin["STANDIN_CA"],
        ),
    ]


@pytest.fixture
def mariadb(standin):
    return [
        *("-h", standin["STANDIN_MARIADB_HOST"], "-p", standin["STANDIN_MARIADB_PORT"]),
        *("-U", standin["STANDIN_USER"], "--engine", "mysql", "--ca", standin["STANDIN_CA"]),
    ]


@pytest.fixture
def mariadb_env(env, standin):
    return {
        **env,
        "LD_PRELOAD": standin["STANDIN_NSS_WRAPPER"],
        "NSS_WRAPPER_HOSTS": standin["STANDIN_HOSTS"],
    }


def ok(done):
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_psql_logs_in(rdsiam, env, postgres, standin):
    out = ok(rdsiam("psql", *postgres, "--", "-XAtc", "SELECT current_user", env=env))
    assert out == standin["STANDIN_USER"] + "\n"


@pytest.mark.parametrize("user", ["USER", "admin"])
def test_psql_logs_in_to_dsql_also_after_the_first_token_has_expired(rdsiam, env, standin, user):
    """The host tells that it is DSQL, also to the keeper; the user tells whether as admin."""
    user = standin["STANDIN_USER"] if user == "USER" else user
    options = [
        *("-h", standin["STANDIN_HOSTADDR"], "-p", standin["STANDIN_PORT"]),
        *("--sign-host", standin["STANDIN_DSQL_HOST"], "-U", user, "-d", standin["STANDIN_DB"]),
        *("--ca", standin["STANDIN_CA"], "--expires", EXPIRES),
    ]
    script = r"SELECT current_user; \! sleep 4.5" + "\n" + r"\c" + "\nSELECT current_user;\n"
    psql = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1"]
    out = ok(rdsiam("exec", *options, "--", *psql, env=env, given=script))
    assert out.splitlines().count(user) == 2


def test_psql_takes_a_url_and_a_user_to_be_encoded(rdsiam, env, standin):
    url = (
        f"postgresql://iam_user%40example.com@{standin['STANDIN_HOSTADDR']}:{standin['STANDIN_PORT']}"
        f"/app?application_name=seen&sslrootcert={standin['STANDIN_CA']}"
    )
    sign = ["--sign-host", standin["STANDIN_HOST"], "--sign-port", standin["STANDIN_PORT"]]
    query = "SELECT current_user || current_setting('application_name')"
    out = ok(rdsiam("psql", *sign, url, "-XAtc", query, env=env))
    assert out == standin["STANDIN_ODD_USER"] + "seen\n"


def test_psql_is_on_tls_that_verifies_the_name(rdsiam, env, postgres, standin):
    out = ok(rdsiam("psql", *postgres, "--", "-XAtc", r"\conninfo", env=env))
    assert "SSL connection" in out
    other = [
        standin["STANDIN_MARIADB_HOST"] if w == standin["STANDIN_HOST"] else w for w in postgres
    ]
    done = rdsiam("psql", *other, "--", "-XAtc", "SELECT 1", env=env)
    assert done.returncode == 2
    assert "does not match host name" in done.stderr


def test_variables_of_the_caller_lead_nowhere_else(rdsiam, env, postgres):
    foreign = {
        "PGSSLMODE": "disable",
        "PGHOST": "elsewhere.invalid",
        "PGPASSWORD": "wrong",
        "PGSERVICE": "none",
        "PGHOSTADDR": "192.0.2.1",
    }
    assert ok(rdsiam("psql", *postgres, "--", "-XAtc", "SELECT 1", env={**env, **foreign})) == "1\n"


def test_a_session_reconnects_after_its_first_token_has_expired(rdsiam, env, postgres):
    r"""`\c` logs in again, with what the file says by then."""
    script = r"SELECT 1; \! sleep 4.5" + "\n" + r"\c" + "\nSELECT 2;\n"
    out = ok(
        rdsiam(
            "psql",
            *postgres,
            "--expires",
            EXPIRES,
            "--",
            "-XAt",
            "-v",
            "ON_ERROR_STOP=1",
            env=env,
            given=script,
        )
    )
    assert [line for line in out.splitlines() if line in "12"] == ["1", "2"]


def test_without_the_keeper_the_reconnect_is_refused(rdsiam, env, postgres):
    """So that the test before this one shows something."""
    end = r'\! pkill -KILL -f "keep --pid $PPID "'
    script = end + "\n" + r"\! sleep 4.5" + "\n" + r"\c" + "\nSELECT 2;\n"
    done = rdsiam("psql", *postgres, "--expires", EXPIRES, "--", "-XAt", env=env, given=script)
    assert "authentication failed" in done.stderr


def test_pg_dump_with_four_jobs_and_pg_restore(rdsiam, env, postgres, tmp_path):
    setup = "".join(
        f"CREATE TABLE many_{n} AS SELECT generate_series(1, 1000) AS x;" for n in range(8)
    )
    ok(rdsiam("psql", *postgres, "--", "-Xqc", setup, env=env))
    dump = tmp_path / "dump"
    dumped = ["pg_dump", "-j", "4", "-Fd", "-f", dump, "-t", "many_*"]
    ok(rdsiam("exec", *postgres, "--", *dumped, env=env))
    assert len(list(dump.glob("*.dat.gz"))) == 8
    # Each job connects by itself; the first one after a while in which the first token has expired.
    late = f"sleep 4.5; exec pg_restore -j 4 --clean -d app {dump}"
    ok(rdsiam("exec", *postgres, "--expires", EXPIRES, "--", "sh", "-c", late, env=env))
    count = ok(rdsiam("psql", *postgres, "--", "-XAtc", "SELECT count(*) FROM many_7", env=env))
    assert count == "1000\n"
    drop = "".join(f"DROP TABLE many_{n};" for n in range(8))
    ok(rdsiam("psql", *postgres, "--", "-Xqc", drop, env=env))


def test_pgcli(rdsiam, env, postgres):
    pgcli = [BIN / "pgcli", "--no-password", "-t", "-c", "SELECT 40 + 2"]
    assert "42" in ok(rdsiam("exec", *postgres, "--", *pgcli, env=env))


def test_alembic_migrates_after_its_token_has_expired(rdsiam, env, postgres, tmp_path):
    run = {"cwd": tmp_path, "program": BIN / "alembic", "env": {}}
    ok(rdsiam("init", "migrations", **run))
    script = (tmp_path / "migrations" / "env.py").read_text()
    # Host, user, TLS and token come from the variables of libpq.
    (tmp_path / "alembic.ini").write_text(
        "[alembic]\nscript_location = migrations\nsqlalchemy.url = postgresql+psycopg2://\n"
    )
    (tmp_path / "migrations" / "env.py").write_text(
        script.replace("if config.config_file_name is not None:", "if False:")
    )
    ok(rdsiam("revision", "-m", "first", **run))
    (made,) = (tmp_path / "migrations" / "versions").glob("*_first.py")
    text = made.read_text()
    text = re.sub(
        r"def upgrade\(\).*?pass",
        'def upgrade():\n    op.execute("CREATE TABLE moved (x int)")',
        text,
        flags=re.S,
    )
    text = re.sub(
        r"def downgrade\(\).*?pass",
        'def downgrade():\n    op.execute("DROP TABLE moved")',
        text,
        flags=re.S,
    )
    made.write_text(text)
    alembic = BIN / "alembic"
    both = f"{alembic} upgrade head && sleep 4.5 && {alembic} downgrade base"
    ok(
        rdsiam(
            "exec", *postgres, "--expires", EXPIRES, "--", "sh", "-c", both, env=env, cwd=tmp_path
        )
    )
    tables = ok(rdsiam("psql", *postgres, "--", "-XAtc", r"\dt moved", env=env))
    assert "moved" not in tables


def test_mariadb_and_mysql_log_in(rdsiam, mariadb_env, mariadb, standin):
    for program in ("mariadb", "mysql"):
        command = ["exec", *mariadb, "--", program, "app", "-NBe", "SELECT CURRENT_USER()"]
        assert ok(rdsiam(*command, env=mariadb_env)) == f"{standin['STANDIN_USER']}@%\n"
    url = f"mysql://app_iam@{standin['STANDIN_MARIADB_HOST']}:{standin['STANDIN_MARIADB_PORT']}/app"
    ask = ["-NBe", "SELECT DATABASE(); SHOW STATUS LIKE 'Ssl_cipher'"]
    out = ok(rdsiam("mysql", "--ca", standin["STANDIN_CA"], url, *ask, env=mariadb_env))
    assert out.startswith("app\n")
    assert "TLS_" in out


def test_the_name_is_verified_for_mysql_too(rdsiam, mariadb_env, mariadb, standin):
    other = [
        standin["STANDIN_HOST"] if w == standin["STANDIN_MARIADB_HOST"] else w for w in mariadb
    ]
    done = rdsiam("exec", *other, "--", "mariadb", "-e", "SELECT 1", env=mariadb_env)
    assert done.returncode == 1
    assert re.search("TLS/SSL error|verif", done.stderr)
    assert "refused" not in Path(standin["STANDIN_LOG"]).read_text().splitlines()[-1]


def test_mysqldump(rdsiam, mariadb_env, mariadb, tmp_path):
    make = "CREATE TABLE app.dumped (x int); INSERT INTO app.dumped VALUES (42)"
    ok(rdsiam("exec", *mariadb, "--", "mariadb", "-e", make, env=mariadb_env))
    for program in ("mysqldump", "mariadb-dump"):
        out = ok(rdsiam("exec", *mariadb, "--", program, "app", "dumped", env=mariadb_env))
        assert "INSERT INTO `dumped` VALUES" in out
    ok(rdsiam("exec", *mariadb, "--", "mariadb", "-e", "DROP TABLE app.dumped", env=mariadb_env))


def test_a_second_client_of_mysql_logs_in_after_the_first_token_has_expired(
    rdsiam, mariadb_env, mariadb
):
    """The option file has the new token for each process that is given its path."""
    # A client in its session starts another one, by the option that it was started with.
    script = rdsiam.home / "late.sh"
    script.write_text(
        "#!/bin/sh\nsleep 4.5\n"
        "option=$(tr '\\0' '\\n' </proc/$PPID/cmdline | grep defaults-file)\n"
        """exec mariadb "$option" -NBe 'SELECT 7'\n"""
    )
    script.chmod(0o755)
    done = rdsiam(
        *("exec", *mariadb, "--expires", EXPIRES, "--", "mariadb", "-NB"),
        env=mariadb_env,
        given=f"\\! exec {script}\n",
    )
    assert ok(done) == "7\n"


def processes(marker):
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if marker in (entry / "environ").read_bytes():
                    found.append(entry)
            except OSError:
                pass
    return found


@pytest.mark.parametrize("way", ["memory", "disk"])
@pytest.mark.parametrize("engine", ["postgres", "mariadb"])
def test_the_token_is_in_no_argument_and_no_variable(
    rdsiam, env, mariadb_env, postgres, mariadb, standin, way, engine, tmp_path
):
    marker = f"MARKER={os.urandom(8).hex()}"
    name, value = marker.split("=")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    more = {name: value, "TMPDIR": str(temporary)}
    disk = ["--private-file"] if way == "disk" else []
    if engine == "postgres":
        options, command = postgres, ["psql", "-X"]
        environ, sleep = {**env, **more}, "SELECT pg_sleep(3);"
    else:
        options, command = mariadb, ["mariadb"]
        environ, sleep = {**mariadb_env, **more}, "SELECT SLEEP(3);"
    environ = {**rdsiam.env, **environ}
    environ.pop("XDG_RUNTIME_DIR", None)
    child = subprocess.Popen(
        [COMMAND, "exec", *options, *disk, "--", *command],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    child.stdin.write(sleep)
    child.stdin.close()
    time.sleep(1.5)
    entries = processes(marker.encode())
    # The command, which has taken rdsiam's place, and the keeper.
    names = sorted((entry / "comm").read_text().strip() for entry in entries)
    assert names == sorted([command[0], "rdsiam"])
    assert str(child.pid) in {entry.name for entry in entries}
    # Ctrl-C at a terminal is for the group of the command.
    keepers = [int(entry.name) for entry in entries if entry.name != str(child.pid)]
    assert os.getpgid(child.pid) not in [os.getpgid(keeper) for keeper in keepers]
    for entry in entries:
        for part in ("environ", "cmdline"):
            text = (entry / part).read_bytes()
            assert b"X-Amz-Signature" not in text
            assert b"X-Amz-Security-Token" not in text
    on_disk = [path for path in temporary.rglob("*") if path.is_file()]
    assert len(on_disk) == (1 if way == "disk" else 0)
    for path in on_disk:
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
    assert child.wait(timeout=20) == 0
    # Nothing stays behind: neither the keeper nor the file.
    for _ in range(50):
        if not processes(marker.encode()):
            break
        time.sleep(0.1)
    assert not processes(marker.encode())
    assert not list(temporary.iterdir())


def test_the_exit_status_is_that_of_the_command(rdsiam, env, postgres):
    for code in (0, 1, 3, 77, 255):
        done = rdsiam("exec", *postgres, "--", "sh", "-c", f"exit {code}", env=env)
        assert done.returncode == code
    killed = rdsiam("exec", *postgres, "--", "sh", "-c", "kill -SEGV $$", env=env)
    assert killed.returncode == -signal.SIGSEGV
    assert rdsiam("exec", *postgres, "--", "no-such-program", env=env).returncode == 127
    assert rdsiam("exec", *postgres, "--", "/etc/passwd", env=env).returncode == 126


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_signals_reach_the_command(rdsiam, env, postgres, number):
    script = (
        "import signal, sys, time\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(42))\n"
        "print('ready', flush=True)\ntime.sleep(30)\n"
    )
    with subprocess.Popen(
        [COMMAND, "exec", *postgres, "--", sys.executable, "-c", script],
        env={**rdsiam.env, **env},
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(number)
        assert child.wait(timeout=10) == 42
        assert child.stdout.read() == b""


def test_it_runs_on_after_its_file_was_replaced(rdsiam, env, postgres, tmp_path):
    copy = tmp_path / "rdsiam"
    shutil.copy(COMMAND, copy)
    remove = f"rm {copy}"
    # A source of credentials is asked between the start and the keeper.
    setup = f"credential_process = sh -c '{remove}; cat {tmp_path}/keys'"
    (tmp_path / "config").write_text(f"[default]\n{setup}\n")
    keys = {
        "Version": 1,
        "AccessKeyId": env["AWS_ACCESS_KEY_ID"],
        "SecretAccessKey": env["AWS_SECRET_ACCESS_KEY"],
        "SessionToken": env["AWS_SESSION_TOKEN"],
    }
    (tmp_path / "keys").write_text(json.dumps(keys))
    command = ["psql", *postgres, "--", "-XAtc", "SELECT 1"]
    assert ok(rdsiam(*command, env={}, program=copy)) == "1\n"
    assert not copy.exists()


def test_a_command_that_waits_for_all_of_its_children_waits_for_none_of_ours(rdsiam, env, postgres):
    script = "import os\ntry:\n    os.wait()\nexcept ChildProcessError:\n    print('none')"
    assert ok(rdsiam("exec", *postgres, "--", sys.executable, "-c", script, env=env)) == "none\n"


def test_options_that_would_weaken_tls_are_refused(rdsiam, env, postgres, mariadb):
    for options, command in (
        (postgres, ["psql", "sslmode=require"]),
        (mariadb, ["mariadb", "--skip-ssl"]),
        (mariadb, ["mariadb", "--defaults-file=/dev/null"]),
    ):
        done = rdsiam("exec", *options, "--", *command, env=env)
        assert done.returncode == 252
        assert command[1] in done.stderr


def test_nothing_is_started_without_a_token(rdsiam, postgres, tmp_path):
    mark = tmp_path / "started"
    done = rdsiam("exec", *postgres, "--", "touch", mark, env={})
    assert done.returncode == 253
    assert not mark.exists()


def test_a_variable_gets_the_token_only_where_it_is_asked_for(
    rdsiam, env, postgres, mariadb, mariadb_env
):
    shown = ok(rdsiam("exec", *postgres, "--", "env", env=env))
    assert "X-Amz-Signature" not in shown
    assert "PGPASSFILE=/proc/self/fd/" in shown
    named = [*postgres, "--password-env", "PGPASSWORD", "--url-env", "DATABASE_URL"]
    shown = dict(
        line.split("=", 1) for line in ok(rdsiam("exec", *named, "--", "env", env=env)).splitlines()
    )
    assert "X-Amz-Signature" in shown["PGPASSWORD"]
    assert "X-Amz" not in shown["DATABASE_URL"]
    assert shown["DATABASE_URL"].startswith("postgresql://app_iam@")
    refused = rdsiam("exec", *mariadb, "--", "env", env=mariadb_env)
    assert refused.returncode == 252
    assert "--password-env" in refused.stderr
    shown = ok(
        rdsiam("exec", *mariadb, "--password-env", "MYSQL_PWD", "--", "env", env=mariadb_env)
    )
    assert "MYSQL_PWD=mymaria" in shown


def test_another_host_does_not_get_the_token(rdsiam, env, postgres, standin):
    r"""`\c` to a host that is not the signed one finds no password."""
    script = r"\c 'host=localhost hostaddr=127.0.0.1 sslmode=verify-ca'" + "\n"
    before = Path(standin["STANDIN_LOG"]).read_text().count("\n")
    done = rdsiam("psql", *postgres, "--", "-XAt", "-w", env=env, given=script)
    assert "no password supplied" in done.stderr
    assert Path(standin["STANDIN_LOG"]).read_text().count("\n") == before + 1


def test_dbmate_migrates_after_its_token_has_expired(rdsiam, env, postgres, tmp_path):
    """It is written in Go: another reader of PGPASSFILE and of the variables."""
    (tmp_path / "db" / "migrations").mkdir(parents=True)
    (tmp_path / "db" / "migrations" / "20260101000000_first.sql").write_text(
        "-- migrate:up\nCREATE TABLE mated (x int);\n-- migrate:down\nDROP TABLE mated;\n"
    )
    dbmate = ROOT / "tests/cli/node_modules/@dbmate/linux-x64/bin/dbmate"
    command = f"{dbmate} --no-dump-schema migrate && sleep 4.5 && {dbmate} --no-dump-schema down"
    way = ["--url-env", "DATABASE_URL", "--expires", EXPIRES]
    out = ok(rdsiam("exec", *postgres, *way, "--", "sh", "-c", command, env=env, cwd=tmp_path))
    assert "Applied" in out
    assert "Rolled back" in out
    drop = "DROP TABLE schema_migrations"
    ok(rdsiam("psql", *postgres, "--", "-XAtc", drop, env=env))
