import pytest

import clock
from stand import START


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    return clock.build(tmp_path_factory.mktemp("clock"))


@pytest.fixture(params=["c", "python", "node"])
def name(request):
    """Of a binding."""
    return request.param


@pytest.fixture
def hand(library, tmp_path):
    """A clock that stands still."""
    hand = clock.Clock(library, tmp_path)
    hand.stop(START)
    return hand
