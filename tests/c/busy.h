/* What the tests of forks and freezes share: a provider that takes time, a client of it, and a
 * check of tokens. */
#ifndef BUSY_H
#define BUSY_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

#define HOST "mydb.abc123.us-east-1.rds.amazonaws.com"

static inline void sleep_ms(long milliseconds) {
    const struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000 * 1000};
    nanosleep(&pause, NULL);
}

/* Not time(), which may be some milliseconds behind. */
static inline int64_t now(void) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    return (int64_t)at.tv_sec;
}

/* Returns keys that expire soon, after a while. The access key id has the process in it. */
struct busy_provider {
    long milliseconds;
    int64_t seconds; /* until the keys expire; 0: never */
    int calls;
    int running;
};

static inline rdsiam_status busy_provide(void *user_data, bool force_refresh,
                                         rdsiam_credentials **out, rdsiam_error **err) {
    struct busy_provider *provider = (struct busy_provider *)user_data;
    char id[32];
    (void)force_refresh;
    __atomic_add_fetch(&provider->calls, 1, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&provider->running, 1, __ATOMIC_SEQ_CST);
    sleep_ms(provider->milliseconds);
    __atomic_sub_fetch(&provider->running, 1, __ATOMIC_SEQ_CST);
    snprintf(id, sizeof id, "AKID%ld", (long)getpid());
    return rdsiam_credentials_new(id, "SECRETKEYEXAMPLE", "SESSIONEXAMPLE",
                                  provider->seconds == 0 ? 0 : now() + provider->seconds, out, err);
}

static inline rdsiam_client *busy_client(struct busy_provider *provider, uint32_t refresh_before) {
    rdsiam_config *config = rdsiam_config_new();
    rdsiam_client *client = NULL;
    CHECK(rdsiam_config_set_provider(config, busy_provide, provider, NULL, NULL) == RDSIAM_OK);
    CHECK(rdsiam_config_set_refresh_before(config, refresh_before, NULL) == RDSIAM_OK);
    CHECK(rdsiam_client_new(config, &client, NULL) == RDSIAM_OK);
    rdsiam_config_free(config);
    return client;
}

/* What is wrong with a token that was returned at this moment; NULL: nothing. */
static inline const char *wrong_with(const rdsiam_token *token) {
    const int64_t at = now();
    if (rdsiam_token_len(token) < 300 || strncmp(rdsiam_token_str(token), HOST, strlen(HOST)) != 0)
        return "it is no token";
    if (rdsiam_token_signed_at(token) > at)
        return "it is of the future";
    if (at >= rdsiam_token_signed_at(token) + 900)
        return "it has expired";
    /* One second for the call itself. */
    if (rdsiam_token_expires_at(token) - at < 9)
        return "it expires too soon";
    return NULL;
}

/* Gets a token and checks it; NULL after an error or if it is no good. */
static inline rdsiam_token *get_good(const rdsiam_client *client, const char *user) {
    rdsiam_token *token = NULL;
    rdsiam_error *err = NULL;
    const char *wrong;
    if (rdsiam_token_get(client, HOST, 5432, user, NULL, &token, &err) != RDSIAM_OK) {
        fprintf(stderr, "process %ld, user %s: %s: %s\n", (long)getpid(), user,
                rdsiam_error_code(err), rdsiam_error_message(err));
        rdsiam_error_free(err);
        return NULL;
    }
    wrong = wrong_with(token);
    if (wrong == NULL)
        return token;
    fprintf(stderr, "process %ld, user %s: signed at %lld, expires at %lld, now %lld: %s\n",
            (long)getpid(), user, (long long)rdsiam_token_signed_at(token),
            (long long)rdsiam_token_expires_at(token), (long long)now(), wrong);
    rdsiam_token_free(token);
    return NULL;
}

/* Waits for a child, which is killed if it takes longer: its exit code, or -1. */
static inline int exit_code_within(pid_t child, int seconds) {
    int status = 0, slices = seconds * 200;
    for (; slices > 0; slices--) {
        if (waitpid(child, &status, WNOHANG) == child)
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        sleep_ms(5);
    }
    fprintf(stderr, "process %ld hangs\n", (long)child);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return -1;
}

#endif
