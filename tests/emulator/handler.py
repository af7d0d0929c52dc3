"""Which source a request asks, whether it may, and how an answer goes wrong."""

import json
import os
import re
import select
import socket
import struct
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler

import answers
import dpop
from answers import RefusedError
from doors import tunnel

ROLES = "/latest/meta-data/iam/security-credentials/"
IMDS_TOKEN = "EMULATOR-IMDS-TOKEN"
IMDS_TTL = "x-aws-ec2-metadata-token-ttl-seconds"
LONGEST_HANG = 60


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = LONGEST_HANG

    def log_message(self, *_):
        """Nothing on standard error: the log is asked for."""

    def do_CONNECT(self):
        if (answer := self.as_proxy(self.path)) is not None:
            return self.send(answer)
        self.send_response(200, "Connection established")
        self.end_headers()
        self.close_connection = True
        return tunnel(self.connection, self.server.doors["tls"])

    def as_proxy(self, target):
        """What a proxy is asked for is in the log. Its answer, if that is where it ends."""
        mode = self.server.next_mode("proxy")
        entry = {"source": "proxy", "method": self.command, "target": target, "mode": mode}
        entry["authorization"] = self.headers.get("Proxy-Authorization")
        self.server.record(entry)
        if mode and mode.startswith("status:"):
            return answers.in_json({"message": "as the test asked"}, int(mode[7:]))
        return None

    def handle_any(self):
        answer = None
        if self.path.startswith("http://"):
            answer = self.as_proxy(self.path.partition("?")[0])
            self.path = "/" + self.path.split("/", 3)[3]
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length).decode("utf-8", "replace")
        self.route, _, self.query = self.path.partition("?")
        if self.route in ("/control", "/requests", "/clear"):
            return self.send(self.command_of_test())
        source = self.source()
        mode = source and self.server.next_mode(source)
        self.entry = {"source": source, "method": self.command, "path": self.route, "mode": mode}
        self.entry["host"] = self.headers.get("Host", "").partition(":")[0]
        self.server.record(self.entry)
        if answer is not None:
            return self.send(answer)
        return self.misbehave(source, mode)

    do_GET = do_PUT = do_POST = handle_any  # noqa: N815

    def command_of_test(self):
        try:
            if self.route == "/requests":
                return answers.in_json(self.server.requests())
            if self.route == "/clear":
                self.server.clear()
            else:
                self.server.mode(**json.loads(self.body))
        except (ValueError, TypeError) as error:
            return answers.in_json({"error": str(error)}, 400)
        return answers.in_json({})

    def source(self):
        if (self.command, self.route) == ("POST", "/"):
            self.form = dict(urllib.parse.parse_qsl(self.body))
            actions = {"AssumeRole": "assume-role", "AssumeRoleWithWebIdentity": "web-identity"}
            return actions.get(self.form.get("Action"))
        if self.command == "GET" and self.route.startswith(ROLES):
            return "imds" if self.route != ROLES else "imds-role"
        return {
            ("GET", "/container"): "container",
            ("GET", "/process"): "process",
            ("PUT", "/latest/api/token"): "imds-token",
            ("GET", "/federation/credentials"): "sso",
            ("POST", "/token"): "oidc",
            ("POST", "/v1/token"): "signin",
        }.get((self.command, self.route))

    def misbehave(self, source, mode):
        if mode == "hang":
            return self.hang()
        if mode == "reset":
            return self.reset()
        if mode in ("slow", "late"):
            time.sleep(self.server.config[f"{mode}_seconds"])
        answer = self.answer(source, mode)
        self.entry["status"] = answer.status
        if mode == "half":
            answer = answer._replace(body=answer.body[: len(answer.body) // 2])
        return self.send(answer, cut=mode == "truncated")

    def answer(self, source, mode):
        if mode == "throttle":
            return answers.throttled(source)
        if mode and mode.startswith("status:"):
            return answers.refused(source, int(mode[7:]), "EmulatedFailure", "as the test asked")
        if mode == "not-json":
            return answers.Answer(200, "text/html", b"<html><body>Sign in to the Wi-Fi</body>")
        if source is None:
            return answers.in_json({"message": "no such path"}, 404)
        try:
            return getattr(self, "serve_" + source.replace("-", "_"))(mode)
        except RefusedError as error:
            return answers.refused(source, error.status, error.code, error.message)

    def keys(self, source, mode):
        keys = self.server.make_keys(source, mode)
        self.entry.update(keys._asdict())
        del self.entry["secret_access_key"]
        return keys

    def serve_assume_role(self, mode):
        signer = re.search(r"Credential=([^/]+)/", self.headers.get("Authorization", ""))
        if not signer:
            raise RefusedError(403, "MissingAuthenticationToken", "the request is not signed")
        self.entry["signed_by"] = signer[1]
        return self.sts("assume-role", mode)

    def serve_web_identity(self, mode):
        if self.form.get("WebIdentityToken") != self.server.config["web_identity_token"]:
            raise RefusedError(400, "InvalidIdentityToken", "not the token of this emulator")
        return self.sts("web-identity", mode)

    def sts(self, source, mode):
        form = self.form
        if not form.get("RoleArn") or not form.get("RoleSessionName"):
            raise RefusedError(400, "ValidationError", "RoleArn and RoleSessionName are needed")
        keys = self.keys(source, mode)
        return answers.sts(form["Action"], form["RoleArn"], form["RoleSessionName"], keys)

    def serve_container(self, mode):
        if self.headers.get("Authorization") != self.server.config["container_token"]:
            raise RefusedError(401, "Unauthorized", "the authorization token is missing or wrong")
        return answers.container(self.keys("container", mode))

    def serve_process(self, mode):
        return answers.process(self.keys("process", mode))

    def serve_imds_token(self, _mode):
        if not self.headers.get(IMDS_TTL, "").isdigit():
            raise RefusedError(400, "BadRequest", "the life of the token is missing")
        if self.server.kind == "imds-v1":
            raise RefusedError(404, "NotFound", "there is no second version here")
        life = ((IMDS_TTL, self.headers[IMDS_TTL]),)
        return answers.text(IMDS_TOKEN, () if self.server.kind == "imds-no-ttl" else life)

    def serve_imds_role(self, _mode):
        self.check_imds_token()
        return answers.text("emulator-role")

    def serve_imds(self, mode):
        self.check_imds_token()
        if self.route != ROLES + "emulator-role":
            raise RefusedError(404, "NotFound", "no such role")
        return answers.imds(self.keys("imds", mode))

    def check_imds_token(self):
        if self.server.kind == "imds-v1" and "x-aws-ec2-metadata-token" not in self.headers:
            return
        if self.headers.get("x-aws-ec2-metadata-token") != IMDS_TOKEN:
            raise RefusedError(401, "Unauthorized", "the session token is missing or wrong")

    def serve_sso(self, mode):
        config = self.server.config
        if self.headers.get("x-amz-sso_bearer_token") not in (
            config["sso_token"],
            config["refreshed_sso_token"],
        ):
            raise RefusedError(401, "UnauthorizedException", "Session token not found or invalid")
        query = dict(urllib.parse.parse_qsl(self.query))
        if not query.get("role_name") or not query.get("account_id"):
            raise RefusedError(400, "InvalidRequestException", "role_name, account_id are needed")
        return answers.sso(self.keys("sso", mode))

    def serve_oidc(self, mode):
        asked = json.loads(self.body)
        wanted = {"grantType": "refresh_token", "refreshToken": "EMULATOR-REFRESH-TOKEN"}
        if any(asked.get(name) != value for name, value in wanted.items()):
            raise RefusedError(400, "invalid_grant", "not the refresh token of this emulator")
        seconds = -60 if mode == "expired" else 3600
        return answers.oidc(self.server.config["refreshed_sso_token"], seconds)

    def serve_signin(self, mode):
        asked = json.loads(self.body)
        wanted = {
            "clientId": "arn:aws:signin:::devtools/same-device",
            "grantType": "refresh_token",
            "refreshToken": self.server.config["login_refresh_token"],
        }
        if asked != wanted:
            raise RefusedError(400, "ValidationException", "not the session of this emulator")
        scheme = "https" if self.server.context else "http"
        url = f"{scheme}://{self.headers['Host']}{self.path}"
        try:
            dpop.check(self.headers.get("DPoP", ""), url, dpop.PUBLIC)
        except ValueError as error:
            raise RefusedError(403, "AccessDeniedException", f"the proof: {error}") from error
        return answers.signin(self.keys("signin", mode), self.server.config["login_refresh_token"])

    def send(self, answer, cut=False):
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2] if cut else answer.body)
        self.close_connection = self.close_connection or cut

    def hang(self):
        """Says nothing, until the client gives up."""
        deadline = time.monotonic() + LONGEST_HANG
        while time.monotonic() < deadline and not self.server.stopped.wait(0.05):
            if select.select([self.connection], [], [], 0)[0]:
                self.entry["gave_up"] = True
                break
        self.close_connection = True

    def reset(self):
        """Breaks off amid the headers; with no time to linger, the close is a reset."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Ty")
        now = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
        # Dropped here, for the server would shut the connection down in good order first.
        self.wfile.close = self.rfile.close = lambda: None
        os.close(self.connection.detach())
        self.close_connection = True
