"""The verifier by itself, with a fixed clock."""

# unittest on purpose: there is nothing to install for it.
# ruff: noqa: PT009, PT027

import json
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import verifier
from names import DSQL_ENDPOINT
from names import ENDPOINT as HOST
from signer import NOON, REFUSALS, make_token, spoilt_texts

HERE = Path(__file__).resolve().parent
TEMPORARY = ("ASIATEMPORARYEXAMPLE", "TEMPORARY+SECRET/EXAMPLE", "SESSION+TOKEN/EXAMPLE==")
STATIC = ("AKIASTATICEXAMPLE", "STATIC+SECRET/EXAMPLE", None)


class Verdicts(unittest.TestCase):
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

    def test_dsql(self):
        config = {**self.config, "dsql_endpoints": [DSQL_ENDPOINT]}

        def token(action, address=DSQL_ENDPOINT, service="dsql", **more):
            own = [("Action", action)]
            return make_token(STATIC, address=address, own=own, service=service, **more)

        for text, user, reason in [
            (token("DbConnect"), "app_iam", None),
            (token("DbConnect", expires=604_800), "app_iam", None),
            (token("DbConnectAdmin"), "admin", None),
            (token("DbConnect"), "admin", "wrong Action"),
            (token("DbConnectAdmin"), "app_iam", "wrong Action"),
            (token("connect"), "app_iam", "wrong Action"),
            (token("DbConnect", expires=604_801), "app_iam", "wrong X-Amz-Expires"),
            (token("DbConnect", service="rds-db"), "app_iam", "wrong service"),
            (token("DbConnect", address=HOST), "app_iam", "wrong host"),
            (token("DbConnect", address=DSQL_ENDPOINT + ":5432"), "app_iam", "wrong host"),
            (token("DbConnect", signed_host=HOST), "app_iam", "bad signature"),
            (make_token(STATIC, address=DSQL_ENDPOINT, service="dsql"), "app_iam", "extra"),
        ]:
            with self.subTest(text=text, user=user):
                self.judged(verifier.verify_dsql, reason, text, user, config)

    def test_caches(self):
        connect, user = ("Action", "connect"), ("User", "app")
        serverless = ("ResourceType", "ServerlessCache")

        def token(*own, service="elasticache", address="my-cache", **more):
            return make_token(STATIC, own=own, service=service, address=address, **more)

        for kind, text, reason in [
            ("elasticache", token(connect, user), None),
            ("memorydb", token(connect, user, service="memorydb"), None),
            ("elasticache-serverless", token(connect, serverless, user), None),
            ("elasticache", token(connect, serverless, user), "extra parameter"),
            ("elasticache-serverless", token(connect, user), "missing parameter: ResourceType"),
            ("elasticache-serverless", token(connect, ("ResourceType", "x"), user), "wrong Res"),
            ("memorydb", token(connect, user), "wrong service"),
            ("elasticache", token(connect, ("User", "App")), "wrong user"),
            ("elasticache", token(("Action", "x"), user), "wrong Action"),
            ("elasticache", token(connect, user, address="other"), "wrong name"),
            ("elasticache", token(connect, user, expires=901), "wrong X-Amz-Expires"),
            ("elasticache", token(connect, user, signed_host="other"), "bad signature"),
        ]:
            with self.subTest(kind=kind, text=text):
                verify = verifier.verify_cache
                self.judged(verify, reason, text, "app", kind, "my-cache", self.config)

    def judged(self, verify, reason, *arguments):
        if reason is None:
            verify(*arguments, now=NOON)
            return
        with self.assertRaises(verifier.Refused) as caught:
            verify(*arguments, now=NOON)
        self.assertTrue(str(caught.exception).startswith(reason), caught.exception)

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
            self.config["others"] = [f"{HOST}:1"]
            config.write_text(json.dumps(self.config))
            self.assertEqual(self.judge(good, config, log, "--endpoints=others").returncode, 1)
            self.assertEqual(self.judge(good, config, log, "--endpoints=none").returncode, 2)
            config.write_text("{}")
            self.assertEqual(self.judge(good, config, log).returncode, 2)
            lines = log.read_text().splitlines()
            self.assertEqual(["accepted" in line for line in lines], [True] * 2 + [False] * 6)

    def judge(self, text, config, log, *options):
        files = ["--config", config, "--log", log]
        command = [sys.executable, HERE / "verifier.py", *files, "--user", "app_iam", *options]
        return subprocess.run(command, input=text, capture_output=True, text=True)
