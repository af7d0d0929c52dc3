"""Config and credentials files as people write them, for a C program.

It takes what boto3 or the JS SDK takes. So where boto3 is served, the program is served the same.
Where boto3 refuses a file, the program may be served as well, with the keys that are meant.
"""

import re
from urllib.parse import unquote

import pytest

import config_files
import with_boto3
from bindings import Binding

REGION = "us-east-1"
NO_EC2 = {"AWS_EC2_METADATA_DISABLED": "true"}
# Where the program is served otherwise than boto3, and why.
OTHERS = "as the AWS SDKs of other languages"
EMPTY = "an empty key signs nothing that a database takes"
DIFFERENT = {
    "AWS_DEFAULT_PROFILE": OTHERS,
    "both tokens": OTHERS,
    "an empty aws_security_token": OTHERS,
    "comments behind a semicolon": OTHERS,
    "an empty key": EMPTY,
    "an empty secret": EMPTY,
    "both empty": EMPTY,
    "process: an address": OTHERS,
    "process: a sign without quotes": OTHERS,
    "process: a variable": OTHERS,
    "process: a pipe": OTHERS,
    "process beside keys of the credentials file": OTHERS,
    "a login beside keys of the credentials file": OTHERS,
    "an SSO address beside keys": OTHERS,
    "the file of boto 2": OTHERS,
    "the file of boto 2 in the home directory": OTHERS,
    "the file of the first tools": OTHERS,
    "an odd file of the first tools": OTHERS,
    "the files of both": OTHERS,
}

# Keys that a case may be served with where boto3 refuses it; all others are another profile's.
MEANT = ("AKIDFILE", "AKIDHALF", "AKIDPROCESS")


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    told = config_files.write(tmp_path_factory.mktemp("files"))
    return {case["name"]: case for case in told}


def keys(token):
    """The access key id and the session token."""
    key = re.search(r"X-Amz-Credential=([^&]*)%2F\d{8}%2F", token)
    session = re.search(r"X-Amz-Security-Token=([^&]*)", token)
    return unquote(key[1]), unquote(session[1]) if session else ""


def by_c(case):
    source = f"profile={case['profile']}" if case["profile"] else "default"
    with Binding("c", (*with_boto3.LOGIN, REGION), source, case["env"] | NO_EC2) as binding:
        told = binding.ask("get")
    if "token" in told:
        return keys(told["token"])
    assert not re.search("(SECRET|SESSION)FILE", told["message"])
    return told["message"]


@pytest.mark.parametrize("name", [case["name"] for case in config_files.CASES])
def test_a_file_for_a_program(name, cases, monkeypatch):
    case = cases[name]
    for variable, value in (case["env"] | NO_EC2).items():
        monkeypatch.setenv(variable, value)
    theirs = with_boto3.token(case["profile"], REGION)
    ours = by_c(case)
    if theirs == with_boto3.FAILED:
        assert isinstance(ours, str) or ours[0] in MEANT
    elif name in DIFFERENT:
        assert ours != keys(theirs), "no difference any more"
    else:
        assert ours == keys(theirs)


def test_differences_are_cases(cases):
    assert DIFFERENT.keys() <= cases.keys()
