"""Airflow: its own database, and what its hooks connect to.

Its own database needs a URL alone:

    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN='postgresql+psycopg2://app@HOST/airflow?plugin=rdsiam'

A connection names the plugin in its extra. Here it stands in the environment:

    AIRFLOW_CONN_SHOP='{"conn_type": "postgres", "host": "HOST", "login": "app", "schema": "app",
        "extra": {"sqlalchemy_query": {"plugin": "rdsiam"}}}' python airflow_hook.py
"""

import sqlalchemy
from airflow.providers.postgres.hooks.postgres import PostgresHook


class TokenHook(PostgresHook):
    """For `run` and `get_records`, whose connections Airflow makes without SQLAlchemy."""

    def get_conn(self):
        options = {"poolclass": sqlalchemy.pool.NullPool}
        connection = self.get_sqlalchemy_engine(options).raw_connection()
        connection.detach()
        return connection.dbapi_connection


engine = PostgresHook("shop").get_sqlalchemy_engine()
with engine.connect() as connection:
    print("the hook's engine:", connection.scalar(sqlalchemy.text("SELECT current_user")))
print("a query of the hook:", TokenHook("shop").get_records("SELECT current_user"))
