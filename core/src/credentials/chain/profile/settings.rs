//! Readers of the settings of one profile.

use aws_config::profile::{Profile, ProfileSet};

use super::{Base, Role, Sso};
use crate::credentials::{Credentials, Source};
use crate::error::{Error, Result};

/// The role that a profile assumes; with a web identity it is that which assumes it.
pub(super) fn role(profile: &Profile) -> Result<Option<Role>> {
    let owned = |name: &str| profile.get(name).map(str::to_owned);
    if profile.get("web_identity_token_file").is_some() {
        return Ok(None);
    }
    let Some(arn) = owned("role_arn") else { return Ok(None) };
    if profile.get("mfa_serial").is_some() {
        return Err(wrong(
            profile,
            "asks for a one-time code (mfa_serial), and there is nobody to \
            ask; let a credential_process or a provider of your own assume the role",
        ));
    }
    let seconds = match profile.get("duration_seconds") {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| {
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

pub(super) fn keys(profile: &Profile) -> Result<Option<Credentials>> {
    let text = |name: &str| profile.get(name).filter(|value| !value.is_empty());
    match (text("aws_access_key_id"), text("aws_secret_access_key")) {
        (None, None) => Ok(None),
        (Some(key), Some(secret)) => {
            Credentials::new(key, secret, text("aws_session_token")).map(Some)
        }
        (Some(_), None) => Err(wants(profile, "aws_access_key_id", "aws_secret_access_key")),
        (None, Some(_)) => Err(wants(profile, "aws_secret_access_key", "aws_access_key_id")),
    }
}

pub(super) fn place_named(profile: &Profile, name: &str) -> Result<Base> {
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

pub(super) fn wants(profile: &Profile, there: &str, missing: &str) -> Error {
    wrong(profile, &format!("has {there} but not {missing}"))
}

#[cold]
pub(super) fn wrong(profile: &Profile, what: &str) -> Error {
    Error::provider(format!("profile {}: {what}", profile.name()), false)
}

/// A role of IAM Identity Center: of a session, or in the older form.
pub(super) fn sso(set: &ProfileSet, profile: &Profile) -> Result<Option<Sso>> {
    let need = |setting: &'static str| {
        let value = profile.get(setting).map(str::to_owned);
        value.ok_or_else(|| wrong(profile, &format!("{setting} is missing")))
    };
    let (filed_under, start_url, region) = match profile.get("sso_session") {
        Some(session) => {
            let section = set.sso_session(session).ok_or_else(|| {
                wrong(profile, &format!("there is no section [sso-session {session}]"))
            })?;
            let need = |setting: &str| {
                let value = section.get(setting).map(str::to_owned);
                value.ok_or_else(|| {
                    wrong(profile, &format!("[sso-session {session}] has no {setting}"))
                })
            };
            (session.to_owned(), need("sso_start_url")?, need("sso_region")?)
        }
        None if profile.get("sso_start_url").is_none() => return Ok(None),
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
