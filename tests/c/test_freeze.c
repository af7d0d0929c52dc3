/* A process that is stopped for longer than its token lives, as a Lambda is, and goes on: the
 * next call gives a token that is good, and so does the one that was stopped.
 *
 *   test_freeze [URL]
 *
 * With the URL of an emulator, also with an instance's credentials, which take three requests. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

#include "busy.h"

/* Longer than the library waits for credentials, which is 10 s. */
#define FROZEN 17
/* The keys end that soon, and so do the tokens. */
#define LIFE 14
#define THREADS 8

static int64_t stopped_at;

/* Stops the process with all its threads; the parent lets it go on. */
static void freeze(void) {
    __atomic_store_n(&stopped_at, now(), __ATOMIC_SEQ_CST);
    CHECK(kill(getpid(), SIGSTOP) == 0);
}

static bool thawed(void) {
    const int64_t at = __atomic_load_n(&stopped_at, __ATOMIC_SEQ_CST);
    return at != 0 && now() >= at + FROZEN - 1;
}

static void wait_for_the_thaw(void) {
    while (!thawed())
        sleep_ms(5);
}

static void *get_once(void *client) {
    rdsiam_token *token = get_good((const rdsiam_client *)client, "app");
    CHECK(token != NULL);
    rdsiam_token_free(token);
    return NULL;
}

static void all_get(rdsiam_client *client, pthread_t *threads) {
    int i;
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, get_once, client) == 0);
}

static void all_join(pthread_t *threads) {
    int i;
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

/* Nothing was under way. */
static void idle(const char *url) {
    struct busy_provider provider = {5, LIFE, 0, 0};
    rdsiam_client *client = busy_client(&provider, 0);
    pthread_t threads[THREADS];
    int before;
    (void)url;
    get_once(client);
    before = provider.calls;
    freeze();
    wait_for_the_thaw();
    all_get(client, threads);
    all_join(threads);
    /* Asked twice, because the keys end soon, and by one thread. */
    CHECK(provider.calls == before + 2);
    rdsiam_client_free(client);
}

/* The keys end while the provider is on its way with them: those of before are no good. */
static rdsiam_status slow_provide(void *user_data, bool force_refresh, rdsiam_credentials **out,
                                  rdsiam_error **err) {
    struct busy_provider *provider = (struct busy_provider *)user_data;
    const rdsiam_status status = busy_provide(user_data, force_refresh, out, err);
    if (__atomic_load_n(&provider->calls, __ATOMIC_SEQ_CST) == 3) {
        freeze();
        sleep_ms(1000);
    }
    return status;
}

static rdsiam_client *slow_client(struct busy_provider *provider) {
    rdsiam_config *config = rdsiam_config_new();
    rdsiam_client *client = NULL;
    CHECK(rdsiam_config_set_provider(config, slow_provide, provider, NULL, NULL) == RDSIAM_OK);
    /* So that a token is still valid at half of its life, when newer keys are fetched. */
    CHECK(rdsiam_config_set_min_remaining(config, 2, NULL) == RDSIAM_OK);
    CHECK(rdsiam_client_new(config, &client, NULL) == RDSIAM_OK);
    rdsiam_config_free(config);
    return client;
}

/* A fetch runs in the background while the token is still valid. */
static void refreshing(const char *url) {
    struct busy_provider provider = {5, LIFE, 0, 0};
    rdsiam_client *client = slow_client(&provider);
    pthread_t threads[THREADS];
    int i;
    (void)url;
    get_once(client);
    CHECK(provider.calls == 2);
    /* Keys that live shorter than a token are fetched again at half of their life. */
    for (i = 0; i < LIFE * 1000 && provider.calls == 2; i++) {
        rdsiam_token *token = NULL;
        CHECK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &token, NULL) == RDSIAM_OK);
        rdsiam_token_free(token);
        sleep_ms(1);
    }
    CHECK(provider.calls == 3);
    if (provider.calls == 2)
        return;
    wait_for_the_thaw();
    all_get(client, threads);
    all_join(threads);
    rdsiam_client_free(client);
}

/* Threads wait for the first token. */
static void waiting(const char *url) {
    struct busy_provider provider = {1500, LIFE, 0, 0};
    rdsiam_client *client = busy_client(&provider, 60);
    pthread_t threads[THREADS];
    (void)url;
    all_get(client, threads);
    while (__atomic_load_n(&provider.running, __ATOMIC_SEQ_CST) == 0)
        sleep_ms(1);
    sleep_ms(200);
    freeze();
    all_join(threads);
    get_once(client);
    rdsiam_client_free(client);
}

/* Threads wait for the default chain, which is in the first of three requests. */
static void waiting_for_the_chain(const char *url) {
    rdsiam_client *client = NULL;
    pthread_t threads[THREADS];
    CHECK(setenv("AWS_EC2_METADATA_DISABLED", "false", 1) == 0);
    CHECK(setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", url, 1) == 0);
    CHECK(rdsiam_client_new(NULL, &client, NULL) == RDSIAM_OK);
    all_get(client, threads);
    sleep_ms(400);
    freeze();
    all_join(threads);
    get_once(client);
    rdsiam_client_free(client);
}

static void *freeze_soon(void *unused) {
    (void)unused;
    sleep_ms(300);
    freeze();
    return NULL;
}

/* Many hits; the one that was stopped in its middle may give what was good before. */
static void hitting(const char *url) {
    struct busy_provider provider = {5, LIFE, 0, 0};
    rdsiam_client *client = busy_client(&provider, 60);
    pthread_t freezer;
    (void)url;
    CHECK(pthread_create(&freezer, NULL, freeze_soon, NULL) == 0);
    while (!thawed()) {
        const int64_t before = now();
        rdsiam_token *token = NULL;
        const char *wrong;
        CHECK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &token, NULL) == RDSIAM_OK);
        wrong = wrong_with(token);
        CHECK(wrong == NULL || now() - before >= 2);
        rdsiam_token_free(token);
    }
    CHECK(pthread_join(freezer, NULL) == 0);
    get_once(client);
    rdsiam_client_free(client);
}

static const struct {
    const char *name;
    void (*run)(const char *url);
    bool needs_url;
} SCENARIOS[] = {
    {"idle", idle, false},
    {"refreshing", refreshing, false},
    {"waiting", waiting, false},
    {"hitting", hitting, false},
    {"waiting for the chain", waiting_for_the_chain, true},
};
#define COUNT (sizeof SCENARIOS / sizeof SCENARIOS[0])

static void freeze_and_thaw(const pid_t *children, size_t count) {
    size_t i;
    int status;
    for (i = 0; i < count; i++)
        CHECK(waitpid(children[i], &status, WUNTRACED) == children[i] && WIFSTOPPED(status));
    sleep_ms(FROZEN * 1000);
    for (i = 0; i < count; i++)
        CHECK(kill(children[i], SIGCONT) == 0);
}

int main(int argc, char **argv) {
    const char *url = argc > 1 ? argv[1] : NULL;
    pid_t children[COUNT];
    size_t i, count = 0;
    for (i = 0; i < COUNT; i++) {
        if (SCENARIOS[i].needs_url && url == NULL)
            continue;
        children[count] = fork();
        if (children[count] == 0) {
            SCENARIOS[i].run(url);
            if (failures != 0)
                fprintf(stderr, "  that was: %s\n", SCENARIOS[i].name);
            exit(failures == 0 && checks > 5 ? 0 : 1);
        }
        CHECK(children[count++] > 0);
    }
    freeze_and_thaw(children, count);
    for (i = 0; i < count; i++)
        CHECK(exit_code_within(children[i], 30) == 0);
    printf("freeze: %d processes stopped for %d s\n", (int)count, FROZEN);
    return report("freeze", (int)count * 4);
}
