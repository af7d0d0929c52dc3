"""Archives whose bytes follow from their content: names in order, one time, no owner."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from time import gmtime

import cargo


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())


def _mode(path: Path) -> int:
    return 0o755 if path.stat().st_mode & 0o100 else 0o644


def tar(folder: Path, to: Path) -> Path:
    """`folder` with its name as a .tar.gz; links stay links."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as file:
        for path in _files(folder):
            entry = file.gettarinfo(path, str(path.relative_to(folder.parent)))
            entry.mtime = int(cargo.source_date())
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = "root"
            # Each is a file of its own, however the disk keeps it.
            if entry.islnk():
                entry.type, entry.linkname = tarfile.REGTYPE, ""
                entry.size = path.stat().st_size
            if entry.isreg():
                entry.mode = _mode(path)
                with path.open("rb") as content:
                    file.addfile(entry, content)
            else:
                entry.mode = 0o777
                file.addfile(entry)
    to.write_bytes(gzip.compress(raw.getvalue(), mtime=0))
    return to


def zipped(folder: Path, to: Path) -> Path:
    """What is in `folder` as a .zip."""
    moment = gmtime(int(cargo.source_date()))[:6]
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for path in _files(folder):
            entry = zipfile.ZipInfo(str(path.relative_to(folder)), moment)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100000 | _mode(path)) << 16
            file.writestr(entry, path.read_bytes())
    return to
