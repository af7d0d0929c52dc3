"""Running commands, as root or as the account that the servers run under."""

import contextlib
import os
import pwd
import socket
import subprocess

from errors import StandinError

ADDRESS = "127.0.0.1"
# A short environment: no PG* or MYSQL_* variable of the caller may reach a server or its tools.
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC"}
if "STANDIN_ROOT" in os.environ:
    # Servers that are unpacked and not installed: unpack.py.
    ENVIRONMENT["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]


def call(command, account=None, **options):
    """The output of the command, which runs as the account if this process is root."""
    done = subprocess.run(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **as_account(account),
        **options,
    )
    if done.returncode != 0:
        raise StandinError(f"{command[0]} failed with {done.returncode}:\n{done.stdout[-2000:]}")
    return done.stdout


def as_account(account):
    if account is None or os.geteuid() != 0:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def server_account():
    """The servers refuse to run as root, so there it is another account."""
    try:
        if os.geteuid() != 0:
            return pwd.getpwuid(os.geteuid())
        with contextlib.suppress(KeyError):
            return pwd.getpwnam("postgres")
        return pwd.getpwnam("nobody")
    except KeyError:
        raise StandinError("there is no account to run the servers under") from None


def own(path, account):
    if os.geteuid() == 0:
        os.chown(path, account.pw_uid, account.pw_gid)


def free_port():
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return probe.getsockname()[1]


def on_free_port(start, log):
    """The port that start(port) managed to listen on; another may have taken the first."""
    for _ in range(5):
        port = free_port()
        try:
            start(port)
            return port
        except StandinError as error:
            lines = log.read_text(errors="replace")[-2000:]
            if "Address already in use" not in lines:
                raise StandinError(f"{error}\n{lines}") from None
            log.write_text("")
    raise StandinError("no free port was left free long enough")
