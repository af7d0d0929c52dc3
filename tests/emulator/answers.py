"""What each source of credentials writes on the wire, and how it says no."""

import json
import time
from typing import NamedTuple
from xml.sax.saxutils import escape

STS_XML = "https://sts.amazonaws.com/doc/2011-06-15/"
JSON, XML, TEXT = "application/json", "text/xml", "text/plain"

# What each service says when it is asked too often.
THROTTLED = {
    "assume-role": (400, "Throttling"),
    "web-identity": (400, "Throttling"),
    "sso": (429, "TooManyRequestsException"),
    "oidc": (400, "SlowDownException"),
}


class Keys(NamedTuple):
    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_at: int


class RefusedError(Exception):
    """A request that the real service would refuse as well."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Answer(NamedTuple):
    status: int
    content_type: str
    body: bytes
    headers: tuple = ()


def timestamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def in_json(document, status=200, headers=()):
    # Unescaped and escaped characters both have to be read: JSON allows either.
    return Answer(status, JSON, json.dumps(document).encode(), headers)


def text(content, headers=()):
    return Answer(200, TEXT, content.encode(), headers)


def container(keys):
    return in_json(
        {
            "RoleArn": "arn:aws:iam::123456789012:role/container",
            "AccessKeyId": keys.access_key_id,
            "SecretAccessKey": keys.secret_access_key,
            "Token": keys.session_token,
            "Expiration": timestamp(keys.expires_at),
        }
    )


def imds(keys):
    return in_json(
        {
            "Code": "Success",
            "LastUpdated": timestamp(time.time()),
            "Type": "AWS-HMAC",
            "AccessKeyId": keys.access_key_id,
            "SecretAccessKey": keys.secret_access_key,
            "Token": keys.session_token,
            "Expiration": timestamp(keys.expires_at),
        }
    )


def process(keys):
    return in_json(
        {
            "Version": 1,
            "AccessKeyId": keys.access_key_id,
            "SecretAccessKey": keys.secret_access_key,
            "SessionToken": keys.session_token,
            "Expiration": timestamp(keys.expires_at),
        }
    )


def sso(keys):
    return in_json(
        {
            "roleCredentials": {
                "accessKeyId": keys.access_key_id,
                "secretAccessKey": keys.secret_access_key,
                "sessionToken": keys.session_token,
                "expiration": keys.expires_at * 1000,
            }
        }
    )


def oidc(access_token, seconds):
    return in_json(
        {
            "accessToken": access_token,
            "tokenType": "Bearer",
            "expiresIn": seconds,
            "refreshToken": "EMULATOR-REFRESH-TOKEN",
        }
    )


def signin(keys, refresh_token):
    return in_json(
        {
            "accessToken": {
                "accessKeyId": keys.access_key_id,
                "secretAccessKey": keys.secret_access_key,
                "sessionToken": keys.session_token,
            },
            "tokenType": "aws_sigv4",
            "expiresIn": keys.expires_at - int(time.time()),
            "refreshToken": refresh_token,
        }
    )


def sts(action, role_arn, session_name, keys):
    credentials = {
        "AccessKeyId": keys.access_key_id,
        "SecretAccessKey": keys.secret_access_key,
        "SessionToken": keys.session_token,
        "Expiration": timestamp(keys.expires_at),
    }
    user = {"AssumedRoleId": f"AROAEMULATOR:{session_name}", "Arn": f"{role_arn}/{session_name}"}
    result = _element("Credentials", credentials) + _element("AssumedRoleUser", user)
    body = (
        f'<{action}Response xmlns="{STS_XML}"><{action}Result>{result}</{action}Result>'
        f"<ResponseMetadata><RequestId>emulator</RequestId></ResponseMetadata></{action}Response>"
    )
    return Answer(200, XML, body.encode())


def _element(name, children):
    inner = "".join(f"<{child}>{escape(value)}</{child}>" for child, value in children.items())
    return f"<{name}>{inner}</{name}>"


def refused(source, status, code, message):
    """The error in the form of the service that the source belongs to."""
    if source in ("assume-role", "web-identity"):
        kind = "Sender" if status < 500 else "Receiver"
        error = _element("Error", {"Type": kind, "Code": code, "Message": message})
        body = f'<ErrorResponse xmlns="{STS_XML}">{error}<RequestId>emulator</RequestId>'
        return Answer(status, XML, f"{body}</ErrorResponse>".encode())
    if source == "sso":
        return in_json({"message": message}, status, (("x-amzn-ErrorType", code),))
    if source == "oidc":
        told = {"error": code, "error_description": message}
        return in_json(told, status, (("x-amzn-ErrorType", code),))
    if source == "signin":
        told = {"error": "TOKEN_EXPIRED" if status == 403 else code, "message": message}
        named = "AccessDeniedException" if status == 403 else code
        return in_json(told, status, (("x-amzn-ErrorType", named),))
    return in_json({"code": code, "message": message}, status)


def throttled(source):
    status, code = THROTTLED.get(source, (429, "TooManyRequests"))
    return refused(source, status, code, "Rate exceeded")
