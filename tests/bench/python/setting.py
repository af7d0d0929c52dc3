"""What is signed, and with what; nothing is imported that a peer might import itself."""

import os

HOST = os.environ["BENCH_HOST"]
PORT = 5432
USER = "app"
REGION = "us-east-1"
# Absent where they come from the container endpoint.
KEY = os.environ.get("AWS_ACCESS_KEY_ID")
SECRET = os.environ.get("AWS_SECRET_ACCESS_KEY")
SESSION = os.environ.get("AWS_SESSION_TOKEN")


def check(token):
    """That it is a token, of just these credentials."""
    assert token.startswith((f"{HOST}:{PORT}/?", f"https://{HOST}:{PORT}/?")), "not a token"
    assert ("X-Amz-Security-Token=" in token) == ("BENCH_SESSION" in os.environ), "session"
    return token
