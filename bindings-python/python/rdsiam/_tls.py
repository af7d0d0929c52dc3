"""TLS that verifies the server, for drivers that take an `ssl.SSLContext`."""

import functools
import os
import ssl
from typing import Any

from . import _ca
from ._connect import Login
from .errors import InvalidArgumentError


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
    path = ca_file(wanted)
    return _context(path, os.stat(path).st_mtime_ns, wanted.name)


@functools.lru_cache(maxsize=64)
def _context(path: str, changed: int, name: str) -> ssl.SSLContext:
    made = _Context(ssl.PROTOCOL_TLS_CLIENT)
    made.name = name
    made.load_verify_locations(path)
    return made


def ca_file(wanted: Login) -> str:
    """The file given as `ca`, which may hold any authority, or else one with those of RDS."""
    if wanted.ca is None:
        return _ca.find(wanted.region)
    if not os.path.isfile(wanted.ca):
        raise InvalidArgumentError("ca is not a file; give the path of a PEM file")
    return wanted.ca


def only(options: dict[str, Any], *names: str) -> None:
    """Refuses settings of TLS that would take the place of ours."""
    for name in names:
        if options.pop(name, None) is not None:
            raise InvalidArgumentError(
                f"{name} could send the token in clear or to another server; leave it out, TLS is "
                "on and verified, and give ca= if the authority is your own"
            )
