//! Text of a config or credentials file to sections. The reference SDKs read it by rules that no
//! crate has: boto3 by Python's `configparser`, which joins indented lines to the value above and
//! refuses a whole file for one odd line; the JS SDK by a few regular expressions, which skip odd
//! lines and cut comments inside values. The crates `rust-ini` and `configparser` differ from
//! both in comments, quotes, duplicates and indentation, and the parser of the AWS crates refuses
//! files that both accept. A profile that one tool finds has to be found here with the same
//! values, so each dialect follows its model line by line.

mod js;
mod python;

use std::collections::HashMap;

use zeroize::Zeroizing;

use crate::style::Dialect;

/// A value that may be a secret key: wiped when dropped.
pub(super) type Value = Zeroizing<String>;
/// A nested setting is named `outer.inner`.
pub(super) type Settings = HashMap<String, Value>;

/// A line for which the reference SDK refuses the whole file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Odd {
    /// From 1 on.
    pub(super) line: usize,
    pub(super) what: &'static str,
}

/// The sections by their headers, in the order in which they first appear.
#[derive(Default)]
pub(super) struct Sections {
    pub(super) list: Vec<(String, Settings)>,
    places: HashMap<String, usize>,
}

impl Sections {
    fn get_or_insert(&mut self, header: &str) -> &mut Settings {
        let next = self.list.len();
        let place = *self.places.entry(header.to_owned()).or_insert(next);
        if place == next {
            self.list.push((header.to_owned(), Settings::new()));
        }
        // The place was just looked up or made.
        #[allow(clippy::indexing_slicing, reason = "it is there")]
        &mut self.list[place].1
    }
}

pub(super) fn parse(text: &str, dialect: Dialect) -> Result<Sections, Odd> {
    match dialect {
        Dialect::Python => python::parse(text, true),
        Dialect::Tolerant => python::parse(text, false),
        Dialect::Js => Ok(js::parse(text)),
    }
}

fn value(text: &str) -> Value {
    Zeroizing::new(text.to_owned())
}
