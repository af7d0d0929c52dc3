"""DatabaseTokenCache: over boto3's client, over any other object, and over none."""

import asyncio
import os
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

import rdsiam
from rdsiam import _rdsiam
from support import HOST, LOGIN, until


class Maker:
    """Makes tokens signed so many seconds ago."""

    def __init__(self, ago: int = 0, seconds: float = 0) -> None:
        self.ago, self.seconds, self.calls = ago, seconds, 0
        self.error: BaseException | None = None

    def generate_db_auth_token(
        self, DBHostname: str, Port: int, DBUsername: str, Region: str | None = None
    ) -> str:
        self.calls += 1
        time.sleep(self.seconds)
        if self.error is not None:
            raise self.error
        at = int(time.time()) - self.ago
        key = f"AKID{self.calls}"
        return _rdsiam._sign_at(DBHostname, Port, DBUsername, Region, key, "s", None, at, 900)


def test_the_token_of_a_boto3_client_is_signed_with_its_credentials() -> None:
    rds = boto3.client(
        "rds",
        region_name="eu-west-1",
        aws_access_key_id="AKIDOFBOTO",
        aws_secret_access_key="SECRETKEYEXAMPLE",
    )
    cache = rdsiam.DatabaseTokenCache(rds, "db.example.com", 5432, "app")
    token = cache.get_token()
    told = rdsiam.explain(token)
    assert (told.access_key_id, told.region) == ("AKIDOFBOTO", "eu-west-1")
    assert cache.get_token() is token
    cache.invalidate()
    assert rdsiam.explain(cache.get_token()).access_key_id == "AKIDOFBOTO"


@pytest.mark.usefixtures("keys")
def test_without_a_client_it_signs_itself() -> None:
    cache = rdsiam.DatabaseTokenCache(None, HOST, "5432", "app", "us-east-1")
    token = cache.get_token()
    assert cache.get_token() is token
    assert rdsiam.explain(token).access_key_id == "AKIDEXAMPLE"
    assert repr(cache).startswith(f"DatabaseTokenCache(host='{HOST}', port=5432")


def test_many_threads_wait_for_one_call() -> None:
    maker = Maker(seconds=0.3)
    cache = rdsiam.DatabaseTokenCache(maker, *LOGIN)
    with ThreadPoolExecutor(16) as pool:
        tokens = set(pool.map(lambda _: cache.get_token(), range(64)))
    assert (maker.calls, len(tokens)) == (1, 1)


def test_stale_token_is_served_while_one_caller_makes_the_next() -> None:
    maker = Maker(ago=850)
    cache = rdsiam.DatabaseTokenCache(maker, *LOGIN)
    old = cache.get_token()
    maker.seconds, maker.ago = 0.3, 0
    with ThreadPoolExecutor(1) as pool:
        new = pool.submit(cache.get_token)
        until(lambda: maker.calls == 2)
        assert [cache.get_token() for _ in range(20)] == [old] * 20
        assert new.result() != old
    assert cache.get_token() == new.result()
    assert maker.calls == 2


def test_token_that_is_about_to_expire_is_not_served() -> None:
    cache = rdsiam.DatabaseTokenCache(Maker(ago=895), *LOGIN)
    with pytest.raises(rdsiam.CredentialsExpiredError):
        cache.get_token()
    maker = Maker(ago=-600)  # From the future: the clock was set back.
    cache = rdsiam.DatabaseTokenCache(maker, *LOGIN)
    assert cache.get_token() != cache.get_token()


@pytest.mark.usefixtures("keys")
def test_it_has_the_surface_of_a_token_cache() -> None:
    for made in (None, Maker(ago=100)):
        cache = rdsiam.DatabaseTokenCache(made, *LOGIN)
        assert (cache.host, cache.port, cache.user, cache.region) == (*LOGIN, "us-east-1")
        token = cache.get_token()
        assert cache() == token == asyncio.run(cache.get_token_async())
        got = cache.get()
        assert got.token == token
        assert got.signed_at is not None
        assert got.expires_at == got.signed_at + 900
        cache.invalidate("another")
        assert cache.get_token() == token
        began = time.time() if made else time.time() - 1
        assert cache.login_refused(token, began) is (made is not None)
        assert cache.get_token()
        assert cache.stats()["invalidations"] == 1
        assert set(cache.stats()) == set(rdsiam.TokenCache(*LOGIN).stats())


@pytest.mark.usefixtures("keys")
def test_refused_login_leaves_a_newer_token_of_another_login() -> None:
    for made in (None, Maker(ago=100)):
        cache = rdsiam.DatabaseTokenCache(made, *LOGIN)
        old = cache.get_token()
        cache.invalidate()
        time.sleep(1.1 if made is None else 0)  # Two signatures of one second are equal.
        new = cache.get_token()
        cache.login_refused(old, time.time())
        assert cache.get_token() is new
        cache.login_refused(new, time.time())
        assert cache.get_token() is not new


def test_failed_call_is_followed_by_a_pause() -> None:
    maker = Maker(ago=850)
    cache = rdsiam.DatabaseTokenCache(maker, *LOGIN)
    old = cache.get_token()
    maker.error = RuntimeError("down")
    until(lambda: cache.get_token() == old and maker.calls == 2)
    time.sleep(0.1)
    assert [cache.get_token() for _ in range(20)] == [old] * 20
    assert maker.calls == 2


def test_errors_of_the_client_come_out_as_themselves() -> None:
    maker = Maker()
    maker.error = KeyError("no")
    cache = rdsiam.DatabaseTokenCache(maker, *LOGIN)
    with pytest.raises(KeyError):
        cache.get_token()
    maker.error = None
    assert cache.get_token()
    with pytest.raises(rdsiam.InvalidArgumentError, match="port"):
        rdsiam.DatabaseTokenCache(maker, HOST, 0, "app")


def test_any_text_of_a_test_double_is_kept_and_no_other_type() -> None:
    class Double:
        def __init__(self, value: Any) -> None:
            self.values = iter([value, "second"])

        def generate_db_auth_token(self, **_: Any) -> Any:
            return next(self.values)

    cache = rdsiam.DatabaseTokenCache(Double("mock-token"), *LOGIN)
    assert cache.get_token() is cache.get_token()
    with pytest.raises(TypeError, match="NoneType"):
        rdsiam.DatabaseTokenCache(Double(None), *LOGIN).get_token()


def test_what_was_under_way_at_an_invalidate_is_not_kept() -> None:
    maker = Maker(seconds=0.3)
    cache = rdsiam.DatabaseTokenCache(maker, *LOGIN)
    worker = threading.Thread(target=cache.get_token)
    worker.start()
    until(lambda: maker.calls == 1)
    cache.invalidate()
    worker.join()
    cache.get_token()
    assert maker.calls == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_of_fork_does_not_wait_for_a_call_of_the_parent() -> None:
    maker = Maker(seconds=0.5)
    cache = rdsiam.DatabaseTokenCache(maker, *LOGIN)
    worker = threading.Thread(target=cache.get_token)
    worker.start()
    until(lambda: maker.calls == 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        good = False
        try:
            good = cache.get_token().startswith(HOST)
        finally:
            os._exit(0 if good else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    worker.join()
