//! The peers, each as its documentation shows it, with whatever can be kept between two tokens.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_rds::auth_token::{AuthTokenGenerator, Config};
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_runtime_api::client::identity::Identity;
use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::setting::{PORT, REGION, Result, Setting, USER};

fn credentials(setting: &Setting) -> Credentials {
    let Setting { key, secret, session, .. } = setting;
    Credentials::new(key, secret, session.clone(), None, "bench")
}

pub(crate) struct Sdk {
    generator: AuthTokenGenerator,
    config: SdkConfig,
}

impl Sdk {
    pub(crate) fn new(setting: &Setting) -> Result<Self> {
        let config = Config::builder()
            .hostname(&setting.host)
            .port(u64::from(PORT))
            .username(USER)
            .region(Region::from_static(REGION))
            .build()?;
        Ok(Self {
            generator: AuthTokenGenerator::new(config),
            config: SdkConfig::builder()
                .credentials_provider(SharedCredentialsProvider::new(credentials(setting)))
                .time_source(SystemTimeSource::new())
                .build(),
        })
    }

    pub(crate) fn token(&self) -> Result<String> {
        let token = ready(self.generator.auth_token(&self.config))??;
        Ok(token.as_str().to_owned())
    }
}

/// With credentials at hand there is nothing to wait for, so no runtime has to be paid either.
fn ready<F: Future>(future: F) -> Result<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => Err("the SDK waits for something".into()),
    }
}

pub(crate) struct Sigv4 {
    identity: Identity,
    settings: SigningSettings,
    url: String,
}

impl Sigv4 {
    pub(crate) fn new(setting: &Setting) -> Self {
        let mut settings = SigningSettings::default();
        settings.expires_in = Some(Duration::from_secs(900));
        settings.signature_location = SignatureLocation::QueryParams;
        let url = format!("https://{}:{PORT}/?Action=connect&DBUser={USER}", setting.host);
        Self { identity: credentials(setting).into(), settings, url }
    }

    /// The signature alone: putting the URL together is not counted against this peer.
    pub(crate) fn signature(&self) -> Result<String> {
        let params = v4::SigningParams::builder()
            .identity(&self.identity)
            .region(REGION)
            .name("rds-db")
            .time(SystemTime::now())
            .settings(self.settings.clone())
            .build()?;
        let request =
            SignableRequest::new("GET", &self.url, std::iter::empty(), SignableBody::Bytes(&[]))?;
        let (_, signature) = sign(request, &params.into())?.into_parts();
        Ok(signature)
    }
}
