"""`rdsiam doctor`: each step failing in each way, and the right cause named first."""

import contextlib
import json
import re
import socket
import ssl
import time
from pathlib import Path

import commands
import mariadb
import postgres
import pytest
import servers
from conftest import ROOT
from services import ACCOUNT, Services

ALLOWED = "arn:aws:rds-db:us-east-1:123456789012:dbuser:db-ABCDEFGHIJKL01234/"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"
# What each cause is called, and the status for it: part of the interface.
STATUSES = {
    "name-not-found": 20,
    "name-is-not-rds": 21,
    "region-mismatch": 22,
    "region-missing": 23,
    "connection-refused": 30,
    "connection-timeout": 31,
    "unreachable": 32,
    "tls-not-offered": 40,
    "other-protocol": 41,
    "tls-failed": 42,
    "certificate-unknown": 43,
    "certificate-wrong-name": 44,
    "certificate-expired": 45,
    "certificate-not-yet-valid": 46,
    "ca-missing": 47,
    "clock-wrong": 50,
    "credentials-missing": 60,
    "credentials-expired": 61,
    "credentials-source-failed": 62,
    "credentials-rejected": 63,
    "credentials-incomplete": 64,
    "iam-off": 70,
    "iam-pending": 71,
    "proxy-iam-off": 74,
    "policy-missing": 80,
    "policy-denied": 81,
    "policy-bounded": 82,
    "user-asks-for-password": 90,
    "user-missing": 91,
    "user-may-not-log-in": 92,
    "database-missing": 93,
    "database-not-allowed": 94,
    "host-not-allowed": 95,
    "too-many-connections": 96,
    "server-not-ready": 97,
    "token-refused": 98,
    "proxy-refused": 99,
    "server-refused": 100,
}


class Scene:
    """A set-up that works, for a test to break."""

    def __init__(self, rdsiam, standin, services, folder, stack):
        self.rdsiam, self.services, self.folder, self.stack = rdsiam, services, folder, stack
        self.standin = standin
        self.host, self.port = standin["STANDIN_HOST"], standin["STANDIN_PORT"]
        self.sign_port = self.port
        self.dialled, self.user, self.database = "127.0.0.1", standin["STANDIN_USER"], "app"
        self.ca, self.engine, self.more = standin["STANDIN_CA"], "postgres", []
        # Nobody is there, so that no question leaves this machine.
        self.name_server = "127.0.0.1:9"
        self.env = {
            "AWS_ACCESS_KEY_ID": standin["STANDIN_ACCESS_KEY_ID"],
            "AWS_SECRET_ACCESS_KEY": standin["STANDIN_SECRET_ACCESS_KEY"],
            "AWS_SESSION_TOKEN": standin["STANDIN_SESSION_TOKEN"],
            **services.env,
        }
        services.instance("mydb")
        services.instance("mymaria", Engine="mariadb")

    def mariadb(self):
        self.host = self.standin["STANDIN_MARIADB_HOST"]
        self.port = self.sign_port = self.standin["STANDIN_MARIADB_PORT"]
        self.engine = "mysql"

    def proxy(self):
        self.host = "myproxy.proxy-abc123xyz.us-east-1.rds.amazonaws.com"

    def keys(self, profile):
        """Credentials from a profile, in place of the environment."""
        for name in list(self.env):
            if name.startswith(("AWS_ACCESS", "AWS_SECRET", "AWS_SESSION")):
                del self.env[name]
        (self.folder / "config").write_text(f"[default]\n{profile}\n")

    def serve(self, handle):
        self.port = self.stack.enter_context(servers.serve(handle))

    def answers(self, *answers, **dates):
        context, self.ca = servers.certificate(self.folder, self.host, **dates)
        self.serve(servers.postgres(context, *answers))

    def arguments(self):
        signed = ["--sign-host", self.host, "--sign-port", self.sign_port]
        return [
            *("-h", self.dialled, "-p", self.port, *(signed if self.host else [])),
            *("-U", self.user, "-d", self.database, "--engine", self.engine),
            *(["--ca", self.ca] if self.ca else []),
            *("--timeout", "2", "--dns-server", self.name_server, *self.more),
        ]

    def run(self, *more):
        return self.rdsiam("doctor", *self.arguments(), *more, env=self.env)

    def examine(self):
        done = self.run("--json")
        assert done.stderr == "", done.stderr
        return done.returncode, json.loads(done.stdout)


@pytest.fixture
def scene(rdsiam, standin, tmp_path):
    with Services() as services, contextlib.ExitStack() as stack:
        yield Scene(rdsiam, standin, services, tmp_path, stack)


# What is broken, by the cause that has to be named.
BROKEN = {}


def breaks(cause, word=""):
    def add(function):
        name = function.__name__.replace("_", " ")
        assert name not in BROKEN
        BROKEN[name] = (cause, word, function)
        return function

    return add


@breaks("name-not-found")
def a_name_that_is_nowhere(scene):
    scene.dialled = "no-such-host.invalid"


@breaks("name-is-not-rds", "mydb.abc123xyz.us-east-1.rds.amazonaws.com")
def a_cname_to_the_endpoint(scene):
    end = "ec2-192-0-2-1.compute-1.amazonaws.com"
    chain = ["localhost", "db.internal.example", scene.host, end]
    scene.name_server = scene.stack.enter_context(servers.name_server(chain))
    scene.dialled, scene.host = "localhost", ""
    scene.more = ["--region", "us-east-1"]


@breaks("region-mismatch", "eu-west-1")
def another_region(scene):
    scene.more = ["--region", "eu-west-1"]


@breaks("region-missing")
def no_region(scene):
    scene.host = ""


@breaks("connection-refused")
def a_port_without_a_server(scene):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        scene.port = gone.getsockname()[1]


@breaks("connection-timeout", "security group")
def a_firewall_that_drops(scene):
    scene.port = scene.stack.enter_context(servers.full())


@breaks("unreachable")
def no_route(scene):
    scene.dialled = "255.255.255.255"


@breaks("tls-not-offered")
def postgresql_without_tls(scene):
    scene.serve(servers.says(b"N"))


@breaks("tls-not-offered")
def mysql_without_tls(scene):
    scene.mariadb()
    scene.serve(servers.begins(servers.mysql_without_tls()))


@breaks("other-protocol")
def a_web_server(scene):
    scene.serve(servers.says(b"HTTP/1.1 400 Bad Request\r\n\r\n"))


@breaks("other-protocol", "no answer")
def a_server_that_says_nothing(scene):
    scene.serve(servers.silent)


@breaks("other-protocol")
def a_server_that_hangs_up(scene):
    scene.serve(servers.says(b""))


@breaks("other-protocol")
def postgresql_in_place_of_mysql(scene):
    scene.engine = "mysql"


@breaks("other-protocol")
def mysql_in_place_of_postgresql(scene):
    scene.mariadb()
    scene.engine = "postgres"


@breaks("tls-failed")
def a_handshake_that_breaks(scene):
    scene.serve(servers.says(b"S"))


@breaks("tls-failed")
def a_server_below_tls_1_2(scene):
    context, scene.ca = servers.certificate(scene.folder, scene.host)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    scene.serve(servers.postgres(context))


@breaks("certificate-unknown", "--ca")
def the_certificates_of_another_authority(scene):
    scene.ca = str(ROOT / "tests/ca/other.pem")


@breaks("certificate-unknown")
def a_file_without_certificates(scene):
    scene.ca = "/dev/null"


@breaks("ca-missing")
def a_file_that_is_not_there(scene):
    scene.ca = "/nowhere/global-bundle.pem"


@breaks("ca-missing", "--download-hint")
def no_certificates_of_rds(scene):
    scene.ca = None


@breaks("certificate-wrong-name", "--sign-host")
def the_endpoint_of_another_database(scene):
    scene.host = scene.standin["STANDIN_MARIADB_HOST"]


@breaks("certificate-expired", "rotate")
def an_expired_certificate(scene):
    scene.answers(begin=-3 * servers.DAY, end=-servers.DAY)


@breaks("certificate-not-yet-valid")
def a_certificate_of_tomorrow(scene):
    scene.answers(begin=servers.DAY, end=3 * servers.DAY)


@breaks("clock-wrong", "s behind AWS's")
def a_clock_that_is_behind(scene):
    scene.services.ahead = 3600
    # What AWS would say to a signature of that time.
    scene.services.fails["GetCallerIdentity"] = (403, "SignatureDoesNotMatch", "Signature expired")
    scene.env["AWS_SECRET_ACCESS_KEY"] = "refused"


@breaks("clock-wrong")
def a_clock_that_makes_a_good_certificate_expire(scene):
    scene.services.ahead = -2 * 86400
    scene.answers(begin=-3 * servers.DAY, end=-servers.DAY)


@breaks("credentials-missing")
def no_credentials(scene):
    scene.keys("")


@breaks("credentials-missing")
def a_profile_that_is_not_there(scene):
    scene.more = ["--profile", "none"]


@breaks("credentials-expired")
def credentials_that_have_expired(scene):
    keys = {"Version": 1, "AccessKeyId": "ASIAOLD", "SecretAccessKey": "OLDSECRET"}
    keys |= {"SessionToken": "OLDSESSION", "Expiration": "2020-01-01T00:00:00Z"}
    (scene.folder / "keys.json").write_text(json.dumps(keys))
    scene.keys(f"credential_process = cat {scene.folder}/keys.json")


@breaks("credentials-expired")
def credentials_that_expired_unnoticed(scene):
    scene.services.fails["GetCallerIdentity"] = (403, "ExpiredToken", "The token is expired")
    scene.env["AWS_SECRET_ACCESS_KEY"] = "refused"


@breaks("credentials-source-failed")
def a_source_that_fails(scene):
    scene.keys("credential_process = false")


@breaks("credentials-incomplete", "AWS_SESSION_TOKEN")
def temporary_keys_without_their_session(scene):
    del scene.env["AWS_SESSION_TOKEN"]


@breaks("credentials-rejected")
def a_key_that_was_deleted(scene):
    scene.services.fails["GetCallerIdentity"] = (403, "InvalidClientTokenId", "invalid")
    scene.env["AWS_SECRET_ACCESS_KEY"] = "refused"


@breaks("credentials-rejected")
def the_secret_of_another_key(scene):
    scene.env["AWS_SECRET_ACCESS_KEY"] = "wrong"
    scene.services.fails["GetCallerIdentity"] = (403, "SignatureDoesNotMatch", "not match")


@breaks("iam-off", "modify-db-instance --db-instance-identifier mydb")
def iam_that_is_off(scene):
    scene.services.instance("mydb", iam=False)
    scene.user = "plain"


@breaks("iam-off")
def iam_that_is_off_for_the_cluster(scene):
    scene.services.instance("mydb", cluster="mycluster")
    scene.services.cluster("mycluster", iam=False)
    scene.user = "plain"


@breaks("iam-pending", "apply it now")
def iam_that_waits_for_the_window(scene):
    scene.services.instance("mydb", iam=False, pending=True)
    scene.user = "plain"


@breaks("proxy-iam-off", "REQUIRED")
def a_proxy_that_takes_passwords_alone(scene):
    scene.proxy()
    scene.services.proxy("myproxy", auth="DISABLED")
    scene.answers(servers.error("28P01", "password authentication failed"))


@breaks("policy-missing", "rdsiam policy")
def no_policy(scene):
    scene.services.decision = "implicitDeny"
    scene.env["AWS_SECRET_ACCESS_KEY"] = "refused"


@breaks("policy-denied", "Effect Deny")
def a_statement_that_denies(scene):
    scene.services.decision = "explicitDeny"
    source = "<SourcePolicyId>no-databases</SourcePolicyId>"
    scene.services.more = f"<MatchedStatements><member>{source}</member></MatchedStatements>"
    scene.env["AWS_SECRET_ACCESS_KEY"] = "refused"


def bounded(scene, name, member):
    scene.services.decision = "implicitDeny"
    scene.services.more = f"<{name}><{member}>false</{member}></{name}>"
    scene.env["AWS_SECRET_ACCESS_KEY"] = "refused"


@breaks("policy-bounded", "permissions boundary")
def a_permissions_boundary(scene):
    bounded(scene, "PermissionsBoundaryDecisionDetail", "AllowedByPermissionsBoundary")


@breaks("policy-bounded", "SCP")
def a_policy_of_the_organization(scene):
    bounded(scene, "OrganizationsDecisionDetail", "AllowedByOrganizations")


@breaks("policy-missing", "--for proxy")
def a_proxy_whose_role_lacks_the_policy(scene):
    scene.proxy()
    scene.services.cluster("mycluster")
    targets = [{"TrackedClusterId": "mycluster"}]
    scene.services.proxy("myproxy", "IAM_AUTH", targets=targets)
    scene.services.decision = "implicitDeny"
    scene.answers(servers.error("28000", "refused"))
    scene.services.caller = f"arn:aws:iam::{ACCOUNT}:root"


@breaks("user-asks-for-password", "rdsiam sql")
def a_user_without_rds_iam(scene):
    scene.user = "plain"


@breaks("user-asks-for-password", "rdsiam sql")
def a_user_who_is_not_there(scene):
    scene.user = "nobody_at_all"


@breaks("user-asks-for-password", "rdsiam sql --engine mysql")
def a_user_of_mariadb_with_a_password(scene):
    scene.mariadb()
    scene.user = "plain"


@breaks("user-missing")
def a_role_that_does_not_exist(scene):
    clear = servers.message(b"R", b"\0\0\0\3")
    scene.answers(clear, servers.error("28000", 'role "app_iam" does not exist'))


@breaks("user-may-not-log-in")
def a_role_without_login(scene):
    scene.user = "no_login"


@breaks("user-may-not-log-in")
def a_locked_account(scene):
    scene.mariadb()
    scene.user = "locked"


@breaks("database-missing", "--dbname")
def no_such_database(scene):
    scene.database = "none"


@breaks("database-missing", "--dbname")
def no_such_database_of_mariadb(scene):
    scene.mariadb()
    scene.user, scene.database = "all_rights", "none"


@breaks("database-not-allowed")
def a_database_without_the_right(scene):
    scene.database = "closed"


@breaks("database-not-allowed")
def a_database_of_mariadb_without_the_right(scene):
    scene.mariadb()
    scene.database = "mysql"


@breaks("too-many-connections")
def a_role_at_its_limit(scene):
    scene.user = "limited"


@breaks("too-many-connections")
def a_full_server_of_mysql(scene):
    scene.mariadb()
    scene.serve(servers.begins(servers.mysql_error(1040, "Too many connections")))


@breaks("host-not-allowed")
def a_host_that_mysql_does_not_let_in(scene):
    scene.mariadb()
    scene.serve(servers.begins(servers.mysql_error(1130, "Host '10.0.0.1' is not allowed")))


@breaks("host-not-allowed")
def no_line_in_pg_hba(scene):
    scene.answers(servers.error("28000", 'no pg_hba.conf entry for host "10.0.0.1"'))


@breaks("server-not-ready")
def a_server_that_starts(scene):
    scene.answers(servers.error("57P03", "the database system is starting up"))


@breaks("proxy-refused")
def the_words_of_a_proxy(scene):
    text = "RDS Proxy supports only IAM, MD5, or SCRAM authentication"
    scene.answers(servers.error("08P01", text))


@breaks("server-refused", "no idea")
def words_that_nobody_knows(scene):
    scene.answers(servers.error("XX000", "no idea"))


@breaks("token-refused")
def a_key_that_the_database_does_not_accept(scene):
    scene.env["AWS_SECRET_ACCESS_KEY"] = "refused"


@breaks("token-refused")
def a_key_that_mariadb_does_not_accept(scene):
    scene.mariadb()
    scene.env["AWS_SECRET_ACCESS_KEY"] = "refused"


@breaks("token-refused", "rds:DescribeDBInstances")
def a_refusal_where_nothing_may_be_looked_at(scene):
    for action in ("DescribeDBInstances", "SimulatePrincipalPolicy", "GetCallerIdentity"):
        scene.services.fails[action] = (403, "AccessDenied", "not authorized")
    scene.env["AWS_SECRET_ACCESS_KEY"] = "refused"


@breaks("token-refused", "resource-absent")
def a_database_of_another_account(scene):
    scene.services.instances.clear()
    scene.env["AWS_SECRET_ACCESS_KEY"] = "refused"


@pytest.fixture(scope="module", autouse=True)
def users(standin):
    """Users that cannot log in, each in its own way."""

    folder = Path(standin["STANDIN_DIR"])
    mysql = mariadb.MariaDB.found_in(folder)
    pg = postgres.Postgres.found_in(folder)
    where = ["-h", folder / "run", "-p", standin["STANDIN_PORT"], "-U", "postgres", "-d", "app"]

    def in_postgres(script):
        for line in script.strip().splitlines():
            pg.call("psql", "-X", "-q", *where, "-c", line.strip())

    def in_mariadb(script):
        admin = [f"--socket={mysql.socket}", f"--user={mysql.account.pw_name}"]
        command = ["mariadb", "--no-defaults", *admin, "-e", script]
        commands.call(command, mysql.account, cwd=folder)

    in_postgres("""
        CREATE ROLE plain LOGIN PASSWORD 'x'
        CREATE ROLE no_login NOLOGIN IN ROLE rds_iam
        CREATE ROLE limited LOGIN IN ROLE rds_iam CONNECTION LIMIT 0
        CREATE DATABASE closed
        REVOKE CONNECT ON DATABASE closed FROM PUBLIC
    """)
    iam = "IDENTIFIED VIA pam USING 'rds-iam-mariadb' REQUIRE SSL"
    in_mariadb(
        "CREATE USER plain@'%' IDENTIFIED BY 'x' REQUIRE SSL;"
        f"CREATE USER locked@'%' {iam} ACCOUNT LOCK;"
        f"CREATE USER all_rights@'%' {iam}; GRANT ALL ON *.* TO all_rights@'%';"
    )
    yield
    in_postgres("""
        DROP DATABASE closed
        DROP ROLE plain
        DROP ROLE no_login
        DROP ROLE limited
    """)
    in_mariadb("DROP USER plain@'%', locked@'%', all_rights@'%'")


def secrets(scene):
    found = [scene.env.get("AWS_SESSION_TOKEN"), scene.standin["STANDIN_SECRET_ACCESS_KEY"]]
    return [*filter(None, found), "X-Amz-", "OLDSECRET", "OLDSESSION"]


@pytest.mark.parametrize("name", BROKEN)
def test_the_right_cause_is_named_first(scene, name):
    cause, word, function = BROKEN[name]
    function(scene)
    status, told = scene.examine()
    assert told["cause"] == cause, json.dumps(told, indent=1)
    assert status == told["exit_status"] == STATUSES[cause]
    assert told["verdict"] == "failed"
    assert word in json.dumps(told)
    assert told["remedy"]
    for secret in secrets(scene):
        assert secret not in json.dumps(told)


def test_an_unknown_user_of_mariadb_may_look_like_any_other(scene):
    """The server asks for the password of a plugin that it chooses by the name."""
    scene.mariadb()
    causes = set()
    for number in range(12):
        scene.user = f"nobody_{number}"
        status, told = scene.examine()
        assert status == STATUSES[told["cause"]]
        assert "not there" in told["remedy"]
        causes.add(told["cause"])
    assert causes <= {"user-asks-for-password", "token-refused"}


def test_the_page_has_each_status():
    text = (ROOT / "docs/cli.md").read_text()
    rows = re.findall(r"^\| (\d+) \| `([a-z-]+)` \|", text, re.MULTILINE)
    assert {cause: int(status) for status, cause in rows} == STATUSES


def test_there_are_enough_of_them():
    assert len(BROKEN) > 50
    assert {cause for cause, _, _ in BROKEN.values()} == set(STATUSES)
    assert len(set(STATUSES.values())) == len(STATUSES)


@pytest.mark.parametrize("engine", ["postgres", "mysql"])
def test_a_login_that_works(scene, engine):
    if engine == "mysql":
        scene.mariadb()
    status, told = scene.examine()
    assert (status, told["verdict"], told["cause"]) == (0, "logged-in", None)
    steps = {one["step"]: one["verdict"] for one in told["steps"]}
    assert steps == dict.fromkeys(
        [
            "name",
            "region",
            "tcp",
            "tls",
            "credentials",
            "clock",
            "identity",
            "database",
            "policy",
            "login",
            "connections",
        ],
        "ok",
    )
    assert scene.services.simulated == [
        (scene.services.caller, ALLOWED + scene.user),
    ]


def test_text_for_a_ticket_begins_with_the_cause_and_has_no_secret(scene):
    scene.services.decision = "implicitDeny"
    scene.env["AWS_SECRET_ACCESS_KEY"] = "refused"
    done = scene.run()
    lines = done.stdout.splitlines()
    assert lines[0] == "Cause: no policy allows the identity rds-db:connect."
    assert lines[1].startswith("Remedy: attach the policy")
    assert done.returncode == 80
    assert "\x1b" not in done.stdout
    assert "FAIL   policy" in done.stdout
    for secret in secrets(scene):
        assert secret not in done.stdout


def test_a_finding_that_a_login_disproves_is_no_failure(scene):
    scene.services.decision = "implicitDeny"
    status, told = scene.examine()
    assert (status, told["verdict"]) == (0, "logged-in")
    verdicts = {one["step"]: one["verdict"] for one in told["steps"]}
    assert verdicts["policy"] == "doubt"


@pytest.mark.parametrize("path", ["", "/app", "/aws-reserved/sso.amazonaws.com/eu-west-1"])
def test_a_session_is_simulated_as_its_role_with_its_path(scene, path):
    name = "AWSReservedSSO_Admin_0123456789abcdef" if "sso" in path else "worker"
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/me@example.com"
    scene.services.caller = session
    scene.services.roles[name] = f"{ROLE}{path}/{name}"
    scene.services.decision = "implicitDeny"
    scene.env["AWS_SECRET_ACCESS_KEY"] = "refused"
    status, _ = scene.examine()
    assert status == 80
    assert scene.services.simulated == [(f"{ROLE}{path}/{name}", ALLOWED + scene.user)]


def test_a_role_whose_path_cannot_be_read_is_not_guessed_at(scene):
    scene.services.caller = f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/me"
    scene.services.fails["GetRole"] = (403, "AccessDenied", "no")
    scene.env["AWS_SECRET_ACCESS_KEY"] = "refused"
    status, told = scene.examine()
    assert (status, scene.services.simulated) == (98, [])
    (policy,) = [one for one in told["steps"] if one["step"] == "policy"]
    assert (policy["verdict"], policy["permission"]) == ("not-checked", "iam:GetRole")


def test_a_refusal_without_a_known_reason_claims_none(scene):
    scene.env["AWS_SECRET_ACCESS_KEY"] = "refused"
    done = scene.run()
    assert done.stdout.startswith("Cause: the server refused the token.\n")
    assert "does not say why" in done.stdout
    scene.services.instances.clear()
    assert "\nIt may be that this account has no database" in scene.run().stdout


def test_no_token_leaves_for_a_server_that_is_not_verified(scene):
    log = scene.standin["STANDIN_LOG"]
    with open(log) as file:
        before = len(file.readlines())
    for broken in (the_certificates_of_another_authority, the_endpoint_of_another_database):
        scene.host = scene.standin["STANDIN_HOST"]
        broken(scene)
        scene.examine()
    with open(log) as file:
        assert len(file.readlines()) == before


@pytest.mark.parametrize("plugin", ["caching_sha2_password", "mysql_native_password"])
def test_no_token_answers_another_question_of_mysql(scene, plugin):
    scene.mariadb()
    context, scene.ca = servers.certificate(scene.folder, scene.host)
    heard = []
    scene.serve(servers.mysql_that_asks_for(context, plugin, heard))
    status, told = scene.examine()
    assert (status, told["cause"]) == (90, "user-asks-for-password")
    assert plugin in json.dumps(told)
    assert scene.user.encode() in heard[0]
    assert b"X-Amz" not in b"".join(heard)


@pytest.mark.parametrize("method", [5, 7, 10])
def test_no_token_answers_another_question_of_postgresql(scene, method):
    question = servers.message(b"R", bytes([0, 0, 0, method]) + b"SCRAM-SHA-256\0\0")
    scene.answers(question, b"")
    status, told = scene.examine()
    assert (status, told["cause"]) == (90, "user-asks-for-password")


def test_it_is_bounded_in_time(scene):
    a_server_that_says_nothing(scene)
    begin = time.monotonic()
    scene.examine()
    assert time.monotonic() - begin < 15


def test_wrong_options(rdsiam):
    assert rdsiam("doctor").returncode == 252
    assert rdsiam("doctor", "postgresql://app:secret@db.example.com/app").returncode == 252
