"""The platforms that ship from one machine, under the name that each packager gives them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Platform:
    """One processor with one C library."""

    name: str
    """x86_64-gnu"""
    cpu: str
    """x86_64, aarch64: Rust's, Python's and the C archive's word"""
    libc: str
    """glibc or musl: npm's word"""
    floor: str
    """the lowest version of that C library"""

    @property
    def abi(self) -> str:
        return "gnu" if self.libc == "glibc" else "musl"

    @property
    def triple(self) -> str:
        return f"{self.cpu}-unknown-linux-{self.abi}"

    @property
    def zig(self) -> str:
        """Zig's triple, with the lowest glibc."""
        target = f"{self.cpu}-linux-{self.abi}"
        return f"{target}.{self.floor}" if self.libc == "glibc" else target

    @property
    def wheel(self) -> str:
        """The tag of Python's wheels."""
        kind = "many" if self.libc == "glibc" else "musl"
        return f"{kind}linux_{self.floor.replace('.', '_')}_{self.cpu}"

    @property
    def npm_cpu(self) -> str:
        return {"x86_64": "x64", "aarch64": "arm64"}[self.cpu]

    @property
    def npm(self) -> str:
        """The name of the npm package and of the addon in it."""
        return f"linux-{self.npm_cpu}-{self.abi}"

    @property
    def debian(self) -> str:
        return {"x86_64": "amd64", "aarch64": "arm64"}[self.cpu]

    @property
    def go(self) -> str:
        """GOARCH."""
        return self.debian

    @property
    def loader(self) -> str:
        """The dynamic linker, a NEEDED entry of libraries on glibc."""
        if self.libc == "musl":
            return f"ld-musl-{self.cpu}.so.1"
        return {"x86_64": "ld-linux-x86-64.so.2", "aarch64": "ld-linux-aarch64.so.1"}[self.cpu]

    @property
    def has_prebuilt_std(self) -> bool:
        """Debian has Rust's standard library for glibc; for musl it is built from its source."""
        return self.libc == "glibc"


PLATFORMS = tuple(
    Platform(f"{cpu}-{abi}", cpu, libc, floor)
    for abi, libc, floor in (("gnu", "glibc", "2.17"), ("musl", "musl", "1.2"))
    for cpu in ("x86_64", "aarch64")
)


def named(names: list[str]) -> list[Platform]:
    """The platforms with these names, all of them for none."""
    known = {platform.name: platform for platform in PLATFORMS}
    unknown = set(names) - set(known)
    if unknown:
        raise SystemExit(
            f"dist: no platform {', '.join(sorted(unknown))}; there are {', '.join(known)}"
        )
    return [known[name] for name in names] or list(PLATFORMS)
