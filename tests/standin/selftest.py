#!/usr/bin/env python3
"""Shows that the stand-in has teeth. Run by `standin run -- python3 selftest.py`.

Tokens are made here with the standard library, neither by the library under test nor by the
verifier's functions.
"""

import hashlib
import hmac
import os
import subprocess
import sys
import time
import unittest
from pathlib import Path
from urllib.parse import quote

HERE = Path(__file__).resolve().parent


def setting(name):
    return os.environ[f"STANDIN_{name}"]


def make(**changes):
    """A token; changes are made before it is signed."""
    given = {
        "address": f"{setting('HOST')}:{setting('PORT')}",
        "user": setting("USER"),
        "key": setting("ACCESS_KEY_ID"),
        "secret": setting("SECRET_ACCESS_KEY"),
        "session": setting("SESSION_TOKEN"),
        "region": setting("REGION"),
        "service": "rds-db",
        "age": 0,
        "expires": "900",
        "action": "connect",
        "extra": {},
    } | changes
    moment = time.gmtime(time.time() - given["age"])
    stamp = time.strftime("%Y%m%dT%H%M%SZ", moment)
    scope = f"{stamp[:8]}/{given['region']}/{given['service']}/aws4_request"
    query = {
        "Action": given["action"],
        "DBUser": given["user"],
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{given['key']}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": given["expires"],
        "X-Amz-SignedHeaders": "host",
    } | given["extra"]
    if given["session"] is not None:
        query["X-Amz-Security-Token"] = given["session"]
    text = "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in sorted(query.items()))
    empty = hashlib.sha256(b"").hexdigest()
    canonical = f"GET\n/\n{text}\nhost:{given['address']}\n\nhost\n{empty}"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{given['secret']}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{given['address']}/?{text}&X-Amz-Signature={signature}"


def log_in(password, user=None, **changes):
    """Standard output and error of psql, and whether it got in."""
    words = {
        "host": setting("HOST"),
        "hostaddr": setting("HOSTADDR"),
        "port": setting("PORT"),
        "dbname": setting("DB"),
        "user": user or setting("USER"),
        "sslmode": "verify-full",
        "sslrootcert": setting("CA"),
    } | changes
    done = subprocess.run(
        ["psql", "-X", "-A", "-t", "-w", "-c", "SELECT current_user",
         " ".join(f"{k}='{v}'" for k, v in words.items())],
        env={"PATH": os.environ["PATH"], "PGPASSWORD": password},
        capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    return done.returncode == 0, done.stdout.strip() + done.stderr


def last_line():
    return Path(setting("LOG")).read_text().splitlines()[-1]


def runs(pid):
    """Whether a process is more than an entry that nobody has collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Accepted(unittest.TestCase):
    def test_temporary_credentials(self):
        token = make()
        self.assertGreater(len(token), 1200)
        self.assertEqual(log_in(token), (True, setting("USER")))
        self.assertIn("accepted", last_line())

    def test_long_term_credentials(self):
        token = make(
            key=setting("STATIC_ACCESS_KEY_ID"),
            secret=setting("STATIC_SECRET_ACCESS_KEY"),
            session=None,
        )
        self.assertEqual(log_in(token), (True, setting("USER")))

    def test_an_odd_user(self):
        user = setting("ODD_USER")
        self.assertEqual(log_in(make(user=user), user=user), (True, user))

    def test_nearly_expired(self):
        self.assertTrue(log_in(make(age=880))[0])

    def test_a_clock_four_minutes_ahead(self):
        self.assertTrue(log_in(make(age=-240))[0])


class Refused(unittest.TestCase):
    def refused(self, token, reason, user=None):
        accepted, output = log_in(token, user=user)
        self.assertFalse(accepted)
        self.assertIn("PAM authentication failed", output)
        self.assertIn(reason, last_line())
        self.assertIn("refused", last_line())

    def test_each_fault_has_its_reason(self):
        good = make()
        flipped = good[:-1] + ("1" if good[-1] == "0" else "0")
        other_host = f"other.abc123xyz.us-east-1.rds.amazonaws.com:{setting('PORT')}"
        for token, reason in (
            (flipped, "signature"),
            (make(secret="another"), "signature"),
            (good.replace("DBUser=app_iam", "DBUser=app_ian"), "DBUser"),
            (make(age=901), "expired"),
            (make(age=60, expires="30"), "expired"),
            (make(age=-400), "future"),
            (make(user="postgres"), "DBUser"),
            (make(address=other_host), "not an endpoint"),
            (make(address=f"{setting('HOST')}:1"), "not an endpoint"),
            (make(region="eu-west-1"), "wrong region"),
            (make(service="dsql"), "wrong service"),
            (make(key="AKIAUNKNOWN"), "unknown access key"),
            (make(action="DbConnect"), "Action"),
            (make(expires="901"), "Expires"),
            (make(expires="0"), "Expires"),
            (make(expires="x"), "cannot be read"),
            (make(session="not this one"), "not the session token"),
            (make(session=None), "not the session token"),
            (make(session=""), "session token is empty"),
            (make(extra={"X-Amz-Extra": "1"}), "unknown parameters"),
            (make(extra={"X-Amz-SignedHeaders": "host;date"}), "SignedHeaders"),
            (good.replace("/?", "?"), "path"),
            (good.replace("Action=connect&", ""), "missing: Action"),
            (good + "&Action=connect", "twice"),
            (good.replace("=connect", ""), "no value"),
            (good[:511], ""),
            ("a password", "path"),
        ):
            with self.subTest(reason=reason):
                self.refused(token, reason)

    def test_the_token_of_another_user(self):
        self.refused(make(), "DBUser", user=setting("ODD_USER"))

    def test_a_static_key_with_a_session_token(self):
        key, secret = setting("STATIC_ACCESS_KEY_ID"), setting("STATIC_SECRET_ACCESS_KEY")
        self.refused(make(key=key, secret=secret), "not the session token")


class Transport(unittest.TestCase):
    def test_without_tls(self):
        accepted, output = log_in(make(), sslmode="disable")
        self.assertFalse(accepted)
        self.assertIn("pg_hba.conf rejects", output)

    def test_another_ca(self):
        accepted, output = log_in(make(), sslrootcert=str(Path(setting("DIR")) / "server.pem"))
        self.assertFalse(accepted)
        self.assertIn("certificate", output)

    def test_another_name(self):
        accepted, output = log_in(make(), host="localhost")
        self.assertFalse(accepted)
        self.assertIn("does not match host name", output)


class Server(unittest.TestCase):
    def test_it_is_not_root(self):
        pid = (Path(setting("DIR")) / "data" / "postmaster.pid").read_text().split()[0]
        self.assertNotEqual(Path(f"/proc/{pid}").stat().st_uid, 0)

    def test_the_log_has_no_secret(self):
        log_in(make())
        log = Path(setting("LOG")).read_text()
        for secret in ("SECRET_ACCESS_KEY", "SESSION_TOKEN", "STATIC_SECRET_ACCESS_KEY"):
            self.assertNotIn(setting(secret), log)
        self.assertNotIn("X-Amz-Signature=", log)

    def test_another_one_starts_stops_and_leaves_nothing(self):
        standin = str(HERE / "standin")
        started = subprocess.run([standin, "start"], capture_output=True, text=True, check=True)
        lines = dict(line.removeprefix("export ").split("=", 1) for line in started.stdout.splitlines())
        folder = Path(lines["STANDIN_DIR"])
        pid = (folder / "data" / "postmaster.pid").read_text().split()[0]
        self.assertNotEqual(lines["STANDIN_PORT"], setting("PORT"))
        for _ in range(2):
            subprocess.run([standin, "stop", "--dir", str(folder)], check=True)
            self.assertFalse(folder.exists() or runs(pid))

    def test_run_gives_the_exit_code_of_its_command(self):
        done = subprocess.run([str(HERE / "standin"), "run", "--", "sh", "-c", "exit 7"])
        self.assertEqual(done.returncode, 7)


if __name__ == "__main__":
    program = unittest.main(exit=False)
    sys.exit(not (program.result.wasSuccessful() and program.result.testsRun >= 15))
