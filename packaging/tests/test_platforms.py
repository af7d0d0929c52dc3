"""The names of the platforms, as each packager has them, and what the packages say of them."""

import pytest
from places import ROOT
from platforms import PLATFORMS, named

NAMES = {
    "x86_64-gnu": ("manylinux_2_17_x86_64", "linux-x64-gnu", "x86_64-linux-gnu.2.17"),
    "aarch64-gnu": ("manylinux_2_17_aarch64", "linux-arm64-gnu", "aarch64-linux-gnu.2.17"),
    "x86_64-musl": ("musllinux_1_2_x86_64", "linux-x64-musl", "x86_64-linux-musl"),
    "aarch64-musl": ("musllinux_1_2_aarch64", "linux-arm64-musl", "aarch64-linux-musl"),
}


def test_each_platform_has_the_names_of_its_packagers() -> None:
    assert {p.name: (p.wheel, p.npm, p.zig) for p in PLATFORMS} == NAMES


def test_an_unknown_platform_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(SystemExit, match=r"no platform riscv64-gnu; there are x86_64-gnu, "):
        named(["riscv64-gnu"])


def test_the_error_of_a_missing_library_names_all_that_ship() -> None:
    text = (ROOT / "bindings-python/python/rdsiam/_unavailable.py").read_text()
    namespace: dict[str, str] = {}
    exec(compile(text, "_unavailable.py", "exec"), namespace)
    for platform in PLATFORMS:
        assert platform.cpu in namespace["SHIPPED"]
        assert f"{platform.libc} {platform.floor}" in namespace["SHIPPED"]


def test_node_names_all_that_ship_too() -> None:
    text = (ROOT / "bindings-node/lib/addon-search.ts").read_text()
    for platform in PLATFORMS:
        assert f"'@rdsiam/{platform.npm}'" in text
        assert f"{platform.libc} {platform.floor}" in text
