"""Unpacks Debian packages of any architecture and suite into a folder, and installs nothing."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from places import WORK
from run import run, say

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def mirrors() -> tuple[str, str]:
    """The machine's own mirrors of Debian, the archive and its security updates."""
    folder = Path("/etc/apt")
    files = [folder / "sources.list", *sorted(folder.glob("sources.list.d/*"))]
    text = "\n".join(file.read_text() for file in files if file.is_file())
    found = re.findall(r"^(?:deb |URIs: ).*?(https?://\S+)", text, re.MULTILINE)
    archive = [uri.rstrip("/") for uri in found if re.search(r"/debian/?$", uri)]
    security = [uri.rstrip("/") for uri in found if re.search(r"/debian-security/?$", uri)]
    if not archive or not security:
        raise SystemExit("dist: packages come from Debian; run this on Debian or in its container")
    return archive[0], security[0]


class Suite:
    """One suite of Debian, for both architectures, with lists and downloads of its own."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = WORK / "debian" / name
        self.options = [
            f"-oDir::State::Lists={self.folder}/lists",
            # What is installed here does not count.
            "-oDir::State::status=/dev/null",
            f"-oDir::Cache={self.folder}/cache",
            f"-oDir::Etc::SourceList={self.folder}/sources.list",
            "-oDir::Etc::SourceParts=-",
            "-oAPT::Architectures::=amd64",
            "-oAPT::Architectures::=arm64",
            "-oAcquire::Languages=none",
            "-oAPT::Sandbox::User=root",
        ]

    def update(self) -> None:
        """Reads the suite's lists, once."""
        archive, security = mirrors()
        lines = [
            f"{kind} [signed-by={KEYRING}] {archive} {self.name} main"
            for kind in ("deb", "deb-src")
        ]
        if self.name != "sid":
            lines.append(f"deb [signed-by={KEYRING}] {security} {self.name}-security main")
        text = "\n".join(lines) + "\n"
        stamp = self.folder / "updated"
        if stamp.exists() and stamp.read_text() == text:
            return
        say(f"reads Debian {self.name}'s lists")
        for name in ("lists/partial", "cache/archives/partial", "debs"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "sources.list").write_text(text)
        run(["apt-get", *self.options, "update", "-q"])
        stamp.write_text(text)

    def unpack(self, packages: Iterable[str], root: Path) -> None:
        """Puts `package` or `package:arm64` into a folder; no script of theirs runs."""
        packages = list(packages)
        stamp = root / ".unpacked"
        wanted = f"{self.name}: {' '.join(packages)}\n"
        if stamp.exists() and wanted in stamp.read_text():
            return
        self.update()
        debs = self.folder / "debs"
        run(["apt-get", *self.options, "download", "-q", *packages], cwd=debs)
        root.mkdir(parents=True, exist_ok=True)
        # A root as Debian's own: what is said to be in /lib is in /usr/lib.
        for name in ("bin", "sbin", "lib", "lib64"):
            (root / "usr" / name).mkdir(parents=True, exist_ok=True)
            # Or the folder that the toolchain has there.
            if not os.path.lexists(root / name):
                os.symlink(f"usr/{name}", root / name)
        for package in packages:
            unpack = 'dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink -C "$2"'
            run(["bash", "-o", "pipefail", "-c", unpack, "unpack", self._deb(package), root])
        with stamp.open("a") as file:
            file.write(wanted)

    def source(self, package: str) -> Path:
        """What a package is made of, without Debian's own changes."""
        self.update()
        folder = self.folder / "sources" / package
        if not folder.exists():
            folder.mkdir(parents=True)
            get = ["source", "-q", "--download-only", "--tar-only", package]
            run(["apt-get", *self.options, *get], cwd=folder)
        (archive,) = folder.glob("*.orig.tar.*[z2]")
        return archive

    def _deb(self, package: str) -> Path:
        name, _, architecture = package.partition(":")
        debs = self.folder / "debs"
        found = [
            deb
            for kind in (architecture or "amd64", "all")
            for deb in debs.glob(f"{name}_*_{kind}.deb")
        ]
        return max(found, key=lambda deb: deb.stat().st_mtime)
