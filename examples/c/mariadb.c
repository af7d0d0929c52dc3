/* Works with RDS for MySQL or MariaDB for longer than a token lives: a lost connection is made anew
 * with a token of that time, and a login that was refused is tried once more with a new token.
 *
 *   DB_HOST=... DB_PORT=3306 DB_USER=app DB_NAME=app DB_CA=global-bundle.pem ./mariadb
 *   cc mariadb.c $(pkg-config --cflags --libs rdsiam libmariadb) -o mariadb
 *
 * MariaDB's client sends the token in clear text whenever a server asks for it, so that TLS with a
 * verified server is asked for here, and not left to the server. With libmysqlclient the same is
 * said with MYSQL_OPT_SSL_MODE and MYSQL_ENABLE_CLEARTEXT_PLUGIN. */
#define _POSIX_C_SOURCE 200809L
#include <mysql.h>
#include <rdsiam.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ACCESS_DENIED = 1045 };

struct database {
    const char *host, *user, *name, *ca;
    uint16_t port;
};

static volatile sig_atomic_t stopping;

static void stop(int number) {
    (void)number;
    stopping = 1;
}

/* A new connection, or NULL; `refused` tells whether the server said no to the token. */
static MYSQL *log_in(const struct database *database, const rdsiam_token *token, bool *refused) {
    const my_bool on = 1;
    MYSQL *connection = mysql_init(NULL);

    *refused = false;
    if (connection == NULL)
        return NULL;
    mysql_options(connection, MYSQL_OPT_SSL_CA, database->ca);
    mysql_options(connection, MYSQL_OPT_SSL_ENFORCE, &on);
    mysql_options(connection, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &on);
    if (mysql_real_connect(connection, database->host, database->user, rdsiam_token_str(token),
                           database->name, database->port, NULL, 0) != NULL)
        return connection;
    fprintf(stderr, "%s\n", mysql_error(connection));
    *refused = mysql_errno(connection) == ACCESS_DENIED;
    mysql_close(connection);
    return NULL;
}

/* A connection, or NULL after the reason was printed. `retry` tells whether to log in again at
 * once, `again` whether a later try can help. */
static MYSQL *try_once(const rdsiam_client *client, const struct database *database, int64_t began,
                       bool *retry, bool *again) {
    rdsiam_token *token = NULL;
    rdsiam_error *err = NULL;
    MYSQL *connection;
    bool refused;

    *retry = false;
    *again = true;
    if (rdsiam_token_get(client, database->host, database->port, database->user, NULL, &token,
                         &err) != RDSIAM_OK) {
        fprintf(stderr, "%s: %s\n", rdsiam_error_code(err), rdsiam_error_message(err));
        *again = rdsiam_error_retryable(err);
        rdsiam_error_free(err);
        return NULL;
    }
    connection = log_in(database, token, &refused);
    /* The role may have changed since the token was signed, or the keys. */
    if (refused &&
        rdsiam_login_refused(client, database->host, database->port, database->user, NULL,
                             rdsiam_token_str(token), began, retry, NULL) != RDSIAM_OK)
        *retry = false;
    rdsiam_token_free(token);
    return connection;
}

static MYSQL *connect_to(const rdsiam_client *client, const struct database *database,
                         bool *again) {
    const int64_t began = (int64_t)time(NULL);
    MYSQL *connection;
    bool retry;

    do
        connection = try_once(client, database, began, &retry, again);
    while (retry);
    return connection;
}

/* Tries until there is a connection, with longer and longer pauses. NULL: it is of no use, or the
 * program is to stop. */
static MYSQL *stay_connected(const rdsiam_client *client, const struct database *database) {
    unsigned pause = 1;
    bool again = true;

    while (!stopping && again) {
        MYSQL *connection = connect_to(client, database, &again);
        if (connection != NULL) {
            printf("connected as %s over %s\n", database->user, mysql_get_ssl_cipher(connection));
            return connection;
        }
        if (again)
            sleep(pause); /* a signal ends it */
        pause = pause < 16 ? pause * 2 : 30;
    }
    return NULL;
}

/* The work of this program. False: the connection is gone. */
static bool work(MYSQL *connection) {
    MYSQL_RES *result;
    MYSQL_ROW row;

    if (mysql_query(connection, "SELECT NOW()") != 0)
        return false;
    result = mysql_store_result(connection);
    row = result != NULL ? mysql_fetch_row(result) : NULL;
    if (row != NULL)
        printf("it is %s\n", row[0]);
    mysql_free_result(result);
    return row != NULL;
}

int main(void) {
    struct database database = {getenv("DB_HOST"), getenv("DB_USER"), getenv("DB_NAME"),
                                getenv("DB_CA"), 0};
    const char *port = getenv("DB_PORT");
    const struct sigaction on_signal = {.sa_handler = stop};
    rdsiam_client *client = NULL;
    MYSQL *connection = NULL;

    if (database.host == NULL || port == NULL || database.user == NULL || database.ca == NULL)
        return EXIT_FAILURE;
    database.port = (uint16_t)strtoul(port, NULL, 10);
    setvbuf(stdout, NULL, _IOLBF, 0);
    sigaction(SIGINT, &on_signal, NULL);
    sigaction(SIGTERM, &on_signal, NULL);
    if (rdsiam_abi_version() != RDSIAM_ABI_VERSION ||
        rdsiam_client_new(NULL, &client, NULL) != RDSIAM_OK)
        return EXIT_FAILURE;
    while ((connection = stay_connected(client, &database)) != NULL) {
        while (!stopping && work(connection))
            sleep(1);
        mysql_close(connection);
    }
    rdsiam_client_free(client);
    mysql_library_end();
    return stopping ? EXIT_SUCCESS : EXIT_FAILURE;
}
