"""The environment and the files that lead a program to each source of an emulator."""

import hashlib
import json
import shlex
import sys
import time
from pathlib import Path

import answers
import dpop

STATIC_KEYS = ("AKIAEMULATORSTATIC", "EMULATOR/STATIC+SECRET")
REGION = "us-east-1"
ROLE = "arn:aws:iam::123456789012:role/app"
START_URL = "https://emulator.awsapps.com/start"

# Prints what the emulator answers, so that a process can misbehave on command as well.
PROCESS = """\
import http.client, sys
connection = http.client.HTTPConnection(sys.argv[1], timeout=60)
connection.request("GET", "/process")
answer = connection.getresponse()
sys.stdout.buffer.write(answer.read())
sys.exit(answer.status != 200)
"""


class Setup:
    """One source: variables, files under a home of its own, and the keys to be expected."""

    def __init__(self, emulator, folder, source):
        self.emulator, self.source, self.name = emulator, source, None
        # Of a source that is asked for none.
        self.kept = answers.Keys(*STATIC_KEYS, None, None)
        self.home = Path(folder)
        self.home.mkdir(parents=True, exist_ok=True)
        url = emulator.url
        self.env = {
            "HOME": str(self.home),
            "AWS_CONFIG_FILE": str(self.home / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.home / "credentials"),
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            # A proxy of the machine would not find what listens on loopback.
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
            "AWS_ENDPOINT_URL_STS": url,
            "AWS_ENDPOINT_URL_SSO": url,
            "AWS_ENDPOINT_URL_SSO_OIDC": url,
        }

    def write(self, name, content):
        file = self.home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        return file

    def profile(self, *lines, more=""):
        self.write("config", "[profile app]\n" + "\n".join(lines) + "\n" + more)
        self.named()

    def named(self):
        self.name = self.env["AWS_PROFILE"] = "app"

    def role(self, line, more=""):
        self.profile(f"role_arn = {ROLE}", line, more=more)

    def told(self):
        """As JSON: what a test in any language needs."""
        keys = self.emulator.expected(self.source) if self.source else self.kept
        expected = {**keys._asdict(), "expires_at": None}
        return {"env": self.env, "profile": self.name, "source": self.source, **expected}


def environment(setup):
    setup.env["AWS_ACCESS_KEY_ID"], setup.env["AWS_SECRET_ACCESS_KEY"] = STATIC_KEYS


def profile_static(setup):
    key_id, secret = STATIC_KEYS
    keys = f"aws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
    setup.write("credentials", "[app]\n" + keys)
    setup.named()


def profile_process(setup):
    script = setup.write("process.py", PROCESS)
    address = setup.emulator.url.partition("//")[2]
    command = [sys.executable, "-I", str(script), address]
    setup.profile("credential_process = " + shlex.join(command))


def role_of_profile(setup):
    key_id, secret = STATIC_KEYS
    keys = f"aws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
    setup.role("source_profile = base", "[profile base]\n" + keys)


def role_of_environment(setup):
    setup.role("credential_source = Environment")
    # To be named by the caller: for some peers keys in the environment go before this variable.
    del setup.env["AWS_PROFILE"]
    environment(setup)


def role_of_container(setup):
    setup.role("credential_source = EcsContainer")
    container_token(setup)


def role_of_instance(setup):
    setup.role("credential_source = Ec2InstanceMetadata")
    instance(setup)


def sso_token(setup, name, token, seconds, **more):
    hashed = hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()
    cached = {
        "startUrl": START_URL,
        "region": REGION,
        "accessToken": token,
        "expiresAt": answers.timestamp(time.time() + seconds),
        **more,
    }
    setup.write(f".aws/sso/cache/{hashed}.json", json.dumps(cached))


def sso_legacy(setup):
    setup.profile(
        f"sso_start_url = {START_URL}",
        f"sso_region = {REGION}",
        "sso_account_id = 123456789012",
        "sso_role_name = app",
    )
    sso_token(setup, START_URL, setup.emulator.config["sso_token"], 3600)


def sso_profile(setup):
    setup.profile(
        "sso_session = work",
        "sso_account_id = 123456789012",
        "sso_role_name = app",
        more=f"[sso-session work]\nsso_start_url = {START_URL}\nsso_region = {REGION}\n",
    )


def sso_session(setup):
    sso_profile(setup)
    sso_token(setup, "work", setup.emulator.config["sso_token"], 3600)


def sso_refresh(setup):
    """The cached token has ended: it is to be renewed with the refresh token."""
    sso_profile(setup)
    sso_token(
        setup,
        "work",
        "EMULATOR-SSO-TOKEN-OF-YESTERDAY",
        -60,
        clientId="EMULATOR-CLIENT",
        clientSecret="EMULATOR-CLIENT-SECRET",
        refreshToken="EMULATOR-REFRESH-TOKEN",
        registrationExpiresAt=answers.timestamp(time.time() + 86400),
    )


def web_identity(setup):
    file = setup.write("identity", setup.emulator.config["web_identity_token"])
    setup.env["AWS_WEB_IDENTITY_TOKEN_FILE"] = str(file)
    setup.env["AWS_ROLE_ARN"] = ROLE
    setup.env["AWS_ROLE_SESSION_NAME"] = "app"


def web_identity_of_profile(setup):
    file = setup.write("identity", setup.emulator.config["web_identity_token"])
    setup.role(f"web_identity_token_file = {file}\nrole_session_name = app")


def container_token(setup):
    setup.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = setup.emulator.url + "/container"
    setup.env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = setup.emulator.config["container_token"]


def container_token_file(setup):
    file = setup.write("token", setup.emulator.config["container_token"])
    setup.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = setup.emulator.url + "/container"
    setup.env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = str(file)


def instance(setup):
    setup.env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = setup.emulator.url
    setup.env["AWS_EC2_METADATA_DISABLED"] = "false"


def instance_v1(setup):
    """A machine whose metadata service has no second version."""
    instance(setup)
    setup.env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = setup.emulator.doors["imds-v1"].url


def instance_no_ttl(setup):
    """What answers in the place of the service and forgets a header."""
    instance(setup)
    setup.env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = setup.emulator.doors["imds-no-ttl"].url


def instance_of_profile(setup):
    """The default profile says where the service is."""
    instance(setup)
    del setup.env["AWS_EC2_METADATA_SERVICE_ENDPOINT"]
    line = f"ec2_metadata_service_endpoint = {setup.emulator.url}\n"
    setup.write("config", f"[default]\n{line}")


def web_identity_tls(setup):
    """A certificate by a CA of its own, which each SDK is told about in its own way."""
    web_identity(setup)
    setup.env["AWS_ENDPOINT_URL_STS"] = setup.emulator.doors["tls"].url
    setup.env["AWS_CA_BUNDLE"] = setup.env["NODE_EXTRA_CA_CERTS"] = setup.emulator.doors.ca


# boto3 signs the proof of a session with awscrt, which is kept out of the other tests: with it,
# botocore's tokens have their parameters in another order.
AWSCRT = Path(__file__).resolve().parents[2] / ".venv/awscrt"
LOGIN_SESSION = "arn:aws:iam::123456789012:user/app"


def login_session(setup, seconds, **more):
    """As `aws login` leaves it. The keys are those of the sign-in service."""
    keys = setup.kept = setup.emulator.make_keys("signin", None)
    hashed = hashlib.sha256(LOGIN_SESSION.encode()).hexdigest()
    cached = {
        "accessToken": {
            "accessKeyId": keys.access_key_id,
            "secretAccessKey": keys.secret_access_key,
            "sessionToken": keys.session_token,
            "accountId": "123456789012",
            "expiresAt": answers.timestamp(time.time() + seconds),
        },
        "tokenType": "aws_sigv4",
        "refreshToken": setup.emulator.config["login_refresh_token"],
        "idToken": "EMULATOR-ID-TOKEN",
        "clientId": "arn:aws:signin:::devtools/same-device",
        "dpopKey": dpop.PRIVATE,
        **more,
    }
    setup.profile(f"login_session = {LOGIN_SESSION}", f"region = {REGION}")
    setup.env["AWS_ENDPOINT_URL_SIGNIN"] = setup.emulator.url
    setup.env["AWSCRT_FOLDER"] = str(AWSCRT)
    return hashed, json.dumps(cached)


def login(setup):
    hashed, cached = login_session(setup, 3600)
    setup.write(f".aws/login/cache/{hashed}.json", cached)


def login_refresh(setup):
    """The session has ended: it is to be renewed. In a folder of its own."""
    hashed, cached = login_session(setup, -60)
    setup.write(f"logins/{hashed}.json", cached)
    setup.env["AWS_LOGIN_CACHE_DIRECTORY"] = str(setup.home / "logins")


# By name: how it is set up, and the source of the emulator that serves it in the end.
SETUPS = {
    "environment": (environment, None),
    "profile-static": (profile_static, None),
    "profile-process": (profile_process, "process"),
    "role-of-profile": (role_of_profile, "assume-role"),
    "role-of-environment": (role_of_environment, "assume-role"),
    "role-of-container": (role_of_container, "assume-role"),
    "role-of-instance": (role_of_instance, "assume-role"),
    "sso-legacy": (sso_legacy, "sso"),
    "sso-session": (sso_session, "sso"),
    "sso-refresh": (sso_refresh, "sso"),
    "web-identity": (web_identity, "web-identity"),
    "web-identity-of-profile": (web_identity_of_profile, "web-identity"),
    "container-token": (container_token, "container"),
    "container-token-file": (container_token_file, "container"),
    "instance": (instance, "imds"),
    "instance-v1": (instance_v1, "imds"),
    "instance-no-ttl": (instance_no_ttl, "imds"),
    "instance-of-profile": (instance_of_profile, "imds"),
    "web-identity-tls": (web_identity_tls, "web-identity"),
    "login": (login, None),
    "login-refresh": (login_refresh, "signin"),
}


def make(emulator, name, folder):
    """Writes the files into the folder; gives the variables and the keys to be expected."""
    prepare, source = SETUPS[name]
    setup = Setup(emulator, folder, source)
    prepare(setup)
    return setup.told()


def every(emulator, folder):
    return {name: make(emulator, name, Path(folder) / name) for name in SETUPS}


def verifier_keys(emulator):
    """All keys, those of the set-ups among them, in the form of the stand-in's configuration."""
    key_id, secret = STATIC_KEYS
    return {key_id: {"secret": secret, "session_token": None}, **emulator.verifier_keys()}


def everything(emulator, folder):
    """What `emulator.py --setups` prints."""
    return {
        "url": emulator.url,
        "verifier_keys": verifier_keys(emulator),
        "setups": every(emulator, folder),
    }
