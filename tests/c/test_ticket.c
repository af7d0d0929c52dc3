/* Tokens without waiting, and for a caller who fetches credentials itself. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <time.h>

static const char *const HOST = "mydb.abc123.us-east-1.rds.amazonaws.com";

static rdsiam_credentials *credentials(const char *id, int64_t expires_at) {
    rdsiam_credentials *made = NULL;
    CHECK(rdsiam_credentials_new(id, "SECRETKEYEXAMPLE", NULL, expires_at, &made, NULL) ==
          RDSIAM_OK);
    return made;
}

static rdsiam_client *external_client(void) {
    rdsiam_config *config = rdsiam_config_new();
    rdsiam_client *client = NULL;
    rdsiam_error *err = NULL;
    CHECK_OK(rdsiam_config_set_external(config, &err), err);
    CHECK_OK(rdsiam_client_new(config, &client, &err), err);
    rdsiam_config_free(config);
    return client;
}

/* What a step gives: 't' a token, 'f' a ticket, 'b' both, '-' neither. */
static char take(const rdsiam_client *client, rdsiam_token **token, rdsiam_ticket **ticket) {
    rdsiam_error *err = NULL;
    CHECK_OK(rdsiam_ticket_take(client, HOST, 5432, "app", NULL, token, ticket, &err), err);
    if (*token != NULL)
        return *ticket != NULL ? 'b' : 't';
    return *ticket != NULL ? 'f' : '-';
}

/* Brings credentials, perhaps after asking twice, and says who signed; "" for an error. */
static const char *bring(rdsiam_ticket *ticket, const rdsiam_credentials *first,
                         const rdsiam_credentials *second) {
    rdsiam_token *token = NULL;
    rdsiam_error *err = NULL;
    const char *signer = "";
    CHECK_OK(rdsiam_ticket_bring(ticket, first, second, &token, &err), err);
    if (token != NULL)
        signer = strstr(rdsiam_token_str(token), "AKIDFIRST") != NULL ? "AKIDFIRST" : "AKIDSECOND";
    rdsiam_token_free(token);
    return signer;
}

static void one_ticket_at_a_time(void) {
    rdsiam_client *client = external_client();
    rdsiam_token *token = NULL, *again = NULL;
    rdsiam_ticket *ticket = NULL, *other = NULL;
    rdsiam_credentials *given = credentials("AKIDFIRST", 0);

    CHECK(take(client, &token, &ticket) == 'f');
    CHECK(take(client, &token, &other) == '-');
    CHECK(strcmp(bring(ticket, given, NULL), "AKIDFIRST") == 0);
    rdsiam_ticket_free(ticket);
    CHECK(take(client, &token, &ticket) == 't' && take(client, &again, &ticket) == 't');
    CHECK(rdsiam_token_str(token) == rdsiam_token_str(again));
    rdsiam_token_free(token);
    rdsiam_token_free(again);

    /* One that brought nothing lets the next caller try at once. */
    CHECK(rdsiam_token_invalidate(client, HOST, 5432, "app", NULL, NULL) == RDSIAM_OK);
    CHECK(take(client, &token, &ticket) == 'f');
    rdsiam_ticket_free(ticket);
    CHECK(take(client, &token, &ticket) == 'f');
    /* A ticket outlives its client. */
    rdsiam_client_free(client);
    CHECK(strcmp(bring(ticket, given, NULL), "AKIDFIRST") == 0);
    rdsiam_ticket_free(ticket);
    rdsiam_credentials_free(given);
}

static void the_better_credentials_sign(void) {
    const int64_t now = (int64_t)time(NULL);
    static const struct {
        int first, second; /* seconds they live; 0 is for ever, -1 for none */
        bool want_newer;
        const char *signer;
    } cases[] = {{600, 3600, true, "AKIDSECOND"},   {600, 300, true, "AKIDFIRST"},
                 {600, -1, true, "AKIDFIRST"},      {600, 0, true, "AKIDSECOND"},
                 {600, 600, true, "AKIDSECOND"},    {3600, -1, false, "AKIDFIRST"},
                 {3600, 7200, false, "AKIDSECOND"}, {0, 7200, false, "AKIDFIRST"}};
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rdsiam_client *client = external_client();
        rdsiam_token *token = NULL;
        rdsiam_ticket *ticket = NULL;
        rdsiam_credentials *first, *second = NULL;
        first = credentials("AKIDFIRST", cases[i].first > 0 ? now + cases[i].first : 0);
        if (cases[i].second >= 0)
            second = credentials("AKIDSECOND", cases[i].second > 0 ? now + cases[i].second : 0);
        CHECK(rdsiam_credentials_want_newer(first) == cases[i].want_newer);
        CHECK(take(client, &token, &ticket) == 'f');
        CHECK(strcmp(bring(ticket, first, second), cases[i].signer) == 0);
        CHECK_OK(
            rdsiam_token_sign_with(client, first, second, HOST, 5432, "app", NULL, &token, NULL),
            (rdsiam_error *)NULL);
        CHECK(strstr(rdsiam_token_str(token), cases[i].signer) != NULL);
        rdsiam_token_free(token);
        rdsiam_credentials_free(first);
        rdsiam_credentials_free(second);
        rdsiam_ticket_free(ticket);
        rdsiam_client_free(client);
    }
    CHECK(!rdsiam_credentials_want_newer(NULL));
}

/* A token that ages is served with a ticket for the next one, and only the first such caller
 * gets that. */
static void ageing_tokens(void) {
    const int64_t now = (int64_t)time(NULL);
    rdsiam_client *client = external_client();
    rdsiam_token *token = NULL;
    rdsiam_ticket *ticket = NULL, *other = NULL;
    rdsiam_credentials *ending = credentials("AKIDFIRST", now + 50);
    rdsiam_credentials *lasting = credentials("AKIDSECOND", 0);

    CHECK(take(client, &token, &ticket) == 'f');
    CHECK(strcmp(bring(ticket, ending, NULL), "AKIDFIRST") == 0);
    rdsiam_ticket_free(ticket);
    /* The source had nothing newer, so that it is left alone for a moment. */
    CHECK(take(client, &token, &ticket) == 't');
    rdsiam_token_free(token);
    do {
        nanosleep(&(struct timespec){0, 50 * 1000 * 1000}, NULL);
        CHECK(take(client, &token, &ticket) != 'f');
        rdsiam_token_free(token);
    } while (ticket == NULL && (int64_t)time(NULL) < now + 20);
    CHECK(ticket != NULL);
    CHECK(take(client, &token, &other) == 't');
    rdsiam_token_free(token);
    CHECK(strcmp(bring(ticket, lasting, NULL), "AKIDSECOND") == 0);
    rdsiam_ticket_free(ticket);
    CHECK(take(client, &token, &ticket) == 't');
    CHECK(strstr(rdsiam_token_str(token), "AKIDSECOND") != NULL);
    rdsiam_token_free(token);
    rdsiam_client_free(client);
    rdsiam_credentials_free(ending);
    rdsiam_credentials_free(lasting);
}

static void errors(void) {
    const int64_t now = (int64_t)time(NULL);
    const rdsiam_status bad = RDSIAM_ERR_INVALID_ARGUMENT;
    rdsiam_client *client = external_client();
    rdsiam_credentials *ended = credentials("AKIDFIRST", now - 5);
    rdsiam_token *token = (rdsiam_token *)1;
    rdsiam_ticket *ticket = (rdsiam_ticket *)1;
    rdsiam_error *err = NULL;

    CHECK_ERROR(rdsiam_ticket_take(NULL, HOST, 1, "u", NULL, &token, &ticket, &err), bad, err);
    CHECK(token == NULL && ticket == NULL);
    CHECK_ERROR(rdsiam_ticket_take(client, NULL, 1, "u", NULL, &token, &ticket, &err), bad, err);
    CHECK_ERROR(rdsiam_ticket_take(client, HOST, 0, "u", NULL, &token, &ticket, &err), bad, err);
    CHECK_ERROR(rdsiam_ticket_take(client, HOST, 1, NULL, NULL, &token, &ticket, &err), bad, err);
    CHECK_ERROR(rdsiam_ticket_take(client, HOST, 1, "u", NULL, NULL, &ticket, &err), bad, err);
    CHECK_ERROR(rdsiam_ticket_take(client, HOST, 1, "u", NULL, &token, NULL, &err), bad, err);
    CHECK_ERROR(rdsiam_ticket_bring(NULL, ended, NULL, &token, &err), bad, err);
    CHECK_ERROR(rdsiam_config_set_external(NULL, &err), bad, err);

    CHECK(take(client, &token, &ticket) == 'f');
    CHECK_ERROR(rdsiam_ticket_bring(ticket, NULL, ended, &token, &err), bad, err);
    CHECK_ERROR(rdsiam_ticket_bring(ticket, ended, NULL, &token, &err),
                RDSIAM_ERR_CREDENTIALS_EXPIRED, err);
    CHECK_ERROR(rdsiam_ticket_bring(ticket, ended, NULL, &token, &err), bad, err);
    rdsiam_ticket_free(ticket);
    rdsiam_ticket_free(NULL);

    /* Nobody here could fetch: an error at once, not a wait. */
    CHECK_ERROR(rdsiam_token_get(client, HOST, 1, "u", NULL, &token, &err), RDSIAM_ERR_WOULD_BLOCK,
                err);
    CHECK_ERROR(rdsiam_token_sign(client, HOST, 1, "u", NULL, &token, &err), RDSIAM_ERR_WOULD_BLOCK,
                err);
    CHECK_ERROR(rdsiam_token_sign_with(client, ended, NULL, HOST, 1, "u", NULL, &token, &err),
                RDSIAM_ERR_CREDENTIALS_EXPIRED, err);
    CHECK_ERROR(rdsiam_token_sign_with(client, NULL, NULL, HOST, 1, "u", NULL, &token, &err), bad,
                err);
    CHECK_ERROR(rdsiam_token_sign_with(NULL, ended, NULL, HOST, 1, "u", NULL, &token, &err), bad,
                err);
    rdsiam_credentials_free(ended);
    rdsiam_client_free(client);
}

static int calls;

static rdsiam_status provide(void *user_data, bool force_refresh, rdsiam_credentials **out) {
    (void)user_data, (void)force_refresh;
    calls++;
    *out = credentials("AKIDFIRST", 0);
    return RDSIAM_OK;
}

static void trying(void) {
    rdsiam_config *config = rdsiam_config_new();
    rdsiam_client *client = NULL;
    rdsiam_credentials *given = credentials("AKIDFIRST", 0);
    rdsiam_token *token = NULL, *same = NULL;
    rdsiam_error *err = NULL;

    CHECK_OK(rdsiam_config_set_provider(config, provide, NULL, NULL, &err), err);
    CHECK_OK(rdsiam_client_new(config, &client, &err), err);
    CHECK_ERROR(rdsiam_token_try_get(client, HOST, 5432, "app", NULL, &token, &err),
                RDSIAM_ERR_WOULD_BLOCK, err);
    CHECK(calls == 0 && token == NULL);
    CHECK_OK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &token, &err), err);
    CHECK_OK(rdsiam_token_try_get(client, HOST, 5432, "app", NULL, &same, &err), err);
    CHECK(calls == 1 && rdsiam_token_str(token) == rdsiam_token_str(same));
    rdsiam_token_free(token);
    rdsiam_token_free(same);
    rdsiam_client_free(client);

    CHECK_OK(rdsiam_config_set_credentials(config, given, &err), err);
    CHECK_OK(rdsiam_client_new(config, &client, &err), err);
    CHECK_OK(rdsiam_token_try_get(client, HOST, 5432, "app", NULL, &token, &err), err);
    rdsiam_token_free(token);
    CHECK_OK(rdsiam_token_sign_with(client, given, NULL, HOST, 5432, "app", NULL, &token, &err),
             err);
    CHECK(strstr(rdsiam_token_str(token), "AKIDFIRST") != NULL);
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
    one_ticket_at_a_time();
    the_better_credentials_sign();
    ageing_tokens();
    errors();
    trying();
    return report("ticket", 200);
}
