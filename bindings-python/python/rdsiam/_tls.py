"""TLS that verifies the server, and what users call it."""

import functools
import os
import ssl
from typing import Any

from . import _ca
from ._connect import Login
from .errors import InvalidArgumentError

# The authorities of the system, for RDS Proxy, whose certificates are Amazon's own.
SYSTEM = "system"


class _Context(ssl.SSLContext):
    """Verifies the certificate for the endpoint, whatever is dialled: a tunnel, a CNAME."""

    name: str

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        options["server_hostname"] = self.name
        return super().wrap_socket(*arguments, **options)

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        options["server_hostname"] = self.name
        return super().wrap_bio(*arguments, **options)


def context(wanted: Login) -> ssl.SSLContext:
    """Made once for a file and a name: reading a bundle takes some milliseconds."""
    if isinstance(wanted.ca, ssl.SSLContext):
        return _checked(wanted.ca, wanted)
    if wanted.ca == SYSTEM:
        return _context(SYSTEM, 0, wanted.name)
    path = ca_file(wanted)
    return _context(path, os.stat(path).st_mtime_ns, wanted.name)


@functools.lru_cache(maxsize=64)
def _context(path: str, changed: int, name: str) -> ssl.SSLContext:
    made = _Context(ssl.PROTOCOL_TLS_CLIENT)
    made.name = name
    if path == SYSTEM:
        made.load_default_certs()
        return made
    try:
        made.load_verify_locations(path)
    except OSError as error:
        raise InvalidArgumentError(
            f"ca cannot be read as certificates ({path}: {error.strerror or error}); give the "
            "path of a PEM file"
        ) from error
    return made


def _checked(given: ssl.SSLContext, wanted: Login) -> ssl.SSLContext:
    if given.verify_mode != ssl.CERT_REQUIRED or not given.check_hostname:
        raise InvalidArgumentError(
            "ssl is a context that does not verify the server, so that anybody could be sent the "
            "token; set verify_mode and check_hostname, or leave it out and give ca="
        )
    if wanted.host != wanted.name:
        raise InvalidArgumentError(
            "ssl is a context of your own, which would verify the certificate for the host that "
            "is dialled and not for sign_host; leave it out and give ca="
        )
    return given


def ca_file(wanted: Login) -> str:
    """The file given as `ca`, which may hold any authority, or else one with those of RDS."""
    if wanted.ca is None:
        return _ca.ca_bundle(wanted.region)
    if isinstance(wanted.ca, ssl.SSLContext):
        raise InvalidArgumentError(
            "ssl is a context, which this driver does not take; give ca= with the path of a file"
        )
    path = _system_file() if wanted.ca == SYSTEM else wanted.ca
    if not os.path.isfile(path):
        raise InvalidArgumentError(f"ca is not a file ({path}); give the path of a PEM file")
    return path


def _system_file() -> str:
    """Where distributions keep the authorities of the system, and where OpenSSL looks."""
    for path in (
        ssl.get_default_verify_paths().cafile,
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ):
        if path and os.path.isfile(path):
            return path
    raise InvalidArgumentError("ca is system, and the system has no file of authorities; give one")


def refuse(options: dict[str, Any], why: str, *names: str) -> None:
    """Refuses settings that are set."""
    for name in names:
        if options.get(name):
            raise InvalidArgumentError(f"{name} {why}; leave it out")


def set_ca(options: dict[str, Any], name: str, path: Any) -> None:
    """Takes another name of `ca`."""
    if path and options.get("ca") and options["ca"] != path:
        raise InvalidArgumentError(f"{name} and ca differ; leave one out")
    if path:
        options["ca"] = path


def mode(name: str, value: Any, verified: "tuple[str, ...]") -> None:
    """Refuses a mode that connects without TLS too. One that asks for less than the full check
    gets the full check."""
    if value and str(value).lower() not in verified:
        raise InvalidArgumentError(
            f"{name} is {value}, with which the token could be sent in clear; leave it out, or "
            f"make it {verified[-1]}, which it is for {' and '.join(verified[:-1])} too"
        )
