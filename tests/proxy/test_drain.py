"""SIGTERM: what is in flight is answered, what is idle is told, nothing is lost."""

import signal
import threading
import time

import psycopg
import pytest
from conftest import raw, standin


def in_thread(work):
    found = []

    def body():
        try:
            found.append(work())
        except psycopg.Error as error:
            found.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    return thread, found


def test_a_query_in_flight_is_answered_and_an_idle_session_is_told(start):
    proxy = start("--drain", "10")
    with proxy.connect() as busy, proxy.connect() as idle:
        thread, found = in_thread(lambda: busy.execute("SELECT pg_sleep(3), 42").fetchone()[1])
        time.sleep(0.5)
        began = time.monotonic()
        assert proxy.stop() == 0
        took = time.monotonic() - began
        thread.join()
        assert found == [42]
        assert 2 < took < 9
        with pytest.raises(psycopg.errors.AdminShutdown):
            idle.execute("SELECT 1")
    assert not proxy.logged("cut")


def test_a_copy_in_flight_is_finished_in_both_directions(start):
    proxy = start("--drain", "20")
    with proxy.connect() as connection:
        connection.execute("CREATE TABLE filled (n int, t text)")
    with proxy.connect() as filling, proxy.connect() as reading:

        def read():
            query = "COPY (SELECT n, repeat('x', 999) FROM generate_series(1, 50000) n) TO STDOUT"
            with reading.cursor().copy(query) as copy:
                # Longer than the second after which a session is idle.
                first = bytes(next(iter(copy)))
                time.sleep(2)
                return len(first) + sum(len(piece) for piece in copy)

        def fill():
            with filling.cursor().copy("COPY filled FROM STDIN") as copy:
                for n in range(3):
                    copy.write_row((n, "x" * 100_000))
                    time.sleep(1.5)
            return "filled"

        threads = [in_thread(read), in_thread(fill)]
        time.sleep(0.5)
        assert proxy.stop() == 0
        for thread, _ in threads:
            thread.join()
        digits = sum(len(str(n)) for n in range(1, 50_001))
        assert [found for _, found in threads] == [[digits + 50_000 * 1001], ["filled"]]
    after = start()
    with after.connect() as connection:
        assert connection.execute("SELECT count(*) FROM filled").fetchone() == (3,)
        connection.execute("DROP TABLE filled")
    assert not proxy.logged("cut")


def test_a_transaction_is_not_idle(start):
    proxy = start("--drain", "10")
    with proxy.connect() as connection:
        connection.autocommit = False
        connection.execute("SELECT 1")

        def finish():
            time.sleep(2.5)
            connection.execute("SELECT 2")
            connection.commit()
            return "committed"

        thread, found = in_thread(finish)
        assert proxy.stop() == 0
        thread.join()
    assert found == ["committed"]


def test_no_query_is_lost_by_clients_that_never_rest(start):
    """Each query is answered, or its connection was closed before it was sent on."""
    proxy = start("--drain", "2")
    with proxy.connect() as connection:
        connection.execute("CREATE TABLE drained (x int)")
    counts = []

    def insert():
        done = 0
        with proxy.connect() as connection:
            try:
                while True:
                    connection.execute("INSERT INTO drained SELECT 1")
                    done += 1
            except psycopg.OperationalError:
                counts.append(done)

    threads = [threading.Thread(target=insert) for _ in range(6)]
    for thread in threads:
        thread.start()
    time.sleep(1.5)
    assert proxy.stop() == 0
    for thread in threads:
        thread.join()
    after = start()
    with after.connect() as connection:
        (found,) = connection.execute("SELECT count(*) FROM drained").fetchone()
        connection.execute("DROP TABLE drained")
    assert len(counts) == 6
    assert found == sum(counts) > 0
    assert not proxy.logged("cut")


def test_nobody_new_comes_in_and_readiness_says_so(start):
    proxy = start("--drain", "10")
    with proxy.connect() as connection:
        thread, found = in_thread(lambda: connection.execute("SELECT pg_sleep(3)").fetchone())
        time.sleep(0.3)
        assert proxy.ask("/readiness")[0] == 200
        proxy.process.send_signal(signal.SIGTERM)
        proxy.wait(lambda: proxy.ask("/readiness")[0] == 503)
        assert proxy.ask("/liveness")[0] == 200
        with pytest.raises(ConnectionError):
            raw(proxy.port)
        thread.join()
    assert len(found) == 1
    assert proxy.stop() == 0


def test_what_does_not_end_is_cut(start):
    proxy = start("--drain", "1")
    with proxy.connect() as connection:
        thread, found = in_thread(lambda: connection.execute("SELECT pg_sleep(60)"))
        time.sleep(0.3)
        began = time.monotonic()
        assert proxy.stop() == 0
        assert 5 < time.monotonic() - began < 15
        thread.join()
    assert isinstance(found[0], psycopg.OperationalError)
    assert len(proxy.logged("cut")) == 1


@pytest.mark.parametrize("said", [b"", b"\0\0"])
def test_a_login_that_does_not_go_on_holds_nobody_up(start, said):
    proxy = start("--drain", "1", "--handshake-timeout", "120")
    with raw(proxy.port) as client:
        client.sendall(said)
        proxy.wait(lambda: proxy.metric("connections") == 1)
        began = time.monotonic()
        assert proxy.stop() == 0
        assert time.monotonic() - began < 20


def test_a_second_signal_ends_it_at_once(start):
    proxy = start("--drain", "60")
    with proxy.connect() as connection:
        thread, _ = in_thread(lambda: connection.execute("SELECT pg_sleep(30)"))
        time.sleep(0.3)
        proxy.process.send_signal(signal.SIGTERM)
        proxy.wait(lambda: proxy.logged("draining"))
        began = time.monotonic()
        assert proxy.stop(signal.SIGINT) == 0
        assert time.monotonic() - began < 5
        thread.join()


def test_the_log_and_the_metrics_have_nothing_secret(start, keys):
    proxy = start()
    with proxy.connect() as connection:
        connection.execute("SELECT 'private'")
    with pytest.raises(psycopg.OperationalError):
        proxy.connect(password="a-wrong-password")
    with pytest.raises(psycopg.OperationalError):
        proxy.connect(dbname="not_there")
    text = proxy.ask("/metrics")[1]
    assert proxy.stop() == 0
    text += "".join(proxy.lines)
    secrets = [proxy.password, "a-wrong-password", "private", "X-Amz", *keys.values()]
    assert not [word for word in secrets if word in text]
    assert standin("HOST") in text
