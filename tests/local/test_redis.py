"""`rdsiam local` before a Valkey or Redis: tokens, refusals, and the end of connections."""

import json
import random
import socket
import ssl
import subprocess
import time

import pytest
import redis
import servers
import verifier
from conftest import ROOT, run
from signer import make_token

import rdsiam.redis

KEY = ("ASIATEMPORARYEXAMPLE", "TEMPORARY+SECRET/EXAMPLE", "SESSION+TOKEN/EXAMPLE==")
WRONG = "-WRONGPASS invalid username-password pair or user is disabled."
NO_AUTH = "-NOAUTH Authentication required."
KINDS = {
    "elasticache": ("elasticache", [("Action", "connect"), ("User", "app")]),
    "elasticache-serverless": (
        "elasticache",
        [("Action", "connect"), ("ResourceType", "ServerlessCache"), ("User", "app")],
    ),
    "memorydb": ("memorydb", [("Action", "connect"), ("User", "app")]),
}


@pytest.fixture(scope="module")
def behind(tmp_path_factory):
    """With a password, and with a default user who needs none."""
    program, _ = servers.find("valkey") or servers.find("redis")
    folder = tmp_path_factory.mktemp("redis") / "server"
    server = servers.Server(program, folder, "front", "pass:word@/%", "port 0\n")
    yield server
    server.stop()


@pytest.fixture
def url(behind):
    behind.ask("ACL", "SETUSER", "default", "off")
    return f"redis://front:pass%3Aword%40%2F%25@localhost?socket={behind.socket}"


@pytest.fixture(params=["a password", "no password"])
def either(request, behind, url):
    if request.param == "a password":
        return url
    behind.ask("ACL", "SETUSER", "default", "on", "nopass", "~*", "&*", "+@all")
    return f"valkey://localhost?socket={behind.socket}"


class Connection:
    """A client without rules: what is written, and each line that comes back."""

    def __init__(self, server):
        database = server.databases[0]
        tls = ssl.create_default_context(cafile=server.ca)
        plain = socket.create_connection((database.hostaddr, database.port), timeout=20)
        self.socket = tls.wrap_socket(plain, server_hostname=database.host)
        self.replies = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.replies.close()
        self.socket.close()

    def send(self, *commands):
        self.socket.sendall(b"".join(map(encode, commands)))

    def ask(self, *commands):
        self.send(*commands)
        return [self.line() for _ in commands]

    def line(self):
        return self.replies.readline().decode().removesuffix("\r\n")


def encode(words):
    words = [word.encode() for word in words]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(w), w) for w in words)


def provider(server, streaming=False, **more):
    database = server.databases[0]
    made = (
        rdsiam.redis.StreamingCredentialProvider if streaming else rdsiam.redis.CredentialProvider
    )
    return made(database.user, database.name, server.region, kind=database.kind, **more)


def client(server, credentials, **more):
    database = server.databases[0]
    place = {"host": database.host, "port": database.port, "ssl_ca_certs": server.ca, "ssl": True}
    # It would try a refused login again.
    retry = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    return redis.Redis(**place, credential_provider=credentials, retry=retry, **more)


def token(server, **more):
    return provider(server, **more).get_credentials()[1]


def outcomes(server):
    return [login.get("reason", "accepted") for login in server.logins()]


@pytest.mark.parametrize("kind", KINDS)
def test_redis_py_logs_in_by_a_token(start, either, kind):
    server = start("--database", either, "--cache", f"{kind}:my-cache")
    database = server.databases[0]
    assert (database.engine, database.kind, database.name) == ("redis", kind, "my-cache")
    assert server.environment["RDSIAM_LOCAL_REDIS_NAME"] == "my-cache"
    assert server.environment["RDSIAM_LOCAL_REDIS_PORT"] == str(database.port)
    for protocol in (2, 3):
        with client(server, provider(server), protocol=protocol) as it:
            assert it.set("key", "x" * 3_000_000)
            assert len(it.get("key")) == 3_000_000
            assert it.pipeline().incr("n").delete("n").execute()[1] == 1
    assert outcomes(server) == ["accepted"] * 2
    for other in KINDS:
        if other != kind:
            made = rdsiam.redis.CredentialProvider("app", "my-cache", "us-east-1", kind=other)
            with client(server, made) as it, pytest.raises(redis.AuthenticationError):
                it.ping()


def test_nothing_is_served_before_a_good_token(start, either):
    server = start("--database", either)
    good = token(server)
    hello = "-NOAUTH "
    with Connection(server) as it:
        replies = it.ask(
            ["PING"],
            ["SET", "a", "x" * 100_000],
            ["AUTH", "app", good[:-1]],
            ["GET", "a"],
            ["AUTH", good],
            ["AUTH", "default", "none"],
            ["AUTH", "front", "pass:word@/%"],
            ["AUTH", "pass:word@/%"],
            ["HELLO"],
            ["HELLO", "3"],
            ["HELLO", "3", "AUTH", "app", "x"],
            ["HELLO", "3", "SETNAME", "AUTH", "app", good],
            ["EVAL", "return 1", "0"],
            ["RESET"],
            ["AUTH", "app", good],
            ["PING"],
            ["RESET"],
            ["PING"],
            ["AUTH", "app", good],
            ["QUIT"],
        )
        assert [reply[:8] if reply.startswith(hello) else reply for reply in replies] == [
            *(hello, hello, WRONG, hello, WRONG, WRONG, WRONG, WRONG, hello, hello, WRONG, hello),
            *(hello, "+RESET", "+OK", "+PONG", "+RESET", hello, "+OK", "+OK"),
        ]
        assert replies[0] == NO_AUTH
        assert it.line() == ""
    with Connection(server) as it:
        assert it.ask(["RESET"]) == ["+RESET"]
        assert it.ask(["AUTH", "app", "x"]) == [WRONG]
        assert it.ask(["AUTH", "app", good], ["PING"]) == ["+OK", "+PONG"]


def test_a_refused_token_leaves_a_connection_as_it_was(start, url):
    server = start("--database", url)
    good = token(server)
    with Connection(server) as it:
        replies = it.ask(
            *(["AUTH", "app", good], ["SET", "a", "b"], ["AUTH", "app", "x"], ["PING"]),
            *(["AUTH", "APP", good], ["PING"], ["AUTH", good], ["AUTH", "app", good]),
        )
        assert replies == ["+OK", "+OK", WRONG, "+PONG", WRONG, "+PONG", WRONG, "+OK"]
    reasons = ["accepted", "malformed", "unknown-user", "unknown-user", "accepted"]
    assert outcomes(server) == reasons


def test_a_line_is_a_command_too_and_what_is_none_ends_the_connection(start, either):
    server = start("--database", either)
    with Connection(server) as it:
        for text in (b"PING\r\n", b"\"auth\" app '%b'\r\n" % token(server).encode(), b"PING\n"):
            for byte in text:
                it.socket.sendall(bytes([byte]))
        assert [it.line() for _ in range(3)] == [NO_AUTH, "+OK", "+PONG"]
    for text in (b"*x\r\n", b"*1\r\n$-5\r\n", b"*2\r\n$4\r\nAUTH\r\n$999999999\r\n", b"x" * 70_000):
        with Connection(server) as it:
            it.socket.sendall(b"PING\r\n" + text)
            assert it.line() == NO_AUTH
            assert it.line().startswith("-ERR Protocol error")
            assert it.line() == ""


def test_connections_to_the_server_end_with_those_of_clients(start, url, behind):
    server = start("--database", url)
    good = token(server)
    for commands in ([], [["AUTH", "app", good]], [["AUTH", "app", good], ["BLPOP", "none", "0"]]):
        with Connection(server) as it:
            it.send(*commands)
    behind.wait(lambda: "connected_clients:1\r" in behind.ask("INFO", "clients"))


def test_a_user_is_named_in_lower_case(start, url):
    server = start("--database", url, "--user", "App")
    with Connection(server) as it:
        assert it.ask(["AUTH", "App", token(server)]) == [WRONG]
    assert outcomes(server) == ["wrong-user"]


def test_a_user_has_a_login_of_its_own(start, url, behind):
    behind.ask("ACL", "SETUSER", "second", "on", ">word", "+@all")
    server = start("--database", url, "--user", "app=second:word")
    with client(server, provider(server)) as it:
        assert it.acl_whoami() == "second"


def test_the_policy_allows_the_cache_and_the_user(start, url, tmp_path):
    policy = tmp_path / "policy.json"
    for kind, action, arns, is_enough in [
        ("elasticache", "elasticache:Connect", ["replicationgroup:my-cache", "user:app"], True),
        ("elasticache", "elasticache:Connect", ["replicationgroup:my-cache"], False),
        ("elasticache", "elasticache:Connect", ["user:app"], False),
        ("elasticache", "memorydb:connect", ["replicationgroup:my-cache", "user:app"], False),
        ("elasticache-serverless", "elasticache:*", ["serverlesscache:*", "user:app"], True),
        ("memorydb", "memorydb:connect", ["cluster/my-cache", "user/app"], True),
        ("memorydb", "memorydb:connect", ["cluster/my-cache", "user/b"], False),
    ]:
        before = f"arn:aws:{kind.partition('-')[0]}:us-east-1:123456789012:"
        resources = [before + arn for arn in arns]
        statement = {"Effect": "Allow", "Action": action, "Resource": resources}
        policy.write_text(json.dumps({"Statement": statement}))
        server = start("--database", url, "--cache", f"{kind}:my-cache", "--policy", policy)
        with Connection(server) as it:
            (reply,) = it.ask(["AUTH", "app", token(server)])
        assert (reply == "+OK") == is_enough, (kind, arns)
        assert outcomes(server) == ["accepted" if is_enough else "not-allowed"]


def test_faults_and_reasons(start, url):
    server = start("--database", url)
    for fault, reason in [
        ("refuse=1", "requested"),
        ("expired", "expired"),
        ("throttled=0", "throttled"),
        ("wrong-region", "wrong-region"),
    ]:
        server.reset()
        server.fault(fault)
        with client(server, provider(server)) as it, pytest.raises(redis.AuthenticationError):
            it.ping()
        assert outcomes(server)[0] == reason
        assert server.logins()[0]["engine"] == "redis"


def test_a_connection_that_authenticates_again_stays_while_commands_run(start, url):
    server = start("--database", url, "--auth-lasts", "2")
    credentials = provider(server, True, reauthenticate=0.7, check=0.1)
    with client(server, credentials, max_connections=1) as it:
        number, count, until = it.client_id(), 0, time.monotonic() + 5
        while time.monotonic() < until:
            assert it.incr("count") > 0
            count += 1
            time.sleep(0.01)
        assert it.client_id() == number
        it.delete("count")
    credentials.close()
    assert count > 100
    assert len(outcomes(server)) >= 5
    assert set(outcomes(server)) == {"accepted"}


def test_a_connection_ends_so_long_after_its_last_auth(start, url):
    server = start("--database", url, "--auth-lasts", "2")
    good = token(server)
    with Connection(server) as it, Connection(server) as never:
        start_of = time.monotonic()
        assert it.ask(["AUTH", "app", good]) == ["+OK"]
        time.sleep(1)
        # A refused one prolongs nothing.
        assert it.ask(["AUTH", "app", "x"], ["PING"]) == [WRONG, "+PONG"]
        assert it.line() == ""
        assert 1.9 < time.monotonic() - start_of < 4
        assert never.ask(["PING"]) == [NO_AUTH]


def test_clients_of_node_authenticate_again(url):
    done = subprocess.run(
        ["node", ROOT / "tests/local/redis.js", "--database", url, "--auth-lasts", "2"],
        cwd=ROOT / "bindings-node",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "front front\ntrue true\n"), done.stderr


def test_two_verifiers_agree_on_100_tokens(start, url):
    """That of tests/valkey/front.py shares no code with this one."""
    keys = {KEY[0]: {"secret": KEY[1], "session_token": KEY[2]}}
    config = {"region": "us-east-1", "keys": keys}
    for kind, (service, own) in KINDS.items():
        server = start(
            *("--database", url, "--cache", f"{kind}:my-cache", "--access-key", ":".join(KEY))
        )
        right = {"service": service, "address": "my-cache", "own": own, "at": int(time.time())}
        found = [
            make_token(KEY, **{**right, **changes})
            for changes in [
                *({}, {"expires": 1000}, {"age": 880}, {"age": 901}, {"age": -200}, {"age": -400}),
                *({"service": "rds-db"}, {"service": "elasticache"}, {"service": "memorydb"}),
                *({"address": "other"}, {"address": "My-Cache"}, {"address": "my-cache:6379"}),
                *({"region": "eu-west-1"}, {"path": ""}, {"path": "//"}, {"scope_age": 86400}),
                *({"own": [*own[:-1], ("User", "App")]}, {"own": [*own[:-1], ("User", "b")]}),
                *({"own": own[:1]}, {"own": [*own, ("ResourceType", "ServerlessCache")]}),
                *({"own": [*own, ("DBUser", "app")]}, {"own": [("Action", "Connect"), *own[1:]]}),
                {"own": [(n, "Other" if n == "ResourceType" else v) for n, v in own]},
                *({"own": made} for _, made in KINDS.values()),
            ]
        ]
        chance = random.Random(kind)
        while len(found) < 100:
            text = make_token(KEY, **right, age=chance.randrange(600))
            at = chance.randrange(len(text))
            found.append(text[:at] + chance.choice("0aA%&=/?.+~-") + text[at + 1 :])
        verdicts = [is_right(text, kind, config) for text in found]
        with Connection(server) as it:
            replies = it.ask(*(["AUTH", "app", text] for text in found))
        assert [reply == "+OK" for reply in replies] == verdicts
        assert set(replies) == {"+OK", WRONG}
        assert 5 <= sum(verdicts) <= 30, kind


def is_right(text, kind, config):
    try:
        verifier.verify_cache(text, "app", kind, "my-cache", config)
    except verifier.Refused:
        return False
    return True


def test_what_is_wrong_with_the_set_up_is_said(start, url, behind):
    wrong = f"redis://front:other@localhost?socket={behind.socket}"
    for database in (wrong, f"redis://localhost?socket={behind.socket}.none"):
        server = start("--database", database)
        with Connection(server) as it:
            assert it.ask(["PING"])[0].startswith("-ERR the database behind, /")
    for options, word in [
        (("--cache", "my.cache"), "--cache"),
        (("--cache", "redis:x"), "memorydb:NAME"),
        (("--endpoint", "abc.dsql.us-east-1.on.aws"), "--endpoint"),
        (("--auth-lasts", "0"), "--auth-lasts"),
    ]:
        done = run("--database", url, *options)
        assert done.returncode != 0
        assert word in done.stderr
