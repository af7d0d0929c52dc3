/* Tokens without waiting, and for a caller who fetches credentials itself. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <dirent.h>
#include <pthread.h>
#include <time.h>

static const char *const HOST = "mydb.abc123.us-east-1.rds.amazonaws.com";

static rdsiam_credentials *credentials(const char *id, int64_t expires_at) {
    rdsiam_credentials *made = NULL;
    CHECK(rdsiam_credentials_new(id, "SECRETKEYEXAMPLE", NULL, expires_at, &made, NULL) ==
          RDSIAM_OK);
    return made;
}

static rdsiam_client *host_client(uint32_t timeout_ms) {
    rdsiam_config *config = rdsiam_config_new();
    rdsiam_client *client = NULL;
    rdsiam_error *err = NULL;
    CHECK_OK(rdsiam_config_set_host_fetches(config, &err), err);
    CHECK_OK(rdsiam_config_set_timeout_ms(config, timeout_ms, &err), err);
    CHECK_OK(rdsiam_client_new(config, &client, &err), err);
    rdsiam_config_free(config);
    return client;
}

/* What there is to do for a token. */
struct action {
    rdsiam_token *token;
    rdsiam_request *request;
    rdsiam_pending *pending;
};

/* 't' a token, 'b' a token and a request, 'f' a request, 'w' another caller's fetch. */
static char kind_of(const struct action *action) {
    if (action->token != NULL)
        return action->request != NULL ? 'b' : 't';
    CHECK((action->request == NULL) != (action->pending == NULL));
    return action->request != NULL ? 'f' : 'w';
}

static char get(const rdsiam_client *client, const char *user, struct action *action) {
    rdsiam_error *err = NULL;
    CHECK_OK(rdsiam_token_get_or_fetch(client, HOST, 5432, user, NULL, &action->token,
                                       &action->request, &action->pending, &err),
             err);
    return kind_of(action);
}

static char sign(const rdsiam_client *client, struct action *action) {
    rdsiam_error *err = NULL;
    CHECK_OK(rdsiam_token_sign_or_fetch(client, HOST, 5432, "app", NULL, &action->token,
                                        &action->request, &action->pending, &err),
             err);
    return kind_of(action);
}

static void drop(struct action *action) {
    rdsiam_token_free(action->token);
    rdsiam_request_free(action->request);
    rdsiam_pending_free(action->pending);
    memset(action, 0, sizeof *action);
}

static bool signed_by(const struct action *action, const char *id) {
    return action->token != NULL && strstr(rdsiam_token_str(action->token), id) != NULL;
}

static void complete(rdsiam_request *request, const rdsiam_credentials *given, bool expected) {
    rdsiam_error *err = NULL;
    bool again = !expected;
    CHECK_OK(rdsiam_request_complete(request, given, &again, &err), err);
    CHECK(again == expected && rdsiam_request_force_refresh(request) == expected);
}

/* One request for a client, whatever the target. */
static void one_request_at_a_time(void) {
    rdsiam_client *client = host_client(10000);
    struct action first, second, third;
    rdsiam_credentials *given = credentials("AKIDFIRST", 0);
    rdsiam_error *err = NULL;

    CHECK(get(client, "app", &first) == 'f' && !rdsiam_request_force_refresh(first.request));
    CHECK(get(client, "another", &second) == 'w' && sign(client, &third) == 'w');
    complete(first.request, given, false);
    CHECK_OK(rdsiam_pending_wait(second.pending, &err), err);
    drop(&first), drop(&second), drop(&third);
    CHECK(get(client, "app", &first) == 't' && get(client, "app", &second) == 't');
    CHECK(signed_by(&first, "AKIDFIRST"));
    CHECK(rdsiam_token_str(first.token) == rdsiam_token_str(second.token));
    CHECK(sign(client, &third) == 't' && signed_by(&third, "AKIDFIRST"));
    CHECK(rdsiam_token_str(first.token) != rdsiam_token_str(third.token));
    drop(&first), drop(&second), drop(&third);
    CHECK(get(client, "another", &first) == 't');
    drop(&first);

    /* After a refused login newer ones are asked for, once. */
    CHECK(rdsiam_token_invalidate(client, HOST, 5432, "app", NULL, NULL) == RDSIAM_OK);
    CHECK(get(client, "app", &first) == 'f' && rdsiam_request_force_refresh(first.request));
    complete(first.request, given, false);
    drop(&first);
    CHECK(rdsiam_token_invalidate(client, HOST, 5432, "app", NULL, NULL) == RDSIAM_OK);
    CHECK(get(client, "app", &first) == 't');
    drop(&first);
    rdsiam_client_free(client);
    rdsiam_credentials_free(given);
}

/* A request that is dropped has failed: who waits gets that at once, and the next caller a new one.
 */
static void a_dropped_request(void) {
    rdsiam_client *client = host_client(10000);
    struct action first, second;
    rdsiam_credentials *given = credentials("AKIDFIRST", 0);
    rdsiam_error *err = NULL;
    CHECK(get(client, "app", &first) == 'f' && get(client, "app", &second) == 'w');
    drop(&first);
    CHECK(rdsiam_pending_wait(second.pending, &err) == RDSIAM_ERR_CREDENTIALS_PROVIDER);
    CHECK(rdsiam_error_retryable(err));
    rdsiam_error_free(err);
    drop(&second);
    CHECK(get(client, "app", &first) == 'f');
    /* Requests outlive their client, and so does waiting for them. */
    CHECK(get(client, "app", &second) == 'w');
    rdsiam_client_free(client);
    complete(first.request, given, false);
    CHECK(rdsiam_pending_wait(second.pending, NULL) == RDSIAM_OK);
    drop(&first), drop(&second);
    rdsiam_credentials_free(given);
}

/* A request that is lost is taken over after the timeout; what it brings late is used still. */
static void a_lost_request(void) {
    rdsiam_client *client = host_client(300);
    struct action lost, other, taken;
    rdsiam_credentials *late = credentials("AKIDFIRST", 0);
    rdsiam_error *err = NULL;
    rdsiam_token *token = NULL;
    struct timespec began, ended;
    long waited;

    CHECK(get(client, "app", &lost) == 'f' && get(client, "app", &other) == 'w');
    clock_gettime(CLOCK_MONOTONIC, &began);
    /* Overdue, or replaced: not for longer in any case. */
    if (rdsiam_pending_wait(other.pending, &err) != RDSIAM_OK)
        CHECK(rdsiam_error_status(err) == RDSIAM_ERR_TIMEOUT);
    rdsiam_error_free(err);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    waited = (ended.tv_sec - began.tv_sec) * 1000 + (ended.tv_nsec - began.tv_nsec) / 1000000;
    CHECK(waited >= 200 && waited < 2000);
    drop(&other);
    CHECK(get(client, "app", &taken) == 'f');
    complete(lost.request, late, false);
    drop(&lost);
    CHECK(get(client, "app", &other) == 't' && signed_by(&other, "AKIDFIRST"));
    drop(&other);
    /* Its error ends nothing that was taken over. */
    drop(&taken);
    CHECK_OK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &token, &err), err);
    rdsiam_token_free(token);
    rdsiam_credentials_free(late);
    rdsiam_client_free(client);
}

/* Credentials that expire within 15 minutes are asked for once more, and the better ones sign. */
static void the_better_credentials_sign(void) {
    const int64_t now = (int64_t)time(NULL);
    static const struct {
        int first, second; /* seconds they live; 0 is for ever, -1 for a failure */
        bool again;
        const char *signer;
    } cases[] = {{600, 3600, true, "AKIDSECOND"}, {600, 300, true, "AKIDFIRST"},
                 {600, -1, true, "AKIDFIRST"},    {600, 0, true, "AKIDSECOND"},
                 {600, 600, true, "AKIDSECOND"},  {3600, -1, false, "AKIDFIRST"},
                 {0, -1, false, "AKIDFIRST"}};
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rdsiam_client *client = host_client(10000);
        const int first_life = cases[i].first, second_life = cases[i].second;
        rdsiam_credentials *first = credentials("AKIDFIRST", first_life > 0 ? now + first_life : 0);
        rdsiam_credentials *second =
            credentials("AKIDSECOND", second_life > 0 ? now + second_life : 0);
        rdsiam_error *down = rdsiam_error_new(RDSIAM_ERR_TIMEOUT, "the portal is down", true);
        struct action action, later;
        CHECK((i % 2 == 0 ? get(client, "app", &action) : sign(client, &action)) == 'f');
        complete(action.request, first, cases[i].again);
        if (cases[i].again && second_life < 0)
            CHECK(rdsiam_request_fail(action.request, down, NULL) == RDSIAM_OK);
        else if (cases[i].again)
            complete(action.request, second, false);
        CHECK(!rdsiam_request_force_refresh(action.request));
        CHECK(get(client, "app", &later) == 't' && signed_by(&later, cases[i].signer));
        drop(&action), drop(&later);
        rdsiam_error_free(down);
        rdsiam_credentials_free(first);
        rdsiam_credentials_free(second);
        rdsiam_client_free(client);
    }
}

/* Credentials that expire during the login: an error from the cache, not one request after the
 * other; a new token may still be signed with them. */
static void credentials_that_expire_too_soon(void) {
    rdsiam_client *client = host_client(10000);
    rdsiam_credentials *given = credentials("AKIDFIRST", (int64_t)time(NULL) + 6);
    struct action action;
    rdsiam_error *err = NULL;
    CHECK(get(client, "app", &action) == 'f');
    complete(action.request, given, true);
    complete(action.request, given, false);
    drop(&action);
    CHECK_ERROR(rdsiam_token_get_or_fetch(client, HOST, 5432, "app", NULL, &action.token,
                                          &action.request, &action.pending, &err),
                RDSIAM_ERR_CREDENTIALS_EXPIRED, err);
    CHECK(sign(client, &action) == 't' && signed_by(&action, "AKIDFIRST"));
    drop(&action);
    rdsiam_credentials_free(given);
    rdsiam_client_free(client);
}

static void a_failed_request(void) {
    static const struct {
        rdsiam_status says, seen;
        bool says_retryable, retryable;
    } cases[] = {{RDSIAM_ERR_CREDENTIALS_NOT_FOUND, RDSIAM_ERR_CREDENTIALS_NOT_FOUND, true, false},
                 {RDSIAM_ERR_TIMEOUT, RDSIAM_ERR_TIMEOUT, false, true},
                 {RDSIAM_ERR_CREDENTIALS_PROVIDER, RDSIAM_ERR_CREDENTIALS_PROVIDER, true, true},
                 {RDSIAM_ERR_INTERNAL, RDSIAM_ERR_CREDENTIALS_PROVIDER, false, false}};
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rdsiam_client *client = host_client(10000);
        rdsiam_error *why =
            rdsiam_error_new(cases[i].says, "the portal is down", cases[i].says_retryable);
        rdsiam_error *err = NULL;
        struct action first, second;
        CHECK(get(client, "app", &first) == 'f' && get(client, "app", &second) == 'w');
        CHECK(rdsiam_request_fail(first.request, why, NULL) == cases[i].seen);
        CHECK(rdsiam_pending_wait(second.pending, &err) == cases[i].seen);
        CHECK(rdsiam_error_retryable(err) == cases[i].retryable);
        CHECK(strstr(rdsiam_error_message(err), "the portal is down") != NULL);
        rdsiam_error_free(err);
        rdsiam_error_free(why);
        drop(&first), drop(&second);
        rdsiam_client_free(client);
    }
}

static int threads_now(void) {
    DIR *folder = opendir("/proc/self/task");
    int count = 0;
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

struct waiter {
    rdsiam_client *client;
    rdsiam_status status;
};

static void *wait_for_token(void *argument) {
    struct waiter *waiter = (struct waiter *)argument;
    rdsiam_token *token = NULL;
    waiter->status = rdsiam_token_get(waiter->client, HOST, 5432, "app", NULL, &token, NULL);
    rdsiam_token_free(token);
    return NULL;
}

/* rdsiam_token_get() serves, waits for another caller's fetch, or fails; it starts no thread. */
static void getting(void) {
    rdsiam_client *client = host_client(10000);
    rdsiam_credentials *given = credentials("AKIDFIRST", 0);
    const int before = threads_now();
    struct waiter waiter = {client, -1};
    struct action action;
    rdsiam_token *token = NULL;
    rdsiam_error *err = NULL;
    pthread_t thread;

    CHECK_ERROR(rdsiam_token_get(client, HOST, 1, "u", NULL, &token, &err), RDSIAM_ERR_WOULD_BLOCK,
                err);
    CHECK_ERROR(rdsiam_token_sign(client, HOST, 1, "u", NULL, &token, &err), RDSIAM_ERR_WOULD_BLOCK,
                err);
    CHECK_ERROR(rdsiam_token_try_get(client, HOST, 1, "u", NULL, &token, &err),
                RDSIAM_ERR_WOULD_BLOCK, err);
    CHECK(threads_now() == before);
    CHECK(get(client, "app", &action) == 'f');
    CHECK(pthread_create(&thread, NULL, wait_for_token, &waiter) == 0);
    nanosleep(&(struct timespec){0, 200 * 1000 * 1000}, NULL);
    CHECK(waiter.status == -1 && threads_now() == before + 1);
    complete(action.request, given, false);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(waiter.status == RDSIAM_OK);
    CHECK_OK(rdsiam_token_get(client, HOST, 1, "u", NULL, &token, &err), err);
    rdsiam_token_free(token);
    drop(&action);
    rdsiam_credentials_free(given);
    rdsiam_client_free(client);
}

static void errors(void) {
    const rdsiam_status bad = RDSIAM_ERR_INVALID_ARGUMENT;
    rdsiam_client *client = host_client(10000), *other = NULL;
    rdsiam_credentials *ended = credentials("AKIDFIRST", (int64_t)time(NULL) - 5);
    rdsiam_error *why = rdsiam_error_new(RDSIAM_ERR_TIMEOUT, "slow", true), *err = NULL;
    rdsiam_token *token = (rdsiam_token *)1;
    rdsiam_request *request = (rdsiam_request *)1;
    rdsiam_pending *pending = (rdsiam_pending *)1;
    struct action action;
    bool again = true;

#define ASK(client, host, port, user, out, request, pending)                                       \
    rdsiam_token_get_or_fetch(client, host, port, user, NULL, out, request, pending, &err)
    CHECK_ERROR(ASK(NULL, HOST, 1, "u", &token, &request, &pending), bad, err);
    CHECK(token == NULL && request == NULL && pending == NULL);
    CHECK_ERROR(ASK(client, NULL, 1, "u", &token, &request, &pending), bad, err);
    CHECK_ERROR(ASK(client, HOST, 0, "u", &token, &request, &pending), bad, err);
    CHECK_ERROR(ASK(client, HOST, 1, NULL, &token, &request, &pending), bad, err);
    CHECK_ERROR(ASK(client, HOST, 1, "u", NULL, &request, &pending), bad, err);
    CHECK_ERROR(ASK(client, HOST, 1, "u", &token, NULL, &pending), bad, err);
    CHECK_ERROR(ASK(client, HOST, 1, "u", &token, &request, NULL), bad, err);
    CHECK_ERROR(
        rdsiam_token_sign_or_fetch(NULL, HOST, 1, "u", NULL, &token, &request, &pending, &err), bad,
        err);
    CHECK_ERROR(rdsiam_config_set_host_fetches(NULL, &err), bad, err);
    /* One that fetches by itself: nobody else's credentials may get in there. */
    CHECK_OK(rdsiam_client_new(NULL, &other, &err), err);
    CHECK_ERROR(ASK(other, HOST, 1, "u", &token, &request, &pending), bad, err);
    CHECK_ERROR(
        rdsiam_token_sign_or_fetch(other, HOST, 1, "u", NULL, &token, &request, &pending, &err),
        bad, err);
    rdsiam_client_free(other);

    CHECK_ERROR(rdsiam_request_complete(NULL, ended, &again, &err), bad, err);
    CHECK(!again);
    CHECK_ERROR(rdsiam_request_fail(NULL, why, &err), bad, err);
    CHECK_ERROR(rdsiam_pending_wait(NULL, &err), bad, err);
    CHECK(!rdsiam_request_force_refresh(NULL));
    CHECK(get(client, "app", &action) == 'f');
    CHECK_ERROR(rdsiam_request_complete(action.request, NULL, &again, &err), bad, err);
    CHECK_ERROR(rdsiam_request_complete(action.request, ended, NULL, &err), bad, err);
    CHECK_ERROR(rdsiam_request_fail(action.request, NULL, &err), bad, err);
    /* Expired ones never sign. */
    complete(action.request, ended, true);
    CHECK_ERROR(rdsiam_request_complete(action.request, ended, &again, &err),
                RDSIAM_ERR_CREDENTIALS_EXPIRED, err);
    CHECK(!again);
    CHECK_ERROR(rdsiam_request_complete(action.request, ended, &again, &err), bad, err);
    CHECK_ERROR(rdsiam_request_fail(action.request, why, &err), bad, err);
    drop(&action);
    rdsiam_request_free(NULL);
    rdsiam_pending_free(NULL);
    rdsiam_error_free(why);
    rdsiam_credentials_free(ended);
    rdsiam_client_free(client);
}

static int calls;

static rdsiam_status provide(void *user_data, bool force_refresh, rdsiam_credentials **out,
                             rdsiam_error **err) {
    (void)user_data, (void)force_refresh, (void)err;
    nanosleep(&(struct timespec){0, 50 * 1000 * 1000}, NULL);
    __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
    *out = credentials("AKIDFIRST", 0);
    return RDSIAM_OK;
}

/* A call that may not wait begins the fetch, and a later one finds what it brought. */
static void trying(void) {
    rdsiam_config *config = rdsiam_config_new();
    rdsiam_client *client = NULL;
    rdsiam_credentials *given = credentials("AKIDFIRST", 0);
    rdsiam_token *token = NULL, *same = NULL;
    rdsiam_error *err = NULL;
    rdsiam_status status;
    int i;

    CHECK_OK(rdsiam_config_set_provider(config, provide, NULL, NULL, &err), err);
    CHECK_OK(rdsiam_client_new(config, &client, &err), err);
    CHECK_ERROR(rdsiam_token_try_get(client, HOST, 5432, "app", NULL, &token, &err),
                RDSIAM_ERR_WOULD_BLOCK, err);
    CHECK_ERROR(rdsiam_token_try_sign(client, HOST, 5432, "app", NULL, &token, &err),
                RDSIAM_ERR_WOULD_BLOCK, err);
    CHECK(token == NULL);
    for (i = 0; i < 1000 && token == NULL; i++) {
        nanosleep(&(struct timespec){0, 5 * 1000 * 1000}, NULL);
        status = rdsiam_token_try_get(client, HOST, 5432, "app", NULL, &token, NULL);
        CHECK(status == RDSIAM_OK || status == RDSIAM_ERR_WOULD_BLOCK);
    }
    CHECK_OK(rdsiam_token_try_get(client, HOST, 5432, "app", NULL, &same, &err), err);
    CHECK(calls == 1 && rdsiam_token_str(token) == rdsiam_token_str(same));
    rdsiam_token_free(token);
    rdsiam_token_free(same);
    CHECK_OK(rdsiam_token_try_sign(client, HOST, 5432, "app", NULL, &token, &err), err);
    rdsiam_token_free(token);
    rdsiam_client_free(client);

    CHECK_OK(rdsiam_config_set_credentials(config, given, &err), err);
    CHECK_OK(rdsiam_client_new(config, &client, &err), err);
    CHECK_OK(rdsiam_token_try_get(client, HOST, 5432, "app", NULL, &token, &err), err);
    rdsiam_token_free(token);
    CHECK_ERROR(rdsiam_token_try_get(NULL, HOST, 1, "u", NULL, &token, &err),
                RDSIAM_ERR_INVALID_ARGUMENT, err);
    CHECK_ERROR(rdsiam_token_try_get(client, HOST, 1, "u", NULL, NULL, &err),
                RDSIAM_ERR_INVALID_ARGUMENT, err);
    rdsiam_client_free(client);
    rdsiam_credentials_free(given);
    rdsiam_config_free(config);
}

int main(void) {
    one_request_at_a_time();
    a_dropped_request();
    a_lost_request();
    the_better_credentials_sign();
    credentials_that_expire_too_soon();
    a_failed_request();
    getting();
    errors();
    trying();
    return report("request", 250);
}
