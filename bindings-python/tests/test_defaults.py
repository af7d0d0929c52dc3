"""The defaults that the signature and the stub state are those that hold."""

import ast
import inspect

import pytest

import rdsiam
from support import LOGIN, PYTHON_SOURCE, STATIC, ending_in

DEFAULTS = {
    name: parameter.default
    for name, parameter in inspect.signature(rdsiam.TokenCache).parameters.items()
    if parameter.default is not inspect.Parameter.empty
}


def test_the_stub_states_the_same_defaults() -> None:
    tree = ast.parse((PYTHON_SOURCE / "rdsiam" / "_rdsiam.pyi").read_text())
    (new,) = (
        function
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name == "TokenCache"
        for function in node.body
        if isinstance(function, ast.FunctionDef) and function.name in ("__new__", "__init__")
    )
    positional = new.args.args[len(new.args.args) - len(new.args.defaults) :]
    pairs = [*zip(positional, new.args.defaults, strict=True)]
    pairs += [
        (argument, default)
        for argument, default in zip(new.args.kwonlyargs, new.args.kw_defaults, strict=True)
        if default is not None
    ]
    assert {argument.arg: ast.literal_eval(default) for argument, default in pairs} == DEFAULTS


def signatures_of_two_calls(seconds: float, **options: int) -> int:
    """With credentials that expire in so many seconds, as the token does then."""
    cache = rdsiam.TokenCache(*LOGIN, credentials=ending_in(seconds), **options)
    cache.get_token()
    cache.get_token()
    return cache.stats()["signatures"]


@pytest.mark.parametrize("stated", [True, False])
def test_refresh_before(stated: bool) -> None:
    margin = DEFAULTS["refresh_before"]
    options = {"refresh_before": margin} if stated else {}
    assert signatures_of_two_calls(margin - 5, **options) == 2
    assert signatures_of_two_calls(margin + 10, **options) == 1


@pytest.mark.parametrize("stated", [True, False])
def test_min_remaining(stated: bool) -> None:
    margin = DEFAULTS["min_remaining"]
    options = {"min_remaining": margin} if stated else {}
    with pytest.raises(rdsiam.CredentialsExpiredError):
        signatures_of_two_calls(margin - 1, **options)
    assert signatures_of_two_calls(margin + 10, **options) == 2


def test_expires() -> None:
    got = rdsiam.TokenCache(*LOGIN, credentials=STATIC).get()
    assert got.signed_at is not None
    assert got.expires_at - got.signed_at == DEFAULTS["expires"]
