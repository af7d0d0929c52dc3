/* The demo in C: makes a token, and logs in with it through libpq. See run.sh. */
#define _POSIX_C_SOURCE 200809L
#ifdef WITH_LIBPQ
#include <libpq-fe.h>
#endif
#include <rdsiam.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *setting(const char *name) {
    const char *value = getenv(name);
    return value != NULL ? value : "";
}

static double microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

#ifdef WITH_LIBPQ
static PGconn *connect_with(const char *password) {
    const char *const names[] = {"host",    "hostaddr",    "port",     "user", "dbname",
                                 "sslmode", "sslrootcert", "password", NULL};
    const char *const values[] = {setting("DEMO_HOST"),
                                  setting("DEMO_HOSTADDR"),
                                  setting("DEMO_PORT"),
                                  setting("DEMO_USER"),
                                  setting("DEMO_DB"),
                                  "verify-full",
                                  setting("DEMO_CA"),
                                  password,
                                  NULL};
    return PQconnectdbParams(names, values, 0);
}

static int log_in(const char *token) {
    PGconn *connection = connect_with(token);
    PGresult *result = PQexec(connection, "SELECT current_user");
    char *tampered = strdup(token);
    int ok = PQresultStatus(result) == PGRES_TUPLES_OK;

    if (!ok) {
        fprintf(stderr, "login failed: %s", PQerrorMessage(connection));
    } else {
        const char *tls = PQsslAttribute(connection, "protocol");
        printf(" | logged in as %s over %s", PQgetvalue(result, 0, 0), tls);
    }
    PQclear(result);
    PQfinish(connection);

    if (ok && tampered != NULL) {
        char *last = tampered + strlen(tampered) - 1;
        *last = *last == '0' ? '1' : '0';
        connection = connect_with(tampered);
        ok = PQstatus(connection) == CONNECTION_BAD;
        printf(" | tampered token %s", ok ? "refused" : "ACCEPTED");
        PQfinish(connection);
    }
    free(tampered);
    return ok;
}
#else
static int log_in(const char *token) {
    (void)token;
    printf(" | no login: built without libpq");
    return 0;
}
#endif

int main(void) {
    rdsiam_client *client = NULL;
    rdsiam_token *token = NULL, *again = NULL;
    rdsiam_error *err = NULL;
    const char *host = setting("DEMO_HOST"), *user = setting("DEMO_USER");
    const uint16_t port = (uint16_t)strtoul(setting("DEMO_PORT"), NULL, 10);
    double before = microseconds(), made, hit;
    int ok = 1, i;

    if (rdsiam_client_new(NULL, &client, &err) != RDSIAM_OK ||
        rdsiam_token_get(client, host, port, user, NULL, &token, &err) != RDSIAM_OK) {
        fprintf(stderr, "%s: %s\n", rdsiam_error_code(err), rdsiam_error_message(err));
        rdsiam_error_free(err);
        rdsiam_client_free(client);
        return EXIT_FAILURE;
    }
    made = microseconds() - before;
    before = microseconds();
    for (i = 0; i < 1000; i++) {
        if (rdsiam_token_get(client, host, port, user, NULL, &again, NULL) == RDSIAM_OK) {
            rdsiam_token_free(again);
        }
    }
    hit = (microseconds() - before) / 1000;

    if (strcmp(setting("DEMO_MODE"), "token") == 0) {
        printf("%s\n", rdsiam_token_str(token));
    } else {
        printf("C      | token of %zu bytes in %.0f us", rdsiam_token_len(token), made);
        if (strcmp(setting("DEMO_MODE"), "login") == 0)
            ok = log_in(rdsiam_token_str(token));
        printf(" | hit from the cache in %.2f us\n", hit);
    }
    rdsiam_token_free(token);
    rdsiam_client_free(client);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
