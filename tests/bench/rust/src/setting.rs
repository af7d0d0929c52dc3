//! What is signed, and with what.

use std::env;

use rdsiam::{Client, Config, Credentials, Target};

pub(crate) const REGION: &str = "us-east-1";
pub(crate) const PORT: u16 = 5432;
pub(crate) const USER: &str = "app";

/// What the SDK's own errors turn into.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

pub(crate) struct Setting {
    pub(crate) host: String,
    pub(crate) key: String,
    pub(crate) secret: String,
    pub(crate) session: Option<String>,
}

impl Setting {
    pub(crate) fn from_environment() -> Result<Self> {
        Ok(Self {
            host: env::var("BENCH_HOST")?,
            key: env::var("AWS_ACCESS_KEY_ID")?,
            secret: env::var("AWS_SECRET_ACCESS_KEY")?,
            session: env::var("AWS_SESSION_TOKEN").ok(),
        })
    }

    pub(crate) fn target(&self) -> Target<'_> {
        Target::new(&self.host, PORT, USER)
    }

    pub(crate) fn client(&self) -> rdsiam::Result<Client> {
        Client::new(Config::new().credentials(self.credentials()?))
    }

    pub(crate) fn credentials(&self) -> rdsiam::Result<Credentials> {
        Credentials::new(&self.key, &self.secret, self.session.as_deref())
    }
}
