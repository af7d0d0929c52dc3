"""What is shown on a terminal, and nowhere else."""

import contextlib
import os
import pty
import subprocess
import time

import pytest
import servers
from conftest import COMMAND, KEYS

REFUSED = ["-h", "127.0.0.1", "-p", "9", "-U", "app", "--region", "us-east-1"]
MORE = ["--dns-server", "127.0.0.1:9", "--timeout", "2"]


def on_a_terminal(rdsiam, arguments, env=None):
    """All that it writes, with a terminal as its output and its errors."""
    inside, outside = pty.openpty()
    env = {**rdsiam.env, "TERM": "xterm", "AWS_ENDPOINT_URL": "http://127.0.0.1:9", **(env or {})}
    with subprocess.Popen([COMMAND, *arguments], env=env, stdout=outside, stderr=outside) as child:
        os.close(outside)
        text = b""
        # The terminal ends with an error.
        with contextlib.suppress(OSError):
            while part := os.read(inside, 4096):
                text += part
        os.close(inside)
    return child.returncode, text.decode()


@pytest.mark.parametrize(
    ("env", "is_coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_colours_where_a_terminal_has_them(rdsiam, env, is_coloured):
    status, text = on_a_terminal(rdsiam, ["doctor", *REFUSED, *MORE], env)
    assert status == 30
    assert ("\x1b[31mCause: nothing listens" in text) is is_coloured
    assert ("\x1b" in text) is is_coloured


def test_no_colours_elsewhere(rdsiam):
    done = rdsiam("doctor", *REFUSED, *MORE, env={"TERM": "xterm", "CLICOLOR": "1"})
    assert done.returncode == 30
    assert "\x1b" not in done.stdout + done.stderr


def test_a_step_that_takes_more_than_a_second_says_so(rdsiam):
    with servers.serve(servers.silent) as port:
        options = [str(port) if word == "9" else word for word in REFUSED]
        begin = time.monotonic()
        _, text = on_a_terminal(rdsiam, ["doctor", *options, *MORE], KEYS)
        assert time.monotonic() - begin > 2
        assert "looking at the certificate ..." in text
        assert "connecting ..." not in text
        piped = rdsiam("doctor", *options, *MORE)
        assert piped.stderr == ""
