"""Says why the compiled part cannot be loaded: none is installed, or it is for another platform."""

import os
import platform
import sys
import sysconfig

# packaging/tests compares this with what is built.
SHIPPED = (
    "wheels are for CPython 3.10 and newer, and 3.14 without the GIL, on Linux with x86_64 or"
    " aarch64 and glibc 2.17, musl 1.2 or newer"
)


def is_of_loader(error: ImportError) -> bool:
    """Whether the compiled part was not found or not loaded; others come from inside of it."""
    return isinstance(error, ModuleNotFoundError) or error.path is not None


def message(error: ImportError) -> str:
    if error.path is None:
        why = "none is installed"
    elif not os.path.exists(error.path):
        why = f"{error.path} is gone"
    else:
        why = f"the one that is installed does not fit ({error.msg})"
    return (
        f"rdsiam has no compiled part for {_here()}: {why}; {SHIPPED};"
        " install it with pip on such a machine, or with pip's --platform for it"
    )


def _here() -> str:
    without_gil = " without the GIL" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    version = f"{sys.implementation.name} {sys.version_info.major}.{sys.version_info.minor}"
    where = [f"{platform.system()} {platform.machine()}", _libc()]
    return f"{version}{without_gil} on {' with '.join(filter(None, where))}"


def _libc() -> str:
    """glibc 2.36; glibc alone answers."""
    if sys.platform != "linux":
        return ""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (OSError, ValueError):
        return "a C library that is not glibc"
