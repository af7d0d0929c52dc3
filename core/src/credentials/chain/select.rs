//! Which source serves. Nothing is asked here: the environment and the files tell which one is
//! configured, and the first one that is has to serve, as with the AWS SDKs.

use std::fmt::Write as _;

use super::profile::{Base, Plan, Profiles, WebIdentity, legacy};
use super::{container, instance, not_honoured};
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
    let Search { conventions, environment, .. } = search;
    let mut attempts = Attempts::default();
    attempts.note("environment", environment::reason(search));
    attempts.not_honoured = not_honoured::told(environment, None);
    let profiles = Profiles::load(search).map_err(|error| attempts.failed("profile", &error))?;
    attempts.not_honoured = not_honoured::told(environment, Some(&profiles));
    if let Some(reason) = profiles.absent() {
        attempts.note(&profiles.label(), &reason);
        if profiles.are_without_the_named() && conventions.missing_profile_ends_the_search {
            return Err(attempts.nothing_found());
        }
    }
    for source in conventions.sources {
        let plan = match source {
            Source::WebIdentity => web_identity(search, &profiles, &mut attempts)?,
            Source::Legacy => legacy(search).map_err(|e| attempts.failed(source.label(), &e))?,
            Source::Container => from_place(*source, container::absent(environment), &mut attempts),
            Source::Instance => {
                let absent = instance::absent(environment, *conventions);
                from_place(*source, absent, &mut attempts)
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

fn legacy(search: &Search) -> Result<Option<Plan>> {
    let keys = legacy::keys(&search.environment, &search.conventions.files)?;
    let label = Source::Legacy.label().to_owned();
    Ok(keys.map(|keys| Plan { base: Base::Keys(keys), roles: Vec::new(), label }))
}

/// The variables that a pod of EKS has. With boto3 the profile completes them.
fn web_identity(
    search: &Search,
    profiles: &Profiles,
    attempts: &mut Attempts,
) -> Result<Option<Plan>> {
    let Search { profile, conventions, environment, .. } = search;
    let label = Source::WebIdentity.label();
    if profile.is_some() && conventions.named_profile_hides_web_identity {
        attempts.note(label, "does not count, since a profile is named");
        return Ok(None);
    }
    let text = |variable: &str, setting: &str| {
        let value = environment.text(variable).map_err(|e| attempts.failed(label, &e))?;
        let of_profile = || profiles.set().get(setting).map(str::to_owned);
        Ok(value.or_else(|| of_profile().filter(|_| conventions.profile_completes_web_identity)))
    };
    let Some(token_file) = text(TOKEN_FILE, "web_identity_token_file")? else {
        attempts.note(label, &format!("{TOKEN_FILE} is not set"));
        return Ok(None);
    };
    let Some(role) = text(ROLE, "role_arn")? else {
        let (file, role) = if environment.is_set(TOKEN_FILE) {
            (TOKEN_FILE, ROLE)
        } else {
            ("web_identity_token_file of the profile", "its role_arn")
        };
        let error = Error::provider(format!("{file} is set but {role} is not"), false);
        return Err(attempts.failed(label, &error));
    };
    let session = text(SESSION_NAME, "role_session_name")?;
    let base = Base::WebIdentity(WebIdentity { token_file, role, session });
    Ok(Some(Plan { base, roles: Vec::new(), label: label.to_owned() }))
}

/// What was tried and why it did not serve.
#[derive(Default)]
pub(super) struct Attempts {
    tried: String,
    /// Settings that are there and that nothing here reads.
    not_honoured: Option<String>,
}

impl Attempts {
    fn note(&mut self, source: &str, reason: &str) {
        let separator = if self.tried.is_empty() { "" } else { "; " };
        // Writing to a String cannot fail.
        let _ = write!(self.tried, "{separator}{source}: {reason}");
    }

    /// The error of a source, behind what was passed over before it.
    pub(super) fn failed(&self, source: &str, error: &Error) -> Error {
        let Self { tried, not_honoured } = self;
        if error.kind() == ErrorKind::CredentialsNotFound {
            let mut attempts = Self { tried: tried.clone(), not_honoured: not_honoured.clone() };
            attempts.note(source, error.message());
            return attempts.nothing_found();
        }
        let before =
            if tried.is_empty() { String::new() } else { format!(" Passed over: {tried}.") };
        let more = self.more().map(|more| format!(" {more}.")).unwrap_or_default();
        error.reworded(format!(
            "the AWS credentials could not be loaded from {source}: {error}.{before}{more}"
        ))
    }

    fn nothing_found(&self) -> Error {
        Error::new(
            ErrorKind::CredentialsNotFound,
            format!(
                "no AWS credentials found. Tried {}. Set AWS_ACCESS_KEY_ID and \
                 AWS_SECRET_ACCESS_KEY, name a profile, or run where a role is attached{}",
                self.tried,
                self.more().map(|more| format!(". {more}")).unwrap_or_default()
            ),
        )
    }

    fn more(&self) -> Option<String> {
        self.not_honoured.as_ref().map(|named| format!("Set, but not honoured: {named}"))
    }
}
