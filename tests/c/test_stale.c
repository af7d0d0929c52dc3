/* What background fetches may cost a program: 10,000 tokens and their credentials that become stale
 * in the same second, a source that hangs, and signals.
 *
 *   test_stale [OPEN_FILES]
 *
 * With a limit on open files, which is set for the process. */
#define _GNU_SOURCE
#include "support.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HOST "mydb.abc123.us-east-1.rds.amazonaws.com"
#define KEYS 10000
#define WORKERS 8
/* Tokens of 15 minutes are stale after 14. Credentials that live LIFE are stale with 15 minutes
 * left. */
#define JUMP 845
#define LIFE 1700
/* A call that waits for the source takes that long. */
#define FETCH_MS 1500

/* Shared with the process of the container endpoint. */
static struct shared {
    int64_t ahead; /* of the true time */
    int fetches;
} *shared;

/* In place of the C library's, for the library as well: a wall clock that the test moves. */
int clock_gettime(clockid_t clock, struct timespec *at) {
    const long status = syscall(SYS_clock_gettime, clock, at);
    if (clock == CLOCK_REALTIME && shared != NULL)
        at->tv_sec += __atomic_load_n(&shared->ahead, __ATOMIC_SEQ_CST);
    return (int)status;
}

static void sleep_ms(long milliseconds) {
    const struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static long monotonic_ms(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

static int64_t now(void) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    return at.tv_sec;
}

static int fetches(void) {
    return __atomic_load_n(&shared->fetches, __ATOMIC_SEQ_CST);
}

/* A program needs descriptors too: that it gets one is part of the test. */
static int entries(const char *folder) {
    DIR *open = opendir(folder);
    int count = 0;
    CHECK(open != NULL);
    if (open == NULL)
        return 0;
    while (readdir(open) != NULL)
        count++;
    closedir(open);
    return count;
}

static rdsiam_status provide(void *user_data, bool force_refresh, rdsiam_credentials **out,
                             rdsiam_error **err) {
    (void)user_data, (void)force_refresh;
    if (__atomic_fetch_add(&shared->fetches, 1, __ATOMIC_SEQ_CST) > 0)
        sleep_ms(FETCH_MS);
    return rdsiam_credentials_new("AKIDEXAMPLE", "SECRETKEYEXAMPLE", NULL, now() + LIFE, out, err);
}

/* The endpoint of a container, in a process of its own. */
static void serve(int listening) {
    for (;;) {
        char text[1024], body[512], date[32];
        const int connection = accept(listening, NULL, NULL);
        const time_t end = (time_t)now() + LIFE;
        if (connection < 0 || read(connection, text, sizeof text) <= 0)
            _exit(1);
        if (__atomic_fetch_add(&shared->fetches, 1, __ATOMIC_SEQ_CST) > 0)
            sleep_ms(FETCH_MS);
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime(&end));
        snprintf(body, sizeof body,
                 "{\"AccessKeyId\": \"AKIDEXAMPLE\", \"SecretAccessKey\": \"SECRETKEYEXAMPLE\", "
                 "\"Token\": \"SESSION\", \"Expiration\": \"%s\"}",
                 date);
        snprintf(text, sizeof text,
                 "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
                 "Connection: close\r\n\r\n%s",
                 (int)strlen(body), body);
        if (write(connection, text, strlen(text)) < 0)
            _exit(1);
        close(connection);
    }
}

static pid_t serve_container(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    const int listening = socket(AF_INET, SOCK_STREAM, 0);
    char url[64];
    pid_t child;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(listening, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(listen(listening, 100) == 0);
    CHECK(getsockname(listening, (struct sockaddr *)&address, &length) == 0);
    child = fork();
    if (child == 0)
        serve(listening);
    close(listening);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", ntohs(address.sin_port));
    CHECK(setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, 1) == 0);
    return child;
}

static rdsiam_client *client_of(rdsiam_provider_fn provider) {
    rdsiam_config *config = rdsiam_config_new();
    rdsiam_client *client = NULL;
    CHECK(rdsiam_config_set_max_entries(config, 2 * KEYS, NULL) == RDSIAM_OK);
    if (provider != NULL)
        CHECK(rdsiam_config_set_provider(config, provider, NULL, NULL, NULL) == RDSIAM_OK);
    CHECK(rdsiam_client_new(config, &client, NULL) == RDSIAM_OK);
    rdsiam_config_free(config);
    return client;
}

/* Gets a token of this time, or says why not. */
static int64_t get(const rdsiam_client *client, int key) {
    char user[32];
    rdsiam_token *token = NULL;
    rdsiam_error *err = NULL;
    int64_t signed_at;
    snprintf(user, sizeof user, "app%d", key);
    CHECK_OK(rdsiam_token_get(client, HOST, 5432, user, NULL, &token, &err), err);
    CHECK(rdsiam_token_expires_at(token) > now() + 9);
    signed_at = rdsiam_token_signed_at(token);
    rdsiam_token_free(token);
    rdsiam_error_free(err);
    return signed_at;
}

struct worker {
    const rdsiam_client *client;
    pthread_barrier_t *start;
    int first;
    long longest_ms;
};

static void *get_some(void *argument) {
    struct worker *worker = (struct worker *)argument;
    int key;
    pthread_barrier_wait(worker->start);
    for (key = worker->first; key < KEYS; key += WORKERS) {
        const long began = monotonic_ms();
        get(worker->client, key);
        if (monotonic_ms() - began > worker->longest_ms)
            worker->longest_ms = monotonic_ms() - began;
    }
    pthread_barrier_wait(worker->start); /* so that the threads are there to be counted */
    return NULL;
}

static void stale_at_once(rdsiam_provider_fn provider) {
    rdsiam_client *client = client_of(provider);
    struct worker workers[WORKERS];
    pthread_t threads[WORKERS];
    pthread_barrier_t start;
    int64_t first_signed_at;
    int files, tasks, most_files = 0, most_tasks = 0, i;

    __atomic_store_n(&shared->fetches, 0, __ATOMIC_SEQ_CST);
    first_signed_at = get(client, 0);
    for (i = 1; i < KEYS; i++)
        get(client, i);
    CHECK(fetches() == 1);
    pthread_barrier_init(&start, NULL, WORKERS + 1);
    for (i = 0; i < WORKERS; i++) {
        struct worker worker = {client, &start, i, 0};
        workers[i] = worker;
        CHECK(pthread_create(&threads[i], NULL, get_some, &workers[i]) == 0);
    }
    files = entries("/proc/self/fd");
    tasks = entries("/proc/self/task");

    __atomic_add_fetch(&shared->ahead, JUMP, __ATOMIC_SEQ_CST);
    pthread_barrier_wait(&start);
    for (i = 0; i < FETCH_MS / 5 && fetches() < 2; i++)
        sleep_ms(1);
    for (i = 0; i < FETCH_MS / 20; i++) {
        const int files_now = entries("/proc/self/fd"), tasks_now = entries("/proc/self/task");
        most_files = files_now > most_files ? files_now : most_files;
        most_tasks = tasks_now > most_tasks ? tasks_now : most_tasks;
        sleep_ms(10);
    }
    pthread_barrier_wait(&start);
    for (i = 0; i < WORKERS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK(workers[i].longest_ms < FETCH_MS / 3);
        if (workers[i].longest_ms >= FETCH_MS / 3)
            fprintf(stderr, "  a call took %ld ms\n", workers[i].longest_ms);
    }
    CHECK(most_tasks <= tasks + 1 && most_files <= files + 8);
    printf("stale: %s: %d keys, %d more fetch, %d more thread, %d more descriptors\n",
           provider == NULL ? "container" : "callback", KEYS, fetches() - 1, most_tasks - tasks,
           most_files - files);
    /* They are new ones, by the credentials of before. */
    for (i = 0; i < KEYS; i++)
        CHECK(get(client, i) >= first_signed_at + JUMP);
    CHECK(fetches() == 2);
    for (i = 0; i < 5000 && entries("/proc/self/task") > tasks - WORKERS; i++)
        sleep_ms(1);
    CHECK(entries("/proc/self/task") <= tasks - WORKERS);
    CHECK(entries("/proc/self/fd") <= files);
    pthread_barrier_destroy(&start);
    rdsiam_client_free(client);
}

static rdsiam_status fail_later(void *user_data, bool force_refresh, rdsiam_credentials **out,
                                rdsiam_error **err) {
    (void)user_data, (void)force_refresh;
    if (__atomic_fetch_add(&shared->fetches, 1, __ATOMIC_SEQ_CST) == 0)
        return rdsiam_credentials_new("AKIDEXAMPLE", "SECRETKEYEXAMPLE", NULL, now() + LIFE, out,
                                      err);
    *err = rdsiam_error_new(RDSIAM_ERR_CREDENTIALS_PROVIDER, "the vault is sealed", true);
    return RDSIAM_ERR_CREDENTIALS_PROVIDER;
}

static void on_event(void *events, const rdsiam_event *event) {
    const rdsiam_error *error = rdsiam_event_error(event);
    CHECK(rdsiam_event_kind(event) == RDSIAM_EVENT_REFRESH_FAILED);
    CHECK(strstr(rdsiam_event_message(event), "the vault is sealed") != NULL);
    CHECK(rdsiam_error_status(error) == RDSIAM_ERR_CREDENTIALS_PROVIDER);
    CHECK(strstr(rdsiam_error_message(error), "sealed") != NULL && rdsiam_error_retryable(error));
    __atomic_add_fetch((int *)events, 1, __ATOMIC_SEQ_CST);
}

/* A background fetch that fails is an event: no caller gets its error. */
static void a_background_failure(void) {
    rdsiam_config *config = rdsiam_config_new();
    rdsiam_client *client = NULL;
    int events = 0, i;
    __atomic_store_n(&shared->fetches, 0, __ATOMIC_SEQ_CST);
    CHECK(rdsiam_config_set_provider(config, fail_later, NULL, NULL, NULL) == RDSIAM_OK);
    CHECK(rdsiam_config_set_on_event(config, on_event, &events, NULL, NULL) == RDSIAM_OK);
    CHECK(rdsiam_client_new(config, &client, NULL) == RDSIAM_OK);
    rdsiam_config_free(config);
    get(client, 0);
    __atomic_add_fetch(&shared->ahead, JUMP, __ATOMIC_SEQ_CST);
    get(client, 0);
    for (i = 0; i < 5000 && __atomic_load_n(&events, __ATOMIC_SEQ_CST) == 0; i++)
        sleep_ms(1);
    CHECK(__atomic_load_n(&events, __ATOMIC_SEQ_CST) == 1 && fetches() == 2);
    /* Not again at once. */
    get(client, 0);
    get(client, 1);
    sleep_ms(100);
    CHECK(fetches() == 2);
    rdsiam_client_free(client);
}

static rdsiam_status hang_once(void *user_data, bool force_refresh, rdsiam_credentials **out,
                               rdsiam_error **err) {
    (void)user_data, (void)force_refresh;
    if (__atomic_fetch_add(&shared->fetches, 1, __ATOMIC_SEQ_CST) == 0)
        for (;;)
            pause();
    return rdsiam_credentials_new("AKIDEXAMPLE", "SECRETKEYEXAMPLE", NULL, 0, out, err);
}

/* A source that hung once is asked again after the timeout. */
static void a_source_that_hangs_once(void) {
    rdsiam_config *config = rdsiam_config_new();
    rdsiam_client *client = NULL;
    rdsiam_token *token = NULL;
    rdsiam_error *err = NULL;
    const long began = monotonic_ms();
    long failed, recovered;
    __atomic_store_n(&shared->fetches, 0, __ATOMIC_SEQ_CST);
    CHECK(rdsiam_config_set_timeout_ms(config, 1000, NULL) == RDSIAM_OK);
    CHECK(rdsiam_config_set_provider(config, hang_once, NULL, NULL, NULL) == RDSIAM_OK);
    CHECK(rdsiam_client_new(config, &client, NULL) == RDSIAM_OK);
    rdsiam_config_free(config);
    CHECK_ERROR(rdsiam_token_get(client, HOST, 5432, "app", NULL, &token, &err), RDSIAM_ERR_TIMEOUT,
                err);
    failed = monotonic_ms() - began;
    CHECK(failed >= 900 && failed < 2000);
    get(client, 1);
    recovered = monotonic_ms() - began;
    CHECK(recovered < failed + 1000 && fetches() == 2);
    rdsiam_client_free(client);
}

static int handled, handled_by_the_library;

static void on_signal(int number) {
    char name[16] = "";
    (void)number;
    prctl(PR_GET_NAME, name);
    __atomic_add_fetch(&handled, 1, __ATOMIC_SEQ_CST);
    if (strncmp(name, "rdsiam", 6) == 0)
        __atomic_add_fetch(&handled_by_the_library, 1, __ATOMIC_SEQ_CST);
}

static rdsiam_status provide_amid_signals(void *user_data, bool force_refresh,
                                          rdsiam_credentials **out, rdsiam_error **err) {
    sigset_t blocked;
    char name[16] = "";
    int number;
    (void)user_data, (void)force_refresh;
    CHECK(prctl(PR_GET_NAME, name) == 0 && strcmp(name, "rdsiam-refresh") == 0);
    CHECK(pthread_sigmask(SIG_BLOCK, NULL, &blocked) == 0);
    for (number = 1; number <= SIGRTMAX; number++) {
        /* Two cannot be blocked, and some are the C library's. */
        if (number == SIGKILL || number == SIGSTOP || (number > 31 && number < SIGRTMIN))
            continue;
        CHECK(sigismember(&blocked, number) == 1);
    }
    __atomic_add_fetch(&shared->fetches, 1, __ATOMIC_SEQ_CST);
    sleep_ms(500);
    return rdsiam_credentials_new("AKIDEXAMPLE", "SECRETKEYEXAMPLE", NULL, 0, out, err);
}

static void *get_one(void *client) {
    get((const rdsiam_client *)client, 0);
    return NULL;
}

/* The program's handlers run on the program's threads. */
static void signals(void) {
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    rdsiam_client *client = client_of(provide_amid_signals);
    sigset_t one;
    pthread_t thread;
    int i;
    __atomic_store_n(&shared->fetches, 0, __ATOMIC_SEQ_CST);
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    CHECK(pthread_create(&thread, NULL, get_one, client) == 0);
    while (fetches() == 0)
        sleep_ms(1);
    /* This one is out of the way, so that the kernel has to choose one of the others. */
    CHECK(pthread_sigmask(SIG_BLOCK, &one, NULL) == 0);
    for (i = 0; i < 300; i++) {
        CHECK(kill(getpid(), SIGUSR1) == 0);
        sleep_ms(1);
    }
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(pthread_sigmask(SIG_UNBLOCK, &one, NULL) == 0);
    CHECK(handled > 100 && handled_by_the_library == 0);
    rdsiam_client_free(client);
}

int main(int argc, char **argv) {
    struct rlimit limit = {0, 0};
    pid_t container;
    shared = (struct shared *)mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    container = serve_container();
    if (argc > 1) {
        CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
        limit.rlim_cur = (rlim_t)atol(argv[1]);
        CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    }
    stale_at_once(provide);
    stale_at_once(NULL);
    kill(container, SIGKILL);
    waitpid(container, NULL, 0);
    a_background_failure();
    a_source_that_hangs_once();
    signals();
    return report("stale", 4 * KEYS);
}
