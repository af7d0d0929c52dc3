"""What things are called here, as on RDS."""

ENDPOINT = "mydb.abc123xyz.us-east-1.rds.amazonaws.com"
MARIADB_ENDPOINT = "mymaria.abc123xyz.us-east-1.rds.amazonaws.com"
DSQL_ENDPOINT = "abcdefghijklmnopqrstuvwxyz.dsql.us-east-1.on.aws"
REGION = "us-east-1"
USER = "app_iam"
ODD_USER = "iam_user@example.com"
DATABASE = "app"
