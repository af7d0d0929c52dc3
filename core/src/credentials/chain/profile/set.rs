//! The profiles of both files. Where a profile is in both, the credentials file wins setting by
//! setting, as with boto3 and the JS SDK.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::files::{self, Contents, Kind, Unreadable};
use super::ini::{self, Odd, Settings};
use super::words;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::style::{Dialect, FileRules};

pub(super) const DEFAULT: &str = "default";

/// Shared by whatever asks a source. The values are wiped when the last copy is dropped.
#[derive(Clone)]
pub(in super::super) struct ProfileSet(Arc<Inner>);

struct Inner {
    selected: String,
    config: Groups,
    credentials: Groups,
    /// Files that are there and cannot be read.
    unreadable: Vec<String>,
}

/// The sections of one file, by what they are.
#[derive(Default)]
struct Groups {
    profiles: HashMap<String, Settings>,
    sso_sessions: HashMap<String, Settings>,
    services: HashMap<String, Settings>,
}

/// A profile as both files have it.
#[derive(Clone, Copy)]
pub(in super::super) struct Profile<'a> {
    name: &'a str,
    config: Option<&'a Settings>,
    credentials: Option<&'a Settings>,
}

impl<'a> Profile<'a> {
    pub(in super::super) fn name(&self) -> &'a str {
        self.name
    }

    /// A setting, also if it is empty.
    pub(in super::super) fn get(&self, setting: &str) -> Option<&'a str> {
        let of = |settings: Option<&'a Settings>| settings?.get(setting).map(|v| v.as_str());
        of(self.credentials).or_else(|| of(self.config))
    }

    /// A setting that is not empty.
    pub(in super::super) fn text(&self, setting: &str) -> Option<&'a str> {
        self.get(setting).filter(|value| !value.is_empty())
    }

    pub(super) fn in_credentials_file(self) -> Self {
        Self { config: None, ..self }
    }

    pub(super) fn in_config_file(self) -> Self {
        Self { credentials: None, ..self }
    }
}

impl ProfileSet {
    pub(super) fn load(
        selected: String,
        environment: &Environment,
        rules: &FileRules,
    ) -> Result<Self> {
        let mut unreadable = Vec::new();
        let mut read = |kind: Kind| {
            let Contents { path, text } = files::read(kind, environment, rules);
            let refused = |odd: &Odd| refused(kind, &files::shown(&path), odd);
            match text {
                Ok(text) => groups(kind, &text, rules.dialect).map_err(|odd| refused(&odd)),
                Err(Unreadable::NotUtf8(line)) => Err(refused(&Odd { line, what: "is not UTF-8" })),
                Err(Unreadable::Skipped(error)) => {
                    if error.kind() != std::io::ErrorKind::NotFound {
                        unreadable.push(format!("{} ({error})", files::shown(&path)));
                    }
                    Ok(Groups::default())
                }
            }
        };
        let (config, credentials) = (read(Kind::Config)?, read(Kind::Credentials)?);
        Ok(Self(Arc::new(Inner { selected, config, credentials, unreadable })))
    }

    #[cfg(test)]
    pub(in super::super) fn of_config(
        text: &str,
        selected: &str,
        dialect: Dialect,
    ) -> std::result::Result<Self, String> {
        let config = groups(Kind::Config, text, dialect).map_err(|odd| format!("{odd:?}"))?;
        let credentials = Groups::default();
        let selected = selected.to_owned();
        Ok(Self(Arc::new(Inner { selected, config, credentials, unreadable: Vec::new() })))
    }

    pub(in super::super) fn selected_name(&self) -> &str {
        &self.0.selected
    }

    pub(in super::super) fn selected(&self) -> Option<Profile<'_>> {
        self.profile(&self.0.selected)
    }

    pub(in super::super) fn profile<'a>(&'a self, name: &'a str) -> Option<Profile<'a>> {
        let Inner { config, credentials, .. } = &*self.0;
        let (config, credentials) = (config.profiles.get(name), credentials.profiles.get(name));
        (config.is_some() || credentials.is_some()).then_some(Profile { name, config, credentials })
    }

    /// The names of all profiles.
    pub(super) fn names(&self) -> Vec<&str> {
        let Inner { config, credentials, .. } = &*self.0;
        let names = config.profiles.keys().chain(credentials.profiles.keys());
        let mut names: Vec<&str> = names.map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    pub(super) fn unreadable(&self) -> &[String] {
        &self.0.unreadable
    }

    /// A setting of a section `[sso-session ...]`.
    pub(super) fn sso_session(&self, name: &str) -> Option<&Settings> {
        self.0.config.sso_sessions.get(name)
    }

    /// A setting of the selected profile.
    pub(in super::super) fn get(&self, setting: &str) -> Option<&str> {
        self.selected()?.text(setting)
    }

    /// A setting for one service, from the section that the selected profile names with
    /// `services`. The service is named as by the AWS SDK, for example `STS`.
    pub(in super::super) fn get_of_service(&self, service: &str, setting: &str) -> Option<&str> {
        let section = self.0.config.services.get(self.get("services")?)?;
        let service = service.to_lowercase().replace(' ', "_");
        let value = section.get(&format!("{service}.{setting}"))?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }
}

impl fmt::Debug for ProfileSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProfileSet {{ selected: {:?} }}", self.0.selected)
    }
}

fn refused(kind: Kind, path: &str, odd: &Odd) -> Error {
    let Odd { line, what } = odd;
    let file = if kind == Kind::Config { "config" } else { "credentials" };
    Error::provider(
        format!(
            "the AWS {file} file {path} cannot be used, for boto3 refuses it as well: line {line} \
             {what}; correct that line"
        ),
        false,
    )
}

fn groups(kind: Kind, text: &str, dialect: Dialect) -> std::result::Result<Groups, Odd> {
    let mut groups = Groups::default();
    for (header, settings) in ini::parse(text, dialect)?.list {
        if kind == Kind::Credentials {
            groups.profiles.insert(header, settings);
            continue;
        }
        let named = if dialect == Dialect::Js { of_js(&header) } else { of_aws(&header, dialect) };
        match named {
            Some((Group::Profile, name)) => {
                // With the JS SDK `[profile default]` hides `[default]`, wherever it stands.
                if dialect != Dialect::Js || header != DEFAULT {
                    groups.profiles.insert(name, settings);
                } else {
                    groups.profiles.entry(name).or_insert(settings);
                }
            }
            Some((Group::SsoSession, name)) => drop(groups.sso_sessions.insert(name, settings)),
            Some((Group::Services, name)) => drop(groups.services.insert(name, settings)),
            None => {}
        }
    }
    Ok(groups)
}

#[derive(Clone, Copy)]
enum Group {
    Profile,
    SsoSession,
    Services,
}

const PREFIXES: [(&str, Group); 3] = [
    ("profile", Group::Profile),
    ("sso-session", Group::SsoSession),
    ("services", Group::Services),
];

/// As `getConfigData` of the JS SDK, over the names that its parser made.
fn of_js(header: &str) -> Option<(Group, String)> {
    if header == DEFAULT {
        return Some((Group::Profile, header.to_owned()));
    }
    let (prefix, name) = header.split_once('.')?;
    let (_, group) = PREFIXES.iter().find(|(known, _)| *known == prefix)?;
    Some((*group, name.to_owned()))
}

/// As `build_profile_map` of botocore: two words, of which the second may be quoted. Tolerant, a
/// name may have spaces without quotes.
fn of_aws(header: &str, dialect: Dialect) -> Option<(Group, String)> {
    if header == DEFAULT {
        return Some((Group::Profile, header.to_owned()));
    }
    let (_, group) = PREFIXES.iter().find(|(prefix, _)| header.starts_with(prefix))?;
    let mut words = words::split(header).unwrap_or_default();
    if words.len() == 2 {
        return Some((*group, words.pop()?));
    }
    let (_, name) = header.split_once([' ', '\t']).filter(|_| dialect == Dialect::Tolerant)?;
    Some((*group, name.trim().to_owned())).filter(|(_, name)| !name.is_empty())
}
