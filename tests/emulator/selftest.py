#!/usr/bin/env python3
"""Proves that each source serves boto3, and that each way to misbehave is what it says.

python3 tests/emulator/selftest.py      (with boto3)
"""

# unittest on purpose: beside boto3 there is nothing to install for it.
# ruff: noqa: PT009, PT027

import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

import emulator
import setups
from answers import timestamp
from emulator import Emulator, control
from handler import IMDS_TTL, ROLES

HERE = Path(__file__).resolve().parent
BOTO3 = """
import json, os, sys
sys.path.append(os.environ.get("AWSCRT_FOLDER", ""))
import boto3
session = boto3.Session(profile_name=sys.argv[1] or None)
keys = session.get_credentials().get_frozen_credentials()
print(json.dumps([keys.access_key, keys.secret_key, keys.token]))
"""


def by_boto3(setup):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    profile = setup["profile"] or ""
    done = subprocess.run(
        [sys.executable, "-c", BOTO3, profile],
        env={**clean, **setup["env"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


class Served(unittest.TestCase):
    def setUp(self):
        # enterContext is not in Python 3.10.
        self.emulator = Emulator().__enter__()
        self.addCleanup(self.emulator.__exit__)

    def ask(self, method="GET", path="/container", body=None, timeout=10, **headers):
        """The status, the headers and the body; by default of the container endpoint."""
        if path == "/container":
            headers.setdefault("Authorization", self.emulator.config["container_token"])
        address = self.emulator.url.partition("//")[2]
        self.connection = connection = http.client.HTTPConnection(address, timeout=timeout)
        self.addCleanup(connection.close)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def keys(self, mode=None):
        self.emulator.mode("container", mode)
        status, _, body = self.ask()
        self.assertEqual(status, 200)
        return json.loads(body)


class EachSource(Served):
    def test_boto3_gets_its_keys_from_each(self):
        self.assertGreaterEqual(len(setups.SETUPS), 15)
        with tempfile.TemporaryDirectory() as folder:
            for name, (_, source) in setups.SETUPS.items():
                with self.subTest(name):
                    self.emulator.clear()
                    setup = setups.make(self.emulator, name, Path(folder) / name)
                    names = ("access_key_id", "secret_access_key", "session_token")
                    self.assertEqual(by_boto3(setup), [setup[name] for name in names])
                    if source:
                        served = self.emulator.requests(source)
                        self.assertEqual(served[-1]["access_key_id"], setup["access_key_id"])

    def test_the_table_of_docs_sources_has_each_and_no_other(self):
        page = (HERE.parents[1] / "docs/sources.md").read_text()
        table = page.partition("| set-up |\n")[2].partition("\n\n")[0]
        named = re.findall(r"^\|.*\| `([a-z0-9-]+)` \|$", table, re.MULTILINE)
        self.assertEqual(named, list(setups.SETUPS))
        marks = re.findall(r"(\|(?: (?:yes|no)? ?\|){5})", table)
        self.assertEqual(len(marks), len(setups.SETUPS) + 4)
        self.assertEqual(marks[: len(named)], ["| yes | yes | yes | yes | yes |"] * len(named))

    def test_an_assumed_role_was_asked_for_with_the_keys_of_its_source(self):
        signers = {
            "role-of-profile": setups.STATIC_KEYS[0],
            "role-of-environment": setups.STATIC_KEYS[0],
            "role-of-container": "ASIAEMULATORCONTAINER",
            "role-of-instance": "ASIAEMULATORIMDS",
        }
        with tempfile.TemporaryDirectory() as folder:
            for name, signer in signers.items():
                with self.subTest(name):
                    by_boto3(setups.make(self.emulator, name, Path(folder) / name))
                    asked = self.emulator.requests("assume-role")[-1]
                    self.assertEqual(asked["signed_by"], signer)


class EachSecret(Served):
    """What a source asks for has to be there, and right."""

    def test_the_container_token(self):
        for wrong in ("", "wrong"):
            self.assertEqual(self.ask(Authorization=wrong)[0], 401)
        self.assertEqual(self.ask()[0], 200)

    def test_the_token_of_imds(self):
        self.assertEqual(self.ask(path=ROLES)[0], 401)
        self.assertEqual(self.ask("PUT", "/latest/api/token")[0], 400)
        status, headers, token = self.ask("PUT", "/latest/api/token", **{IMDS_TTL: "60"})
        self.assertEqual((status, headers[IMDS_TTL]), (200, "60"))
        right = {"x-aws-ec2-metadata-token": token.decode()}
        self.assertEqual(self.ask(path=ROLES, **right)[2], b"emulator-role")
        self.assertEqual(self.ask(path=ROLES + "emulator-role")[0], 401)
        self.assertEqual(self.ask(path=ROLES + "emulator-role", **right)[0], 200)
        self.assertEqual(self.ask(path=ROLES + "another-role", **right)[0], 404)

    def test_the_bearer_token_of_sso(self):
        path = "/federation/credentials?role_name=app&account_id=1"
        self.assertEqual(self.ask(path=path)[0], 401)
        right = {"x-amz-sso_bearer_token": self.emulator.config["sso_token"]}
        self.assertEqual(self.ask(path=path, **right)[0], 200)
        self.assertEqual(self.ask(path="/federation/credentials", **right)[0], 400)

    def test_the_refresh_token_of_oidc(self):
        asked = {"grantType": "refresh_token", "refreshToken": "wrong"}
        self.assertEqual(self.ask("POST", "/token", json.dumps(asked))[0], 400)
        asked["refreshToken"] = "EMULATOR-REFRESH-TOKEN"
        self.assertEqual(self.ask("POST", "/token", json.dumps(asked))[0], 200)

    def test_a_signature_and_a_web_identity(self):
        role = "RoleArn=a&RoleSessionName=b"
        self.assertEqual(self.ask("POST", "/", f"Action=AssumeRole&{role}")[0], 403)
        for token, status in (("wrong", 400), ("EMULATOR.WEB.IDENTITY", 200)):
            asked = f"Action=AssumeRoleWithWebIdentity&{role}&WebIdentityToken={token}"
            self.assertEqual(self.ask("POST", "/", asked)[0], status)


class EachMode(Served):
    def test_slow(self):
        began = time.monotonic()
        self.keys("slow")
        self.assertGreaterEqual(time.monotonic() - began, self.emulator.config["slow_seconds"])

    def test_hang(self):
        self.emulator.mode("container", "hang")
        with self.assertRaises(TimeoutError):
            self.ask(timeout=0.3)
        asked = self.emulator.requests("container")[0]
        self.assertNotIn("gave_up", asked)
        self.connection.close()
        deadline = time.monotonic() + 5
        while "gave_up" not in asked and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertTrue(asked["gave_up"])

    def test_reset(self):
        self.emulator.mode("container", "reset")
        with self.assertRaises(ConnectionResetError):
            self.ask()

    def test_status(self):
        for status in (403, 404, 500, 503):
            self.emulator.mode("container", f"status:{status}")
            self.assertEqual(self.ask()[0], status)

    def test_throttle(self):
        self.emulator.mode("container", "throttle")
        self.assertEqual(self.ask()[0], 429)
        self.emulator.mode("assume-role", "throttle")
        status, _, body = self.ask("POST", "/", "Action=AssumeRole")
        self.assertEqual(status, 400)
        self.assertIn(b"<Code>Throttling</Code>", body)

    def test_truncated(self):
        self.emulator.mode("container", "truncated")
        with self.assertRaises(http.client.IncompleteRead):
            self.ask()

    def test_half_and_not_json(self):
        for mode in ("half", "not-json"):
            self.emulator.mode("container", mode)
            status, _, body = self.ask()
            self.assertEqual(status, 200)
            with self.assertRaises(ValueError):
                json.loads(body)

    def test_expired_and_soon(self):
        for mode, seconds in (("expired", -60), ("soon", 60), (None, 3600)):
            around = [timestamp(time.time() + seconds + more) for more in (-2, -1, 0)]
            self.assertIn(self.keys(mode)["Expiration"], around)

    def test_rotate(self):
        ids = {self.keys("rotate")["AccessKeyId"] for _ in range(3)}
        self.assertEqual(len(ids), 3)

    def test_huge_and_odd(self):
        self.assertGreater(len(self.keys("huge")["Token"]), emulator.HUGE)
        self.assertTrue(self.keys("odd")["Token"].startswith(emulator.ODD))

    def test_so_many_times(self):
        self.emulator.mode("container", "status:500", times=2)
        self.assertEqual([self.ask()[0] for _ in range(3)], [500, 500, 200])
        modes = [entry["mode"] for entry in self.emulator.requests("container")]
        self.assertEqual(modes, ["status:500", "status:500", None])

    def test_what_is_not_known_is_refused(self):
        for wrong in (("nowhere", "slow"), ("sso", "fast"), ("sso", "status:999x")):
            with self.assertRaises(ValueError):
                self.emulator.mode(*wrong)
        with self.assertRaises(ValueError):
            control(self.emulator.url, source="nowhere", mode="slow")
        with self.assertRaises(ValueError):
            Emulator(colour="red")


class Elsewhere(Served):
    """Over HTTP and as a command, for tests in other languages."""

    def test_control_requests_and_clear(self):
        control(self.emulator.url, source="container", mode="status:418", times=1)
        self.assertEqual(self.ask()[0], 418)
        log = json.loads(self.ask(path="/requests")[2])
        self.assertEqual([entry["status"] for entry in log], [418])
        control(self.emulator.url, "/clear")
        self.assertEqual(json.loads(self.ask(path="/requests")[2]), [])

    def command(self, *arguments, **env):
        process = subprocess.Popen(
            [sys.executable, str(HERE / "emulator.py"), *arguments],
            env={**os.environ, **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            line = process.stdout.readline().strip()
            process.stdin.write("\n")
            process.stdin.close()
            self.again = process.stdout.readline().strip()
            self.assertEqual(process.wait(10), 0)
        return line

    def test_the_command(self):
        self.assertRegex(self.command(), r"^http://127\.0\.0\.1:\d+$")
        told = json.loads(self.command("--setups", EMULATOR_ACCESS_KEY_ID="ASIAOTHER"))
        self.assertEqual(set(told["setups"]), set(setups.SETUPS))
        self.assertIn("ASIAOTHERIMDS", told["verifier_keys"])
        again = json.loads(self.again)
        self.assertEqual(again["url"], told["url"])
        homes = [one["setups"]["instance"]["env"]["HOME"] for one in (told, again)]
        self.assertNotEqual(*homes)

    def test_the_table_of_cases(self):
        table = json.loads(self.command("--cases"))
        self.assertEqual(table["setups"], list(setups.SETUPS))
        for row in table["failing"] + table["serving"] + table["once"]:
            self.assertIn(row["setup"], table["setups"])
            self.assertIn(row["source"], emulator.SOURCES)
            self.assertRegex(row["mode"], f"^({emulator.MODES}|refused)$")
        self.assertGreater(len(table["failing"]), 70)
        self.assertGreater(len(table["serving"]), 30)

    def test_a_configuration_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"access_key_id": "ASIAFILE"}, file)
            file.flush()
            told = json.loads(self.command("--setups", EMULATOR_CONFIG=file.name))
        self.assertIn("ASIAFILESSO", told["verifier_keys"])

    def test_nothing_is_left_behind(self):
        before = threading.active_count()
        with Emulator() as served:
            served.mode("container", "hang")
            with self.assertRaises(TimeoutError):
                self.emulator = served
                self.ask(timeout=0.2)
        deadline = time.monotonic() + 5
        while threading.active_count() > before and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(threading.active_count(), before)


def main():
    result = unittest.main(exit=False).result
    if not result.testsRun:
        sys.exit("no case was run")
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
