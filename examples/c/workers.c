/* A daemon whose workers log in with the client that they inherit: it is made once, before the
 * first fork, and each worker gets the tokens that are in it. A worker that dies is replaced.
 *
 *   DB_HOST=... DB_PORT=5432 DB_USER=app DB_NAME=app DB_CA=global-bundle.pem ./workers 4
 *   cc workers.c $(pkg-config --cflags --libs rdsiam libpq) -o workers */
#define _POSIX_C_SOURCE 200809L
#include <libpq-fe.h>
#include <rdsiam.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS_MAX = 64 };

static PGconn *log_in(const rdsiam_client *client) {
    const char *host = getenv("DB_HOST"), *port = getenv("DB_PORT"), *user = getenv("DB_USER");
    const char *const names[] = {"host",    "port",        "user",     "dbname",
                                 "sslmode", "sslrootcert", "password", NULL};
    const char *values[] = {host, port, user, getenv("DB_NAME"), "verify-full", getenv("DB_CA"),
                            NULL, NULL};
    rdsiam_token *token = NULL;
    rdsiam_error *err = NULL;
    PGconn *connection;

    if (rdsiam_token_get(client, host, (uint16_t)strtoul(port, NULL, 10), user, NULL, &token,
                         &err) != RDSIAM_OK) {
        fprintf(stderr, "%s: %s\n", rdsiam_error_code(err), rdsiam_error_message(err));
        rdsiam_error_free(err);
        return NULL;
    }
    values[6] = rdsiam_token_str(token);
    connection = PQconnectdbParams(names, values, 0);
    rdsiam_token_free(token);
    return connection;
}

/* In the child, with the signals still blocked; its result is the exit code. */
static int work(const rdsiam_client *client, int number, const sigset_t *signals) {
    PGconn *connection = log_in(client);
    int signal;

    if (connection == NULL || PQstatus(connection) != CONNECTION_OK) {
        fprintf(stderr, "worker %d: %s", number, PQerrorMessage(connection));
        PQfinish(connection);
        return EXIT_FAILURE;
    }
    printf("worker %d is %ld and logged in as %s\n", number, (long)getpid(), PQuser(connection));
    fflush(stdout);
    /* What a worker does until it is told to stop. */
    do {
        sigwait(signals, &signal);
    } while (signal == SIGCHLD);
    PQfinish(connection);
    return EXIT_SUCCESS;
}

static pid_t begin(const rdsiam_client *client, int number, const sigset_t *signals) {
    pid_t child;

    fflush(stdout); /* or a child would print it once more */
    child = fork();
    if (child == 0) {
        /* Not exit(): what the parent registered for its own end is not this child's to run. */
        int code = work(client, number, signals);
        fflush(stdout);
        _exit(code);
    }
    return child;
}

/* Puts new workers in the place of those that have ended. */
static void replace(const rdsiam_client *client, pid_t *workers, int count,
                    const sigset_t *signals) {
    pid_t gone;
    int i;

    while ((gone = waitpid(-1, NULL, WNOHANG)) > 0) {
        for (i = 0; i < count; i++) {
            if (workers[i] == gone) {
                sleep(1); /* one that fails at once is not to be started all the time */
                workers[i] = begin(client, i, signals);
            }
        }
    }
}

/* Keeps all workers running until it is told to stop. The signals are blocked and waited for, so
 * that none comes at a wrong moment. */
static void supervise(const rdsiam_client *client, int count, const sigset_t *signals) {
    pid_t workers[WORKERS_MAX];
    int signal, i;

    for (i = 0; i < count; i++)
        workers[i] = begin(client, i, signals);
    while (sigwait(signals, &signal) == 0 && signal == SIGCHLD)
        replace(client, workers, count, signals);
    for (i = 0; i < count; i++) {
        if (workers[i] > 0)
            kill(workers[i], SIGTERM);
    }
    while (waitpid(-1, NULL, 0) > 0)
        continue;
}

int main(int argc, char **argv) {
    const int count = argc > 1 ? atoi(argv[1]) : 2;
    rdsiam_client *client = NULL;
    sigset_t signals;

    if (count < 1 || count > WORKERS_MAX || getenv("DB_HOST") == NULL || getenv("DB_PORT") == NULL)
        return EXIT_FAILURE;
    if (rdsiam_abi_version() != RDSIAM_ABI_VERSION ||
        rdsiam_client_new(NULL, &client, NULL) != RDSIAM_OK)
        return EXIT_FAILURE;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    supervise(client, count, &signals);
    rdsiam_client_free(client);
    return EXIT_SUCCESS;
}
