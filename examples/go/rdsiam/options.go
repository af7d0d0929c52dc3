package rdsiam

import (
	"math"
	"time"
)

// An Option changes what [New] makes.
type Option func(*settings)

type settings struct {
	region, profile string
	refreshBefore   *time.Duration
	credentials     *Credentials
	provider        Provider
	noProvider      bool
}

// check refuses what C would not see.
func (s *settings) check() error {
	if s.noProvider {
		return invalid("provider is nil")
	}
	return noNUL("region", s.region, "profile", s.profile)
}

// WithRegion sets the region for hosts whose names carry none.
func WithRegion(region string) Option {
	return func(s *settings) { s.region = region }
}

// WithProfile names the profile of the shared AWS files. Keys in the environment then do not count.
func WithProfile(profile string) Option {
	return func(s *settings) { s.profile = profile }
}

// WithRefreshBefore sets how long before its end a token is refreshed while it is still handed
// out: 0 to 900 seconds, 60 by default. Parts of a second are dropped.
func WithRefreshBefore(before time.Duration) Option {
	return func(s *settings) { s.refreshBefore = &before }
}

// WithCredentials signs with these and nothing else. Of this and [WithProvider] the last one holds;
// without either it is the default chain of the AWS SDKs, which the C library has of its own.
func WithCredentials(credentials Credentials) Option {
	return func(s *settings) {
		s.credentials, s.provider, s.noProvider = &credentials, nil, false
	}
}

// WithProvider signs with what the provider gives. The library never calls it on a thread of its
// own: this package fetches the credentials and hands them over.
func WithProvider(provider Provider) Option {
	return func(s *settings) {
		s.credentials, s.provider, s.noProvider = nil, provider, provider == nil
	}
}

// seconds gives what C takes; it refuses what is out of range by itself.
func seconds(d time.Duration) uint32 {
	whole := int64(d / time.Second)
	if whole < 0 || whole > math.MaxUint32 {
		return math.MaxUint32
	}
	return uint32(whole)
}
