/* A host that knows the library only at run time: it loads it, uses it from many threads, and lets
 * go of it, over and over. The library stays mapped after dlclose(), since a fetch of its own
 * may still run, so that this neither crashes nor grows.
 *
 *   ./plugin_host librdsiam.so.1 [threads [rounds]]
 *   cc plugin_host.c $(pkg-config --cflags rdsiam) -pthread -ldl -o plugin_host */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <pthread.h>
#include <rdsiam.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS_MAX = 256, TOKENS = 100 };

/* What this host uses, with the types of the header. */
struct library {
    void *handle;
    uint32_t (*abi_version)(void);
    rdsiam_status (*client_new)(const rdsiam_config *, rdsiam_client **, rdsiam_error **);
    void (*client_free)(rdsiam_client *);
    rdsiam_status (*token_get)(const rdsiam_client *, const char *, uint16_t, const char *,
                               const char *, rdsiam_token **, rdsiam_error **);
    size_t (*token_len)(const rdsiam_token *);
    void (*token_free)(rdsiam_token *);
    const char *(*error_message)(const rdsiam_error *);
    void (*error_free)(rdsiam_error *);
};

struct task {
    const struct library *library;
    const rdsiam_client *client;
    int failed;
};

/* ISO C has no cast from an object's address to a function's; POSIX has this. */
static int find(void *handle, const char *name, void **function) {
    *function = dlsym(handle, name);
    if (*function == NULL)
        fprintf(stderr, "%s\n", dlerror());
    return *function != NULL;
}

#define FIND(library, name)                                                                        \
    find((library)->handle, "rdsiam_" #name, (void **)(void *)&(library)->name)

static int load(const char *path, struct library *library) {
    library->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library->handle == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 0;
    }
    if (FIND(library, abi_version) && library->abi_version() == RDSIAM_ABI_VERSION &&
        FIND(library, client_new) && FIND(library, client_free) && FIND(library, token_get) &&
        FIND(library, token_len) && FIND(library, token_free) && FIND(library, error_message) &&
        FIND(library, error_free))
        return 1;
    fprintf(stderr, "%s is not the library of this header\n", path);
    dlclose(library->handle);
    return 0;
}

static void *use(void *argument) {
    struct task *task = argument;
    const struct library *library = task->library;
    int i;

    for (i = 0; i < TOKENS; i++) {
        rdsiam_token *token = NULL;
        rdsiam_error *err = NULL;
        if (library->token_get(task->client, "mydb.abc123.us-east-1.rds.amazonaws.com", 5432, "app",
                               NULL, &token, &err) != RDSIAM_OK) {
            fprintf(stderr, "%s\n", library->error_message(err));
            library->error_free(err);
            task->failed++;
        } else if (library->token_len(token) < 300) {
            task->failed++;
        }
        library->token_free(token);
    }
    return NULL;
}

/* How many calls failed in all of the threads. */
static int use_from_threads(const struct library *library, const rdsiam_client *client, int count) {
    pthread_t threads[THREADS_MAX];
    struct task tasks[THREADS_MAX];
    int begun = 0, failed = 0, i;

    for (i = 0; i < count; i++) {
        tasks[i].library = library;
        tasks[i].client = client;
        tasks[i].failed = 0;
        if (pthread_create(&threads[i], NULL, use, &tasks[i]) != 0)
            break;
        begun++;
    }
    for (i = 0; i < begun; i++) {
        pthread_join(threads[i], NULL);
        failed += tasks[i].failed;
    }
    return begun == count ? failed : failed + 1;
}

int main(int argc, char **argv) {
    const int threads = argc > 2 ? atoi(argv[2]) : 8, rounds = argc > 3 ? atoi(argv[3]) : 3;
    int round, failed = 0;

    if (argc < 2 || threads < 1 || threads > THREADS_MAX)
        return EXIT_FAILURE;
    for (round = 0; round < rounds; round++) {
        struct library library;
        rdsiam_client *client = NULL;
        if (!load(argv[1], &library))
            return EXIT_FAILURE;
        if (library.client_new(NULL, &client, NULL) != RDSIAM_OK)
            return EXIT_FAILURE;
        failed += use_from_threads(&library, client, threads);
        library.client_free(client);
        dlclose(library.handle);
    }
    printf("%d rounds, %d tokens, %d failures\n", rounds, rounds * threads * TOKENS, failed);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
