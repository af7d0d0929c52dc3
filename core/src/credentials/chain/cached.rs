//! The documents that `aws login` and `aws sso login` keep in a folder, one for each session.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use aws_smithy_json::deserialize::json_token_iter;
use aws_smithy_json::deserialize::token::expect_document;
use aws_smithy_json::serialize::JsonValueWriter;
use aws_smithy_types::date_time::Format;
use aws_smithy_types::{DateTime, Document};
use zeroize::{Zeroize, Zeroizing};

use super::file;
use super::settings::Settings;
use crate::error::{Error, Result};
use crate::fork;

/// Longer than any of them, so that no part of one is left behind where a text moved.
const CAPACITY: usize = 16 << 10;

/// The home folder of whoever calls.
pub(super) fn home(settings: &Settings<'_>) -> Option<PathBuf> {
    let name = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    settings.variable(name).map(PathBuf::from)
}

/// `hash.json`, where the folder is known.
pub(super) fn path(folder: Option<&Path>, hash: &[u8]) -> Result<PathBuf> {
    let no_home = || Error::provider("there is no home folder to look for its cache in", false);
    Ok(folder.ok_or_else(no_home)?.join(hex(hash)).with_extension("json"))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// An object. Fields that are not known here stay in it. Wiped when dropped.
pub(super) struct Cached(Document);

impl Cached {
    pub(super) fn load(path: &Path) -> Result<Self> {
        let shown = path.display();
        let text = file::read(path).map_err(|error| {
            Error::provider(format!("its cache {shown} cannot be read: {error}"), false)
        })?;
        Self::parse(&text)
            .ok_or_else(|| Error::provider(format!("its cache {shown} is not JSON"), false))
    }

    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let object = Self(expect_document(&mut json_token_iter(text).peekable()).ok()?);
        object.0.as_object().is_some().then_some(object)
    }

    /// A text, if it is there and not empty. The names lead into objects in objects.
    pub(super) fn text(&self, names: &[&str]) -> Option<&str> {
        self.find(names)?.as_string().filter(|text| !text.is_empty())
    }

    /// The same where it has to be there.
    pub(super) fn wanted(&self, names: &[&str]) -> Result<&str> {
        let lacks = || Error::provider(format!("its cache lacks {}", names.join(".")), false);
        self.text(names).ok_or_else(lacks)
    }

    pub(super) fn number(&self, names: &[&str]) -> Option<i64> {
        match self.find(names)? {
            #[expect(clippy::cast_possible_truncation, reason = "seconds, and `as` saturates")]
            Document::Number(number) => Some(number.to_f64_lossy() as i64),
            _ => None,
        }
    }

    /// A time, in Unix seconds. Older versions of the AWS CLI wrote `UTC` for `Z`.
    pub(super) fn time(&self, names: &[&str]) -> Result<i64> {
        let text = self.wanted(names)?.replace("UTC", "Z");
        let time = DateTime::from_str(&text, Format::DateTimeWithOffset);
        let wrong = |_| {
            let name = names.join(".");
            Error::provider(format!("{name} in its cache is not an ISO 8601 time"), false)
        };
        Ok(time.map_err(wrong)?.secs())
    }

    fn find(&self, names: &[&str]) -> Option<&Document> {
        names.iter().try_fold(&self.0, |inside, name| inside.as_object()?.get(*name))
    }

    /// Puts a text in the place of what was there.
    pub(super) fn put(&mut self, names: &[&str], value: String) {
        let Some((last, inner)) = names.split_last() else { return };
        let inside = inner.iter().try_fold(&mut self.0, |inside, name| match inside {
            Document::Object(fields) => fields.get_mut(*name),
            _ => None,
        });
        if let Some(Document::Object(fields)) = inside {
            put(fields, last, value);
        }
    }

    pub(super) fn put_time(&mut self, names: &[&str], time: i64) {
        if let Ok(text) = DateTime::from_secs(time).fmt(Format::DateTime) {
            self.put(names, text);
        }
    }

    /// Written in one step, and for its owner alone. A document that cannot be kept serves
    /// nevertheless, so nobody hears of it.
    pub(super) fn save(&self, path: &Path) {
        let _ = fork::outside(|| self.write(path));
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let mut text = Zeroizing::new(String::with_capacity(CAPACITY));
        JsonValueWriter::new(&mut text).document(&self.0);
        let unique = hex(&fastrand::u64(..).to_le_bytes());
        let new = path.with_extension(format!("json.{unique}"));
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options
            .open(&new)
            .and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes()))
            .and_then(|()| fs::rename(&new, path));
        if written.is_err() {
            let _ = fs::remove_file(&new);
        }
        written
    }
}

impl Drop for Cached {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn put(fields: &mut HashMap<String, Document>, name: &str, value: String) {
    if let Some(mut old) = fields.insert(name.to_owned(), Document::String(value)) {
        wipe(&mut old);
    }
}

fn wipe(document: &mut Document) {
    match document {
        Document::String(text) => text.zeroize(),
        Document::Array(all) => all.iter_mut().for_each(wipe),
        Document::Object(fields) => fields.values_mut().for_each(wipe),
        Document::Number(_) | Document::Bool(_) | Document::Null => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fields_survive_a_change() {
        let text = br#"{"a": {"b": "old", "more": [1, null]}, "end": "2026-01-02T03:04:05UTC"}"#;
        let mut cached = Cached::parse(text).unwrap();
        assert_eq!(cached.time(&["end"]).unwrap(), 1_767_323_045);
        cached.put(&["a", "b"], "new".to_owned());
        cached.put_time(&["end"], 0);
        let folder = std::env::temp_dir().join(hex(&fastrand::u64(..).to_le_bytes()));
        fs::create_dir(&folder).unwrap();
        let path = path(Some(&folder), &[0xab, 1]).unwrap();
        assert!(path.ends_with("ab01.json"));
        cached.write(&path).unwrap();
        let read = Cached::load(&path).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(read.text(&["a", "b"]), Some("new"));
        assert_eq!(read.time(&["end"]).unwrap(), 0);
        assert!(read.find(&["a", "more"]).is_some());
    }

    #[test]
    fn what_is_wrong_is_named_and_not_quoted() {
        for odd in ["", "[]", "\"SECRET\"", "{\"a\": \"SECRET\"", "{\"a\": SECRET}"] {
            assert!(Cached::parse(odd.as_bytes()).is_none(), "{odd}");
        }
        let cached = Cached::parse(br#"{"a": {"b": "SECRET"}, "c": 1, "d": ""}"#).unwrap();
        for names in [&["a"][..], &["a", "x"], &["c"], &["d"], &["x", "y"]] {
            let error = cached.wanted(names).unwrap_err();
            assert!(error.message().contains(&names.join(".")), "{error}");
            assert!(!error.message().contains("SECRET"), "{error}");
        }
        assert!(!cached.time(&["a", "b"]).unwrap_err().message().contains("SECRET"));
        assert!(path(None, &[]).is_err());
    }

    #[test]
    fn no_document_makes_it_panic() {
        let seed =
            std::env::var("RDSIAM_SEED").map_or_else(|_| fastrand::u64(..), |s| s.parse().unwrap());
        println!("RDSIAM_SEED={seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        let whole =
            br#"{"a": {"b": "\u00e9"}, "end": "2026-01-02T03:04:05Z", "in": 1e3, "x": [{}]}"#;
        let mut read = 0;
        for _ in 0..20_000 {
            let mut text = whole.to_vec();
            for _ in 0..random.usize(0..4) {
                let at = random.usize(0..text.len());
                text[at] = random.u8(..);
            }
            let Some(mut cached) = Cached::parse(&text) else { continue };
            read += 1;
            let _ = (cached.time(&["end"]), cached.number(&["in"]), cached.wanted(&["a", "b"]));
            cached.put(&["a", "b"], "new".to_owned());
            cached.put_time(&["end"], random.i64(..));
        }
        assert!((1000..19_999).contains(&read), "{read}");
    }
}
