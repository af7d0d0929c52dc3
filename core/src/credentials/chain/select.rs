//! Which source serves. Nothing is asked here: the environment and the files tell which one is
//! configured, and the first one that is has to serve, as with the AWS SDKs.

use std::env::var_os;
use std::fmt::Write as _;

use super::profile::{Base, Plan, Profiles, WebIdentity};
use super::{container, instance};
use crate::credentials::provider::Search;
use crate::credentials::{Source, environment};
use crate::error::{Error, ErrorKind, Result};

const TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
const ROLE: &str = "AWS_ROLE_ARN";
const SESSION_NAME: &str = "AWS_ROLE_SESSION_NAME";

/// The source that serves, and what was passed over before it.
pub(super) struct Selection {
    pub(super) plan: Plan,
    pub(super) attempts: Attempts,
    pub(super) profiles: Profiles,
}

pub(super) fn select(search: &Search) -> Result<Selection> {
    let mut attempts = Attempts::default();
    let reason = environment::reason(search.profile.is_some(), search.conventions);
    attempts.note("environment", reason);
    let profiles = Profiles::load(search.profile.as_deref(), search.conventions)
        .map_err(|error| attempts.failed("profile", &error))?;
    if let Some(reason) = profiles.absent() {
        attempts.note(&profiles.label(), &reason);
        if profiles.are_without_the_named() && search.conventions.missing_profile_ends_the_search {
            return Err(attempts.nothing_found());
        }
    }
    for source in search.conventions.sources {
        let plan = match source {
            Source::WebIdentity => web_identity(search, &mut attempts)?,
            Source::Container => from_place(*source, container::absent(), &mut attempts),
            Source::Instance => {
                from_place(*source, instance::absent(search.conventions), &mut attempts)
            }
            of_profile => profiles.plan(*of_profile).map_err(|e| attempts.failed("profile", &e))?,
        };
        if let Some(plan) = plan {
            return Ok(Selection { plan, attempts, profiles });
        }
    }
    Err(attempts.nothing_found())
}

fn from_place(source: Source, absent: Option<String>, attempts: &mut Attempts) -> Option<Plan> {
    let label = source.label();
    match absent {
        Some(reason) => {
            attempts.note(label, &reason);
            None
        }
        None => {
            Some(Plan { base: Base::Place(source), roles: Vec::new(), label: label.to_owned() })
        }
    }
}

/// The variables that a pod of EKS has.
fn web_identity(search: &Search, attempts: &mut Attempts) -> Result<Option<Plan>> {
    let label = Source::WebIdentity.label();
    if search.profile.is_some() && search.conventions.named_profile_hides_web_identity {
        attempts.note(label, "does not count, since a profile is named");
        return Ok(None);
    }
    let set = |name: &str| var_os(name).is_some_and(|value| !value.is_empty());
    if !set(TOKEN_FILE) {
        attempts.note(label, &format!("{TOKEN_FILE} is not set"));
        return Ok(None);
    }
    let text = |name: &str| environment::text(name).map_err(|e| attempts.failed(label, &e));
    let (Some(token_file), Some(role)) = (text(TOKEN_FILE)?, text(ROLE)?) else {
        let error = Error::provider(format!("{TOKEN_FILE} is set but {ROLE} is not"), false);
        return Err(attempts.failed(label, &error));
    };
    let base = Base::WebIdentity(WebIdentity { token_file, role, session: text(SESSION_NAME)? });
    Ok(Some(Plan { base, roles: Vec::new(), label: label.to_owned() }))
}

/// What was tried and why it did not serve.
#[derive(Default)]
pub(super) struct Attempts(String);

impl Attempts {
    fn note(&mut self, source: &str, reason: &str) {
        let separator = if self.0.is_empty() { "" } else { "; " };
        // Writing to a String cannot fail.
        let _ = write!(self.0, "{separator}{source}: {reason}");
    }

    /// The error of a source, behind what was passed over before it.
    pub(super) fn failed(&self, source: &str, error: &Error) -> Error {
        if error.kind() == ErrorKind::CredentialsNotFound {
            let mut attempts = Self(self.0.clone());
            attempts.note(source, error.message());
            return attempts.nothing_found();
        }
        let before =
            if self.0.is_empty() { String::new() } else { format!(" Passed over: {}.", self.0) };
        error.reworded(format!(
            "the AWS credentials could not be loaded from {source}: {error}.{before}"
        ))
    }

    fn nothing_found(&self) -> Error {
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
