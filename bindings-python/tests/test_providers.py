"""The caller's own providers: logins with what they give, beside boto3's with the same."""

import datetime
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.credentials
import botocore.session
import pytest

import emulator
import proof
import rdsiam
import setups
from bindings import Binding

KEY, SECRET, SESSION = proof.STANDIN_KEYS
MAPPING = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "aws_session_token": SESSION}


def static_botocore_session() -> Any:
    session = botocore.session.Session()
    session.set_credentials(KEY, SECRET, SESSION)
    return session


def static_frozen() -> Any:
    credentials = boto3.Session(**MAPPING).get_credentials()
    assert credentials is not None
    return credentials.get_frozen_credentials()


SHAPES = {
    "mapping": lambda: MAPPING,
    "object": lambda: SimpleNamespace(**MAPPING),
    "callable": lambda: lambda: MAPPING,
    "callable with force_refresh": lambda: lambda force_refresh=False: MAPPING,
    "callable that gives an object": lambda: lambda: SimpleNamespace(**MAPPING),
    "boto3 session": lambda: boto3.Session(**MAPPING),
    "botocore session": static_botocore_session,
    "boto3 credentials": lambda: boto3.Session(**MAPPING).get_credentials(),
    "frozen credentials": static_frozen,
    "callable that gives frozen credentials": lambda: static_frozen,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_logs_in_beside_boto3(shape: str) -> None:
    cache = rdsiam.TokenCache(*proof.login(), credentials=SHAPES[shape]())
    client = boto3.Session(**MAPPING).client("rds", region_name=proof.login()[3])
    deadline = time.monotonic() + 10
    while True:
        cache.invalidate()
        ours, theirs = cache.get_token(), client.generate_db_auth_token(*proof.login())
        if proof.signed_at(ours) == proof.signed_at(theirs):
            break
        assert time.monotonic() < deadline
    # Of the same second, they are the same.
    assert ours == theirs
    proof.log_in(ours)


# Those whose keys end.
ENDING = [name for name, (_, source) in setups.SETUPS.items() if source is not None]


class Session:
    """A session of boto3 or botocore that finds its keys at an emulator, and a cache by it."""

    def __init__(self, kind: str, name: str, folder: Path, seconds: int) -> None:
        self.kind, self.name, self.folder = kind, name, folder
        self.served = emulator.Emulator(seconds=seconds)

    def __enter__(self) -> "Session":
        self.served.__enter__()
        self.setup = setups.make(self.served, self.name, self.folder)
        named = self.setup["profile"] and "AWS_PROFILE" not in self.setup["env"]
        source = f"{self.kind}={self.setup['profile']}" if named else self.kind
        self.driver = Binding("python", proof.login(), source, self.setup["env"])
        self.ask = self.driver.__enter__().ask
        return self

    def __exit__(self, *raised: Any) -> None:
        self.driver.__exit__(*raised)
        self.served.__exit__(*raised)

    @property
    def source(self) -> str:
        source: str = self.setup["source"]
        return source

    def answers(self) -> list[dict[str, Any]]:
        return [entry for entry in self.served.requests(self.source) if "expires_at" in entry]

    def log_in(self, answer: dict[str, Any]) -> None:
        expected = (self.setup["access_key_id"], self.setup["session_token"])
        assert proof.signed_with(answer["token"]) == expected
        proof.introduce(setups.verifier_keys(self.served))
        proof.log_in(answer["token"])


@pytest.fixture(params=["boto3", "botocore"])
def kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.mark.parametrize(
    ("kind", "name"),
    [*(("boto3", name) for name in ENDING), ("botocore", "role-of-profile")],
)
def test_a_session_by_each_source(kind: str, name: str, tmp_path: Path) -> None:
    # botocore lengthens the life of an instance's keys that end soon, by itself.
    seconds = 3600 if name.startswith("instance") else proof.SECONDS
    with Session(kind, name, tmp_path, seconds) as session:
        ours, theirs = session.ask("get"), session.ask("peer")
        assert "code" not in ours, ours
        proof.check_end(ours["token"], ours["expires_at"], session.served, session.source)
        for answer in (ours, theirs):
            session.log_in(answer)


def test_an_assumed_role_is_renewed_when_due(kind: str, tmp_path: Path) -> None:
    with Session(kind, "role-of-profile", tmp_path, 700) as session:
        session.served.mode("assume-role", "rotate")
        first = session.ask("get")
        session.served.config["seconds"] = 3600
        session.ask("invalidate")
        renewed = session.ask("get")
        keys = [proof.signed_with(answer["token"])[0] for answer in (first, renewed)]
        assert keys[0] != keys[1] == session.answers()[-1]["access_key_id"]
        assert renewed["expires_at"] == proof.signed_at(renewed["token"]) + 900
        # They are good for an hour: neither of the two asks again.
        count = len(session.answers())
        session.ask("invalidate")
        for call in ("get", "peer"):
            assert proof.signed_with(session.ask(call)["token"])[0] == keys[1]
        assert len(session.answers()) == count


@pytest.mark.parametrize("seconds", [900, 600, 300])
def test_keys_and_end_of_a_role_with_short_sessions(
    kind: str, seconds: int, tmp_path: Path
) -> None:
    """15 minutes are the least that STS gives; botocore renews those at each look."""
    with Session(kind, "role-of-profile", tmp_path, seconds) as session:
        session.served.mode("assume-role", "rotate")
        answer = session.ask("get")
        ends = {entry["access_key_id"]: entry["expires_at"] for entry in session.answers()}
        end = ends[proof.signed_with(answer["token"])[0]]
        assert answer["expires_at"] == min(end, proof.signed_at(answer["token"]) + 900)
        # Once for the keys, once by the rule of 15 minutes.
        assert len(ends) <= 2


def test_a_session_whose_source_fails_and_recovers(kind: str, tmp_path: Path) -> None:
    with Session(kind, "role-of-profile", tmp_path, 3600) as session:
        session.served.mode("assume-role", "status:403")
        answer = session.ask("get")
        assert answer["kind"] == "CredentialsProviderError"
        assert "ClientError" in answer["message"]
        session.served.mode("assume-role", None)
        for call in ("get", "peer"):
            session.log_in(session.ask(call))


def test_frozen_credentials_have_no_end_to_go_by() -> None:
    """The credentials that they were made from have one; those are to be given."""
    end = int(time.time()) + 300
    stamp = datetime.datetime.fromtimestamp(end, datetime.timezone.utc).isoformat()
    keys = {"access_key": KEY, "secret_key": SECRET, "token": SESSION, "expiry_time": stamp}
    credentials = botocore.credentials.RefreshableCredentials.create_from_metadata(
        keys, lambda: keys, "test"
    )
    frozen = credentials.get_frozen_credentials()
    for shape, life in ((credentials, 300), (frozen, 900)):
        got = rdsiam.TokenCache(*proof.login(), credentials=shape).get()
        assert life - 10 < got.expires_at - time.time() <= life
        proof.log_in(got.token)


def test_a_failing_callable_and_the_next_call() -> None:
    answers: list[Any] = [ConnectionError("down"), {**MAPPING, "expires_at": 1000}, MAPPING]

    def provider() -> Any:
        if isinstance(answers[0], Exception):
            raise answers[0]
        return answers[0]

    cache = rdsiam.TokenCache(*proof.login(), credentials=provider)
    for error in (rdsiam.CredentialsProviderError, rdsiam.CredentialsExpiredError):
        with pytest.raises(error):
            cache.get_token()
        answers.pop(0)
    proof.log_in(cache.get_token())


def test_the_articles_cache_over_a_client_of_boto3() -> None:
    host, port, user, region = proof.login()
    client = boto3.Session(**MAPPING).client("rds", region_name=region)
    token = rdsiam.DatabaseTokenCache(client, host, port, user, region).get_token()
    assert proof.signed_with(token) == (KEY, SESSION)
    proof.log_in(token)
