"""Metrics of logins with OpenTelemetry: how many, how they ended, how long they took.

DB_HOST=... DB_PORT=5432 DB_USER=app DB_NAME=app DB_CA=global-bundle.pem python metrics.py

pip install 'rdsiam[psycopg]' opentelemetry-sdk
"""

import os
from typing import Any

from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

import rdsiam

# In place of the exporter of a service, so that this prints what was measured.
reader = InMemoryMetricReader()
metrics.set_meter_provider(MeterProvider([reader]))

meter = metrics.get_meter("rdsiam")
logins = meter.create_histogram("rdsiam.login.duration", "s", "logins, by how they ended")
retries = meter.create_counter("rdsiam.login.retries", "1", "second tries after a refusal")
failures = meter.create_counter("rdsiam.token.failures", "1", "tokens that could not be made")


def observe(event: str, told: dict[str, Any]) -> None:
    database = {"server.address": told["host"], "db.user": told["user"]}
    if event == "login":
        logins.record(told["seconds"], {**database, "outcome": told["outcome"]})
    elif event == "retry":
        retries.add(1, database)
    elif event == "token_failed":
        failures.add(1, {**database, "error.type": told["error"]})


rdsiam.observe(observe)

with rdsiam.psycopg.connect(
    host=os.environ["DB_HOST"],
    port=os.environ["DB_PORT"],
    user=os.environ["DB_USER"],
    dbname=os.environ["DB_NAME"],
    ca=os.environ["DB_CA"],
) as connection:
    print("logged in as", connection.execute("SELECT current_user").fetchone()[0])

for measured in reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics:
    for point in measured.data.data_points:
        print(measured.name, dict(point.attributes), point.count)
