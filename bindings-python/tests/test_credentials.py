"""Each shape of credentials that is taken, and those that are not."""

import datetime
import time
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.credentials
import botocore.session
import pytest

import rdsiam
from rdsiam import _credentials
from support import HOST, LOGIN, STATIC, ending_in

NAMES = [
    ("aws_access_key_id", "aws_secret_access_key", "aws_session_token"),
    ("access_key_id", "secret_access_key", "session_token"),
    ("AccessKeyId", "SecretAccessKey", "SessionToken"),
    ("AccessKeyId", "SecretAccessKey", "Token"),
    ("access_key", "secret_key", "token"),
]


def explained(credentials: Any) -> rdsiam.Explanation:
    return rdsiam.explain(rdsiam.TokenCache(*LOGIN, credentials=credentials).get_token())


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("session", [None, "", "SESSION"])
def test_each_set_of_names_in_each_shape(names: tuple[str, ...], session: str | None) -> None:
    mapping = dict(zip(names, ("AKID", "SECRET", session), strict=True))
    with_force_refresh: Any = lambda force_refresh: mapping  # noqa: E731
    for shape in (
        mapping,
        SimpleNamespace(**mapping),
        lambda: mapping,
        lambda: SimpleNamespace(**mapping),
        with_force_refresh,
    ):
        told = explained(shape)
        assert (told.access_key_id, told.has_session_token) == ("AKID", session == "SESSION")


def test_a_boto3_session_and_a_botocore_session() -> None:
    session = boto3.Session("AKIDOFBOTO", "SECRET", "SESSION")
    core = botocore.session.Session()
    core.set_credentials("AKIDOFBOTO", "SECRET", "SESSION")
    credentials = session.get_credentials()
    assert credentials is not None
    for shape in (
        session,
        core,
        credentials,
        session.get_credentials,
        credentials.get_frozen_credentials(),
    ):
        told = explained(shape)
        assert (told.access_key_id, told.has_session_token) == ("AKIDOFBOTO", True)


def test_a_session_whose_credentials_are_renewed() -> None:
    asked = []

    def refresh() -> dict[str, str]:
        asked.append(time.time())
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
        return {
            "access_key": f"AKID{len(asked)}",
            "secret_key": "SECRET",
            "token": "SESSION",
            "expiry_time": end.isoformat(),
        }

    session = botocore.session.Session()
    session._credentials = botocore.credentials.RefreshableCredentials.create_from_metadata(
        metadata=refresh(), refresh_using=refresh, method="test"
    )
    cache = rdsiam.TokenCache(*LOGIN, credentials=session)
    assert rdsiam.explain(cache.get_token()).access_key_id == "AKID1"
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=9)
    session._credentials._expiry_time = soon
    cache.invalidate()
    assert rdsiam.explain(cache.get_token()).access_key_id == "AKID2"
    assert rdsiam.TokenCache(*LOGIN, credentials=session._credentials).get_token()
    session._credentials._expiry_time = soon
    parts = _credentials.read(session)
    assert not isinstance(parts, tuple)
    assert (parts(False)[3] or 0) > time.time() + 3000


class Renewing(botocore.credentials.RefreshableCredentials):
    """Credentials whose life is never long enough for botocore: it renews them at each look."""

    def __init__(self, life: int, meanwhile: bool = False) -> None:
        self.made = 0
        self.life = life
        self.meanwhile = meanwhile
        super().__init__(None, None, None, None, refresh_using=self.make, method="test")
        self._refresh_now()

    def make(self) -> dict[str, str]:
        self.made += 1
        end = datetime.datetime.fromtimestamp(self.end(self.made), datetime.timezone.utc)
        key = {"access_key": f"AKID{self.made}", "secret_key": "SECRET", "token": "SESSION"}
        return {**key, "expiry_time": end.isoformat()}

    def end(self, number: int) -> int:
        """Each lives a minute longer than the one before."""
        return int(time.time()) + self.life + 60 * number

    def _refresh_now(self) -> None:
        with self._refresh_lock:
            self._protected_refresh(is_mandatory=True)

    def get_frozen_credentials(self) -> Any:
        frozen = super().get_frozen_credentials()
        if self.meanwhile:
            # As another thread may do, after the keys were looked at and before their end is.
            self._refresh_now()
        return frozen


@pytest.mark.parametrize("meanwhile", [False, True])
@pytest.mark.parametrize("life", [200, 3600])
def test_the_end_of_keys_that_are_renewed_at_each_look(life: int, meanwhile: bool) -> None:
    credentials = Renewing(life, meanwhile)
    ask = _credentials.read(credentials)
    assert not isinstance(ask, tuple)
    for _ in range(3):
        before = credentials.made
        key, _secret, _session, end = ask(False)
        number = int(key.removeprefix("AKID"))
        assert abs((end or 0) - credentials.end(number)) <= 2
        # One look at them is one renewal: each may be a request to a service that throttles.
        assert credentials.made - before == (life < 900) + meanwhile


def test_keys_whose_renewal_hangs_are_looked_at_all_the_same() -> None:
    # Little enough to be renewed, and too much to wait for it.
    credentials = Renewing(700)
    end = credentials.end(1)
    with credentials._refresh_lock:
        parts = _credentials._of_botocore(credentials)
    assert parts[0] == "AKID1"
    assert abs((parts[3] or 0) - end) <= 2


def test_a_session_without_credentials() -> None:
    with pytest.raises(rdsiam.CredentialsNotFoundError, match="session"):
        explained(boto3.Session())


def in_an_hour(zone: datetime.tzinfo | None) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(HOUR + 0.75, zone)


HOUR = 2_000_000_000
EASTERN = datetime.timezone(datetime.timedelta(hours=-5))


@pytest.mark.parametrize(
    "end",
    [
        HOUR,
        HOUR + 0.9,
        in_an_hour(datetime.timezone.utc),
        in_an_hour(EASTERN),
        in_an_hour(EASTERN).isoformat(),
        "2033-05-18T03:33:20Z",
        "2033-05-18T03:33:20+00:00",
        "2033-05-18T03:33:20.123456789Z",
        "2033-05-18 05:33:20.5+02:00",
    ],
)
def test_each_way_to_say_when_they_end(end: Any) -> None:
    for name in ("expires_at", "Expiration", "expiration", "expiry_time"):
        assert _credentials.read({**STATIC, name: end}) == (*STATIC.values(), None, HOUR)


@pytest.mark.parametrize(
    "end", ["soon", "2033-05-18T03:33:20", in_an_hour(None), float("nan"), float("inf"), True, b"1"]
)
def test_what_is_no_time(end: Any) -> None:
    with pytest.raises(rdsiam.InvalidArgumentError, match="expires_at"):
        rdsiam.TokenCache(*LOGIN, credentials={**STATIC, "expires_at": end})
    with pytest.raises(rdsiam.CredentialsProviderError, match="expires_at"):
        explained(lambda: {**STATIC, "expires_at": end})


def test_ended_credentials_never_sign() -> None:
    for shape in (ending_in(-5), lambda: ending_in(-5)):
        with pytest.raises(rdsiam.CredentialsExpiredError) as caught:
            explained(shape)
        assert caught.value.retryable


def test_with_little_life_left_newer_ones_are_asked_for() -> None:
    asked = []

    def provider(force_refresh: bool = False) -> dict[str, Any]:
        asked.append(force_refresh)
        return ending_in(3600 if force_refresh else 600, access_key_id=f"AKID{force_refresh}")

    assert explained(provider).access_key_id == "AKIDTrue"
    assert asked == [False, True]
    asked.clear()

    def long_lived(*, force_refresh: bool) -> dict[str, Any]:
        asked.append(force_refresh)
        return ending_in(1000)

    explained(long_lived)
    assert asked == [False]


def test_a_provider_without_the_keyword_is_called_without() -> None:
    asked = []

    def provider(**more: Any) -> dict[str, Any]:
        asked.append(more)
        return ending_in(600)

    explained(provider)
    assert asked == [{}, {}]


BAD = [
    (None, "no keys"),
    ("AKID:SECRET", "no keys"),
    ({}, "no keys"),
    ({"access_key_id": "AKID"}, "secret_access_key is missing"),
    ({"secret_access_key": "SECRET"}, "access_key_id is missing"),
    ({**STATIC, "secret_access_key": b"SECRET"}, "secret_access_key is a value of type bytes"),
    ({**STATIC, "session_token": 7}, "session_token is a value of type int"),
    ({**STATIC, "access_key_id": ""}, "access_key_id is empty"),
    ({**STATIC, "secret_access_key": "S\0"}, "secret_access_key has an interior NUL"),
]


@pytest.mark.parametrize(("value", "text"), BAD)
def test_what_has_no_usable_keys(value: Any, text: str) -> None:
    with pytest.raises(rdsiam.CredentialsProviderError, match=text) as caught:
        explained(lambda: value)
    assert not caught.value.retryable
    if value is not None:
        with pytest.raises(rdsiam.InvalidArgumentError, match=text):
            rdsiam.TokenCache(*LOGIN, credentials=value)


def test_whether_to_try_again_follows_from_what_was_raised() -> None:
    class Passing(Exception):
        retryable = True

    from botocore.exceptions import EndpointConnectionError, ProfileNotFound

    for error, retryable in [
        (ValueError("x"), False),
        (ConnectionRefusedError("x"), True),
        (TimeoutError("x"), True),
        (Passing("x"), True),
        (EndpointConnectionError(endpoint_url="x"), True),
        (ProfileNotFound(profile="x"), False),
    ]:

        def provider(error: Exception = error) -> None:
            raise error

        with pytest.raises(rdsiam.CredentialsProviderError) as caught:
            explained(provider)
        assert caught.value.retryable is retryable, error
        assert caught.value.__cause__ is error
        assert str(caught.value) == f"the credentials provider raised {type(error).__name__}"


def test_a_profile(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "credentials"
    path.write_text("[other]\naws_access_key_id=AKIDOFFILE\naws_secret_access_key=S\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDOFENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "S")
    cache = rdsiam.TokenCache(*LOGIN, profile="other")
    assert rdsiam.explain(cache.get_token()).access_key_id == "AKIDOFFILE"
    rds = rdsiam.client("rds", profile_name="other")
    assert "AKIDOFFILE" in rds.generate_db_auth_token(HOST, 5432, "app")
    assert "AKIDOFENV" in rdsiam.generate_db_auth_token(HOST, 5432, "app")
