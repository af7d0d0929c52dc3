"""A token of boto3's by its own look at the environment and the files, or that it made none."""

import boto3
import botocore.exceptions
import botocore.loaders
import botocore.session

# A host that carries no region, since boto3 does not look at it.
LOGIN = ("db.example.com", 5432, "app")
FAILED = "failed"
# What it says, and what escapes it where it meets something that it does not expect.
FAILURES = (
    botocore.exceptions.BotoCoreError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    ValueError,
)
# Read once, or each client would read them again.
MODELS = botocore.loaders.create_loader()


def token(profile: str | None, region: str | None) -> str:
    core = botocore.session.Session()
    core.register_component("data_loader", MODELS)
    try:
        session = boto3.Session(botocore_session=core, profile_name=profile)
        client = session.client("rds", region_name=region)
        return str(client.generate_db_auth_token(*LOGIN))
    except FAILURES:
        return FAILED


def keys() -> tuple[str, str, str | None] | str:
    """What botocore signs with: key, secret and session token."""
    try:
        found = botocore.session.Session().get_credentials()
        return tuple(found.get_frozen_credentials())[:3] if found else FAILED
    except FAILURES:
        return FAILED
