//! Which certificates a server's certificate is verified with.

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use aws_smithy_types::base64;
use once_cell::sync::OnceCell;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::settings::{Found, Settings};
use super::{failure, file};
use crate::error::{Error, Result};
use crate::fork;
use crate::style::Network;

/// The trusted certificates. Their files are read when TLS is first spoken.
#[derive(Debug)]
pub(super) struct Trust {
    /// In place of the roots of the system. An odd value is an error where it is needed.
    only: Result<Option<Found>>,
    /// Beside them.
    more: Option<Found>,
    ignored: OnceCell<String>,
    rules: Network,
}

impl Trust {
    pub(super) fn read(settings: &Settings<'_>) -> Self {
        let rules = settings.rules;
        let (only, more) = match rules {
            Network::Botocore => (Self::of_boto3(settings), None),
            // Node reads this file; the SDK has no setting of its own.
            Network::Js => {
                let name = "NODE_EXTRA_CA_CERTS".to_owned();
                let value = settings.variable(&name);
                (Ok(None), value.map(|value| Found { value, name }))
            }
            Network::Sdk => (Ok(settings.find("AWS_CA_BUNDLE", "ca_bundle")), None),
        };
        Self { rules, only, more, ignored: OnceCell::new() }
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
        let Some(more) = &self.more else {
            return built(match self.only.as_ref().map_err(Error::clone)? {
                Some(only) => certificates(only)?,
                None => of_the_system()?,
            });
        };
        let more = certificates(more).unwrap_or_else(|error| {
            let _ = self.ignored.set(error.message().to_owned());
            Vec::new()
        });
        let system = of_the_system();
        // Those that are named may be all that there are.
        let system = if more.is_empty() { system? } else { system.unwrap_or_default() };
        built(system.into_iter().chain(more))
    }

    /// What to do about a server whose certificate is by nobody that is trusted.
    pub(super) fn advice(&self) -> &'static str {
        match self.rules {
            Network::Js => "name the file of its CA in NODE_EXTRA_CA_CERTS",
            Network::Botocore | Network::Sdk => {
                "name a file with the certificates of all trusted CAs in AWS_CA_BUNDLE"
            }
        }
    }

    /// For requests without TLS.
    pub(super) fn nobody() -> Result<TlsContext> {
        built([])
    }
}

fn built(roots: impl IntoIterator<Item = CertificateDer<'static>>) -> Result<TlsContext> {
    let store = roots.into_iter().fold(TrustStore::empty(), |store, root| {
        let text = base64::encode(&root);
        let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        store.with_pem_certificate(pem)
    });
    let context = TlsContext::builder().with_trust_store(store).build();
    context.map_err(|error| Error::provider(format!("TLS cannot be set up: {error}"), false))
}

/// The file SSL_CERT_FILE and the folder SSL_CERT_DIR if they are set, else where the
/// distribution keeps them. Not read by the SDK, which would do it while a fork waits, and would
/// say nothing about a file that it cannot read.
fn of_the_system() -> Result<Vec<CertificateDer<'static>>> {
    let found = fork::outside(rustls_native_certs::load_native_certs);
    let usable = usable(found.certs.into_iter());
    if usable.is_empty() {
        let why = found.errors.first().map(|error| format!(" ({})", failure::texts(error)));
        let text = format!(
            "no CA certificates of the system were found{}; install them, or name their file in \
             SSL_CERT_FILE",
            why.unwrap_or_default()
        );
        return Err(Error::provider(text, false));
    }
    Ok(usable)
}

/// Those that can be roots: the SDK would panic at any other, and OpenSSL skips them.
fn usable(found: impl Iterator<Item = CertificateDer<'static>>) -> Vec<CertificateDer<'static>> {
    let mut roots = RootCertStore::empty();
    found.filter(|certificate| roots.add(certificate.clone()).is_ok()).collect()
}

/// The certificates of a PEM file.
fn certificates(setting: &Found) -> Result<Vec<CertificateDer<'static>>> {
    let Found { value: path, name } = setting;
    let wrong = |what: &str| {
        Error::provider(
            format!("{name} names {path}, which {what}; give a PEM file with CA certificates"),
            false,
        )
    };
    let pem = file::read(path).map_err(|error| wrong(&format!("cannot be read: {error}")))?;
    let all = CertificateDer::pem_slice_iter(&pem).map_while(std::result::Result::ok);
    let usable = usable(all);
    if usable.is_empty() { Err(wrong("holds no CA certificate")) } else { Ok(usable) }
}
