//! As `parseIni` of `@smithy/core` reads a file. Nothing is an error: lines that make no sense are
//! skipped, and so are sections with a name that its expression does not match.

use super::{Sections, value};

const TYPES: [&str; 3] = ["profile", "sso-session", "services"];

pub(super) fn parse(text: &str) -> Sections {
    let mut sections = Sections::default();
    let mut current: Option<String> = None;
    let mut outer: Option<&str> = None;
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let trimmed = without_comment(line).trim_matches(is_space);
        let header = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(header) = header {
            if matches!(header, "__proto__" | "profile __proto__") {
                return Sections::default();
            }
            (current, outer) = (section(header), None);
            continue;
        }
        let (Some(section), Some((name, text))) = (&current, trimmed.split_once('=')) else {
            continue;
        };
        if name.is_empty() {
            continue;
        }
        let (name, text) = (name.trim_matches(is_space), text.trim_matches(is_space));
        if text.is_empty() {
            outer = Some(name);
            continue;
        }
        if !line.starts_with(is_space) {
            outer = None;
        }
        let name = outer.map_or_else(|| name.to_owned(), |outer| format!("{outer}.{name}"));
        sections.get_or_insert(section).insert(name, value(text));
    }
    sections
}

/// The name under which a section is kept: `profile.name` for `[profile name]`, other names as
/// they are.
fn section(header: &str) -> Option<String> {
    let Some((prefix, name)) = prefixed(header) else {
        return Some(header.to_owned()).filter(|header| !header.is_empty());
    };
    TYPES.contains(&prefix).then(|| format!("{prefix}.{name}"))
}

/// `/^([\w-]+)\s(["'])?([\w-@+.%:/]+)\2$/`
fn prefixed(header: &str) -> Option<(&str, &str)> {
    let (prefix, rest) = header.split_once(is_space)?;
    let unquoted = ['"', '\'']
        .iter()
        .find_map(|quote| rest.strip_prefix(*quote).and_then(|rest| rest.strip_suffix(*quote)));
    let name = unquoted.unwrap_or(rest);
    let word = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let of_name = |c: char| word(c) || "@+.%:/".contains(c);
    let matches =
        |text: &str, allowed: &dyn Fn(char) -> bool| !text.is_empty() && text.chars().all(allowed);
    (matches(prefix, &word) && matches(name, &of_name)).then_some((prefix, name))
}

/// Up to a `#` or `;` at the beginning or behind white space.
fn without_comment(line: &str) -> &str {
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        if matches!(c, '#' | ';') && is_space(before) {
            return line.get(..at).unwrap_or_default();
        }
        before = c;
    }
    line
}

/// What `\s` and `trim()` take for white space, the byte-order mark among it.
fn is_space(c: char) -> bool {
    (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}'
}
