"""What the helpers tell of each login: to the log `rdsiam`, and to whom `observe` names."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

log = logging.getLogger("rdsiam")

Observer = Callable[[str, dict[str, Any]], None]

# Replaced as a whole, so that a login may go through it while another thread adds to it.
_observers: tuple[Observer, ...] = ()
_changing = threading.Lock()


def observe(observer: Observer) -> Callable[[], None]:
    """Calls `observer(event, attributes)` for each login of a helper; returns what ends that.

    | event | when | attributes, beside `host`, `port`, `user`, `region` |
    |---|---|---|
    | `login` | a login ended | `outcome` (`accepted`, `refused`, `failed`), `seconds`, `tries` |
    | `retry` | the server refused a cached token, and a new one is tried | |
    | `token_failed` | no token could be had | `error`, the name of its class |

    It is called in the thread or task of the login, and must not wait. What it raises is logged
    and goes no further. No attribute is a secret.

    >>> import rdsiam
    >>> end = rdsiam.observe(lambda event, attributes: print(event, attributes))
    >>> end()
    """
    global _observers
    with _changing:
        _observers = (*_observers, observer)

    def end() -> None:
        global _observers
        with _changing:
            _observers = tuple(one for one in _observers if one is not observer)

    return end


def tell(event: str, attributes: dict[str, Any]) -> None:
    """Calls each observer."""
    for observer in _observers:
        try:
            observer(event, dict(attributes))
        except Exception:
            log.exception("an observer of rdsiam failed")


class Login:
    """Tells of one login, from its beginning on."""

    def __init__(self, attributes: dict[str, Any]) -> None:
        self._attributes = attributes
        self._began = time.monotonic()
        self._tries = 1

    def retries(self, text: str) -> None:
        """The server refused a cached token."""
        self._tries += 1
        log.info("%s; retrying with a new token", text)
        tell("retry", self._attributes)

    def has_no_token(self, error: Exception) -> None:
        """No token could be had. The error goes to the caller, who may log it."""
        log.debug("no token: %s", error)
        tell("token_failed", {**self._attributes, "error": type(error).__name__})

    def ends(self, outcome: str) -> None:
        """It was accepted, refused, or failed for another reason."""
        seconds = time.monotonic() - self._began
        tell(
            "login",
            {**self._attributes, "outcome": outcome, "seconds": seconds, "tries": self._tries},
        )
