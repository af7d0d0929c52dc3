package rdsiamaws_test

import (
	"context"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dsql "github.com/aws/aws-sdk-go-v2/feature/dsql/auth"

	"rdsiam"
)

// asTheSDK writes one of our tokens as the SDK does: without the "/", and with the session token sorted in among
// the other parameters, as all are signed, where botocore and this library have it behind them.
func asTheSDK(token string) string {
	address, query, _ := strings.Cut(token, "/?")
	parameters, signature, _ := strings.Cut(query, "&X-Amz-Signature=")
	sorted := strings.Split(parameters, "&")
	if _, session, found := strings.Cut(signature, "&"); found {
		signature = strings.TrimSuffix(signature, "&"+session)
		sorted = append(sorted, session)
	}
	slices.Sort(sorted)
	return address + "?" + strings.Join(sorted, "&") + "&X-Amz-Signature=" + signature
}

func signedAt(token string) string {
	_, rest, _ := strings.Cut(token, "X-Amz-Date=")
	return rest[:min(16, len(rest))]
}

func TestTokensOfDSQLHaveTheSignatureOfTheSDKs(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if given, err := strconv.ParseUint(os.Getenv("RDSIAM_SEED"), 10, 64); err == nil {
		seed = given
	}
	t.Logf("RDSIAM_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	text := func(length int, letters string) string {
		made := make([]byte, length)
		for i := range made {
			made[i] = letters[random.IntN(len(letters))]
		}
		return string(made)
	}
	const lower = "abcdefghijklmnopqrstuvwxyz0123456789"
	const base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + lower + "+/="
	ctx := context.Background()
	for range 5000 {
		region := []string{"us-east-1", "eu-central-1", "us-gov-west-1"}[random.IntN(3)]
		host := text(26, lower) + ".dsql" + []string{"", "-fnh4"}[random.IntN(2)] + "." + region + ".on.aws"
		keys := rdsiam.Credentials{AccessKeyID: text(20, lower), SecretAccessKey: text(40, base64)}
		if random.IntN(2) == 0 {
			keys.SessionToken = text(1+random.IntN(1000), base64)
		}
		life := time.Duration(1+random.IntN(604800)) * time.Second
		user, generate := "app", dsql.GenerateDbConnectAuthToken
		if random.IntN(2) == 0 {
			user, generate = "admin", dsql.GenerateDBConnectAdminAuthToken
		}
		provider := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{
				AccessKeyID:     keys.AccessKeyID,
				SecretAccessKey: keys.SecretAccessKey,
				SessionToken:    keys.SessionToken,
			}, nil
		})
		client, err := rdsiam.New(rdsiam.WithCredentials(keys), rdsiam.WithExpires(life))
		if err != nil {
			t.Fatal(err)
		}
		// Both in the same second, which the SDK reads from the system's clock.
		for {
			theirs, err := generate(ctx, host, region, provider, func(o *dsql.TokenOptions) { o.ExpiresIn = life })
			if err != nil {
				t.Fatal(err)
			}
			ours, err := client.Sign(ctx, rdsiam.Target{Host: host, Port: 5432, User: user})
			if err != nil {
				t.Fatal(err)
			}
			if signedAt(theirs) != signedAt(ours.Password()) {
				continue
			}
			if asTheSDK(ours.Password()) != theirs {
				t.Fatalf("seed %d: %s at %s for %v", seed, user, host, life)
			}
			break
		}
		_ = client.Close()
	}
}
