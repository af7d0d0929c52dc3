// Package rdsiamaws takes credential providers of the AWS SDK for Go v2.
//
//	config, err := config.LoadDefaultConfig(ctx)
//	client, err := rdsiam.New(rdsiam.WithProvider(rdsiamaws.Provider(config.Credentials)))
package rdsiamaws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"rdsiam"
)

// Provider makes a provider of one of the SDK's. It is asked when credentials are due, and not at each
// login; a cache of the SDK's in front of it is welcome, but not needed. nil gives nil, which
// [rdsiam.New] refuses.
func Provider(sdk aws.CredentialsProvider) rdsiam.Provider {
	if sdk == nil {
		return nil
	}
	return provider{sdk}
}

type provider struct {
	sdk aws.CredentialsProvider
}

// Retrieve asks the SDK's provider. A refresh is forced where it has a cache that can be invalidated,
// as [aws.CredentialsCache] can.
func (p provider) Retrieve(ctx context.Context, forceRefresh bool) (rdsiam.Credentials, error) {
	if cache, ok := p.sdk.(interface{ Invalidate() }); ok && forceRefresh {
		cache.Invalidate()
	}
	got, err := p.sdk.Retrieve(ctx)
	if err != nil {
		return rdsiam.Credentials{}, err
	}
	credentials := rdsiam.Credentials{
		AccessKeyID:     got.AccessKeyID,
		SecretAccessKey: got.SecretAccessKey,
		SessionToken:    got.SessionToken,
	}
	if got.CanExpire {
		credentials.Expires = got.Expires
	}
	return credentials, nil
}
