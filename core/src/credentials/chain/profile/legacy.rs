//! The files of boto 2 and of the first tools for EC2, which boto3 looks at behind all profiles.

use std::path::{Path, PathBuf};

use super::files::{self, Unreadable};
use super::ini::{self, Odd};
use super::settings::{KEY, SECRET};
use crate::credentials::Credentials;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::style::FileRules;

const OF_EC2: &str = "AWS_CREDENTIAL_FILE";
const OF_BOTO: &str = "BOTO_CONFIG";
const EC2_KEY: &str = "AWSAccessKeyId";
const EC2_SECRET: &str = "AWSSecretKey";

pub(in super::super) fn keys(
    environment: &Environment,
    rules: &FileRules,
) -> Result<Option<Credentials>> {
    if let Some(path) = environment.raw(OF_EC2)
        && let Some(found) = of_ec2(&files::at_home(path, environment), rules)?
    {
        return Ok(Some(found));
    }
    let paths = match environment.raw(OF_BOTO) {
        Some(path) => vec![files::expanded(path, environment)],
        None => {
            let home = environment.home().unwrap_or_default();
            vec![PathBuf::from("/etc/boto.cfg"), home.join(".boto")]
        }
    };
    for path in paths {
        if let Some(found) = of_boto(&path, rules)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Lines of `name=value`, among others.
fn of_ec2(path: &Path, rules: &FileRules) -> Result<Option<Credentials>> {
    let text = match files::text_of(path, rules) {
        Ok(text) => text,
        Err(Unreadable::NotUtf8(line)) => return Err(odd(path, line, "is not UTF-8")),
        Err(Unreadable::Skipped(error)) => {
            let path = files::shown(path);
            return Err(Error::provider(
                format!("{OF_EC2} names {path}, which cannot be read: {error}"),
                false,
            ));
        }
    };
    let (mut key, mut secret) = (None, None);
    for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
        match name.trim() {
            EC2_KEY => key = Some(value.trim()),
            EC2_SECRET => secret = Some(value.trim()),
            _ => {}
        }
    }
    match (key, secret) {
        (None, _) => Ok(None),
        (Some(key), Some(secret)) => Credentials::new(key, secret, None).map(Some),
        (Some(_), None) => Err(half(path, EC2_KEY, EC2_SECRET)),
    }
}

/// The section `[Credentials]` of boto 2.
fn of_boto(path: &Path, rules: &FileRules) -> Result<Option<Credentials>> {
    let text = match files::text_of(path, rules) {
        Ok(text) => text,
        Err(Unreadable::NotUtf8(line)) => return Err(odd(path, line, "is not UTF-8")),
        Err(Unreadable::Skipped(_)) => return Ok(None),
    };
    let sections = ini::parse(&text, rules.dialect);
    let sections = sections.map_err(|Odd { line, what }| odd(path, line, what))?;
    let section = sections.list.iter().find(|(header, _)| header == "Credentials");
    let Some((_, settings)) = section else { return Ok(None) };
    match (settings.get(KEY), settings.get(SECRET)) {
        (None, _) => Ok(None),
        (Some(key), Some(secret)) => Credentials::new(key, secret, None).map(Some),
        (Some(_), None) => Err(half(path, KEY, SECRET)),
    }
}

fn odd(path: &Path, line: usize, what: &str) -> Error {
    let path = files::shown(path);
    Error::provider(format!("{path} cannot be used: line {line} {what}; correct that line"), false)
}

fn half(path: &Path, there: &str, missing: &str) -> Error {
    let path = files::shown(path);
    Error::provider(format!("{path} has {there} but not {missing}"), false)
}
