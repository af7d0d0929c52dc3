#!/usr/bin/env python3
"""Proves that the stand-in lets the right tokens in and keeps every other one out.

tests/standin/standin run -- python3 tests/standin/selftest.py [test_logins.MariaDBTokens ...]
"""

import os
import sys
import unittest
from pathlib import Path

# Named here, so that they are found however this file was started.
import test_life
import test_logins
import test_verdicts

STANDIN = Path(__file__).resolve().parent / "standin"
PARTS = [part.__name__ for part in (test_verdicts, test_logins, test_life)]


def main():
    if "STANDIN_DIR" not in os.environ:
        os.execv(STANDIN, [STANDIN, "run", "--", sys.executable, *sys.argv])
    result = unittest.main(exit=False, defaultTest=PARTS).result
    # An empty run proves nothing.
    ran = result.testsRun - len(result.skipped)
    sys.exit(0 if result.wasSuccessful() and ran > 0 else 1)


if __name__ == "__main__":
    main()
