/* Works with PostgreSQL for longer than a token lives: a lost connection is made anew with a token
 * of that time, and a login that was refused is tried once more with a new token.
 *
 *   DB_HOST=... DB_PORT=5432 DB_USER=app DB_NAME=app DB_CA=global-bundle.pem ./postgres
 *   cc postgres.c $(pkg-config --cflags --libs rdsiam libpq) -o postgres */
#define _POSIX_C_SOURCE 200809L
#include <libpq-fe.h>
#include <rdsiam.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct database {
    const char *host, *port, *user, *name, *ca;
};

static volatile sig_atomic_t stopping;

static void stop(int number) {
    (void)number;
    stopping = 1;
}

/* A new connection; the caller looks at its status and finishes it. libpq copies the token. */
static PGconn *log_in(const struct database *database, const rdsiam_token *token) {
    const char *const names[] = {"host",    "port",        "user",     "dbname",
                                 "sslmode", "sslrootcert", "password", NULL};
    const char *const values[] = {
        database->host, database->port, database->user,          database->name,
        "verify-full",  database->ca,   rdsiam_token_str(token), NULL};
    return PQconnectdbParams(names, values, 0);
}

/* A connection, or NULL after the reason was printed. `retry` tells whether to log in again at
 * once, `again` whether a later try can help. */
static PGconn *try_once(const rdsiam_client *client, const struct database *database, int64_t began,
                        bool *retry, bool *again) {
    const uint16_t port = (uint16_t)strtoul(database->port, NULL, 10);
    rdsiam_token *token = NULL;
    rdsiam_error *err = NULL;
    PGconn *connection;

    *retry = false;
    *again = true;
    if (rdsiam_token_get(client, database->host, port, database->user, NULL, &token, &err) !=
        RDSIAM_OK) {
        fprintf(stderr, "%s: %s\n", rdsiam_error_code(err), rdsiam_error_message(err));
        *again = rdsiam_error_retryable(err);
        rdsiam_error_free(err);
        return NULL;
    }
    connection = log_in(database, token);
    if (PQstatus(connection) != CONNECTION_OK) {
        fprintf(stderr, "%s", PQerrorMessage(connection));
        /* The server took the password and refused it. The role may have changed since the token
         * was signed, or the keys. */
        if (PQconnectionUsedPassword(connection) &&
            rdsiam_login_refused(client, database->host, port, database->user, NULL,
                                 rdsiam_token_str(token), began, retry, NULL) != RDSIAM_OK)
            *retry = false;
        PQfinish(connection);
        connection = NULL;
    }
    rdsiam_token_free(token);
    return connection;
}

static PGconn *connect_to(const rdsiam_client *client, const struct database *database,
                          bool *again) {
    const int64_t began = (int64_t)time(NULL);
    PGconn *connection;
    bool retry;

    do
        connection = try_once(client, database, began, &retry, again);
    while (retry);
    return connection;
}

/* Tries until there is a connection, with longer and longer pauses. NULL: it is of no use, or the
 * program is to stop. */
static PGconn *stay_connected(const rdsiam_client *client, const struct database *database) {
    unsigned pause = 1;
    bool again = true;

    while (!stopping && again) {
        PGconn *connection = connect_to(client, database, &again);
        if (connection != NULL) {
            printf("connected as %s\n", PQuser(connection));
            return connection;
        }
        if (again)
            sleep(pause); /* a signal ends it */
        pause = pause < 16 ? pause * 2 : 30;
    }
    return NULL;
}

/* The work of this program. False: the connection is gone. */
static bool work(PGconn *connection) {
    PGresult *result = PQexec(connection, "SELECT now()");
    if (PQresultStatus(result) == PGRES_TUPLES_OK)
        printf("it is %s\n", PQgetvalue(result, 0, 0));
    PQclear(result);
    return PQstatus(connection) == CONNECTION_OK;
}

int main(void) {
    const struct database database = {getenv("DB_HOST"), getenv("DB_PORT"), getenv("DB_USER"),
                                      getenv("DB_NAME"), getenv("DB_CA")};
    const struct sigaction on_signal = {.sa_handler = stop};
    rdsiam_client *client = NULL;
    PGconn *connection = NULL;

    if (database.host == NULL || database.port == NULL || database.user == NULL)
        return EXIT_FAILURE;
    setvbuf(stdout, NULL, _IOLBF, 0);
    sigaction(SIGINT, &on_signal, NULL);
    sigaction(SIGTERM, &on_signal, NULL);
    if (rdsiam_abi_version() != RDSIAM_ABI_VERSION ||
        rdsiam_client_new(NULL, &client, NULL) != RDSIAM_OK)
        return EXIT_FAILURE;
    while ((connection = stay_connected(client, &database)) != NULL) {
        while (!stopping && work(connection))
            sleep(1);
        PQfinish(connection);
    }
    rdsiam_client_free(client);
    return stopping ? EXIT_SUCCESS : EXIT_FAILURE;
}
