/* 50 threads that log in with tokens from ten clients, until the time is over. Prints one line
 * of JSON. Its variables are those of run.py. */
#define _POSIX_C_SOURCE 200809L
#include <libpq-fe.h>
#include <pthread.h>
#include <rdsiam.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CLIENTS 10
#define MOST_THREADS 500

static long logins, refused, other, no_token, calls, failed, hits;
static const char *host, *user, *keys;
static uint16_t port;
static double end, pause_s;

static long count(long *counter) {
    return __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void sleep_s(double seconds) {
    struct timespec pause;
    pause.tv_sec = (time_t)seconds;
    pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
    nanosleep(&pause, NULL);
}

/* 0 to 1. */
static double dice(void) {
    static unsigned long long state = 0x9e3779b97f4a7c15ULL;
    unsigned long long z = __atomic_add_fetch(&state, 0x9e3779b97f4a7c15ULL, __ATOMIC_RELAXED);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static rdsiam_status provide(void *user_data, bool force_refresh, rdsiam_credentials **out,
                             rdsiam_error **err) {
    char id[128], secret[128], session[2048];
    long long expires_at = 0;
    long call;
    FILE *file;
    int found;
    (void)user_data, (void)force_refresh;
    call = count(&calls);
    sleep_s(0.05 + dice() * 0.45);
    if (call % 5 == 0) {
        count(&failed);
        return RDSIAM_ERR_TIMEOUT;
    }
    file = fopen(keys, "r");
    if (file == NULL)
        return RDSIAM_ERR_CREDENTIALS_NOT_FOUND;
    found = fscanf(file, "%127s %127s %2047s %lld", id, secret, session, &expires_at);
    fclose(file);
    if (found != 4)
        return RDSIAM_ERR_CREDENTIALS_NOT_FOUND;
    return rdsiam_credentials_new(id, secret, session, expires_at, out, err);
}

static void log_in(const rdsiam_token *token) {
    const char *const names[] = {
        "host",     "hostaddr",        "port", "user", "dbname", "sslmode", "sslrootcert",
        "password", "connect_timeout", NULL};
    const char *const values[] = {host,
                                  getenv("STANDIN_HOSTADDR"),
                                  getenv("STANDIN_PORT"),
                                  user,
                                  getenv("STANDIN_DB"),
                                  "verify-full",
                                  getenv("STANDIN_CA"),
                                  rdsiam_token_str(token),
                                  "60",
                                  NULL};
    const double began = now();
    PGconn *connection = PQconnectdbParams(names, values, 0);
    PGresult *result = PQexec(connection, "select 1");
    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        count(&logins);
    } else {
        const char *message = PQerrorMessage(connection);
        count(strstr(message, "authentication failed") != NULL ? &refused : &other);
        printf("c: after %.1f s: %.300s ends at %lld, now %.0f\n", now() - began, message,
               (long long)rdsiam_token_expires_at(token), now());
        fflush(stdout);
    }
    PQclear(result);
    PQfinish(connection);
}

static void *work(void *client) {
    sleep_s(dice() * 2 * pause_s);
    while (now() < end) {
        rdsiam_token *token = NULL;
        int i;
        for (i = 0; i < 50; i++) {
            rdsiam_token_free(token);
            if (rdsiam_token_get((const rdsiam_client *)client, host, port, user, NULL, &token,
                                 NULL) != RDSIAM_OK)
                break;
            count(&hits);
        }
        if (token == NULL) {
            count(&no_token);
            sleep_s(1);
            continue;
        }
        log_in(token);
        rdsiam_token_free(token);
        sleep_s(dice() * 2 * pause_s);
    }
    return NULL;
}

static const char *variable(const char *name) {
    const char *value = getenv(name);
    if (value == NULL) {
        fprintf(stderr, "%s is not set\n", name);
        exit(EXIT_FAILURE);
    }
    return value;
}

int main(void) {
    rdsiam_client *clients[CLIENTS] = {NULL};
    pthread_t threads[MOST_THREADS];
    const int count_of_threads = atoi(variable("ENDURANCE_THREADS"));
    int i;
    host = variable("STANDIN_HOST");
    user = variable("STANDIN_USER");
    port = (uint16_t)atoi(variable("STANDIN_PORT"));
    keys = variable("ENDURANCE_KEYS");
    end = atof(variable("ENDURANCE_END"));
    pause_s = atof(variable("ENDURANCE_PAUSE"));
    if (count_of_threads < 1 || count_of_threads > MOST_THREADS)
        return EXIT_FAILURE;
    for (i = 0; i < CLIENTS; i++) {
        rdsiam_config *config = rdsiam_config_new();
        if (rdsiam_config_set_provider(config, provide, NULL, NULL, NULL) != RDSIAM_OK ||
            rdsiam_client_new(config, &clients[i], NULL) != RDSIAM_OK)
            return EXIT_FAILURE;
        rdsiam_config_free(config);
    }
    for (i = 0; i < count_of_threads; i++)
        if (pthread_create(&threads[i], NULL, work, clients[i % CLIENTS]) != 0)
            return EXIT_FAILURE;
    for (i = 0; i < count_of_threads; i++)
        pthread_join(threads[i], NULL);
    for (i = 0; i < CLIENTS; i++)
        rdsiam_client_free(clients[i]);
    printf("{\"logins\": %ld, \"refused\": %ld, \"other\": %ld, \"no_token\": %ld, "
           "\"calls\": %ld, \"failed\": %ld, \"hits\": %ld}\n",
           logins, refused, other, no_token, calls, failed, hits);
    return EXIT_SUCCESS;
}
