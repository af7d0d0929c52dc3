"""Right tokens get in at both servers, and each kind of wrong one does not."""

# unittest on purpose: there is nothing to install for it.
# ruff: noqa: PT009

from concurrent.futures import ThreadPoolExecutor

from login import MariaDB, Postgres, other_ca
from signer import REFUSALS, spoilt_texts


class Tokens:
    """What a server makes of them. Mixed into the test case of each server."""

    def test_accepted(self):
        self.assertIsNotNone(self.temporary[2])
        for key in (self.temporary, self.static):
            self.accept(self.token(key))
            self.accept(self.token(key, expires=60))
            self.accept(self.token(key, age=-240))

    def test_odd_user(self):
        odd = self.env["STANDIN_ODD_USER"]
        self.accept(self.token(self.temporary, user=odd), odd)
        self.refuse(self.token(self.temporary, user=odd), "wrong user")

    def test_long_tokens_arrive_whole(self):
        with self.changed_config() as (config, write):
            for length in (1400, 20000, 60000):
                key = ("ASIALONG", "secret", "a" * length)
                config["keys"]["ASIALONG"] = {"secret": key[1], "session_token": key[2]}
                write()
                self.accept(self.token(key))
                self.refuse(self.token((*key[:2], key[2][:-1] + "b")), "wrong session token")

    def test_config_is_read_at_each_login(self):
        new = ("AKIANEW", "secret", None)
        self.refuse(self.token(new), "unknown access key")
        with self.changed_config() as (config, write):
            config["keys"]["AKIANEW"] = {"secret": "secret", "session_token": None}
            write()
            self.accept(self.token(new))
            config.clear()
            write()
            self.refuse(self.token(self.static), "the verifier failed with KeyError")
        self.refuse(self.token(new), "unknown access key")
        self.accept(self.token(self.static))

    def test_refused(self):
        for changes, reason in REFUSALS:
            with self.subTest(changes=changes, reason=reason):
                self.refuse(self.token(self.temporary, **changes), reason)

    def test_refused_texts(self):
        for text, reason in spoilt_texts(self.token(self.temporary)):
            with self.subTest(reason=reason):
                self.refuse(text, reason)

    def test_one_character_changed(self):
        token = self.token(self.temporary)
        for at in (*range(0, len(token), 97), len(token) - 1):
            new = "b" if token[at] == "a" else "a"
            self.refuse(token[:at] + new + token[at + 1 :], "")

    def test_a_token_for_the_other_server(self):
        other = (Postgres, MariaDB)[self.prefix == Postgres.prefix].prefix
        host, port = self.env[other + "HOST"], self.env[other + "PORT"]
        self.refuse(self.token(self.static, host=host, port=port), "wrong host")

    def test_logins_at_the_same_time(self):
        def login(number):
            key = (self.temporary, self.static)[number % 2]
            good = number % 3 > 0
            done = self.log_in(self.token(key, age=0 if good else 1000), self.user)
            return (done.returncode == 0) == good

        with self.log_lines() as lines, ThreadPoolExecutor(8) as pool:
            self.assertEqual(list(pool.map(login, range(40))), [True] * 40)
        self.assertEqual(len(lines), 40)


class PostgresTokens(Tokens, Postgres):
    pass


class MariaDBTokens(Tokens, MariaDB):
    pass


class PostgresTransport(Postgres):
    def test_no_tls(self):
        self.fail_before_login("pg_hba.conf rejects connection", sslmode="disable")

    def test_wrong_ca(self):
        with other_ca() as ca:
            self.fail_before_login("certificate verify failed", sslrootcert=ca)

    def test_wrong_name(self):
        for host in ("localhost", "127.0.0.1", self.env["STANDIN_MARIADB_HOST"]):
            self.fail_before_login(f'does not match host name "{host}"', host=host)


class MariaDBTransport(MariaDB):
    def test_no_tls(self):
        """As on RDS the server refuses, but by then it has the token: see README.md."""
        with self.log_lines() as lines:
            done = self.log_in(self.token(self.static), self.user, tls=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(self.refusal, done.stderr)
        self.assertEqual(len(lines), 1, lines)

    def test_wrong_ca(self):
        with other_ca() as ca:
            self.fail_before_login("TLS/SSL error", ca=ca)

    def test_wrong_name(self):
        for host in ("localhost", "127.0.0.1", self.env["STANDIN_HOST"]):
            self.fail_before_login("Validation of SSL server certificate failed", host=host)

    def test_nobody_else_gets_in(self):
        for user in ("root", "postgres", "nobody", "mysql", "mariadb.sys"):
            done = self.log_in("", user)
            self.assertNotEqual(done.returncode, 0, user)
            done = self.log_in(self.token(self.static, user=user), user)
            self.assertNotEqual(done.returncode, 0, user)
