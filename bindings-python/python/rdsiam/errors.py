"""The exceptions of rdsiam. Each has a `code`, the same in every language, and `retryable`."""


class RdsIamWarning(UserWarning):
    """Something is probably wrong, though the call went on."""


class RdsIamError(Exception):
    """Base of all exceptions of rdsiam.

    `code` is a text such as "ERR_RDSIAM_TIMEOUT", the same in every language. `retryable` says
    whether the same call can succeed later without a change by the caller. No message quotes a
    secret.

    >>> import rdsiam
    >>> try:
    ...     rdsiam.generate_db_auth_token("https://db.example.com", 5432, "app", "us-east-1")
    ... except rdsiam.RdsIamError as error:
    ...     print(error.code, error.retryable)
    ERR_RDSIAM_INVALID_ARGUMENT False
    """

    code: str = "ERR_RDSIAM_INTERNAL"
    retryable: bool = False


class InvalidArgumentError(RdsIamError, ValueError):
    """An argument is not valid; the message names it and the remedy."""

    code = "ERR_RDSIAM_INVALID_ARGUMENT"


class RegionMissingError(RdsIamError):
    """No region was given and none could be found."""

    code = "ERR_RDSIAM_REGION_MISSING"


class CredentialsError(RdsIamError):
    """No usable credentials: base of the four reasons why."""

    code = "ERR_RDSIAM_CREDENTIALS_PROVIDER"


class CredentialsNotFoundError(CredentialsError):
    """No source had credentials; the message names each that was tried."""

    code = "ERR_RDSIAM_CREDENTIALS_NOT_FOUND"


class CredentialsExpiredError(CredentialsError):
    """The credentials have ended, or end too soon to be of use."""

    code = "ERR_RDSIAM_CREDENTIALS_EXPIRED"
    retryable = True


class CredentialsProviderError(CredentialsError):
    """A source of credentials failed. What a callable of yours raised is its `__cause__`."""

    code = "ERR_RDSIAM_CREDENTIALS_PROVIDER"


class RdsIamTimeoutError(CredentialsError, TimeoutError):
    """Credentials did not arrive in time."""

    code = "ERR_RDSIAM_TIMEOUT"
    retryable = True


class WouldBlockError(RdsIamError):
    """The call may not wait, and would have had to."""

    code = "ERR_RDSIAM_WOULD_BLOCK"


class ClockError(RdsIamError):
    """The system clock cannot be right."""

    code = "ERR_RDSIAM_CLOCK"


class InternalError(RdsIamError):
    """A fault of rdsiam itself; please report it."""

    code = "ERR_RDSIAM_INTERNAL"


# The one place that says which class a code of the core has.
_CLASSES: dict[str, type[RdsIamError]] = {
    "ERR_RDSIAM_PANIC": InternalError,
    **{
        cls.code: cls
        for cls in (
            InvalidArgumentError,
            RegionMissingError,
            CredentialsNotFoundError,
            CredentialsExpiredError,
            CredentialsProviderError,
            RdsIamTimeoutError,
            WouldBlockError,
            ClockError,
            InternalError,
        )
    },
}


def _of(code: str, message: str, retryable: bool) -> RdsIamError:
    error = _CLASSES.get(code, InternalError)(message)
    error.code = code
    error.retryable = retryable
    return error
