"""Runs in a bare root, with the installed wheel: every module, every known answer, a token,
a login.

prove.py VECTORS prints what it did as JSON."""

import importlib
import json
import os
import pkgutil
import platform
import sys
import sysconfig
from importlib.util import find_spec

from vectors import vectors

import rdsiam


def login() -> str:
    env = os.environ
    host, port, user = env["STANDIN_HOST"], int(env["STANDIN_PORT"]), env["STANDIN_USER"]
    token = rdsiam.generate_db_auth_token(host, port, user)
    assert rdsiam.explain(token).user == user
    # A CPython without OpenSSL takes the driver that brings its own.
    query = by_pg8000 if find_spec("_ssl") else by_psycopg2
    (found,) = query(host, port, user, token, env["STANDIN_DB"], env["STANDIN_CA"])
    assert found == user
    return user


def by_pg8000(
    host: str, port: int, user: str, token: str, database: str, ca: str
) -> tuple[str, ...]:
    import ssl

    import pg8000.dbapi

    context = ssl.create_default_context(cafile=ca)
    with pg8000.dbapi.connect(user, host, database, port, token, ssl_context=context) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT current_user")
        (row,) = cursor.fetchall()
    return tuple(row)


def by_psycopg2(
    host: str, port: int, user: str, token: str, database: str, ca: str
) -> tuple[str, ...]:
    import psycopg2

    verified = {"sslmode": "verify-full", "sslrootcert": ca}
    connection = psycopg2.connect(
        host=host, port=port, user=user, password=token, dbname=database, **verified
    )
    cursor = connection.cursor()
    cursor.execute("SELECT current_user")
    (row,) = cursor.fetchall()
    connection.close()
    return tuple(row)


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
