#!/usr/bin/env python3
"""Proves that the stand-in lets the right tokens in and keeps every other one out.

tests/standin/standin run -- python3 tests/standin/selftest.py
"""

# unittest on purpose: there is nothing to install for it.
# ruff: noqa: PT009, PT027

import contextlib
import hashlib
import hmac
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import verifier

HERE = Path(__file__).resolve().parent
STANDIN = HERE / "standin"
NOON = 1717243200  # 2024-06-01T12:00:00Z
HOST = "mydb.abc123xyz.us-east-1.rds.amazonaws.com"
TEMPORARY = ("ASIATEMPORARYEXAMPLE", "TEMPORARY+SECRET/EXAMPLE", "SESSION+TOKEN/EXAMPLE==")
STATIC = ("AKIASTATICEXAMPLE", "STATIC+SECRET/EXAMPLE", None)


# A signer of its own, that can be told to go wrong


def encode(text):
    return urllib.parse.quote(text, safe="")


def keyed(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def make_token(
    key,
    host=HOST,
    port=5432,
    user="app_iam",
    region="us-east-1",
    service="rds-db",
    at=NOON,
    age=0,
    expires=900,
    path="/",
    scope_age=0,
    scope_end="aws4_request",
    edit=lambda pairs: pairs,
    signed_host=None,
):
    key_id, secret, session_token = key
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at - age))
    day = time.strftime("%Y%m%d", time.gmtime(at - age - scope_age))
    scope = [day, region, service, scope_end]
    pairs = [
        ("Action", "connect"),
        ("DBUser", user),
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Credential", "/".join([key_id, *scope])),
        ("X-Amz-Date", stamp),
        ("X-Amz-Expires", str(expires)),
        ("X-Amz-SignedHeaders", "host"),
    ]
    if session_token is not None:
        pairs.append(("X-Amz-Security-Token", session_token))
    query = [f"{encode(name)}={encode(value)}" for name, value in edit(pairs)]
    signed_host = signed_host or f"{host}:{port}"
    nothing = hashlib.sha256().hexdigest()
    request = f"GET\n/\n{'&'.join(sorted(query))}\nhost:{signed_host}\n\nhost\n{nothing}"
    digest = hashlib.sha256(request.encode()).hexdigest()
    signing_key = ("AWS4" + secret).encode()
    for part in scope:
        signing_key = keyed(signing_key, part)
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{'/'.join(scope)}\n{digest}"
    query.append("X-Amz-Signature=" + keyed(signing_key, text).hex())
    return f"{host}:{port}{path}?{'&'.join(query)}"


def put(name, value):
    """An edit that sets a parameter, or adds it."""
    return lambda pairs: [pair for pair in pairs if pair[0] != name] + [(name, value)]


def drop(name):
    return lambda pairs: [pair for pair in pairs if pair[0] != name]


def repeat(name):
    return lambda pairs: pairs + [pair for pair in pairs if pair[0] == name]


PARAMETERS = [
    "Action",
    "DBUser",
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
]

# One thing is wrong with each; the signature is right unless that is the thing.
REFUSALS = [
    ({"age": 901}, "expired"),
    ({"age": 900}, "expired"),
    ({"age": 61, "expires": 60}, "expired"),
    ({"age": -330}, "from the future"),
    ({"user": "another"}, "wrong user"),
    ({"user": "APP_IAM"}, "wrong user"),
    ({"user": ""}, "wrong user"),
    ({"host": "other.abc123xyz.us-east-1.rds.amazonaws.com"}, "wrong host"),
    ({"host": HOST.upper()}, "wrong host"),
    ({"host": HOST + "."}, "wrong host"),
    ({"port": 1}, "wrong port"),
    ({"port": ""}, "wrong port"),
    ({"region": "us-east-2"}, "wrong region"),
    ({"service": "rds"}, "wrong service"),
    ({"scope_age": 86400}, "wrong scope date"),
    ({"scope_end": "aws5_request"}, "malformed"),
    ({"expires": 901}, "wrong X-Amz-Expires"),
    ({"expires": 0}, "wrong X-Amz-Expires"),
    ({"expires": "0900"}, "wrong X-Amz-Expires"),
    ({"expires": "+900"}, "wrong X-Amz-Expires"),
    ({"path": ""}, "wrong path"),
    ({"path": "//"}, "wrong path"),
    ({"path": "/x"}, "wrong path"),
    ({"signed_host": HOST}, "bad signature"),
    ({"edit": put("Action", "Connect")}, "wrong Action"),
    ({"edit": put("X-Amz-Algorithm", "AWS4-HMAC-SHA512")}, "wrong algorithm"),
    ({"edit": put("X-Amz-SignedHeaders", "host;x-amz-date")}, "wrong SignedHeaders"),
    ({"edit": put("X-Amz-Date", "20240601")}, "malformed: X-Amz-Date"),
    ({"edit": put("X-Amz-Date", "20240632T120000Z")}, "malformed: X-Amz-Date"),
    ({"edit": put("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")}, "extra parameter"),
    ({"edit": put("", "")}, "extra parameter"),
    ({"edit": put("X-Amz-Security-Token", "")}, "empty session token"),
    ({"edit": put("X-Amz-Security-Token", "wrong")}, "wrong session token"),
    ({"edit": drop("X-Amz-Security-Token")}, "missing session token"),
    *[({"edit": drop(name)}, f"missing parameter: {name}") for name in PARAMETERS],
    *[({"edit": repeat(name)}, "duplicate parameter") for name in PARAMETERS],
    ({"edit": repeat("X-Amz-Security-Token")}, "duplicate parameter"),
]


def spoilt_texts(token):
    """Tokens that no signer would make, with the reason why each is refused."""
    start, signature = token[:-64], token[-64:]
    yield start + "0" * 64, "bad signature"
    yield start + signature.upper(), "bad signature"
    yield start + signature[:-1], "bad signature"
    yield start[: start.rindex("&")], "missing parameter: X-Amz-Signature"
    yield token + "&X-Amz-Signature=" + signature, "duplicate parameter"
    yield token.replace("X-Amz-Expires=900", "X-Amz-Expires=899"), "bad signature"
    yield token.replace("%2F", "%2f", 1), "malformed: the percent-encoding"
    yield token + " ", "malformed: empty, or a character"
    yield token + "\n", "malformed: empty, or a character"
    yield token + "&", "malformed: a parameter without ="
    yield "https://" + token, "wrong path"
    yield token.replace("?", "", 1), "malformed: not host:port/?query"
    yield "password", "malformed: not host:port/?query"


class Verdicts(unittest.TestCase):
    """The verifier by itself, with a fixed clock."""

    def setUp(self):
        keys = {k: {"secret": s, "session_token": t} for k, s, t in (TEMPORARY, STATIC)}
        endpoints = [f"{HOST}:{port}" for port in (443, 5432)]
        self.config = {"endpoints": endpoints, "region": "us-east-1", "keys": keys}

    def accept(self, token, user="app_iam", now=NOON):
        verifier.verify(token, user, self.config, now)

    def refuse(self, token, reason="", user="app_iam", now=NOON):
        with self.assertRaises(verifier.Refused) as caught:
            verifier.verify(token, user, self.config, now)
        self.assertTrue(str(caught.exception).startswith(reason), caught.exception)

    def test_accepted(self):
        for key in (TEMPORARY, STATIC):
            for expires in (1, 60, 899, 900):
                self.accept(make_token(key, expires=expires))

    def test_refused(self):
        for changes, reason in REFUSALS:
            with self.subTest(changes=changes, reason=reason):
                self.refuse(make_token(TEMPORARY, **changes), reason)

    def test_refused_texts(self):
        for text, reason in spoilt_texts(make_token(TEMPORARY)):
            with self.subTest(text=text):
                self.refuse(text, reason)
        self.refuse("", "malformed")
        self.refuse("x" * 65537, "malformed: longer")

    def test_keys(self):
        self.refuse(make_token(("AKIAUNKNOWN", STATIC[1], None)), "unknown access key")
        self.refuse(make_token((STATIC[0], TEMPORARY[1], None)), "bad signature")
        self.refuse(make_token((*STATIC[:2], TEMPORARY[2])), "wrong session token")
        self.refuse(make_token((*STATIC[:2], "")), "empty session token")

    def test_every_character_counts(self):
        for key in (TEMPORARY, STATIC):
            token = make_token(key)
            for at, old in enumerate(token):
                for new in ("0", "a", "A", "%", "&", "", old + old):
                    if new != old:
                        self.refuse(token[:at] + new + token[at + 1 :])

    def test_order_does_not_matter(self):
        self.accept(make_token(STATIC, edit=lambda pairs: pairs[::-1]))

    def test_life_of_a_token(self):
        token = make_token(STATIC, expires=60)
        self.refuse(token, "from the future", now=NOON - 301)
        self.accept(token, now=NOON - 300)
        self.accept(token, now=NOON + 59)
        self.refuse(token, "expired", now=NOON + 60)

    def test_signed_host_at_443(self):
        self.accept(make_token(STATIC, port=443, signed_host=HOST))
        self.accept(make_token(STATIC, port=443, signed_host=HOST + ":443"))
        self.refuse(make_token(STATIC, port=443, signed_host=HOST + ":5432"), "bad signature")
        self.refuse(make_token(STATIC, signed_host=HOST + ":443"), "bad signature")

    def test_user_names(self):
        for user in ("a b", "a+b", "a%b", "a@b.com", "a/b", "a&b=c?d#e", "é", "-x", '"'):
            self.accept(make_token(STATIC, user=user), user)
            self.refuse(make_token(STATIC, user=user + " "), "wrong user", user)
        plus = make_token(STATIC, user="a b").replace("a%20b", "a+b")
        self.refuse(plus, "malformed: the percent-encoding", "a b")

    def test_tokens_of_the_aws_sdks(self):
        vectors = json.loads((HERE.parent / "vectors" / "tokens.json").read_text())["vectors"]
        self.assertTrue(vectors)
        for v in vectors:
            key = {"secret": v["secret_access_key"], "session_token": v["session_token"]}
            endpoint = v["token"].partition("/")[0]
            keys = {v["access_key_id"]: key}
            config = {"endpoints": [endpoint], "region": v["region"], "keys": keys}
            with self.subTest(v["id"]):
                verifier.verify(v["token"], v["user"], config, v["unix_time"])

    def test_command_line(self):
        with tempfile.TemporaryDirectory() as folder:
            config, log = Path(folder, "config.json"), Path(folder, "log")
            config.write_text(json.dumps(self.config))
            good = make_token(STATIC, at=int(time.time()))
            for text, wanted, complaint in [
                (good, 0, ""),
                (good + "\n", 0, ""),
                (good + "\n\n", 1, 'refused "app_iam": malformed'),
                (good[:-1], 1, 'refused "app_iam": bad signature'),
                ("", 1, 'refused "app_iam": malformed'),
            ]:
                done = self.judge(text, config, log)
                self.assertEqual(done.returncode, wanted)
                self.assertTrue(done.stderr.startswith(complaint), done.stderr)
            config.write_text("{}")
            self.assertEqual(self.judge(good, config, log).returncode, 2)
            lines = log.read_text().splitlines()
            self.assertEqual(["accepted" in line for line in lines], [True] * 2 + [False] * 4)

    def judge(self, text, config, log):
        files = ["--config", config, "--log", log]
        command = [sys.executable, HERE / "verifier.py", *files, "--user", "app_iam"]
        return subprocess.run(command, input=text, capture_output=True, text=True)


class Server(unittest.TestCase):
    """Logins with psql to the stand-in that the environment names."""

    def setUp(self):
        self.env = {k: v for k, v in os.environ.items() if k.startswith("STANDIN_")}
        self.temporary = self.key("STANDIN_")
        self.static = self.key("STANDIN_STATIC_")

    def key(self, prefix):
        secret, token = prefix + "SECRET_ACCESS_KEY", prefix + "SESSION_TOKEN"
        return self.env[prefix + "ACCESS_KEY_ID"], self.env[secret], self.env.get(token)

    def token(self, key, **changes):
        usual = {"port": self.env["STANDIN_PORT"], "at": int(time.time())}
        return make_token(key, **{**usual, **changes})

    def psql(self, token, **changes):
        options = {
            "host": self.env["STANDIN_HOST"],
            "hostaddr": self.env["STANDIN_HOSTADDR"],
            "port": self.env["STANDIN_PORT"],
            "user": self.env["STANDIN_USER"],
            "dbname": self.env["STANDIN_DB"],
            "sslmode": "verify-full",
            "sslrootcert": self.env["STANDIN_CA"],
            **changes,
        }
        return subprocess.run(
            [
                Path(self.env["STANDIN_BINDIR"], "psql"),
                *("-X", "-w", "-A", "-t", "-c", "select current_user, ssl from pg_stat_ssl"),
                " ".join(f"{name}='{value}'" for name, value in options.items()),
            ],
            env={"PATH": os.defpath, "LC_ALL": "C", "PGPASSWORD": token},
            capture_output=True,
            text=True,
        )

    @contextlib.contextmanager
    def log_lines(self):
        """What the verifier logs meanwhile; none of it may give the secrets away."""
        log, lines = Path(self.env["STANDIN_LOG"]), []
        before = len(log.read_text())
        yield lines
        added = log.read_text()[before:]
        lines += added.splitlines()
        for secret in (*self.temporary[1:], self.static[1], "X-Amz-Signature="):
            self.assertNotIn(secret, added)

    def accept(self, token, **changes):
        with self.log_lines() as lines:
            done = self.psql(token, **changes)
        user = changes.get("user", self.env["STANDIN_USER"])
        self.assertEqual((done.returncode, done.stdout), (0, f"{user}|t\n"), done.stderr)
        self.assertEqual(len(lines), 1, lines)
        self.assertTrue(lines[0].endswith(f'accepted "{user}"'), lines)

    def refuse(self, token, reason, **changes):
        with self.log_lines() as lines:
            done = self.psql(token, **changes)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("PAM authentication failed for user", done.stderr)
        self.assertEqual(len(lines), 1, lines)
        self.assertIn(f": {reason}", lines[0])

    def fail_before_login(self, complaint, **changes):
        with self.log_lines() as lines:
            done = self.psql(self.token(self.static), **changes)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(complaint, done.stderr)
        self.assertEqual(lines, [])

    @contextlib.contextmanager
    def changed_config(self):
        path = Path(self.env["STANDIN_CONFIG"])
        before = path.read_text()
        config = json.loads(before)
        try:
            yield config, lambda: path.write_text(json.dumps(config))
        finally:
            path.write_text(before)


class Logins(Server):
    def test_accepted(self):
        self.assertIsNotNone(self.temporary[2])
        for key in (self.temporary, self.static):
            self.accept(self.token(key))
            self.accept(self.token(key, expires=60))
            self.accept(self.token(key, age=-240))

    def test_odd_user(self):
        odd = self.env["STANDIN_ODD_USER"]
        self.accept(self.token(self.temporary, user=odd), user=odd)
        self.refuse(self.token(self.temporary, user=odd), "wrong user")

    def test_long_tokens_arrive_whole(self):
        with self.changed_config() as (config, write):
            for length in (1400, 20000, 60000):
                key = ("ASIALONG", "secret", "a" * length)
                config["keys"]["ASIALONG"] = {"secret": key[1], "session_token": key[2]}
                write()
                self.accept(self.token(key))
                self.refuse(self.token((*key[:2], key[2][:-1] + "b")), "wrong session token")

    def test_config_is_read_at_each_login(self):
        new = ("AKIANEW", "secret", None)
        self.refuse(self.token(new), "unknown access key")
        with self.changed_config() as (config, write):
            config["keys"]["AKIANEW"] = {"secret": "secret", "session_token": None}
            write()
            self.accept(self.token(new))
            config.clear()
            write()
            self.refuse(self.token(self.static), "the verifier failed with KeyError")
        self.refuse(self.token(new), "unknown access key")
        self.accept(self.token(self.static))

    def test_refused(self):
        for changes, reason in REFUSALS:
            with self.subTest(changes=changes, reason=reason):
                self.refuse(self.token(self.temporary, **changes), reason)

    def test_refused_texts(self):
        for text, reason in spoilt_texts(self.token(self.temporary)):
            with self.subTest(reason=reason):
                self.refuse(text, reason)

    def test_one_character_changed(self):
        token = self.token(self.temporary)
        for at in (*range(0, len(token), 97), len(token) - 1):
            new = "b" if token[at] == "a" else "a"
            self.refuse(token[:at] + new + token[at + 1 :], "")

    def test_logins_at_the_same_time(self):
        def login(number):
            key = (self.temporary, self.static)[number % 2]
            good = number % 3 > 0
            return (self.psql(self.token(key, age=0 if good else 1000)).returncode == 0) == good

        with self.log_lines() as lines, ThreadPoolExecutor(8) as pool:
            self.assertEqual(list(pool.map(login, range(40))), [True] * 40)
        self.assertEqual(len(lines), 40)


class Transport(Server):
    def test_no_tls(self):
        complaint = "pg_hba.conf rejects connection"
        self.fail_before_login(complaint, sslmode="disable")

    def test_wrong_ca(self):
        with tempfile.TemporaryDirectory() as folder:
            ca = Path(folder, "ca.pem")
            make_ca = "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=other -keyout /dev/null"
            subprocess.run([*make_ca.split(), "-out", ca], check=True, capture_output=True)
            self.fail_before_login("certificate verify failed", sslrootcert=ca)

    def test_wrong_name(self):
        self.fail_before_login('does not match host name "localhost"', host="localhost")
        self.fail_before_login('does not match host name "127.0.0.1"', host="127.0.0.1")


class Life(unittest.TestCase):
    """Starting and stopping stand-ins of its own."""

    def setUp(self):
        self.parent = Path(tempfile.mkdtemp(prefix="standin-selftest-"))
        self.parent.chmod(0o711)
        self.folder = self.parent / "work"
        self.addCleanup(shutil.rmtree, self.parent)

    def standin(self, *arguments, **options):
        command = [STANDIN, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)

    def processes(self):
        """(process id, user id) of all that run in the folder or were given its name."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (process / "cmdline").read_bytes()
                where = command + b" " + os.fsencode(os.readlink(process / "cwd"))
                if os.fsencode(self.folder) in where and int(process.name) != os.getpid():
                    found.append((int(process.name), process.stat().st_uid))
        return found

    def assert_nothing_left(self):
        deadline = time.monotonic() + 5
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(self.processes(), [])
        self.assertFalse(self.folder.exists())

    def test_start_and_stop(self):
        env_file = self.parent / "env"
        # Settings of the user's own databases must not matter.
        strange = {"PGDATA": "/nonexistent", "PGPORT": "1", "PGOPTIONS": "-c nonsense=1"}
        started = self.standin(
            *("start", "--dir", self.folder, "--env-file", env_file), env={**os.environ, **strange}
        )
        self.addCleanup(self.standin, "stop", "--dir", self.folder)
        self.assertEqual((started.returncode, started.stderr), (0, ""))
        self.assertEqual(env_file.read_text(), started.stdout)
        words = [shlex.split(line) for line in started.stdout.splitlines()]
        self.assertEqual({word[0] for word in words}, {"export"})
        variables = dict(word[1].split("=", 1) for word in words)
        self.assertEqual(variables["STANDIN_DIR"], str(self.folder))
        self.assertEqual(len(variables["STANDIN_SESSION_TOKEN"]), 900)
        self.assertEqual(variables["STANDIN_HOST"], HOST)

        users = {user for _, user in self.processes()}
        self.assertEqual(len(users), 1)
        self.assertNotIn(0, users)

        self.assertEqual(self.standin("start", "--dir", self.folder).returncode, 1)
        self.assertTrue(self.processes())
        self.assertEqual(self.standin("stop", "--dir", self.folder).returncode, 0)
        self.assert_nothing_left()
        self.assertEqual(self.standin("stop", "--dir", self.folder).returncode, 0)

    def test_stop_after_a_crash(self):
        started = self.standin("start", "--dir", self.folder)
        self.addCleanup(self.standin, "stop", "--dir", self.folder)
        self.assertEqual(started.returncode, 0, started.stderr)
        postmaster = int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(postmaster, signal.SIGKILL)
        self.assertEqual(self.standin("stop", "--dir", self.folder).returncode, 0)
        self.assert_nothing_left()

    def test_other_folders_stay(self):
        self.folder.mkdir()
        (self.folder / "precious").touch()
        self.assertEqual(self.standin("stop", "--dir", self.folder).returncode, 1)
        self.assertEqual(self.standin("start", "--dir", self.folder).returncode, 1)
        self.assertTrue((self.folder / "precious").exists())

    def run_here(self, *command, **options):
        """standin run, with its folder where processes() looks."""
        self.folder.mkdir()
        self.folder.chmod(0o711)
        environment = {**os.environ, "TMPDIR": str(self.folder)}
        return subprocess.Popen(
            [STANDIN, "run", "--", *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            **options,
        )

    def assert_run_left_nothing(self):
        self.folder.rmdir()
        self.assert_nothing_left()

    def test_exit_code(self):
        for command, code in [
            (["sh", "-c", 'test -n "$STANDIN_PORT" && exit 7'], 7),
            (["sh", "-c", "kill -KILL $$"], 137),
            (["./no-such-command"], 127),
        ]:
            with self.run_here(*command, stderr=subprocess.DEVNULL) as process:
                process.communicate(timeout=120)
            self.assertEqual(process.returncode, code)
            self.assert_run_left_nothing()

    def test_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.run_here("sh", "-c", "echo ready; exec sleep 600") as process:
                self.assertEqual(process.stdout.readline(), "ready\n")
                process.send_signal(number)
                process.communicate(timeout=120)
            self.assertEqual(process.returncode, 128 + number)
            self.assert_run_left_nothing()

    def test_signals_while_it_starts(self):
        for delay in (0.2, 0.5, 0.9):
            with self.run_here("sleep", "600") as process:
                time.sleep(delay)
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=120)
            self.assertIn(process.returncode, (143, -signal.SIGTERM))
            self.assert_run_left_nothing()


class Sources(unittest.TestCase):
    def test_c_compiles_without_a_warning(self):
        strict = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O2", "-fPIC"]
        for name in ("pam_rds_iam.c", "pam_confdir.c"):
            command = ["cc", *strict, "-c", "-o", "/dev/null", HERE / name]
            done = subprocess.run(command, capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_verifier_imports_the_standard_library_only(self):
        command = [sys.executable, "-I", "-S", HERE / "verifier.py", "--help"]
        self.assertEqual(subprocess.run(command, capture_output=True).returncode, 0)


def main():
    if "STANDIN_DIR" not in os.environ:
        os.execv(STANDIN, [STANDIN, "run", "--", sys.executable, *sys.argv])
    result = unittest.main(exit=False).result
    # An empty run proves nothing.
    ran = result.testsRun - len(result.skipped)
    sys.exit(0 if result.wasSuccessful() and ran > 0 else 1)


if __name__ == "__main__":
    main()
