/* Signing and hits through the C library, credentials given in code. Prints samples as JSON, in
 * nanoseconds for one call. */
#define _POSIX_C_SOURCE 200809L
#include <rdsiam.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SAMPLES = 5 };

typedef rdsiam_status (*call)(const rdsiam_client *, const char *, uint16_t, const char *,
                              const char *, rdsiam_token **, rdsiam_error **);

static void check(rdsiam_status status, const rdsiam_error *err) {
    if (status == RDSIAM_OK)
        return;
    fprintf(stderr, "%s: %s\n", rdsiam_error_code(err), rdsiam_error_message(err));
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static rdsiam_client *client_with_keys(void) {
    rdsiam_config *config = rdsiam_config_new();
    rdsiam_credentials *credentials = NULL;
    rdsiam_client *client = NULL;
    rdsiam_error *err = NULL;

    check(rdsiam_credentials_new(getenv("AWS_ACCESS_KEY_ID"), getenv("AWS_SECRET_ACCESS_KEY"),
                                 getenv("AWS_SESSION_TOKEN"), 0, &credentials, &err),
          err);
    check(rdsiam_config_set_credentials(config, credentials, &err), err);
    check(rdsiam_client_new(config, &client, &err), err);
    rdsiam_credentials_free(credentials);
    rdsiam_config_free(config);
    return client;
}

static double timed(call one, const rdsiam_client *client, long calls) {
    const char *host = getenv("BENCH_HOST");
    double started = now();

    for (long done = 0; done < calls; done++) {
        rdsiam_token *token = NULL;
        rdsiam_error *err = NULL;
        check(one(client, host, 5432, "app", NULL, &token, &err), err);
        rdsiam_token_free(token);
    }
    return now() - started;
}

/* How many calls fill 2 ms; finding that out is the warm-up. The better of two counts, since
 * another process may have had the processor. */
static long filling(call one, const rdsiam_client *client) {
    long calls = 1;

    while (timed(one, client, calls) < 2e6 || timed(one, client, calls) < 2e6)
        calls *= 2;
    return calls;
}

static void print(const char *name, call one, const rdsiam_client *client) {
    long calls = filling(one, client);

    printf("\"%s\": [", name);
    for (int sample = 0; sample < SAMPLES; sample++)
        printf("%s%.3f", sample ? ", " : "", timed(one, client, calls) / (double)calls);
    printf("]");
}

int main(void) {
    rdsiam_client *client = client_with_keys();

    printf("{");
    print("sign", rdsiam_token_sign, client);
    printf(", ");
    print("hit", rdsiam_token_get, client);
    printf("}\n");
    rdsiam_client_free(client);
    return 0;
}
