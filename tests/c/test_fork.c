/* Children of fork(), while other threads of the parent hit, miss, refresh and invalidate.
 *
 *   test_fork FORKS [CHAIN_FORKS]
 *
 * The second number is of forks while the default chain runs, in parent and child: it has to find
 * credentials that have to be fetched. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

#include "busy.h"

/* A child that takes longer hangs. */
#define BOUND 30
/* The exit code of a child that was forked while a provider was at work. */
#define AMID 77
#define THREADS 6

static int ending;
static int forked;

struct shared {
    struct busy_provider *provider;
    rdsiam_client *client, *refused;
    unsigned seed;
};

static unsigned next(unsigned *seed) {
    *seed = *seed * 1103515245U + 12345U;
    return *seed >> 16;
}

/* The first token of a new client, whose credentials have to be fetched. */
static void fetch(struct busy_provider *provider) {
    rdsiam_client *client = busy_client(provider, 60);
    rdsiam_token *token = get_good(client, "app");
    CHECK(token != NULL);
    rdsiam_token_free(token);
    rdsiam_client_free(client);
}

/* Mostly hits; now and then a key of its own, a fetch, or a token that was refused. */
static void *keep_busy(void *argument) {
    struct shared shared = *(struct shared *)argument;
    while (!__atomic_load_n(&ending, __ATOMIC_SEQ_CST)) {
        const unsigned what = next(&shared.seed) % 32;
        char user[32];
        rdsiam_token *token;
        snprintf(user, sizeof user, "app%u", next(&shared.seed) % (what == 0 ? 4096 : 8));
        token = get_good(shared.client, user);
        CHECK(token != NULL);
        rdsiam_token_free(token);
        if (what < 3)
            fetch(shared.provider);
        if (what == 3) {
            CHECK(rdsiam_token_invalidate(shared.refused, HOST, 5432, user, NULL, NULL) ==
                  RDSIAM_OK);
            token = get_good(shared.refused, user);
            CHECK(token != NULL);
            rdsiam_token_free(token);
        }
        if (what > 24)
            sleep_ms(1);
    }
    return NULL;
}

/* In the child: what is cached, what is not, what the parent's threads change, and a fetch of its
 * own. 0: good. */
static int use_in_child(const struct shared *shared) {
    char own[32];
    int i;
    snprintf(own, sizeof own, "AKID%ld%%2F", (long)getpid());
    for (i = 0; i < 10; i++) {
        char user[32];
        rdsiam_token *token;
        snprintf(user, sizeof user, i < 8 ? "app%d" : "child%d", i);
        token = get_good(shared->client, user);
        if (token == NULL)
            return 2;
        rdsiam_token_free(token);
        token = get_good(shared->refused, user);
        if (token == NULL)
            return 3;
        rdsiam_token_free(token);
    }
    if (rdsiam_token_invalidate(shared->client, HOST, 5432, "app0", NULL, NULL) != RDSIAM_OK)
        return 4;
    {
        rdsiam_token *token = get_good(shared->client, "app0");
        if (token == NULL)
            return 5;
        /* The child's own keys signed it. */
        if (strstr(rdsiam_token_str(token), own) == NULL)
            return 6;
        rdsiam_token_free(token);
    }
    fetch(shared->provider);
    return failures == 0 ? 0 : 7;
}

/* A child's background fetch ends, on a thread of its own. */
static int refresh_in_child(const rdsiam_client *client, struct busy_provider *provider) {
    const int before = __atomic_load_n(&provider->calls, __ATOMIC_SEQ_CST);
    int i;
    if (rdsiam_token_invalidate(client, HOST, 5432, "app", NULL, NULL) != RDSIAM_OK)
        return 8;
    for (i = 0; i < 1000; i++) {
        rdsiam_token *token = get_good(client, "app");
        if (token == NULL)
            return 9;
        rdsiam_token_free(token);
        if (__atomic_load_n(&provider->calls, __ATOMIC_SEQ_CST) > before &&
            __atomic_load_n(&provider->running, __ATOMIC_SEQ_CST) <= 0)
            return 0;
        sleep_ms(10);
    }
    return 10;
}

static void forks_amid_work(int forks) {
    /* The keys of the second are asked for twice, since they expire soon. */
    struct busy_provider provider = {3, 2000, 0, 0}, soon = {20, 300, 0, 0};
    rdsiam_client *expiring = busy_client(&soon, 60);
    struct shared shared[THREADS];
    pthread_t threads[THREADS];
    int i, amid = 0;
    for (i = 0; i < THREADS; i++) {
        shared[i].provider = &provider;
        shared[i].client = i == 0 ? busy_client(&provider, 60) : shared[0].client;
        shared[i].refused = i == 0 ? busy_client(&provider, 60) : shared[0].refused;
        shared[i].seed = (unsigned)i + 1;
        CHECK(pthread_create(&threads[i], NULL, keep_busy, &shared[i]) == 0);
    }
    rdsiam_token_free(get_good(expiring, "app"));
    for (i = 0; i < forks; i++) {
        pid_t child;
        int code;
        sleep_ms(i % 4);
        child = fork();
        if (child == 0) {
            amid = provider.running > 0;
            provider.running = soon.running = failures = 0;
            code = use_in_child(&shared[0]);
            if (code == 0 && i % 8 == 0)
                code = refresh_in_child(expiring, &soon);
            _exit(code == 0 && amid ? AMID : code);
        }
        CHECK(child > 0);
        code = exit_code_within(child, BOUND);
        CHECK(code == 0 || code == AMID);
        if (code != 0 && code != AMID)
            fprintf(stderr, "  the child's code is %d\n", code);
        amid += code == AMID;
        forked++;
    }
    __atomic_store_n(&ending, 1, __ATOMIC_SEQ_CST);
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    /* It is known to have been a test of forks amid fetches. */
    CHECK(amid > forks / 4);
    printf("fork: %d of %d forks amid a call of the provider\n", amid, forks);
    rdsiam_client_free(shared[0].client);
    rdsiam_client_free(shared[0].refused);
    rdsiam_client_free(expiring);
}

static void *get_by_chain(void *user) {
    rdsiam_client *client = NULL;
    rdsiam_token *token;
    CHECK(rdsiam_client_new(NULL, &client, NULL) == RDSIAM_OK);
    token = get_good(client, (const char *)user);
    CHECK(token != NULL);
    rdsiam_token_free(token);
    rdsiam_client_free(client);
    return NULL;
}

/* A process that never used the chain does so on one thread and forks meanwhile: what the first
 * use sets up is half made then. Its exit code: 0 if the child got a token. */
static int first_use(long milliseconds) {
    const int before = failures;
    pthread_t first;
    pid_t child;
    int code;
    if (pthread_create(&first, NULL, get_by_chain, "first") != 0)
        return 10;
    sleep_ms(milliseconds);
    child = fork();
    if (child == 0) {
        get_by_chain("second");
        _exit(failures == before ? 0 : 11);
    }
    code = exit_code_within(child, BOUND);
    pthread_join(first, NULL);
    return failures != before ? 12 : code == -1 ? 13 : code;
}

/* While the first use of the chain runs, and while later ones do. */
static void forks_of_the_chain(int forks) {
    int i;
    for (i = 0; i < forks; i++) {
        pid_t child = fork();
        if (child == 0) {
            _exit(first_use(i * 3 % 60));
        }
        CHECK(exit_code_within(child, 2 * BOUND) == 0);
        forked += 2;
    }
    get_by_chain("warm");
    for (i = 0; i < forks; i++) {
        CHECK(first_use(i % 20) == 0);
        forked++;
    }
}

int main(int argc, char **argv) {
    const int forks = argc > 1 ? atoi(argv[1]) : 0, of_the_chain = argc > 2 ? atoi(argv[2]) : 0;
    /* Before the other, whose threads it must not inherit. */
    if (of_the_chain > 0)
        forks_of_the_chain(of_the_chain);
    if (forks > 0)
        forks_amid_work(forks);
    printf("fork: %d forks\n", forked);
    return report("fork", forks * 50 + of_the_chain * 3 + 1);
}
