"""What the figures were taken on, and with: no name of a host, a user or a folder."""

import importlib.metadata
import json
import os
import platform
import re
import subprocess
from collections.abc import Sequence

from install import PYTHON_PEERS
from places import HERE, PYTHON, ROOT, node_package, python_package


def said(command: Sequence[object], pattern: str = r"\d+(?:\.\d+)+") -> str:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=True
    )
    found = re.search(pattern, done.stdout)
    return found.group() if found else done.stdout.strip()


def description() -> list[tuple[str, str]]:
    with open("/proc/cpuinfo") as lines:
        models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    return [
        ("processor", f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores"),
        ("system", f"{system}, Linux {platform.release()}"),
        ("Rust", said(["rustc", "--version"])),
        ("Python", said([PYTHON, "--version"])),
        ("Node", said(["node", "--version"])),
        ("Go", said(["go", "version"], r"(?<=go)\d[\d.]*")),
        ("C compiler", said(["cc", "--version"], r"^.*")),
    ]


def locked(crate: str) -> str:
    lock = (HERE / "rust/Cargo.lock").read_text()
    found = re.search(rf'name = "{crate}"\nversion = "([^"]+)"', lock)
    return found.group(1) if found else "not found"


def versions() -> list[tuple[str, str]]:
    found = []
    for name in ["rdsiam", *PYTHON_PEERS]:
        path = [str(python_package(name))]
        (distribution,) = importlib.metadata.distributions(name=name, path=path)
        found.append((name, distribution.version))
    for name in ("@aws-sdk/rds-signer", "esbuild"):
        package = node_package("bundle") / "node_modules" / name / "package.json"
        found.append((name, json.loads(package.read_text())["version"]))
    found += [(crate, locked(crate)) for crate in ("aws-sdk-rds", "aws-sigv4", "sha2")]
    modules = (ROOT / "examples/go/rdsiam/rdsiamaws/go.mod").read_text()
    rds = re.search(r"feature/rds/auth v(\S+)", modules)
    found.append(("aws-sdk-go-v2/feature/rds/auth", rds.group(1) if rds else "not found"))
    return found
