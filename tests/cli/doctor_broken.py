"""What can be wrong between a program and its database, each with the cause to be named."""

import json
import socket
import ssl

import pytest
import servers
from conftest import ROOT
from services import ACCOUNT

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
