"""Inputs that hypothesis chooses: any login that is valid, with any keys."""

import string
from typing import Any

from hypothesis import strategies as st

REGIONS = ["us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1", "xx-newland-9", "a", "0-9"]
_ENDS = string.ascii_lowercase + string.digits

labels = st.from_regex(rf"[{_ENDS}]([{_ENDS}_-]{{0,20}}[{_ENDS}])?", fullmatch=True)
addresses = st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(lambda one: f"[{one}]")
names = st.lists(labels, min_size=1, max_size=4).map(".".join)
endpoints = st.builds(
    "{}.{}{}.{}.rds.amazonaws.com".format,
    labels,
    st.sampled_from(["", "cluster-", "cluster-ro-", "proxy-"]),
    labels,
    st.sampled_from(REGIONS[:3]),
)
hosts = addresses | names | endpoints | endpoints.map(str.upper)
ports = st.sampled_from([1, 80, 443, 3306, 5432, 65535]) | st.integers(1, 65535)
# All of Unicode but NUL, which no user has, and halves of surrogate pairs.
texts = st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), min_size=1, max_size=63)
key_ids = st.text(string.ascii_letters + string.digits, min_size=16, max_size=24)
secrets = st.text(string.ascii_letters + string.digits + "+/=", min_size=1, max_size=60)
# The length of real ones, from a part that repeats.
long = st.builds(lambda part, size: (part * size)[:size], secrets, st.integers(900, 1100))
sessions = st.none() | secrets | long


@st.composite
def logins(draw: Any) -> dict[str, Any]:
    """Arguments of boto3's function."""
    return {
        "DBHostname": draw(hosts),
        "Port": draw(ports),
        "DBUsername": draw(texts),
        "Region": draw(st.sampled_from(REGIONS)),
    }
