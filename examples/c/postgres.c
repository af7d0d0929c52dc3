/* Logs in to PostgreSQL with a token, and once more with a new one if the first was refused.
 *
 *   DB_HOST=... DB_PORT=5432 DB_USER=app DB_NAME=app DB_CA=global-bundle.pem ./postgres
 *   cc postgres.c $(pkg-config --cflags --libs rdsiam libpq) -o postgres */
#include <libpq-fe.h>
#include <rdsiam.h>
#include <stdio.h>
#include <stdlib.h>

struct database {
    const char *host, *port, *user, *name, *ca;
};

static PGconn *log_in(const struct database *database, const rdsiam_token *token) {
    const char *const names[] = {"host",    "port",        "user",     "dbname",
                                 "sslmode", "sslrootcert", "password", NULL};
    const char *const values[] = {
        database->host, database->port, database->user,          database->name,
        "verify-full",  database->ca,   rdsiam_token_str(token), NULL};
    return PQconnectdbParams(names, values, 0);
}

/* A connection, or NULL after the reason was printed. */
static PGconn *connect_to(const rdsiam_client *client, const struct database *database) {
    const uint16_t port = (uint16_t)strtoul(database->port, NULL, 10);
    int attempt;
    for (attempt = 0; attempt < 2; attempt++) {
        rdsiam_token *token = NULL;
        rdsiam_error *err = NULL;
        PGconn *connection;

        if (rdsiam_token_get(client, database->host, port, database->user, NULL, &token, &err) !=
            RDSIAM_OK) {
            fprintf(stderr, "%s: %s\n", rdsiam_error_code(err), rdsiam_error_message(err));
            rdsiam_error_free(err);
            return NULL;
        }
        connection = log_in(database, token);
        rdsiam_token_free(token);
        if (PQstatus(connection) == CONNECTION_OK)
            return connection;
        fprintf(stderr, "%s", PQerrorMessage(connection));
        PQfinish(connection);
        /* The role may have changed since the token was made: not again with the same one. */
        (void)rdsiam_token_invalidate(client, database->host, port, database->user, NULL, NULL);
    }
    return NULL;
}

int main(void) {
    const struct database database = {getenv("DB_HOST"), getenv("DB_PORT"), getenv("DB_USER"),
                                      getenv("DB_NAME"), getenv("DB_CA")};
    rdsiam_client *client = NULL;
    PGconn *connection = NULL;
    PGresult *result;

    if (database.port == NULL || rdsiam_client_new(NULL, &client, NULL) != RDSIAM_OK)
        return EXIT_FAILURE;
    connection = connect_to(client, &database);
    if (connection != NULL) {
        result = PQexec(connection, "SELECT current_user");
        printf("logged in as %s\n", PQgetvalue(result, 0, 0));
        PQclear(result);
        PQfinish(connection);
    }
    rdsiam_client_free(client);
    return connection != NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}
