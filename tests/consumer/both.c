/* A program with two libraries in Rust, each with its own standard library inside. */
#include <rdsiam.h>
#include <stdlib.h>

unsigned other_library(void);

int main(void) {
    rdsiam_client *client = NULL;
    rdsiam_token *token = NULL;
    const rdsiam_status made = rdsiam_client_new(NULL, &client, NULL);
    const rdsiam_status got = rdsiam_token_get(client, "", 1, "app", NULL, &token, NULL);
    rdsiam_client_free(client);
    return made == RDSIAM_OK && got == RDSIAM_ERR_INVALID_ARGUMENT && other_library() == 7
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}
