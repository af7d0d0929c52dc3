//! The certificates that this system trusts, for the HTTPS of the chain.

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use aws_smithy_types::base64;
use rustls::RootCertStore;

/// Read anew for each client, and by us. The SDK's own way keeps them in a static that is locked
/// while they are read: a child forked at that moment would wait for a thread that stayed behind
/// in its parent, and no time limit would end that.
pub(super) fn of_the_system() -> TlsContext {
    let mut pem = String::new();
    // What cannot be read or understood is left out, as the SDK does: one odd certificate must
    // not stand in the way of the others.
    for certificate in rustls_native_certs::load_native_certs().certs {
        if RootCertStore::empty().add(certificate.clone()).is_ok() {
            pem.push_str("-----BEGIN CERTIFICATE-----\n");
            pem.push_str(&base64::encode(&certificate));
            pem.push_str("\n-----END CERTIFICATE-----\n");
        }
    }
    trusting(TrustStore::empty().with_pem_certificate(pem))
}

/// For plain HTTP, where there is nobody to be trusted.
pub(super) fn of_nobody() -> TlsContext {
    trusting(TrustStore::empty())
}

fn trusting(store: TrustStore) -> TlsContext {
    // Building it only moves the store into it, so there is no error to tell.
    TlsContext::builder().with_trust_store(store).build().unwrap_or_default()
}
