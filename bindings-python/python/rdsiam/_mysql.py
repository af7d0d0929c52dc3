"""Settings for drivers of MySQL, most of which would send the token to whoever asks for it."""

from typing import Any

from . import _connect, _tls
from .errors import InvalidArgumentError

# What stands for a switch in a URL.
_FLAGS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
_MODES = ("required", "verify_ca", "verify_identity")
_CLIENT = "is for a certificate of the client, and a token is who you are"
_FILE = "could name another server, or one without TLS; give what it says as arguments"
_SOCKET = "reaches a server without TLS, or one that is not the endpoint"
_FOLDER = "is not taken; give ca= with the path of one file"


def plain(options: dict[str, Any]) -> "tuple[_connect.Login, dict[str, Any]]":
    """The login, and what the driver is given beside the password and TLS."""
    options = dict(options)
    _take_tls(options)
    for short, name in (("db", "database"), ("username", "user")):
        if short in options:
            value = options.pop(short)
            if options.get(name) is None:
                options[name] = value
    wanted = _connect.login(options, 3306)
    options.update(host=wanted.host, port=wanted.port, user=wanted.user)
    return wanted, options


def settings(options: dict[str, Any]) -> "tuple[_connect.Login, dict[str, Any]]":
    """As `plain`, with TLS for drivers that take an `ssl.SSLContext`."""
    wanted, made = plain(options)
    made["ssl"] = _tls.context(wanted)
    return wanted, made


def _take_tls(options: dict[str, Any]) -> None:
    """Takes out what the drivers call TLS. What names the authority, or asks for what is done
    anyway, is heard; what would weaken it is refused."""
    for name in ("ssl", "ssl_disabled", "ssl_verify_cert", "ssl_verify_identity"):
        if isinstance(options.get(name), str):
            options[name] = _FLAGS.get(options[name].lower(), options[name])
    _tls.refuse(options, _FILE, "read_default_file", "read_default_group", "option_files")
    _tls.refuse(options, _SOCKET, "unix_socket", "sock", "named_pipe")
    _tls.refuse(options, _CLIENT, "ssl_cert", "ssl_key", "ssl_key_password")
    _tls.refuse(options, _FOLDER, "ssl_capath")
    _tls.refuse(options, "turns TLS off, and the token would be sent in clear", "ssl_disabled")
    for name in ("ssl_verify_cert", "ssl_verify_identity"):
        if options.get(name) not in (None, True, 1):
            raise InvalidArgumentError(
                f"{name} is off, so that anybody could be sent the token; leave it out"
            )
    _tls.mode("ssl_mode", options.get("ssl_mode"), _MODES)
    _take_ssl(options, options.pop("ssl", None))
    _tls.set_ca(options, "ssl_ca", options.pop("ssl_ca", None))
    for name in (
        "ssl_cert", "ssl_key", "ssl_key_password", "ssl_capath", "ssl_disabled", "ssl_mode",
        "ssl_verify_cert", "ssl_verify_identity",
    ):  # fmt: skip
        options.pop(name, None)


def _take_ssl(options: dict[str, Any], given: Any) -> None:
    """`ssl=` is a switch, a context, or what the other settings say, in a dict."""
    if given is None or given is True:
        return
    if not given and not isinstance(given, dict):
        raise InvalidArgumentError("ssl is off, and the token would be sent in clear; leave it out")
    if not isinstance(given, dict):
        _tls.set_ca(options, "ssl", given)
        return
    named = dict(given)
    _tls.set_ca(options, "ssl", named.pop("ca", None))
    if named.pop("check_hostname", True) is False or str(
        named.pop("verify_mode", "required")
    ).lower() in ("none", "optional", "0", "false", "no", "verifymode.cert_none"):
        raise InvalidArgumentError(
            "ssl does not verify the server, so that anybody could be sent the token; leave out "
            "check_hostname and verify_mode"
        )
    _tls.refuse(named, _FOLDER.replace("is not", "of ssl is not"), "capath")
    _tls.refuse(named, "of ssl " + _CLIENT, "cert", "key", "password")
    _tls.mode("mode of ssl", named.pop("mode", None), _MODES)
    for name in (name for name, value in named.items() if value):
        raise InvalidArgumentError(f"{name} of ssl is not taken; leave it out, or give a context")


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
