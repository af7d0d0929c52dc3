"""The classes of exceptions, and what they say."""

import pickle
import re
import warnings
from pathlib import Path
from typing import Any

import pytest

import rdsiam
from rdsiam import _rdsiam, errors
from support import HOST, LOGIN, STATIC

ROOT = Path(__file__).parents[2]
# What users read, and the numbers of C.
ROWS = re.findall(
    r"^\| (`ERR_.*?`) \| .* \| (yes|no|by cause) \|$", (ROOT / "docs/errors.md").read_text(), re.M
)
RETRYABLE = {code: again == "yes" for row, again in ROWS for code in re.findall(r"ERR_\w+", row)}
STATUS = {
    f"ERR_RDSIAM_{name}": int(number)
    for name, number in re.findall(
        r"^#define RDSIAM_ERR_(\w+) (\d+)$", (ROOT / "include/rdsiam.h").read_text(), re.M
    )
}
# Those whose class is not named as the code, and those with a base of Python's.
NAMES = {"ERR_RDSIAM_TIMEOUT": "RdsIamTimeoutError", "ERR_RDSIAM_PANIC": "InternalError"}
BASES = {"ERR_RDSIAM_INVALID_ARGUMENT": ValueError, "ERR_RDSIAM_TIMEOUT": TimeoutError}


def test_each_code_of_the_library_is_documented_and_has_its_class() -> None:
    assert set(RETRYABLE) == set(STATUS) == set(errors._CLASSES)
    assert len(STATUS) >= 10
    for code, status in STATUS.items():
        words = code.removeprefix("ERR_RDSIAM_").title().replace("_", "")
        cls = getattr(rdsiam, NAMES.get(code, f"{words}Error"))
        assert type(errors._of(code, "text", True)) is cls
        assert errors._of(code, "text", False).code == code
        assert cls.retryable == RETRYABLE[code]
        assert code in (cls.code, "ERR_RDSIAM_PANIC")
        assert issubclass(cls, rdsiam.RdsIamError)
        assert issubclass(cls, BASES.get(code, cls))
        assert issubclass(cls, rdsiam.CredentialsError) is (20 <= status <= 31)


def test_errors_survive_pickling() -> None:
    for code, cls in errors._CLASSES.items():
        again = pickle.loads(pickle.dumps(errors._of(code, "text", True)))
        assert (type(again), str(again), again.code, again.retryable) == (cls, "text", code, True)


@pytest.mark.parametrize("port", [5432.0, None, "", -1, 65536, 10**30, True, b"5432", "5 432"])
def test_ports_that_are_none(port: Any) -> None:
    for make in (rdsiam.TokenCache, rdsiam.generate_db_auth_token):
        with pytest.raises(rdsiam.InvalidArgumentError, match="port") as caught:
            make(HOST, port, "app")  # type: ignore[operator]
        assert isinstance(caught.value, ValueError)


def test_ports_that_are_given_as_text() -> None:
    for port in ("5432", "05432", 5432):
        assert rdsiam.TokenCache(HOST, port, "app").port == 5432
        token = rdsiam.TokenCache(HOST, port, "app", credentials=STATIC).get_token()
        assert token.startswith(HOST + ":5432/?")


def test_wrong_types_are_type_errors() -> None:
    new: Any = rdsiam.TokenCache
    for arguments in [
        (None, 1, "u"),
        (b"h", 1, "u"),
        ("h", 1, None),
        ("h", 1, 7),
        ("h", 1, "u", 5),
    ]:
        with pytest.raises(TypeError, match="must be str, not"):
            new(*arguments)
    for keyword in ("refresh_before", "min_remaining", "expires"):
        for value in (1.5, "60", True):
            with pytest.raises(TypeError, match=keyword):
                new(*LOGIN, **{keyword: value})
        for value in (-1, 901, 2**40):
            with pytest.raises(rdsiam.InvalidArgumentError, match=keyword):
                new(*LOGIN, **{keyword: value})
    with pytest.raises(TypeError):
        rdsiam.explain(None)  # type: ignore[arg-type]


def test_texts_that_utf8_cannot_carry() -> None:
    for arguments, name in [
        (("h\ud800", 1, "u"), "host"),
        (("h", 1, "u\udfff"), "user"),
        (("h", 1, b"\xff"), "user"),
        (("h", 1, "u", "\ud800"), "region"),
    ]:
        with pytest.raises(rdsiam.InvalidArgumentError, match=name):
            rdsiam.TokenCache(*arguments)  # type: ignore[arg-type]
    token = rdsiam.TokenCache(HOST, 1, "é".encode(), credentials=STATIC).get_token()
    assert rdsiam.explain(token).user == "é"


@pytest.mark.usefixtures("keys")
def test_the_names_of_the_user() -> None:
    call: Any
    for call in (rdsiam.generate_db_auth_token, rdsiam.client("rds").generate_db_auth_token):
        for token in (
            call(HOST, 5432, "app"),
            call(DBHostname=HOST, Port=5432, DBUsername="app"),
            call(DBHostname=HOST, Port="5432", DBUser="app", Region="us-east-1"),
        ):
            assert rdsiam.explain(token).user == "app"
        with pytest.raises(TypeError, match=r"missing 1 required .*'DBUsername'"):
            call(HOST, 5432)
        with pytest.raises(TypeError, match="both"):
            call(HOST, 5432, "app", DBUser="app")
        with pytest.raises(TypeError):
            call(HOST, 5432, "app", User="app")


def test_a_client_for_another_service_or_with_half_a_key() -> None:
    with pytest.raises(rdsiam.InvalidArgumentError, match="service_name"):
        rdsiam.client("s3")
    for given, missing in [
        ({"aws_access_key_id": "a"}, "aws_secret_access_key is missing"),
        ({"aws_secret_access_key": "s"}, "aws_access_key_id is missing"),
        ({"aws_session_token": "t"}, "aws_access_key_id and aws_secret_access_key are missing"),
    ]:
        with pytest.raises(rdsiam.InvalidArgumentError, match=missing):
            rdsiam.client("rds", **given)  # type: ignore[arg-type]
    with pytest.raises(rdsiam.InvalidArgumentError, match="region"):
        rdsiam.client("rds", region_name="US EAST")


def test_the_region_of_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rdsiam.client("rds", region_name="eu-west-1").meta.region_name == "eu-west-1"
    assert rdsiam.client("rds").meta.region_name is None
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    assert rdsiam.client("rds").meta.region_name == "eu-west-2"
    assert repr(rdsiam.client("rds")) == "<rdsiam.RDSClient region_name='eu-west-2'>"


def test_no_credentials_names_what_was_tried() -> None:
    with pytest.raises(rdsiam.CredentialsNotFoundError) as caught:
        rdsiam.TokenCache(*LOGIN).get_token()
    assert "nvironment" in str(caught.value)
    assert (caught.value.code, caught.value.retryable) == (
        "ERR_RDSIAM_CREDENTIALS_NOT_FOUND",
        False,
    )


def test_a_region_that_contradicts_the_host_warns_once_with_the_callers_line() -> None:
    cache = rdsiam.TokenCache(*LOGIN, "eu-west-1", credentials=STATIC)
    with pytest.warns(rdsiam.RdsIamWarning, match="eu-west-1") as caught:
        token = cache.get_token()
    assert (len(caught), caught[0].filename) == (1, __file__)
    assert rdsiam.explain(token).region == "eu-west-1"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cache.invalidate()
        cache.get_token()


def test_a_filter_can_make_the_warning_an_error() -> None:
    cache = rdsiam.TokenCache(*LOGIN, "eu-west-1", credentials=STATIC)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(rdsiam.RdsIamWarning):
            cache.get_token()
        assert cache.get_token()


def test_explain_tells_what_is_there() -> None:
    token = _rdsiam._sign_at(*LOGIN, None, "AKID", "s", None, 1_717_243_200, 900)
    told = rdsiam.explain(token)
    assert (told.host, told.port, told.user) == LOGIN
    assert told.kind == "rds"
    assert (told.signed_at, told.expires_at) == (1_717_243_200, 1_717_244_100)
    assert told.remaining_seconds is not None
    assert told.remaining_seconds < 0
    assert len(told.problems) == 1
    assert str(told).splitlines()[0].split() == ["host:", HOST]
    as_dict = told.to_dict()
    assert as_dict == {name: getattr(told, name) for name in as_dict} | {
        "problems": list(told.problems)
    }
    assert len(as_dict) == 12
    for odd in ("", "\0", "/?", "é" * 5000):
        assert rdsiam.explain(odd).problems
