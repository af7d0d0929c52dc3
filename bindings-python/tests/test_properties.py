"""Rules that hold for any input: what is quoted is read as it was, what is signed is explained."""

import re
import urllib.parse
import warnings
from typing import Any

import psycopg.conninfo
from hypothesis import given, settings

import rdsiam
from inputs import key_ids, logins, secrets, sessions, texts


@given(texts)
def test_a_url_has_the_text_as_its_password(text: str) -> None:
    quoted = rdsiam.url_quote(text)
    assert urllib.parse.unquote(quoted) == text
    assert re.fullmatch(r"(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+", quoted)
    url = f"postgresql://app:{quoted}@db:5432/app"
    assert psycopg.conninfo.conninfo_to_dict(url)["password"] == text
    assert urllib.parse.unquote(urllib.parse.urlsplit(url).password or "") == text


@given(texts)
def test_pgpass_has_the_text_as_its_last_field(text: str) -> None:
    """As libpq reads a field: a backslash takes the next character as it is, a colon ends it."""
    quoted = rdsiam.pgpass_quote(text)
    assert re.fullmatch(r"(?:\\.|[^\\:])*", quoted, re.DOTALL)
    assert re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL) == text


@given(texts)
def test_odbc_has_the_text_between_braces(text: str) -> None:
    for percent in (False, True):
        quoted = rdsiam.odbc_quote(text, percent=percent)
        assert re.fullmatch(r"\{(?:[^}]|\}\})*\}", quoted, re.DOTALL)
        read = quoted[1:-1].replace("}}", "}")
        assert (urllib.parse.unquote(read) if percent else read) == text


@given(arguments=logins(), key=key_ids, secret=secrets, session=sessions)
@settings(deadline=None)
def test_a_token_is_explained_as_it_was_signed(
    arguments: dict[str, Any], key: str, secret: str, session: "str | None"
) -> None:
    credentials = {"access_key": key, "secret_key": secret, "token": session}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rdsiam.RdsIamWarning)
        got = rdsiam.TokenCache(*arguments.values(), credentials=credentials).get()
    told = rdsiam.explain(got.token)
    host, port, user, region = arguments.values()
    assert (told.host, told.port, told.user, told.region) == (host.lower(), port, user, region)
    assert (told.access_key_id, told.has_session_token) == (key, session is not None)
    assert told.expires_at == got.expires_at
    assert told.length == len(got.token.encode())
