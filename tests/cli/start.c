/* What `rdsiam token` is compared with: a program that signs one token and prints it. */
#include <stdio.h>

#include "rdsiam.h"

int main(void) {
    const char *host = "mydb.abc123.us-east-1.rds.amazonaws.com";
    rdsiam_client *client = NULL;
    rdsiam_token *token = NULL;
    rdsiam_error *error = NULL;
    if (rdsiam_client_new(NULL, &client, &error) != 0 ||
        rdsiam_token_sign(client, host, 5432, "app", NULL, &token, &error) != 0) {
        fprintf(stderr, "%s\n", rdsiam_error_message(error));
        return 1;
    }
    puts(rdsiam_token_str(token));
    rdsiam_token_free(token);
    rdsiam_client_free(client);
    return 0;
}
