"""Each source of credentials, beside boto3, and what happens where one misbehaves.

The sources and the table of misbehaviours are those of tests/emulator.
"""

from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest

import cases
import proof
import setups

KINDS = {
    cases.NOT_FOUND: "CredentialsNotFoundError",
    cases.EXPIRED: "CredentialsExpiredError",
    cases.PROVIDER: "CredentialsProviderError",
    cases.TIMEOUT: "RdsIamTimeoutError",
}

Told = dict[str, Future[Any]]
Case = dict[str, Any]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with proof.side_by_side("python", tmp_path_factory.mktemp("homes")) as told:
        yield told


@pytest.mark.parametrize("name", setups.SETUPS)
def test_a_source_beside_boto3(name: str, told: Told) -> None:
    tokens, keys = told[name].result()
    proof.introduce(keys)
    proof.log_in(tokens[0])
    proof.log_in(tokens[-1])


@pytest.mark.parametrize("case", cases.FAILING, ids=cases.name)
def test_a_failing_source(case: Case, told: Told) -> None:
    result = told[cases.name(case)].result()
    proof.check_failing(case, result)
    assert result["first"]["kind"] == KINDS[case["code"]]


@pytest.mark.parametrize("case", cases.SERVING, ids=cases.name)
def test_odd_but_right_answers(case: Case, told: Told) -> None:
    proof.check_serving(case, told[cases.name(case)].result())


@pytest.mark.parametrize("case", cases.ONCE, ids=cases.name)
def test_one_bad_answer_is_made_up_for(case: Case, told: Told) -> None:
    proof.check_once(told[cases.name(case)].result())
