/* Handles, NULL, outputs, errors, the cache and its threads, as the header promises them. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <pthread.h>
#include <sys/resource.h>
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
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", RDSIAM_VERSION_MAJOR, RDSIAM_VERSION_MINOR,
             RDSIAM_VERSION_PATCH);
    CHECK(strcmp(text, rdsiam_version()) == 0);
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
    rdsiam_explanation *explanation = NULL;
    rdsiam_quoted *quoted = NULL;
    uint64_t number = 1;
    bool retry = true;
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
    CHECK_ERROR(rdsiam_config_set_min_remaining(NULL, 10, &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_min_remaining(config, 901, &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_expires(NULL, 900, &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_expires(config, 0, &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_expires(config, 604801, &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_kind(NULL, RDSIAM_KIND_DSQL, &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_kind(config, -1, &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_kind(config, RDSIAM_KIND_MEMORYDB + 1, &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_timeout_ms(NULL, 1000, &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_timeout_ms(config, 0, &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_timeout_ms(config, 3600001, &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_max_entries(NULL, 1, &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_max_entries(config, 0, &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_on_event(config, NULL, NULL, NULL, &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_log_stderr(NULL, &err), bad, err);
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
    CHECK_ERROR(rdsiam_token_sign_kind_at(NULL, 0, HOST, 1, "u", NULL, 0, 900, &token, &err), bad,
                err);
    CHECK_ERROR(rdsiam_token_sign_kind_at(given, 7, HOST, 1, "u", NULL, 0, 900, &token, &err), bad,
                err);
    CHECK_ERROR(rdsiam_token_sign_kind_at(given, 1, HOST, 1, "u", NULL, 0, 901, &token, &err), bad,
                err);
    CHECK_ERROR(rdsiam_token_invalidate(NULL, HOST, 1, "u", NULL, &err), bad, err);
    CHECK_ERROR(rdsiam_token_invalidate(client, NULL, 1, "u", NULL, &err), bad, err);
    CHECK_ERROR(rdsiam_token_try_sign(NULL, HOST, 1, "u", NULL, &token, &err), bad, err);
    CHECK_ERROR(rdsiam_token_invalidate_if(NULL, HOST, 1, "u", NULL, "t", &err), bad, err);
    CHECK_ERROR(rdsiam_token_invalidate_if(client, HOST, 1, "u", NULL, NULL, &err), bad, err);
    CHECK_ERROR(rdsiam_login_refused(NULL, HOST, 1, "u", NULL, "t", 0, &retry, &err), bad, err);
    CHECK(!retry);
    CHECK_ERROR(rdsiam_login_refused(client, HOST, 1, "u", NULL, NULL, 0, &retry, &err), bad, err);
    CHECK_ERROR(rdsiam_login_refused(client, HOST, 1, "u", NULL, "t", 0, NULL, &err), bad, err);
    CHECK_ERROR(rdsiam_client_stat(NULL, RDSIAM_STAT_HITS, &number, &err), bad, err);
    CHECK(number == 0);
    CHECK_ERROR(rdsiam_client_stat(client, 0, &number, &err), bad, err);
    CHECK_ERROR(rdsiam_client_stat(client, RDSIAM_STAT_HITS, NULL, &err), bad, err);
    CHECK_ERROR(rdsiam_explain(NULL, &explanation, &err), bad, err);
    CHECK_ERROR(rdsiam_explain("t", NULL, &err), bad, err);
    CHECK_ERROR(rdsiam_quote(NULL, RDSIAM_QUOTE_URL, &quoted, &err), bad, err);
    CHECK_ERROR(rdsiam_quote("t", 0, &quoted, &err), bad, err);
    CHECK_ERROR(rdsiam_quote("t", RDSIAM_QUOTE_URL, NULL, &err), bad, err);
    CHECK(rdsiam_token_get(NULL, NULL, 0, NULL, NULL, NULL, NULL) == bad);

    CHECK(rdsiam_token_str(NULL) == NULL && rdsiam_token_len(NULL) == 0);
    CHECK(rdsiam_token_expires_at(NULL) == 0 && rdsiam_token_signed_at(NULL) == 0);
    CHECK(rdsiam_event_kind(NULL) == RDSIAM_EVENT_OTHER && rdsiam_event_error(NULL) == NULL);
    CHECK(strcmp(rdsiam_event_message(NULL), "") == 0 && rdsiam_quoted_str(NULL) == NULL);
    CHECK(rdsiam_explanation_field(NULL, 1) == NULL && rdsiam_explanation_problem(NULL, 0) == NULL);
    CHECK(strcmp(rdsiam_explanation_text(NULL), "") == 0);
    rdsiam_explanation_free(NULL);
    rdsiam_quoted_free(NULL);
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
    CHECK(rdsiam_token_expires_at(first) == rdsiam_token_signed_at(first) + 900);
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
    bool sets_credentials;
    const char *message; /* of its error; NULL: it sets none */
    bool retryable;
};

static rdsiam_status provide(void *user_data, bool force_refresh, rdsiam_credentials **out,
                             rdsiam_error **err) {
    struct provider *provider = (struct provider *)user_data;
    const struct timespec pause = {0, 20 * 1000 * 1000};
    __atomic_add_fetch(&provider->calls, 1, __ATOMIC_SEQ_CST);
    provider->forced += force_refresh;
    nanosleep(&pause, NULL);
    if (provider->sets_credentials)
        *out = credentials(provider->expires_at);
    if (provider->message != NULL)
        *err = rdsiam_error_new(provider->status, provider->message, provider->retryable);
    return provider->status;
}

static void free_provider(void *user_data) {
    __atomic_add_fetch(&((struct provider *)user_data)->freed, 1, __ATOMIC_SEQ_CST);
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

/* What the provider was given is freed when the thread of its last fetch has ended. */
static void free_and_wait(rdsiam_client *client, struct provider *provider) {
    int i;
    rdsiam_client_free(client);
    for (i = 0; i < 2000 && __atomic_load_n(&provider->freed, __ATOMIC_SEQ_CST) == 0; i++)
        nanosleep(&(struct timespec){0, 1000 * 1000}, NULL);
    CHECK(__atomic_load_n(&provider->freed, __ATOMIC_SEQ_CST) == 1);
}

static void providers(void) {
    const int64_t now = (int64_t)time(NULL);
    struct provider good = {0, 0, 0, RDSIAM_OK, 0, true, NULL, false};
    struct provider soon = {0, 0, 0, RDSIAM_OK, 0, true, NULL, false};
    struct provider replaced = {0, 0, 0, RDSIAM_OK, 0, true, NULL, false};
    rdsiam_client *client = client_of(&good);
    rdsiam_config *config;
    rdsiam_token *token = NULL;
    rdsiam_error *err = NULL;

    CHECK_OK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &token, &err), err);
    rdsiam_token_free(token);
    CHECK_OK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &token, &err), err);
    rdsiam_token_free(token);
    CHECK(good.calls == 1 && good.forced == 0);
    free_and_wait(client, &good);

    soon.expires_at = now + 600;
    client = client_of(&soon);
    CHECK_OK(rdsiam_token_sign(client, HOST, 5432, "app", NULL, &token, &err), err);
    CHECK(rdsiam_token_expires_at(token) == now + 600);
    CHECK(soon.calls == 2 && soon.forced == 1);
    rdsiam_token_free(token);
    free_and_wait(client, &soon);

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

/* A provider's failure reaches the caller with its text, and is never a fault of the library. */
static void failing_providers(void) {
    static const struct {
        rdsiam_status returned;
        bool sets_credentials;
        const char *message;
        bool says_retryable;
        rdsiam_status seen;
        bool retryable;
        const char *text;
    } cases[] = {
        {RDSIAM_OK, false, NULL, false, RDSIAM_ERR_CREDENTIALS_PROVIDER, false, "set no"},
        {RDSIAM_ERR_CREDENTIALS_NOT_FOUND, false, "no such role", true,
         RDSIAM_ERR_CREDENTIALS_NOT_FOUND, false, "no such role"},
        {RDSIAM_ERR_CREDENTIALS_EXPIRED, false, NULL, false, RDSIAM_ERR_CREDENTIALS_EXPIRED, true,
         "ERR_RDSIAM_CREDENTIALS_EXPIRED"},
        {RDSIAM_ERR_TIMEOUT, true, "the vault is slow", false, RDSIAM_ERR_TIMEOUT, true, "is slow"},
        {RDSIAM_ERR_CREDENTIALS_PROVIDER, false, "sealed", true, RDSIAM_ERR_CREDENTIALS_PROVIDER,
         true, "sealed"},
        {RDSIAM_ERR_CREDENTIALS_PROVIDER, false, "gone", false, RDSIAM_ERR_CREDENTIALS_PROVIDER,
         false, "gone"},
        {RDSIAM_ERR_INTERNAL, false, "odd", true, RDSIAM_ERR_CREDENTIALS_PROVIDER, true, "odd"},
        {RDSIAM_ERR_PANIC, false, NULL, false, RDSIAM_ERR_CREDENTIALS_PROVIDER, false, "PANIC"},
        {-12345, true, NULL, false, RDSIAM_ERR_CREDENTIALS_PROVIDER, false, "-12345"},
    };
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct provider provider = {0, 0, 0, RDSIAM_OK, 0, false, NULL, false};
        rdsiam_client *client;
        rdsiam_token *token = NULL;
        rdsiam_error *err = NULL;
        provider.status = cases[i].returned;
        provider.sets_credentials = cases[i].sets_credentials;
        provider.message = cases[i].message;
        provider.retryable = cases[i].says_retryable;
        client = client_of(&provider);
        CHECK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &token, &err) == cases[i].seen);
        CHECK(token == NULL && rdsiam_error_status(err) == cases[i].seen);
        CHECK(rdsiam_error_retryable(err) == cases[i].retryable);
        CHECK(strstr(rdsiam_error_message(err), cases[i].text) != NULL);
        rdsiam_error_free(err);
        free_and_wait(client, &provider);
    }
}

/* The error of a function that failed in the callback is passed on as it is. */
static rdsiam_status provide_bad_key(void *user_data, bool force_refresh, rdsiam_credentials **out,
                                     rdsiam_error **err) {
    (void)user_data, (void)force_refresh;
    return rdsiam_credentials_new("", "SECRETKEYEXAMPLE", NULL, 0, out, err);
}

static rdsiam_client *ASKED_BY_ITSELF;

static rdsiam_status provide_by_asking(void *user_data, bool force_refresh,
                                       rdsiam_credentials **out, rdsiam_error **err) {
    rdsiam_token *token = NULL;
    rdsiam_status status;
    (void)user_data, (void)force_refresh, (void)out;
    status = rdsiam_token_get(ASKED_BY_ITSELF, HOST, 1, "u", NULL, &token, err);
    rdsiam_token_free(token);
    return status;
}

static void providers_that_are_at_fault(void) {
    rdsiam_config *config = rdsiam_config_new();
    rdsiam_client *client = NULL;
    rdsiam_token *token = NULL;
    rdsiam_error *err = NULL;
    CHECK_OK(rdsiam_config_set_provider(config, provide_bad_key, NULL, NULL, &err), err);
    CHECK_OK(rdsiam_client_new(config, &client, &err), err);
    CHECK(rdsiam_token_get(client, HOST, 1, "u", NULL, &token, &err) ==
          RDSIAM_ERR_CREDENTIALS_PROVIDER);
    CHECK(strstr(rdsiam_error_message(err), "access_key_id is empty") != NULL);
    CHECK(!rdsiam_error_retryable(err));
    rdsiam_error_free(err);
    rdsiam_client_free(client);

    CHECK_OK(rdsiam_config_set_provider(config, provide_by_asking, NULL, NULL, &err), err);
    CHECK_OK(rdsiam_client_new(config, &client, &err), err);
    ASKED_BY_ITSELF = client;
    CHECK(rdsiam_token_get(client, HOST, 1, "u", NULL, &token, &err) ==
          RDSIAM_ERR_CREDENTIALS_PROVIDER);
    CHECK(strstr(rdsiam_error_message(err), "the client that it serves") != NULL);
    CHECK(!rdsiam_error_retryable(err));
    rdsiam_error_free(err);
    rdsiam_client_free(client);
    rdsiam_config_free(config);
}

/* The kinds of an error that a program makes for its own source. */
static void made_errors(void) {
    rdsiam_error *err = rdsiam_error_new(RDSIAM_OK, NULL, true);
    CHECK(rdsiam_error_status(err) == RDSIAM_ERR_CREDENTIALS_PROVIDER &&
          rdsiam_error_retryable(err));
    CHECK(strlen(rdsiam_error_message(err)) > 10);
    rdsiam_error_free(err);
    err = rdsiam_error_new(RDSIAM_ERR_TIMEOUT, "", false);
    CHECK(rdsiam_error_status(err) == RDSIAM_ERR_TIMEOUT && rdsiam_error_retryable(err));
    CHECK(strlen(rdsiam_error_message(err)) > 10);
    rdsiam_error_free(err);
    err = rdsiam_error_new(RDSIAM_ERR_CREDENTIALS_NOT_FOUND, "\xff none", true);
    CHECK(rdsiam_error_status(err) == RDSIAM_ERR_CREDENTIALS_NOT_FOUND);
    CHECK(!rdsiam_error_retryable(err) && strstr(rdsiam_error_message(err), " none") != NULL);
    rdsiam_error_free(err);
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
    struct provider provider = {0, 0, 0, RDSIAM_OK, 0, true, NULL, false};
    rdsiam_client *client = client_of(&provider);
    pthread_t all[16];
    int i;
    for (i = 0; i < 16; i++)
        CHECK(pthread_create(&all[i], NULL, get_many, client) == 0);
    for (i = 0; i < 16; i++)
        CHECK(pthread_join(all[i], NULL) == 0);
    CHECK(provider.calls == 1);
    free_and_wait(client, &provider);
}

/* A child gets what is cached, and can make what is not, also while a fetch runs in the parent. */
static void forks(void) {
    int i;
    for (i = 0; i < 20; i++) {
        struct provider provider = {0, 0, 0, RDSIAM_OK, 0, true, NULL, false};
        rdsiam_client *client = client_of(&provider);
        rdsiam_token *token = NULL;
        pthread_t busy;
        pid_t child;
        int status = -1;
        CHECK(pthread_create(&busy, NULL, get_many, client) == 0);
        while (__atomic_load_n(&provider.calls, __ATOMIC_SEQ_CST) == 0)
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
        free_and_wait(client, &provider);
    }
}

static uint64_t stat(const rdsiam_client *client, int32_t which) {
    uint64_t number = 0;
    CHECK(rdsiam_client_stat(client, which, &number, NULL) == RDSIAM_OK);
    return number;
}

/* Each setting does what it says, and each counter counts. */
static void settings_and_counters(void) {
    rdsiam_credentials *given = credentials(0);
    rdsiam_config *config = rdsiam_config_new();
    rdsiam_client *client = NULL;
    rdsiam_token *token = NULL, *again = NULL;
    rdsiam_error *err = NULL;
    int32_t which;
    CHECK_OK(rdsiam_config_set_credentials(config, given, &err), err);
    CHECK_OK(rdsiam_config_set_expires(config, 600, &err), err);
    CHECK_OK(rdsiam_config_set_refresh_before(config, 0, &err), err);
    CHECK_OK(rdsiam_config_set_min_remaining(config, 0, &err), err);
    CHECK_OK(rdsiam_config_set_max_entries(config, 1, &err), err);
    CHECK_OK(rdsiam_client_new(config, &client, &err), err);
    CHECK_OK(rdsiam_token_get(client, HOST, 5432, "a", NULL, &token, &err), err);
    CHECK(rdsiam_token_expires_at(token) == rdsiam_token_signed_at(token) + 600);
    rdsiam_token_free(token);
    CHECK_OK(rdsiam_token_get(client, HOST, 5432, "b", NULL, &token, &err), err);
    CHECK_OK(rdsiam_token_get(client, HOST, 5432, "b", NULL, &again, &err), err);
    CHECK(rdsiam_token_str(token) == rdsiam_token_str(again));
    CHECK(stat(client, RDSIAM_STAT_HITS) == 1 && stat(client, RDSIAM_STAT_MISSES) == 2);
    CHECK(stat(client, RDSIAM_STAT_SIGNATURES) == 2 && stat(client, RDSIAM_STAT_EVICTIONS) == 1);
    CHECK(stat(client, RDSIAM_STAT_ENTRIES) == 1 && stat(client, RDSIAM_STAT_REFRESHES) == 0);
    CHECK(rdsiam_token_invalidate(client, HOST, 5432, "b", NULL, NULL) == RDSIAM_OK);
    CHECK(stat(client, RDSIAM_STAT_INVALIDATIONS) == 1);
    for (which = RDSIAM_STAT_HITS; which <= RDSIAM_STAT_ENTRIES; which++)
        (void)stat(client, which);
    rdsiam_token_free(token);
    rdsiam_token_free(again);
    rdsiam_client_free(client);

    /* The cache returns nothing that expires within min_remaining. */
    rdsiam_credentials_free(given);
    given = credentials((int64_t)time(NULL) + 100);
    CHECK_OK(rdsiam_config_set_credentials(config, given, &err), err);
    CHECK_OK(rdsiam_config_set_min_remaining(config, 200, &err), err);
    CHECK_OK(rdsiam_client_new(config, &client, &err), err);
    CHECK_ERROR(rdsiam_token_get(client, HOST, 5432, "a", NULL, &token, &err),
                RDSIAM_ERR_CREDENTIALS_EXPIRED, err);
    rdsiam_client_free(client);
    rdsiam_credentials_free(given);
    rdsiam_config_free(config);
}

/* A refused login is tried once more, and a client that is refused always never storms. */
static void refused_logins(void) {
    rdsiam_client *client = static_client(0);
    rdsiam_token *token = NULL, *newer = NULL;
    rdsiam_error *err = NULL;
    bool retry = false;
    const int64_t later = (int64_t)time(NULL) + 5;

    CHECK_OK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &token, &err), err);
    /* Not the one that is cached: that stays. */
    CHECK_OK(rdsiam_token_invalidate_if(client, HOST, 5432, "app", NULL, "other", &err), err);
    CHECK_OK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &newer, &err), err);
    CHECK(rdsiam_token_str(token) == rdsiam_token_str(newer));
    rdsiam_token_free(newer);
    CHECK_OK(
        rdsiam_token_invalidate_if(client, HOST, 5432, "app", NULL, rdsiam_token_str(token), &err),
        err);
    CHECK_OK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &newer, &err), err);
    CHECK(rdsiam_token_str(token) != rdsiam_token_str(newer));
    rdsiam_token_free(token);

    /* A token of the cache: once more with a new one. */
    CHECK_OK(rdsiam_login_refused(client, HOST, 5432, "app", NULL, rdsiam_token_str(newer), later,
                                  &retry, &err),
             err);
    CHECK(retry);
    rdsiam_token_free(newer);
    CHECK_OK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &token, &err), err);
    /* A token that was made for this login: the token is not the reason. */
    CHECK_OK(rdsiam_login_refused(client, HOST, 5432, "app", NULL, rdsiam_token_str(token), 0,
                                  &retry, &err),
             err);
    CHECK(!retry);
    CHECK_OK(rdsiam_login_refused(client, HOST, 5432, "app", NULL, rdsiam_token_str(token), later,
                                  &retry, &err),
             err);
    CHECK(!retry);
    rdsiam_token_free(token);
    rdsiam_client_free(client);
}

struct events {
    int mismatches, failures, freed;
    char message[512];
};

static void on_event(void *user_data, const rdsiam_event *event) {
    struct events *events = (struct events *)user_data;
    const rdsiam_error *error = rdsiam_event_error(event);
    switch (rdsiam_event_kind(event)) {
    case RDSIAM_EVENT_REGION_MISMATCH:
        events->mismatches++;
        CHECK(error == NULL);
        break;
    case RDSIAM_EVENT_REFRESH_FAILED:
        events->failures++;
        break;
    }
    snprintf(events->message, sizeof events->message, "%s", rdsiam_event_message(event));
}

static void free_events(void *user_data) {
    ((struct events *)user_data)->freed++;
}

static void events(void) {
    struct provider failing = {0, 0, 0, RDSIAM_ERR_CREDENTIALS_NOT_FOUND, 0, false, "nope", false};
    struct events seen = {0, 0, 0, ""};
    rdsiam_credentials *given = credentials(0);
    rdsiam_config *config = rdsiam_config_new();
    rdsiam_client *client = NULL;
    rdsiam_token *token = NULL;
    rdsiam_error *err = NULL;
    int i;

    CHECK_OK(rdsiam_config_set_on_event(config, on_event, &seen, free_events, &err), err);
    CHECK_OK(rdsiam_config_set_credentials(config, given, &err), err);
    CHECK_OK(rdsiam_client_new(config, &client, &err), err);
    CHECK_OK(rdsiam_token_sign(client, HOST, 5432, "app", "eu-west-1", &token, &err), err);
    rdsiam_token_free(token);
    CHECK(seen.mismatches == 1 && strstr(seen.message, "eu-west-1") != NULL);
    rdsiam_client_free(client);

    CHECK_OK(rdsiam_config_set_provider(config, provide, &failing, free_provider, &err), err);
    CHECK_OK(rdsiam_client_new(config, &client, &err), err);
    rdsiam_config_free(config);
    CHECK_ERROR(rdsiam_token_get(client, HOST, 5432, "app", NULL, &token, &err),
                RDSIAM_ERR_CREDENTIALS_NOT_FOUND, err);
    /* The caller has the error: it is no event. test_stale.c has one that nobody gets. */
    CHECK(seen.failures == 0 && seen.freed == 0);
    free_and_wait(client, &failing);
    for (i = 0; i < 1000 && __atomic_load_n(&seen.freed, __ATOMIC_SEQ_CST) == 0; i++)
        nanosleep(&(struct timespec){0, 1000 * 1000}, NULL);
    CHECK(seen.freed == 1);
    /* Freed also if the call fails. */
    CHECK(rdsiam_config_set_on_event(NULL, on_event, &seen, free_events, NULL) ==
          RDSIAM_ERR_INVALID_ARGUMENT);
    CHECK(seen.freed == 2);
    rdsiam_credentials_free(given);
}

/* What standard error gets from a call that has something to report. */
static size_t printed(bool log_stderr) {
    rdsiam_credentials *given = credentials(0);
    rdsiam_config *config = rdsiam_config_new();
    rdsiam_client *client = NULL;
    rdsiam_token *token = NULL;
    FILE *file = tmpfile();
    const int kept = dup(STDERR_FILENO);
    long length;
    CHECK(file != NULL && kept >= 0);
    CHECK(rdsiam_config_set_credentials(config, given, NULL) == RDSIAM_OK);
    if (log_stderr)
        CHECK(rdsiam_config_set_log_stderr(config, NULL) == RDSIAM_OK);
    CHECK(rdsiam_client_new(config, &client, NULL) == RDSIAM_OK);
    dup2(fileno(file), STDERR_FILENO);
    CHECK(rdsiam_token_get(client, HOST, 5432, "app", "eu-west-1", &token, NULL) == RDSIAM_OK);
    dup2(kept, STDERR_FILENO);
    close(kept);
    fseek(file, 0, SEEK_END);
    length = ftell(file);
    fclose(file);
    rdsiam_token_free(token);
    rdsiam_client_free(client);
    rdsiam_config_free(config);
    rdsiam_credentials_free(given);
    return (size_t)length;
}

static void standard_error(void) {
    CHECK(printed(false) == 0);
    CHECK(printed(true) > 50);
}

static void explaining(void) {
    static const char *const expected[] = {"mydb.abc123.us-east-1.rds.amazonaws.com",
                                           "5432",
                                           "app",
                                           "us-east-1",
                                           "AKIDEXAMPLE",
                                           "true",
                                           "1717243200",
                                           "1717244100"};
    rdsiam_credentials *given = credentials(0);
    rdsiam_explanation *explanation = NULL;
    rdsiam_token *token = NULL;
    rdsiam_error *err = NULL;
    char number[32];
    const char *text;
    int32_t field;

    CHECK_OK(rdsiam_token_sign_at(given, HOST, 5432, "app", NULL, 1717243200, 900, &token, &err),
             err);
    CHECK_OK(rdsiam_explain(rdsiam_token_str(token), &explanation, &err), err);
    for (field = RDSIAM_FIELD_HOST; field <= RDSIAM_FIELD_EXPIRES_AT; field++)
        CHECK(strcmp(rdsiam_explanation_field(explanation, field), expected[field - 1]) == 0);
    CHECK(atol(rdsiam_explanation_field(explanation, RDSIAM_FIELD_REMAINING_SECONDS)) < 0);
    snprintf(number, sizeof number, "%d", (int)rdsiam_token_len(token));
    CHECK(strcmp(rdsiam_explanation_field(explanation, RDSIAM_FIELD_LENGTH), number) == 0);
    CHECK(rdsiam_explanation_field(explanation, 0) == NULL);
    CHECK(strcmp(rdsiam_explanation_field(explanation, RDSIAM_FIELD_KIND), "rds") == 0);
    CHECK(rdsiam_explanation_field(explanation, 12) == NULL);
    CHECK(rdsiam_explanation_field(explanation, INT32_MIN) == NULL);
    /* It has expired, and that is all. */
    CHECK(rdsiam_explanation_problem(explanation, 0) != NULL);
    CHECK(rdsiam_explanation_problem(explanation, 1) == NULL);
    text = rdsiam_explanation_text(explanation);
    CHECK(strstr(text, "us-east-1") != NULL && strstr(text, "SESSION") == NULL);
    CHECK(strstr(text, strstr(rdsiam_token_str(token), "X-Amz-Signature=") + 16) == NULL);
    rdsiam_explanation_free(explanation);
    CHECK_OK(rdsiam_explain("", &explanation, &err), err);
    CHECK(rdsiam_explanation_field(explanation, RDSIAM_FIELD_HOST) == NULL);
    CHECK(rdsiam_explanation_problem(explanation, 0) != NULL);
    rdsiam_explanation_free(explanation);
    rdsiam_token_free(token);
    rdsiam_credentials_free(given);
}

/* The same call with another kind of client: its host, its action, its life. */
static void kinds(void) {
    static const struct {
        int32_t kind;
        const char *host, *user, *name, *part;
        uint32_t longest;
    } cases[] = {
        {RDSIAM_KIND_BY_NAME, "db.abc.us-east-1.rds.amazonaws.com", "app", "rds",
         ":1/?Action=connect&DBUser=app&", 900},
        {RDSIAM_KIND_RDS, "db.abc.us-east-1.rds.amazonaws.com", "app", "rds",
         ":1/?Action=connect&DBUser=app&", 900},
        {RDSIAM_KIND_BY_NAME, "abc.dsql.us-east-1.on.aws", "admin", "dsql-admin",
         "/?Action=DbConnectAdmin&X", 604800},
        {RDSIAM_KIND_BY_NAME, "abc.dsql.us-east-1.on.aws", "app", "dsql", "/?Action=DbConnect&X",
         604800},
        {RDSIAM_KIND_DSQL, "localhost", "admin", "dsql", "/?Action=DbConnect&X", 604800},
        {RDSIAM_KIND_DSQL_ADMIN, "localhost", "", "dsql-admin", "/?Action=DbConnectAdmin&X",
         604800},
        {RDSIAM_KIND_ELASTICACHE, "My-Cache", "App", "elasticache",
         "my-cache/?Action=connect&User=app&X", 900},
        {RDSIAM_KIND_ELASTICACHE_SERVERLESS, "my-cache", "app", "elasticache-serverless",
         "/?Action=connect&ResourceType=ServerlessCache&User=app&X", 900},
        {RDSIAM_KIND_MEMORYDB, "my-cluster", "app", "memorydb", "/?Action=connect&User=app&X", 900},
    };
    size_t i;
    rdsiam_credentials *given = NULL;
    rdsiam_error *err = NULL;
    CHECK_OK(rdsiam_credentials_new("AKID", "SECRET", NULL, 0, &given, &err), err);
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        rdsiam_config *config = rdsiam_config_new();
        rdsiam_client *client = NULL;
        rdsiam_token *token = NULL, *again = NULL, *pure = NULL;
        rdsiam_explanation *told = NULL;
        const char *host = cases[i].host, *user = cases[i].user;
        CHECK_OK(rdsiam_config_set_kind(config, cases[i].kind, &err), err);
        CHECK_OK(rdsiam_config_set_region(config, "us-east-1", &err), err);
        CHECK_OK(rdsiam_config_set_expires(config, cases[i].longest, &err), err);
        CHECK_OK(rdsiam_config_set_credentials(config, given, &err), err);
        CHECK_OK(rdsiam_client_new(config, &client, &err), err);
        CHECK_OK(rdsiam_token_get(client, host, 1, user, NULL, &token, &err), err);
        CHECK_OK(rdsiam_token_get(client, host, 1, user, NULL, &again, &err), err);
        CHECK(rdsiam_token_str(token) == rdsiam_token_str(again));
        CHECK(strstr(rdsiam_token_str(token), cases[i].part) != NULL);
        CHECK(rdsiam_token_expires_at(token) - rdsiam_token_signed_at(token) ==
              (int64_t)cases[i].longest);
        CHECK_OK(rdsiam_explain(rdsiam_token_str(token), &told, &err), err);
        CHECK(strcmp(rdsiam_explanation_field(told, RDSIAM_FIELD_KIND), cases[i].name) == 0);
        CHECK_OK(rdsiam_token_sign_kind_at(given, cases[i].kind, host, 1, user, "us-east-1",
                                           rdsiam_token_signed_at(token), cases[i].longest, &pure,
                                           &err),
                 err);
        CHECK(strcmp(rdsiam_token_str(token), rdsiam_token_str(pure)) == 0);
        CHECK_OK(rdsiam_token_invalidate(client, host, 1, user, NULL, &err), err);
        rdsiam_explanation_free(told);
        rdsiam_token_free(pure);
        rdsiam_token_free(again);
        rdsiam_token_free(token);
        rdsiam_client_free(client);
        rdsiam_config_free(config);
    }
    rdsiam_credentials_free(given);
}

static void quoting(void) {
    static const struct {
        int32_t place;
        const char *text;
    } cases[] = {{RDSIAM_QUOTE_URL, "h%3A1%2F%3Fa%3D%252B%7D"},
                 {RDSIAM_QUOTE_PGPASS, "h\\:1/?a=%2B}"},
                 {RDSIAM_QUOTE_ODBC, "{h:1/?a=%2B}}}"},
                 {RDSIAM_QUOTE_ODBC_PERCENT, "{h:1/?a=%252B}}}"}};
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rdsiam_quoted *quoted = NULL;
        rdsiam_error *err = NULL;
        CHECK_OK(rdsiam_quote("h:1/?a=%2B}", cases[i].place, &quoted, &err), err);
        CHECK(strcmp(rdsiam_quoted_str(quoted), cases[i].text) == 0);
        rdsiam_quoted_free(quoted);
    }
}

/* The table of open files is full: that is no fault of the library, and passes. */
static void no_descriptors(void) {
    struct rlimit limit, none;
    rdsiam_client *client = NULL;
    rdsiam_token *token = NULL;
    rdsiam_error *err = NULL;
    CHECK(setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/", 1) == 0);
    CHECK(rdsiam_client_new(NULL, &client, NULL) == RDSIAM_OK);
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    none = limit;
    none.rlim_cur = 3;
    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    CHECK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &token, &err) ==
          RDSIAM_ERR_CREDENTIALS_PROVIDER);
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(rdsiam_error_retryable(err));
    if (!rdsiam_error_retryable(err))
        fprintf(stderr, "  %s: %s\n", rdsiam_error_code(err), rdsiam_error_message(err));
    rdsiam_error_free(err);
    rdsiam_client_free(client);
    CHECK(unsetenv("AWS_CONTAINER_CREDENTIALS_FULL_URI") == 0);
}

/* No secret in any error that the API can be brought to. */
static void secrets(void) {
    rdsiam_credentials *given = credentials(0);
    rdsiam_client *client = static_client((int64_t)time(NULL) - 1);
    rdsiam_error *errors[4] = {NULL, NULL, NULL, NULL};
    rdsiam_token *token = NULL;
    size_t i;
    CHECK(rdsiam_token_sign_at(given, "a b", 1, "u", "us-east-1", 0, 900, &token, &errors[0]) !=
          RDSIAM_OK);
    CHECK(rdsiam_token_sign_at(given, HOST, 1, "u", NULL, 0, 901, &token, &errors[1]) != RDSIAM_OK);
    CHECK(rdsiam_token_get(client, HOST, 1, "u", NULL, &token, &errors[2]) != RDSIAM_OK);
    CHECK(rdsiam_token_sign_at(given, "https://u:SECRETKEYEXAMPLE@h", 1, "u", NULL, 0, 900, &token,
                               &errors[3]) != RDSIAM_OK);
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
    providers_that_are_at_fault();
    made_errors();
    settings_and_counters();
    refused_logins();
    events();
    standard_error();
    explaining();
    kinds();
    quoting();
    no_descriptors();
    threads();
    if (argc == 1)
        forks();
    secrets();
    return report("api", 30000);
}
