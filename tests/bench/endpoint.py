"""The endpoint that a container's credentials come from, on loopback."""

import contextlib
import http.server
import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from programs import KEYS, SESSION


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # In one packet, and at once: what waits is to be the client.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        expiry = datetime.now(timezone.utc) + timedelta(hours=6)
        body = json.dumps(
            {
                "AccessKeyId": KEYS["AWS_ACCESS_KEY_ID"],
                "SecretAccessKey": KEYS["AWS_SECRET_ACCESS_KEY"],
                "Token": SESSION,
                "Expiration": expiry.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@contextlib.contextmanager
def serving() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/credentials"
    finally:
        server.shutdown()
        server.server_close()
