/* A panic behind each export comes out as RDSIAM_ERR_PANIC, or as the neutral value of a
 * function that has no status; the process lives on, and so does the next call. For a library
 * built with the feature fault-injection. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <time.h>

static const char *const HOST = "mydb.abc123.us-east-1.rds.amazonaws.com";

static rdsiam_credentials *credentials;
static rdsiam_config *config;
static rdsiam_client *client;
static rdsiam_token *token;
static rdsiam_ticket *ticket;
static rdsiam_error *given;

/* Calls one export in a way that succeeds when nothing panics. 1: it had a status. */
static int call(const char *name, rdsiam_status *status, rdsiam_error **err) {
    rdsiam_token *t = NULL;
    rdsiam_client *c = NULL;
    rdsiam_credentials *k = NULL;
    rdsiam_ticket *n = NULL;
    *status = -1;
    if (strcmp(name, "rdsiam_config_set_region") == 0)
        *status = rdsiam_config_set_region(config, "us-east-1", err);
    else if (strcmp(name, "rdsiam_config_set_profile") == 0)
        *status = rdsiam_config_set_profile(config, "p", err);
    else if (strcmp(name, "rdsiam_config_set_credentials") == 0)
        *status = rdsiam_config_set_credentials(config, credentials, err);
    else if (strcmp(name, "rdsiam_config_set_external") == 0)
        *status = rdsiam_config_set_external(config, err);
    else if (strcmp(name, "rdsiam_config_set_refresh_before") == 0)
        *status = rdsiam_config_set_refresh_before(config, 30, err);
    else if (strcmp(name, "rdsiam_credentials_new") == 0)
        *status = rdsiam_credentials_new("a", "s", NULL, 0, &k, err);
    else if (strcmp(name, "rdsiam_client_new") == 0)
        *status = rdsiam_client_new(NULL, &c, err);
    else if (strcmp(name, "rdsiam_token_get") == 0)
        *status = rdsiam_token_get(client, HOST, 5432, "app", NULL, &t, err);
    else if (strcmp(name, "rdsiam_token_sign") == 0)
        *status = rdsiam_token_sign(client, HOST, 5432, "app", NULL, &t, err);
    else if (strcmp(name, "rdsiam_token_try_get") == 0)
        *status = rdsiam_token_try_get(client, HOST, 5432, "app", NULL, &t, err);
    else if (strcmp(name, "rdsiam_token_sign_with") == 0)
        *status =
            rdsiam_token_sign_with(client, credentials, NULL, HOST, 5432, "app", NULL, &t, err);
    else if (strcmp(name, "rdsiam_ticket_take") == 0)
        *status = rdsiam_ticket_take(client, HOST, 5432, "app", NULL, &t, &n, err);
    else if (strcmp(name, "rdsiam_ticket_bring") == 0)
        *status = rdsiam_ticket_bring(ticket, credentials, NULL, &t, err);
    else if (strcmp(name, "rdsiam_token_sign_at") == 0)
        *status = rdsiam_token_sign_at(credentials, HOST, 5432, "app", NULL, 0, 900, &t, err);
    else if (strcmp(name, "rdsiam_token_invalidate") == 0)
        *status = rdsiam_token_invalidate(client, HOST, 5432, "app", NULL, err);
    CHECK(*status == RDSIAM_OK || (t == NULL && c == NULL && k == NULL && n == NULL));
    rdsiam_token_free(t);
    rdsiam_client_free(c);
    rdsiam_credentials_free(k);
    rdsiam_ticket_free(n);
    return *status != -1;
}

static rdsiam_status provide(void *user_data, bool force_refresh, rdsiam_credentials **out) {
    (void)user_data, (void)force_refresh, (void)out;
    return RDSIAM_ERR_TIMEOUT;
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
    else if (strcmp(name, "rdsiam_credentials_want_newer") == 0)
        CHECK(!rdsiam_credentials_want_newer(credentials));
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
    else if (strcmp(name, "rdsiam_ticket_free") == 0)
        rdsiam_ticket_free(ticket);
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
    if (strcmp(name, "rdsiam_config_set_provider") == 0) {
        status = rdsiam_config_set_provider(config, provide, NULL, NULL, &err);
        known = 1;
    } else {
        known = call(name, &status, &err);
    }
    CHECK(unsetenv("RDSIAM_PANIC_IN") == 0);
    if (known) {
        CHECK(status == RDSIAM_ERR_PANIC && err != NULL);
        CHECK(rdsiam_error_status(err) == RDSIAM_ERR_PANIC);
        CHECK(strcmp(rdsiam_error_code(err), "ERR_RDSIAM_PANIC") == 0);
        CHECK(strlen(rdsiam_error_message(err)) > 10 && !rdsiam_error_retryable(err));
        rdsiam_error_free(err);
        err = NULL;
        if (strcmp(name, "rdsiam_config_set_provider") != 0) {
            (void)call(name, &status, &err);
            CHECK(status == RDSIAM_OK && err == NULL);
        }
        return;
    }
    CHECK(setenv("RDSIAM_PANIC_IN", name, 1) == 0);
    known = neutral(name);
    CHECK(unsetenv("RDSIAM_PANIC_IN") == 0);
    CHECK(known);
    if (!known)
        fprintf(stderr, "no test for %s\n", name);
}

/* Arguments: every export of the library. */
int main(int argc, char **argv) {
    rdsiam_client *external = NULL;
    rdsiam_token *none = NULL;
    int i;
    /* With an end, so that a false answer of rdsiam_credentials_want_newer() is the panic's. */
    CHECK(rdsiam_credentials_new("AKID", "SECRET", NULL, (int64_t)time(NULL) + 600, &credentials,
                                 NULL) == RDSIAM_OK);
    CHECK(rdsiam_credentials_want_newer(credentials));
    config = rdsiam_config_new();
    CHECK(rdsiam_config_set_credentials(config, credentials, NULL) == RDSIAM_OK);
    CHECK(rdsiam_client_new(config, &client, NULL) == RDSIAM_OK);
    CHECK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &token, NULL) == RDSIAM_OK);
    CHECK(rdsiam_config_set_external(config, NULL) == RDSIAM_OK);
    CHECK(rdsiam_client_new(config, &external, NULL) == RDSIAM_OK);
    CHECK(rdsiam_ticket_take(external, HOST, 5432, "app", NULL, &none, &ticket, NULL) == RDSIAM_OK);
    rdsiam_client_free(external);
    CHECK(rdsiam_token_get(client, "", 5432, "app", NULL, &(rdsiam_token *){NULL}, &given) ==
          RDSIAM_ERR_INVALID_ARGUMENT);
    for (i = 1; i < argc; i++)
        inject(argv[i]);
    /* A free that panicked freed nothing, so all handles are still to be freed. */
    rdsiam_ticket_free(ticket);
    rdsiam_token_free(token);
    rdsiam_error_free(given);
    rdsiam_client_free(client);
    rdsiam_config_free(config);
    rdsiam_credentials_free(credentials);
    CHECK(argc > 20);
    return report("panic", 100);
}
