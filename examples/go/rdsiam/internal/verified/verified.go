// Package verified tells whether a token may be sent over a connection.
package verified

import "crypto/tls"

// By tells whether TLS with this configuration verifies the server, be it with checks of the
// program's own. A server that is not verified would get a password in clear text.
func By(config *tls.Config) bool {
	return config != nil && (!config.InsecureSkipVerify ||
		config.VerifyPeerCertificate != nil || config.VerifyConnection != nil)
}
