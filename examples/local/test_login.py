import psycopg
import pytest

import rdsiam.psycopg


def test_the_app_logs_in(rdsiam_local):
    db = rdsiam_local.postgres
    with rdsiam.psycopg.connect(host=db.host, port=db.port, user=db.user, dbname=db.database) as it:
        assert it.execute("SELECT current_user").fetchone() == ("app",)


def test_the_app_survives_a_refused_login(rdsiam_local):
    db = rdsiam_local.postgres
    rdsiam_local.fault("expired")
    with pytest.raises(psycopg.OperationalError, match="PAM authentication failed"):
        rdsiam.psycopg.connect(host=db.host, port=db.port, user=db.user, dbname=db.database)
    assert rdsiam_local.logins()[-1]["reason"] == "expired"
