"""Settings for drivers over libpq, and where it finds those that are not given."""

import configparser
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from . import _connect, _tls
from .errors import InvalidArgumentError

T = TypeVar("T")

MODES = ("require", "verify-ca", "verify-full")
# Those that say where to log in. libpq reads the other ones by itself.
_VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "gssencmode": "PGGSSENCMODE",
}


def settings(
    conninfo: dict[str, Any], options: dict[str, Any]
) -> "tuple[_connect.Login, dict[str, Any]]":
    """The login, and what the driver is given beside its connection string and the password.

    `conninfo` is what the connection string says. As with libpq, the arguments go first, then
    the string, the service, the environment.
    """
    said = found(conninfo, options)
    own = {key: value for key, value in said.items() if key in _connect.OURS}
    own.update({key: said.get(key) for key in ("host", "port", "user", "password")})
    own["ca"] = own.get("ca") or said.get("sslrootcert")
    wanted = _connect.login(own, 5432)
    _tls.mode("sslmode", said.get("sslmode"), MODES)
    if "ssl_context" in options:
        raise InvalidArgumentError(
            "ssl_context is no option of libpq; give the CA certificates as ca, a file, or leave "
            "it out: the server is verified in any case"
        )
    if said.get("gssencmode") not in (None, "disable"):
        raise InvalidArgumentError(
            "gssencmode could encrypt in place of TLS, which alone verifies the server; leave it "
            "out"
        )
    passed = {key: value for key, value in options.items() if key not in _connect.OURS}
    passed.pop("password", None)
    database = passed.pop("database", None)
    if database is not None and passed.get("dbname") is None:
        passed["dbname"] = database
    # libpq verifies the name in `host`, and dials `hostaddr`.
    passed.update(host=wanted.name, port=wanted.port, user=wanted.user)
    passed.update(sslmode="verify-full", sslrootcert=_tls.ca_file(wanted), gssencmode="disable")
    if wanted.host != wanted.name and said.get("hostaddr"):
        passed["hostaddr"] = said["hostaddr"]
    return wanted, passed


def found(conninfo: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """What holds, wherever it was said."""
    said = {key: os.environ.get(variable) for key, variable in _VARIABLES.items()}
    given = {**conninfo, **{key: value for key, value in options.items() if value is not None}}
    service = given.get("service") or os.environ.get("PGSERVICE")
    if service:
        said.update(_service(str(service), given.get("servicefile")))
    return {**said, **given}


def _service(name: str, file: Any) -> dict[str, str]:
    """The section of a service file, which libpq looks for in the user's and then the system's."""
    folder = os.environ.get("PGSYSCONFDIR")
    files = [
        file or os.environ.get("PGSERVICEFILE") or os.path.expanduser("~/.pg_service.conf"),
        *([os.path.join(folder, "pg_service.conf")] if folder else []),
        "/etc/postgresql-common/pg_service.conf",
        "/etc/pg_service.conf",
    ]
    for path in files:
        parser = configparser.RawConfigParser(
            delimiters=("=",), comment_prefixes=("#",), strict=False, interpolation=None
        )
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            raise InvalidArgumentError(
                f"{path} is not a service file of libpq; mend the file"
            ) from None
        if parser.has_section(name):
            return dict(parser.items(name))
    raise InvalidArgumentError(
        f"service is {name}, which is in none of {', '.join(map(str, files))}; add it to one"
    )


def connect(wanted: _connect.Login, passed: dict[str, Any], dial: Callable[..., T]) -> T:
    """Logs in at one address after the other, as libpq does by itself for the name in `host`."""

    def with_token(token: str) -> T:
        if not _is_elsewhere(wanted, passed):
            return dial(**passed, password=token)
        *others, last = _addresses(
            socket.getaddrinfo(wanted.host, wanted.port, type=socket.SOCK_STREAM)
        )
        for address in others:
            try:
                return dial(**{**passed, "hostaddr": address}, password=token)
            except Exception as error:
                if _connect.is_refusal(error):
                    raise
        return dial(**{**passed, "hostaddr": last}, password=token)

    return _connect.connect(wanted, with_token)


async def connect_async(
    wanted: _connect.Login, passed: dict[str, Any], dial: Callable[..., Awaitable[T]]
) -> T:
    """As `connect`, for an event loop."""

    async def with_token(token: str) -> T:
        if not _is_elsewhere(wanted, passed):
            return await dial(**passed, password=token)
        *others, last = _addresses(await _resolve(wanted.host, wanted.port))
        for address in others:
            try:
                return await dial(**{**passed, "hostaddr": address}, password=token)
            except Exception as error:
                if _connect.is_refusal(error):
                    raise
        return await dial(**{**passed, "hostaddr": last}, password=token)

    return await _connect.connect_async(wanted, with_token)


def _is_elsewhere(wanted: _connect.Login, passed: dict[str, Any]) -> bool:
    """Whether the address to dial is not that of the endpoint's name."""
    return wanted.host != wanted.name and not passed.get("hostaddr")


async def _resolve(host: str, port: int) -> Any:
    import asyncio

    return await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)


def first_address(wanted: _connect.Login) -> "str | None":
    """The address to dial where it is not that of the endpoint's name, for one that takes one."""
    if wanted.host == wanted.name:
        return None
    return _addresses(socket.getaddrinfo(wanted.host, wanted.port, type=socket.SOCK_STREAM))[0]


def _addresses(found: Any) -> list[str]:
    return list(dict.fromkeys(str(one[4][0]) for one in found))
