"""From the start of a process to its token: the command as it ships, a C program, the AWS CLI.

Prints the least and the median time of each, and fails if a bar is not met. For a quiet machine:
`make bench-cli`.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
OPTIONS = [
    "--hostname",
    "mydb.abc123.us-east-1.rds.amazonaws.com",
    "--port",
    "5432",
    "--username",
    "app",
]
ROUNDS = 10
# How often in each round.
PROGRAMS = {
    "rdsiam": ([TARGET / "release/rdsiam", "token", *OPTIONS], 30),
    "c": ([ROOT / "build/cli/start"], 30),
    "aws": ([ROOT / "build/cli/venv/bin/aws", "rds", "generate-db-auth-token", *OPTIONS], 1),
}
LEAST_OF_AWS, MOST_OF_C = 250, 1.5


def run_once(command):
    env = {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLEEXAMPLE00",
        "AWS_SECRET_ACCESS_KEY": "s" * 40,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": "/nonexistent",
        "PATH": os.environ["PATH"],
        "LD_LIBRARY_PATH": str(TARGET / "release"),
    }
    words = [str(word) for word in command]
    nothing = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    begin = time.perf_counter_ns()
    child = os.posix_spawn(words[0], words, env, file_actions=nothing)
    status = os.waitpid(child, 0)[1]
    took = time.perf_counter_ns() - begin
    if status != 0:
        raise SystemExit(f"{words[0]} failed with {status}")
    return took / 1e6


def compile_program():
    library = TARGET / "release"
    link = library / "librdsiam.so.1"
    if not link.exists():
        link.symlink_to("librdsiam.so")
    source, program = ROOT / "tests/cli/start.c", ROOT / "build/cli/start"
    flags = ["-O2", f"-I{ROOT / 'include'}", f"-L{library}", "-lrdsiam"]
    subprocess.run(["cc", source, "-o", program, *flags], check=True)


def main():
    compile_program()
    took = {name: [] for name in PROGRAMS}
    for _ in range(ROUNDS):
        for name, (command, times) in PROGRAMS.items():
            took[name] += [run_once(command) for _ in range(times)]
    for name, times in took.items():
        print(f"{name:8} least {min(times):8.2f} ms, median {statistics.median(times):8.2f} ms")
    # The least, which a busy machine disturbs least.
    least = {name: min(times) for name, times in took.items()}
    of_aws, of_c = least["aws"] / least["rdsiam"], least["rdsiam"] / least["c"]
    print(f"the AWS CLI takes {of_aws:.0f} times as long; a C program {1 / of_c:.2f}")
    return 0 if of_aws >= LEAST_OF_AWS and of_c <= MOST_OF_C else 1


if __name__ == "__main__":
    sys.exit(main())
