"""supply-chain/ names the version of every crate that is linked or built with: whoever changes one
says so there, after a look at it. `cargo vet` checks the same with the criteria of each."""

import re

from places import ROOT

REMEDY = "look at what changed, then `cargo vet certify`, or `cargo vet regenerate exemptions`"


def _locked() -> set[tuple[str, str]]:
    """Crates of a registry; ours have no source."""
    entry = r'^name = "(.+)"\nversion = "(.+)"\nsource = "registry\+'
    return set(re.findall(entry, (ROOT / "Cargo.lock").read_text(), re.MULTILINE))


def _seen() -> set[tuple[str, str]]:
    exempted = (ROOT / "supply-chain/config.toml").read_text()
    audited = (ROOT / "supply-chain/audits.toml").read_text()
    found = re.findall(r'^\[\[exemptions\.(.+)\]\]\nversion = "(.+)"', exempted, re.MULTILINE)
    for name, entry in re.findall(r"^\[\[audits\.(.+)\]\]\n((?:.+\n)+)", audited, re.MULTILINE):
        # A whole version, or what changed up to one.
        found += [
            (name, version)
            for version in re.findall(r'^(?:version|delta) = "(?:.* -> )?(.+)"', entry, re.M)
        ]
    return {(name.strip('"'), version) for name, version in found}


def test_every_crate_is_named_with_its_version() -> None:
    locked = _locked()
    assert len(locked) > 300
    assert locked - _seen() == set(), REMEDY


def test_nothing_is_named_that_is_not_used() -> None:
    assert _seen() - _locked() == set(), "`cargo vet prune`"
