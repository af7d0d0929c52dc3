"""Backends of databases for Django: `rdsiam.django.postgresql` and `rdsiam.django.mysql`.

    DATABASES = {"default": {
        "ENGINE": "rdsiam.django.postgresql",
        "HOST": "mydb.abc123.us-east-1.rds.amazonaws.com", "USER": "app", "NAME": "app",
    }}

Each connection is made with a token that is good now, over TLS that verifies the server, also by
Django's pool. What a helper takes beside the driver's arguments goes into `OPTIONS`.
"""
