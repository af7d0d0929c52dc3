package rdsiamaws_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"

	"rdsiam"
)

// Each through the same static credentials, without and with a session token of 900 characters:
//
//	go test -run '^$' -bench . -benchmem ./rdsiamaws
func BenchmarkToken(b *testing.B) {
	for name, session := range map[string]string{"plain": "", "session": strings.Repeat("s", 900)} {
		ours := rdsiam.Credentials{AccessKeyID: "AKID", SecretAccessKey: "SECRET", SessionToken: session}
		client, err := rdsiam.New(rdsiam.WithCredentials(ours))
		if err != nil {
			b.Fatal(err)
		}
		defer client.Close()
		sdk := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "SECRET", SessionToken: session}, nil
		})
		ctx := b.Context()
		b.Run("hit/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := client.Token(ctx, target); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("sign/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := client.Sign(ctx, target); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("BuildAuthToken/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := auth.BuildAuthToken(ctx, endpoint, "us-east-1", target.User, sdk); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
