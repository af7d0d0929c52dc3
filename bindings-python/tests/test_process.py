"""A `credential_process` in a program that has the system reap its children."""

import shutil
import subprocess
from pathlib import Path

from support import run_python

# Tells of each signal that is sent.
TELLS = r"""
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
int kill(pid_t pid, int signal) {
    FILE *log = fopen(getenv("SIGNALS"), "a");
    fprintf(log, "%d\n", (int)pid);
    fclose(log);
    return (int)syscall(SYS_kill, pid, signal);
}
"""
# It ends at once, and what it leaves behind prints more than anybody reads.
HELPER = """#!/bin/sh
echo $$ > "$PID"
(sleep 0.5; yes) &
"""
PROGRAM = """
import os, signal, rdsiam
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
try:
    rdsiam.TokenCache("db.example.com", 5432, "app", "us-east-1").get_token()
except rdsiam.CredentialsProviderError as error:
    assert "4 MiB" in str(error), error
else:
    raise SystemExit("it was served")
os.kill(os.getpid(), 0)
"""


def test_a_process_that_the_system_reaped_is_not_killed(tmp_path: Path) -> None:
    (tmp_path / "tells.c").write_text(TELLS)
    library = tmp_path / "tells.so"
    compiler = shutil.which("cc")
    assert compiler
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, tmp_path / "tells.c"], check=True)
    helper = tmp_path / "helper"
    helper.write_text(HELPER)
    helper.chmod(0o755)
    config = tmp_path / "config"
    config.write_text(f"[default]\ncredential_process = {helper}\n")
    done = run_python(
        "-c",
        PROGRAM,
        AWS_CONFIG_FILE=str(config),
        LD_PRELOAD=str(library),
        SIGNALS=str(tmp_path / "signals"),
        PID=str(tmp_path / "pid"),
    )
    assert done.returncode == 0, done.stderr
    signals = (tmp_path / "signals").read_text().split()
    # The last one is the program's own, so that the library is known to tell.
    assert signals
    assert (tmp_path / "pid").read_text().strip() not in signals
