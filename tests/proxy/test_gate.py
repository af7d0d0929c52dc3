"""Who may connect to a listener, and who may not."""

import os
import secrets
import socket
import stat
import subprocess

import psycopg
import pytest
from conftest import COMMAND, Proxy, environment, postgres_url, raw, standin, to_postgres

MESSAGE = "the password is not the one of this listener"


def test_a_wrong_password_and_none_are_refused(postgres):
    for wrong in (secrets.token_hex(16), postgres.password[:-1], postgres.password + "x", " "):
        with pytest.raises(psycopg.OperationalError, match=MESSAGE):
            postgres.connect(password=wrong)
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        postgres.connect(password="")


def test_the_password_does_not_reach_whoever_listens(postgres):
    """By SCRAM: a client that asks for nothing less logs in."""
    with postgres.connect(require_auth="scram-sha-256") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError, match="channel binding"):
        postgres.connect(channel_binding="require")


def test_another_user_is_told_whose_listener_it_is(postgres):
    with pytest.raises(psycopg.OperationalError) as failed:
        postgres.connect(user="postgres")
    assert f"this listener logs in as {standin('USER')}" in str(failed.value)
    assert f"HINT:  Connect with the user name {standin('USER')}." in str(failed.value)


def test_a_wrong_password_comes_before_the_users_name(postgres):
    with pytest.raises(psycopg.OperationalError, match=MESSAGE):
        postgres.connect(user="postgres", password="wrong")


def test_a_client_that_insists_on_tls_is_told_that_there_is_none(postgres):
    with pytest.raises(psycopg.OperationalError, match="does not support SSL"):
        postgres.connect(sslmode="require")
    with postgres.connect(sslmode="prefer") as connection:
        assert not connection.pgconn.ssl_in_use


def test_a_client_that_insists_on_tls_gets_it(start):
    proxy = start("--tls")
    with proxy.connect(sslmode="require") as connection:
        assert connection.pgconn.ssl_in_use
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with proxy.connect() as connection:
        assert not connection.pgconn.ssl_in_use


def test_an_address_of_other_machines_takes_tls_alone(start):
    proxy = start("--tls", listen="0.0.0.0:0")
    with pytest.raises(psycopg.OperationalError, match="over TLS alone"):
        proxy.connect()
    with proxy.connect(sslmode="require") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    proxy.wait(lambda: proxy.metric("rejections_total", reason="tls") == 1)


def certificate(folder):
    run = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    run += ["-nodes", "-days", "2", "-subj", "/CN=here", "-addext", "subjectAltName=DNS:localhost"]
    run += ["-keyout", folder / "key.pem", "-out", folder / "certificate.pem"]
    subprocess.run(run, check=True, capture_output=True)
    return folder / "certificate.pem", folder / "key.pem"


def test_a_certificate_that_is_given_is_verified_by_the_client(start, tmp_path):
    chain, key = certificate(tmp_path)
    proxy = start("--tls-certificate", chain, "--tls-key", key)
    verified = {"sslmode": "verify-full", "sslrootcert": str(chain)}
    with proxy.connect(host="localhost", hostaddr="127.0.0.1", **verified) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError, match="does not match"):
        proxy.connect(**verified)


def test_bytes_between_the_request_for_tls_and_the_handshake_are_not_believed(start):
    """A middle box could put a login there."""
    proxy = start("--tls")
    with raw(proxy.port) as client:
        client.sendall(b"\0\0\0\x08\x04\xd2\x16\x2f" + b"\0\0\0\x08\0\3\0\0user\0x\0\0")
        answer = b""
        while piece := client.recv(100):
            answer += piece
    assert answer[:1] == b"S"
    assert b"R" not in answer[1:]


@pytest.fixture
def socketed(tmp_path, keys):
    """A proxy on a socket, and no password."""
    made = []

    def begin(*more):
        folder = tmp_path / secrets.token_hex(4)
        folder.mkdir()
        listen = [f"{folder}/={postgres_url()}", *to_postgres()]
        proxy = Proxy(tmp_path, listen, environment(HOME=str(tmp_path), **keys))
        made.append(proxy)
        return proxy.start(*more), folder

    yield begin
    for proxy in made:
        proxy.stop()


def test_a_private_socket_needs_no_password(socketed):
    proxy, folder = socketed()
    path = folder / ".s.PGSQL.5432"
    state = path.stat()
    assert stat.S_ISSOCK(state.st_mode)
    assert stat.S_IMODE(state.st_mode) == 0o600
    with proxy.connect(host=str(folder), password="") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert proxy.stop() == 0
    assert not path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_another_user_of_the_machine_cannot_open_a_private_socket(socketed, tmp_path):
    _, folder = socketed()
    for part in [folder, *folder.parents]:
        if part.stat().st_uid == 0 and part != part.parent:
            part.chmod(part.stat().st_mode | 0o555)
    path = folder / ".s.PGSQL.5432"
    ask = f"import socket; socket.socket(socket.AF_UNIX).connect({str(path)!r})"
    nobody = {"user": 65534, "group": 65534, "env": {"PATH": "/usr/bin:/bin"}, "cwd": "/"}
    done = subprocess.run(
        ["/usr/bin/env", "python3", "-c", ask], capture_output=True, text=True, **nobody
    )
    assert "Permission denied" in done.stderr


def test_a_socket_that_others_can_open_needs_a_password(socketed):
    with pytest.raises(AssertionError, match="--password-file"):
        socketed("--socket-mode", "0660")


def test_a_socket_that_is_left_over_is_replaced_and_one_in_use_is_not(socketed, tmp_path):
    _, folder = socketed()
    path = folder / ".s.PGSQL.5432"
    done = refuse(f"{folder}/={postgres_url()}", *to_postgres())
    assert "another process listens on it" in done
    assert path.exists()
    other = tmp_path / "left"
    other.mkdir()
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(other / ".s.PGSQL.5432"))
    listen = [f"{other}/={postgres_url()}", *to_postgres()]
    proxy = Proxy(tmp_path, listen, environment(HOME=str(tmp_path), AWS_REGION="us-east-1"))
    proxy.start()
    assert proxy.stop() == 0
    (other / ".s.PGSQL.5432").write_text("somebody's file")
    assert "no socket" in refuse(*listen)
    assert (other / ".s.PGSQL.5432").read_text() == "somebody's file"


def refuse(*arguments, status=(252, 253, 255)):
    command = [COMMAND, "proxy", *map(str, arguments)]
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=30, cwd="/"
    )
    assert done.returncode in status, (done.returncode, done.stderr)
    return done.stderr


def test_settings_that_let_others_in_are_refused(tmp_path):
    url, options = postgres_url(), to_postgres()
    assert "--password-file" in refuse(url, *options)
    password = tmp_path / "password"
    password.write_text(secrets.token_hex(16))
    password.chmod(0o644)
    assert "others can read it" in refuse(url, *options, "--password-file", password)
    password.chmod(0o600)
    public = refuse(f"0.0.0.0:0={url}", *options, "--password-file", password)
    assert "--tls-certificate" in public
    password.write_text("short")
    told = refuse(url, *options, "--password-file", password)
    assert "less than 16 characters" in told
    assert "short" not in told


def test_mistakes_are_named(tmp_path):
    assert "no database" in refuse()
    assert "nonsense" in refuse("nonsense")
    assert "listen on ADDRESS:PORT" in refuse(f"here={postgres_url()}", *to_postgres())
    assert "socket mode 9" in refuse(f"{tmp_path}/={postgres_url()}", "--socket-mode", "9")
    config = tmp_path / "proxy.toml"
    for text, word in (
        ("nothing = 1", "nothing"),
        ("[[database]]\nlisten = '1'", "no url"),
        (f"[[database]]\nurl = '{postgres_url()}'\npasword-file = 'x'", "pasword-file"),
        ("[[database]]\nurl = 3", "url of a database is no string"),
        ("admin = ", "TOML"),
        ("drain = '20'", "drain"),
        ("handshake-timeout = 0", "handshake-timeout is 0: give 1 to 86400"),
        ("login-timeout = 99999", "login-timeout is 99999"),
        ("logins-per-second = 0", "logins-per-second is 0"),
        (f"[database]\nurl = '{postgres_url()}'", "write [[database]]"),
    ):
        # The settings of the program are looked at once there is a database.
        databases = "" if "database" in text else f"\n[[database]]\nurl = '{postgres_url()}'\n"
        config.write_text(text + databases)
        assert word in refuse("--config", config), text
    config.write_bytes(b"\xff")
    assert "UTF-8" in refuse("--config", config)


def test_places_that_cannot_be_listened_on_are_named(tmp_path):
    url, options = postgres_url(), to_postgres()
    long = tmp_path / ("x" * 120)
    long.mkdir()
    told = refuse(f"{long}/={url}", *options)
    assert "the path of a socket has at most 107 bytes" in told
    assert "choose a shorter folder" in told
    # The length counts, however it is written.
    assert "at most 107 bytes" in refuse(f"./{'x' * 120}/={url}", *options)
    assert "No such file" in refuse(f"{tmp_path}/not-there/sock={url}", *options)
    twice = [f"{tmp_path}/twice={url}"] * 2
    assert f"two databases listen on {tmp_path}/twice" in refuse(*twice, *options)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = refuse(f"{tmp_path}/one={url}", *options, "--admin", f"127.0.0.1:{port}")
        assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in told
    assert not (tmp_path / "one").exists()


def test_authorities_that_cannot_be_read_are_named(tmp_path):
    sign = to_postgres()
    sign[sign.index("--ca") :] = []
    empty = tmp_path / "empty"
    empty.write_text("no certificate")
    for file, word in (
        (empty, "there is no certificate in it"),
        (tmp_path, "Is a directory"),
        (tmp_path / "not-there", "No such file"),
    ):
        told = refuse(f"{tmp_path}/sock={postgres_url()}", *sign, "--ca", file)
        assert word in told
        assert str(file) in told
    assert "max-connections is 0" in refuse(
        f"{tmp_path}/sock={postgres_url()}", *to_postgres(), "--max-connections", "0"
    )


def test_several_databases_of_one_file(tmp_path, keys):
    proxy = Proxy(tmp_path, ["--config", "proxy.toml"], environment(HOME=str(tmp_path), **keys))
    (tmp_path / "sockets").mkdir()
    shared = f'ca = "{standin("CA")}"\npassword-file = "{proxy.password_file}"\n'
    shared += f'sign-host = "{standin("HOST")}"\nsign-port = {standin("PORT")}\n'
    odd = postgres_url().replace(standin("USER"), "iam_user%40example.com")
    (tmp_path / "proxy.toml").write_text(
        'admin = "127.0.0.1:0"\ndrain = 3\n'
        f'[[database]]\nlisten = "127.0.0.1:0"\nurl = "{postgres_url()}"\n{shared}'
        f'[[database]]\nlisten = "{tmp_path}/sockets/"\nurl = "{odd}"\n{shared}'
        'profile = "other"\nmax-connections = 5\n'
    )
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(
        "[other]\n"
        f"aws_access_key_id = {standin('STATIC_ACCESS_KEY_ID')}\n"
        f"aws_secret_access_key = {standin('STATIC_SECRET_ACCESS_KEY')}\n"
    )
    proxy.start()
    try:
        with proxy.connect() as one:
            assert one.execute("SELECT current_user").fetchone() == (standin("USER"),)
        other = {"host": str(tmp_path / "sockets"), "port": 5432, "user": standin("ODD_USER")}
        with proxy.connect(**other) as two:
            assert two.execute("SELECT current_user").fetchone() == (standin("ODD_USER"),)
        assert len(proxy.places()) == 2
    finally:
        assert proxy.stop() == 0
