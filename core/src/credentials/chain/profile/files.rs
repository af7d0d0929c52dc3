//! Where the two files are, and what is in them. A file that cannot be read counts as empty, as
//! with the reference SDKs, but messages name it.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::super::secret_bytes::SecretBytes;
use crate::environment::Environment;
use crate::style::{Dialect, FileRules};

/// Bytes of one file. What is longer is no config file.
const LONGEST: usize = 64 << 20;

/// One of the two files.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Config,
    Credentials,
}

impl Kind {
    fn variable(self) -> &'static str {
        match self {
            Self::Config => "AWS_CONFIG_FILE",
            Self::Credentials => "AWS_SHARED_CREDENTIALS_FILE",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Credentials => "credentials",
        }
    }
}

/// What is read of a file.
pub(super) struct Contents {
    pub(super) path: PathBuf,
    pub(super) text: Result<Zeroizing<String>, Unreadable>,
}

pub(super) enum Unreadable {
    /// Counts as empty.
    Skipped(io::Error),
    /// Python refuses the file. This is the line.
    NotUtf8(usize),
}

/// May wait for as long as a pipe or a network drive wants.
pub(super) fn read(kind: Kind, environment: &Environment, rules: &FileRules) -> Contents {
    let path = path(kind, environment, rules);
    let text = text_of(&path, rules);
    Contents { path, text }
}

pub(super) fn text_of(path: &Path, rules: &FileRules) -> Result<Zeroizing<String>, Unreadable> {
    let bytes = bytes(path, rules).map_err(Unreadable::Skipped)?;
    text(&bytes, rules.dialect).map_err(Unreadable::NotUtf8)
}

fn bytes(path: &Path, rules: &FileRules) -> io::Result<Zeroizing<Vec<u8>>> {
    if rules.regular_files_alone && !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file"));
    }
    SecretBytes::read(File::open(path)?, LONGEST)
}

fn text(bytes: &[u8], dialect: Dialect) -> Result<Zeroizing<String>, usize> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(Zeroizing::new(text.to_owned())),
        Err(error) => error,
    };
    if dialect == Dialect::Python {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        return Err(before.iter().filter(|byte| **byte == b'\n').count() + 1);
    }
    // Each odd byte becomes three at most: the text does not move while it grows.
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 3));
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    Ok(text)
}

fn path(kind: Kind, environment: &Environment, rules: &FileRules) -> PathBuf {
    let named = environment.raw(kind.variable());
    let named = named.filter(|path| rules.empty_path_is_none || !path.is_empty());
    let Some(named) = named else {
        return in_home(environment, &Path::new(".aws").join(kind.name()));
    };
    if rules.path_has_variables {
        expanded(named, environment)
    } else {
        at_home(named, environment)
    }
}

/// A path with its variables and its `~` replaced.
pub(super) fn expanded(path: OsString, environment: &Environment) -> PathBuf {
    at_home(with_variables(path, environment), environment)
}

/// A path with its `~` replaced.
pub(super) fn at_home(path: OsString, environment: &Environment) -> PathBuf {
    match Path::new(&path).strip_prefix("~") {
        Ok(rest) => in_home(environment, rest),
        Err(_) => path.into(),
    }
}

fn in_home(environment: &Environment, path: &Path) -> PathBuf {
    environment.home().unwrap_or_else(|| PathBuf::from("~")).join(path)
}

/// As `os.path.expandvars`: `$NAME` and `${NAME}`, and what is not set stays as it is.
fn with_variables(path: OsString, environment: &Environment) -> OsString {
    let Some(text) = path.to_str().filter(|text| text.contains('$')) else { return path };
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (name, behind) = match after.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            Some((name, behind)) => (name, behind),
            None => {
                let of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let end = after.find(|c: char| !of_name(c)).unwrap_or(after.len());
                after.split_at(end)
            }
        };
        let written = after.get(..after.len() - behind.len()).unwrap_or_default();
        match environment.raw(name).filter(|_| !name.is_empty()) {
            Some(value) => out.push_str(&value.to_string_lossy()),
            None => out.extend(["$", written]),
        }
        rest = behind;
    }
    out.push_str(rest);
    out.into()
}

/// For messages.
pub(super) fn shown(path: &Path) -> Cow<'_, str> {
    path.to_string_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn found(kind: Kind, rules: FileRules, variables: &[(&str, &str)]) -> String {
        let owned = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let environment = Environment::given(owned.collect::<HashMap<_, _>>());
        shown(&path(kind, &environment, &rules)).into_owned()
    }

    #[cfg(unix)]
    #[test]
    fn the_path_is_the_variable_or_in_the_home_directory() {
        let python = crate::Conventions::BOTOCORE.files;
        let js = crate::Conventions::JS.files;
        let file = "AWS_CONFIG_FILE";
        for (rules, variables, expected) in [
            (js, &[("HOME", "/h")][..], "/h/.aws/config"),
            (js, &[("HOME", "/h"), (file, "~/c")], "/h/c"),
            (js, &[("HOME", "/h"), (file, "~c")], "~c"),
            (js, &[("HOME", "/h"), (file, "")], "/h/.aws/config"),
            (js, &[("HOME", "/h"), (file, "$HOME/c")], "$HOME/c"),
            (python, &[("HOME", "/h"), (file, "")], ""),
            (python, &[("HOME", "/h"), (file, "$HOME/${A}x/$B.$/${C")], "/h/${A}x/$B.$/${C"),
            (python, &[("HOME", "/h"), ("A", "b"), (file, "~/${A}x/$A-")], "/h/bx/b-"),
        ] {
            assert_eq!(found(Kind::Config, rules, variables), expected, "{variables:?}");
        }
    }
}
