/* From the start of a process to a token on standard output, credentials from the environment:
 * what `aws rds generate-db-auth-token` does. */
#include <rdsiam.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    rdsiam_client *client = NULL;
    rdsiam_token *token = NULL;
    rdsiam_error *err = NULL;

    if (rdsiam_client_new(NULL, &client, &err) != RDSIAM_OK ||
        rdsiam_token_sign(client, getenv("BENCH_HOST"), 5432, "app", NULL, &token, &err) !=
            RDSIAM_OK) {
        fprintf(stderr, "%s: %s\n", rdsiam_error_code(err), rdsiam_error_message(err));
        return 1;
    }
    puts(rdsiam_token_str(token));
    rdsiam_token_free(token);
    rdsiam_client_free(client);
    return 0;
}
