"""Where the benchmarks are, and where they put what they install and measure."""

from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# All that is installed or written, but for BENCHMARKS.md and the charts.
BUILD = ROOT / "build/bench"
PREFIX = ROOT / "build/prefix-release"
PYTHON = BUILD / "venv/bin/python"


def python_package(name: str) -> Path:
    """The folder that a Python package is in, with all that it needs and nothing else."""
    return BUILD / "python" / name


def node_package(name: str) -> Path:
    """The folder whose node_modules has a Node package, with all that it needs."""
    return BUILD / "node" / name
