//! TCP and TLS: whether the server is there, and whether its certificate is what it has to be.

use std::io;
use std::net::{self, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdsiam_wire::mysql::client::Begin;
use rdsiam_wire::mysql::{Greeting, Response, capabilities};
use rdsiam_wire::postgres::client::Offer;
use rdsiam_wire::tls::ToServer;
use rdsiam_wire::{mysql, postgres};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::net::TcpStream;

use super::cause::Cause;
use super::report::{Finding, Report};
use crate::ca::Certificate;
use crate::connection::Connection;
use crate::engine::Engine;
use crate::time::rfc3339;

/// A connection whose server has been looked at, and may be given a token.
pub(super) struct Verified {
    pub(super) stream: ToServer<TcpStream>,
    pub(super) begun: Begun,
}

/// What came before TLS, and belongs to the login.
pub(super) enum Begun {
    Postgres,
    Mysql(Box<(Greeting, Response)>),
}

/// What became of the connection.
pub(super) struct Connected {
    /// None: the server is not who it has to be.
    pub(super) stream: Option<Verified>,
    /// The dates of the server's certificate, where they are what is wrong with it.
    pub(super) validity: Option<(i64, i64)>,
}

pub(super) fn dial(
    addresses: &[SocketAddr],
    limit: Duration,
    report: &mut Report,
) -> Option<net::TcpStream> {
    const STEP: &str = "tcp";
    let mut last = None;
    for address in addresses {
        match net::TcpStream::connect_timeout(address, limit) {
            Ok(stream) => {
                report.add(Finding::good(STEP, format!("connected to {address}")));
                return stream.set_nonblocking(true).is_ok().then_some(stream);
            }
            Err(error) => last = Some((address, error)),
        }
    }
    let (address, error) = last?;
    let (cause, remedy) = match error.kind() {
        io::ErrorKind::ConnectionRefused => (
            Cause::ConnectionRefused,
            "check the port, and whether the database or the tunnel runs",
        ),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => (
            Cause::ConnectionTimeout,
            "check the security group of the database, the route and the network ACLs: a packet \
             that they drop is not answered",
        ),
        _ => (Cause::Unreachable, "check the network and the route of this machine"),
    };
    report.add(Finding::bad(STEP, cause, format!("{address}: {error}")).remedy(remedy));
    None
}

const STEP: &str = "tls";

pub(super) async fn look(
    stream: net::TcpStream,
    connection: &Connection,
    limit: Duration,
    report: &mut Report,
) -> Connected {
    let none = Connected { stream: None, validity: None };
    let (stream, begun) = match ask_for_tls(stream, connection, limit).await {
        Ok(begun) => begun,
        Err(finding) => {
            report.add(finding);
            return none;
        }
    };
    let capture = Arc::new(Capture::default());
    let handshake = handshake(stream, connection, &capture);
    let (stream, chain) = match within(limit, handshake).await {
        Ok(found) => found,
        Err(error) => {
            let seen = format!("the handshake failed: {error}");
            report.add(Finding::bad(STEP, Cause::TlsFailed, seen).remedy(
                "check for a middle box that speaks TLS itself, and for a server below TLS 1.2",
            ));
            return none;
        }
    };
    let verified = connection
        .ca_file()
        .map_err(|failure| {
            let seen = format!("{}; {}", described(&stream, &chain), failure.message());
            Finding::bad(STEP, Cause::CaMissing, seen).remedy(
                "download the certificates (rdsiam ca --download-hint), or name a file by --ca",
            )
        })
        .and_then(|file| verify(&stream, &chain, &connection.host, &file));
    let first = chain.first().and_then(|one| Certificate::from_der(one));
    match verified {
        Ok(finding) => {
            report.add(finding);
            Connected { stream: Some(Verified { stream, begun }), validity: None }
        }
        Err(finding) => {
            let is_of_time = matches!(
                finding.cause,
                Some(Cause::CertificateExpired | Cause::CertificateNotYetValid)
            );
            report.add(finding);
            let validity = first.filter(|_| is_of_time).map(|one| (one.begin, one.end));
            Connected { stream: None, validity }
        }
    }
}

/// An error of the kind `TimedOut` if it takes longer.
pub(super) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn ask_for_tls(
    stream: net::TcpStream,
    connection: &Connection,
    limit: Duration,
) -> Result<(TcpStream, Begun), Finding> {
    let asking = async {
        let mut stream = TcpStream::from_std(stream)?;
        let begun = match connection.engine {
            Engine::Postgres => match postgres::client::request_tls(&mut stream).await? {
                Offer::Tls => Ok(Some(Begun::Postgres)),
                Offer::NoTls => Ok(None),
            },
            Engine::Mysql => begin_mysql(&mut stream, connection).await?,
        };
        Ok((stream, begun))
    };
    let answer = match within(limit, asking).await {
        Ok((_, Err(finding))) => return Err(finding),
        Ok((stream, Ok(begun))) => Ok((stream, begun)),
        Err(error) => Err(error),
    };
    match answer {
        Ok((stream, Some(begun))) => Ok((stream, begun)),
        Ok((_, None)) => {
            Err(Finding::bad(STEP, Cause::TlsNotOffered, "the server does not offer TLS").remedy(
                "a server of RDS does: check that this address is the database's, and no pooler's",
            ))
        }
        Err(error)
            if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) =>
        {
            Err(Finding::bad(STEP, Cause::OtherProtocol, "connected, and then no answer")
                .remedy("check that host and port are the database's, and --engine"))
        }
        Err(error) => {
            Err(Finding::bad(STEP, Cause::OtherProtocol, format!("after the connection: {error}"))
                .remedy("check that host and port are the database's, and --engine"))
        }
    }
}

/// What has to be said before TLS. Nothing if the server has none.
async fn begin_mysql(
    stream: &mut TcpStream,
    connection: &Connection,
) -> io::Result<Result<Option<Begun>, Finding>> {
    Ok(match mysql::client::begin(stream).await? {
        Begin::Refused(refusal, _) => Err(super::login::refused(&refusal, Engine::Mysql)),
        Begin::Greeting(greeting) if !greeting.capabilities.has(capabilities::SSL) => Ok(None),
        Begin::Greeting(greeting) => {
            let wanted =
                capabilities::MYSQL.with(capabilities::SSL).with(capabilities::TRANSACTIONS);
            let name = connection.dbname.as_deref();
            let response = Response::new(wanted, &connection.user, name);
            mysql::client::request_tls(stream, &response).await?;
            Ok(Some(Begun::Mysql(Box::new((greeting, response)))))
        }
    })
}

async fn handshake(
    socket: TcpStream,
    connection: &Connection,
    capture: &Arc<Capture>,
) -> io::Result<(ToServer<TcpStream>, Vec<CertificateDer<'static>>)> {
    let verifier: Arc<dyn ServerCertVerifier> = Arc::clone(capture) as Arc<dyn ServerCertVerifier>;
    let config = rdsiam_wire::tls::client_with(verifier)?;
    let stream = rdsiam_wire::tls::connect(&config, &connection.host, socket).await?;
    let chain = capture.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok((stream, chain))
}

/// Keeps the chain, which is judged afterwards; that the server has the key of its certificate is verified in
/// the handshake itself.
#[derive(Debug, Default)]
struct Capture(Mutex<Vec<CertificateDer<'static>>>);

fn provider() -> CryptoProvider {
    ring::default_provider()
}

impl ServerCertVerifier for Capture {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let all = std::iter::once(end_entity).chain(intermediates);
        let all = all.map(|one| one.clone().into_owned()).collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = all;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = provider().signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = provider().signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

/// Protocol, and who the server says it is.
fn described(stream: &ToServer<TcpStream>, chain: &[CertificateDer<'_>]) -> String {
    let version = stream.get_ref().1.protocol_version().and_then(|version| version.as_str());
    let version = version.unwrap_or("TLS").replace('_', ".").replace("TLSv1.", "TLS 1.");
    match chain.first().and_then(|one| Certificate::from_der(one)) {
        Some(one) => {
            format!("{version}, certificate until {}, chain of {}", rfc3339(one.end), chain.len())
        }
        None => version,
    }
}

fn verify(
    stream: &ToServer<TcpStream>,
    chain: &[CertificateDer<'static>],
    host: &str,
    file: &Path,
) -> Result<Finding, Finding> {
    let described = described(stream, chain);
    let roots = CertificateDer::pem_file_iter(file).map(|all| all.flatten().collect::<Vec<_>>());
    let roots = roots.map_err(|error| {
        Finding::bad(STEP, Cause::CaMissing, format!("{described}; {}: {error}", file.display()))
            .remedy("name a file with the certificates of RDS by --ca")
    })?;
    let Err(error) = judge(chain, host, roots) else {
        return Ok(Finding::good(STEP, format!("{described}, verified by {}", file.display())));
    };
    let name = chain.first().and_then(|one| Certificate::from_der(one));
    let dates =
        name.map(|one| format!("valid from {} until {}", rfc3339(one.begin), rfc3339(one.end)));
    let seen = format!("{described}; {}: {error}", file.display());
    Err(match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            let seen = format!("{seen} ({})", dates.unwrap_or_default());
            Finding::bad(STEP, Cause::CertificateExpired, seen)
                .remedy("rotate the certificate of the database: modify it to a current CA")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            let seen = format!("{seen} ({})", dates.unwrap_or_default());
            Finding::bad(STEP, Cause::CertificateNotYetValid, seen)
                .remedy("check the clock of this machine")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Finding::bad(STEP, Cause::CertificateWrongName, seen).remedy(
                "give the endpoint that RDS shows as the host, or by --sign-host where the host is \
                 a tunnel or a name of your own",
            )
        }
        CertificateError::UnknownIssuer => {
            let system = rustls_native_certs::load_native_certs().certs;
            let remedy = if judge(chain, host, system).is_ok() {
                "the certificate is of a public authority, as RDS Proxy's are: give --ca system"
            } else {
                "download the current certificates (rdsiam ca --download-hint), and name the file \
                 by --ca"
            };
            Finding::bad(STEP, Cause::CertificateUnknown, seen).remedy(remedy)
        }
        _ => Finding::bad(STEP, Cause::CertificateUnknown, seen)
            .remedy("check for a middle box that speaks TLS itself"),
    })
}

/// As a client with these roots would.
fn judge(
    chain: &[CertificateDer<'static>],
    host: &str,
    roots: Vec<CertificateDer<'static>>,
) -> Result<(), CertificateError> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(roots);
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::new(provider())).build();
    // No root at all is one that is not known.
    let verifier = verifier.map_err(|_| CertificateError::UnknownIssuer)?;
    let (first, rest) = chain.split_first().ok_or(CertificateError::BadEncoding)?;
    let name = ServerName::try_from(host).map_err(|_| CertificateError::NotValidForName)?;
    match verifier.verify_server_cert(first, rest, &name, &[], UnixTime::now()) {
        Ok(_) => Ok(()),
        Err(rustls::Error::InvalidCertificate(error)) => Err(error),
        Err(_) => Err(CertificateError::BadEncoding),
    }
}
