"""Django's backend for PostgreSQL, with psycopg 3 or psycopg2."""
