"""What a call costs before and after a thousand threads have come and gone.

Usage: threads.py rdsiam. Prints JSON, in nanoseconds for one call.
"""

import json
import threading
import timeit

from setting import HOST, KEY, PORT, REGION, SECRET, SESSION, USER, check

import rdsiam

THREADS = 1000
CALLS = 1000
CREDENTIALS = {"access_key": KEY, "secret_key": SECRET, "token": SESSION}


def new():
    return rdsiam.TokenCache(HOST, PORT, USER, credentials=CREDENTIALS)


cache = new()
keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "aws_session_token": SESSION}
client = rdsiam.client("rds", region_name=REGION, **keys)


def replaced():
    cache.invalidate()
    return cache.get_token()


CASES = {
    "create": new,
    "get": cache.get_token,
    "invalidate": replaced,
    "sign": lambda: client.generate_db_auth_token(HOST, PORT, USER),
}


def costs():
    # The least of some: whoever else has the processor only makes one longer.
    return {
        name: min(timeit.repeat(call, number=CALLS, repeat=20)) / CALLS * 1e9
        for name, call in CASES.items()
    }


def come_and_go():
    """All alive at once, so that what is kept for each thread is kept for a thousand."""
    all_here = threading.Barrier(THREADS)

    def live():
        all_here.wait()
        for call in CASES.values():
            call()
        new().get_token()

    threads = [threading.Thread(target=live) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main():
    check(cache.get_token())
    before = costs()
    threading.stack_size(1 << 18)
    come_and_go()
    after = costs()
    found = {f"{name}/before": cost for name, cost in before.items()}
    print(json.dumps(found | {f"{name}/after": cost for name, cost in after.items()}))


main()
