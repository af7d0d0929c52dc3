#!/usr/bin/env python3
"""A service in C, Python and Node that logs in at the stand-in with tokens from its caches, while
the credentials rotate at least once a minute and one call of the provider in five fails. Not one
login may be refused. Started by run.sh; README.md beside this file says more.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from authority import Authority, is_refused, server_log

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SECONDS = float(os.environ.get("ENDURANCE_SECONDS", "1800"))
THREADS = int(os.environ.get("ENDURANCE_THREADS", "50"))
# Between two logins of a thread, on average. A login costs the stand-in a tenth of a second.
PAUSE = float(os.environ.get("ENDURANCE_PAUSE", "20"))


def start(command, **env):
    return subprocess.Popen(
        command, env={**os.environ, **env}, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def bindings(env):
    modules = ROOT / "build" / "endurance"
    return {
        "c": start([modules / "login"], **env),
        "python": start([sys.executable, HERE / "login.py"], **env),
        "node": start(["node", modules / "login.js"], **env),
    }


def collect(name, process, results):
    """The counts are the last line; what comes before says what went wrong."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if not line.startswith("{"):
            print(line, end="", flush=True)
    if process.wait() == 0 and lines and lines[-1].startswith("{"):
        results[name] = json.loads(lines[-1])


def run(authority, env, end):
    results, threads, dead_refused, tried = {}, [], 0, 0
    processes = bindings(env)
    try:
        for name, process in processes.items():
            threads.append(threading.Thread(target=collect, args=(name, process, results)))
            threads[-1].start()
        told = time.time()
        while any(thread.is_alive() for thread in threads) and time.time() < end + 120:
            authority.tick()
            if len(authority.ended) > tried:
                dead_refused += is_refused(authority.ended[tried])
                tried += 1
            if time.time() - told > 60:
                told = time.time()
                print(f"{end - told:6.0f} s left, {authority.made} keys made", flush=True)
            time.sleep(0.2)
    finally:
        for process in processes.values():
            with contextlib.suppress(OSError):
                process.kill()
    for thread in threads:
        thread.join()
    return results, dead_refused, tried


def verdict(results, authority, dead_refused, tried):
    accepted, refused = server_log()
    total = (
        {name: sum(r[name] for r in results.values()) for name in results["c"]} if results else {}
    )
    for name, counts in (*results.items(), ("all", total)):
        print(name, json.dumps(counts))
    print(f"keys made {authority.made}, ended {tried}, refused after their end {dead_refused}")
    print(f"the stand-in accepted {accepted} and refused {len(refused)}: {sorted(set(refused))}")
    wanted = {
        "each program came to its end": len(results) == 3,
        "not one login was refused": not refused and total.get("refused", 1) == 0,
        "none failed otherwise": total.get("other", 1) == 0,
        "both sides count the same": total.get("logins") == accepted,
        "each program logged in": all(r["logins"] > THREADS for r in results.values()),
        "one call of a provider in five failed": all(
            r["failed"] == r["calls"] // 5 > 0 for r in results.values()
        ),
        "keys ended, and were refused then": tried > 0 and dead_refused == tried,
    }
    for what, so in wanted.items():
        print("yes" if so else "NO ", what)
    return all(wanted.values())


def main():
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder, "keys")
        authority = Authority(keys)
        end = time.time() + SECONDS
        env = {
            "ENDURANCE_KEYS": str(keys),
            "ENDURANCE_END": str(end),
            "ENDURANCE_PAUSE": str(PAUSE),
            "ENDURANCE_THREADS": str(THREADS),
        }
        outcome = run(authority, env, end)
        sys.exit(0 if verdict(outcome[0], authority, *outcome[1:]) else 1)


main()
