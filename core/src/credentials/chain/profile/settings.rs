//! Readers of the settings of one profile.

use super::set::{Profile, ProfileSet};
use super::{Base, Login, Role, Sso, words};
use crate::credentials::chain::process::Command;
use crate::credentials::{Credentials, Source};
use crate::error::{Error, Result};
use crate::style::{Conventions, HalfAKey};

pub(super) const KEY: &str = "aws_access_key_id";
pub(super) const SECRET: &str = "aws_secret_access_key";

/// The role that a profile assumes; with a web identity it is that which assumes it.
pub(super) fn role(profile: &Profile<'_>, conventions: Conventions) -> Result<Option<Role>> {
    let owned = |name: &str| profile.text(name).map(str::to_owned);
    let skips = conventions.files.incomplete_role_is_skipped;
    if profile.get("web_identity_token_file").is_some() && !skips {
        return Ok(None);
    }
    let Some(arn) = owned("role_arn") else { return Ok(None) };
    let (source, place) = (profile.text("source_profile"), profile.text("credential_source"));
    if skips && source.is_some() == place.is_some() {
        return Ok(None);
    }
    if profile.text("mfa_serial").is_some() {
        return Err(wrong(
            profile,
            "asks for a one-time code (mfa_serial), and there is nobody to \
            ask; let a credential_process or a provider of your own assume the role",
        ));
    }
    let seconds = match profile.text("duration_seconds") {
        None => None,
        Some(text) => Some(text.trim().parse().map_err(|_| {
            wrong(profile, "its duration_seconds is not a whole number of seconds")
        })?),
    };
    Ok(Some(Role {
        arn,
        session: owned("role_session_name"),
        external_id: owned("external_id"),
        seconds,
        region: owned("region"),
    }))
}

pub(super) fn keys(profile: &Profile<'_>, conventions: Conventions) -> Result<Option<Credentials>> {
    match (profile.text(KEY), profile.text(SECRET)) {
        (None, None) => Ok(None),
        (Some(key), Some(secret)) => {
            let mut sessions = conventions.files.session_settings.iter();
            let session = sessions.find_map(|name| profile.get(name));
            Credentials::new(key, secret, session).map(Some)
        }
        (Some(_), None) if conventions.half_a_key == HalfAKey::PassedOver => Ok(None),
        (None, Some(_)) if conventions.half_a_key != HalfAKey::Refused => Ok(None),
        (Some(_), None) => Err(wants(profile, KEY, SECRET)),
        (None, Some(_)) => Err(wants(profile, SECRET, KEY)),
    }
}

/// What is run, as the row says.
pub(super) fn process(profile: &Profile<'_>, conventions: Conventions) -> Result<Option<Command>> {
    let Some(line) = profile.text("credential_process") else { return Ok(None) };
    if conventions.files.process_in_shell {
        return Ok(Some(Command::Shell(line.to_owned())));
    }
    #[cfg(windows)]
    let split = words::split_for_windows(line);
    #[cfg(not(windows))]
    let split = words::split(line);
    match split {
        Some(words) if !words.is_empty() => Ok(Some(Command::Program(words))),
        Some(_) => Err(wrong(profile, "its credential_process names no program")),
        None => Err(wrong(
            profile,
            "its credential_process has a quote that is not closed, or ends with a backslash; no \
             shell runs it, as with boto3",
        )),
    }
}

pub(super) fn place_named(profile: &Profile<'_>, name: &str) -> Result<Base> {
    if name.eq_ignore_ascii_case("Environment") {
        Ok(Base::Environment)
    } else if name.eq_ignore_ascii_case("EcsContainer") {
        Ok(Base::Place(Source::Container))
    } else if name.eq_ignore_ascii_case("Ec2InstanceMetadata") {
        Ok(Base::Place(Source::Instance))
    } else {
        Err(wrong(
            profile,
            "its credential_source has to be Environment, EcsContainer or \
            Ec2InstanceMetadata",
        ))
    }
}

pub(super) fn wants(profile: &Profile<'_>, there: &str, missing: &str) -> Error {
    let what = if profile.get(missing).is_some() {
        format!("has {there}, but its {missing} is empty")
    } else {
        format!("has {there} but not {missing}")
    };
    wrong(profile, &what)
}

#[cold]
pub(super) fn wrong(profile: &Profile<'_>, what: &str) -> Error {
    Error::provider(format!("profile {}: {what}", profile.name()), false)
}

/// A role of IAM Identity Center: of a session, or in the older form.
pub(super) fn sso(
    set: &ProfileSet,
    profile: &Profile<'_>,
    conventions: Conventions,
) -> Result<Option<Sso>> {
    let rules = conventions.files;
    if !rules.sso_settings.iter().any(|setting| profile.get(setting).is_some()) {
        return Ok(None);
    }
    let need = |setting: &'static str| {
        let value = profile.text(setting).map(str::to_owned);
        value.ok_or_else(|| wrong(profile, &format!("{setting} is missing")))
    };
    let (filed_under, start_url, region) = match profile.text("sso_session") {
        Some(session) => {
            let section = set.sso_session(session).ok_or_else(|| {
                wrong(profile, &format!("there is no section [sso-session {session}]"))
            })?;
            let of_session = |setting: &str| {
                let value = section.get(setting).filter(|value| !value.is_empty());
                let value = value.ok_or_else(|| {
                    wrong(profile, &format!("[sso-session {session}] has no {setting}"))
                })?;
                match profile.text(setting) {
                    Some(own) if own != value.as_str() && !rules.sso_session_overrides => {
                        let what = format!("its {setting} is not that of [sso-session {session}]");
                        Err(wrong(profile, &what))
                    }
                    _ => Ok(value.as_str().to_owned()),
                }
            };
            (session.to_owned(), of_session("sso_start_url")?, of_session("sso_region")?)
        }
        None => (need("sso_start_url")?, need("sso_start_url")?, need("sso_region")?),
    };
    Ok(Some(Sso {
        filed_under,
        start_url,
        region,
        account_id: need("sso_account_id")?,
        role_name: need("sso_role_name")?,
        profile: profile.name().to_owned(),
    }))
}

pub(super) fn login(profile: &Profile<'_>) -> Option<Login> {
    Some(Login {
        session_arn: profile.text("login_session")?.to_owned(),
        region: profile.text("region").map(str::to_owned),
        profile: profile.name().to_owned(),
    })
}
