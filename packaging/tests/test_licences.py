"""Licences of what is linked: allowed ones alone, and texts of those that ask for it."""

import licences
import pytest


@pytest.mark.parametrize(
    "expression",
    ["MIT", "Apache-2.0 OR GPL-3.0", "MIT/Apache-2.0", "Apache-2.0 AND ISC", "GPL-2.0 OR (MIT)"],
)
def test_what_deny_toml_allows_may_be_linked(expression: str) -> None:
    assert not licences.refused(expression)


@pytest.mark.parametrize("expression", ["GPL-3.0", "Apache-2.0 AND GPL-3.0", "None", ""])
def test_what_deny_toml_does_not_allow_is_refused(expression: str) -> None:
    assert licences.refused(expression)


def test_ring_keeps_both_of_its_texts_and_an_apache_choice_has_notices_alone() -> None:
    assert not licences._is_apache("Apache-2.0 AND ISC")
    assert licences._is_apache("MIT OR Apache-2.0")
    assert licences._is_apache("MIT/Apache-2.0")
    assert not licences._is_apache("MIT")
