#!/usr/bin/env python3
"""Decides whether an IAM token of RDS, Aurora DSQL, ElastiCache or MemoryDB lets a user in.

It shares no code with the library that it judges, and it is strict on purpose: what RDS might
let pass, such as an unusual percent-encoding, is refused here.

As a command it reads the token from standard input:

    verifier.py --config FILE --user USER < token

The exit code is 0 for accepted, 1 for refused (with the reason on standard error) and 2 when it
cannot judge. As a module it offers verify(), load_config() and Refused.

FILE is JSON and is read anew for each token:

    {
        "endpoints": ["mydb.abc123xyz.us-east-1.rds.amazonaws.com:5432"],
        "region": "us-east-1",
        "keys": {
            "AKIDEXAMPLE": {"secret": "SECRETKEYEXAMPLE", "session_token": null}
        }
    }

It may have lists of endpoints under other names, for servers that each take tokens for their own:
`--endpoints NAME` chooses one. `dsql_endpoints` are host names for which a token of Aurora DSQL
lets a user in, as admin or as anybody else.
"""

import argparse
import calendar
import hashlib
import hmac
import json
import os
import re
import sys
import time
from typing import NamedTuple
from urllib.parse import quote, unquote

ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY_PAYLOAD = hashlib.sha256(b"").hexdigest()
MOST_BYTES = 65536
CLOCK_SKEW = 300
REQUIRED = {
    "Action",
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
}
OPTIONAL = {"X-Amz-Security-Token"}


class Recipe(NamedTuple):
    """What a token of one service has besides what all have."""

    service: str
    parameters: frozenset
    longest_life: int = 900


RDS = Recipe("rds-db", frozenset({"DBUser"}))
DSQL = Recipe("dsql", frozenset(), 604_800)
CACHES = {
    "elasticache": Recipe("elasticache", frozenset({"User"})),
    "elasticache-serverless": Recipe("elasticache", frozenset({"User", "ResourceType"})),
    "memorydb": Recipe("memorydb", frozenset({"User"})),
}


class Refused(Exception):
    """The reason, which quotes nothing from the token."""


def load_config(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def verify(token, user, config, now=None):
    """Returns None if the token lets the user in at the time now, and raises Refused if not."""
    authority, query = split(token)
    host, colon, port = authority.rpartition(":")
    if not colon:
        raise Refused("malformed: not host:port/?query")
    check_endpoint(host, port, config["endpoints"])
    params = parse_query(query, RDS)
    if params["Action"] != "connect":
        raise Refused("wrong Action")
    if params["DBUser"] != user:
        raise Refused("wrong user: DBUser is not the user who logs in")
    check_request(params, RDS, signing_hosts(host, port), config, now)


def verify_dsql(token, user, config, now=None):
    """As verify(), for Aurora DSQL: of the user it says no more than whether it is admin."""
    host, query = split(token)
    if host not in config["dsql_endpoints"]:
        raise Refused("wrong host")
    params = parse_query(query, DSQL)
    if params["Action"] != ("DbConnectAdmin" if user == "admin" else "DbConnect"):
        raise Refused("wrong Action")
    check_request(params, DSQL, [host], config, now)


def verify_cache(token, user, kind, name, config, now=None):
    """As verify(), for a cache of ElastiCache or MemoryDB by its name."""
    host, query = split(token)
    if host != name:
        raise Refused("wrong name of the cache")
    recipe = CACHES[kind]
    params = parse_query(query, recipe)
    if params["Action"] != "connect":
        raise Refused("wrong Action")
    if params.get("ResourceType", "ServerlessCache") != "ServerlessCache":
        raise Refused("wrong ResourceType")
    if params["User"] != user or user != user.lower():
        raise Refused("wrong user: User is not the user who logs in")
    check_request(params, recipe, [host], config, now)


def is_for_dsql(token, config):
    return ":" not in token.partition("/")[0] and "dsql_endpoints" in config


def check_request(params, recipe, hosts, config, now):
    now = time.time() if now is None else now
    if params["X-Amz-Algorithm"] != ALGORITHM:
        raise Refused("wrong algorithm")
    if params["X-Amz-SignedHeaders"] != "host":
        raise Refused("wrong SignedHeaders")
    check_time(params, recipe.longest_life, now)
    key_id, scope = check_scope(params, config["region"], recipe.service)
    if key_id not in config["keys"]:
        raise Refused("unknown access key")
    key = config["keys"][key_id]
    check_session_token(params, key.get("session_token"))
    check_signature(params, scope, key["secret"], hosts)


def split(token):
    """authority/?query"""
    if len(token) > MOST_BYTES:
        raise Refused("malformed: longer than 64 KiB")
    if not re.fullmatch("[!-~]+", token):
        raise Refused("malformed: empty, or a character that no token has")
    address, mark, query = token.partition("?")
    authority, slash, path = address.partition("/")
    if not mark or not authority:
        raise Refused("malformed: not host:port/?query")
    if not slash or path:
        raise Refused("wrong path: not exactly /")
    return authority, query


def check_endpoint(host, port, endpoints):
    if f"{host}:{port}" in endpoints:
        return
    known_host = host in [endpoint.rpartition(":")[0] for endpoint in endpoints]
    raise Refused("wrong port" if known_host else "wrong host")


def parse_query(query, recipe):
    params = {}
    required = REQUIRED | recipe.parameters
    for pair in query.split("&"):
        name, equals, raw = pair.partition("=")
        if not equals:
            raise Refused("malformed: a parameter without =")
        if name in params:
            raise Refused("duplicate parameter")
        if name not in required | OPTIONAL:
            raise Refused("extra parameter")
        params[name] = unquote(raw, errors="replace")
        if encode(params[name]) != raw:
            raise Refused("malformed: the percent-encoding is not the one that is signed")
    if missing := required - params.keys():
        raise Refused("missing parameter: " + ", ".join(sorted(missing)))
    return params


def encode(text):
    return quote(text, safe="-._~")


def check_time(params, longest, now):
    if not re.fullmatch("[0-9]{8}T[0-9]{6}Z", params["X-Amz-Date"]):
        raise Refused("malformed: X-Amz-Date")
    try:
        signed = calendar.timegm(time.strptime(params["X-Amz-Date"], "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise Refused("malformed: X-Amz-Date") from None
    expires = params["X-Amz-Expires"]
    if not re.fullmatch("[1-9][0-9]{0,5}", expires) or int(expires) > longest:
        raise Refused(f"wrong X-Amz-Expires: not 1 to {longest}")
    if signed - now > CLOCK_SKEW:
        raise Refused(f"from the future: signed more than {CLOCK_SKEW} seconds ahead")
    if now >= signed + int(expires):
        raise Refused("expired")


def check_scope(params, wanted_region, wanted_service):
    """X-Amz-Credential is KEY/DATE/REGION/SERVICE/aws4_request."""
    key_id, _, scope = params["X-Amz-Credential"].partition("/")
    parts = scope.split("/")
    if len(parts) != 4 or parts[3] != "aws4_request":
        raise Refused("malformed: X-Amz-Credential")
    date, region, service, _ = parts
    if date != params["X-Amz-Date"][:8]:
        raise Refused("wrong scope date: not that of X-Amz-Date")
    if region != wanted_region:
        raise Refused("wrong region")
    if service != wanted_service:
        raise Refused("wrong service")
    return key_id, scope


def check_session_token(params, wanted):
    given = params.get("X-Amz-Security-Token")
    if given == "":
        raise Refused("empty session token")
    if wanted and given is None:
        raise Refused("missing session token")
    if given is not None and not hmac.compare_digest(given.encode(), (wanted or "").encode()):
        raise Refused("wrong session token")


def signing_hosts(host, port):
    """Over HTTPS the Host header leaves 443 out; some signers put it in all the same."""
    return [host, f"{host}:443"] if port == "443" else [f"{host}:{port}"]


def check_signature(params, scope, secret, hosts):
    # No branch on the outcome of one host before the other is tried.
    matches = [
        hmac.compare_digest(sign(params, scope, secret, host), params["X-Amz-Signature"].encode())
        for host in hosts
    ]
    if not any(matches):
        raise Refused("bad signature")


def sign(params, scope, secret, host):
    query = "&".join(
        f"{encode(name)}={encode(value)}"
        for name, value in sorted(params.items())
        if name != "X-Amz-Signature"
    )
    request = "\n".join(["GET", "/", query, f"host:{host}", "", "host", EMPTY_PAYLOAD])
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = "\n".join([ALGORITHM, params["X-Amz-Date"], scope, digest])
    key = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex().encode()


def read_token(exact):
    data = sys.stdin.buffer.read(MOST_BYTES + 2)
    if not exact and data.endswith(b"\n"):
        data = data[:-1]
    return data.decode("ascii", errors="replace")


def append_line(path, line):
    """One write, so that the lines of logins at the same time do not mix."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    with open(descriptor, "wb", buffering=0) as file:
        file.write(f"{stamp} {line}\n".encode())


def judge(arguments):
    """The exit code, and the line that says why."""
    user = json.dumps(arguments.user)
    try:
        config = load_config(arguments.config)
        # Aurora DSQL is PostgreSQL.
        if arguments.endpoints != "endpoints":
            config.pop("dsql_endpoints", None)
        config["endpoints"] = config[arguments.endpoints]
        token = read_token(arguments.exact)
        judge_one = verify_dsql if is_for_dsql(token, config) else verify
        judge_one(token, arguments.user, config)
    except Refused as reason:
        return 1, f"refused {user}: {reason}"
    except Exception as error:
        # The text of an error may quote its input, so its type has to do.
        return 2, f"refused {user}: the verifier failed with {type(error).__name__}"
    return 0, f"accepted {user}"


def main():
    parser = argparse.ArgumentParser(description="Judges the token on standard input.")
    parser.add_argument("--config", required=True, help="JSON file with endpoints, region, keys")
    parser.add_argument(
        "--endpoints", default="endpoints", help="the name of the list of endpoints in that file"
    )
    parser.add_argument("--user", required=True, help="the user who logs in")
    parser.add_argument("--log", help="append one line for each token to this file")
    parser.add_argument("--exact", action="store_true", help="do not drop one final newline")
    arguments = parser.parse_args()
    code, line = judge(arguments)
    if arguments.log:
        append_line(arguments.log, line)
    if code:
        print(line, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
