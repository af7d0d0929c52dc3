package rdsiampgx

import (
	"crypto/tls"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// verify refuses a configuration by which a token could reach a server that TLS does not verify, and has
// the name verified where only the chain would be. It changes no tls.Config of the caller's.
func verify(config *pgx.ConnConfig, endpoint string) error {
	verified, err := verifying(config.TLSConfig, endpoint)
	if err != nil {
		return err
	}
	// The copy that a hook gets shares them with the caller's configuration.
	fallbacks := make([]*pgconn.FallbackConfig, len(config.Fallbacks))
	for i, fallback := range config.Fallbacks {
		if fallback.Host != config.Host || fallback.Port != config.Port {
			return ErrSeveralHosts
		}
		copied := *fallback
		if copied.TLSConfig, err = verifying(fallback.TLSConfig, endpoint); err != nil {
			return err
		}
		fallbacks[i] = &copied
	}
	config.TLSConfig, config.Fallbacks = verified, fallbacks
	return nil
}

func verifying(config *tls.Config, endpoint string) (*tls.Config, error) {
	switch {
	case config == nil:
		return nil, ErrUnverified
	case !config.InsecureSkipVerify || config.VerifyConnection != nil:
		// By crypto/tls, or by checks of the program.
		return config, nil
	case config.VerifyPeerCertificate == nil:
		return nil, ErrUnverified
	}
	config = config.Clone()
	config.VerifyConnection = func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return errors.New("rdsiampgx: the server has no certificate")
		}
		return state.PeerCertificates[0].VerifyHostname(endpoint)
	}
	return config, nil
}
