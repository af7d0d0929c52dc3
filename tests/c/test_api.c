/* Handles, NULL, outputs, errors, the cache and its threads, as the header promises them. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <pthread.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const HOST = "mydb.abc123.us-east-1.rds.amazonaws.com";

static rdsiam_credentials *credentials(int64_t expires_at) {
    rdsiam_credentials *made = NULL;
    CHECK(rdsiam_credentials_new("AKIDEXAMPLE", "SECRETKEYEXAMPLE", "SESSIONEXAMPLE", expires_at,
                                 &made, NULL) == RDSIAM_OK);
    return made;
}

static rdsiam_client *static_client(int64_t expires_at) {
    rdsiam_credentials *given = credentials(expires_at);
    rdsiam_config *config = rdsiam_config_new();
    rdsiam_client *client = NULL;
    rdsiam_error *err = NULL;
    CHECK_OK(rdsiam_config_set_credentials(config, given, &err), err);
    rdsiam_credentials_free(given);
    CHECK_OK(rdsiam_client_new(config, &client, &err), err);
    rdsiam_config_free(config);
    return client;
}

static void versions(void) {
    CHECK(rdsiam_abi_version() == RDSIAM_ABI_VERSION);
    CHECK(strchr(rdsiam_version(), '.') != NULL);
}

/* Each pointer of each function is NULL once: an error, no crash, and no stale output. */
static void null_pointers(void) {
    rdsiam_client *client = static_client(0);
    rdsiam_credentials *given = credentials(0);
    rdsiam_config *config = rdsiam_config_new();
    rdsiam_credentials *no_credentials = given;
    rdsiam_client *no_client = client;
    rdsiam_token *token = (rdsiam_token *)1;
    rdsiam_error *err = NULL;
    const rdsiam_status bad = RDSIAM_ERR_INVALID_ARGUMENT;

    CHECK_ERROR(rdsiam_credentials_new(NULL, "s", NULL, 0, &no_credentials, &err), bad, err);
    CHECK(no_credentials == NULL);
    CHECK_ERROR(rdsiam_credentials_new("a", NULL, NULL, 0, &no_credentials, &err), bad, err);
    CHECK_ERROR(rdsiam_credentials_new("a", "s", NULL, 0, NULL, &err), bad, err);
    CHECK_ERROR(rdsiam_credentials_new("a", "s", NULL, -1, &no_credentials, &err), bad, err);
    CHECK(rdsiam_credentials_new(NULL, NULL, NULL, 0, NULL, NULL) == bad);

    CHECK_ERROR(rdsiam_config_set_region(NULL, "us-east-1", &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_region(config, NULL, &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_region(config, "US EAST", &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_profile(NULL, "p", &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_profile(config, NULL, &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_profile(config, "", &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_credentials(NULL, given, &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_credentials(config, NULL, &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_provider(config, NULL, NULL, NULL, &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_refresh_before(NULL, 60, &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_refresh_before(config, 901, &err), bad, err);
    CHECK_ERROR(rdsiam_client_new(config, NULL, &err), bad, err);
    CHECK_OK(rdsiam_client_new(NULL, &no_client, &err), err);
    rdsiam_client_free(no_client);

    CHECK_ERROR(rdsiam_token_get(NULL, HOST, 1, "u", NULL, &token, &err), bad, err);
    CHECK(token == NULL);
    CHECK_ERROR(rdsiam_token_get(client, NULL, 1, "u", NULL, &token, &err), bad, err);
    CHECK_ERROR(rdsiam_token_get(client, HOST, 1, NULL, NULL, &token, &err), bad, err);
    CHECK_ERROR(rdsiam_token_get(client, HOST, 1, "u", NULL, NULL, &err), bad, err);
    CHECK_ERROR(rdsiam_token_get(client, HOST, 0, "u", NULL, &token, &err), bad, err);
    CHECK_ERROR(rdsiam_token_get(client, "\xff", 1, "u", NULL, &token, &err), bad, err);
    CHECK_ERROR(rdsiam_token_get(client, HOST, 1, "\xff", NULL, &token, &err), bad, err);
    CHECK_ERROR(rdsiam_token_get(client, HOST, 1, "u", "\xff", &token, &err), bad, err);
    CHECK_ERROR(rdsiam_token_sign(NULL, HOST, 1, "u", NULL, &token, &err), bad, err);
    CHECK_ERROR(rdsiam_token_sign(client, NULL, 1, "u", NULL, &token, &err), bad, err);
    CHECK_ERROR(rdsiam_token_sign(client, HOST, 1, "u", NULL, NULL, &err), bad, err);
    CHECK_ERROR(rdsiam_token_sign_at(NULL, HOST, 1, "u", NULL, 0, 900, &token, &err), bad, err);
    CHECK_ERROR(rdsiam_token_sign_at(given, HOST, 1, "u", NULL, -1, 900, &token, &err), bad, err);
    CHECK_ERROR(rdsiam_token_sign_at(given, HOST, 1, "u", NULL, 0, 900, NULL, &err), bad, err);
    CHECK_ERROR(rdsiam_token_invalidate(NULL, HOST, 1, "u", NULL, &err), bad, err);
    CHECK_ERROR(rdsiam_token_invalidate(client, NULL, 1, "u", NULL, &err), bad, err);
    CHECK(rdsiam_token_get(NULL, NULL, 0, NULL, NULL, NULL, NULL) == bad);

    CHECK(rdsiam_token_str(NULL) == NULL && rdsiam_token_len(NULL) == 0);
    CHECK(rdsiam_token_expires_at(NULL) == 0);
    CHECK(rdsiam_error_status(NULL) == RDSIAM_OK && !rdsiam_error_retryable(NULL));
    CHECK(strcmp(rdsiam_error_code(NULL), "") == 0 && strcmp(rdsiam_error_message(NULL), "") == 0);
    rdsiam_token_free(NULL);
    rdsiam_error_free(NULL);
    rdsiam_client_free(NULL);
    rdsiam_config_free(NULL);
    rdsiam_credentials_free(NULL);

    rdsiam_config_free(config);
    rdsiam_credentials_free(given);
    rdsiam_client_free(client);
}

static void hits_signing_and_invalidation(void) {
    rdsiam_client *client = static_client(0);
    rdsiam_token *first = NULL, *second = NULL, *third = NULL, *other = NULL, *new_one = NULL;
    rdsiam_error *err = NULL;
    const int64_t now = (int64_t)time(NULL);

    CHECK_OK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &first, &err), err);
    CHECK_OK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &second, &err), err);
    CHECK(rdsiam_token_str(first) == rdsiam_token_str(second));
    CHECK(rdsiam_token_len(first) == strlen(rdsiam_token_str(first)));
    CHECK(rdsiam_token_expires_at(first) >= now + 900);
    CHECK(rdsiam_token_expires_at(first) <= now + 902);
    CHECK_OK(rdsiam_token_get(client, HOST, 5432, "APP", NULL, &other, &err), err);
    CHECK(strcmp(rdsiam_token_str(first), rdsiam_token_str(other)) != 0);

    CHECK_OK(rdsiam_token_sign(client, HOST, 5432, "app", NULL, &third, &err), err);
    CHECK(rdsiam_token_str(first) != rdsiam_token_str(third));
    CHECK_OK(rdsiam_token_invalidate(client, HOST, 5432, "app", NULL, &err), err);
    CHECK_OK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &new_one, &err), err);
    CHECK(rdsiam_token_str(first) != rdsiam_token_str(new_one));

    /* Tokens outlive their client. */
    rdsiam_client_free(client);
    CHECK(strncmp(rdsiam_token_str(first), HOST, strlen(HOST)) == 0);
    rdsiam_token_free(first);
    rdsiam_token_free(second);
    rdsiam_token_free(third);
    rdsiam_token_free(other);
    rdsiam_token_free(new_one);
}

static void life_of_credentials(void) {
    const int64_t now = (int64_t)time(NULL);
    rdsiam_client *ended = static_client(now - 60), *soon = static_client(now + 300);
    rdsiam_credentials *given = credentials(1000);
    rdsiam_token *token = NULL;
    rdsiam_error *err = NULL;

    CHECK(rdsiam_token_get(ended, HOST, 5432, "app", NULL, &token, &err) ==
          RDSIAM_ERR_CREDENTIALS_EXPIRED);
    CHECK(rdsiam_error_retryable(err));
    CHECK(strcmp(rdsiam_error_code(err), "ERR_RDSIAM_CREDENTIALS_EXPIRED") == 0);
    CHECK(strstr(rdsiam_error_message(err), "expired at 20") != NULL);
    rdsiam_error_free(err);
    CHECK_OK(rdsiam_token_get(soon, HOST, 5432, "app", NULL, &token, &err), err);
    CHECK(rdsiam_token_expires_at(token) == now + 300);
    rdsiam_token_free(token);
    CHECK_OK(rdsiam_token_sign_at(given, HOST, 1, "u", NULL, 999, 900, &token, &err), err);
    CHECK(rdsiam_token_expires_at(token) == 1000);
    rdsiam_token_free(token);
    CHECK_ERROR(rdsiam_token_sign_at(given, HOST, 1, "u", NULL, 1000, 900, &token, &err),
                RDSIAM_ERR_CREDENTIALS_EXPIRED, err);
    rdsiam_credentials_free(given);
    rdsiam_client_free(ended);
    rdsiam_client_free(soon);
}

struct provider {
    int calls, forced, freed;
    rdsiam_status status;
    int64_t expires_at;
    bool gives;
};

static rdsiam_status provide(void *user_data, bool force_refresh, rdsiam_credentials **out) {
    struct provider *provider = (struct provider *)user_data;
    const struct timespec pause = {0, 20 * 1000 * 1000};
    __atomic_add_fetch(&provider->calls, 1, __ATOMIC_SEQ_CST);
    provider->forced += force_refresh;
    nanosleep(&pause, NULL);
    if (provider->gives)
        *out = credentials(provider->expires_at);
    return provider->status;
}

static void free_provider(void *user_data) {
    ((struct provider *)user_data)->freed++;
}

static rdsiam_client *client_of(struct provider *provider) {
    rdsiam_config *config = rdsiam_config_new();
    rdsiam_client *client = NULL;
    rdsiam_error *err = NULL;
    CHECK_OK(rdsiam_config_set_provider(config, provide, provider, free_provider, &err), err);
    CHECK_OK(rdsiam_client_new(config, &client, &err), err);
    rdsiam_config_free(config);
    CHECK(provider->freed == 0);
    return client;
}

static void providers(void) {
    const int64_t now = (int64_t)time(NULL);
    struct provider good = {0, 0, 0, RDSIAM_OK, 0, true};
    struct provider soon = {0, 0, 0, RDSIAM_OK, 0, true};
    struct provider replaced = {0, 0, 0, RDSIAM_OK, 0, true};
    rdsiam_client *client = client_of(&good);
    rdsiam_config *config;
    rdsiam_token *token = NULL;
    rdsiam_error *err = NULL;

    CHECK_OK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &token, &err), err);
    rdsiam_token_free(token);
    CHECK_OK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &token, &err), err);
    rdsiam_token_free(token);
    CHECK(good.calls == 1 && good.forced == 0);
    rdsiam_client_free(client);
    CHECK(good.freed == 1);

    soon.expires_at = now + 600;
    client = client_of(&soon);
    CHECK_OK(rdsiam_token_sign(client, HOST, 5432, "app", NULL, &token, &err), err);
    CHECK(rdsiam_token_expires_at(token) == now + 600);
    CHECK(soon.calls == 2 && soon.forced == 1);
    rdsiam_token_free(token);
    rdsiam_client_free(client);

    /* The second of two calls holds, and what the first was given is freed. */
    config = rdsiam_config_new();
    CHECK_OK(rdsiam_config_set_provider(config, provide, &replaced, free_provider, &err), err);
    CHECK_OK(rdsiam_config_set_provider(config, provide, &good, NULL, &err), err);
    CHECK(replaced.freed == 1);
    CHECK(rdsiam_config_set_provider(NULL, provide, &replaced, free_provider, NULL) ==
          RDSIAM_ERR_INVALID_ARGUMENT);
    CHECK(replaced.freed == 2);
    rdsiam_config_free(config);
}

static void failing_providers(void) {
    static const struct {
        rdsiam_status returned;
        bool gives;
        rdsiam_status seen;
        bool retryable;
    } cases[] = {
        {RDSIAM_OK, false, RDSIAM_ERR_CREDENTIALS_PROVIDER, false},
        {RDSIAM_ERR_CREDENTIALS_NOT_FOUND, false, RDSIAM_ERR_CREDENTIALS_NOT_FOUND, false},
        {RDSIAM_ERR_CREDENTIALS_EXPIRED, false, RDSIAM_ERR_CREDENTIALS_EXPIRED, true},
        {RDSIAM_ERR_TIMEOUT, true, RDSIAM_ERR_TIMEOUT, true},
        {RDSIAM_ERR_PANIC, false, RDSIAM_ERR_CREDENTIALS_PROVIDER, true},
        {-12345, true, RDSIAM_ERR_CREDENTIALS_PROVIDER, true},
    };
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct provider provider = {0, 0, 0, RDSIAM_OK, 0, false};
        rdsiam_client *client;
        rdsiam_token *token = NULL;
        rdsiam_error *err = NULL;
        provider.status = cases[i].returned;
        provider.gives = cases[i].gives;
        client = client_of(&provider);
        CHECK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &token, &err) == cases[i].seen);
        CHECK(token == NULL && rdsiam_error_status(err) == cases[i].seen);
        CHECK(rdsiam_error_retryable(err) == cases[i].retryable);
        rdsiam_error_free(err);
        rdsiam_client_free(client);
        CHECK(provider.freed == 1);
    }
}

static void *get_many(void *client) {
    int i;
    for (i = 0; i < 1000; i++) {
        rdsiam_token *token = NULL;
        CHECK(rdsiam_token_get((rdsiam_client *)client, HOST, 5432, "app", NULL, &token, NULL) ==
              RDSIAM_OK);
        CHECK(rdsiam_token_len(token) > 300);
        rdsiam_token_free(token);
    }
    return NULL;
}

static void threads(void) {
    struct provider provider = {0, 0, 0, RDSIAM_OK, 0, true};
    rdsiam_client *client = client_of(&provider);
    pthread_t all[16];
    int i;
    for (i = 0; i < 16; i++)
        CHECK(pthread_create(&all[i], NULL, get_many, client) == 0);
    for (i = 0; i < 16; i++)
        CHECK(pthread_join(all[i], NULL) == 0);
    CHECK(provider.calls == 1);
    rdsiam_client_free(client);
}

/* A child gets what is cached, and can make what is not, also while another thread of the
 * parent was in the middle of a refresh. */
static void forks(void) {
    struct provider provider = {0, 0, 0, RDSIAM_OK, 0, true};
    rdsiam_client *client = client_of(&provider);
    int i;
    for (i = 0; i < 20; i++) {
        rdsiam_token *token = NULL;
        pthread_t busy;
        pid_t child;
        int status = -1;
        CHECK(rdsiam_token_invalidate(client, HOST, 5432, "app", NULL, NULL) == RDSIAM_OK);
        CHECK(pthread_create(&busy, NULL, get_many, client) == 0);
        while (__atomic_load_n(&provider.calls, __ATOMIC_SEQ_CST) <= i)
            nanosleep(&(struct timespec){0, 1000 * 1000}, NULL);
        child = fork();
        if (child == 0) {
            alarm(20);
            _exit(rdsiam_token_get(client, HOST, 5432, "app", NULL, &token, NULL) == RDSIAM_OK &&
                          rdsiam_token_len(token) > 300
                      ? 0
                      : 1);
        }
        CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
        CHECK(pthread_join(busy, NULL) == 0);
    }
    rdsiam_client_free(client);
}

/* No secret in any error that the API can be brought to. */
static void secrets(void) {
    rdsiam_credentials *given = credentials(0);
    rdsiam_client *client = static_client((int64_t)time(NULL) - 1);
    rdsiam_error *errors[4] = {NULL, NULL, NULL, NULL};
    rdsiam_token *token = NULL;
    size_t i;
    (void)rdsiam_token_sign_at(given, "a b", 1, "u", "us-east-1", 0, 900, &token, &errors[0]);
    (void)rdsiam_token_sign_at(given, HOST, 1, "u", NULL, 0, 901, &token, &errors[1]);
    (void)rdsiam_token_get(client, HOST, 1, "u", NULL, &token, &errors[2]);
    (void)rdsiam_token_sign_at(given, "https://u:SECRETKEYEXAMPLE@h", 1, "u", NULL, 0, 900, &token,
                               &errors[3]);
    for (i = 0; i < 4; i++) {
        const char *message = rdsiam_error_message(errors[i]);
        CHECK(errors[i] != NULL && strlen(message) > 10);
        CHECK(strstr(message, "SECRETKEY") == NULL && strstr(message, "SESSIONEX") == NULL);
        rdsiam_error_free(errors[i]);
    }
    rdsiam_credentials_free(given);
    rdsiam_client_free(client);
}

/* Any argument leaves the forks out, for valgrind: in a child it takes for lost what the threads
 * of the parent were holding. */
int main(int argc, char **argv) {
    (void)argv;
    versions();
    null_pointers();
    hits_signing_and_invalidation();
    life_of_credentials();
    providers();
    failing_providers();
    threads();
    if (argc == 1)
        forks();
    secrets();
    return report("api", 30000);
}
