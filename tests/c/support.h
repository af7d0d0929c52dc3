/* A test is a function; CHECK counts, and main() fails if nothing was checked. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rdsiam.h"

static int checks;
static int failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        __atomic_add_fetch(&checks, 1, __ATOMIC_RELAXED);                                          \
        if (!(condition)) {                                                                        \
            __atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED);                                    \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                \
        }                                                                                          \
    } while (0)

/* Succeeded, and left no error. */
#define CHECK_OK(call, err)                                                                        \
    do {                                                                                           \
        CHECK((call) == RDSIAM_OK);                                                                \
        if ((err) != NULL)                                                                         \
            fprintf(stderr, "  %s\n", rdsiam_error_message(err));                                  \
        CHECK((err) == NULL);                                                                      \
    } while (0)

/* Failed with this status, and an error that says the same; frees the error. */
#define CHECK_ERROR(call, status, err)                                                             \
    do {                                                                                           \
        CHECK((call) == (status));                                                                 \
        CHECK(rdsiam_error_status(err) == (status));                                               \
        CHECK(strncmp(rdsiam_error_code(err), "ERR_RDSIAM_", 11) == 0);                            \
        CHECK(strlen(rdsiam_error_message(err)) > 10);                                             \
        rdsiam_error_free(err);                                                                    \
        (err) = NULL;                                                                              \
    } while (0)

static int report(const char *name, int at_least) {
    printf("%s: %d checks, %d failed\n", name, checks, failures);
    if (checks < at_least) {
        fprintf(stderr, "%s: only %d checks ran, %d expected\n", name, checks, at_least);
        return EXIT_FAILURE;
    }
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
