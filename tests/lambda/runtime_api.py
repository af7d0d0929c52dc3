"""The Runtime API of AWS Lambda, as far as a runtime needs it: events go out, answers come in.

    python3 runtime_api.py EVENTS -- COMMAND...

starts COMMAND with AWS_LAMBDA_RUNTIME_API, gives it the events (a JSON list) one after the other,
and prints a JSON list: of each its answer, or the error, and the seconds from its start or the
last answer. The command is then stopped. Standard library only; for every language.
"""

import http.server
import json
import os
import queue
import subprocess
import sys
import threading
import time

VERSION = "/2018-06-01/runtime"


class Api(http.server.ThreadingHTTPServer):
    """One function: `ask` gives it an event and waits for what it makes of it."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.events = queue.Queue()
        self.answers = queue.Queue()
        self.asked = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        # The runtime was stopped while it waited for an event.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def ask(self, event, seconds=60):
        self.asked += 1
        self.events.put((f"request-{self.asked}", event))
        return self.answers.get(timeout=seconds)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        if self.path != f"{VERSION}/invocation/next":
            self.reply(404, b"{}")
            return
        number, event = self.server.events.get()
        deadline = int((time.time() + 60) * 1000)
        self.reply(
            200,
            json.dumps(event).encode(),
            {
                "Lambda-Runtime-Aws-Request-Id": number,
                "Lambda-Runtime-Deadline-Ms": str(deadline),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:1:function:f",
                "Lambda-Runtime-Trace-Id": "Root=1-1-1;Sampled=0",
            },
        )

    def do_POST(self):
        body = self.body()
        kind = self.path.rsplit("/", 1)[-1]
        if kind not in ("response", "error"):
            self.reply(404, b"{}")
            return
        self.server.answers.put({kind: json.loads(body or b"null")})
        self.reply(202, b'{"status": "OK"}')

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return parts

    def reply(self, status, body, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def run(events, command, environment=None, seconds=60):
    """What the command answers to the events, each with its seconds."""
    api = Api()
    begun = time.monotonic()
    process = subprocess.Popen(
        command,
        env={**os.environ, **(environment or {}), "AWS_LAMBDA_RUNTIME_API": api.address},
        stdout=sys.stderr,
    )
    results = []
    try:
        for event in events:
            answer = api.ask(event, seconds)
            now = time.monotonic()
            results.append({**answer, "seconds": now - begun})
            begun = now
    finally:
        process.kill()
        process.wait()
        api.shutdown()
        api.server_close()
    return results


if __name__ == "__main__":
    print(json.dumps(run(json.loads(sys.argv[1]), sys.argv[3:])))
