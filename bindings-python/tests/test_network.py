"""Proxies, certificates, endpoints and the metadata service as they are set, beside boto3.

The rows are those of tests/emulator/network.py.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import network
import pytest

import proof

ROWS = [name for name, row in network.ROWS.items() if "boto3" in row.only]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """All at once: most of the time is waiting. None, or what went wrong."""
    folder = tmp_path_factory.mktemp("homes")

    def run(name: str) -> BaseException | None:
        try:
            proof.check_network("python", name, Path(folder) / name)
        except BaseException as error:
            return error
        return None

    with ThreadPoolExecutor(4) as pool:
        return dict(zip(ROWS, pool.map(run, ROWS), strict=True))


@pytest.mark.parametrize("name", ROWS)
def test_as_boto3(name: str, told: dict[str, BaseException | None]) -> None:
    if (error := told[name]) is not None:
        raise error
