//! Certificates that are made when a program starts, and live as long as it does.

use std::io;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use super::server;

/// A certificate authority that nobody else has the key of.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    /// Makes one, under this name.
    ///
    /// # Errors
    /// None in practice: the system has no random numbers.
    pub fn new(name: &str) -> io::Result<Self> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(io::Error::other)?;
        Ok(Self { issuer })
    }

    /// Its certificate, for clients to trust.
    #[must_use]
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A server with a certificate for these names and addresses.
    ///
    /// # Errors
    /// A name is none.
    pub fn server(&self, names: &[String]) -> io::Result<TlsAcceptor> {
        let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
        // A name of RDS can be longer than a common name may be: it stands among the alternatives alone.
        params.distinguished_name.push(DnType::CommonName, "rdsiam");
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(io::Error::other)?;
        let authority = CertificateDer::from(self.issuer.der().to_vec());
        let chain = vec![CertificateDer::from(certificate.der().to_vec()), authority];
        server(chain, PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())))
    }
}

/// A server with a new certificate of a new authority, for clients that encrypt and verify nothing.
///
/// # Errors
/// As [`Authority::server`].
pub fn self_signed(names: &[String]) -> io::Result<TlsAcceptor> {
    Authority::new("rdsiam")?.server(names)
}
