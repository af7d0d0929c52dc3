"""The wall clock of a program, in the hand of a test: see clock.c."""

import mmap
import struct
import subprocess
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
BILLION = 10**9


def build(folder):
    library = Path(folder) / "clock.so"
    flags = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O2", "-fPIC", "-shared"]
    subprocess.run(["cc", *flags, HERE / "clock.c", "-o", library], check=True)
    return library


class Clock:
    """Runs true until it is moved or stopped. `env` is for the program."""

    def __init__(self, library, folder):
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(bytes(16))
            file.flush()
            self.hand = mmap.mmap(file.fileno(), 16)
        self.env = {"LD_PRELOAD": str(library), "MOVED_CLOCK": file.name}
        self.offset = 0
        self.stopped = None

    def _show(self):
        stopped = 0 if self.stopped is None else self.stopped * BILLION
        self.hand[:] = struct.pack("qq", self.offset * BILLION, stopped)

    def stop(self, at):
        """It stands at this second, until it is stepped."""
        self.stopped = at
        self._show()

    def step(self, seconds):
        """Forward or back, whether it runs or stands."""
        if self.stopped is None:
            self.offset += seconds
        else:
            self.stopped += seconds
        self._show()

    def now(self):
        return int(time.time()) + self.offset if self.stopped is None else self.stopped
