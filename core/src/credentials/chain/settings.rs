//! The settings that the sources read: variables of the environment, and lines of the profile.

use super::profile::Profiles;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::style::Network;

/// Where settings are looked up.
pub(super) struct Settings<'a> {
    profiles: &'a Profiles,
    environment: &'a Environment,
    /// Which SDK decides how a value is read.
    pub(super) rules: Network,
}

/// The value of a setting, and its name for messages.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) value: String,
    pub(super) name: String,
}

impl<'a> Settings<'a> {
    pub(super) fn new(
        profiles: &'a Profiles,
        environment: &'a Environment,
        rules: Network,
    ) -> Self {
        Self { profiles, environment, rules }
    }

    /// A variable as it is, also if it is empty. All variables of the network are read here.
    pub(super) fn raw(&self, name: &str) -> Option<String> {
        self.environment.get(name).ok()
    }

    /// A variable that is not empty.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        self.raw(name).filter(|value| !value.trim().is_empty())
    }

    /// A line of the profile that is not empty.
    pub(super) fn profile(&self, name: &str) -> Option<Found> {
        let value = self.profiles.setting(name)?.to_owned();
        Some(Found { value, name: format!("{name} of {}", self.profiles.label()) })
    }

    /// The variable, or else the line of the profile: the order of all SDKs.
    pub(super) fn find(&self, variable: &str, line: &str) -> Option<Found> {
        match self.variable(variable) {
            Some(value) => Some(Found { value, name: variable.to_owned() }),
            None => self.profile(line),
        }
    }

    /// Whether a switch is on.
    pub(super) fn switch(&self, variable: &str, line: &str) -> bool {
        self.find(variable, line).is_some_and(|found| says_yes(&found.value, self.rules))
    }

    /// A number of at least one.
    pub(super) fn number(&self, variable: &str, line: &str) -> Result<Option<u32>> {
        let Some(Found { value, name }) = self.find(variable, line) else { return Ok(None) };
        match value.trim().parse() {
            Ok(number) if number > 0 => Ok(Some(number)),
            _ => Err(Error::provider(format!("{name} is not a whole number above 0"), false)),
        }
    }
}

/// boto3 takes `true` alone for a yes, the JS SDK everything but `false`.
pub(super) fn says_yes(value: &str, rules: Network) -> bool {
    match rules {
        Network::Js => value != "false",
        Network::Botocore | Network::Sdk => value.eq_ignore_ascii_case("true"),
    }
}
