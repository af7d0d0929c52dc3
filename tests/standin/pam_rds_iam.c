/* A PAM module that hands the whole password to a verifier, whose exit code decides.
 *
 * pam_exec cuts a password at 511 bytes, and a token with a session token has 1,200 to 2,900.
 * Arguments in the service file: the verifier's command line, one word each. It gets the token on
 * its standard input and the user in PAM_USER. */
#define _GNU_SOURCE
#include <errno.h>
#include <security/pam_appl.h>
#include <security/pam_modules.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int ask_for_token(pam_handle_t *handle, char **token) {
    const struct pam_conv *conversation = NULL;
    const struct pam_message message = {PAM_PROMPT_ECHO_OFF, "Password: "};
    const struct pam_message *messages = &message;
    struct pam_response *response = NULL;
    int result = pam_get_item(handle, PAM_CONV, (const void **)&conversation);

    if (result != PAM_SUCCESS || conversation == NULL || conversation->conv == NULL)
        return PAM_AUTH_ERR;
    result = conversation->conv(1, &messages, &response, conversation->appdata_ptr);
    if (result != PAM_SUCCESS || response == NULL)
        return PAM_AUTH_ERR;
    *token = response->resp;
    free(response);
    return *token != NULL ? PAM_SUCCESS : PAM_AUTH_ERR;
}

static void run_verifier(int input, const char *user, int argc, const char **argv) {
    char **command = calloc((size_t)argc + 1, sizeof *command);
    int i;

    if (command == NULL || argc == 0)
        _exit(126);
    for (i = 0; i < argc; i++)
        command[i] = (char *)argv[i];
    /* The server's sockets are none of the verifier's business. */
    if (dup2(input, 0) < 0)
        _exit(126);
    closefrom(3);
    unsetenv("LD_PRELOAD");
    setenv("PAM_USER", user, 1);
    execv(command[0], command);
    _exit(127);
}

static int give(int output, const char *text, size_t length) {
    while (length > 0) {
        /* A verifier that has ended must not end the server with SIGPIPE. */
        ssize_t written = send(output, text, length, MSG_NOSIGNAL);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return -1;
        text += written;
        length -= (size_t)written;
    }
    return 0;
}

static int judge(const char *token, const char *user, int argc, const char **argv) {
    struct sigaction plain, before;
    int ends[2], status = -1;
    pid_t child;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return PAM_AUTH_ERR;
    /* A server that ignores SIGCHLD would take the exit code from waitpid(). */
    memset(&plain, 0, sizeof plain);
    plain.sa_handler = SIG_DFL;
    sigaction(SIGCHLD, &plain, &before);
    child = fork();
    if (child == 0)
        run_verifier(ends[1], user, argc, argv);
    close(ends[1]);
    if (child > 0) {
        give(ends[0], token, strlen(token));
        shutdown(ends[0], SHUT_WR);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    close(ends[0]);
    sigaction(SIGCHLD, &before, NULL);
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? PAM_SUCCESS : PAM_AUTH_ERR;
}

int pam_sm_authenticate(pam_handle_t *handle, int flags, int argc, const char **argv) {
    const char *user = NULL;
    char *token = NULL;
    int result;

    (void)flags;
    if (pam_get_user(handle, &user, NULL) != PAM_SUCCESS || user == NULL)
        return PAM_AUTH_ERR;
    if (ask_for_token(handle, &token) != PAM_SUCCESS)
        return PAM_AUTH_ERR;
    result = judge(token, user, argc, argv);
    explicit_bzero(token, strlen(token));
    free(token);
    return result;
}

int pam_sm_setcred(pam_handle_t *handle, int flags, int argc, const char **argv) {
    (void)handle, (void)flags, (void)argc, (void)argv;
    return PAM_SUCCESS;
}

int pam_sm_acct_mgmt(pam_handle_t *handle, int flags, int argc, const char **argv) {
    (void)handle, (void)flags, (void)argc, (void)argv;
    return PAM_SUCCESS;
}
