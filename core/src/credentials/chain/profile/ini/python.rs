//! As botocore reads a file: Python's `RawConfigParser`, and indented blocks as nested settings.
//! Tolerant, the same without a reason to refuse a file: odd lines are skipped, sections and
//! settings that appear twice are merged, and comments behind white space are cut.

use std::collections::HashMap;

use super::{Odd, Sections, Settings, Value, value};

/// Its settings are in every section.
const DEFAULTS: &str = "DEFAULT";

/// An option and its lines, which are joined when all are known.
struct Lines<'a> {
    first: usize,
    lines: Vec<&'a str>,
}

type Options<'a> = HashMap<String, Lines<'a>>;

#[derive(Default)]
struct Parser<'a> {
    strict: bool,
    sections: Vec<(&'a str, Options<'a>)>,
    places: HashMap<&'a str, usize>,
    current: Option<usize>,
    option: Option<String>,
    indent: usize,
}

pub(super) fn parse(text: &str, strict: bool) -> Result<Sections, Odd> {
    let text = if strict { text } else { text.strip_prefix('\u{feff}').unwrap_or(text) };
    let mut parser = Parser { strict, ..Parser::default() };
    for (number, line) in lines(text).enumerate() {
        match parser.read(line, number + 1) {
            Err(what) if strict => return Err(Odd { line: number + 1, what }),
            _ => {}
        }
    }
    parser.finish()
}

impl<'a> Parser<'a> {
    fn read(&mut self, line: &'a str, number: usize) -> Result<(), &'static str> {
        let mut text = line.trim_matches(is_space);
        if text.starts_with(['#', ';']) {
            return Ok(());
        }
        if !self.strict {
            text = without_comment(text);
        }
        if text.is_empty() {
            self.continue_with("");
            return Ok(());
        }
        let indent = line.chars().take_while(|c| is_space(*c)).count();
        if indent > self.indent && self.continues(text) {
            self.continue_with(text);
            return Ok(());
        }
        self.indent = indent;
        if let Some(header) = header(text) {
            return self.begin(header);
        }
        self.set(text, number)
    }

    /// Whether an indented line belongs to the option above. Tolerant, one with a value of its
    /// own does so only below an option without any.
    fn continues(&self, text: &str) -> bool {
        let (Some(current), Some(option)) = (self.current, &self.option) else { return false };
        let lines = self.sections.get(current).and_then(|(_, options)| options.get(option));
        let nests = lines.is_some_and(|lines| lines.lines.first().is_some_and(|l| l.is_empty()));
        self.strict || nests || !text.contains('=')
    }

    fn continue_with(&mut self, text: &'a str) {
        let (Some(current), Some(option)) = (self.current, &self.option) else { return };
        let options = self.sections.get_mut(current).map(|(_, options)| options);
        if let Some(lines) = options.and_then(|options| options.get_mut(option)) {
            lines.lines.push(text);
        }
    }

    fn begin(&mut self, header: &'a str) -> Result<(), &'static str> {
        let header = if self.strict { header } else { header.trim_matches(is_space) };
        self.option = None;
        match self.places.get(header) {
            Some(_) if self.strict && header != DEFAULTS => {
                return Err("begins a section that is there already");
            }
            Some(place) => self.current = Some(*place),
            None => {
                self.current = Some(self.sections.len());
                self.places.insert(header, self.sections.len());
                self.sections.push((header, Options::new()));
            }
        }
        Ok(())
    }

    fn set(&mut self, text: &'a str, number: usize) -> Result<(), &'static str> {
        let Some((_, options)) = self.current.and_then(|place| self.sections.get_mut(place)) else {
            return Err("is in front of the first [section]");
        };
        let Some((name, value)) = text.split_once(['=', ':']) else {
            return Err("is neither a [section] nor `name = value`");
        };
        let name = name.trim_matches(is_space).to_lowercase();
        if name.is_empty() {
            return Err("has no name in front of its value");
        }
        if self.strict && options.contains_key(&name) {
            return Err("sets what its section has set already");
        }
        let lines = vec![value.trim_matches(is_space)];
        options.insert(name.clone(), Lines { first: number, lines });
        self.option = Some(name);
        Ok(())
    }

    fn finish(mut self) -> Result<Sections, Odd> {
        let mut defaults = Settings::new();
        if let Some(place) = self.places.get(DEFAULTS) {
            let (_, options) = self.sections.remove(*place);
            settings(options, self.strict, &mut defaults)?;
        }
        let mut sections = Sections::default();
        for (header, options) in self.sections {
            let found = sections.get_or_insert(header);
            found.extend(defaults.iter().map(|(name, value)| (name.clone(), value.clone())));
            settings(options, self.strict, found)?;
        }
        Ok(sections)
    }
}

fn settings(options: Options<'_>, strict: bool, into: &mut Settings) -> Result<(), Odd> {
    for (name, Lines { first, lines }) in options {
        let text = joined(&lines);
        let Some(block) = text.strip_prefix('\n') else {
            into.insert(name, text);
            continue;
        };
        match nested(block) {
            Some(inner) => {
                for (key, text) in inner {
                    into.insert(format!("{name}.{key}"), value(text));
                }
                into.insert(name, Value::default());
            }
            None if strict => {
                let what = "has an indented block with a line that is not `name = value`";
                return Err(Odd { line: first, what });
            }
            None => {
                into.insert(name, value(block.trim_matches(is_space)));
            }
        }
    }
    Ok(())
}

/// The settings of an indented block, if each line is one.
fn nested(block: &str) -> Option<Vec<(&str, &str)>> {
    let lines = block.split(ends_line).map(|line| line.trim_matches(is_space));
    lines
        .filter(|line| !line.is_empty())
        .map(|line| line.split_once('='))
        .map(|pair| pair.map(|(k, v)| (k.trim_matches(is_space), v.trim_matches(is_space))))
        .collect()
}

/// The lines as one text that never moved, without white space at its end.
fn joined(lines: &[&str]) -> Value {
    let used = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    let lines = lines.get(..used).unwrap_or_default();
    let mut text = String::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
    for (place, line) in lines.iter().enumerate() {
        if place > 0 {
            text.push('\n');
        }
        text.push_str(line);
    }
    Value::new(text)
}

/// Up to the last bracket: what follows it is ignored.
fn header(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('[')?;
    inside.get(..inside.rfind(']')?).filter(|header| !header.is_empty())
}

/// Universal newlines.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some((line, after)) = text.split_once(['\n', '\r']) else {
            rest = None;
            return Some(text);
        };
        let by_return = text.as_bytes().get(line.len()) == Some(&b'\r');
        rest = Some(if by_return { after.strip_prefix('\n').unwrap_or(after) } else { after });
        Some(line)
    })
}

/// Up to a `#` or `;` behind white space and outside of quotes.
fn without_comment(text: &str) -> &str {
    let (mut before, mut quote) = ('x', None);
    for (at, c) in text.char_indices() {
        match c {
            '#' | ';' if quote.is_none() && is_space(before) => {
                return text.get(..at).unwrap_or_default().trim_matches(is_space);
            }
            '"' | '\'' if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => quote = Some(c),
            _ => {}
        }
        before = c;
    }
    text
}

/// As `str.strip()` and `\s` of Python.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

/// As `str.splitlines()` of Python.
fn ends_line(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}')
        || matches!(c, '\u{2028}' | '\u{2029}')
}
