#!/usr/bin/env python3
"""Judges a token as RDS does, sharing no code with the library that made it.

    verifier.py --config FILE [--user USER] [--log FILE] < token

The user is --user or the environment's PAM_USER. Exit code 0: accepted; 1: refused, with the
reason on standard error and in the log. FILE is JSON, read anew at each login:

    {"endpoints": ["host:port", ...],
     "region": "us-east-1",
     "keys": {"AKID...": {"secret": "...", "session_token": "..." or null}, ...}}

Neither token nor secret nor signature is ever written anywhere.
"""

import argparse
import calendar
import hashlib
import hmac
import json
import os
import sys
import time
from urllib.parse import quote, unquote_to_bytes

REQUIRED = {
    "Action",
    "DBUser",
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
}
SESSION_TOKEN = "X-Amz-Security-Token"
MAX_SKEW = 300


class Refused(Exception):
    """A token that the server would not take; its text is the reason."""


def refuse_unless(condition, reason):
    if not condition:
        raise Refused(reason)


def verify(token, user, config, now=None):
    """Returns for a good token and raises Refused for any other."""
    now = time.time() if now is None else now
    address, slash, query = token.partition("/?")
    refuse_unless(slash, "the path is not /")
    refuse_unless(address in config["endpoints"], f"{address[:80]!r} is not an endpoint here")
    parameters = parse(query)
    check_names(parameters)
    refuse_unless(parameters["Action"] == "connect", "Action is not connect")
    refuse_unless(parameters["DBUser"] == user, "DBUser is not the user who logs in")
    refuse_unless(parameters["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256", "unknown algorithm")
    refuse_unless(parameters["X-Amz-SignedHeaders"] == "host", "SignedHeaders is not host")
    signed = check_times(parameters, now)
    secret, scope = check_credential(parameters, config, signed)
    check_signature(address, parameters, secret, scope)


def parse(query):
    parameters = {}
    for pair in query.split("&"):
        name, equals, value = pair.partition("=")
        refuse_unless(equals, f"parameter {name[:40]!r} has no value")
        refuse_unless(name not in parameters, f"parameter {name[:40]!r} is there twice")
        try:
            decoded = unquote_to_bytes(value).decode()
        except UnicodeDecodeError:
            raise Refused(f"parameter {name[:40]!r} is not UTF-8") from None
        refuse_unless(encode(decoded) == value, f"parameter {name[:40]!r} is not encoded as SigV4 asks")
        parameters[name] = decoded
    return parameters


def check_names(parameters):
    missing = REQUIRED - parameters.keys()
    refuse_unless(not missing, f"missing: {', '.join(sorted(missing))}")
    extra = parameters.keys() - REQUIRED - {SESSION_TOKEN}
    refuse_unless(not extra, f"unknown parameters: {len(extra)}")
    refuse_unless(parameters.get(SESSION_TOKEN) != "", "the session token is empty")


def check_times(parameters, now):
    try:
        signed = calendar.timegm(time.strptime(parameters["X-Amz-Date"], "%Y%m%dT%H%M%SZ"))
        expires = int(parameters["X-Amz-Expires"])
    except ValueError:
        raise Refused("X-Amz-Date or X-Amz-Expires cannot be read") from None
    refuse_unless(1 <= expires <= 900, "X-Amz-Expires is not 1 to 900")
    refuse_unless(signed <= now + MAX_SKEW, "signed in the future")
    refuse_unless(now < signed + expires, "expired")
    return signed


def check_credential(parameters, config, signed):
    parts = parameters["X-Amz-Credential"].split("/")
    refuse_unless(len(parts) == 5, "X-Amz-Credential has not five parts")
    key, date, region, service, end = parts
    refuse_unless(key in config["keys"], "unknown access key")
    refuse_unless(date == time.strftime("%Y%m%d", time.gmtime(signed)), "scope of another day")
    refuse_unless(region == config["region"], "wrong region")
    refuse_unless(service == "rds-db", "wrong service")
    refuse_unless(end == "aws4_request", "scope does not end with aws4_request")
    known = config["keys"][key]
    refuse_unless(
        parameters.get(SESSION_TOKEN) == known["session_token"], "not the session token of this key"
    )
    return known["secret"], "/".join(parts[1:])


def check_signature(address, parameters, secret, scope):
    given = parameters["X-Amz-Signature"]
    host, _, port = address.rpartition(":")
    # The peers differ at the default port of HTTPS: botocore signs the bare host.
    hosts = {address, host} if port == "443" else {address}
    good = any(
        hmac.compare_digest(given.encode(), signature(signed, parameters, secret, scope).encode())
        for signed in sorted(hosts)
    )
    refuse_unless(good, "the signature does not match")


def signature(host, parameters, secret, scope):
    query = "&".join(
        f"{encode(name)}={encode(value)}"
        for name, value in sorted(parameters.items())
        if name != "X-Amz-Signature"
    )
    empty = hashlib.sha256(b"").hexdigest()
    canonical = f"GET\n/\n{query}\nhost:{host}\n\nhost\n{empty}"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n{parameters['X-Amz-Date']}\n{scope}\n{digest}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, to_sign.encode(), "sha256").hex()


def encode(text):
    return quote(text, safe="-_.~")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", required=True)
    parser.add_argument("--user", default=os.environ.get("PAM_USER", ""))
    parser.add_argument("--log")
    arguments = parser.parse_args()
    token = sys.stdin.buffer.read().decode("utf-8", "replace").rstrip("\n")
    outcome, code = "accepted", 0
    try:
        with open(arguments.config, encoding="utf-8") as file:
            verify(token, arguments.user, json.load(file))
    except Refused as refused:
        outcome, code = f"refused: {refused}", 1
    line = f"{time.strftime('%H:%M:%S')} {arguments.user!r}: {len(token)} bytes: {outcome}\n"
    if arguments.log:
        with open(arguments.log, "a", encoding="utf-8") as log:
            log.write(line)
    if code:
        sys.stderr.write(line)
    return code


if __name__ == "__main__":
    sys.exit(main())
