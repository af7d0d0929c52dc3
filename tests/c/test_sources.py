"""Each source of credentials for a C program, beside boto3, and where one misbehaves.

The program is tests/c/driver.c, under AddressSanitizer and LeakSanitizer; the sources and the
table of misbehaviours are those of tests/emulator.
"""

import pytest

import cases
import proof
import setups

STATUSES = {cases.NOT_FOUND: 20, cases.EXPIRED: 21, cases.PROVIDER: 22, cases.TIMEOUT: 31}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    with proof.side_by_side("c-asan", tmp_path_factory.mktemp("homes")) as told:
        yield told


@pytest.mark.parametrize("name", setups.SETUPS)
def test_a_source_beside_boto3(name, told):
    tokens, keys = told[name].result()
    proof.introduce(keys)
    for token in tokens:
        proof.log_in(token)


@pytest.mark.parametrize("case", cases.FAILING, ids=cases.name)
def test_a_failing_source(case, told):
    result = told[cases.name(case)].result()
    proof.check_failing(case, result)
    assert result["first"]["status"] == STATUSES[case["code"]]


@pytest.mark.parametrize("case", cases.SERVING, ids=cases.name)
def test_odd_but_right_answers(case, told):
    proof.check_serving(case, told[cases.name(case)].result())


@pytest.mark.parametrize("case", cases.ONCE, ids=cases.name)
def test_one_bad_answer_is_made_up_for(case, told):
    proof.check_once(told[cases.name(case)].result())
