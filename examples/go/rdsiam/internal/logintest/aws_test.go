package logintest

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"rdsiam"
	"rdsiam/rdsiamaws"
)

// Credentials of the AWS SDK log in at both servers, and are asked for once.
func TestProvidersOfTheSDK(t *testing.T) {
	asked := 0
	sdk := aws.NewCredentialsCache(aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) {
			asked++
			return aws.Credentials{
				AccessKeyID:     env(t, "ACCESS_KEY_ID"),
				SecretAccessKey: env(t, "SECRET_ACCESS_KEY"),
				SessionToken:    env(t, "SESSION_TOKEN"),
				CanExpire:       true,
				Expires:         time.Now().Add(time.Hour),
			}, nil
		}))
	client := open(t, rdsiam.WithProvider(rdsiamaws.Provider(sdk)))
	for range 2 {
		if _, err := connectAndAsk(t, client, parse(t, dsn(t))); err != nil {
			t.Error(err)
		}
		if _, err := askMySQL(t, openMySQL(t, client, mysqlConfig(t))); err != nil {
			t.Error(err)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}
