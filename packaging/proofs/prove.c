/* Runs in a bare root, with the library of the archive: prints a token for the stand-in. */
#include <rdsiam.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    rdsiam_client *client = NULL;
    rdsiam_token *token = NULL;
    rdsiam_error *err = NULL;
    const char *const port = getenv("STANDIN_PORT");

    if (rdsiam_abi_version() != RDSIAM_ABI_VERSION || port == NULL)
        return 2;
    if (rdsiam_client_new(NULL, &client, &err) != RDSIAM_OK ||
        rdsiam_token_get(client, getenv("STANDIN_HOST"), (uint16_t)atoi(port),
                         getenv("STANDIN_USER"), NULL, &token, &err) != RDSIAM_OK) {
        fprintf(stderr, "%s\n", rdsiam_error_message(err));
        return 1;
    }
    puts(rdsiam_token_str(token));
    rdsiam_token_free(token);
    rdsiam_client_free(client);
    return 0;
}
