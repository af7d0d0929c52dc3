//! What the shared config and credentials files say: where the credentials of a profile come
//! from, and which roles are assumed with them. Read by the parser of the AWS SDK.

mod settings;

use std::env::var;
use std::future::Future;
use std::pin::pin;
use std::task::{self, Poll, Waker};

use aws_config::profile::{Profile, ProfileSet};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

use self::settings::{keys, place_named, role, sso, wants, wrong};
use super::failure;
use super::login::Login;
use crate::credentials::{Credentials, Source};
use crate::error::{Error, ErrorKind, Result};
use crate::style::Conventions;

/// The settings that make a profile one with credentials.
const SETTINGS: [&str; 9] = [
    "role_arn",
    "credential_source",
    "web_identity_token_file",
    "sso_session",
    "sso_start_url",
    "login_session",
    "credential_process",
    "aws_access_key_id",
    "aws_secret_access_key",
];
/// Profiles that a message lists.
const LISTED: usize = 10;

/// How credentials come about: from a base, by assuming one role after the other.
pub(super) struct Plan {
    pub(super) base: Base,
    /// The first one to be assumed comes first.
    pub(super) roles: Vec<Role>,
    /// As messages call it.
    pub(super) label: String,
}

/// What needs no other credentials.
pub(super) enum Base {
    Keys(Credentials),
    Process(String),
    Sso(Sso),
    Login(Login),
    WebIdentity(WebIdentity),
    /// The environment's keys, for a role with that `credential_source`.
    Environment,
    /// A container or an instance.
    Place(Source),
}

/// A role to be assumed.
pub(super) struct Role {
    pub(super) arn: String,
    pub(super) session: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) seconds: Option<i32>,
    pub(super) region: Option<String>,
}

/// A role that is assumed with the token of somebody else's identity.
pub(super) struct WebIdentity {
    pub(super) token_file: String,
    pub(super) role: String,
    pub(super) session: Option<String>,
}

/// A role of IAM Identity Center.
pub(super) struct Sso {
    /// What the cached login is filed under: the name of the session, or the start URL.
    pub(super) filed_under: String,
    pub(super) start_url: String,
    pub(super) region: String,
    pub(super) account_id: String,
    pub(super) role_name: String,
    /// The profile, for what to do about a login that has ended.
    pub(super) profile: String,
}

/// The files, and the profile that is asked for.
pub(super) struct Profiles {
    set: ProfileSet,
    named: bool,
    order: &'static [Source],
}

impl Profiles {
    /// Reads the files. The profile is the one that the caller named, or else a variable, or
    /// else `default`.
    pub(super) fn load(named: Option<&str>, conventions: Conventions) -> Result<Self> {
        let by_variable = || {
            let values = conventions.profile_variables.iter().filter_map(|name| var(name).ok());
            values.into_iter().find(|name| !name.is_empty())
        };
        let name = named.map(str::to_owned).or_else(by_variable);
        let is_named = name.is_some();
        let selected = name.unwrap_or_else(|| "default".to_owned());
        let set = load(&EnvConfigFiles::default(), selected)?;
        Ok(Self { set, named: is_named, order: conventions.sources })
    }

    /// Whether somebody asked for this profile, rather than for the default, and it is not there.
    pub(super) fn are_without_the_named(&self) -> bool {
        self.named && self.selected().is_none()
    }

    pub(super) fn set(&self) -> &ProfileSet {
        &self.set
    }

    pub(super) fn label(&self) -> String {
        format!("profile {}", self.set.selected_profile())
    }

    pub(super) fn region(&self) -> Option<&str> {
        self.selected()?.get("region").filter(|region| !region.is_empty())
    }

    /// A line of the selected profile, if it is there and not empty.
    pub(super) fn setting(&self, name: &str) -> Option<&str> {
        self.selected()?.get(name).filter(|value| !value.trim().is_empty())
    }

    /// Why the profile has no credentials, if it has none.
    pub(super) fn absent(&self) -> Option<String> {
        let Some(profile) = self.selected() else { return Some(self.missing()) };
        if SETTINGS.iter().any(|setting| profile.get(setting).is_some()) {
            return None;
        }
        Some("has neither keys nor another source of credentials".to_owned())
    }

    /// The plan, if this is the kind of source that the profile has.
    pub(super) fn plan(&self, source: Source) -> Result<Option<Plan>> {
        let Some(profile) = self.selected() else { return Ok(None) };
        if source == Source::Role {
            return self.assumed(profile);
        }
        let base = self.base(profile, source)?;
        Ok(base.map(|base| Plan { base, roles: Vec::new(), label: self.label() }))
    }

    fn selected(&self) -> Option<&Profile> {
        self.set.get_profile(self.set.selected_profile())
    }

    fn missing(&self) -> String {
        let mut names: Vec<&str> = self.set.profiles().collect();
        names.sort_unstable();
        names.truncate(LISTED);
        if names.is_empty() {
            "is not there: the AWS config and credentials files are missing or empty".to_owned()
        } else {
            format!(
                "is not in the AWS config and credentials files; they have {}",
                names.join(", ")
            )
        }
    }

    fn base(&self, profile: &Profile, source: Source) -> Result<Option<Base>> {
        let text = |name: &str| profile.get(name).filter(|value| !value.is_empty());
        let owned = |name: &str| text(name).map(str::to_owned);
        Ok(match source {
            Source::Keys => keys(profile)?.map(Base::Keys),
            Source::KeysOfCredentialsFile => self.keys_of_credentials_file(profile)?,
            Source::Process => owned("credential_process").map(Base::Process),
            Source::Sso => sso(&self.set, profile)?.map(Base::Sso).or_else(|| {
                let (region, profile) = (owned("region"), profile.name().to_owned());
                let session_arn = owned("login_session")?;
                Some(Base::Login(Login { session_arn, region, profile }))
            }),
            Source::ProfileWebIdentity => {
                match (owned("web_identity_token_file"), owned("role_arn")) {
                    (None, _) => None,
                    (Some(_), None) => {
                        return Err(wants(profile, "web_identity_token_file", "role_arn"));
                    }
                    (Some(token_file), Some(role)) => {
                        let session = owned("role_session_name");
                        Some(Base::WebIdentity(WebIdentity { token_file, role, session }))
                    }
                }
            }
            Source::Role | Source::WebIdentity | Source::Container | Source::Instance => None,
        })
    }

    /// Read anew, since the parser makes one of both files.
    fn keys_of_credentials_file(&self, profile: &Profile) -> Result<Option<Base>> {
        if keys(profile)?.is_none() || profile.get("credential_process").is_none() {
            return Ok(keys(profile)?.map(Base::Keys));
        }
        let file = EnvConfigFiles::builder().include_default_credentials_file(true).build();
        let set = load(&file, profile.name().to_owned())?;
        match set.get_profile(profile.name()) {
            Some(profile) => Ok(keys(profile)?.map(Base::Keys)),
            None => Ok(None),
        }
    }

    /// The roles from this profile on, down to what the first one is assumed with.
    fn assumed(&self, first: &Profile) -> Result<Option<Plan>> {
        let mut roles = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        let mut profile = first;
        let base = loop {
            if !seen.is_empty()
                && let Some(keys) = keys(profile)?
            {
                break Base::Keys(keys);
            }
            if seen.contains(&profile.name()) {
                let around = seen.join(", ");
                return Err(wrong(
                    first,
                    &format!("its source_profile goes in a circle: {around}"),
                ));
            }
            seen.push(profile.name());
            let Some(role) = role(profile)? else {
                if roles.is_empty() {
                    return Ok(None);
                }
                break self.source(profile)?;
            };
            roles.push(role);
            match (profile.get("source_profile"), profile.get("credential_source")) {
                (Some(_), Some(_)) => {
                    return Err(wrong(
                        profile,
                        "has source_profile and credential_source; keep one",
                    ));
                }
                (None, Some(place)) => break place_named(profile, place)?,
                (Some(name), None) if name == profile.name() => break self.source(profile)?,
                (Some(name), None) => {
                    profile = self.set.get_profile(name).ok_or_else(|| {
                        wrong(profile, &format!("its source_profile {name} is not there"))
                    })?;
                }
                (None, None) => {
                    return Err(wrong(
                        profile,
                        "has role_arn, but neither source_profile nor \
                        credential_source to assume it with",
                    ));
                }
            }
        };
        roles.reverse();
        Ok(Some(Plan { base, roles, label: self.label() }))
    }

    /// What a profile gives by itself, for another one to assume a role with.
    fn source(&self, profile: &Profile) -> Result<Base> {
        if let Some(place) = profile.get("credential_source") {
            return place_named(profile, place);
        }
        for source in std::iter::once(&Source::Keys).chain(self.order) {
            if let Some(base) = self.base(profile, *source)? {
                return Ok(base);
            }
        }
        Err(wrong(profile, "a role is to be assumed with it, but it has no credentials"))
    }
}

pub(super) fn load(files: &EnvConfigFiles, selected: String) -> Result<ProfileSet> {
    let (fs, env) = (Fs::real(), Env::real());
    let loaded = at_once(aws_config::profile::load(&fs, &env, files, Some(selected.into())))?;
    loaded.map_err(|error| {
        let texts = failure::texts(&error);
        Error::provider(format!("the AWS config files cannot be read: {texts}"), false)
    })
}

/// The parser is asynchronous in form alone: it reads its files in the first poll.
fn at_once<T>(work: impl Future<Output = T>) -> Result<T> {
    match pin!(work).poll(&mut task::Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Ok(result),
        Poll::Pending => Err(Error::new(
            ErrorKind::Internal,
            "the AWS config files were not read at once; please report this",
        )),
    }
}

#[cfg(test)]
mod tests;
