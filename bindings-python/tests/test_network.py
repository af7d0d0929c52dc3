"""Proxies, certificates, endpoints and the metadata service as they are set, beside boto3.

The rows are those of tests/emulator/network.py.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

import network
import proof

ROWS = [name for name, row in network.ROWS.items() if "boto3" in row.only]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[None]]]:
    """Some at a time: most of it is waiting."""
    folder = tmp_path_factory.mktemp("homes")
    with ThreadPoolExecutor(4) as pool:
        check = proof.check_network
        yield {name: pool.submit(check, "python", name, folder / name) for name in ROWS}


@pytest.mark.parametrize("name", ROWS)
def test_as_boto3(name: str, told: dict[str, Future[None]]) -> None:
    told[name].result()
