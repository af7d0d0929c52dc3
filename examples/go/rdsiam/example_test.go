package rdsiam_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"rdsiam"
)

func Example() {
	client, err := rdsiam.New(rdsiam.WithCredentials(rdsiam.Credentials{
		AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "SECRETKEYEXAMPLE",
	})) // rdsiam.New() alone takes those of the environment, a profile, a container, EC2
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	password, err := client.Token(ctx, rdsiam.Target{
		Host: "mydb.abc123.us-east-1.rds.amazonaws.com", Port: 5432, User: "app",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.HasPrefix(password, "mydb.abc123.us-east-1.rds.amazonaws.com:5432/?"))
	// Output: true
}

// What to do about an error, by its kind.
func ExampleError() {
	client, err := rdsiam.New()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	_, err = client.Token(context.Background(), rdsiam.Target{Host: "localhost", Port: 0, User: "app"})

	var failed *rdsiam.Error
	switch {
	case errors.Is(err, rdsiam.ErrCredentialsNotFound):
		fmt.Println("log in to AWS first")
	case errors.As(err, &failed) && failed.Retryable:
		fmt.Println("try again in a moment")
	case errors.As(err, &failed):
		fmt.Println(failed.Code)
	}
	// Output: ERR_RDSIAM_INVALID_ARGUMENT
}

// Credentials from a source of the program's own.
func ExampleWithProvider() {
	vault := rdsiam.ProviderFunc(func(context.Context, bool) (rdsiam.Credentials, error) {
		return rdsiam.Credentials{
			AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "SECRET", SessionToken: "SESSION",
			Expires: time.Now().Add(time.Hour),
		}, nil
	})
	client, err := rdsiam.New(rdsiam.WithProvider(vault))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	token, err := client.Get(context.Background(), rdsiam.Target{
		Host: "mydb.abc123.us-east-1.rds.amazonaws.com", Port: 5432, User: "app",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(time.Until(token.ExpiresAt()).Round(time.Minute))
	// Output: 15m0s
}
