"""Where the certificates of RDS are, and whether they will do. Imported when used.

tests/ca has the rule, which Node has too.
"""

import errno
import functools
import hashlib
import json
import os
import re
import ssl
import time
from typing import Any, NamedTuple

from .errors import InvalidArgumentError

VARIABLE = "RDSIAM_CA_BUNDLE"
_DOWNLOAD = "https://truststore.pki.rds.amazonaws.com"
_ROOT = re.compile(r"Amazon RDS (?:(?:Beta|Preview) )?([a-z0-9-]+) Root CA \w+ G\d+")
# Where to look, and what RDS has published; Node and the command read the same file.
with open(os.path.join(os.path.dirname(__file__), "rds-roots.json"), encoding="utf-8") as _file:
    _KNOWN = json.load(_file)
_TRUSTED, _OPEN = _KNOWN["trusted"], _KNOWN["open"]


class _Root(NamedTuple):
    region: "str | None"
    is_published: bool
    begin: float
    end: float


def ca_bundle(region: "str | None" = None) -> str:
    """The path of a file with the certificates of RDS, to verify the server with.

    Looks at the file that RDSIAM_CA_BUNDLE names, or else for global-bundle.pem (or the region's)
    in /etc/ssl/rds and other folders of the system and of a Lambda, then for
    ~/.postgresql/root.crt, and last in the working folder. The file has to hold a root of RDS that
    has not expired, for `region` if one is given; in the last two places all that it holds has to
    be known as published by RDS, by its fingerprint. rdsiam brings no certificates: they would
    grow old.

    Raises InvalidArgumentError, which says what was found and what to download.

    >>> import rdsiam
    >>> try:
    ...     path = rdsiam.ca_bundle("us-east-1")
    ... except rdsiam.InvalidArgumentError as error:
    ...     assert "https://truststore.pki.rds.amazonaws.com" in str(error)
    """
    named = os.environ.get(VARIABLE)
    why = []
    for path, is_trusted in [(_absolute(named), True)] if named else _candidates(region):
        problem = _problem(path, region, is_trusted)
        if problem is None:
            return path
        if named or os.path.exists(path):
            why.append(f"{path} {problem}")
    found = "; ".join(why) or "none was found in the usual places"
    raise InvalidArgumentError(
        f"no certificates of RDS: {found}. Download {_url(region)}, and set {VARIABLE} or give "
        "ca with its path (for RDS Proxy, whose certificates are Amazon's own, ca may be system)"
    )


def _candidates(region: "str | None") -> "list[tuple[str, bool]]":
    """By how far they are trusted."""
    files = ["global-bundle.pem"] + ([f"{region}-bundle.pem"] if region else [])
    return [
        (_absolute(os.path.expanduser(place) + file), places is _TRUSTED)
        for places in (_TRUSTED, _OPEN)
        for place in places
        for file in (files if place.endswith("/") else [""])
    ]


def _absolute(path: str) -> str:
    try:
        return os.path.abspath(path)
    except FileNotFoundError:
        return path  # the working folder is deleted, and nothing is found in it


def _url(region: "str | None") -> str:
    name = region if region and not region.startswith(("cn-", "us-gov-")) else None
    if region and region.startswith("cn-"):
        return f"https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/{region}/{region}-bundle.pem"
    if region and region.startswith("us-gov-"):
        return f"https://truststore.pki.{region}.rds.amazonaws.com/{region}/{region}-bundle.pem"
    return f"{_DOWNLOAD}/global/global-bundle.pem" + (
        f" or {_DOWNLOAD}/{name}/{name}-bundle.pem" if name else ""
    )


def _problem(path: str, region: "str | None", is_trusted: bool) -> "str | None":
    try:
        certificates = _certificates(path, os.stat(path).st_mtime_ns)
    except OSError as error:
        return f"cannot be read ({errno.errorcode.get(error.errno or 0, 'unknown')})"
    roots = [one for one in certificates if one.region is not None]
    if not roots:
        return "has no root certificate of RDS"
    if not is_trusted and not all(one.is_published for one in certificates):
        return (
            "has a certificate that is not known as one of RDS, and others may have put it there; "
            f"if it is right, set {VARIABLE} to the file"
        )
    now = time.time()
    alive = [one.region for one in roots if one.begin <= now < one.end]
    if not alive:
        return "has only root certificates of RDS that are out of date"
    if region and region not in alive:
        gone = any(one.region == region for one in roots)
        return f"has {'only out of date roots' if gone else 'no root'} of RDS for {region}"
    return None


@functools.lru_cache(maxsize=32)
def _certificates(path: str, changed: int) -> "list[_Root]":
    """Each authority in the file, with the region of those that are roots of RDS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(path)
    except ssl.SSLError:
        return []  # there is no certificate in it
    described: Any = context.get_ca_certs()
    return [
        _described(certificate, hashlib.sha256(der).hexdigest())
        for certificate, der in zip(described, context.get_ca_certs(True), strict=True)
    ]


def _described(certificate: Any, fingerprint: str) -> _Root:
    subject = {key: value for part in certificate["subject"] for key, value in part}
    named = _ROOT.fullmatch(subject.get("commonName", ""))
    published = _published()
    dates = (certificate["notBefore"], certificate["notAfter"])
    return _Root(
        published.get(fingerprint) or (named[1] if named else None),
        fingerprint in published,
        *(ssl.cert_time_to_seconds(date) for date in dates),
    )


@functools.cache
def _published() -> "dict[str, str | None]":
    """The fingerprints of what RDS has published, with the region of each root."""
    found: dict[str, str | None] = dict.fromkeys(_KNOWN["others"])
    for region, fingerprints in _KNOWN["roots"].items():
        found.update(dict.fromkeys(fingerprints, region))
    return found
