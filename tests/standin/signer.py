"""A signer of the selftest's own, that can be told to go wrong, and the ways in which it does."""

import hashlib
import hmac
import time
import urllib.parse

from names import ENDPOINT as HOST

NOON = 1717243200  # 2024-06-01T12:00:00Z


def encode(text):
    return urllib.parse.quote(text, safe="")


def keyed(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def make_token(
    key,
    host=HOST,
    port=5432,
    user="app_iam",
    region="us-east-1",
    service="rds-db",
    at=NOON,
    age=0,
    expires=900,
    path="/",
    scope_age=0,
    scope_end="aws4_request",
    edit=lambda pairs: pairs,
    signed_host=None,
    own=None,
    address=None,
):
    key_id, secret, session_token = key
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at - age))
    day = time.strftime("%Y%m%d", time.gmtime(at - age - scope_age))
    scope = [day, region, service, scope_end]
    pairs = [
        *(own or [("Action", "connect"), ("DBUser", user)]),
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Credential", "/".join([key_id, *scope])),
        ("X-Amz-Date", stamp),
        ("X-Amz-Expires", str(expires)),
        ("X-Amz-SignedHeaders", "host"),
    ]
    if session_token is not None:
        pairs.append(("X-Amz-Security-Token", session_token))
    query = [f"{encode(name)}={encode(value)}" for name, value in edit(pairs)]
    address = address or f"{host}:{port}"
    signed_host = signed_host or address
    nothing = hashlib.sha256().hexdigest()
    request = f"GET\n/\n{'&'.join(sorted(query))}\nhost:{signed_host}\n\nhost\n{nothing}"
    digest = hashlib.sha256(request.encode()).hexdigest()
    signing_key = ("AWS4" + secret).encode()
    for part in scope:
        signing_key = keyed(signing_key, part)
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{'/'.join(scope)}\n{digest}"
    query.append("X-Amz-Signature=" + keyed(signing_key, text).hex())
    return f"{address}{path}?{'&'.join(query)}"


def put(name, value):
    """An edit that sets a parameter, or adds it."""
    return lambda pairs: [pair for pair in pairs if pair[0] != name] + [(name, value)]


def drop(name):
    return lambda pairs: [pair for pair in pairs if pair[0] != name]


def repeat(name):
    return lambda pairs: pairs + [pair for pair in pairs if pair[0] == name]


PARAMETERS = [
    "Action",
    "DBUser",
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
]

# One thing is wrong with each; the signature is right unless that is the thing.
REFUSALS = [
    ({"age": 901}, "expired"),
    ({"age": 900}, "expired"),
    ({"age": 61, "expires": 60}, "expired"),
    ({"age": -330}, "from the future"),
    ({"user": "another"}, "wrong user"),
    ({"user": "APP_IAM"}, "wrong user"),
    ({"user": ""}, "wrong user"),
    ({"host": "other.abc123xyz.us-east-1.rds.amazonaws.com"}, "wrong host"),
    ({"host": HOST.upper()}, "wrong host"),
    ({"host": HOST + "."}, "wrong host"),
    ({"port": 1}, "wrong port"),
    ({"port": ""}, "wrong port"),
    ({"region": "us-east-2"}, "wrong region"),
    ({"service": "rds"}, "wrong service"),
    ({"scope_age": 86400}, "wrong scope date"),
    ({"scope_end": "aws5_request"}, "malformed"),
    ({"expires": 901}, "wrong X-Amz-Expires"),
    ({"expires": 0}, "wrong X-Amz-Expires"),
    ({"expires": "0900"}, "wrong X-Amz-Expires"),
    ({"expires": "+900"}, "wrong X-Amz-Expires"),
    ({"path": ""}, "wrong path"),
    ({"path": "//"}, "wrong path"),
    ({"path": "/x"}, "wrong path"),
    ({"signed_host": HOST}, "bad signature"),
    ({"edit": put("Action", "Connect")}, "wrong Action"),
    ({"edit": put("X-Amz-Algorithm", "AWS4-HMAC-SHA512")}, "wrong algorithm"),
    ({"edit": put("X-Amz-SignedHeaders", "host;x-amz-date")}, "wrong SignedHeaders"),
    ({"edit": put("X-Amz-Date", "20240601")}, "malformed: X-Amz-Date"),
    ({"edit": put("X-Amz-Date", "20240632T120000Z")}, "malformed: X-Amz-Date"),
    ({"edit": put("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")}, "extra parameter"),
    ({"edit": put("", "")}, "extra parameter"),
    ({"edit": put("X-Amz-Security-Token", "")}, "empty session token"),
    ({"edit": put("X-Amz-Security-Token", "wrong")}, "wrong session token"),
    ({"edit": drop("X-Amz-Security-Token")}, "missing session token"),
    *[({"edit": drop(name)}, f"missing parameter: {name}") for name in PARAMETERS],
    *[({"edit": repeat(name)}, "duplicate parameter") for name in PARAMETERS],
    ({"edit": repeat("X-Amz-Security-Token")}, "duplicate parameter"),
]


def spoilt_texts(token):
    """Tokens that no signer would make, with the reason why each is refused."""
    start, signature = token[:-64], token[-64:]
    yield start + "0" * 64, "bad signature"
    yield start + signature.upper(), "bad signature"
    yield start + signature[:-1], "bad signature"
    yield start[: start.rindex("&")], "missing parameter: X-Amz-Signature"
    yield token + "&X-Amz-Signature=" + signature, "duplicate parameter"
    yield token.replace("X-Amz-Expires=900", "X-Amz-Expires=899"), "bad signature"
    yield token.replace("%2F", "%2f", 1), "malformed: the percent-encoding"
    yield token + " ", "malformed: empty, or a character"
    yield token + "\n", "malformed: empty, or a character"
    yield token + "&", "malformed: a parameter without ="
    yield "https://" + token, "wrong path"
    yield token.replace("?", "", 1), "malformed: not host:port/?query"
    yield "password", "malformed: not host:port/?query"
