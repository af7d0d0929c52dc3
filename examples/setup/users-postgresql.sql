-- As the master user, who should not get rds_iam: it takes the login by password away.
CREATE USER app WITH LOGIN;
GRANT rds_iam TO app;
GRANT CONNECT ON DATABASE app TO app;
GRANT USAGE ON SCHEMA public TO app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO app;
