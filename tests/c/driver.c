/* A client of the C API that does what its standard input says, for tests that look at it from
 * outside. Each line is answered with one of JSON; tests/tools/driver.py says what there is. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rdsiam.h"

enum { PLAIN, FORCED, KINDS, MOST_CALLS = 1000 };

/* What the callback gives, by whether newer credentials than the last are wanted. */
struct reply {
    char key[128], secret[128], session[4096];
    int64_t end;
    rdsiam_status failure;
};

/* The user data of the callback. The library may call it on a thread of its own. */
struct script {
    pthread_mutex_t mutex;
    struct reply replies[KINDS];
    bool asked[MOST_CALLS];
    int calls;
};

struct login {
    const char *host, *user, *region;
    uint16_t port;
};

typedef rdsiam_status (*token_call)(const rdsiam_client *, const char *, uint16_t, const char *,
                                    const char *, rdsiam_token **, rdsiam_error **);

static void die(const char *why) {
    fprintf(stderr, "driver: %s\n", why);
    exit(2);
}

static char *word(void) {
    char *found = strtok(NULL, " \n");
    if (found == NULL)
        die("a word is missing");
    return found;
}

static rdsiam_status provide(void *user_data, bool force_refresh, rdsiam_credentials **out,
                             rdsiam_error **err) {
    struct script *script = (struct script *)user_data;
    const struct reply *reply = &script->replies[force_refresh ? FORCED : PLAIN];
    rdsiam_status status;
    pthread_mutex_lock(&script->mutex);
    if (script->calls < MOST_CALLS)
        script->asked[script->calls++] = force_refresh;
    status = reply->failure;
    if (status == RDSIAM_OK)
        status =
            rdsiam_credentials_new(reply->key, reply->secret, reply->session, reply->end, out, err);
    pthread_mutex_unlock(&script->mutex);
    return status;
}

static void copy(char *to, size_t size, const char *from) {
    if (strlen(from) >= size)
        die("a word is too long");
    strcpy(to, from);
}

/* give plain|forced fail [STATUS] | give plain|forced KEY SECRET SESSION|- END */
static void give(struct script *script) {
    struct reply *reply = &script->replies[strcmp(word(), "forced") == 0 ? FORCED : PLAIN];
    const char *first = word(), *next;
    pthread_mutex_lock(&script->mutex);
    memset(reply, 0, sizeof *reply);
    if (strcmp(first, "fail") == 0) {
        next = strtok(NULL, " \n");
        reply->failure = next == NULL ? RDSIAM_ERR_CREDENTIALS_PROVIDER : atoi(next);
    } else {
        copy(reply->key, sizeof reply->key, first);
        copy(reply->secret, sizeof reply->secret, word());
        next = word();
        copy(reply->session, sizeof reply->session, strcmp(next, "-") == 0 ? "" : next);
        reply->end = atoll(word());
    }
    pthread_mutex_unlock(&script->mutex);
    puts("{}");
}

static void print_asked(struct script *script) {
    int i;
    pthread_mutex_lock(&script->mutex);
    fputs("{\"asked\": [", stdout);
    for (i = 0; i < script->calls; i++)
        printf("%s%s", i == 0 ? "" : ", ", script->asked[i] ? "true" : "false");
    puts("]}");
    script->calls = 0;
    pthread_mutex_unlock(&script->mutex);
}

static void print_text(const char *name, const char *text) {
    printf("\"%s\": \"", name);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        if ((unsigned char)*text < ' ')
            printf("\\u%04x", (unsigned char)*text);
        else
            putchar(*text);
    }
    fputs("\", ", stdout);
}

static double monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void print_token(token_call call, const rdsiam_client *client, const struct login *login) {
    const double began = monotonic();
    rdsiam_token *token = NULL;
    rdsiam_error *err = NULL;
    const rdsiam_status status =
        call(client, login->host, login->port, login->user, login->region, &token, &err);
    const double seconds = monotonic() - began;
    if (status != rdsiam_error_status(err) || (status == RDSIAM_OK) != (token != NULL))
        die("status, token and error contradict each other");
    putchar('{');
    if (status == RDSIAM_OK) {
        print_text("token", rdsiam_token_str(token));
        printf("\"expires_at\": %lld, ", (long long)rdsiam_token_expires_at(token));
    } else {
        print_text("code", rdsiam_error_code(err));
        print_text("message", rdsiam_error_message(err));
        printf("\"status\": %d, ", (int)status);
        printf("\"retryable\": %s, ", rdsiam_error_retryable(err) ? "true" : "false");
    }
    printf("\"seconds\": %.3f}\n", seconds);
    rdsiam_token_free(token);
    rdsiam_error_free(err);
}

static int entries(const char *folder) {
    DIR *open = opendir(folder);
    int count = 0;
    if (open == NULL)
        die("no /proc");
    while (readdir(open) != NULL)
        count++;
    closedir(open);
    return count;
}

/* KEY,SECRET,END */
static rdsiam_status set_keys(rdsiam_config *config, char *keys, rdsiam_error **err) {
    const char *key = strtok(keys, ","), *secret = strtok(NULL, ","), *end = strtok(NULL, ",");
    rdsiam_credentials *given = NULL;
    rdsiam_status status;
    if (end == NULL)
        die("wanted: KEY,SECRET,END");
    status = rdsiam_credentials_new(key, secret, NULL, atoll(end), &given, err);
    if (status == RDSIAM_OK)
        status = rdsiam_config_set_credentials(config, given, err);
    rdsiam_credentials_free(given);
    return status;
}

static rdsiam_client *make_client(char *source, struct script *script) {
    rdsiam_config *config = rdsiam_config_new();
    rdsiam_client *client = NULL;
    rdsiam_error *err = NULL;
    rdsiam_status status = RDSIAM_OK;
    if (strcmp(source, "provider") == 0)
        status = rdsiam_config_set_provider(config, provide, script, NULL, &err);
    else if (strncmp(source, "profile=", 8) == 0)
        status = rdsiam_config_set_profile(config, source + 8, &err);
    else if (strncmp(source, "keys=", 5) == 0)
        status = set_keys(config, source + 5, &err);
    if (status != RDSIAM_OK || rdsiam_client_new(config, &client, &err) != RDSIAM_OK)
        die(rdsiam_error_message(err));
    rdsiam_config_free(config);
    return client;
}

static void set_variable(void) {
    char *name = word(), *value = strchr(name, '=');
    if (value == NULL)
        die("set wants NAME=VALUE");
    *value = '\0';
    if (setenv(name, value + 1, 1) != 0)
        die("setenv failed");
    puts("{}");
}

static void obey(const char *command, const rdsiam_client *client, const struct login *login,
                 struct script *script) {
    if (strcmp(command, "get") == 0) {
        print_token(rdsiam_token_get, client, login);
    } else if (strcmp(command, "sign") == 0) {
        print_token(rdsiam_token_sign, client, login);
    } else if (strcmp(command, "invalidate") == 0) {
        if (rdsiam_token_invalidate(client, login->host, login->port, login->user, login->region,
                                    NULL) != RDSIAM_OK)
            die("invalidate failed");
        puts("{}");
    } else if (strcmp(command, "held") == 0) {
        printf("{\"held\": [%d, %d]}\n", entries("/proc/self/fd"), entries("/proc/self/task"));
    } else if (strcmp(command, "set") == 0) {
        set_variable();
    } else if (strcmp(command, "give") == 0) {
        give(script);
    } else if (strcmp(command, "asked") == 0) {
        print_asked(script);
    } else {
        die("an unknown command");
    }
}

int main(int argc, char **argv) {
    static struct script script;
    struct login login;
    rdsiam_client *client;
    char *line = NULL;
    size_t size = 0;
    if (argc != 6)
        die("wanted: HOST PORT USER REGION default|profile=NAME|keys=...|provider");
    login.host = argv[1];
    login.port = (uint16_t)atoi(argv[2]);
    login.user = argv[3];
    login.region = argv[4];
    pthread_mutex_init(&script.mutex, NULL);
    client = make_client(argv[5], &script);
    while (getline(&line, &size, stdin) > 0) {
        const char *command = strtok(line, " \n");
        obey(command == NULL ? "" : command, client, &login, &script);
        fflush(stdout);
    }
    rdsiam_client_free(client);
    free(line);
    return 0;
}
