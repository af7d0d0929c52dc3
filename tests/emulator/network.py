"""The settings of the network: set-ups whose outcome is compared with the SDK beside it.

The same variables are given to the binding and to its SDK, and both have to be served or to fail,
after the same requests. Which it is stands here too, so that no row can fail for another reason.
"""

import json
from pathlib import Path

import setups

# Does not exist, so that nobody outside is ever asked.
NOWHERE = "sts.emulator.invalid"
# What Node's SDK is told by a file that leads its sockets to the emulator, under the names that it
# asks for: it has no proxies.
HOSTS = Path(__file__).resolve().parent / "hosts.js"
SIGN_IN = "AWS_ENDPOINT_URL_SIGNIN"


class Row:
    """`env` is added to that of a set-up, `drop` taken away from it; `lines` are added to the
    profile, and `cached` to the document of an `aws login` session.

    `only` are the SDKs (`boto3`, `js`) that the row is for, `fails` those that are not served in
    it. `differs` says which bindings do otherwise on purpose, and whether they are served; `words`
    have to be in the message of one that fails.
    """

    def __init__(self, name, base, env=None, **more):
        self.name, self.base, self.env = name, base, env or (lambda _e: {})
        self.drop = more.pop("drop", ())
        self.modes = more.pop("modes", {})
        self.lines = more.pop("lines", None)
        self.cached = more.pop("cached", None)
        self.only = more.pop("only", ("boto3", "js"))
        self.fails = more.pop("fails", ())
        self.differs = more.pop("differs", {})
        self.words = more.pop("words", {})
        assert not more, more


def address(e, kind):
    return e.doors[kind].url.partition("//")[2]


def trusted(e):
    return {"AWS_CA_BUNDLE": e.doors.ca, "NODE_EXTRA_CA_CERTS": e.doors.ca}


def proxied(e, variable="HTTPS_PROXY"):
    url = f"http://user:p%40ss@{address(e, 'proxy')}"
    return {**trusted(e), variable: url, "AWS_ENDPOINT_URL_STS": f"https://{NOWHERE}"}


def by_name(e, **more):
    """Services under their own names: Python by a proxy, Node's SDK by its sockets."""
    return {
        **trusted(e),
        "HTTPS_PROXY": e.doors["proxy"].url,
        "NODE_USE_ENV_PROXY": "1",
        "NODE_OPTIONS": f"--require {HOSTS}",
        "EMULATOR_TLS": address(e, "tls"),
        **more,
    }


STS = ("AWS_ENDPOINT_URL_STS",)
SSO = ("AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC")
LOGIN = ("AWS_ENDPOINT_URL_SIGNIN",)
FIPS = {"AWS_USE_FIPS_ENDPOINT": "true"}
DUAL = {"AWS_USE_DUALSTACK_ENDPOINT": "true"}
UNUSED_PROXY = ("HTTPS_PROXY", "NODE_USE_ENV_PROXY=1")
BOTO3, JS, BOTH = ("boto3",), ("js",), ("boto3", "js")

PROXIES = [
    Row("https-proxy", "web-identity", proxied, words={"js": UNUSED_PROXY}, fails=JS),
    Row("https-proxy-lower", "web-identity", lambda e: proxied(e, "https_proxy"), fails=JS),
    Row(
        "https-proxy-both",
        "web-identity",
        lambda e: {**proxied(e, "https_proxy"), "HTTPS_PROXY": "http://127.0.0.1:1"},
        # curl's order is the other way round.
        differs={"c": False},
        fails=JS,
    ),
    Row(
        "https-proxy-without-scheme",
        "web-identity",
        lambda e: {**proxied(e), "HTTPS_PROXY": address(e, "proxy")},
        fails=JS,
    ),
    Row(
        "http-proxy",
        "web-identity",
        lambda e: {**proxied(e, "HTTP_PROXY"), "AWS_ENDPOINT_URL_STS": f"http://{NOWHERE}"},
        fails=JS,
    ),
    Row(
        "http-proxy-of-a-script",
        "web-identity",
        lambda e: {
            **proxied(e, "HTTP_PROXY"),
            "AWS_ENDPOINT_URL_STS": f"http://{NOWHERE}",
            "REQUEST_METHOD": "GET",
        },
        fails=BOTH,
    ),
    Row(
        "all-proxy",
        "web-identity",
        lambda e: proxied(e, "ALL_PROXY"),
        differs={"c": True},
        words={"boto3": ("ALL_PROXY",), "js": ("ALL_PROXY",)},
        fails=BOTH,
    ),
    Row(
        "no-proxy",
        "web-identity",
        lambda e: {
            **proxied(e),
            "NO_PROXY": "x, .emulator.invalid",
            "no_proxy": "emulator.invalid",
        },
        fails=BOTH,
    ),
    Row(
        "no-proxy-for-another",
        "web-identity",
        lambda e: {**proxied(e), "NO_PROXY": "other.invalid", "no_proxy": "tor.invalid"},
        fails=JS,
    ),
    Row(
        "proxy-refuses",
        "web-identity",
        proxied,
        modes={"proxy": "status:407"},
        words={"boto3": ("of HTTPS_PROXY",)},
        fails=BOTH,
    ),
    Row(
        "proxy-not-there",
        "web-identity",
        lambda e: {**proxied(e), "HTTPS_PROXY": "http://u:p@127.0.0.1:1"},
        words={"boto3": ("http://127.0.0.1:1 of HTTPS_PROXY",)},
        fails=BOTH,
    ),
    Row(
        "node-is-told",
        "web-identity",
        lambda e: {**proxied(e), "NODE_USE_ENV_PROXY": "1"},
        only=JS,
        # The agents of the SDK are not those that Node is told about.
        differs={"node": True},
        fails=JS,
    ),
    Row(
        "proxy-over-tls",
        "web-identity",
        lambda e: {**proxied(e), "HTTPS_PROXY": e.doors["tls"].url},
        fails=JS,
    ),
    Row(
        "proxy-that-is-none",
        "web-identity",
        lambda e: {**proxied(e), "HTTPS_PROXY": "socks5://user:p%40ss@127.0.0.1:1"},
        fails=BOTH,
        words={"boto3": ("HTTPS_PROXY is not the URL",), "js": ("HTTPS_PROXY",)},
    ),
    # What is not needed may be odd.
    Row(
        "proxy-that-is-none-and-not-needed",
        "container-token",
        lambda e: {
            "HTTPS_PROXY": "socks5://127.0.0.1:1",
            "AWS_USE_FIPS_ENDPOINT": "yes",
            "NODE_USE_ENV_PROXY": "1",
        },
    ),
    Row(
        "metadata-by-proxy",
        "instance",
        lambda e: {
            "HTTP_PROXY": e.doors["proxy"].url,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://metadata.emulator.invalid",
        },
        fails=JS,
    ),
    Row(
        "container-past-proxy",
        "container-token",
        lambda e: {"HTTP_PROXY": "http://127.0.0.1:1"},
        drop=("NO_PROXY", "no_proxy"),
    ),
]
NAMES = [
    Row("sts-by-name", "web-identity", by_name, drop=STS),
    Row("sts-fips", "web-identity", lambda e: by_name(e, **FIPS), drop=STS),
    Row("sts-dualstack", "web-identity", lambda e: by_name(e, **DUAL), drop=STS),
    Row(
        "sts-fips-of-profile",
        "role-of-profile",
        by_name,
        drop=STS,
        lines="use_fips_endpoint = true",
    ),
    Row("sso-by-name", "sso-session", by_name, drop=SSO),
    Row("sso-fips", "sso-session", lambda e: by_name(e, **FIPS), drop=SSO),
    Row("sso-dualstack", "sso-session", lambda e: by_name(e, **DUAL), drop=SSO),
    Row("oidc-by-name", "sso-refresh", by_name, drop=SSO),
    Row("oidc-fips", "sso-refresh", lambda e: by_name(e, **FIPS), drop=SSO),
    Row("login-by-name", "login-refresh", by_name, drop=LOGIN),
    Row(
        "login-of-another-region",
        "login-refresh",
        by_name,
        drop=LOGIN,
        cached={"signInRegion": "eu-west-1"},
    ),
    Row("login-fips", "login-refresh", lambda e: by_name(e, **FIPS), drop=LOGIN),
    Row("login-dualstack", "login-refresh", lambda e: by_name(e, **DUAL), drop=LOGIN),
    Row(
        "fips-false", "web-identity", lambda e: by_name(e, AWS_USE_FIPS_ENDPOINT="false"), drop=STS
    ),
    Row(
        "fips-unclear",
        "web-identity",
        lambda e: by_name(e, AWS_USE_FIPS_ENDPOINT="yes"),
        drop=STS,
        # The SDKs ask the plain endpoint, and nobody notices.
        differs={"python": False, "node": False, "c": False},
        words={"boto3": ("AWS_USE_FIPS_ENDPOINT",), "js": ("AWS_USE_FIPS_ENDPOINT",)},
    ),
    Row("fips-and-endpoint", "web-identity", lambda _e: FIPS, differs={"c": False}, fails=JS),
]
CERTIFICATES = [
    Row(
        "ca-unknown",
        "web-identity-tls",
        drop=("AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
        words={"boto3": ("AWS_CA_BUNDLE",), "js": ("NODE_EXTRA_CA_CERTS",)},
        fails=BOTH,
    ),
    # Python and Node have roots of their own; here they are those of the system.
    Row(
        "ca-of-system",
        "web-identity-tls",
        lambda e: {"SSL_CERT_FILE": e.doors.ca},
        drop=("AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
        fails=BOTH,
        differs={"python": True, "node": True, "c": True},
    ),
    Row(
        "ca-of-system-missing",
        "web-identity-tls",
        lambda _e: {"SSL_CERT_FILE": "/no/such/file"},
        drop=("AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
        fails=BOTH,
        words={"boto3": ("SSL_CERT_FILE", "/no/such/file"), "js": ("SSL_CERT_FILE",)},
    ),
    Row(
        "ca-missing",
        "web-identity-tls",
        lambda _e: {"AWS_CA_BUNDLE": "/no/such/file", "NODE_EXTRA_CA_CERTS": "/no/such/file"},
        words={
            "boto3": ("AWS_CA_BUNDLE", "/no/such/file"),
            "js": ("NODE_EXTRA_CA_CERTS", "/no/such/file"),
        },
        fails=BOTH,
    ),
    Row(
        "ca-of-no-certificate",
        "web-identity-tls",
        lambda _e: {"AWS_CA_BUNDLE": __file__, "NODE_EXTRA_CA_CERTS": __file__},
        words={"boto3": ("AWS_CA_BUNDLE", __file__), "js": ("NODE_EXTRA_CA_CERTS", __file__)},
        fails=BOTH,
    ),
    Row(
        "ca-empty",
        "web-identity-tls",
        lambda _e: {"AWS_CA_BUNDLE": ""},
        only=BOTO3,
        words={"boto3": ("AWS_CA_BUNDLE",)},
        fails=BOTO3,
    ),
    Row(
        "ca-of-requests",
        "web-identity-tls",
        lambda e: {"REQUESTS_CA_BUNDLE": e.doors.ca},
        drop=("AWS_CA_BUNDLE",),
        differs={"c": False},
        only=BOTO3,
    ),
    Row(
        "ca-of-profile",
        "web-identity-tls",
        drop=("AWS_CA_BUNDLE",),
        lines=lambda e: f"ca_bundle = {e.doors.ca}",
        only=BOTO3,
    ),
    Row(
        "ca-of-boto3-in-node",
        "web-identity-tls",
        drop=("NODE_EXTRA_CA_CERTS",),
        only=JS,
        words={"js": ("AWS_CA_BUNDLE",)},
        fails=JS,
    ),
]
V1_OFF = {"AWS_EC2_METADATA_V1_DISABLED": "true"}
METADATA = [
    *(
        Row(f"v1-after-{mode}", "instance-v1", modes={"imds-token": mode})
        for mode in ("status:403", "status:405", "status:500", "hang")
    ),
    Row("v1-after-400", "instance-v1", modes={"imds-token": "status:400"}, fails=BOTH),
    Row(
        "v1-disabled", "instance-v1", lambda _e: V1_OFF, words={"boto3": tuple(V1_OFF)}, fails=BOTH
    ),
    Row(
        "v1-disabled-by-profile", "instance-v1", lines="ec2_metadata_v1_disabled = true", fails=BOTH
    ),
    Row("v1-not-disabled", "instance-v1", lambda _e: {"AWS_EC2_METADATA_V1_DISABLED": "false"}),
    Row("metadata-slow", "instance", modes={"imds": "late"}, fails=BOTH),
    Row(
        "metadata-slow-and-waited-for",
        "instance",
        lambda _e: {"AWS_METADATA_SERVICE_TIMEOUT": "3"},
        modes={"imds": "late"},
        # The JS SDK does not know the variable.
        differs={"node": True},
        fails=JS,
    ),
    Row(
        "metadata-slow-and-waited-for-by-profile",
        "instance",
        lines="metadata_service_timeout = 3",
        modes={"imds": "late"},
        differs={"node": True},
        fails=JS,
    ),
    Row(
        "metadata-disabled",
        "instance",
        lambda _e: {"AWS_EC2_METADATA_DISABLED": "TRUE"},
        fails=BOTH,
    ),
    # For the JS SDK all but `false` is a yes.
    Row(
        "metadata-disabled-by-1",
        "instance",
        lambda _e: {"AWS_EC2_METADATA_DISABLED": "1"},
        fails=JS,
    ),
    Row(
        "metadata-mode-unclear",
        "instance",
        lambda _e: {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "ipv5"},
        drop=("AWS_EC2_METADATA_SERVICE_ENDPOINT",),
        fails=BOTH,
    ),
]
ROWS = {row.name: row for row in [*PROXIES, *NAMES, *CERTIFICATES, *METADATA]}
PROXY_VARIABLES = ("NO_PROXY", "no_proxy")


def make(emulator, row, folder):
    """As `setups.make` does it, with what the row adds."""
    setup = setups.make(emulator, row.base, folder)
    env = setup["env"]
    added = row.env(emulator)
    if any(name.lower().endswith("_proxy") for name in added):
        for name in PROXY_VARIABLES:
            env.pop(name, None)
    for name in row.drop:
        env.pop(name, None)
    env.update(added)
    if row.lines:
        lines = row.lines(emulator) if callable(row.lines) else row.lines
        config = Path(env["AWS_CONFIG_FILE"])
        before = config.read_text() if config.exists() else ""
        head = f"[profile {setup['profile']}]" if setup["profile"] else "[default]"
        merged = (
            before.replace(head, f"{head}\n{lines}", 1) if head in before else f"{head}\n{lines}"
        )
        config.write_text(merged)
    if row.cached:
        (file,) = Path(env["AWS_LOGIN_CACHE_DIRECTORY"]).iterdir()
        file.write_text(json.dumps({**json.loads(file.read_text()), **row.cached}))
    facts = {name: getattr(row, name) for name in ("modes", "only", "fails", "differs", "words")}
    return {**setup, **facts, "name": row.name}


def everything(emulator, folder):
    """What `emulator.py --network` prints: each row twice, for the binding and for its SDK."""
    return {
        who: {name: make(emulator, row, Path(folder) / who / name) for name, row in ROWS.items()}
        for who in ("ours", "theirs")
    }


def seen(log):
    """What of the requests has to be the same."""
    proxy = {(r["method"], r["target"], r["authorization"]) for r in log if r["source"] == "proxy"}
    asked = {(r["source"], r["host"]) for r in log if r["source"] not in (None, "proxy")}
    return sorted(proxy, key=str), sorted(asked)
