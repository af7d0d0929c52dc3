/* A program of somebody else's, which knows of rdsiam only what is installed: it logs in to
 * PostgreSQL and to MariaDB. C99 and C++11. */
#include <libpq-fe.h>
#include <mysql.h>
#include <rdsiam.h>
#include <stdio.h>
#include <stdlib.h>

static int failed(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    return 0;
}

static int postgres(const rdsiam_token *token) {
    const char *const names[] = {"host",    "port",        "user",     "dbname",
                                 "sslmode", "sslrootcert", "password", NULL};
    const char *const values[] = {
        getenv("PG_HOST"), getenv("PG_PORT"), getenv("DB_USER"),       getenv("DB_NAME"),
        "verify-full",     getenv("DB_CA"),   rdsiam_token_str(token), NULL};
    PGconn *connection = PQconnectdbParams(names, values, 0);
    PGresult *result = PQexec(connection, "SELECT current_user");
    const int good = PQresultStatus(result) == PGRES_TUPLES_OK;

    if (good)
        printf("postgres: %s\n", PQgetvalue(result, 0, 0));
    else
        failed("postgres", PQerrorMessage(connection));
    PQclear(result);
    PQfinish(connection);
    return good;
}

static int mariadb(const rdsiam_token *token) {
    MYSQL *connection = mysql_init(NULL);
    const my_bool on = 1;
    MYSQL_RES *result = NULL;
    MYSQL_ROW row = NULL;

    mysql_options(connection, MYSQL_OPT_SSL_CA, getenv("DB_CA"));
    mysql_options(connection, MYSQL_OPT_SSL_ENFORCE, &on);
    mysql_options(connection, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &on);
    if (mysql_real_connect(connection, getenv("MARIADB_HOST"), getenv("DB_USER"),
                           rdsiam_token_str(token), getenv("DB_NAME"),
                           (unsigned)atoi(getenv("MARIADB_PORT")), NULL, 0) != NULL &&
        mysql_query(connection, "SELECT SUBSTRING_INDEX(USER(), '@', 1)") == 0 &&
        (result = mysql_store_result(connection)) != NULL)
        row = mysql_fetch_row(result);
    if (row != NULL)
        printf("mariadb: %s\n", row[0]);
    else
        failed("mariadb", mysql_error(connection));
    mysql_free_result(result);
    mysql_close(connection);
    return row != NULL;
}

static int log_in(const rdsiam_client *client, const char *host, const char *port,
                  int (*with)(const rdsiam_token *)) {
    rdsiam_token *token = NULL;
    rdsiam_error *err = NULL;
    int good = 0;

    if (rdsiam_token_get(client, host, (uint16_t)atoi(port), getenv("DB_USER"), NULL, &token,
                         &err) == RDSIAM_OK)
        good = with(token);
    else
        failed(rdsiam_error_code(err), rdsiam_error_message(err));
    rdsiam_token_free(token);
    rdsiam_error_free(err);
    return good;
}

int main(void) {
    rdsiam_client *client = NULL;
    int good;

    if (rdsiam_abi_version() != RDSIAM_ABI_VERSION) {
        fprintf(stderr, "compiled for ABI %d, and %u is loaded\n", RDSIAM_ABI_VERSION,
                (unsigned)rdsiam_abi_version());
        return EXIT_FAILURE;
    }
    if (rdsiam_client_new(NULL, &client, NULL) != RDSIAM_OK)
        return EXIT_FAILURE;
    good = log_in(client, getenv("PG_HOST"), getenv("PG_PORT"), postgres) &&
           log_in(client, getenv("MARIADB_HOST"), getenv("MARIADB_PORT"), mariadb);
    rdsiam_client_free(client);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
