"""Django's backend for MySQL and MariaDB, with mysqlclient or PyMySQL."""
