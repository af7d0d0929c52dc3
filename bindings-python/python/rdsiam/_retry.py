"""Retry after a refused login: whether a second try is worth it.

The rule is the core's to be; this is where it is asked.
"""

import time
import weakref
from typing import Protocol

from ._rdsiam import explain


class Tokens(Protocol):
    """What a helper needs of a cache: TokenCache and DatabaseTokenCache have it."""

    def get_token(self) -> str: ...
    def invalidate(self) -> None: ...
    def stats(self) -> dict[str, int]: ...


# How long refusals of a key are not tried twice after one of a fresh token.
BACKOFF_SECONDS = 60.0

_refused_until: "weakref.WeakKeyDictionary[Tokens, float]" = weakref.WeakKeyDictionary()


class Attempt:
    """One login, from its beginning on."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._began = time.time()
        self._signatures = tokens.stats()["signatures"]

    def is_worth_another(self, refused: str) -> bool:
        """Whether a second try is worth it, after the server refused this token.

        It is for a token that was signed before this login began, unless a fresh one of the same
        cache was refused of late. A token that is tried again is dropped before.
        """
        if time.monotonic() < _refused_until.get(self._tokens, 0.0):
            return False
        if self._is_fresh(refused):
            _refused_until[self._tokens] = time.monotonic() + BACKOFF_SECONDS
            return False
        # Other threads may have been refused with the same token: their new one stays.
        current = getattr(self._tokens, "_try_get_token", lambda: None)()
        if current is None or current == refused:
            self._tokens.invalidate()
        return True

    def _is_fresh(self, token: str) -> bool:
        # A background refresh counts as a signature, but is not the one of this token.
        signed = self._tokens.stats()["signatures"] != self._signatures
        return signed and (explain(token).signed_at or 0) >= int(self._began)
