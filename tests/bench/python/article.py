"""Caches that Python programs write by hand around a client of boto3, in the spirit of the articles
on IAM authentication: 15 minutes from now, and a new token when less than one is left.

None has a lock, looks at the life of the credentials, or counts.
"""

import time
from datetime import datetime, timedelta


class WithSeconds:
    """By the clock's own seconds: as quick as this can be in Python."""

    def __init__(self, client, hostname, port, username, region):
        self.client = client
        self.request = {
            "DBHostname": hostname,
            "Port": port,
            "DBUsername": username,
            "Region": region,
        }
        self.token = None
        self.expires_at = None

    def get_token(self):
        if self.token is None or self.expires_at - time.time() < 60:
            self.token = self.client.generate_db_auth_token(**self.request)
            self.expires_at = time.time() + 15 * 60
        return self.token


class WithDatetime(WithSeconds):
    """The same by dates."""

    def get_token(self):
        if self.token is None or datetime.now() >= self.expires_at - timedelta(minutes=1):
            self.token = self.client.generate_db_auth_token(**self.request)
            self.expires_at = datetime.now() + timedelta(minutes=15)
        return self.token
