"""A WSGI application that gunicorn loads before it forks its workers: caches are made, and kept
busy, in the arbiter."""

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

from busy import Crowd, judge, key_of, make

crowd = Crowd(threads=4)
crowd.__enter__()
arbiter = os.getpid()


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    number = int(environ["QUERY_STRING"])
    which = number % 8
    cache, user = crowd.caches[which], crowd.users[which]
    token = cache.get_token()
    judge(token, user)
    if number % 3 == 0:
        cache.invalidate()
        judge(cache.get_token(), user)
        token = make(user, crowd.provider).get_token()
        judge(token, user)
    told = {
        "process": os.getpid(),
        "arbiter": arbiter,
        "key": key_of(token),
        "new": number % 3 == 0,
    }
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(told).encode()]
