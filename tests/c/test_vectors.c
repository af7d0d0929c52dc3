/* The vectors that every binding runs, through the C API. */
#include "support.h"

struct vector {
    const char *id, *host, *user, *region, *access_key_id, *secret_access_key, *session_token;
    int port;
    int64_t unix_time;
    uint32_t expires;
    const char *token, *code, *field;
};

#include "vectors.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static rdsiam_status sign(const struct vector *v, rdsiam_token **token, rdsiam_error **err) {
    rdsiam_credentials *credentials = NULL;
    rdsiam_status status;

    CHECK(rdsiam_credentials_new(v->access_key_id, v->secret_access_key, v->session_token, 0,
                                 &credentials, NULL) == RDSIAM_OK);
    status = rdsiam_token_sign_at(credentials, v->host, (uint16_t)v->port, v->user, v->region,
                                  v->unix_time, v->expires, token, err);
    rdsiam_credentials_free(credentials);
    return status;
}

static void tokens(void) {
    int i;
    CHECK(COUNT(TOKENS) == TOKENS_COUNT && TOKENS_COUNT > 20);
    for (i = 0; i < COUNT(TOKENS); i++) {
        const struct vector *v = &TOKENS[i];
        rdsiam_token *token = NULL;
        rdsiam_error *err = NULL;
        CHECK_OK(sign(v, &token, &err), err);
        CHECK(token != NULL && strcmp(rdsiam_token_str(token), v->token) == 0);
        CHECK(rdsiam_token_len(token) == strlen(v->token));
        CHECK(rdsiam_token_expires_at(token) == v->unix_time + v->expires);
        rdsiam_token_free(token);
    }
}

static void invalid(void) {
    int i;
    CHECK(COUNT(INVALID) == INVALID_COUNT && INVALID_COUNT > 20);
    for (i = 0; i < COUNT(INVALID); i++) {
        const struct vector *v = &INVALID[i];
        rdsiam_token *token = (rdsiam_token *)1;
        rdsiam_error *err = NULL;
        CHECK(sign(v, &token, &err) == rdsiam_error_status(err));
        CHECK(token == NULL);
        CHECK(strcmp(rdsiam_error_code(err), v->code) == 0);
        CHECK(strstr(rdsiam_error_message(err), v->field) != NULL);
        CHECK(strstr(rdsiam_error_message(err), v->secret_access_key) == NULL);
        CHECK(!rdsiam_error_retryable(err));
        rdsiam_error_free(err);
    }
}

static void endpoints(void) {
    rdsiam_credentials *credentials = NULL;
    int i;
    CHECK(COUNT(ENDPOINTS) == ENDPOINTS_COUNT && ENDPOINTS_COUNT > 20);
    CHECK(rdsiam_credentials_new("AKID", "SECRET", NULL, 0, &credentials, NULL) == RDSIAM_OK);
    for (i = 0; i < COUNT(ENDPOINTS); i++) {
        rdsiam_token *token = NULL;
        rdsiam_error *err = NULL;
        rdsiam_status status = rdsiam_token_sign_at(credentials, ENDPOINTS[i].host, 5432, "u", NULL,
                                                    1717243200, 900, &token, &err);
        if (ENDPOINTS[i].region == NULL) {
            CHECK_ERROR(status, RDSIAM_ERR_REGION_MISSING, err);
        } else {
            char scope[128];
            CHECK_OK(status, err);
            snprintf(scope, sizeof scope, "%%2F20240601%%2F%s%%2Frds-db%%2F", ENDPOINTS[i].region);
            CHECK(token != NULL && strstr(rdsiam_token_str(token), scope) != NULL);
        }
        rdsiam_token_free(token);
    }
    rdsiam_credentials_free(credentials);
}

int main(void) {
    tokens();
    invalid();
    endpoints();
    return report("vectors", TOKENS_COUNT * 5 + INVALID_COUNT * 6 + ENDPOINTS_COUNT * 2);
}
