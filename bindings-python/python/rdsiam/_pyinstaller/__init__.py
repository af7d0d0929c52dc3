"""Where PyInstaller finds what rdsiam loads by name, so that it packs it too."""

import os


def hook_dirs() -> list[str]:
    """As PyInstaller asks for it."""
    return [os.path.dirname(__file__)]
