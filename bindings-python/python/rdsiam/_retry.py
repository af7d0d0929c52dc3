"""Retry after a refused login: whether a second try is worth it. The rule is the core's."""

import time
from typing import Protocol


class Tokens(Protocol):
    """What a helper needs of a cache: TokenCache and DatabaseTokenCache have it."""

    def get_token(self) -> str: ...
    def login_refused(self, token: str, began: float) -> bool: ...


class Attempt:
    """One login, from its beginning on."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._began = time.time()

    def is_worth_another(self, refused: str) -> bool:
        """Whether a second try is worth it, after the server refused this token."""
        return self._tokens.login_refused(refused, self._began)
