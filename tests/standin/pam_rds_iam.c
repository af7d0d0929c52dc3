/*
 * A PAM module that hands the whole password to a command, which decides by its exit code.
 *
 *     auth    required /ABS/pam_rds_iam.so COMMAND ARGUMENT...
 *     account required /ABS/pam_rds_iam.so
 *
 * The command finds the password on its standard input and gets one more argument, --user=NAME.
 * pam_exec cannot serve here: it cuts the password at 511 bytes, and a token has up to thousands.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TOKEN_MAX = 65536, ARGUMENTS_MAX = 30, DESCRIPTORS_MAX = 65536, SECONDS_MAX = 30 };

/* In the child. The server's descriptors (data files, client sockets) are none of its business,
 * and its environment would preload pam_confdir.so here too. */
static void exec_verifier(int input, char *const arguments[]) {
    char *environment[] = {"LC_ALL=C.UTF-8", NULL};
    long descriptors = sysconf(_SC_OPEN_MAX);
    sigset_t none;

    if (dup2(input, STDIN_FILENO) < 0) {
        _exit(126);
    }
    if (descriptors < 0 || descriptors > DESCRIPTORS_MAX) {
        descriptors = DESCRIPTORS_MAX;
    }
    for (int fd = STDERR_FILENO + 1; fd < descriptors; fd++) {
        close(fd);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGALRM, SIG_DFL);
    alarm(SECONDS_MAX); /* survives execve: a verifier that hangs is killed, which refuses */
    execve(arguments[0], arguments, environment);
    _exit(127);
}

/* A verifier that leaves early must not kill the server with SIGPIPE. */
static int send_all(int to, const char *text, size_t length) {
    while (length > 0) {
        ssize_t sent = send(to, text, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            return 0;
        }
        text += sent;
        length -= (size_t)sent;
    }
    return 1;
}

static int exited_with_zero(pid_t child) {
    int status = 0;
    pid_t found;

    do {
        found = waitpid(child, &status, 0);
    } while (found < 0 && errno == EINTR);
    return found == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int ask_verifier(char *const arguments[], const char *token) {
    int ends[2];
    int delivered, accepted;
    pid_t child;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) {
        return 0;
    }
    child = fork();
    if (child == 0) {
        exec_verifier(ends[1], arguments);
    }
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return 0;
    }
    delivered = send_all(ends[0], token, strlen(token));
    close(ends[0]);
    accepted = exited_with_zero(child);
    return delivered && accepted;
}

/* The server may ignore SIGCHLD or reap children itself; either would lose the exit code. */
static int ask_with_own_sigchld(char *const arguments[], const char *token) {
    struct sigaction by_default, before;
    int accepted;

    memset(&by_default, 0, sizeof by_default);
    by_default.sa_handler = SIG_DFL;
    sigemptyset(&by_default.sa_mask);
    if (sigaction(SIGCHLD, &by_default, &before) != 0) {
        return 0;
    }
    accepted = ask_verifier(arguments, token);
    sigaction(SIGCHLD, &before, NULL);
    return accepted;
}

int pam_sm_authenticate(pam_handle_t *handle, int flags, int argc, const char **argv) {
    const char *user = NULL, *token = NULL;
    char *arguments[ARGUMENTS_MAX + 2] = {NULL};
    char *option;
    size_t option_size;
    int accepted;

    (void)flags;
    if (argc < 1 || argc > ARGUMENTS_MAX || pam_get_user(handle, &user, NULL) != PAM_SUCCESS ||
        pam_get_authtok(handle, PAM_AUTHTOK, &token, NULL) != PAM_SUCCESS ||
        strlen(token) > TOKEN_MAX) {
        return PAM_AUTH_ERR;
    }
    option_size = sizeof "--user=" + strlen(user);
    option = malloc(option_size);
    if (option == NULL) {
        return PAM_BUF_ERR;
    }
    snprintf(option, option_size, "--user=%s", user);
    for (int i = 0; i < argc; i++) {
        arguments[i] = (char *)argv[i]; /* execve never writes there */
    }
    arguments[argc] = option;
    accepted = ask_with_own_sigchld(arguments, token);
    free(option);
    return accepted ? PAM_SUCCESS : PAM_AUTH_ERR;
}

int pam_sm_setcred(pam_handle_t *handle, int flags, int argc, const char **argv) {
    (void)handle, (void)flags, (void)argc, (void)argv;
    return PAM_SUCCESS;
}

int pam_sm_acct_mgmt(pam_handle_t *handle, int flags, int argc, const char **argv) {
    (void)handle, (void)flags, (void)argc, (void)argv;
    return PAM_SUCCESS;
}
