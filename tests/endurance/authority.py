"""Keys that live 1 to 20 minutes, known to the stand-in for just that long."""

import base64
import json
import random
import secrets
import time
from pathlib import Path

import psycopg
from signer import make_token

from standin_login import STANDIN, connect


class Authority:
    """Makes keys that live 1 to 20 minutes, and lets the stand-in know those that live now."""

    def __init__(self, file):
        self.file = Path(file)
        self.config = Path(STANDIN["CONFIG"])
        self.content = json.loads(self.config.read_text())
        self.alive = {}
        self.ended = []
        self.made = 0
        self.rotated_at = 0
        self.current = ()
        self.current_end = 0
        self.tick()

    def tick(self):
        now = time.time()
        for key, (_, _, end) in list(self.alive.items()):
            if now >= end:
                self.ended.append((key, *self.alive.pop(key)))
                self.publish()
        # A source that rotates its keys does so before they end.
        if now >= self.rotated_at + 60 or now >= self.current_end - 20:
            self.rotate(now)

    def rotate(self, now):
        key = "ASIA" + base64.b32encode(secrets.token_bytes(10)).decode()
        secret = secrets.token_urlsafe(30)
        session = base64.b64encode(secrets.token_bytes(600)).decode()
        # Many short lives and a few long ones; the first is short, so that each run sees its end.
        end = int(now + (60 * 20 ** random.random() if self.made else 60))
        self.alive[key] = (secret, session, end)
        self.publish()
        # Only now, so that it is accepted from the moment it is handed out.
        self.current = (key, secret, session, end)
        replace(self.file, f"{key} {secret} {session} {end}\n")
        self.made += 1
        self.rotated_at, self.current_end = now, end

    def publish(self):
        self.content["keys"] = {
            key: {"secret": secret, "session_token": session}
            for key, (secret, session, _) in self.alive.items()
        }
        replace(self.config, json.dumps(self.content))


def replace(path, text):
    """At once: whoever reads it meanwhile sees the old or the new one."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.chmod(0o644)
    new.replace(path)


def is_refused(dead):
    """Whether a login with a token of a key that has expired fails, as it has to."""
    login = {"host": STANDIN["HOST"], "port": STANDIN["PORT"], "user": STANDIN["ODD_USER"]}
    token = make_token(dead[:3], **login, region=STANDIN["REGION"], at=int(time.time()))
    try:
        with connect(token, STANDIN["ODD_USER"], connect_timeout=60):
            return False
    except psycopg.OperationalError as error:
        return "authentication failed" in str(error)


def server_log():
    """Accepted and refused by the stand-in's own log, without the dead keys tried here."""
    odd = json.dumps(STANDIN["ODD_USER"])
    lines = [line.split(" ", 1)[1] for line in Path(STANDIN["LOG"]).read_text().splitlines()]
    mine = [line for line in lines if odd not in line]
    return (
        sum(line.startswith("accepted") for line in mine),
        [line for line in mine if line.startswith("refused")],
    )
