"""An interpreter that ends while a thread of it waits for credentials: it ends with 0.

Up to CPython 3.13 glibc's pthread_exit unwinds that thread, through the library."""

import os
import socket
import threading
import time

import rdsiam

# Nobody answers there.
silent = socket.create_server(("127.0.0.1", 0))
for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
    os.environ.pop(name, None)
os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"http://127.0.0.1:{silent.getsockname()[1]}/"
cache = rdsiam.TokenCache("db.abc123xyz.us-east-1.rds.amazonaws.com", 5432, "app")
threading.Thread(target=cache.get_token, daemon=True).start()
time.sleep(0.5)


class Last:
    """Deleted while the interpreter ends: gives the thread the time to notice."""

    def __del__(self, sleep=time.sleep) -> None:
        sleep(1)


last = Last()
