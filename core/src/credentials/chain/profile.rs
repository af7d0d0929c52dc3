//! What the shared config and credentials files say: where the credentials of a profile come
//! from, and which roles are assumed with them.
//!
//! | file | what |
//! |---|---|
//! | `files` | where the two files are, and their text |
//! | `ini` | from text to sections, in the dialect of each reference SDK |
//! | `words` | splits a line as Python's `shlex` does |
//! | `set` | from sections to profiles |
//! | `settings` | readers of the settings of one profile |
//! | `legacy` | the files of boto 2 |

mod files;
mod ini;
pub(super) mod legacy;
mod set;
mod settings;
mod words;

pub(super) use self::set::{Profile, ProfileSet};
use self::settings::{KEY, SECRET, keys, login, place_named, process, role, sso, wants, wrong};
use super::process::Command;
use crate::credentials::provider::Search;
use crate::credentials::{Credentials, Source};
use crate::error::Result;
use crate::style::Conventions;

/// The settings that make a profile one with credentials.
const SETTINGS: [&str; 11] = [
    "role_arn",
    "credential_source",
    "web_identity_token_file",
    "sso_session",
    "sso_start_url",
    "sso_account_id",
    "sso_role_name",
    "login_session",
    "credential_process",
    KEY,
    SECRET,
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
    Process(Command),
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

/// A profile with `login_session`, which is a login of `aws login`.
pub(super) struct Login {
    pub(super) session_arn: String,
    pub(super) region: Option<String>,
    /// The profile, for what to do about a login that has ended.
    pub(super) profile: String,
}

/// The files, and the profile that is asked for.
pub(super) struct Profiles {
    set: ProfileSet,
    named: bool,
    conventions: Conventions,
}

impl Profiles {
    /// Reads the files, which may wait for a pipe or a network drive; no fork has to wait for it.
    /// The profile is the one that the caller named, or else a variable, or else `default`.
    pub(super) fn load(search: &Search) -> Result<Self> {
        let Search { profile, conventions, environment, .. } = search;
        let by_variable = || {
            let mut names = conventions.profile_variables.iter();
            names.find_map(|name| environment.get(name).ok().filter(|name| !name.is_empty()))
        };
        let name = profile.clone().or_else(by_variable);
        let named = name.is_some();
        let selected = name.unwrap_or_else(|| set::DEFAULT.to_owned());
        let set = ProfileSet::load(selected, environment, &conventions.files)?;
        Ok(Self { set, named, conventions: *conventions })
    }

    /// Whether somebody asked for this profile, rather than for the default, and it is not there.
    pub(super) fn are_without_the_named(&self) -> bool {
        self.named && self.set.selected().is_none()
    }

    pub(super) fn set(&self) -> &ProfileSet {
        &self.set
    }

    pub(super) fn label(&self) -> String {
        format!("profile {}", self.set.selected_name())
    }

    pub(super) fn region(&self) -> Option<&str> {
        self.set.get("region")
    }

    /// A line of the selected profile, if it is there and not empty.
    pub(super) fn setting(&self, name: &str) -> Option<&str> {
        self.set.get(name).filter(|value| !value.trim().is_empty())
    }

    /// Why the profile has no credentials, if it has none.
    pub(super) fn absent(&self) -> Option<String> {
        let Some(profile) = self.set.selected() else { return Some(self.missing()) };
        let mut sources = self.conventions.sources.iter().filter(|source| source.is_of_profile());
        if sources.any(|source| !matches!(self.plan(*source), Ok(None))) {
            return None;
        }
        let empty = |setting: &&&str| profile.get(setting).is_some_and(str::is_empty);
        let empty: Vec<&str> = SETTINGS.iter().filter(empty).copied().collect();
        let there: Vec<&str> =
            SETTINGS.iter().filter(|setting| profile.text(setting).is_some()).copied().collect();
        Some(match (empty.as_slice(), there.as_slice()) {
            ([], []) => "has neither keys nor another source of credentials".to_owned(),
            ([], there) => format!("has {} alone, which is not enough", there.join(", ")),
            (empty, []) => format!("has settings that are empty: {}", empty.join(", ")),
            (empty, there) => {
                let (there, empty) = (there.join(", "), empty.join(", "));
                format!("has {there} alone, and settings that are empty: {empty}")
            }
        })
    }

    /// The plan, if this is the kind of source that the profile has.
    pub(super) fn plan(&self, source: Source) -> Result<Option<Plan>> {
        let Some(profile) = self.set.selected() else { return Ok(None) };
        if source == Source::Role {
            return self.assumed(profile);
        }
        let base = self.base(&profile, source)?;
        Ok(base.map(|base| Plan { base, roles: Vec::new(), label: self.label() }))
    }

    fn missing(&self) -> String {
        let mut names = self.set.names();
        names.truncate(LISTED);
        let unreadable = match self.set.unreadable() {
            [] => String::new(),
            files => format!("; these cannot be read: {}", files.join(", ")),
        };
        if names.is_empty() {
            format!(
                "is not there: the AWS config and credentials files are missing or have no \
                 profile{unreadable}"
            )
        } else {
            let names = names.join(", ");
            format!("is not in the AWS config and credentials files; they have {names}{unreadable}")
        }
    }

    fn base(&self, profile: &Profile<'_>, source: Source) -> Result<Option<Base>> {
        let conventions = self.conventions;
        Ok(match source {
            Source::Keys => keys(profile, conventions)?.map(Base::Keys),
            Source::KeysOfCredentialsFile => {
                keys(&profile.in_credentials_file(), conventions)?.map(Base::Keys)
            }
            Source::KeysOfConfigFile => {
                keys(&profile.in_config_file(), conventions)?.map(Base::Keys)
            }
            Source::Process => process(profile, conventions)?.map(Base::Process),
            Source::Sso => sso(&self.set, profile, conventions)?.map(Base::Sso),
            Source::Login => login(profile).map(Base::Login),
            Source::ProfileWebIdentity => self.web_identity(profile)?,
            Source::Role
            | Source::WebIdentity
            | Source::Legacy
            | Source::Container
            | Source::Instance => None,
        })
    }

    fn web_identity(&self, profile: &Profile<'_>) -> Result<Option<Base>> {
        let owned = |name: &str| profile.text(name).map(str::to_owned);
        match (owned("web_identity_token_file"), owned("role_arn")) {
            (None, _) => Ok(None),
            (Some(_), None) if self.conventions.files.incomplete_role_is_skipped => Ok(None),
            (Some(_), None) => Err(wants(profile, "web_identity_token_file", "role_arn")),
            (Some(token_file), Some(role)) => {
                let session = owned("role_session_name");
                Ok(Some(Base::WebIdentity(WebIdentity { token_file, role, session })))
            }
        }
    }

    /// The roles from this profile on, down to what the first one is assumed with.
    fn assumed(&self, first: Profile<'_>) -> Result<Option<Plan>> {
        let mut roles = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        let mut profile = first;
        let base = loop {
            if !seen.is_empty() && self.has_keys(&profile) {
                break self.source(&profile)?;
            }
            if seen.contains(&profile.name()) {
                let around = seen.join(", ");
                return Err(wrong(
                    &first,
                    &format!("its source_profile goes in a circle: {around}"),
                ));
            }
            seen.push(profile.name());
            let Some(role) = role(&profile, self.conventions)? else {
                if roles.is_empty() {
                    return Ok(None);
                }
                break self.source(&profile)?;
            };
            roles.push(role);
            match (profile.text("source_profile"), profile.text("credential_source")) {
                (Some(_), Some(_)) => {
                    return Err(wrong(
                        &profile,
                        "has source_profile and credential_source; keep one",
                    ));
                }
                (None, Some(place)) => break place_named(&profile, place)?,
                (Some(name), None) if name == profile.name() => break self.source(&profile)?,
                (Some(name), None) => {
                    profile = self.set.profile(name).ok_or_else(|| {
                        wrong(&profile, &format!("its source_profile {name} is not there"))
                    })?;
                }
                (None, None) => {
                    return Err(wrong(
                        &profile,
                        "has role_arn, but neither source_profile nor \
                        credential_source to assume it with",
                    ));
                }
            }
        };
        roles.reverse();
        Ok(Some(Plan { base, roles, label: self.label() }))
    }

    /// Whether keys of a source profile hide its own role.
    fn has_keys(&self, profile: &Profile<'_>) -> bool {
        profile.text(KEY).is_some() && profile.text(SECRET).is_some()
    }

    /// What a profile gives by itself, for another one to assume a role with.
    fn source(&self, profile: &Profile<'_>) -> Result<Base> {
        if let Some(place) = profile.text("credential_source")
            && !self.has_keys(profile)
        {
            return place_named(profile, place);
        }
        // boto3 goes by its order also here, the others take the keys first.
        let first = (!self.conventions.sources.contains(&Source::KeysOfCredentialsFile))
            .then_some(&Source::Keys);
        for source in first.into_iter().chain(self.conventions.sources) {
            if let Some(base) = self.base(profile, *source)? {
                return Ok(base);
            }
        }
        Err(wrong(profile, "a role is to be assumed with it, but it has no credentials"))
    }
}

#[cfg(test)]
mod tests;
