"""The settings of the network for a C program, beside boto3: tests/emulator/network.py."""

from concurrent.futures import ThreadPoolExecutor

import pytest

import network
import proof

ROWS = [name for name, row in network.ROWS.items() if "boto3" in row.only]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("homes")
    with ThreadPoolExecutor(4) as pool:
        yield {
            name: pool.submit(proof.check_network, "c-asan", name, folder / name) for name in ROWS
        }


@pytest.mark.parametrize("name", ROWS)
def test_as_boto3_or_said_otherwise(name, told):
    told[name].result()
