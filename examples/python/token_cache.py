"""The cache class: one for the life of the process, used by any number of threads.

AWS_DEFAULT_REGION=... DB_HOST=... DB_PORT=5432 DB_USER=app python token_cache.py
"""

import os
from concurrent.futures import ThreadPoolExecutor

import boto3

import rdsiam

login = (os.environ["DB_HOST"], int(os.environ["DB_PORT"]), os.environ["DB_USER"])

# Over a client of boto3, as such classes are usually written, or None in its place.
client = boto3.client("rds")
cache = rdsiam.DatabaseTokenCache(client, *login, client.meta.region_name)

with ThreadPoolExecutor(8) as threads:
    tokens = set(threads.map(lambda _: cache.get_token(), range(1000)))

stats = cache.stats()
print(f"1000 calls, {len(tokens)} token, {stats['signatures']} signature for {login[2]}")
