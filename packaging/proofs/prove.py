"""Runs in a bare root, with the installed wheel: every module, every known answer, a token,
a login.

prove.py VECTORS prints what it did as JSON."""

import importlib
import json
import os
import pkgutil
import platform
import ssl
import sys
import sysconfig

import pg8000.dbapi
from vectors import vectors

import rdsiam


def login() -> str:
    env = os.environ
    host, port, user = env["STANDIN_HOST"], int(env["STANDIN_PORT"]), env["STANDIN_USER"]
    token = rdsiam.generate_db_auth_token(host, port, user)
    assert rdsiam.explain(token).user == user
    context = ssl.create_default_context(cafile=env["STANDIN_CA"])
    with pg8000.dbapi.connect(
        user, host, env["STANDIN_DB"], port, token, ssl_context=context
    ) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT current_user")
        (row,) = cursor.fetchall()
    assert row[0] == user
    return user


def modules() -> int:
    """How many modules load; those of a driver say that it is not here, or that it is too old."""
    loaded = 0
    for module in pkgutil.walk_packages(rdsiam.__path__, "rdsiam."):
        try:
            importlib.import_module(module.name)
            loaded += 1
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] == "rdsiam":
                raise
        except ImportError as error:
            if not str(error).startswith("rdsiam needs "):
                raise
    return loaded


def main() -> None:
    assert rdsiam.__version__ == os.environ["RDSIAM_VERSION"]
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    assert gil != bool(sysconfig.get_config_var("Py_GIL_DISABLED")), "the GIL was switched on"
    facts = {
        "runtime": f"CPython {platform.python_version()}{'' if gil else 't'}",
        "libc": " ".join(platform.libc_ver()),
        "machine": platform.machine(),
        "modules": modules(),
        "vectors": vectors(sys.argv[1]),
        "login": login(),
    }
    print(json.dumps(facts))


main()
