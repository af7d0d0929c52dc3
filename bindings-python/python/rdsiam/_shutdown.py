"""Imported where Python code may be called on another thread: the interpreter waits for it."""

import atexit

from ._rdsiam import _await_providers

atexit.register(_await_providers)
