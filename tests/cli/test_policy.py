"""`rdsiam policy`, `sql`, `enable`: judged by other programs, and run on the servers."""

import io
import json
import subprocess
import warnings
from pathlib import Path

import boto3
import commands
import hcl2
import mariadb
import postgres
import pytest
from cfnlint.api import lint_all
from conftest import HOST, KEYS, ROOT
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.server import ThreadedMotoServer
from services import Services

with warnings.catch_warnings():
    # It leaves its own files open.
    warnings.simplefilter("ignore", ResourceWarning)
    import parliament

ID = "db-ABCDEFGHIJKL01234"
GIVEN = ["--resource-id", ID, "--account", "123456789012", "--region", "us-east-1"]
ARN = f"arn:aws:rds-db:us-east-1:123456789012:dbuser:{ID}/app"
PROXY = "myproxy.proxy-abc123.us-east-1.rds.amazonaws.com"
CLUSTER = "mycluster.cluster-abc123.us-east-1.rds.amazonaws.com"


def ok(done):
    assert done.returncode == 0, done.stderr
    return done.stdout


def resources(text):
    return json.loads(text)["Statement"][0]["Resource"]


@pytest.fixture
def services():
    with Services() as services:
        yield services


@pytest.fixture
def env(services):
    return {**KEYS, **services.env}


def test_the_document_allows_this_login_and_no_other(rdsiam):
    """By moto's evaluator, which is no relation."""
    document = ok(rdsiam("policy", *GIVEN, "-U", "app", env={}))
    policy = IAMPolicy({"policy_document": document})

    def verdict(resource, action="rds-db:connect"):
        return policy.is_action_permitted(action, resource)

    assert verdict(ARN) is PermissionResult.PERMITTED
    for other in (
        ARN.replace("/app", "/admin"),
        ARN.replace(ID, "db-ZZZZZZZZZZZZZ01234"),
        ARN.replace("us-east-1", "eu-west-1"),
        ARN.replace("123456789012", "210987654321"),
    ):
        assert verdict(other) is PermissionResult.NEUTRAL
    assert verdict(ARN, "rds:DeleteDBInstance") is PermissionResult.NEUTRAL


@pytest.mark.parametrize("user", ["app", "iam_user@example.com", "Some-User.1"])
def test_the_document_follows_the_documented_grammar(rdsiam, user):
    """By parliament, which knows the form of each action's resources."""
    document = ok(rdsiam("policy", *GIVEN, "-U", user, env={}))
    assert parliament.analyze_policy_string(document).findings == []
    # That it would notice: the mistake of many articles.
    wrong = document.replace("rds-db:us-east-1", "rds:us-east-1").replace("dbuser:", "db:")
    assert parliament.analyze_policy_string(wrong).findings != []


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("eu-central-1", "aws"),
        ("eusc-de-east-1", "aws-eusc"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
    ],
)
def test_partitions(rdsiam, region, partition):
    given = [*GIVEN[:4], "--region", region, "-U", "app"]
    (arn,) = resources(ok(rdsiam("policy", *given, env={})))
    assert arn.startswith(f"arn:{partition}:rds-db:{region}:")


@pytest.mark.parametrize("bad", ["mydb", "arn:aws:rds:us-east-1:1:db:mydb", "", "db-1/2"])
def test_a_name_is_no_resource_id(rdsiam, bad):
    done = rdsiam("policy", f"--resource-id={bad}", *GIVEN[2:], "-U", "app", env={})
    assert done.returncode == 252
    assert "db-" in done.stderr


@pytest.mark.parametrize(
    "wild", [["-U", "*"], ["-U", "app_*"], ["-U", "app", "--resource-id", "*"]]
)
def test_wildcards_are_warned_about(rdsiam, wild):
    given = GIVEN[2:] if "--resource-id" in wild else GIVEN
    done = rdsiam("policy", *given, *wild, env={})
    assert done.returncode == 0
    assert "wildcard" in done.stderr
    assert "wildcard" not in rdsiam("policy", *GIVEN, "-U", "app", env={}).stderr


def test_terraform_is_parsed_by_its_grammar(rdsiam):
    user = 'a"b${x}'
    text = ok(rdsiam("policy", *GIVEN, "-U", "app", "-U", user, "--format", "terraform", env={}))
    parsed = hcl2.load(io.StringIO(text))
    shown = json.dumps(parsed)
    assert "aws_iam_policy_document" in shown
    assert ARN in shown
    assert "$${x}" in shown


def test_cloudformation_is_without_a_finding_of_its_linter(rdsiam):
    text = ok(rdsiam("policy", *GIVEN, "-U", "app", "--format", "cloudformation", env={}))

    def found(template):
        # What is neither an error nor a warning is advice about descriptions.
        return [one for one in lint_all(template) if not one.rule.id.startswith("I")]

    assert found(text) == []
    assert found(text.replace("PolicyDocument", "PolicyDokument")) != []
    document = json.loads(text)["Resources"]["RdsIamConnect"]["Properties"]["PolicyDocument"]
    assert document["Statement"][0]["Resource"] == [ARN]


def test_the_cdk_makes_the_same_document(rdsiam):
    text = ok(rdsiam("policy", *GIVEN, "-U", "app", "--format", "cdk", env={}))
    snippet = text.replace("import {", "const {").replace("export const", "const")
    snippet = snippet.replace('from "aws-cdk-lib/aws-iam"', '= require("aws-cdk-lib/aws-iam")')
    script = f"""{snippet}
        const {{ App, Stack }} = require("aws-cdk-lib");
        const {{ ManagedPolicy }} = require("aws-cdk-lib/aws-iam");
        const app = new App();
        new ManagedPolicy(new Stack(app, "S"), "P", {{ statements: [rdsIamConnect] }});
        console.log(JSON.stringify(app.synth().getStackByName("S").template.Resources));
    """
    done = subprocess.run(
        ["node", "-e", script], cwd=ROOT / "tests/cli", capture_output=True, text=True, check=True
    )
    (made,) = json.loads(done.stdout).values()
    expected = json.loads(ok(rdsiam("policy", *GIVEN, "-U", "app", env={})))["Statement"][0]
    expected["Resource"] = expected["Resource"][0]
    assert made["Properties"]["PolicyDocument"]["Statement"] == [expected]


def test_an_instance_is_looked_up(rdsiam, services, env):
    services.instance("mydb")
    assert resources(ok(rdsiam("policy", "-h", HOST, "-U", "app", env=env))) == [ARN]


def test_an_instance_of_a_cluster_has_the_id_of_the_cluster(rdsiam, services, env):
    services.instance("mydb", cluster="mycluster")
    services.cluster("mycluster")
    (arn,) = resources(ok(rdsiam("policy", "-h", HOST, "-U", "app", env=env)))
    assert arn.endswith(":dbuser:cluster-ABCDEFGHIJKL01234/app")


@pytest.mark.parametrize("kind", ["cluster", "cluster-ro", "cluster-custom"])
def test_each_endpoint_of_a_cluster_leads_to_its_id(rdsiam, services, env, kind):
    host = CLUSTER.replace("cluster-abc123", f"{kind}-abc123")
    services.cluster("other")
    services.cluster("mycluster", custom=[host] if kind == "cluster-custom" else [])
    del services.clusters["other"]["CustomEndpoints"]
    (arn,) = resources(ok(rdsiam("policy", "-h", host, "-U", "app", env=env)))
    assert arn.endswith(":dbuser:cluster-ABCDEFGHIJKL01234/app")


def test_a_proxy_that_logs_in_by_a_secret_needs_one_grant(rdsiam, services, env):
    services.proxy("myproxy")
    done = rdsiam("policy", "-h", PROXY, "-U", "app", env=env)
    assert resources(ok(done))[0].endswith(":dbuser:prx-0123456789abcdef0/app")
    assert done.stderr == ""
    refused = rdsiam("policy", "-h", PROXY, "-U", "app", "--for", "proxy", env=env)
    assert refused.returncode == 253


def test_a_proxy_that_logs_in_by_iam_needs_two(rdsiam, services, env):
    services.cluster("mycluster")
    services.proxy("myproxy", "IAM_AUTH", targets=[{"TrackedClusterId": "mycluster"}])
    services.endpoints["further"] = {"DBProxyEndpointName": "further", "DBProxyName": "myproxy"}
    for host in (PROXY, PROXY.replace("myproxy.", "further.endpoint.")):
        done = rdsiam("policy", "-h", host, "-U", "app", env=env)
        assert resources(ok(done))[0].endswith(":dbuser:prx-0123456789abcdef0/app")
        assert "role/service-role/proxy" in done.stderr
        assert "--for proxy" in done.stderr
        of_proxy = rdsiam("policy", "-h", host, "-U", "app", "--for", "proxy", env=env)
        assert resources(ok(of_proxy))[0].endswith(":dbuser:cluster-ABCDEFGHIJKL01234/app")


def test_without_an_account_it_is_that_of_the_credentials(rdsiam, services, env):
    services.caller = "arn:aws-us-gov:iam::123456789012:user/app"
    given = ["--resource-id", ID, "--region", "us-gov-west-1", "-U", "app", "-U", "reader"]
    found = resources(ok(rdsiam("policy", *given, env=env)))
    place = "arn:aws-us-gov:rds-db:us-gov-west-1:123456789012:dbuser"
    assert found == [f"{place}:{ID}/app", f"{place}:{ID}/reader"]
    assert services.asked == ["GetCallerIdentity"]


def test_a_missing_permission_is_named(rdsiam, services, env):
    services.fails["DescribeDBInstances"] = (403, "AccessDenied", "not authorized")
    done = rdsiam("policy", "-h", HOST, "-U", "app", env=env)
    assert (done.returncode, done.stdout) == (254, "")
    assert "rds:DescribeDBInstances" in done.stderr


def test_a_database_of_another_account_is_not_found(rdsiam, env):
    done = rdsiam("policy", "-h", HOST, "-U", "app", env=env)
    assert (done.returncode, done.stdout) == (253, "")
    assert "no database" in done.stderr


def test_a_name_of_ones_own_is_not_guessed_at(rdsiam, env):
    done = rdsiam("policy", "-h", "db.example.com", "-U", "app", "--region", "us-east-1", env=env)
    assert done.returncode == 252
    assert "not an endpoint of RDS" in done.stderr


@pytest.fixture(scope="module")
def moto():
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_moto_describes_the_same(rdsiam, moto):
    """Its answers are another's reading of the protocol."""
    client = boto3.client(
        "rds",
        endpoint_url=moto,
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="x",
    )
    made = client.create_db_instance(
        DBInstanceIdentifier="mydb", Engine="postgres", DBInstanceClass="db.t3.micro"
    )["DBInstance"]
    client.create_db_cluster(
        DBClusterIdentifier="mycluster",
        Engine="aurora-postgresql",
        MasterUsername="root",
        MasterUserPassword="rootroot12",
    )
    env = {**KEYS, "AWS_ENDPOINT_URL": moto}
    (arn,) = resources(ok(rdsiam("policy", "-h", HOST, "-U", "app", env=env)))
    assert arn == f"arn:aws:rds-db:us-east-1:123456789012:dbuser:{made['DbiResourceId']}/app"
    cluster = client.describe_db_clusters()["DBClusters"][0]
    (arn,) = resources(ok(rdsiam("policy", "-h", CLUSTER, "-U", "app", env=env)))
    assert arn.endswith(f":{cluster['DbClusterResourceId']}/app")
    assert not made["IAMDatabaseAuthenticationEnabled"]
    assert "is being turned on" in ok(rdsiam("enable", "-h", HOST, "--apply", env=env))
    now = client.describe_db_instances()["DBInstances"][0]
    assert now["IAMDatabaseAuthenticationEnabled"]
    assert "is on already" in ok(rdsiam("enable", "-h", HOST, "--apply", env=env))


def test_enable_prints_and_changes_nothing(rdsiam, services, env):
    services.instance("mydb", iam=False)
    assert ok(rdsiam("enable", "-h", HOST, env=env)) == (
        "aws rds modify-db-instance --db-instance-identifier mydb "
        "--enable-iam-database-authentication --apply-immediately --region us-east-1\n"
    )
    assert "modify-db-cluster --db-cluster-identifier mycluster" in ok(
        rdsiam("enable", "-h", CLUSTER, env=env)
    )
    assert "modify-db-proxy --db-proxy-name myproxy" in ok(rdsiam("enable", "-h", PROXY, env=env))
    assert services.asked == []


def test_enable_applies_where_the_setting_is(rdsiam, services, env):
    services.instance("mydb", cluster="mycluster")
    services.cluster("mycluster", iam=False)
    ok(rdsiam("enable", "-h", HOST, "--apply", env=env))
    (asked,) = services.modified
    assert asked["Action"] == "ModifyDBCluster"
    assert asked["DBClusterIdentifier"] == "mycluster"
    assert asked["EnableIAMDatabaseAuthentication"] == "true"
    assert asked["ApplyImmediately"] == "true"
    services.fails["ModifyDBCluster"] = (403, "AccessDenied", "no")
    done = rdsiam("enable", "-h", HOST, "--apply", env=env)
    assert done.returncode == 254
    assert "rds:ModifyDBCluster" in done.stderr


ODD = ["app", 'o"dd', "it's", "back\\slash", "semi;colon--", "ünï", "`tick`", "per%cent_"]


@pytest.fixture
def superuser(standin):
    """Statements as the administrators of the two servers."""
    folder = Path(standin["STANDIN_DIR"])
    mysql = mariadb.MariaDB.found_in(folder)
    pg = postgres.Postgres.found_in(folder)

    def in_postgres(script, database="app"):
        where = ["-h", folder / "run", "-p", standin["STANDIN_PORT"], "-U", "postgres"]
        options = ["-X", "-At", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", script]
        return pg.call("psql", *where, *options)

    def in_mariadb(script):
        where = [f"--socket={mysql.socket}", f"--user={mysql.account.pw_name}"]
        command = ["mariadb", "--no-defaults", *where, "-NB", "-e", script]
        return commands.call(command, mysql.account, cwd=folder)

    return in_postgres, in_mariadb


@pytest.mark.parametrize("user", ODD)
@pytest.mark.parametrize("grant", ["read", "write"])
def test_sql_runs_on_postgresql(rdsiam, superuser, standin, user, grant):
    run, _ = superuser
    user = f"{user}_{grant}"
    sql = ok(rdsiam("sql", "--engine", "postgres", "-U", user, "-d", "app", "--grant", grant))
    run(sql)
    quoted = user.replace("'", "''")
    assert run(f"SELECT pg_has_role('{quoted}', 'rds_iam', 'member')") == "t\n"
    setting = (
        "SELECT setconfig FROM pg_db_role_setting JOIN pg_roles r ON r.oid = setrole "
        f"WHERE rolname = '{quoted}'"
    )
    assert ("default_transaction_read_only=on" in run(setting)) is (grant == "read")
    # A user who is there already; and the tables of others.
    run(ok(rdsiam("sql", "--engine", "postgres", "-U", user, "--existing")))
    run("CREATE TABLE later (x int)")
    rights = "SELECT " + ", ".join(
        f"has_table_privilege('{quoted}', 'later', '{right}')" for right in ("SELECT", "INSERT")
    )
    try:
        assert run(rights) == f"t|{'t' if grant == 'write' else 'f'}\n"
    finally:
        run("DROP TABLE later")
        name = '"' + user.replace('"', '""') + '"'
        run(f"DROP OWNED BY {name}; DROP USER {name}")


@pytest.mark.parametrize("user", ODD)
@pytest.mark.parametrize("engine", ["mysql", "mariadb"])
def test_sql_runs_on_mariadb(rdsiam, superuser, user, engine):
    """It has no plugin of that name, so that PAM's takes its place in the text."""
    _, run = superuser
    user = f"{user}_x"
    for grant in ("read", "write"):
        sql = ok(rdsiam("sql", "--engine", engine, "-U", user, "-d", "app", "--grant", grant))
        assert sql.count("IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL") == 1
        here = sql.replace("AWSAuthenticationPlugin AS 'RDS'", "pam AS 'rds-iam-mariadb'")
        run(here)
        quoted = user.replace("\\", "\\\\").replace("'", "''")
        who = f"User = '{quoted}'"
        found = run(f"SELECT plugin, ssl_type FROM mysql.user WHERE {who}")
        assert found == "pam\tANY\n"
        rights = run(f"SELECT Db, Select_priv, Insert_priv, Drop_priv FROM mysql.db WHERE {who}")
        assert rights == f"app\tY\t{'Y' if grant == 'write' else 'N'}\tN\n"
        existing = ok(rdsiam("sql", "--engine", engine, "-U", user, "--existing"))
        run(existing.replace("AWSAuthenticationPlugin AS 'RDS'", "pam AS 'rds-iam-mariadb'"))
        run(f"DROP USER '{quoted}'@'%'")


def test_a_user_of_the_printed_sql_logs_in_and_may_only_read(rdsiam, superuser, standin):
    run, _ = superuser
    run("CREATE TABLE readable (x int); INSERT INTO readable VALUES (42)")
    run(ok(rdsiam("sql", "--engine", "postgres", "-U", "reader", "-d", "app", "--grant", "read")))
    env = {
        "AWS_ACCESS_KEY_ID": standin["STANDIN_STATIC_ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": standin["STANDIN_STATIC_SECRET_ACCESS_KEY"],
    }
    host, port = standin["STANDIN_HOST"], standin["STANDIN_PORT"]
    where = [
        "-h",
        standin["STANDIN_HOSTADDR"],
        "-p",
        port,
        "--sign-host",
        host,
        "--sign-port",
        port,
    ]
    login = ["psql", *where, "-U", "reader", "-d", "app", "--ca", standin["STANDIN_CA"], "--"]
    try:
        assert ok(rdsiam(*login, "-XAtc", "SELECT x FROM readable", env=env)) == "42\n"
        for bad in ("INSERT INTO readable VALUES (1)", "CREATE TABLE mine (x int)"):
            assert rdsiam(*login, "-XAtc", bad, env=env).returncode == 1
    finally:
        run("DROP TABLE readable; DROP OWNED BY reader; DROP USER reader")


def test_names_that_a_server_would_cut_are_refused(rdsiam):
    for engine, length in (("postgres", 63), ("mysql", 32), ("mariadb", 80)):
        assert rdsiam("sql", "--engine", engine, "-U", "a" * length).returncode == 0
        assert rdsiam("sql", "--engine", engine, "-U", "a" * (length + 1)).returncode == 252
    assert rdsiam("sql", "--engine", "mysql", "-U", "").returncode == 252
    assert "master" in rdsiam("sql", "--engine", "postgres", "-U", "postgres").stderr


ACCOUNT = ["--account", "123456789012", "--region", "us-east-1"]


@pytest.mark.parametrize(
    ("arguments", "action", "resources"),
    [
        (
            ["-h", "abc.dsql.us-east-1.on.aws", "-U", "admin"],
            "dsql:DbConnectAdmin",
            ["dsql:us-east-1:123456789012:cluster/abc"],
        ),
        (
            ["--dsql", "--resource-id", "abc", "-U", "app"],
            "dsql:DbConnect",
            ["dsql:us-east-1:123456789012:cluster/abc"],
        ),
        (
            ["--elasticache", "-h", "My-Cache", "-U", "App", "-U", "two"],
            "elasticache:Connect",
            [
                "elasticache:us-east-1:123456789012:replicationgroup:my-cache",
                "elasticache:us-east-1:123456789012:user:app",
                "elasticache:us-east-1:123456789012:user:two",
            ],
        ),
        (
            ["--elasticache", "--serverless", "-h", "my-cache", "-U", "app"],
            "elasticache:Connect",
            [
                "elasticache:us-east-1:123456789012:serverlesscache:my-cache",
                "elasticache:us-east-1:123456789012:user:app",
            ],
        ),
        (
            ["--memorydb", "-h", "my-cluster", "-U", "app"],
            "memorydb:connect",
            [
                "memorydb:us-east-1:123456789012:cluster/my-cluster",
                "memorydb:us-east-1:123456789012:user/app",
            ],
        ),
    ],
)
def test_each_kind_has_its_policy(rdsiam, arguments, action, resources):
    done = rdsiam("policy", *arguments, *ACCOUNT)
    (statement,) = json.loads(done.stdout)["Statement"]
    assert statement["Action"] == action
    assert statement["Resource"] == [f"arn:aws:{resource}" for resource in resources]
    for form in ("terraform", "cloudformation", "cdk"):
        text = rdsiam("policy", *arguments, *ACCOUNT, "--format", form).stdout
        assert action in text
        assert all(f"arn:aws:{resource}" in text for resource in resources)


def test_what_a_policy_of_a_kind_lacks_is_said(rdsiam):
    for arguments, word in [
        (["--elasticache", "-h", "c", "-U", "app"], "--account"),
        (["--dsql", "-h", "c", "-U", "app", "-U", "admin", *ACCOUNT], "admin"),
        (["--memorydb", "-U", "app", *ACCOUNT], "--hostname"),
    ]:
        done = rdsiam("policy", *arguments)
        assert done.returncode == 252
        assert word in done.stderr
