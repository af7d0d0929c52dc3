"""Starting and stopping a stand-in, of which nothing stays behind."""

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mariadb
import packages
import postgres
from commands import call, own, server_account
from errors import StandinError
from mariadb import MariaDB
from names import DSQL_ENDPOINT, ENDPOINT, MARIADB_ENDPOINT
from postgres import Postgres
from tls import make_certificates
from variables import make_variables, write_config, write_hosts

HERE = Path(__file__).resolve().parent
MARKER = ".standin"
# A path that can be in LD_PRELOAD, in a PAM service file and in the address of a socket.
USABLE = re.compile(r"[A-Za-z0-9_./+-]{1,80}$")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# The PAM service of each server, and its list of endpoints in the verifier's configuration.
PAM_SERVICES = {postgres.PAM_SERVICE: "endpoints", mariadb.PAM_SERVICE: "mariadb_endpoints"}


class Interrupted(BaseException):
    def __init__(self, number):
        self.number = number


def make_folder(wanted):
    if wanted is None:
        places = [tempfile.gettempdir(), "/tmp"]
        place = next(filter(USABLE.match, map(os.path.realpath, places)))
        folder = Path(tempfile.mkdtemp(prefix="standin-", dir=place))
    else:
        folder = Path(wanted).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise StandinError(f"{folder} is not empty")
    if not USABLE.match(str(folder)):
        folder.rmdir()
        raise StandinError(f"{folder}: too long, or a character that its path must not have")
    (folder / MARKER).touch()
    folder.chmod(0o711)  # the server's account must come through
    return folder


def start_in(folder, with_mariadb=True):
    """The variables that tell a client where the servers are and which keys they know."""
    account = server_account()
    umask = os.umask(0o022)
    try:
        make_owned_files(folder, account)
        compile_modules(folder)
        servers = [Postgres, MariaDB] if with_mariadb else [Postgres]
        hosts = {"postgres": [ENDPOINT, DSQL_ENDPOINT], "mariadb": [MARIADB_ENDPOINT]}
        make_certificates(folder, hosts, account)
        write_pam_services(folder, find_python(folder, account))
        variables = make_variables(folder, *launch(servers, folder, account))
        write_config(variables)
        write_hosts(variables)
        return variables
    finally:
        os.umask(umask)


def launch(servers, folder, account):
    """Their ports. Each takes a second, so they are made side by side."""
    with ThreadPoolExecutor() as pool:
        ports = [pool.submit(server(folder, account).launch) for server in servers]
    return [port.result() for port in ports]


def make_owned_files(folder, account):
    """What the server's account writes to; everything else stays with whoever started it."""
    for name in ("data", "mariadb", "run"):
        (folder / name).mkdir(mode=0o700)
        own(folder / name, account)
    for name in ("postgres.log", "mariadb.log", "verifier.log"):
        (folder / name).touch(mode=0o644)
        own(folder / name, account)


def compile_modules(folder):
    for name in ("pam_rds_iam", "pam_confdir"):
        flags = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-O2", "-fPIC", "-shared"]
        call(["cc", *flags, "-o", folder / f"{name}.so", HERE / f"{name}.c", "-lpam"])


def find_python(folder, account):
    """A Python that the server's account can run: the one in use may lie in a private home."""
    verifier = folder / "verifier.py"
    shutil.copy(HERE / "verifier.py", verifier)
    for path in (os.path.realpath(sys.executable), "/usr/bin/python3", "/usr/local/bin/python3"):
        with contextlib.suppress(OSError, StandinError):
            if not USABLE.match(path):
                continue
            call([path, "-I", "-S", verifier, "--help"], account, cwd="/")
            return path
    raise StandinError(
        f"{account.pw_name} can run no Python on {verifier}: a folder on the way is private "
        "(set TMPDIR or --dir), or there is no /usr/bin/python3"
    )


def write_pam_services(folder, python):
    module = folder / "pam_rds_iam.so"
    verifier = f"{python} -I -S {folder}/verifier.py --exact"
    files = f"--config {folder}/verifier.json --log {folder}/verifier.log"
    (folder / "pam.d").mkdir()
    for service, endpoints in PAM_SERVICES.items():
        (folder / "pam.d" / service).write_text(
            f"auth required {module} {verifier} {files} --endpoints {endpoints}\n"
            f"account required {module}\n"
        )


def stop(folder):
    """Nothing is left of it afterwards; stopping what is not there is no error."""
    folder = Path(folder).resolve()
    if not folder.exists():
        return
    if not (folder / MARKER).exists():
        raise StandinError(f"{folder} is not the folder of a stand-in")
    for server in (Postgres.found_in(folder), MariaDB.found_in(folder)):
        if server is not None:
            server.stop()
    shutil.rmtree(folder)


def interrupt(number, _frame):
    raise Interrupted(number)


def catch_signals():
    for number in SIGNALS:
        # nohup stays in force. SIGINT is taken back from a shell that ignores it for its jobs.
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interrupt)


@contextlib.contextmanager
def signals_held():
    """A signal waits: half a start leaves processes that no stop would find."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield before
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def stop_in_peace(folder):
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    stop(folder)


def exports(variables):
    return "".join(f"export {k}={shlex.quote(str(v))}\n" for k, v in variables.items())


def start(wanted, env_file):
    packages.require(packages.NEEDS)
    folder = make_folder(wanted)
    try:
        with signals_held():
            variables = start_in(folder)
        lines = exports(variables)
        if env_file:
            Path(env_file).write_text(lines)
        print(lines, end="", flush=True)
    except BaseException:
        stop_in_peace(folder)
        raise


def run(command, with_mariadb=True):
    """The exit code of the command."""
    packages.require(packages.NEEDS if with_mariadb else packages.POSTGRES_NEEDS)
    folder = make_folder(None)
    try:
        with signals_held():
            variables = start_in(folder, with_mariadb)
        return supervise(command, variables)
    finally:
        stop_in_peace(folder)


def supervise(command, variables):
    """The exit code of the command, which gets the signals that are sent here."""

    def forward(number, _frame):
        # A terminal sends its Ctrl-C to the child as well.
        if number != signal.SIGINT or not os.isatty(0):
            child.send_signal(number)

    with signals_held() as before:
        try:
            child = subprocess.Popen(
                command,
                env={**os.environ, **variables},
                preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_SETMASK, before),
            )
        except OSError as error:
            print(f"standin: {command[0]}: {error.strerror}", file=sys.stderr)
            return 127
        for number in SIGNALS:
            if signal.getsignal(number) is interrupt:
                signal.signal(number, forward)
    code = child.wait()
    return code if code >= 0 else 128 - code
