"""What a Lambda function carries: the layers of rdsiam beside what it stands in for, unpacked and
zipped. deployments.py prints a table."""

import tempfile
from pathlib import Path
from zipfile import ZipFile

import archive
import toolchain
from places import DIST
from run import run

PIP: list[str | Path] = [toolchain.tool("pip"), "install", "-q", "--no-compile"]
PEERS: dict[str, list[str | Path]] = {
    "boto3, Python": [*PIP, "boto3", "--target"],
    "@aws-sdk/rds-signer, Node": ["npm", "install", "--silent", "@aws-sdk/rds-signer", "--prefix"],
}


def _row(name: str, zipped: Path) -> str:
    with ZipFile(zipped) as file:
        unpacked = sum(entry.file_size for entry in file.infolist())
        files = len(file.infolist())
    return f"| {name} | {unpacked:,} | {zipped.stat().st_size:,} | {files} |"


def main() -> None:
    print("| in the function | bytes unpacked | bytes zipped | files |")
    print("|---|---|---|---|")
    for layer in sorted((DIST / "lambda").glob("*.zip")):
        print(_row(layer.name, layer))
    with tempfile.TemporaryDirectory() as work:
        for index, (name, command) in enumerate(PEERS.items()):
            folder = Path(work) / str(index)
            folder.mkdir()
            run([*command, folder])
            print(_row(name, archive.zipped(folder, Path(work) / f"{index}.zip")))


main()
