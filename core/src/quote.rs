//! A token inside a text that gives some of its characters a meaning of their own.

use std::fmt;

use zeroize::Zeroizing;

use crate::presign::encode::push_encoded;

/// Where a token has to stand, if it cannot be given as a password by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quoting {
    /// The password of a URL: all but the unreserved characters of RFC 3986 is encoded.
    Url,
    /// The last field of a line of `.pgpass`.
    Pgpass,
    /// `PWD=` in a connection string of ODBC.
    Odbc,
    /// The same for psqlODBC, which also decodes percent signs in a password.
    OdbcPercent,
}

/// A quoted token. Its text is wiped when it is dropped and never shown by `Debug`.
pub struct Quoted(Zeroizing<String>);

impl Quoted {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Quoted(..)")
    }
}

/// Writes a token, or any other text, so that what reads it at that place reads it as it was.
///
/// ```
/// use rdsiam::{Quoting, quote};
///
/// assert_eq!(quote("db:5432/?a=b", Quoting::Url).as_str(), "db%3A5432%2F%3Fa%3Db");
/// assert_eq!(quote("db:5432/?a=b", Quoting::Pgpass).as_str(), r"db\:5432/?a=b");
/// assert_eq!(quote("db:5432/?a=%2B", Quoting::OdbcPercent).as_str(), "{db:5432/?a=%252B}");
/// ```
pub fn quote(token: &str, place: Quoting) -> Quoted {
    // Room for the longest, so that the text is never moved and no part of it left behind.
    let room = token.len().saturating_mul(3).saturating_add(2);
    let mut out = Zeroizing::new(String::with_capacity(room));
    match place {
        Quoting::Url => push_encoded(&mut out, token),
        Quoting::Pgpass => replace(&mut out, token, &[('\\', "\\\\"), (':', "\\:")]),
        Quoting::Odbc => braced(&mut out, token, &[('}', "}}")]),
        Quoting::OdbcPercent => braced(&mut out, token, &[('}', "}}"), ('%', "%25")]),
    }
    Quoted(out)
}

fn braced(out: &mut String, text: &str, with: &[(char, &str)]) {
    out.push('{');
    replace(out, text, with);
    out.push('}');
}

fn replace(out: &mut String, text: &str, with: &[(char, &str)]) {
    for character in text.chars() {
        match with.iter().find(|(from, _)| *from == character) {
            Some((_, to)) => out.push_str(to),
            None => out.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn what_is_quoted_is_read_as_it_was(text in any::<String>()) {
            let decoded = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
            let url = quote(&text, Quoting::Url);
            prop_assert!(url.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b"%-_.~".contains(&b)));
            prop_assert_eq!(decoded(url.as_str()), &*text);
            let field = quote(&text, Quoting::Pgpass);
            prop_assert_eq!(field.as_str().replace("\\:", ":").replace("\\\\", "\\"), &*text);
            for (place, is_decoded) in [(Quoting::Odbc, false), (Quoting::OdbcPercent, true)] {
                let braced = quote(&text, place);
                let inner = braced.as_str().strip_prefix('{').unwrap().strip_suffix('}').unwrap();
                let inner = inner.replace("}}", "}");
                prop_assert_eq!(if is_decoded { decoded(&inner) } else { inner }, &*text);
            }
        }
    }

    #[test]
    fn each_place_has_its_own_characters() {
        for (place, text, expected) in [
            (Quoting::Url, "aZ9-_.~", "aZ9-_.~"),
            (Quoting::Url, "h:1/?a=b&c=%2B!'()*", "h%3A1%2F%3Fa%3Db%26c%3D%252B%21%27%28%29%2A"),
            (Quoting::Url, "é ", "%C3%A9%20"),
            (Quoting::Pgpass, r"h:1/?a\b=%2B}é", r"h\:1/?a\\b=%2B}é"),
            (Quoting::Odbc, "a;b}%c{:\\", "{a;b}}%c{:\\}"),
            (Quoting::OdbcPercent, "a}%3A", "{a}}%253A}"),
            (Quoting::Url, "", ""),
            (Quoting::Pgpass, "", ""),
            (Quoting::Odbc, "", "{}"),
        ] {
            assert_eq!(quote(text, place).as_str(), expected, "{place:?}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", quote("secret", Quoting::Url)), "Quoted(..)");
    }
}
