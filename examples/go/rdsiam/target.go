//go:build cgo

package rdsiam

import "strings"

// A Target is what a token is for.
type Target struct {
	// Host is the endpoint of the database as AWS shows it, which is not always what is dialled:
	// through a tunnel or a name of your own the token is still for the endpoint. For ElastiCache and
	// MemoryDB it is the name of the cache.
	Host string
	// Port is that of the endpoint.
	Port uint16
	// User is the database user.
	User string
	// Region may be empty: it is then the one in Host, that of [WithRegion], AWS_REGION,
	// AWS_DEFAULT_REGION, or that of the profile.
	Region string
}

// A TargetOption changes what a hook of a driver gets a token for, which otherwise is what the
// driver dials.
type TargetOption func(*Target)

// ForEndpoint names the endpoint of a database that is dialled by another name: through a tunnel,
// or by a CNAME of your own.
func ForEndpoint(host string, port uint16) TargetOption {
	return func(t *Target) { t.Host, t.Port = host, port }
}

// ForRegion names the region of a database whose host name carries none.
func ForRegion(region string) TargetOption {
	return func(t *Target) { t.Region = region }
}

// With gives the target after the options.
func (t Target) With(options ...TargetOption) Target {
	for _, option := range options {
		option(&t)
	}
	return t
}

// noNUL refuses names and texts of which C would see only a part.
func noNUL(pairs ...string) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		if strings.IndexByte(pairs[i+1], 0) >= 0 {
			return invalid(pairs[i] + " has an interior NUL")
		}
	}
	return nil
}
