"""A hunt for secrets in everything that is printed, raised or pickled."""

import asyncio
import copy
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import pytest

import rdsiam
from support import HOST, LOGIN

SECRET, SESSION = "S3CR3TKEYS3CR3TKEY", "S3SSIONTOKENS3SSION"
KEYS = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": SECRET, "session_token": SESSION}


def check(*texts: str, token: str = "") -> None:
    signature = token.partition("X-Amz-Signature=")[2]
    for text in texts:
        for secret in (SECRET, SESSION, *([signature, token] if token else [])):
            assert secret
            assert secret not in text


def everything() -> list[Any]:
    cache = rdsiam.TokenCache(*LOGIN, credentials=KEYS)
    token = cache.get_token()
    assert SESSION in token
    rds = rdsiam.client(
        "rds",
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key=SECRET,
        aws_session_token=SESSION,
    )
    database = rdsiam.DatabaseTokenCache(rds, HOST, 5432, "app")
    assert SESSION in database.get_token()
    return [cache, cache.get(), rdsiam.explain(token), rds, rds.meta, database]


def test_nothing_shows_a_secret() -> None:
    things = everything()
    token = things[1].token
    for thing in things:
        check(repr(thing), str(thing), f"{thing}", f"{thing!r}", "%s" % (thing,), token=token)  # noqa: UP031
    check(repr(things), repr(things[2].to_dict()), token=token)


def test_nothing_is_pickled() -> None:
    for thing in everything():
        attempts: list[Callable[[object], object]] = [pickle.dumps, copy.copy]
        if isinstance(thing, rdsiam.TokenCache | rdsiam.DatabaseTokenCache):
            # Settings that hold a cache may be copied; the copy shares it.
            assert copy.deepcopy({"cache": thing})["cache"] is thing
        else:
            attempts.append(copy.deepcopy)
        for attempt in attempts:
            with pytest.raises(TypeError) as caught:
                attempt(thing)
            check(str(caught.value))


def told(call: Callable[[], object]) -> str:
    with pytest.raises((rdsiam.RdsIamError, TypeError)) as caught:
        call()
    # With the cause a traceback shows the provider's own text, which is the caller's to keep.
    caught.value.__cause__ = None
    frames = traceback.TracebackException.from_exception(caught.value)
    return f"{caught.value} {caught.value!r} {''.join(frames.format())} {caught.value.__dict__}"


def leaking() -> None:
    raise ValueError(f"{SECRET} {SESSION}")


WRONG: list[Any] = [
    {**KEYS, "access_key_id": None},
    {"secret_access_key": SECRET, "session_token": SESSION},
    {**KEYS, "secret_access_key": SECRET + "\0"},
    {**KEYS, "session_token": SESSION + "\0"},
    {**KEYS, "secret_access_key": SECRET + "\ud800"},
    {**KEYS, "session_token": SESSION.encode()},
    {**KEYS, "expires_at": SESSION},
    {**KEYS, "expires_at": 1},
    {"password": SECRET},
    SECRET,
    (SECRET, SESSION),
]


@pytest.mark.parametrize("wrong", WRONG, ids=range(len(WRONG)))
def test_no_error_about_credentials_quotes_them(wrong: Any) -> None:
    check(told(lambda: rdsiam.TokenCache(*LOGIN, credentials=wrong).get_token()))
    check(told(lambda: rdsiam.TokenCache(*LOGIN, credentials=lambda: wrong).get_token()))


def test_no_error_quotes_the_text_of_a_provider() -> None:
    cache = rdsiam.TokenCache(*LOGIN, credentials=leaking)
    check(told(cache.get_token), told(cache), told(cache.get))
    check(told(lambda: asyncio.run(cache.get_token_async())))


def test_no_error_quotes_what_was_put_in_the_wrong_argument() -> None:
    url = f"postgresql://app:{SECRET}@{HOST}:5432/db?password={SESSION}"
    for call in (
        lambda: rdsiam.TokenCache(url, 5432, "app"),
        lambda: rdsiam.TokenCache(HOST, SECRET, "app"),
        lambda: rdsiam.TokenCache(HOST, 5432, "app", SECRET),
        lambda: rdsiam.TokenCache(*LOGIN, profile=SECRET + "\0"),
        lambda: rdsiam.client(SECRET),
        lambda: rdsiam.client("rds", region_name=SECRET),
        lambda: rdsiam.client("rds", aws_secret_access_key=SECRET, aws_session_token=SESSION),
        lambda: rdsiam.generate_db_auth_token(url, 5432, "app"),
        lambda: rdsiam.generate_db_auth_token(HOST, SECRET, "app"),
    ):
        # The line of the source is in no traceback here: the secrets are variables.
        check(told(call))


def test_explain_hides_the_signature_even_of_a_broken_token() -> None:
    token = rdsiam.TokenCache(*LOGIN, credentials=KEYS).get_token()
    for broken in (
        token,
        token.replace("/?", "?"),
        token.replace("&", "&amp;"),
        token.replace("&", "%26"),
        token[:-20],
        "https://" + token,
        token.replace("X-Amz-Signature", "X-Amz-Sign"),
    ):
        explained = rdsiam.explain(broken)
        check(str(explained), repr(explained), repr(explained.to_dict()), token=token)
