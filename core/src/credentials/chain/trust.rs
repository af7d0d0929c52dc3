//! Which certificates a server's certificate is verified with.

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use aws_smithy_types::base64;
use once_cell::sync::OnceCell;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::file;
use super::settings::{Found, Settings};
use crate::error::{Error, Result};
use crate::style::Network;

/// The trusted certificates. Their files are read when TLS is first spoken.
///
/// The roots of the system are those that `rustls-native-certs` finds: the file SSL_CERT_FILE
/// and the folder SSL_CERT_DIR if they are set, else where the distribution keeps them.
#[derive(Debug, Default)]
pub(super) struct Trust {
    /// In place of the roots of the system.
    only: Option<Found>,
    /// Beside them.
    more: Option<Found>,
    ignored: OnceCell<String>,
}

impl Trust {
    pub(super) fn read(settings: &Settings<'_>) -> Result<Self> {
        Ok(match settings.rules {
            Network::Botocore => Self { only: Self::of_boto3(settings)?, ..Self::default() },
            // Node reads this file, the SDK only its own options.
            Network::Js => {
                let name = "NODE_EXTRA_CA_CERTS".to_owned();
                let value = settings.variable(&name);
                Self { more: value.map(|value| Found { value, name }), ..Self::default() }
            }
            Network::Sdk => {
                Self { only: settings.find("AWS_CA_BUNDLE", "ca_bundle"), ..Self::default() }
            }
        })
    }

    /// An empty value is an error for botocore, which would otherwise verify nothing.
    fn of_boto3(settings: &Settings<'_>) -> Result<Option<Found>> {
        let variable =
            |name: &str| settings.raw(name).map(|value| Found { value, name: name.to_owned() });
        let found = variable("AWS_CA_BUNDLE")
            .or_else(|| settings.profile("ca_bundle"))
            .or_else(|| variable("REQUESTS_CA_BUNDLE"));
        match found {
            Some(Found { value, name }) if value.trim().is_empty() => Err(Error::provider(
                format!(
                    "{name} is empty; give the path of a file with CA certificates, or unset it"
                ),
                false,
            )),
            found => Ok(found),
        }
    }

    /// What Node only warns about: a file that it cannot use, so that its roots alone count.
    pub(super) fn ignored(&self) -> Option<&str> {
        self.ignored.get().map(String::as_str)
    }

    pub(super) fn context(&self) -> Result<TlsContext> {
        let store = match (&self.only, &self.more) {
            (Some(only), _) => with(TrustStore::empty(), certificates(only)?),
            (None, Some(more)) => {
                let more = certificates(more).unwrap_or_else(|error| {
                    let _ = self.ignored.set(error.message().to_owned());
                    Vec::new()
                });
                with(TrustStore::default(), more)
            }
            (None, None) => TrustStore::default(),
        };
        built(store)
    }

    /// For requests without TLS.
    pub(super) fn nobody() -> Result<TlsContext> {
        built(TrustStore::empty())
    }
}

fn built(store: TrustStore) -> Result<TlsContext> {
    let context = TlsContext::builder().with_trust_store(store).build();
    context.map_err(|error| Error::provider(format!("TLS cannot be set up: {error}"), false))
}

fn with(store: TrustStore, certificates: Vec<CertificateDer<'_>>) -> TrustStore {
    certificates.into_iter().fold(store, |store, certificate| {
        let text = base64::encode(&certificate);
        let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        store.with_pem_certificate(pem)
    })
}

/// The certificates of a PEM file that can be roots. The SDK would panic at any other, and
/// OpenSSL skips them.
fn certificates(setting: &Found) -> Result<Vec<CertificateDer<'static>>> {
    let Found { value: path, name } = setting;
    let wrong = |what: &str| {
        Error::provider(
            format!("{name} names {path}, which {what}; give a PEM file with CA certificates"),
            false,
        )
    };
    let pem = file::read(path).map_err(|error| wrong(&format!("cannot be read: {error}")))?;
    let mut roots = RootCertStore::empty();
    let usable: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .map_while(std::result::Result::ok)
        .filter(|certificate| roots.add(certificate.clone()).is_ok())
        .collect();
    if usable.is_empty() { Err(wrong("holds no CA certificate")) } else { Ok(usable) }
}
