from typing import Any, Final, Literal, final, overload

from typing_extensions import Self, disjoint_base

__version__: Final[str]

@overload
def generate_db_auth_token(
    DBHostname: str,
    Port: int | str,
    DBUsername: str | bytes,
    Region: str | None = None,
    *,
    DBUser: None = None,
) -> str: ...
@overload
def generate_db_auth_token(
    DBHostname: str,
    Port: int | str,
    DBUsername: None = None,
    Region: str | None = None,
    *,
    DBUser: str | bytes,
) -> str: ...
@overload
def client(
    service_name: Literal["rds"],
    region_name: str | None = None,
    aws_access_key_id: str | None = None,
    aws_secret_access_key: str | None = None,
    aws_session_token: str | None = None,
    profile_name: str | None = None,
) -> RDSClient: ...
@overload
def client(
    service_name: Literal["dsql"],
    region_name: str | None = None,
    aws_access_key_id: str | None = None,
    aws_secret_access_key: str | None = None,
    aws_session_token: str | None = None,
    profile_name: str | None = None,
) -> DSQLClient: ...
def explain(token: str) -> Explanation: ...
def url_quote(token: str) -> str: ...
def pgpass_quote(token: str) -> str: ...
def odbc_quote(token: str, *, percent: bool = False) -> str: ...
def _await_providers() -> None: ...
def _sign_at(
    host: str,
    port: int | str,
    user: str | bytes,
    region: str | None,
    access_key_id: str,
    secret_access_key: str,
    session_token: str | None,
    unix_time: int,
    expires: int,
    kind: str | None = None,
) -> str: ...

@final
class RDSClient:
    @overload
    def generate_db_auth_token(
        self,
        DBHostname: str,
        Port: int | str,
        DBUsername: str | bytes,
        Region: str | None = None,
        *,
        DBUser: None = None,
    ) -> str: ...
    @overload
    def generate_db_auth_token(
        self,
        DBHostname: str,
        Port: int | str,
        DBUsername: None = None,
        Region: str | None = None,
        *,
        DBUser: str | bytes,
    ) -> str: ...
    @property
    def meta(self) -> ClientMeta: ...

@final
class DSQLClient:
    def generate_db_connect_auth_token(
        self, Hostname: str, Region: str | None = None, ExpiresIn: int = 900
    ) -> str: ...
    def generate_db_connect_admin_auth_token(
        self, Hostname: str, Region: str | None = None, ExpiresIn: int = 900
    ) -> str: ...
    @property
    def meta(self) -> ClientMeta: ...

@final
class ClientMeta:
    @property
    def region_name(self) -> str | None: ...

@disjoint_base
class TokenCache:
    # What `credentials` may be is in rdsiam._credentials.
    def __new__(
        cls,
        host: str,
        port: int | str,
        user: str | bytes,
        region: str | None = None,
        *,
        profile: str | None = None,
        credentials: object = None,
        refresh_before: int = 60,
        min_remaining: int = 10,
        expires: int = 900,
        timeout: float = 10,
        kind: str | None = None,
    ) -> Self: ...
    def __call__(self) -> str: ...
    def get_token(self) -> str: ...
    def _get(self) -> tuple[str, int]: ...
    def _try_get_token(self) -> str | None: ...
    def invalidate(self, token: str | None = None) -> None: ...
    def login_refused(self, token: str, began: float) -> bool: ...
    def stats(self) -> dict[str, int]: ...
    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def user(self) -> str: ...
    @property
    def region(self) -> str | None: ...
    @property
    def kind(self) -> str: ...

@final
class Explanation:
    @property
    def kind(self) -> str | None: ...
    @property
    def host(self) -> str | None: ...
    @property
    def port(self) -> int | None: ...
    @property
    def user(self) -> str | None: ...
    @property
    def region(self) -> str | None: ...
    @property
    def access_key_id(self) -> str | None: ...
    @property
    def has_session_token(self) -> bool: ...
    @property
    def signed_at(self) -> int | None: ...
    @property
    def expires_at(self) -> int | None: ...
    @property
    def remaining_seconds(self) -> int | None: ...
    @property
    def length(self) -> int: ...
    @property
    def problems(self) -> tuple[str, ...]: ...
    def to_dict(self) -> dict[str, Any]: ...
