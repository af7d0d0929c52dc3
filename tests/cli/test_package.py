"""What the command has and the libraries must not, and what is made from its options."""

import os
import shutil
import subprocess

import pytest
from conftest import COMMAND, ROOT

# Neither options, nor the clients of RDS and IAM, nor the protocols may reach a library.
OF_THE_COMMAND = {
    *("clap", "clap_builder", "aws-sdk-rds", "aws-sdk-iam", "aws-config", "x509-cert"),
    *("rdsiam-wire", "postgres-protocol", "rcgen", "toml"),
}


COMMANDS = [
    [name]
    for name in (
        [
            "token",
            "explain",
            "ca",
            "exec",
            "psql",
            "mysql",
            "proxy",
            "doctor",
            "policy",
            "sql",
            "enable",
            "completions",
            "man",
        ]
    )
]


def dependencies(package):
    command = ["cargo", "tree", "--locked", "-p", package, "-e", "normal", "--prefix", "none"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {line.split()[0] for line in done.stdout.splitlines() if line}


@pytest.mark.parametrize("library", ["rdsiam", "rdsiam-ffi", "rdsiam-python", "rdsiam-node"])
def test_no_library_has_what_only_the_command_needs(library):
    assert not dependencies(library) & OF_THE_COMMAND


def test_the_command_has_it():
    assert dependencies("rdsiam-cli") >= OF_THE_COMMAND


def test_a_man_page_for_each_command(rdsiam):
    folder = rdsiam.home / "man1"
    assert rdsiam("man", folder).returncode == 0
    names = {page.name for page in folder.iterdir()}
    assert names >= {"rdsiam.1", "rdsiam-token.1", "rdsiam-exec.1", "rdsiam-ca.1"}
    assert "rdsiam-keep.1" not in names
    text = (folder / "rdsiam-token.1").read_text()
    assert ".SH EXAMPLES" in text
    assert "\\-\\-hostname" in text
    warnings = subprocess.run(
        ["groff", "-man", "-ww", "-z", *folder.iterdir()], capture_output=True, text=True
    )
    assert (warnings.returncode, warnings.stderr) == (0, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions(rdsiam, shell):
    done = rdsiam("completions", shell)
    assert done.returncode == 0
    assert "hostname" in done.stdout


def test_bash_completes_commands_and_options(rdsiam):
    bash = shutil.which("bash")
    script = (
        "source /dev/stdin\n"
        "COMP_WORDS=(rdsiam token --ho); COMP_CWORD=2; _rdsiam rdsiam --ho token\n"
        'echo "${COMPREPLY[@]}"\n'
        "COMP_WORDS=(rdsiam ex); COMP_CWORD=1; _rdsiam rdsiam ex rdsiam\n"
        'echo "${COMPREPLY[@]}"\n'
    )
    completions = rdsiam("completions", "bash").stdout
    done = subprocess.run([bash, "-c", script], input=completions, capture_output=True, text=True)
    first, second = done.stdout.splitlines()
    assert "--hostname" in first.split()
    assert set(second.split()) >= {"explain", "exec"}


@pytest.mark.parametrize("command", [[], *COMMANDS])
def test_help_begins_with_examples_and_has_no_colours_in_a_pipe(rdsiam, command):
    done = rdsiam(*command, "--help", env={"CLICOLOR": "1"})
    assert done.returncode == 0
    assert done.stdout.startswith("Examples:\n  ")
    assert "\x1b" not in done.stdout


def test_the_version_and_no_command(rdsiam):
    assert rdsiam("--version").stdout.startswith("rdsiam 0.")
    done = rdsiam()
    assert done.returncode == 252
    assert "Usage:" in done.stderr


def test_what_the_crate_packs_is_whole():
    command = ["cargo", "package", "-p", "rdsiam-cli", "--list", "--allow-dirty", "--locked"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"src/main.rs", "src/ca/rds-roots.json", "README.md", "LICENSE-MIT"} <= set(
        done.stdout.splitlines()
    )
    assert os.access(COMMAND, os.X_OK)
