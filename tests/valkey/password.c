/* Prints a token for an ElastiCache replication group, by its name: the password of AUTH. */
#include <rdsiam.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    rdsiam_config *config = rdsiam_config_new();
    rdsiam_client *client = NULL;
    rdsiam_token *token = NULL;
    rdsiam_error *err = NULL;
    int good = rdsiam_config_set_kind(config, RDSIAM_KIND_ELASTICACHE, &err) == RDSIAM_OK &&
               rdsiam_client_new(config, &client, &err) == RDSIAM_OK &&
               rdsiam_token_get(client, getenv("DB_HOST"), 6379, getenv("DB_USER"), NULL, &token,
                                &err) == RDSIAM_OK;

    if (good)
        puts(rdsiam_token_str(token));
    else
        fprintf(stderr, "%s\n", rdsiam_error_message(err));
    rdsiam_token_free(token);
    rdsiam_client_free(client);
    rdsiam_config_free(config);
    rdsiam_error_free(err);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
