//! The default chain of the AWS SDKs behind the environment: profile, web identity, container,
//! EC2. Run by `aws-config` on a runtime that lives as long as the call, and bounded in time.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt::Write as _;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::time::UNIX_EPOCH;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_http_client::Builder as HttpClientBuilder;
use aws_smithy_http_client::tls::{Provider as TlsProvider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_types::region::Region;
use once_cell::sync::OnceCell;

use super::{BOUND, Credentials, environment};
use crate::clock::Patience;
use crate::error::{Error, ErrorKind, Result};
use crate::fork;
use crate::region;
use crate::style::Conventions;

/// Characters of one cause in a message.
const LONGEST_REASON: usize = 300;

/// Credentials from the first source that has some, all of them together within the bound.
pub(crate) fn credentials(profile: Option<&str>, patience: &mut Patience) -> Result<Credentials> {
    let found = bounded(patience, find(profile)).flatten();
    // A request that was under way when the process was stopped is past its time limit when it
    // goes on, which the SDK may take for a source that is not there at all.
    if found.is_err() && patience.was_stopped() {
        return bounded(patience, find(profile)).flatten();
    }
    found
}

/// The region of the profile in the shared config file, if it has one.
pub(crate) fn profile_region(profile: Option<&str>) -> Result<Option<String>> {
    let region = bounded(&mut Patience::new(BOUND), async {
        let mut builder = ProfileFileRegionProvider::builder().configure(&ProviderConfig::empty());
        if let Some(profile) = profile {
            builder = builder.profile_name(profile);
        }
        builder.build().region().await
    })?;
    let Some(region) = region else { return Ok(None) };
    region::check(region.as_ref())
        .map_err(|error| Error::invalid(format!("the region of the AWS profile: {error}")))?;
    Ok(Some(region.as_ref().to_owned()))
}

async fn find(profile: Option<&str>) -> Result<Credentials> {
    let config = configuration(profile).await?;
    let mut attempts = Attempts::default();
    attempts.note("environment", environment_reason(profile));
    let mut from_profile = ProfileFileCredentialsProvider::builder().configure(&config);
    if let Some(profile) = profile {
        from_profile = from_profile.profile_name(profile);
    }
    let web_identity = WebIdentityTokenCredentialsProvider::builder().configure(&config);
    let container = EcsCredentialsProvider::builder().configure(&config);
    let instance = ImdsCredentialsProvider::builder().configure(&config);
    let sources: [(&str, Box<dyn ProvideCredentials>); 4] = [
        ("profile", Box::new(from_profile.build())),
        ("web identity", Box::new(web_identity.build())),
        ("container", Box::new(container.build())),
        ("EC2 instance metadata", Box::new(instance.build())),
    ];
    for (name, source) in sources {
        match source.provide_credentials().await {
            // An answer that was cut short can lack its end, which the SDK reads as 1970.
            Ok(credentials) if credentials.expiry() == Some(UNIX_EPOCH) => {
                attempts.note(name, "its answer has no readable end of the credentials");
                return Err(Error::provider(attempts.message(), true));
            }
            Ok(credentials) => return Ok(credentials.into()),
            Err(error @ CredentialsError::CredentialsNotLoaded(_)) => {
                attempts.note(name, &reasons(&error));
            }
            Err(error) => return Err(attempts.failed(name, &error)),
        }
    }
    Err(attempts.nothing_found())
}

/// Why the environment did not serve; it was looked at before.
fn environment_reason(profile: Option<&str>) -> &'static str {
    if profile.is_some() {
        "does not count, since a profile is named"
    } else if environment::names_profile() {
        "has no keys, or AWS_PROFILE hides them"
    } else {
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"
    }
}

async fn configuration(profile: Option<&str>) -> Result<ProviderConfig> {
    // SSO and STS want a region of their own, found as the SDKs find it.
    let config = ProviderConfig::without_region().with_http_client(OnDemand::default());
    let region = match region::from_environment(Conventions::SDK.region_variables)? {
        Some(region) => Some(Region::new(region)),
        None => {
            let mut builder = ProfileFileRegionProvider::builder().configure(&config);
            if let Some(profile) = profile {
                builder = builder.profile_name(profile);
            }
            builder.build().region().await
        }
    };
    Ok(config.with_region(region))
}

/// An HTTPS client that is made when a source first sends a request, since reading the trusted
/// certificates is the dear part and a profile with keys in it needs none. One for each call: a
/// shared one would keep sockets open, and a child of `fork` could find it half made.
#[derive(Debug, Default)]
struct OnDemand(OnceCell<SharedHttpClient>);

impl HttpClient for OnDemand {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let ring = TlsProvider::Rustls(CryptoMode::Ring);
        let make = || HttpClientBuilder::new().tls_provider(ring).build_https();
        self.0.get_or_init(make).http_connector(settings, components)
    }
}

/// Runs to its end or to the bound, whatever thread this is.
fn bounded<T: Send>(patience: &mut Patience, work: impl Future<Output = T> + Send) -> Result<T> {
    if tokio::runtime::Handle::try_current().is_err() {
        return run(patience, work);
    }
    // Inside a runtime of the caller's, blocking is only allowed on another thread.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, || run(patience, work));
        match thread.map(|thread| thread.join()) {
            Ok(Ok(result)) => result,
            Ok(Err(_panic)) => Err(Error::new(
                ErrorKind::Panic,
                "resolving the credentials panicked; please report this",
            )),
            Err(error) => Err(no_runtime(&error)),
        }
    })
}

fn run<T>(patience: &mut Patience, work: impl Future<Output = T>) -> Result<T> {
    // Not while another thread forks; a fork does not wait for one that is parked.
    let _awake = fork::Awake::begin();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .on_thread_park(fork::rest)
        .on_thread_unpark(fork::wake)
        .enable_all()
        .build()
        .map_err(|error| no_runtime(&error))?;
    // The SDK panics at some answers of a metadata service (seen: a role list in HTML).
    let run = || runtime.block_on(within(patience, work));
    let result = catch_unwind(AssertUnwindSafe(run));
    // A name look-up that hangs must not hold the caller.
    runtime.shutdown_background();
    let result = result.map_err(|_panic| {
        Error::provider(
            "the AWS SDK could not make sense of what a source of credentials answered; what it \
             printed on standard error tells more",
            true,
        )
    })?;
    result.ok_or_else(|| {
        Error::new(
            ErrorKind::Timeout,
            format!(
                "the AWS credentials did not arrive within {} s; check the network to the \
                 metadata service, STS or SSO, or the credential_process of the profile",
                BOUND.as_secs()
            ),
        )
    })
}

/// What the work gives, or none when the patience is used up.
async fn within<T>(patience: &mut Patience, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    while let Some(wait) = patience.next_wait() {
        if let Ok(done) = tokio::time::timeout(wait, work.as_mut()).await {
            return Some(done);
        }
    }
    None
}

#[cold]
fn no_runtime(error: &std::io::Error) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!(
            "cannot start what resolves the credentials ({error}); is a limit on threads or \
                 files reached?"
        ),
    )
}

/// What was tried and why it did not serve.
#[derive(Default)]
struct Attempts(String);

impl Attempts {
    fn note(&mut self, source: &str, reason: &str) {
        let separator = if self.0.is_empty() { "" } else { "; " };
        // Writing to a String cannot fail.
        let _ = write!(self.0, "{separator}{source}: {reason}");
    }

    fn message(&self) -> String {
        format!("the AWS credentials could not be loaded. Tried {}", self.0)
    }

    fn failed(mut self, source: &str, error: &CredentialsError) -> Error {
        self.note(source, &reasons(error));
        let message = self.message();
        match error {
            CredentialsError::ProviderTimedOut(_) => Error::new(ErrorKind::Timeout, message),
            // A setting that is wrong stays wrong; anything else may pass.
            CredentialsError::InvalidConfiguration(_) => Error::provider(message, false),
            _ => Error::provider(message, true),
        }
    }

    fn nothing_found(self) -> Error {
        Error::new(
            ErrorKind::CredentialsNotFound,
            format!(
                "no AWS credentials found. Tried {}. Set AWS_ACCESS_KEY_ID and \
                 AWS_SECRET_ACCESS_KEY, name a profile, or run where a role is attached",
                self.0
            ),
        )
    }
}

/// The SDK appends whole responses to some texts, whose body is none of a message's business,
/// and a `credential_process` may have printed anything at length.
fn shortened(text: &str) -> String {
    let text = text.split("Response {").next().unwrap_or_default().trim_end_matches([' ', '.']);
    match text.char_indices().nth(LONGEST_REASON) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The texts of an error and its causes, each one once.
fn reasons(error: &CredentialsError) -> String {
    let mut texts: Vec<Cow<'_, str>> = Vec::new();
    let mut next: Option<&dyn StdError> = error.source();
    while let Some(cause) = next {
        let text = shortened(&cause.to_string());
        if !text.is_empty() && !texts.iter().any(|known| known.contains(&text)) {
            texts.push(text.into());
        }
        next = cause.source();
    }
    if texts.is_empty() {
        texts.push(match error {
            // Only the profile source is so short of words.
            CredentialsError::CredentialsNotLoaded(_) => "none there, or no such profile".into(),
            other => other.to_string().into(),
        });
    }
    texts.join(": ")
}
