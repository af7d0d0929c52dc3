/* The library in somebody else's program: with its streams closed, in another locale, under a rain
 * of signals, on small stacks, with a full heap, and with an environment that changes. One argument
 * names the test; each runs in a process of its own. */
#define _GNU_SOURCE
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const HOST = "mydb.abc123.us-east-1.rds.amazonaws.com";

static rdsiam_client *static_client(void) {
    rdsiam_credentials *given = NULL;
    rdsiam_config *config = rdsiam_config_new();
    rdsiam_client *client = NULL;
    CHECK(rdsiam_config_set_log_stderr(config, NULL) == RDSIAM_OK);
    CHECK(rdsiam_credentials_new("AKIDEXAMPLE", "SECRET", "SESSION", 0, &given, NULL) == RDSIAM_OK);
    CHECK(rdsiam_config_set_credentials(config, given, NULL) == RDSIAM_OK);
    CHECK(rdsiam_client_new(config, &client, NULL) == RDSIAM_OK);
    rdsiam_credentials_free(given);
    rdsiam_config_free(config);
    return client;
}

/* One token made anew and one from the cache. */
static void use(const rdsiam_client *client) {
    rdsiam_token *token = NULL;
    rdsiam_error *err = NULL;
    CHECK_OK(rdsiam_token_sign(client, HOST, 5432, "app", NULL, &token, &err), err);
    CHECK(rdsiam_token_len(token) > 300);
    rdsiam_token_free(token);
    CHECK_OK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &token, &err), err);
    CHECK(strncmp(rdsiam_token_str(token), HOST, strlen(HOST)) == 0);
    rdsiam_token_free(token);
}

static int open_files(void) {
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static int chain_finds_nothing(void) {
    rdsiam_client *client = NULL;
    rdsiam_token *token = NULL;
    CHECK(rdsiam_client_new(NULL, &client, NULL) == RDSIAM_OK);
    CHECK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &token, NULL) ==
          RDSIAM_ERR_CREDENTIALS_NOT_FOUND);
    rdsiam_client_free(client);
    return open_files();
}

static void streams_closed(void) {
    rdsiam_client *client;
    rdsiam_token *token = NULL;
    int kept = fcntl(STDERR_FILENO, F_DUPFD, 10), before, after, taken = 0, files, i;
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    before = open_files();
    client = static_client();
    use(client);
    /* A region that contradicts the host is reported on standard error, which is not there. */
    CHECK(rdsiam_token_get(client, HOST, 5432, "app", "eu-west-1", &token, NULL) == RDSIAM_OK);
    rdsiam_token_free(token);
    rdsiam_client_free(client);
    after = open_files();
    for (i = 0; i < 3; i++)
        taken += fcntl(i, F_GETFD) >= 0;
    /* The default chain works as well. It keeps a pair of sockets, and no more at each call. */
    files = chain_finds_nothing();
    for (i = 0; i < 5; i++)
        CHECK(chain_finds_nothing() == files);
    dup2(kept, STDERR_FILENO);
    dup2(kept, STDOUT_FILENO);
    CHECK(after == before && taken == 0);
    CHECK(files == before || files == before + 2);
}

static void text_of_a_known_token(char *text, size_t size) {
    rdsiam_credentials *given = NULL;
    rdsiam_token *token = NULL;
    CHECK(rdsiam_credentials_new("AKIDEXAMPLE", "SECRET", NULL, 0, &given, NULL) == RDSIAM_OK);
    CHECK(rdsiam_token_sign_at(given, "MYDB.ABC123.US-EAST-1.RDS.AMAZONAWS.COM", 5432, "IIii1.5",
                               NULL, 1717243200, 900, &token, NULL) == RDSIAM_OK);
    snprintf(text, size, "%s", rdsiam_token_str(token));
    rdsiam_token_free(token);
    rdsiam_credentials_free(given);
}

/* Turkish has two letters i and a comma in its numbers. */
static void locales(void) {
    char plain[2048], turkish[2048];
    char number[16];
    text_of_a_known_token(plain, sizeof plain);
    CHECK(setlocale(LC_ALL, "tr_TR.UTF-8") != NULL);
    snprintf(number, sizeof number, "%.1f", 1.5);
    CHECK(strcmp(number, "1,5") == 0);
    text_of_a_known_token(turkish, sizeof turkish);
    CHECK(strcmp(plain, turkish) == 0);
    snprintf(number, sizeof number, "%.1f", 1.5);
    CHECK(strcmp(number, "1,5") == 0); /* the library left it as it was */
}

static int alarms;

static void on_alarm(int number) {
    (void)number;
    __atomic_add_fetch(&alarms, 1, __ATOMIC_RELAXED);
}

/* A signal each 200 microseconds, whose handler restarts nothing, while tokens are made with and
 * without waiting for a process. No handler and no mask may change. */
static void signals(void) {
    const struct itimerval rain = {{0, 200}, {0, 200}}, none = {{0, 0}, {0, 0}};
    const struct sigaction interrupting = {.sa_handler = on_alarm};
    struct sigaction before[32], after;
    rdsiam_config *config = rdsiam_config_new();
    rdsiam_client *given = static_client(), *chain = NULL;
    sigset_t mask_before = {{0}}, mask_after = {{0}};
    time_t end = time(NULL) + 2;
    int i;

    CHECK(rdsiam_config_set_profile(config, "process", NULL) == RDSIAM_OK);
    CHECK(rdsiam_client_new(config, &chain, NULL) == RDSIAM_OK);
    rdsiam_config_free(config);
    CHECK(sigaction(SIGALRM, &interrupting, NULL) == 0);
    for (i = 1; i < 32; i++)
        sigaction(i, NULL, &before[i]);
    sigprocmask(SIG_SETMASK, NULL, &mask_before);
    CHECK(setitimer(ITIMER_REAL, &rain, NULL) == 0);
    while (time(NULL) < end) {
        use(given);
        use(chain);
        CHECK(rdsiam_token_invalidate(chain, HOST, 5432, "app", NULL, NULL) == RDSIAM_OK);
    }
    CHECK(setitimer(ITIMER_REAL, &none, NULL) == 0);
    CHECK(__atomic_load_n(&alarms, __ATOMIC_RELAXED) > 100);
    for (i = 1; i < 32; i++) {
        sigaction(i, NULL, &after);
        if (after.sa_handler != before[i].sa_handler || after.sa_flags != before[i].sa_flags)
            fprintf(stderr, "the handler of signal %d changed\n", i);
        CHECK(after.sa_handler == before[i].sa_handler && after.sa_flags == before[i].sa_flags);
    }
    sigprocmask(SIG_SETMASK, NULL, &mask_after);
    CHECK(memcmp(&mask_before, &mask_after, sizeof mask_before) == 0);
    rdsiam_client_free(given);
    rdsiam_client_free(chain);
}

/* A host without children of its own gets none of the library's to reap. One that has the system
 * reap all children (SIGCHLD ignored) takes those of a profile's process as well, and its
 * credentials serve all the same. */
static void children(void) {
    void (*const handlers[])(int) = {SIG_DFL, SIG_IGN};
    size_t i;
    for (i = 0; i < 2; i++) {
        rdsiam_config *config = rdsiam_config_new();
        rdsiam_client *client = NULL;
        rdsiam_token *token = NULL;
        rdsiam_error *err = NULL;
        CHECK(signal(SIGCHLD, handlers[i]) != SIG_ERR);
        CHECK(rdsiam_config_set_profile(config, "process", NULL) == RDSIAM_OK);
        CHECK(rdsiam_client_new(config, &client, NULL) == RDSIAM_OK);
        rdsiam_config_free(config);
        CHECK(rdsiam_token_get(client, HOST, 5432, "app", NULL, &token, &err) == RDSIAM_OK);
        CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
        rdsiam_token_free(token);
        rdsiam_error_free(err);
        rdsiam_client_free(client);
    }
}

static void *use_often(void *client) {
    int i;
    for (i = 0; i < 200; i++)
        use((const rdsiam_client *)client);
    return NULL;
}

/* Threads with the smallest stack that is good manners, with credentials of any kind. */
static void small_stacks(void) {
    rdsiam_config *config = rdsiam_config_new();
    rdsiam_client *clients[2] = {static_client(), NULL};
    pthread_attr_t attributes;
    size_t i, j;
    CHECK(rdsiam_config_set_profile(config, "process", NULL) == RDSIAM_OK);
    CHECK(rdsiam_client_new(config, &clients[1], NULL) == RDSIAM_OK);
    rdsiam_config_free(config);
    for (i = 0; i < 2; i++) {
        const size_t size = i == 0 ? 64 * 1024 : 512 * 1024;
        pthread_t threads[8];
        CHECK(pthread_attr_init(&attributes) == 0);
        CHECK(pthread_attr_setstacksize(&attributes, size) == 0);
        for (j = 0; j < 8; j++)
            CHECK(pthread_create(&threads[j], &attributes, use_often, clients[i]) == 0);
        for (j = 0; j < 8; j++)
            CHECK(pthread_join(threads[j], NULL) == 0);
        pthread_attr_destroy(&attributes);
        rdsiam_client_free(clients[i]);
    }
}

/* Takes what can be had, in pieces that get smaller, and chains them to be given back. */
static void *fill_heap(void) {
    void **last = NULL;
    size_t size;
    for (size = 1 << 20; size >= sizeof(void *); size /= 2) {
        void **piece;
        while ((piece = (void **)malloc(size)) != NULL) {
            *piece = last;
            last = piece;
        }
    }
    return last;
}

static void empty_heap(void *last) {
    while (last != NULL) {
        void *next = *(void **)last;
        free(last);
        last = next;
    }
}

/* Nothing can be allocated: a cached token still comes. */
static void full_heap(void) {
    const struct rlimit limit = {256 << 20, 256 << 20};
    rdsiam_client *client = static_client();
    rdsiam_token *cached = NULL;
    rdsiam_status status;
    size_t length;
    void *everything;

    use(client);
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    everything = fill_heap();
    status = rdsiam_token_get(client, HOST, 5432, "app", NULL, &cached, NULL);
    length = rdsiam_token_len(cached);
    rdsiam_token_free(cached);
    empty_heap(everything);
    CHECK(status == RDSIAM_OK && length > 300);
    use(client);
    rdsiam_client_free(client);
}

static int looks;

/* In place of the C library's, for the library as well: it says how often that looks. */
char *getenv(const char *name) {
    extern char **environ;
    const size_t length = strlen(name);
    char **one;
    if (strncmp(name, "AWS", 3) == 0)
        __atomic_add_fetch(&looks, 1, __ATOMIC_RELAXED);
    for (one = environ; one != NULL && *one != NULL; one++) {
        if (strncmp(*one, name, length) == 0 && (*one)[length] == '=')
            return *one + length + 1;
    }
    return NULL;
}

static volatile bool storming;

static void *change_environment(void *unused) {
    unsigned i;
    (void)unused;
    for (i = 0; storming; i++) {
        char name[32];
        snprintf(name, sizeof name, "AWS_STORM_%u", i % 5000);
        setenv(name, "some text that is not in place", 1);
        if (i % 3 == 0)
            unsetenv(name);
    }
    return NULL;
}

/* With credentials and region given in code the environment is not looked at, so that another
 * thread may change it meanwhile. */
static void changing_environment(void) {
    rdsiam_client *client = static_client(), *chain = NULL;
    rdsiam_credentials *given = NULL;
    rdsiam_token *token = NULL;
    pthread_t storm, users[4];
    size_t i;

    __atomic_store_n(&looks, 0, __ATOMIC_RELAXED);
    storming = true;
    CHECK(pthread_create(&storm, NULL, change_environment, NULL) == 0);
    for (i = 0; i < 4; i++)
        CHECK(pthread_create(&users[i], NULL, use_often, client) == 0);
    for (i = 0; i < 4; i++)
        CHECK(pthread_join(users[i], NULL) == 0);
    CHECK(rdsiam_credentials_new("a", "s", NULL, 0, &given, NULL) == RDSIAM_OK);
    CHECK(rdsiam_token_sign_at(given, HOST, 1, "u", NULL, 0, 900, &token, NULL) == RDSIAM_OK);
    rdsiam_token_free(token);
    rdsiam_credentials_free(given);
    storming = false;
    CHECK(pthread_join(storm, NULL) == 0);
    CHECK(__atomic_load_n(&looks, __ATOMIC_RELAXED) == 0);
    rdsiam_client_free(client);

    /* The default chain does look, at each refresh, and sees what changed. */
    CHECK(setenv("AWS_ACCESS_KEY_ID", "AKIDFIRST", 1) == 0);
    CHECK(setenv("AWS_SECRET_ACCESS_KEY", "SECRET", 1) == 0);
    CHECK(rdsiam_client_new(NULL, &chain, NULL) == RDSIAM_OK);
    CHECK(__atomic_load_n(&looks, __ATOMIC_RELAXED) == 0);
    CHECK(rdsiam_token_get(chain, HOST, 5432, "app", NULL, &token, NULL) == RDSIAM_OK);
    CHECK(strstr(rdsiam_token_str(token), "AKIDFIRST") != NULL);
    rdsiam_token_free(token);
    i = (size_t)__atomic_load_n(&looks, __ATOMIC_RELAXED);
    CHECK(i > 0);
    CHECK(rdsiam_token_get(chain, HOST, 5432, "app", NULL, &token, NULL) == RDSIAM_OK);
    rdsiam_token_free(token);
    CHECK((size_t)__atomic_load_n(&looks, __ATOMIC_RELAXED) == i); /* a hit looks at nothing */
    CHECK(setenv("AWS_ACCESS_KEY_ID", "AKIDSECOND", 1) == 0);
    CHECK(rdsiam_token_invalidate(chain, HOST, 5432, "app", NULL, NULL) == RDSIAM_OK);
    CHECK(rdsiam_token_get(chain, HOST, 5432, "app", NULL, &token, NULL) == RDSIAM_OK);
    CHECK(strstr(rdsiam_token_str(token), "AKIDSECOND") != NULL);
    rdsiam_token_free(token);
    rdsiam_client_free(chain);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*run)(void);
        int at_least;
    } tests[] = {
        {"streams_closed", streams_closed, 20},
        {"locales", locales, 7},
        {"signals", signals, 100},
        {"children", children, 10},
        {"small_stacks", small_stacks, 5000},
        {"full_heap", full_heap, 10},
        {"changing_environment", changing_environment, 2000},
    };
    size_t i;
    for (i = 0; argc == 2 && i < sizeof tests / sizeof tests[0]; i++) {
        if (strcmp(argv[1], tests[i].name) == 0) {
            tests[i].run();
            return report(argv[1], tests[i].at_least);
        }
    }
    for (i = 0; i < sizeof tests / sizeof tests[0]; i++)
        printf("%s\n", tests[i].name);
    return argc == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
