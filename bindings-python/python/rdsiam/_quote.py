"""A token where a driver wants it quoted. Imported when used."""

import urllib.parse


def url(token: str) -> str:
    return urllib.parse.quote(token, safe="")


def pgpass(token: str) -> str:
    return token.replace("\\", "\\\\").replace(":", "\\:")


def odbc(token: str, percent: bool) -> str:
    text = token.replace("%", "%25") if percent else token
    return "{" + text.replace("}", "}}") + "}"
