/* Preloaded into the server: looks for PAM services in $PAM_CONFDIR, so that nothing under /etc
 * has to be changed. */
#include <security/pam_appl.h>
#include <stdlib.h>

int pam_start(const char *service, const char *user, const struct pam_conv *conversation,
              pam_handle_t **handle) {
    return pam_start_confdir(service, user, conversation, getenv("PAM_CONFDIR"), handle);
}
