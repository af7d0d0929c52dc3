"""`patch_boto3` and its end, without botocore until they are called."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._boto3 import Patch


def patch_boto3() -> "Patch":
    """Lets every client of boto3, botocore or aiobotocore for RDS and DSQL sign here from now on.

    Its `generate_db_auth_token`, or `generate_db_connect_auth_token` and
    `generate_db_connect_admin_auth_token`, keeps its signature, signs with the client's own
    credentials and region, and raises botocore's own exceptions where those are missing. What
    botocore would sign though it can never be right (an empty host or user, port 0) is an
    InvalidArgumentError. Calling it twice does no harm. Raises ImportError where there is no
    botocore. `unpatch_boto3` takes it back; `with rdsiam.patch_boto3():` does so at the end of the
    block.

    >>> import boto3, rdsiam
    >>> patched = rdsiam.patch_boto3()
    >>> host = "mydb.abc123.us-east-1.rds.amazonaws.com"
    >>> token = boto3.client("rds", "us-east-1").generate_db_auth_token(host, 5432, "app")
    >>> token.startswith(host)
    True
    """
    from ._boto3 import patch

    return patch()


def unpatch_boto3() -> None:
    """Takes `patch_boto3` back: clients that are made from now on are boto3's own again.

    Those that were made meanwhile go on signing here.

    >>> import boto3, rdsiam
    >>> with rdsiam.patch_boto3():
    ...     ours = boto3.client("rds", "us-east-1").generate_db_auth_token
    >>> ours.__module__, boto3.client("rds", "us-east-1").generate_db_auth_token.__module__
    ('rdsiam._boto3', 'botocore.signers')
    """
    module = sys.modules.get("rdsiam._boto3")
    if module is not None:
        module.unpatch()
