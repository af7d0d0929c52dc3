#!/usr/bin/env python3
"""What the page says is so: its commands are ones of the AWS CLI, its SQL runs, its ARNs are right.

    tests/standin/standin run -- .venv/bin/python examples/setup/test.py

The CLI of the registry, without a network: a command has to be taken by its parser, with options
that are spelt out, and its --query has to find something in the answer of the service's model.
"""

# unittest on purpose: there is nothing to install for it.
# ruff: noqa: PT009, PT027

import contextlib
import io
import json
import os
import re
import shlex
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests" / "standin"))
# The CLI brings its own botocore, so it comes before the environment's.
sys.path.insert(0, str(ROOT / "build" / "peers" / "awscli"))
sys.path.append(str(ROOT / "bindings-python" / "python"))

PAGE = (HERE / "README.md").read_text()
ARN = re.compile(
    r"arn:(?:aws|aws-cn|aws-us-gov):rds-db:[a-z]{2}(?:-[a-z]+)+-\d:\d{12}"
    r":dbuser:(?:(?:db|cluster|prx)-[A-Z0-9]+|\*)/[\w*]+"
)


def commands(page):
    """Those in blocks, and those in the text."""
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL))
    lines = [line for line in blocks.splitlines() if line.strip()]
    text = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    return lines + re.findall(r"`(aws [a-z0-9-]+ [a-z-]+[^`]*)`", text)


def ran(arguments):
    """Exit code, standard output and error of the CLI, which answers from the service's model."""
    from awscli.clidriver import create_clidriver

    driver = create_clidriver()
    service, operation = arguments[:2]
    table = driver._get_command_table()[service]._get_command_table()
    known = set(driver._get_argument_table())
    known.update(table[operation].arg_table if operation in table else ())
    unknown = [a for a in arguments if a.startswith("--") and a[2:] not in known]
    if unknown:
        return 2, "", f"no such option: {unknown}"
    if operation != "generate-db-auth-token":
        arguments = [*arguments, "--generate-cli-skeleton", "output"]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = driver.main(arguments)
        except SystemExit as stop:
            code = stop.code
    return code, out.getvalue(), err.getvalue()


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.chdir(HERE)
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        os.environ.update(
            AWS_ACCESS_KEY_ID="AKIDEXAMPLE",
            AWS_SECRET_ACCESS_KEY="SECRETKEYEXAMPLE",
            AWS_DEFAULT_REGION="us-east-1",
            AWS_EC2_METADATA_DISABLED="true",
            AWS_CONFIG_FILE=os.devnull,
            AWS_SHARED_CREDENTIALS_FILE=os.devnull,
            # Nothing may leave the machine, whatever a command does.
            HTTPS_PROXY="http://127.0.0.1:9",
        )
        from botocore.stub import Stubber

        # The samples that the CLI makes of an answer do not fit the bounds of all services.
        Stubber._validate_operation_response = lambda *_: None

    def test_each_command_is_one_of_the_cli(self):
        found = commands(PAGE)
        self.assertEqual(len(found), 15)
        for command in found:
            with self.subTest(command):
                code, out, err = ran(shlex.split(command)[1:])
                self.assertEqual(code, 0, err)
                if "--query" in command:
                    self.assertNotIn(out.strip(), ("", "[]", "null", "None"))

    def test_a_slip_of_the_pen_is_noticed(self):
        for command in (
            "rds modify-db-cluster --db-cluster-identifer mydb",
            "rds modify-db-cluster --db-cluster-ident mydb",
            "rds modify-db-clusters --db-cluster-identifier mydb",
            "rds generate-db-auth-token --hostname h --username u",
            "iam put-role-policy --role-name app --policy-name c --policy-document file://no.json",
        ):
            with self.subTest(command):
                try:
                    code, _, _ = ran(shlex.split(command))
                except KeyError:
                    code = 2
                self.assertNotEqual(code, 0)
        query = "rds describe-db-instances --query DBInstances[].DbResourceId --output text"
        self.assertEqual(ran(shlex.split(query))[1].strip(), "")

    def test_the_token_by_hand_is_the_one_of_rdsiam(self):
        import rdsiam

        (command,) = [c for c in commands(PAGE) if "generate-db-auth-token" in c]
        told = rdsiam.explain(ran(shlex.split(command)[1:])[1].strip())
        self.assertEqual((told.port, told.user, told.region), (5432, "app", "us-east-1"))
        self.assertEqual(told.problems, ())


class Policies(unittest.TestCase):
    def test_each_is_for_one_user_of_one_database(self):
        files = sorted(HERE.glob("connect*.json"))
        self.assertEqual([file.name for file in files], ["connect-proxy.json", "connect.json"])
        for file in files:
            self.assertIn(f"({file.name})", PAGE)
            policy = json.loads(file.read_text())
            self.assertEqual(policy["Version"], "2012-10-17")
            (statement,) = policy["Statement"]
            self.assertEqual(statement["Action"], "rds-db:connect")
            self.assertEqual(statement["Effect"], "Allow")
            self.assertRegex(statement["Resource"], rf"\A{ARN.pattern}\Z")
            self.assertNotIn("*", statement["Resource"])
            self.assertEqual("prx-" in statement["Resource"], "proxy" in file.name)

    def test_the_trust_of_the_lambda(self):
        (statement,) = json.loads((HERE / "lambda-trust.json").read_text())["Statement"]
        self.assertEqual(statement["Principal"], {"Service": "lambda.amazonaws.com"})
        self.assertEqual(statement["Action"], "sts:AssumeRole")

    def test_the_wildcard_is_only_shown(self):
        (block,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
        (statement,) = json.loads(block)["Statement"]
        self.assertIn(":dbuser:*/", statement["Resource"])

    def test_each_arn_of_a_login_has_its_form(self):
        text = PAGE + "".join(file.read_text() for file in HERE.glob("*.json"))
        found = re.findall(r"arn:[\w-]+:rds-db:[^\s\"`]+", text)
        self.assertGreaterEqual(len(found), 4)
        for arn in found:
            if "PARTITION" not in arn:
                self.assertRegex(arn, rf"\A{ARN.pattern}\Z")


class Users(unittest.TestCase):
    """The users are made as the files say, and log in with a token."""

    def setUp(self):
        self.env = {k[8:]: v for k, v in os.environ.items() if k.startswith("STANDIN_")}
        self.folder = Path(self.env["DIR"])

    def cache(self, server):
        import rdsiam

        return rdsiam.TokenCache(
            self.env[f"{server}HOST"],
            self.env[f"{server}PORT"],
            "app",
            credentials={
                "access_key_id": self.env["STATIC_ACCESS_KEY_ID"],
                "secret_access_key": self.env["STATIC_SECRET_ACCESS_KEY"],
            },
        )

    def sql(self, name):
        text = (HERE / name).read_text()
        # The stand-in's database has another name.
        return re.sub(r"(DATABASE |ON )app\b", rf"\g<1>{self.env['DB']}", text)

    def test_postgresql(self):
        import psycopg
        from postgres import Postgres

        import rdsiam.psycopg

        server = Postgres.found_in(self.folder)
        login = {"host": self.env["HOSTADDR"], "dbname": self.env["DB"], "ca": self.env["CA"]}
        with self.assertRaises(psycopg.OperationalError):
            rdsiam.psycopg.connect(cache=self.cache(""), **login)
        server.run_sql(int(self.env["PORT"]), self.sql("users-postgresql.sql"))
        with rdsiam.psycopg.connect(cache=self.cache(""), **login) as connection:
            told = connection.execute("select current_user").fetchone()
        self.assertEqual(told, ("app",))

    def test_mysql(self):
        import pymysql
        from mariadb import PAM_SERVICE, MariaDB

        import rdsiam.pymysql

        server = MariaDB.found_in(self.folder)
        login = {"host": self.env["HOSTADDR"], "database": self.env["DB"], "ca": self.env["CA"]}
        with self.assertRaises(pymysql.err.OperationalError):
            rdsiam.pymysql.connect(cache=self.cache("MARIADB_"), **login)
        # All but the plugin is as with RDS, whose own is nowhere else.
        there = "AWSAuthenticationPlugin AS 'RDS'"
        sql = self.sql("users-mysql.sql")
        self.assertEqual(sql.count(there), 1)
        server.run_sql(sql.replace(there, f"pam AS '{PAM_SERVICE}'"))
        with (
            contextlib.closing(
                rdsiam.pymysql.connect(cache=self.cache("MARIADB_"), **login)
            ) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("select current_user()")
            self.assertEqual(cursor.fetchone(), ("app@%",))
            cursor.execute("show grants")
            grants = [row[0] for row in cursor.fetchall()]
        self.assertIn("REQUIRE SSL", grants[0])


if __name__ == "__main__":
    unittest.main(verbosity=1)
