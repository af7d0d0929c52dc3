//! Why a command failed, and the exit status that says so. The numbers are those of version 2 of the AWS CLI.

use std::process::ExitCode;

use rdsiam::{Error, ErrorKind};

use crate::output;

pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// The command line is wrong: an unknown option, or a bad value.
pub(crate) const USAGE: u8 = 252;
/// A region, credentials, a file or a program is missing, or not as it has to be.
pub(crate) const CONFIGURATION: u8 = 253;
/// A service or another source of credentials was asked and failed.
pub(crate) const SERVICE: u8 = 254;
/// Everything else.
pub(crate) const GENERAL: u8 = 255;

/// What a user is told on standard error.
#[derive(Debug)]
pub(crate) struct Failure {
    status: u8,
    message: Message,
}

#[derive(Debug)]
enum Message {
    Text(String),
    /// With its usage and its colours. Help and the version are no failures.
    Clap(Box<clap::Error>),
}

impl Failure {
    pub(crate) fn new(status: u8, message: impl Into<String>) -> Self {
        Self { status, message: Message::Text(message.into()) }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(USAGE, message)
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(CONFIGURATION, message)
    }

    pub(crate) fn general(message: impl Into<String>) -> Self {
        Self::new(GENERAL, message)
    }

    pub(crate) fn message(&self) -> String {
        match &self.message {
            Message::Text(text) => text.clone(),
            Message::Clap(error) => error.to_string(),
        }
    }

    /// Writes the message and returns the status.
    pub(crate) fn report(self) -> ExitCode {
        match &self.message {
            Message::Text(text) => output::complain(text),
            Message::Clap(error) => {
                // A reader that is gone is no reason to fail in another way.
                let _ = error.print();
            }
        }
        ExitCode::from(self.status)
    }
}

impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Self {
        let status = if error.use_stderr() { USAGE } else { 0 };
        Self { status, message: Message::Clap(Box::new(error)) }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = match error.kind() {
            ErrorKind::InvalidArgument => USAGE,
            ErrorKind::RegionMissing
            | ErrorKind::CredentialsNotFound
            | ErrorKind::CredentialsExpired => CONFIGURATION,
            ErrorKind::CredentialsProvider => SERVICE,
            _ => GENERAL,
        };
        Self::new(status, error.message())
    }
}
