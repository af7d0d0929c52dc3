"""The starters as users have them: examples/local, in pytest and in Node's test runner.

They are run unchanged, and then with a verifier that accepts everything, which they have to notice.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
from conftest import COMMAND, ROOT, postgres, refused, testing, token

EXAMPLES = ROOT / "examples/local"


def pytest_in(folder, **env):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "bindings-python/python"), **env},
        capture_output=True,
        text=True,
        timeout=120,
    )


def node_in(folder, **env):
    return subprocess.run(
        ["node", "--test", "login.test.mjs"],
        cwd=folder,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def examples(tmp_path):
    folder = tmp_path / "examples"
    shutil.copytree(EXAMPLES, folder)
    modules = folder / "node_modules"
    modules.mkdir()
    for package in (ROOT / "bindings-node/node_modules").iterdir():
        if package.name != "rdsiam":
            (modules / package.name).symlink_to(package)
    (modules / "rdsiam").symlink_to(ROOT / "bindings-node")
    return folder


def test_pytest(examples):
    done = pytest_in(examples)
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_node(examples):
    done = node_in(examples)
    assert "# pass 2" in done.stdout, done.stdout + done.stderr


def accepting(folder):
    """A command whose faults do nothing: the check that the starters show cannot fail there."""
    program = folder / "accepting"
    program.write_text(
        f"#!{sys.executable}\n"
        "import subprocess, sys, threading, http.server, json, urllib.request\n"
        f"p = subprocess.Popen([{COMMAND!r}, *sys.argv[1:]], stdin=sys.stdin, "
        "stdout=subprocess.PIPE, text=True)\n"
        "told = json.loads(p.stdout.readline())\n"
        "class Handler(http.server.BaseHTTPRequestHandler):\n"
        "    def do_PUT(self):\n"
        "        self.rfile.read(int(self.headers['Content-Length']))\n"
        "        self.answer(b'null')\n"
        "    def do_DELETE(self):\n"
        "        self.answer(b'null')\n"
        "    def do_GET(self):\n"
        "        self.answer(urllib.request.urlopen(control + self.path).read())\n"
        "    def answer(self, body):\n"
        "        self.send_response(200); self.send_header('Content-Length', str(len(body)))\n"
        "        self.end_headers(); self.wfile.write(body)\n"
        "    def log_message(self, *_):\n"
        "        pass\n"
        "control = told['control']\n"
        "server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)\n"
        "threading.Thread(target=server.serve_forever, daemon=True).start()\n"
        "told['control'] = f'http://127.0.0.1:{server.server_port}'\n"
        "print(json.dumps(told), flush=True)\n"
        "sys.exit(p.wait())\n"
    )
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize("runner", [pytest_in, node_in], ids=["pytest", "node"])
def test_a_server_that_accepts_everything_is_noticed(examples, tmp_path, runner):
    done = runner(examples, RDSIAM_COMMAND=accepting(tmp_path))
    assert done.returncode == 1
    assert re.search(r"1 failed, 1 passed|# fail 1", done.stdout), done.stdout


@pytest.mark.parametrize("runner", [pytest_in, node_in], ids=["pytest", "node"])
def test_a_command_that_is_not_there_is_said(examples, runner, tmp_path):
    """PATH has the tools that the runner needs, and not the command."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "node").symlink_to(shutil.which("node"))
    done = runner(examples, RDSIAM_COMMAND="", PATH=str(tools))
    assert "the command rdsiam is not installed" in done.stdout + done.stderr
    assert "RDSIAM_COMMAND" in done.stdout + done.stderr


def test_no_library_depends_on_it():
    """It stays a command of its own: the libraries have nothing of it."""
    for package in ("core", "ffi", "bindings-python", "bindings-node"):
        manifest = (ROOT / package / "Cargo.toml").read_text()
        assert "rdsiam-wire" not in manifest
        assert "rdsiam-cli" not in manifest
    starter = (ROOT / "bindings-python/python/rdsiam/__init__.py").read_text()
    assert "testing" not in starter


def test_compose(tmp_path, postgres_url):
    """The command of the file, here and without containers: the names are this machine's."""
    text = (EXAMPLES / "compose.yaml").read_text()
    words = shlex.split(re.search(r"command: >\n((?: {6}.*\n)+)", text)[1])
    assert words[0] == "/rdsiam"
    ca = tmp_path / "ca.pem"
    changed = {
        "0.0.0.0": "127.0.0.1",
        "/shared/ca.pem": str(ca),
        "postgres://postgres:postgres@postgres/app": postgres_url,
        "app=postgres": "app=front",
    }
    options = [changed.get(word, word) for word in words[2:]]
    for name in ("--port", "--http-port"):
        options[options.index(name) + 1] = "0"
    env = dict(re.findall(r"^ {6}([A-Z_]+): (\S+)$", text, re.MULTILINE))
    with testing.local("--quiet", *options) as server:
        assert ca.exists()
        database = server.postgres
        assert (database.host, database.sign_port) == (env["DB_HOST"], 5432)
        keys = {
            "aws_access_key_id": env["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": env["AWS_SECRET_ACCESS_KEY"],
            "region_name": env["AWS_REGION"],
        }
        with postgres(server, token(database, **keys)) as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("front",)
        said = refused(postgres, server, token(database, **keys)[:-1])
        assert "PAM authentication failed" in said
