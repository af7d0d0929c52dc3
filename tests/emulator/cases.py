"""How each source may misbehave, and what a caller sees of it: one table for all bindings."""

import setups

# In seconds: what a call may take is 10, the rest is for a busy machine.
BOUND = 12

# By source: the set-up that leads there.
SOURCES = {
    "assume-role": "role-of-profile",
    "web-identity": "web-identity",
    "container": "container-token",
    "imds": "instance",
    "imds-role": "instance",
    "imds-token": "instance",
    "sso": "sso-session",
    "oidc": "sso-refresh",
    "process": "profile-process",
    "signin": "login-refresh",
}
# These only lead to the keys.
STEPS = ("imds-role", "imds-token", "oidc")

NOT_FOUND = "ERR_RDSIAM_CREDENTIALS_NOT_FOUND"
EXPIRED = "ERR_RDSIAM_CREDENTIALS_EXPIRED"
PROVIDER = "ERR_RDSIAM_CREDENTIALS_PROVIDER"
TIMEOUT = "ERR_RDSIAM_TIMEOUT"

# `refused` is no mode of an emulator: it is a port that nobody listens on.
FAILURES = {
    "refused": PROVIDER,
    "reset": PROVIDER,
    "status:500": PROVIDER,
    "status:403": PROVIDER,
    "throttle": PROVIDER,
    "truncated": PROVIDER,
    "half": PROVIDER,
    "not-json": PROVIDER,
    "hang": TIMEOUT,
    "expired": EXPIRED,
}
# What may pass by itself, so that trying again makes sense.
PASSING = ("refused", "reset", "status:500", "throttle", "hang", "expired")
# Odd, but to be served.
ODDITIES = ("slow", "soon", "rotate", "huge", "odd")
# These change the keys, so they say nothing about a step.
OF_KEYS = ("expired", "soon", "rotate", "huge", "odd")

# A process has no network of its own, and half a word is a word.
LEFT_OUT = {("process", "refused"), ("imds-role", "half"), ("imds-token", "half")}
# A session is kept as it was renewed, so that the next call is served with the same.
LEFT_OUT |= {("signin", mode) for mode in ("rotate", "huge", "odd")}


def code_of(source, mode):
    # Where nobody answers, there is no metadata service: it is not an instance.
    if mode == "refused" and source.startswith("imds"):
        return NOT_FOUND
    # The first version is asked then, which this one refuses.
    if (source, mode) == ("imds-token", "hang"):
        return PROVIDER
    return FAILURES[mode]


def makes_sense(source, mode):
    return not (source in STEPS and mode in OF_KEYS) and (source, mode) not in LEFT_OUT


def row(source, mode, **more):
    return {"source": source, "mode": mode, "setup": SOURCES[source], "times": None, **more}


def failing_row(source, mode):
    code = code_of(source, mode)
    # None: not said.
    retryable = False if code == NOT_FOUND else True if mode in PASSING else None
    return row(source, mode, code=code, retryable=retryable)


FAILING = [failing_row(s, m) for s in SOURCES for m in FAILURES if makes_sense(s, m)]
SERVING = [row(s, m) for s in SOURCES for m in ODDITIES if makes_sense(s, m)]
# One bad answer, which is made up for.
ONCE = [row(s, "status:500", times=1) for s in SOURCES if s not in STEPS and s != "process"]


def name(case):
    once = "-once" if case["times"] else ""
    return f"{case['source']}-{case['mode']}{once}"


def every():
    return [*FAILING, *SERVING, *ONCE]


def everything():
    """What `emulator.py --cases` prints."""
    return {
        "bound": BOUND,
        "setups": list(setups.SETUPS),
        "failing": FAILING,
        "serving": SERVING,
        "once": ONCE,
    }
