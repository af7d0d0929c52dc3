"""RDS, IAM and STS as a test wants them: a server on loopback that speaks their query protocol.

with Services() as services:
    services.instance("mydb", iam=False)
    services.fails["DescribeDBInstances"] = (403, "AccessDenied", "no")
    services.env    # the variables that lead the command here
"""

import email.utils
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

ACCOUNT = "123456789012"
REGION = "us-east-1"
USER = f"arn:aws:iam::{ACCOUNT}:user/app"


class Services:
    def __init__(self):
        self.instances, self.clusters, self.proxies, self.endpoints = {}, {}, {}, {}
        # Action: status, code, message.
        self.fails = {}
        self.caller, self.roles = USER, {}
        # What the simulator decides, and the (principal, resource) that it was asked about.
        self.decision, self.more, self.simulated = "allowed", "", []
        self.modified, self.asked = [], []
        # Seconds that its clock is ahead.
        self.ahead = 0

    def __enter__(self):
        services = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def date_time_string(self, timestamp=None):
                return email.utils.formatdate(time.time() + services.ahead, usegmt=True)

            def do_POST(self):
                length = int(self.headers["content-length"])
                asked = parse_qs(self.rfile.read(length).decode(), keep_blank_values=True)
                status, body = services.answer({k: v[0] for k, v in asked.items()})
                self.send_response(status)
                self.send_header("content-type", "text/xml")
                self.send_header("content-length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def env(self):
        names = ("RDS", "IAM", "STS")
        return {f"AWS_ENDPOINT_URL_{name}": self.url for name in names}

    def instance(self, name, iam=True, pending=None, cluster=None, **more):
        self.instances[name] = {
            "DBInstanceIdentifier": name,
            "DBInstanceArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{name}",
            "DbiResourceId": "db-ABCDEFGHIJKL01234",
            "DBInstanceStatus": "available",
            "Engine": "postgres",
            "IAMDatabaseAuthenticationEnabled": iam,
            **({"DBClusterIdentifier": cluster} if cluster else {}),
            **({} if pending is None else {"PendingModifiedValues": waiting(pending)}),
            **more,
        }

    def cluster(self, name, iam=True, custom=()):
        self.clusters[name] = {
            "DBClusterIdentifier": name,
            "DBClusterArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:{name}",
            "DbClusterResourceId": "cluster-ABCDEFGHIJKL01234",
            "Status": "available",
            "Engine": "aurora-postgresql",
            "IAMDatabaseAuthenticationEnabled": iam,
            "CustomEndpoints": list(custom),
        }

    def proxy(self, name, scheme="NONE", auth="REQUIRED", targets=()):
        self.proxies[name] = {
            "DBProxyName": name,
            "DBProxyArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db-proxy:prx-0123456789abcdef0",
            "Status": "available",
            "EngineFamily": "POSTGRESQL",
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/service-role/proxy",
            "RequireTLS": True,
            "DefaultAuthScheme": scheme,
            "Auth": [] if scheme == "IAM_AUTH" else [{"IAMAuth": auth, "AuthScheme": "SECRETS"}],
            "targets": list(targets),
        }

    def answer(self, asked):
        action = asked["Action"]
        self.asked.append(action)
        if action in self.fails:
            return self.error(*self.fails[action])
        name = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=DB)(?=[A-Z])", "_", action).lower()
        return getattr(self, name)(asked)

    def error(self, status, code, message):
        inner = f"<Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message>"
        return (
            status,
            f"<ErrorResponse><Error>{inner}</Error><RequestId>1</RequestId></ErrorResponse>",
        )

    def ok(self, action, result):
        wrapped = f"<{action}Result>{xml(result)}</{action}Result>"
        return 200, f"<{action}Response>{wrapped}</{action}Response>"

    def described(self, action, known, name, list_name, missing):
        if name is not None and name not in known:
            return self.error(404, missing, f"{name} not found")
        found = [known[name]] if name is not None else list(known.values())
        shown = [{k: v for k, v in one.items() if k != "targets"} for one in found]
        return self.ok(action, {list_name: shown})

    def describe_db_instances(self, asked):
        name = asked.get("DBInstanceIdentifier")
        known = ("DBInstances", "DBInstanceNotFound")
        return self.described(asked["Action"], self.instances, name, *known)

    def describe_db_clusters(self, asked):
        name = asked.get("DBClusterIdentifier")
        known = ("DBClusters", "DBClusterNotFoundFault")
        return self.described(asked["Action"], self.clusters, name, *known)

    def describe_db_proxies(self, asked):
        name = asked.get("DBProxyName")
        known = ("DBProxies", "DBProxyNotFoundFault")
        return self.described(asked["Action"], self.proxies, name, *known)

    def describe_db_proxy_endpoints(self, asked):
        name = asked.get("DBProxyEndpointName")
        known = ("DBProxyEndpoints", "DBProxyEndpointNotFoundFault")
        return self.described(asked["Action"], self.endpoints, name, *known)

    def describe_db_proxy_targets(self, asked):
        return self.ok(asked["Action"], {"Targets": self.proxies[asked["DBProxyName"]]["targets"]})

    def modify_db_instance(self, asked):
        self.modified.append(asked)
        return self.ok(asked["Action"], {})

    modify_db_cluster = modify_db_instance

    def get_caller_identity(self, asked):
        told = {"Arn": self.caller, "UserId": "AIDAEXAMPLE", "Account": ACCOUNT}
        return self.ok(asked["Action"], told)

    def get_role(self, asked):
        name = asked["RoleName"]
        if name not in self.roles:
            return self.error(404, "NoSuchEntity", "no such role")
        role = {"RoleName": name, "Arn": self.roles[name], "Path": "/", "RoleId": "AROAEXAMPLE"}
        return self.ok(asked["Action"], {"Role": {**role, "CreateDate": "2026-01-01T00:00:00Z"}})

    def simulate_principal_policy(self, asked):
        self.simulated.append((asked["PolicySourceArn"], asked["ResourceArns.member.1"]))
        decision = f"<EvalDecision>{self.decision}</EvalDecision>{self.more}"
        name = "<EvalActionName>rds-db:connect</EvalActionName>"
        members = f"<EvaluationResults><member>{name}{decision}</member></EvaluationResults>"
        result = f"<SimulatePrincipalPolicyResult>{members}</SimulatePrincipalPolicyResult>"
        return 200, f"<SimulatePrincipalPolicyResponse>{result}</SimulatePrincipalPolicyResponse>"


def waiting(iam):
    return {"IAMDatabaseAuthenticationEnabled": iam}


# The names of the members of RDS's lists, where they are not `member`.
MEMBERS = {"DBInstances": "DBInstance", "DBClusters": "DBCluster"}


def xml(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "".join(f"<{k}>{many(k, v)}</{k}>" for k, v in value.items())
    return escape(str(value))


def many(name, value):
    if not isinstance(value, (list, tuple)):
        return xml(value)
    member = MEMBERS.get(name, "member")
    return "".join(f"<{member}>{xml(one)}</{member}>" for one in value)
