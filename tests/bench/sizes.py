"""What is on disk after a fresh installation, by du, and the size of our libraries, in KiB."""

import subprocess
from pathlib import Path

from install import PYTHON_PEERS
from measure import Samples
from places import PREFIX, node_package, python_package


def on_disk(folder: Path) -> float:
    done = subprocess.run(["du", "-sk", folder], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[0])


def library(folder: Path, pattern: str) -> float:
    (found,) = (path for path in folder.rglob(pattern) if not path.is_symlink())
    return found.stat().st_size / 1024


def add(samples: Samples) -> None:
    sizes = {f"python/{name}": on_disk(python_package(name)) for name in ["rdsiam", *PYTHON_PEERS]}
    for name in ("rdsiam", "rds-signer"):
        sizes[f"node/{name}"] = on_disk(node_package(name) / "node_modules")
    bundled = node_package("bundle") / "rds-signer.js"
    sizes["node/rds-signer, bundled"] = on_disk(bundled)
    sizes["library/C"] = library(PREFIX / "lib", "librdsiam.so.*.*.*")
    sizes["library/Python"] = library(python_package("rdsiam"), "*.so")
    sizes["library/Node"] = library(node_package("rdsiam"), "*.node")
    kept = samples.setdefault("none", {})
    kept |= {f"size/{name}": [size] for name, size in sizes.items()}
