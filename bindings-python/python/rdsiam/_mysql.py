"""Settings for drivers of MySQL, most of which would send the token to whoever asks for it."""

from typing import Any

from . import _connect, _tls
from .errors import InvalidArgumentError

# What drivers call their settings of TLS, and what gives the token to a server without any.
_TLS = (
    "ssl", "ssl_ca", "ssl_cert", "ssl_key", "ssl_capath", "ssl_cipher", "ssl_disabled", "ssl_mode",
    "ssl_verify_cert", "ssl_verify_identity", "ssl_key_password", "server_public_key",
    "unix_socket", "read_default_file", "read_default_group",
    "option_files", "sock",
)  # fmt: skip


def plain(options: dict[str, Any]) -> "tuple[_connect.Login, dict[str, Any]]":
    """The login, and what the driver is given beside the password and TLS."""
    options = {key: value for key, value in options.items() if value is not None}
    _tls.only(options, *_TLS)
    for short, name in (("db", "database"), ("username", "user")):
        if short in options:
            options.setdefault(name, options.pop(short))
    wanted = _connect.login(options, 3306)
    options.update(host=wanted.host, port=wanted.port, user=wanted.user)
    return wanted, options


def settings(options: dict[str, Any]) -> "tuple[_connect.Login, dict[str, Any]]":
    """As `plain`, with TLS for drivers that take an `ssl.SSLContext`."""
    wanted, made = plain(options)
    made["ssl"] = _tls.context(wanted)
    return wanted, made


def require_tls(offered: "int | bool") -> None:
    if not offered:
        raise InvalidArgumentError(
            "the server offers no TLS, so that the token would be sent in clear; turn TLS on there"
        )


def same_name(wanted: _connect.Login) -> None:
    """For drivers that verify the certificate for the name that they dial, and no other."""
    if wanted.host != wanted.name:
        raise InvalidArgumentError(
            "sign_host differs from host, which this driver verifies the certificate for; dial "
            "the endpoint's name (/etc/hosts may lead it to a tunnel), or use PyMySQL"
        )
