"""Tokens: as boto3 makes them, from boto3 itself, and what one says about itself.

AWS_DEFAULT_REGION=... DB_HOST=... DB_PORT=5432 DB_USER=app python tokens.py
"""

import os

import boto3

import rdsiam

login = {
    "DBHostname": os.environ["DB_HOST"],
    "Port": int(os.environ["DB_PORT"]),
    "DBUsername": os.environ["DB_USER"],
}

# The function; the region is the one in the host name.
token = rdsiam.generate_db_auth_token(**login)

# In place of boto3.client("rds").
token = rdsiam.client("rds").generate_db_auth_token(**login)

# Code that cannot be changed: boto3's clients sign with rdsiam, with their own credentials.
rdsiam.patch_boto3()
token = boto3.client("rds").generate_db_auth_token(**login)

# Not the token itself: it is a password.
told = rdsiam.explain(token)
print(f"{told.length} bytes for {told.user} at {told.host}:{told.port}")
print(f"good for {told.remaining_seconds} s more; problems: {told.problems or 'none'}")
