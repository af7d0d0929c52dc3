//! TLS: a client that verifies the server and its name, and a server.

mod self_signed;

use std::io;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

pub use self_signed::{Authority, self_signed};

use crate::stream::Stream;

/// A TLS connection to a server.
pub type ToServer<S> = client::TlsStream<S>;
/// A TLS connection from a client.
pub type FromClient<S> = server::TlsStream<S>;

/// A client that trusts these roots alone, and verifies the name: `sslmode=verify-full`.
///
/// # Errors
/// There is no root among the certificates.
pub fn client(
    roots: impl IntoIterator<Item = CertificateDer<'static>>,
) -> io::Result<Arc<ClientConfig>> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(roots);
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider);
    client_with(verifier.build().map_err(io::Error::other)?)
}

/// A client with a verifier of the caller's.
///
/// # Errors
/// None in practice: the versions of TLS are those of the provider.
pub fn client_with(verifier: Arc<dyn ServerCertVerifier>) -> io::Result<Arc<ClientConfig>> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The handshake with a server that has to have a certificate for this name.
///
/// # Errors
/// The name is none, the certificate is not to be trusted, or the connection broke.
pub async fn connect<S: Stream>(
    config: &Arc<ClientConfig>,
    host: &str,
    stream: S,
) -> io::Result<ToServer<S>> {
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    TlsConnector::from(Arc::clone(config)).connect(name, stream).await
}

/// A server with this chain and key.
///
/// # Errors
/// The key does not belong to the certificate, or is none that TLS can use.
pub fn server(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> io::Result<TlsAcceptor> {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(io::Error::other)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// A server with the chain and the key of two PEM texts, which may be the same.
///
/// # Errors
/// As [`server`], and where a text has none of them.
pub fn server_of_pem(chain: &[u8], key: &[u8]) -> io::Result<TlsAcceptor> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<_, _>>()
        .map_err(io::Error::other)?;
    if chain.is_empty() {
        return Err(io::Error::other("there is no certificate in it"));
    }
    server(chain, PrivateKeyDer::from_pem_slice(key).map_err(io::Error::other)?)
}

#[cfg(test)]
mod tests;
