"""Every known answer, by the installed wheel: vectors.py FOLDER says how many there were."""

import json
import sys

from rdsiam import _rdsiam

INPUTS = (
    "host",
    "port",
    "user",
    "region",
    "access_key_id",
    "secret_access_key",
    "session_token",
    "unix_time",
    "expires",
)


def vectors(folder: str) -> int:
    with open(f"{folder}/tokens.json", encoding="utf-8") as file:
        found = json.load(file)
    run = 0
    for vector in found["vectors"]:
        if vector["style"] == "botocore":
            token = _rdsiam._sign_at(*(vector[name] for name in INPUTS))
            assert token == vector["token"], vector["id"]
            run += 1
    assert run == found["count_by_style"]["botocore"] > 0
    return run


if __name__ == "__main__":
    print(vectors(sys.argv[1]))
