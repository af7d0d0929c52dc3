"""The files of examples/proxy and the settings of docs/proxy.md, as they stand there."""

import os
import re
import secrets

import pytest
from conftest import ROOT, Proxy, environment, standin

EXAMPLES = ROOT / "examples" / "proxy"


def of_sidecar():
    text = (EXAMPLES / "sidecar.yaml").read_text()
    block = re.search(r"proxy\.toml: \|\n((?:    .*\n|\n)+)", text).group(1)
    return re.sub(r"^    ", "", block, flags=re.M)


def of_page():
    return re.search(r"```toml\n(.*?)```", (ROOT / "docs/proxy.md").read_text(), re.S).group(1)


CONFIGURATIONS = {
    "proxy.toml": (EXAMPLES / "proxy.toml").read_text(),
    "sidecar.yaml": of_sidecar(),
    "proxy.md": of_page(),
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_proxy_starts_with_the_configuration(name, tmp_path, keys):
    text = CONFIGURATIONS[name]
    wanted = text.count("[[database]]\n")
    # Where it listens and what files there are is the machine's.
    for folder in ("/run/rdsiam/", "/run/secrets/"):
        text = text.replace(folder, f"{tmp_path}{folder}")
        os.makedirs(f"{tmp_path}{folder}", exist_ok=True)
    text = re.sub(r"(127\.0\.0\.1|0\.0\.0\.0):\d+", r"127.0.0.1:0", text)
    text = re.sub(r"(?m)^ca = .*\n", "", text)
    text = re.sub(r"(?m)^(url = .*)$", rf'\1\nca = "{standin("CA")}"', text)
    for file in (tmp_path / "local-password", tmp_path / "run/secrets/local-password"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(secrets.token_hex(16))
        file.chmod(0o600)
    (tmp_path / "proxy.toml").write_text(text)
    proxy = Proxy(tmp_path, ["--config", "proxy.toml"], environment(HOME=str(tmp_path), **keys))
    proxy.start()
    try:
        assert len(proxy.places()) == wanted > 0
        assert len(proxy.logged("admin")) == 1
        assert proxy.ask("/startup") == (200, "ok\n")
    finally:
        assert proxy.stop() == 0


def test_the_page_names_every_setting():
    page = (ROOT / "docs/proxy.md").read_text()
    source = (ROOT / "cli/src/proxy/settings.rs").read_text()
    names = re.findall(r"^    pub\(super\) (\w+): (?:Option|bool)", source, re.M)
    names.remove("listen")
    assert len(names) >= 16
    assert not [name for name in names if f"`{name.replace('_', '-')}`" not in page]


def test_the_sidecar_and_the_image_agree():
    sidecar = (EXAMPLES / "sidecar.yaml").read_text()
    container = (EXAMPLES / "Containerfile").read_text()
    assert 'args: ["--config", "/etc/rdsiam/proxy.toml"]' in sidecar
    assert 'ENTRYPOINT ["/rdsiam", "proxy"]' in container
    assert "runAsUser: 65532" in sidecar
    assert "USER 65532:65532" in container
    drain = int(re.search(r"drain = (\d+)", sidecar).group(1))
    grace = int(re.search(r"terminationGracePeriodSeconds: (\d+)", sidecar).group(1))
    # Five seconds more for answers, and a moment.
    assert drain + 5 < grace
