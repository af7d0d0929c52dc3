/* A panic behind each export comes out as RDSIAM_ERR_PANIC, or as the neutral value of a
 * function that has no status; the process lives on, and so does the next call. For a library
 * built with --cfg rdsiam_panic_injection. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <time.h>

static const char *const HOST = "mydb.abc123.us-east-1.rds.amazonaws.com";

static rdsiam_credentials *credentials;
static rdsiam_config *config;
static rdsiam_client *client;
static rdsiam_token *token;
static rdsiam_request *request, *spare;
static rdsiam_pending *pending;
static rdsiam_client *host_client;
static rdsiam_explanation *explanation;
static rdsiam_quoted *quoted;
static rdsiam_error *given;

static rdsiam_status provide(void *user_data, bool force_refresh, rdsiam_credentials **out,
                             rdsiam_error **err) {
    (void)user_data, (void)force_refresh, (void)out, (void)err;
    return RDSIAM_ERR_TIMEOUT;
}

static void on_event(void *user_data, const rdsiam_event *event) {
    (void)user_data, (void)event;
}

/* A failure that is none, because what came before is used. */
static rdsiam_status fail_after_an_answer(rdsiam_error **err) {
    rdsiam_error *why = rdsiam_error_new(RDSIAM_ERR_TIMEOUT, "slow", true);
    const rdsiam_status status = rdsiam_request_fail(spare, why, err);
    rdsiam_error_free(why);
    return status;
}

/* Calls one export in a way that succeeds when nothing panics. 1: it had a status. */
static int call(const char *name, rdsiam_status *status, rdsiam_error **err) {
    rdsiam_token *t = NULL;
    rdsiam_client *c = NULL;
    rdsiam_credentials *k = NULL;
    rdsiam_request *r = NULL;
    rdsiam_pending *p = NULL;
    rdsiam_explanation *e = NULL;
    rdsiam_quoted *q = NULL;
    uint64_t number = 0;
    bool flag = false;
    *status = -1;
#define CALL(function, ...)                                                                        \
    if (strcmp(name, #function) == 0)                                                              \
    *status = function(__VA_ARGS__, err)
    CALL(rdsiam_config_set_region, config, "us-east-1");
    CALL(rdsiam_config_set_profile, config, "p");
    CALL(rdsiam_config_set_credentials, config, credentials);
    CALL(rdsiam_config_set_host_fetches, config);
    CALL(rdsiam_config_set_log_stderr, config);
    CALL(rdsiam_config_set_refresh_before, config, 30);
    CALL(rdsiam_config_set_min_remaining, config, 30);
    CALL(rdsiam_config_set_expires, config, 300);
    CALL(rdsiam_config_set_kind, config, RDSIAM_KIND_DSQL);
    CALL(rdsiam_config_set_timeout_ms, config, 1000);
    CALL(rdsiam_config_set_max_entries, config, 10);
    CALL(rdsiam_config_set_provider, config, provide, NULL, NULL);
    CALL(rdsiam_config_set_on_event, config, on_event, NULL, NULL);
    CALL(rdsiam_credentials_new, "a", "s", NULL, 0, &k);
    CALL(rdsiam_client_new, NULL, &c);
    CALL(rdsiam_client_stat, client, RDSIAM_STAT_HITS, &number);
    CALL(rdsiam_token_get, client, HOST, 5432, "app", NULL, &t);
    CALL(rdsiam_token_try_get, client, HOST, 5432, "app", NULL, &t);
    CALL(rdsiam_token_sign, client, HOST, 5432, "app", NULL, &t);
    CALL(rdsiam_token_try_sign, client, HOST, 5432, "app", NULL, &t);
    CALL(rdsiam_token_sign_at, credentials, HOST, 5432, "app", NULL, 0, 900, &t);
    CALL(rdsiam_token_sign_kind_at, credentials, RDSIAM_KIND_RDS, HOST, 5432, "app", NULL, 0, 900,
         &t);
    CALL(rdsiam_token_get_or_fetch, host_client, HOST, 5432, "app", NULL, &t, &r, &p);
    CALL(rdsiam_token_sign_or_fetch, host_client, HOST, 5432, "app", NULL, &t, &r, &p);
    CALL(rdsiam_token_invalidate, client, HOST, 5432, "app", NULL);
    CALL(rdsiam_token_invalidate_if, client, HOST, 5432, "app", NULL, "t");
    CALL(rdsiam_login_refused, client, HOST, 5432, "app", NULL, "t", 0, &flag);
    CALL(rdsiam_request_complete, request, credentials, &flag);
    if (strcmp(name, "rdsiam_request_fail") == 0)
        *status = fail_after_an_answer(err);
    CALL(rdsiam_pending_wait, pending);
    CALL(rdsiam_explain, "t", &e);
    CALL(rdsiam_quote, "t", RDSIAM_QUOTE_URL, &q);
#undef CALL
    CHECK(*status == RDSIAM_OK || (t == NULL && c == NULL && k == NULL && r == NULL && p == NULL &&
                                   e == NULL && q == NULL && !flag && number == 0));
    rdsiam_token_free(t);
    rdsiam_client_free(c);
    rdsiam_credentials_free(k);
    rdsiam_request_free(r);
    rdsiam_pending_free(p);
    rdsiam_explanation_free(e);
    rdsiam_quoted_free(q);
    return *status != -1;
}

/* 1 if the export is one without a status; it must give its neutral value. */
static int neutral(const char *name) {
    if (strcmp(name, "rdsiam_abi_version") == 0)
        CHECK(rdsiam_abi_version() == 0);
    else if (strcmp(name, "rdsiam_version") == 0)
        CHECK(strcmp(rdsiam_version(), "") == 0);
    else if (strcmp(name, "rdsiam_config_new") == 0)
        CHECK(rdsiam_config_new() == NULL);
    else if (strcmp(name, "rdsiam_token_str") == 0)
        CHECK(rdsiam_token_str(token) == NULL);
    else if (strcmp(name, "rdsiam_token_len") == 0)
        CHECK(rdsiam_token_len(token) == 0);
    else if (strcmp(name, "rdsiam_token_expires_at") == 0)
        CHECK(rdsiam_token_expires_at(token) == 0);
    else if (strcmp(name, "rdsiam_token_signed_at") == 0)
        CHECK(rdsiam_token_signed_at(token) == 0);
    else if (strcmp(name, "rdsiam_request_force_refresh") == 0)
        CHECK(!rdsiam_request_force_refresh(request));
    else if (strcmp(name, "rdsiam_explanation_field") == 0)
        CHECK(rdsiam_explanation_field(explanation, RDSIAM_FIELD_LENGTH) == NULL);
    else if (strcmp(name, "rdsiam_explanation_problem") == 0)
        CHECK(rdsiam_explanation_problem(explanation, 0) == NULL);
    else if (strcmp(name, "rdsiam_explanation_text") == 0)
        CHECK(strcmp(rdsiam_explanation_text(explanation), "") == 0);
    else if (strcmp(name, "rdsiam_quoted_str") == 0)
        CHECK(rdsiam_quoted_str(quoted) == NULL);
    else if (strcmp(name, "rdsiam_error_new") == 0)
        CHECK(rdsiam_error_new(RDSIAM_ERR_TIMEOUT, "slow", true) == NULL);
    else if (strcmp(name, "rdsiam_event_kind") == 0)
        CHECK(rdsiam_event_kind(NULL) == RDSIAM_EVENT_OTHER);
    else if (strcmp(name, "rdsiam_event_message") == 0)
        CHECK(strcmp(rdsiam_event_message(NULL), "") == 0);
    else if (strcmp(name, "rdsiam_event_error") == 0)
        CHECK(rdsiam_event_error(NULL) == NULL);
    else if (strcmp(name, "rdsiam_error_status") == 0)
        CHECK(rdsiam_error_status(given) == RDSIAM_ERR_PANIC);
    else if (strcmp(name, "rdsiam_error_code") == 0)
        CHECK(strcmp(rdsiam_error_code(given), "") == 0);
    else if (strcmp(name, "rdsiam_error_message") == 0)
        CHECK(strcmp(rdsiam_error_message(given), "") == 0);
    else if (strcmp(name, "rdsiam_error_retryable") == 0)
        CHECK(!rdsiam_error_retryable(given));
    else if (strcmp(name, "rdsiam_token_free") == 0)
        rdsiam_token_free(token);
    else if (strcmp(name, "rdsiam_request_free") == 0)
        rdsiam_request_free(request);
    else if (strcmp(name, "rdsiam_pending_free") == 0)
        rdsiam_pending_free(pending);
    else if (strcmp(name, "rdsiam_explanation_free") == 0)
        rdsiam_explanation_free(explanation);
    else if (strcmp(name, "rdsiam_quoted_free") == 0)
        rdsiam_quoted_free(quoted);
    else if (strcmp(name, "rdsiam_error_free") == 0)
        rdsiam_error_free(given);
    else if (strcmp(name, "rdsiam_client_free") == 0)
        rdsiam_client_free(client);
    else if (strcmp(name, "rdsiam_config_free") == 0)
        rdsiam_config_free(config);
    else if (strcmp(name, "rdsiam_credentials_free") == 0)
        rdsiam_credentials_free(credentials);
    else
        return 0;
    return 1;
}

static void inject(const char *name) {
    rdsiam_status status;
    rdsiam_error *err = NULL;
    int known;

    CHECK(setenv("RDSIAM_PANIC_IN", name, 1) == 0);
    known = call(name, &status, &err);
    CHECK(unsetenv("RDSIAM_PANIC_IN") == 0);
    if (known) {
        CHECK(status == RDSIAM_ERR_PANIC && err != NULL);
        CHECK(rdsiam_error_status(err) == RDSIAM_ERR_PANIC);
        CHECK(strcmp(rdsiam_error_code(err), "ERR_RDSIAM_PANIC") == 0);
        CHECK(strlen(rdsiam_error_message(err)) > 10 && !rdsiam_error_retryable(err));
        rdsiam_error_free(err);
        err = NULL;
        (void)call(name, &status, &err);
        CHECK(status == RDSIAM_OK && err == NULL);
        return;
    }
    CHECK(setenv("RDSIAM_PANIC_IN", name, 1) == 0);
    known = neutral(name);
    CHECK(unsetenv("RDSIAM_PANIC_IN") == 0);
    CHECK(known);
    if (!known)
        fprintf(stderr, "no test for %s\n", name);
}

static void ask(rdsiam_request **fetch, rdsiam_pending **wait) {
    rdsiam_token *none = NULL;
    CHECK(rdsiam_token_get_or_fetch(host_client, HOST, 5432, "app", NULL, &none, fetch, wait,
                                    NULL) == RDSIAM_OK);
    CHECK(none == NULL);
}

static void make_handles(void) {
    rdsiam_request *no_request = NULL;
    rdsiam_credentials *expiring = NULL;
    rdsiam_client *other;
    bool again = false;
    CHECK(rdsiam_credentials_new("AKID", "SECRET", NULL, 0, &credentials, NULL) == RDSIAM_OK);
    config = rdsiam_config_new();
    CHECK(rdsiam_config_set_host_fetches(config, NULL) == RDSIAM_OK);
    /* A request that may fail, because it has had an answer. */
    CHECK(rdsiam_client_new(config, &host_client, NULL) == RDSIAM_OK);
    ask(&spare, &pending);
    CHECK(rdsiam_credentials_new("AKID", "SECRET", NULL, (int64_t)time(NULL) + 600, &expiring,
                                 NULL) == RDSIAM_OK);
    CHECK(rdsiam_request_complete(spare, expiring, &again, NULL) == RDSIAM_OK && again);
    rdsiam_credentials_free(expiring);
    rdsiam_pending_free(pending);
    other = host_client;
    /* One after a refused login: it asks for newer credentials. */
    CHECK(rdsiam_client_new(config, &host_client, NULL) == RDSIAM_OK);
    ask(&request, &pending);
    CHECK(rdsiam_request_complete(request, credentials, &again, NULL) == RDSIAM_OK && !again);
    rdsiam_request_free(request);
    CHECK(rdsiam_token_invalidate(host_client, HOST, 5432, "app", NULL, NULL) == RDSIAM_OK);
    ask(&request, &pending);
    CHECK(rdsiam_request_force_refresh(request));
    ask(&no_request, &pending);
    rdsiam_client_free(other);
    CHECK(rdsiam_config_set_credentials(config, credentials, NULL) == RDSIAM_OK);
    CHECK(rdsiam_client_new(config, &client, NULL) == RDSIAM_OK);
    CHECK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &token, NULL) == RDSIAM_OK);
    CHECK(rdsiam_explain("t", &explanation, NULL) == RDSIAM_OK);
    CHECK(rdsiam_quote("t", RDSIAM_QUOTE_URL, &quoted, NULL) == RDSIAM_OK);
    CHECK(rdsiam_token_get(client, "", 5432, "app", NULL, &(rdsiam_token *){NULL}, &given) ==
          RDSIAM_ERR_INVALID_ARGUMENT);
}

/* Arguments: every export of the library. */
int main(int argc, char **argv) {
    int i;
    make_handles();
    /* In this order what waits for the request finds it completed. */
    inject("rdsiam_request_force_refresh");
    inject("rdsiam_request_complete");
    for (i = 1; i < argc; i++) {
        if (strcmp(argv[i], "rdsiam_request_complete") != 0 &&
            strcmp(argv[i], "rdsiam_request_force_refresh") != 0)
            inject(argv[i]);
    }
    /* A free that panicked freed nothing, so all handles are still to be freed. */
    rdsiam_request_free(request);
    rdsiam_request_free(spare);
    rdsiam_pending_free(pending);
    rdsiam_token_free(token);
    rdsiam_error_free(given);
    rdsiam_explanation_free(explanation);
    rdsiam_quoted_free(quoted);
    rdsiam_client_free(client);
    rdsiam_client_free(host_client);
    rdsiam_config_free(config);
    rdsiam_credentials_free(credentials);
    CHECK(argc > 50);
    return report("panic", 200);
}
