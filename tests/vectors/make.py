#!/usr/bin/env python3
"""Lays out published.json and measured.json as tokens.json, the one file that every binding runs.

Each vector gets all stages of SigV4, computed here with the standard library alone, and is
checked against what its source recorded before it is written. With --check nothing is written:
the exit code says whether tokens.json is current.
"""

import ast
import calendar
import hashlib
import hmac
import json
import re
import sys
import time
from pathlib import Path
from urllib.parse import quote

HERE = Path(__file__).resolve().parent
EMPTY_PAYLOAD = hashlib.sha256(b"").hexdigest()
STYLES = ("botocore", "js")

MEASURED_HOST = "mydb.123456789012.us-east-1.rds.amazonaws.com"
# What each label of measured.json changes in the basic input. Labels that are not here are
# inputs that rdsiam refuses (invalid.json has those), or belong to another service.
MEASURED = {
    "basic": {},
    "kw": {"region": "us-west-2"},
    "port str": {},
    "port 443": {"port": 443},
    "port 80": {"port": 80},
    "ipv4": {"host": "10.0.0.1"},
    "user 'a b'": {"user": "a b"},
    "user 'a@b.com'": {"user": "a@b.com"},
    "user 'a+b'": {"user": "a+b"},
    "user 'a/b'": {"user": "a/b"},
    "user 'a%b'": {"user": "a%b"},
    "user 'é'": {"user": "é"},
    "user 'a~b-._'": {"user": "a~b-._"},
    "user 'a:b'": {"user": "a:b"},
    'user "(a)!*\'"': {"user": "(a)!*'"},
    "user 'a\\nb'": {"user": "a\nb"},
    "user b'bytes'": {"user": "bytes"},
    "aws-global": {"region": "aws-global"},
    "endpoint_url": {},
    "token": {"session_token": "FwoG/+=Ex=="},
    'user "a b"': {"user": "a b"},
    'user "a@b.com"': {"user": "a@b.com"},
    'user "a+b"': {"user": "a+b"},
    'user "a/b"': {"user": "a/b"},
    'user "a%b"': {"user": "a%b"},
    'user "é"': {"user": "é"},
    'user "a~b-._"': {"user": "a~b-._"},
    'user "a:b"': {"user": "a:b"},
    'user "a\\nb"': {"user": "a\nb"},
    "region fn": {"region": "eu-west-1"},
    "creds fn": {},
}
# Measured as well, but what was measured there is the JS SDK's alone.
MEASURED_JS = {"token empty": {"session_token": ""}}

# Where rdsiam differs from the peers on purpose (see README.md): nothing was measured.
DELIBERATE = {
    "upper host": {"host": "MyDB.123456789012.US-EAST-1.RDS.Amazonaws.COM"},
    "trailing dot": {"host": MEASURED_HOST + "."},
    "empty session token": {"session_token": ""},
    "ipv6 with brackets": {"host": "[2001:DB8::1]"},
    "ipv6 without brackets": {"host": "2001:db8::1"},
    "one second": {"expires": 1},
}


def basic(**changes):
    vector = {
        "host": MEASURED_HOST,
        "port": 3306,
        "user": "u",
        "region": "us-east-1",
        "access_key_id": "AKIDEXAMPLE",
        "secret_access_key": "SECRETKEYEXAMPLE",
        "session_token": None,
        "unix_time": 1717243200,
        "expires": 900,
    }
    return vector | changes


def encode(text):
    return quote(text, safe="-_.~")


def normal_host(host):
    host = host.lower().removesuffix(".")
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def stages(style, vector):
    """Every stage of the signature, and the token in the order of the style."""
    host = normal_host(vector["host"])
    address = f"{host}:{vector['port']}"
    signed_host = host if style == "botocore" and vector["port"] == 443 else address
    date_time = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(vector["unix_time"]))
    scope = f"{date_time[:8]}/{vector['region']}/rds-db/aws4_request"
    query = {
        "Action": "connect",
        "DBUser": vector["user"],
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{vector['access_key_id']}/{scope}",
        "X-Amz-Date": date_time,
        "X-Amz-Expires": str(vector["expires"]),
        "X-Amz-SignedHeaders": "host",
    }
    if vector["session_token"]:
        query["X-Amz-Security-Token"] = vector["session_token"]
    sorted_query = text_of(sorted(query.items()))
    canonical = f"GET\n/\n{sorted_query}\nhost:{signed_host}\n\nhost\n{EMPTY_PAYLOAD}"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = "\n".join(["AWS4-HMAC-SHA256", date_time, scope, digest])
    key = ("AWS4" + vector["secret_access_key"]).encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    query["X-Amz-Signature"] = signature
    ordered = sorted(query.items()) if style == "js" else list(query.items())
    return {
        "canonical_request": canonical,
        "string_to_sign": to_sign,
        "signature": signature,
        "token": f"{address}/?{text_of(ordered)}",
    }


def text_of(pairs):
    return "&".join(f"{name}={encode(value)}" for name, value in pairs)


def named(name, source, style):
    return {"id": name, "source": source, "style": style}


def published():
    for known in json.loads((HERE / "published.json").read_text())["vectors"]:
        if known["service"] != "rds-db":
            continue
        vector = basic(
            host=known["hostname"],
            port=known["port"],
            user=known["params"]["DBUser"],
            region=known["region"],
            access_key_id=known["access_key"],
            secret_access_key=known["secret_key"],
            session_token=known["session_token"],
            unix_time=calendar.timegm(time.strptime(known["amz_date"], "%Y%m%dT%H%M%SZ")),
            expires=known["expires"],
        )
        for style in STYLES:
            made = stages(style, vector)
            assert made["signature"] == known["signature"], known["id"]
            if known["expected_token"]:
                assert sorted(re.split("[?&]", made["token"])) == sorted(
                    re.split("[?&]", known["expected_token"])
                ), known["id"]
            yield named(f"{known['id']}/{style}", known["source"], style) | vector | made


def measured():
    recorded = json.loads((HERE / "measured.json").read_text())
    for style, section in (("botocore", "botocore"), ("js", "js_rds_signer")):
        for label, changes in (MEASURED | (MEASURED_JS if style == "js" else {})).items():
            if label not in recorded[section]:
                continue
            token = recorded[section][label]
            token = ast.literal_eval(token) if token[0] in "'\"" else token
            vector = basic(**changes)
            made = stages(style, vector)
            assert made["token"] == token, (section, label, made["token"], token)
            yield named(f"{section}: {label}", "measured.json", style) | vector | made


def deliberate():
    for label, changes in DELIBERATE.items():
        for style in STYLES:
            vector = basic(**changes)
            known = named(f"{label}/{style}", "README.md", style)
            yield known | vector | stages(style, vector)


def main():
    vectors = [*published(), *measured(), *deliberate()]
    assert len({vector["id"] for vector in vectors}) == len(vectors)
    made = {
        "about": "Known answers, made by make.py; README.md has the format.",
        "count": len(vectors),
        "count_by_style": {s: sum(v["style"] == s for v in vectors) for s in STYLES},
        "vectors": vectors,
    }
    text = json.dumps(made, indent=1) + "\n"
    path = HERE / "tokens.json"
    if "--check" in sys.argv:
        sys.exit(0 if path.read_text() == text else "tokens.json is not what make.py makes")
    path.write_text(text)
    print(len(vectors), "vectors")


if __name__ == "__main__":
    main()
