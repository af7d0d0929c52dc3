"""The release workflow: actions by hash, the least rights, and files that there are."""

import re

from places import ROOT

TEXT = (ROOT / ".github/workflows/release.yml").read_text()


def test_each_action_is_pinned_by_the_hash_of_a_commit() -> None:
    uses = re.findall(r"uses: (.*)", TEXT)
    assert len(uses) > 10
    for action in uses:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action
    assert re.search(r"image: \S+@sha256:[0-9a-f]{64}$", TEXT, re.MULTILINE)


def test_rights_are_given_to_jobs_and_tokens_to_none() -> None:
    assert "\npermissions: {}\n" in TEXT
    assert "secrets." not in TEXT
    assert "pull_request" not in TEXT


def test_what_publishes_waits_for_an_approval() -> None:
    jobs = re.split(r"^  (\w+):\n", TEXT[TEXT.index("\njobs:\n") :], flags=re.MULTILINE)[1:]
    by_name = dict(zip(jobs[::2], jobs[1::2], strict=True))
    publishing = {
        name for name, job in by_name.items() if "publish" in job or "release create" in job
    }
    assert publishing == {"pypi", "npm", "crate", "github"}
    for name in publishing:
        assert "environment: release" in by_name[name]


def test_the_files_that_it_names_are_there() -> None:
    named = set(re.findall(r"(?:packaging|tests)/[\w./-]+", TEXT))
    assert {"packaging/release.py", "tests/standin/standin"} <= named
    for name in named:
        assert (ROOT / name).exists(), name
