"""examples/lambda-python under the runtime that Lambda itself uses, at the stand-in."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from support import PYTHON_SOURCE

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lambda"))

import runtime_api  # noqa: E402

each_handler = pytest.mark.parametrize("handler", ["handler", "handler_psycopg2"])


def invoke(handler: str, times: int, **changes: str) -> list[dict[str, Any]]:
    standin = os.environ
    environment = {
        "DB_HOST": standin["STANDIN_HOST"],
        "DB_PORT": standin["STANDIN_PORT"],
        "DB_USER": standin["STANDIN_USER"],
        "DB_NAME": standin["STANDIN_DB"],
        "DB_CA": standin["STANDIN_CA"],
        # The endpoint's name is in no DNS.
        "PGHOSTADDR": standin["STANDIN_HOSTADDR"],
        "AWS_REGION": standin["STANDIN_REGION"],
        "AWS_ACCESS_KEY_ID": standin["STANDIN_ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": standin["STANDIN_SECRET_ACCESS_KEY"],
        "AWS_SESSION_TOKEN": standin["STANDIN_SESSION_TOKEN"],
        "PYTHONPATH": os.pathsep.join([str(ROOT / "examples/lambda-python"), str(PYTHON_SOURCE)]),
        **changes,
    }
    command = [sys.executable, "-m", "awslambdaric", f"{handler}.handler"]
    results: list[dict[str, Any]] = runtime_api.run([{}] * times, command, environment)
    return results


@each_handler
def test_it_answers_and_stays_logged_in(handler: str) -> None:
    before = Path(os.environ["STANDIN_LOG"]).read_text().count(" accepted ")
    results = invoke(handler, 3)
    for result in results:
        assert result["response"]["statusCode"] == 200, result
        told = json.loads(result["response"]["body"])
        assert told["user"] == os.environ["STANDIN_USER"]
    # One login for all three.
    assert Path(os.environ["STANDIN_LOG"]).read_text().count(" accepted ") == before + 1


@each_handler
def test_a_failure_tells_nothing(handler: str) -> None:
    (result,) = invoke(handler, 1, AWS_SECRET_ACCESS_KEY="wrong")
    assert result["response"] == {
        "statusCode": 500,
        "body": json.dumps({"error": "database unavailable"}),
    }
