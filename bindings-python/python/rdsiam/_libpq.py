"""Settings for drivers over libpq."""

import socket
from typing import Any

from . import _connect, _tls
from .errors import InvalidArgumentError

_ENCRYPTED = ("require", "verify-ca", "verify-full")


def settings(options: dict[str, Any]) -> "tuple[_connect.Login, dict[str, Any]]":
    """The login, and what the driver is given beside the password."""
    options = dict(options)
    if not options.get("ca") and options.get("sslrootcert"):
        options["ca"] = options["sslrootcert"]
    options.pop("sslrootcert", None)
    database = options.pop("database", None)
    wanted = _connect.login(options, 5432)
    mode = options.pop("sslmode", None) or "verify-full"
    if mode not in _ENCRYPTED:
        raise InvalidArgumentError(
            f"sslmode is not one of {', '.join(_ENCRYPTED)}; with any other one the token could be "
            "sent in clear"
        )
    if database and not options.get("dbname"):
        options["dbname"] = database
    options.update(port=wanted.port, user=wanted.user, sslmode=mode)
    # With `require`, a file makes libpq verify the authority; that is welcome.
    options["sslrootcert"] = _tls.ca_file(wanted)
    # libpq verifies the name in `host`, and dials `hostaddr`.
    options["host"] = wanted.name
    return wanted, options


def address(wanted: _connect.Login) -> "str | None":
    """The address to dial where it is not that of the endpoint's name."""
    if wanted.host == wanted.name:
        return None
    return _first(socket.getaddrinfo(wanted.host, wanted.port, type=socket.SOCK_STREAM))


async def address_async(wanted: _connect.Login) -> "str | None":
    """As `address`, for an event loop."""
    import asyncio

    if wanted.host == wanted.name:
        return None
    loop = asyncio.get_running_loop()
    return _first(await loop.getaddrinfo(wanted.host, wanted.port, type=socket.SOCK_STREAM))


def _first(found: Any) -> str:
    return str(found[0][4][0])
