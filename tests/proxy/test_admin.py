"""Health and metrics."""

import http.client

from conftest import raw
from prometheus_client.parser import text_string_to_metric_families


def test_probes(postgres):
    for path in ("/startup", "/liveness", "/readiness"):
        assert postgres.ask(path) == (200, "ok\n")
    assert postgres.ask("/")[0] == 404


def test_only_reading_is_allowed(postgres):
    (admin,) = postgres.logged("admin")
    connection = http.client.HTTPConnection(admin["listener"], timeout=30)
    connection.request("POST", "/readiness")
    assert connection.getresponse().status == 405


def test_prometheus_reads_the_metrics(postgres):
    with postgres.connect() as connection:
        connection.execute("SELECT 1")
    families = {
        family.name: family
        for family in text_string_to_metric_families(postgres.ask("/metrics")[1])
    }
    assert all(name.startswith("rdsiam_proxy_") for name in families)
    assert all(family.documentation for family in families.values())

    def value(name, **labels):
        samples = families["rdsiam_proxy_" + name].samples
        (found,) = [s.value for s in samples if labels.items() <= s.labels.items()]
        return found

    assert value("logins", result="ok") >= 1
    assert value("login_seconds") > 0
    assert value("bytes", **{"from": "server"}) > 50
    assert value("tokens") == 1
    assert value("credential_refreshes", result="failed") == 0


def test_what_is_no_request_is_no_harm(postgres):
    (admin,) = postgres.logged("admin")
    host, _, port = admin["listener"].rpartition(":")
    assert host == "127.0.0.1"
    for nonsense in (b"\0" * 100, b"GET / HTTP/9\r\n\r\n", b"x" * 1_000_000):
        with raw(int(port)) as client:
            try:
                client.sendall(nonsense)
                client.settimeout(20)
                while client.recv(1000):
                    pass
            except OSError:
                pass
    assert postgres.ask("/liveness")[0] == 200
