"""redis-py with tokens, against a server that verifies each AUTH and ends connections in time."""

import asyncio
import contextlib
import datetime
import gc
import json
import os
import string
import threading
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
import redis
import redis.asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

import rdsiam
import rdsiam.redis
from inputs import key_ids, secrets, sessions
from rdsiam import _rdsiam
from support import until

KEYS = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "SECRETKEYEXAMPLE"}
KINDS = ["elasticache", "elasticache-serverless", "memorydb"]
# tests/valkey/test.sh runs them, and fails without the server.
needs_server = pytest.mark.skipif("VALKEY_HOST" not in os.environ, reason="needs tests/valkey")


def by_botocore(token: str, kind: str, key: Any, region: str, name: str, user: str) -> list[str]:
    """The parts of what botocore's signer of any request makes of the same."""
    told = rdsiam.explain(token)
    assert told.signed_at is not None
    assert told.expires_at is not None
    query = {"Action": "connect", "User": user}
    if kind == "elasticache-serverless":
        query["ResourceType"] = "ServerlessCache"
    url = f"https://{name}/?{urllib.parse.urlencode(query, quote_via=urllib.parse.quote)}"
    request = botocore.awsrequest.AWSRequest("GET", url)
    now = datetime.datetime.fromtimestamp(told.signed_at, datetime.timezone.utc)
    request.context["timestamp"] = now.strftime("%Y%m%dT%H%M%SZ")
    service = kind.partition("-")[0]
    expires = told.expires_at - told.signed_at
    signer = botocore.auth.SigV4QueryAuth(key, service, region, expires=expires)
    before = botocore.auth.get_current_datetime
    botocore.auth.get_current_datetime = lambda: now.replace(tzinfo=None)
    try:
        signer.add_auth(request)
    finally:
        botocore.auth.get_current_datetime = before
    return parts(request.url.removeprefix("https://"))


def parts(token: str) -> list[str]:
    address, _, query = token.partition("?")
    return [address, *sorted(query.split("&"))]


@given(
    kind=st.sampled_from(KINDS),
    name=st.text(string.ascii_letters + string.digits + "-", min_size=1, max_size=40),
    user=st.text(string.ascii_letters + string.digits + "-._~@ +\u00e9", min_size=1, max_size=10),
    region=st.sampled_from(["us-east-1", "eu-central-1", "cn-north-1"]),
    keys=st.tuples(key_ids, secrets, sessions),
    at=st.integers(0, 2**31 - 1),
    expires=st.integers(1, 900),
)
@settings(max_examples=5_000, deadline=None)
def test_every_token_equals_that_of_botocores_signer(
    kind: str,
    name: str,
    user: str,
    region: str,
    keys: "tuple[str, str, str | None]",
    at: int,
    expires: int,
) -> None:
    # Signs as the server stores them.
    token = _rdsiam._sign_at(name, 6379, user, region, *keys, at, expires, kind)
    key = botocore.credentials.Credentials(*keys)
    lower = "".join(c.lower() if c.isascii() else c for c in user)
    assert parts(token) == by_botocore(token, kind, key, region, name.lower(), lower)


def test_the_provider_gives_the_user_in_lower_case_and_a_token_of_the_cache() -> None:
    provider = rdsiam.redis.CredentialProvider("App", "My-Cache", "us-east-1", credentials=KEYS)
    user, token = provider.get_credentials()
    assert (user, token[:44]) == ("app", "my-cache/?Action=connect&User=app&X-Amz-Algo")
    assert provider.get_credentials()[1] is token
    assert asyncio.run(provider.get_credentials_async()) == (user, token)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "master.my-cache.abc123.use1.cache.amazonaws.com"}, "host"),
        ({"kind": "rds"}, "kind"),
        ({"user": ""}, "user"),
        ({"reauthenticate": 12 * 3600}, "reauthenticate"),
        ({"reauthenticate": 0}, "reauthenticate"),
        ({"check": -1}, "reauthenticate"),
    ],
)
def test_what_is_wrong_is_said_at_once(changes: dict[str, Any], field: str) -> None:
    given = {"user": "app", "name": "my-cache", "region": "us-east-1", **changes}
    with pytest.raises(rdsiam.InvalidArgumentError, match=field):
        rdsiam.redis.StreamingCredentialProvider(**given, credentials=KEYS)


def env(name: str) -> str:
    return os.environ[f"VALKEY_{name}"]


def keys() -> dict[str, str]:
    return {
        "access_key_id": env("ACCESS_KEY_ID"),
        "secret_access_key": env("SECRET_ACCESS_KEY"),
        "session_token": env("SESSION_TOKEN"),
    }


@contextlib.contextmanager
def server(**changes: Any) -> Iterator[dict[str, Any]]:
    """The front's configuration with changes, as long as this lasts."""
    path = Path(env("CONFIG"))
    before = path.read_text()
    config = {**json.loads(before), **changes}
    path.write_text(json.dumps(config))
    # What an earlier test left open for longer ends now, and is not counted.
    time.sleep(0.3 if "longest" in changes else 0)
    try:
        yield config
    finally:
        path.write_text(before)


MADE: list[Any] = []


@pytest.fixture(autouse=True)
def providers_end_with_the_test() -> Iterator[None]:
    yield
    while MADE:
        made = MADE.pop()
        if isinstance(made, rdsiam.redis.StreamingCredentialProvider):
            made.close()


def a_provider(make: Any, kind: str = "elasticache", **options: Any) -> Any:
    options.setdefault("credentials", keys())
    MADE.append(make(env("USER"), env("NAME"), env("REGION"), kind=kind, **options))
    return MADE[-1]


def client(provider: Any, make: Any = redis.Redis, port: str = "PORT", **options: Any) -> Any:
    place = {"host": env("HOST"), "port": int(env(port))}
    tls = {"ssl": True, "ssl_ca_certs": env("CA")}
    return make(**place, **tls, credential_provider=provider, decode_responses=True, **options)


def accepted() -> int:
    lines = Path(env("LOG")).read_text().splitlines()
    return sum(line.split()[1] == "accepted" for line in lines)


def ended() -> int:
    return Path(env("LOG")).read_text().count("ended a connection")


@needs_server
@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_a_login_of_each_kind(kind: str, protocol: int) -> None:
    with server(kind=kind):
        provider = a_provider(rdsiam.redis.CredentialProvider, kind)
        with client(provider, protocol=protocol) as connected:
            assert connected.acl_whoami() == "app"

        async def whoami() -> str:
            made = client(provider, redis.asyncio.Redis, protocol=protocol)
            try:
                return str(await made.acl_whoami())
            finally:
                await made.aclose()

        assert asyncio.run(whoami()) == "app"


PROVIDERS = [rdsiam.redis.CredentialProvider, rdsiam.redis.StreamingCredentialProvider]


@needs_server
@pytest.mark.parametrize("make", PROVIDERS)
def test_all_nodes_of_a_cluster_take_the_token(make: Any) -> None:
    before = accepted()
    provider = a_provider(make)
    with client(provider, redis.RedisCluster, "CLUSTER_PORT") as connected:
        everywhere = connected.acl_whoami(target_nodes=redis.RedisCluster.ALL_NODES)
        # Keys of both nodes.
        values = [connected.incr(f"key-{number}") for number in range(16)]
    assert list(everywhere.values()) == ["app", "app"]
    assert len(values) == 16

    async def whoami() -> Any:
        made = redis.asyncio.RedisCluster
        connected = client(provider, made, "CLUSTER_PORT")
        try:
            return await connected.acl_whoami(target_nodes=made.ALL_NODES)
        finally:
            await connected.aclose()

    assert list(asyncio.run(whoami()).values()) == ["app", "app"]
    assert accepted() >= before + 4


@needs_server
def test_nodes_of_a_cluster_outlive_their_12_hours() -> None:
    provider = a_provider(rdsiam.redis.StreamingCredentialProvider, reauthenticate=EVERY, check=0.2)
    with (
        server(longest=LONGEST),
        client(provider, redis.RedisCluster, "CLUSTER_PORT") as connected,
    ):
        nodes = {"target_nodes": redis.RedisCluster.ALL_NODES}
        first, before = connected.client_id(**nodes), ended()
        done, end = 0, time.time() + 2 * LONGEST
        while time.time() < end:
            connected.incr(f"key-{done % 16}")
            done += 1
        assert connected.client_id(**nodes) == first
        assert done > 50
        assert ended() == before


@needs_server
def test_a_wrong_token_is_refused() -> None:
    for wrong in (
        a_provider(rdsiam.redis.CredentialProvider, "memorydb"),
        a_provider(rdsiam.redis.CredentialProvider, credentials=KEYS),
    ):
        with client(wrong) as connected, pytest.raises(redis.AuthenticationError):
            connected.ping()


class Commands:
    """Commands without a pause on some threads, and what they failed with."""

    def __init__(self, connected: Any, threads: int = 3) -> None:
        self.failures: list[Exception] = []
        self.done = 0
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(connected, n)) for n in range(threads)
        ]

    def _run(self, connected: Any, number: int) -> None:
        while not self._stop.is_set():
            try:
                key = f"key-{number}"
                connected.set(key, self.done)
                assert connected.get(key) is not None
                with connected.pipeline() as pipeline:
                    pipeline.incr("sum").incr("sum")
                    assert len(pipeline.execute()) == 2
                self.done += 1
            except Exception as error:
                self.failures.append(error)

    def __enter__(self) -> "Commands":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


# The 12 hours of AWS, and the 11 of the provider.
LONGEST, EVERY = 4, 1.2


@needs_server
def test_connections_outlive_their_12_hours_while_commands_run() -> None:
    """With a shorter day: no command fails, and no connection is made anew."""
    provider = a_provider(rdsiam.redis.StreamingCredentialProvider, reauthenticate=EVERY, check=0.2)
    with server(longest=LONGEST), client(provider, retry=None) as connected:
        before = ended()
        with Commands(connected) as commands:
            time.sleep(1)
            ids = {int(one["id"]) for one in connected.client_list() if one["user"] == "app"}
            time.sleep(2 * LONGEST)
            later = {int(one["id"]) for one in connected.client_list() if one["user"] == "app"}
        assert commands.failures == []
        assert commands.done > 50
        assert later & ids == ids
        assert ended() == before


@needs_server
def test_without_it_they_end() -> None:
    with server(longest=1):
        connected = client(a_provider(rdsiam.redis.CredentialProvider), retry=None)
        pipe = connected.pubsub()
        pipe.subscribe("anything")
        before = ended()
        until(lambda: ended() > before)
        with pytest.raises(redis.ConnectionError):
            list(pipe.listen())
        assert ended() == before + 1
        connected.close()


@needs_server
def test_asyncio_connections_outlive_them_too() -> None:
    async def main() -> None:
        provider = a_provider(
            rdsiam.redis.StreamingCredentialProvider, reauthenticate=EVERY, check=0.2
        )
        connected = client(provider, redis.asyncio.Redis, retry=None)
        before, end, done = ended(), time.time() + 2 * LONGEST, 0
        first = await connected.client_id()
        while time.time() < end:
            done = await connected.incr("async")
        assert done > 50
        assert await connected.client_id() == first
        assert ended() == before
        await connected.aclose()

    with server(longest=LONGEST):
        asyncio.run(main())


@needs_server
def test_renewed_credentials_authenticate_all_connections_again() -> None:
    current = keys()
    provider = a_provider(
        rdsiam.redis.StreamingCredentialProvider, credentials=lambda: dict(current), check=0.1
    )
    with server() as config, client(provider) as connected:
        connected.ping()
        before = accepted()
        time.sleep(0.5)
        assert accepted() == before
        assert provider.is_streaming()
        renewed = {"access_key_id": "ASIARENEWED", "secret_access_key": "NEW+SECRET"}
        config["keys"]["ASIARENEWED"] = {"secret": "NEW+SECRET", "session_token": None}
        Path(env("CONFIG")).write_text(json.dumps(config))
        current.clear()
        current.update(renewed)
        provider._tokens.invalidate()
        until(lambda: accepted() > before)
        assert connected.ping()
        time.sleep(0.5)
        assert accepted() == before + 1


@needs_server
def test_a_failure_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    provider = a_provider(rdsiam.redis.StreamingCredentialProvider, reauthenticate=0.5, check=0.1)
    told: list[str] = []

    def fails_once(token: Any) -> None:
        told.append(token.get_value())
        if len(told) == 1:
            raise redis.ConnectionError("not now")

    provider.on_next(fails_once)
    with client(provider) as connected:
        connected.ping()
        until(lambda: len(told) >= 2)
    assert "re-authentication failed, and is tried again: not now" in caplog.text
    assert all(token not in caplog.text for token in told)


def test_the_thread_ends_with_its_provider() -> None:
    def running() -> list[str]:
        return [t.name for t in threading.enumerate() if t.name == "rdsiam-redis"]

    for end in ("close", "forget"):
        provider = rdsiam.redis.StreamingCredentialProvider(
            "app", "my-cache", "us-east-1", credentials=KEYS, check=0.05
        )
        until(lambda: running() == [])
        provider.get_credentials()
        assert provider.is_streaming()
        if end == "close":
            provider.close()
        del provider
        gc.collect()
        until(lambda: running() == [])


def test_a_token_that_is_sent_later_is_a_valid_one() -> None:
    """A connection that is in use sends it when it is given back, which may be hours later."""
    cache = rdsiam.TokenCache(
        "my-cache", 6379, "app", "us-east-1", credentials=KEYS, kind="elasticache"
    )
    token = rdsiam.redis.Token(cache, "app")
    before = token.get_value()
    time.sleep(1.1)
    cache.invalidate()
    assert token.get_value() not in ("", before)
    assert (token.try_get("oid"), token.try_get("other"), token.is_expired()) == (
        "app",
        None,
        False,
    )
    assert 890_000 < token.ttl() <= 900_000
    assert token.get_expires_at_ms() - token.get_received_at_ms() == 900_000
