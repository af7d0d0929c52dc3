-- MySQL and MariaDB, as the master user. A name has at most 32 characters. Without REQUIRE SSL a
-- client that does not insist on TLS by itself would get in, its token readable on the way.
CREATE USER 'app'@'%' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.* TO 'app'@'%';
