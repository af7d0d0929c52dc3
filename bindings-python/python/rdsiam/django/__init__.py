"""Backends of databases for Django: `rdsiam.django.postgresql` and `rdsiam.django.mysql`.

    DATABASES = {"default": {
        "ENGINE": "rdsiam.django.postgresql",
        "HOST": "mydb.abc123.us-east-1.rds.amazonaws.com", "USER": "app", "NAME": "app",
    }}

Each connection is made with a token that is valid then, over TLS that verifies the server, also
by Django's pool, `dbshell` and `test --parallel`. What a helper takes beside the driver's
arguments goes into `OPTIONS`. MySQL is reached with mysqlclient, or with PyMySQL after its
`install_as_MySQLdb()`.

Any other backend over these drivers gets its tokens from a mix-in, in a package of yours whose
name is the ENGINE. Its file `base.py`, for PostGIS:

    from django.contrib.gis.db.backends.postgis import base
    from rdsiam.django.postgresql.mixin import Tokens

    class DatabaseWrapper(Tokens, base.DatabaseWrapper):
        pass
"""
