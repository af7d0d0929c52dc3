"""The examples in the docstrings work."""

import doctest
from typing import Any

import pytest

import rdsiam
from rdsiam import _rdsiam

EXAMPLES = 30


def documented() -> dict[str, Any]:
    found = {}
    for name in rdsiam.__all__:
        thing = getattr(rdsiam, name)
        found[name] = thing
        if isinstance(thing, type):
            for member in dir(thing):
                if not member.startswith("_"):
                    found[f"{name}.{member}"] = getattr(thing, member)
    found["ClientMeta"] = _rdsiam.ClientMeta
    return found


@pytest.mark.usefixtures("keys")
def test_every_example_works() -> None:
    parser, runner, docs = doctest.DocTestParser(), doctest.DocTestRunner(), set()
    for name, thing in documented().items():
        text = getattr(thing, "__doc__", None) or ""
        if ">>>" in text and text not in docs:
            docs.add(text)
            runner.run(parser.get_doctest(text, {}, name, name, 0))
    failed, tried = runner.summarize(verbose=False)
    assert failed == 0
    assert len(docs) == EXAMPLES
    assert tried >= 2 * EXAMPLES
