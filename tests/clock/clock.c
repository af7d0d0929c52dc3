/* A wall clock that a test moves, for a program that knows nothing of it: LD_PRELOAD. The file
 * MOVED_CLOCK holds two numbers of nanoseconds: what is added to the time, and, unless it is 0, the
 * time at which the clock stands still instead. The monotonic clock is left alone. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define BILLION 1000000000

static const volatile int64_t *hand;

static void __attribute__((constructor)) look_up(void) {
    const char *path = getenv("MOVED_CLOCK");
    const int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    void *mapped = MAP_FAILED;
    if (file >= 0) {
        mapped = mmap(NULL, 2 * sizeof *hand, PROT_READ, MAP_SHARED, file, 0);
        close(file);
    }
    /* A test with the true clock would prove nothing. */
    if (mapped == MAP_FAILED) {
        fputs("clock: MOVED_CLOCK names no file that can be mapped\n", stderr);
        _exit(2);
    }
    hand = mapped;
}

static int64_t moved(void) {
    struct timespec now;
    if (hand != NULL && hand[1] != 0)
        return hand[1];
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * BILLION + now.tv_nsec + (hand == NULL ? 0 : hand[0]);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int64_t time;
    if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)
        return (int)syscall(SYS_clock_gettime, clock, now);
    time = moved();
    now->tv_sec = time / BILLION;
    now->tv_nsec = time % BILLION;
    return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    const int64_t time = moved();
    (void)zone;
    now->tv_sec = time / BILLION;
    now->tv_usec = time % BILLION / 1000;
    return 0;
}

time_t time(time_t *now) {
    const time_t seconds = moved() / BILLION;
    if (now != NULL)
        *now = seconds;
    return seconds;
}
