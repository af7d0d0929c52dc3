//go:build cgo

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
	minRemaining    *time.Duration
	expires         *time.Duration
	timeout         *time.Duration
	maxEntries      *int
	credentials     *Credentials
	provider        Provider
	noProvider      bool
	kind            Kind
}

// check refuses what C would not see.
func (s *settings) check() error {
	if s.noProvider {
		return invalid("provider is nil")
	}
	if s.maxEntries != nil && *s.maxEntries < 1 {
		return invalid("max_entries is less than 1; the cache needs at least 1")
	}
	return noNUL("region", s.region, "profile", s.profile)
}

// WithRegion sets the region for hosts whose names carry none.
func WithRegion(region string) Option {
	return func(s *settings) { s.region = region }
}

// WithProfile names the profile of the shared AWS files. Keys in the environment are then
// ignored.
func WithProfile(profile string) Option {
	return func(s *settings) { s.profile = profile }
}

// WithRefreshBefore sets how long before its expiry a cached token is replaced: 0 to 15 minutes, 60
// seconds by default. Parts of a second are dropped.
func WithRefreshBefore(margin time.Duration) Option {
	return func(s *settings) { s.refreshBefore = &margin }
}

// WithMinRemaining sets for how long a token from the cache is valid at least: 0 to 15 minutes, 10
// seconds by default. Parts of a second are dropped.
func WithMinRemaining(margin time.Duration) Option {
	return func(s *settings) { s.minRemaining = &margin }
}

// WithExpires sets for how long a token is valid: 1 second to 15 minutes, 15 minutes by default. Tokens
// for DSQL may live for a week. Parts of a second are dropped.
func WithExpires(life time.Duration) Option {
	return func(s *settings) { s.expires = &life }
}

// WithKind sets what the tokens of a client are for. Without it that is [DSQL] or [DSQLAdmin] where the
// host is the endpoint of a DSQL cluster, and [RDS] otherwise.
func WithKind(kind Kind) Option {
	return func(s *settings) { s.kind = kind }
}

// WithTimeout sets how long a call waits for credentials, files and name servers included: 1
// millisecond to an hour, 10 seconds by default. A context that ends sooner ends a call sooner.
func WithTimeout(timeout time.Duration) Option {
	return func(s *settings) { s.timeout = &timeout }
}

// WithMaxEntries sets how many targets the cache holds, at least 1, 1,024 by default. Beyond that, the
// least recently used are removed.
func WithMaxEntries(entries int) Option {
	return func(s *settings) { s.maxEntries = &entries }
}

// WithCredentials signs with these and nothing else. Of this and [WithProvider] the last one holds;
// without either it is the default chain of the AWS SDKs, which the C library has of its own.
func WithCredentials(credentials Credentials) Option {
	return func(s *settings) {
		s.credentials, s.provider, s.noProvider = &credentials, nil, false
	}
}

// WithProvider signs with what the provider returns. The library never calls it on a thread of its
// own: this package fetches the credentials and hands them over.
func WithProvider(provider Provider) Option {
	return func(s *settings) {
		s.credentials, s.provider, s.noProvider = nil, provider, provider == nil
	}
}

func (s *settings) timeoutOrDefault() time.Duration {
	if s.timeout == nil {
		return 10 * time.Second
	}
	return *s.timeout
}

// count returns how many units there are, as C takes it. C refuses what is out of range by itself.
func count(d, unit time.Duration) uint32 {
	whole := int64(d / unit)
	if whole < 0 || whole > math.MaxUint32 {
		return math.MaxUint32
	}
	return uint32(whole)
}
