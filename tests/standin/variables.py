"""What a client is told: where the servers are, and keys that their verifier knows."""

import base64
import json
import secrets
from pathlib import Path

from commands import ADDRESS
from names import DATABASE, DSQL_ENDPOINT, ENDPOINT, MARIADB_ENDPOINT, ODD_USER, REGION, USER
from packages import find_bindir, find_library


def make_variables(folder, port, mariadb_port=0):
    return {
        "STANDIN_DIR": str(folder),
        "STANDIN_HOST": ENDPOINT,
        "STANDIN_PORT": str(port),
        "STANDIN_DSQL_HOST": DSQL_ENDPOINT,
        "STANDIN_MARIADB_HOST": MARIADB_ENDPOINT,
        "STANDIN_MARIADB_PORT": str(mariadb_port),
        "STANDIN_HOSTADDR": ADDRESS,
        "STANDIN_HOSTS": str(folder / "hosts"),
        "STANDIN_NSS_WRAPPER": str(find_library("libnss_wrapper.so")),
        "STANDIN_CA": str(folder / "tls" / "ca.pem"),
        "STANDIN_USER": USER,
        "STANDIN_ODD_USER": ODD_USER,
        "STANDIN_DB": DATABASE,
        "STANDIN_REGION": REGION,
        "STANDIN_CONFIG": str(folder / "verifier.json"),
        "STANDIN_LOG": str(folder / "verifier.log"),
        "STANDIN_BINDIR": str(find_bindir()),
        "STANDIN_ACCESS_KEY_ID": "ASIA" + random_id(),
        "STANDIN_SECRET_ACCESS_KEY": random_secret(),
        "STANDIN_SESSION_TOKEN": random_session_token(),
        "STANDIN_STATIC_ACCESS_KEY_ID": "AKIA" + random_id(),
        "STANDIN_STATIC_SECRET_ACCESS_KEY": random_secret(),
    }


def random_id():
    return base64.b32encode(secrets.token_bytes(10)).decode()


def random_secret():
    """40 characters with the two that clients are known to get wrong."""
    return base64.b64encode(b"\xfb\xff" + secrets.token_bytes(28)).decode()


def random_session_token():
    """900 characters that begin as those of STS do, and end in padding."""
    return base64.b64encode(b"!\n\torigin_ec\xfb\xff" + secrets.token_bytes(660)).decode()


def write_config(variables):
    """For the verifier, which judges the logins of both servers."""
    temporary = {
        "secret": variables["STANDIN_SECRET_ACCESS_KEY"],
        "session_token": variables["STANDIN_SESSION_TOKEN"],
    }
    static = {"secret": variables["STANDIN_STATIC_SECRET_ACCESS_KEY"], "session_token": None}
    config = {
        "endpoints": [f"{ENDPOINT}:{variables['STANDIN_PORT']}"],
        "dsql_endpoints": [DSQL_ENDPOINT],
        "mariadb_endpoints": [f"{MARIADB_ENDPOINT}:{variables['STANDIN_MARIADB_PORT']}"],
        "region": REGION,
        "keys": {
            variables["STANDIN_ACCESS_KEY_ID"]: temporary,
            variables["STANDIN_STATIC_ACCESS_KEY_ID"]: static,
        },
    }
    Path(variables["STANDIN_CONFIG"]).write_text(json.dumps(config, indent=4) + "\n")


def write_hosts(variables):
    """For nss_wrapper: the names are in no DNS."""
    names = f"{ENDPOINT} {DSQL_ENDPOINT} {MARIADB_ENDPOINT}"
    Path(variables["STANDIN_HOSTS"]).write_text(f"{ADDRESS} {names}\n")
