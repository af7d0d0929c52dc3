"""Where the certificates of RDS are, and whether they will do. Imported when used.

tests/ca has the rule, which Node has too.
"""

import errno
import functools
import os
import re
import ssl
import time
from typing import Any

from .errors import InvalidArgumentError

VARIABLE = "RDSIAM_CA_BUNDLE"
_DOWNLOAD = "https://truststore.pki.rds.amazonaws.com"
_ROOT = re.compile(r"Amazon RDS (?:(?:Beta|Preview) )?([a-z0-9-]+) Root CA \w+ G\d+")
# The task of a Lambda and its layers among them; a name that ends in / is a folder.
_PLACES = (
    "./",
    "/var/task/",
    "/opt/",
    "/etc/ssl/rds/",
    "/etc/ssl/certs/",
    "/usr/local/share/ca-certificates/",
    "/etc/pki/ca-trust/source/anchors/",
    "~/.postgresql/root.crt",
)


def find(region: "str | None" = None) -> str:
    """The first file with roots of RDS that serve, for a region if one is given."""
    named = os.environ.get(VARIABLE)
    why = []
    for path in [os.path.abspath(named)] if named else _candidates(region):
        problem = _problem(path, region)
        if problem is None:
            return path
        if named or os.path.exists(path):
            why.append(f"{path} {problem}")
    found = "; ".join(why) or "none was found in the usual places"
    raise InvalidArgumentError(
        f"no certificates of RDS: {found}. Download {_url(region)}, and set {VARIABLE} or give "
        "ca with its path (for RDS Proxy, whose certificates are Amazon's own, a file with "
        "https://www.amazontrust.com/repository/AmazonRootCA1.pem)"
    )


def _candidates(region: "str | None") -> "list[str]":
    files = ["global-bundle.pem"] + ([f"{region}-bundle.pem"] if region else [])
    return [
        os.path.abspath(os.path.expanduser(place) + (file if place.endswith("/") else ""))
        for place in _PLACES
        for file in (files if place.endswith("/") else files[:1])
    ]


def _url(region: "str | None") -> str:
    name = region if region and not region.startswith(("cn-", "us-gov-")) else None
    if region and region.startswith("cn-"):
        return f"https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/{region}/{region}-bundle.pem"
    if region and region.startswith("us-gov-"):
        return f"https://truststore.pki.{region}.rds.amazonaws.com/{region}/{region}-bundle.pem"
    return f"{_DOWNLOAD}/global/global-bundle.pem" + (
        f" or {_DOWNLOAD}/{name}/{name}-bundle.pem" if name else ""
    )


def _problem(path: str, region: "str | None") -> "str | None":
    try:
        roots = _roots(path, os.stat(path).st_mtime_ns)
    except OSError as error:
        return f"cannot be read ({errno.errorcode.get(error.errno or 0, 'unknown')})"
    if not roots:
        return "has no root certificate of RDS"
    now = time.time()
    alive = [of for of, begin, end in roots if begin <= now < end]
    if not alive:
        return "has only root certificates of RDS that are out of date"
    if region and region not in alive:
        gone = any(of == region for of, _, _ in roots)
        return f"has {'only out of date roots' if gone else 'no root'} of RDS for {region}"
    return None


@functools.lru_cache(maxsize=32)
def _roots(path: str, changed: int) -> "list[tuple[str, float, float]]":
    """Region, beginning and end of each root of RDS in the file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    found: list[tuple[str, float, float]] = []
    try:
        context.load_verify_locations(path)
    except ssl.SSLError:
        return found  # there is no certificate in it
    certificates: Any = context.get_ca_certs()
    for certificate in certificates:
        subject = {key: value for part in certificate["subject"] for key, value in part}
        named = _ROOT.fullmatch(subject.get("commonName", ""))
        if named:
            dates = (certificate["notBefore"], certificate["notAfter"])
            begin, end = (ssl.cert_time_to_seconds(date) for date in dates)
            found.append((named[1], begin, end))
    return found
