//! Cuts a statement into words.

/// A part of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// A name or a keyword, in lower case unless it was quoted.
    Name(String),
    Number(String),
    Text(String),
    /// `$1`, `?`: counted from 0.
    Parameter(usize),
    /// `@@name`, of MySQL.
    Variable(String),
    Sign(char),
    /// `::`
    Cast,
}

/// The statements of a text, each as its words. Nothing, if it has what none here has.
pub(super) fn statements(text: &str) -> Option<Vec<Vec<Word>>> {
    let mut all = vec![Vec::new()];
    let mut rest = text;
    let mut marks = 0;
    loop {
        rest = after_comments(rest)?;
        let Some(first) = rest.chars().next() else { break };
        let (word, after) = match first {
            ';' => {
                all.push(Vec::new());
                rest = rest.get(1..)?;
                continue;
            }
            '\'' => {
                let (text, after) = quoted(rest, '\'')?;
                (Word::Text(text), after)
            }
            '"' | '`' => {
                let (name, after) = quoted(rest, first)?;
                (Word::Name(name), after)
            }
            '?' => {
                marks += 1;
                (Word::Parameter(marks - 1), rest.get(1..)?)
            }
            '$' => {
                let (digits, after) = split_while(rest.get(1..)?, |c| c.is_ascii_digit());
                (Word::Parameter(digits.parse::<usize>().ok()?.checked_sub(1)?), after)
            }
            '@' => {
                let name = rest.strip_prefix("@@")?;
                let (name, after) = split_while(name, |c| is_name(c) || c == '.');
                let name = name.to_ascii_lowercase();
                let scopes = ["session.", "global."];
                let bare = scopes.iter().find_map(|scope| name.strip_prefix(scope));
                (Word::Variable(bare.unwrap_or(&name).to_owned()), after)
            }
            ':' if rest.starts_with("::") => (Word::Cast, rest.get(2..)?),
            _ if first.is_ascii_digit() => {
                let (digits, after) = split_while(rest, |c| c.is_ascii_digit() || c == '.');
                (Word::Number(digits.to_owned()), after)
            }
            _ if is_name(first) => {
                let (name, after) = split_while(rest, is_name);
                (Word::Name(name.to_ascii_lowercase()), after)
            }
            _ => (Word::Sign(first), rest.get(first.len_utf8()..)?),
        };
        all.last_mut()?.push(word);
        rest = after;
    }
    all.retain(|words| !words.is_empty());
    Some(all)
}

fn is_name(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn split_while(text: &str, is_part: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    text.split_at(end)
}

fn after_comments(mut text: &str) -> Option<&str> {
    loop {
        text = text.trim_start();
        if text.starts_with("--") || text.starts_with('#') {
            text = text.split_once('\n').map_or("", |(_, rest)| rest);
        } else if let Some(comment) = text.strip_prefix("/*") {
            text = comment.split_once("*/")?.1;
        } else {
            return Some(text);
        }
    }
}

/// What stands in quotes, where two of them are one, and the rest.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut found = String::new();
    let mut rest = text.strip_prefix(quote)?;
    loop {
        let (part, after) = rest.split_once(quote)?;
        found.push_str(part);
        match after.strip_prefix(quote) {
            Some(more) => {
                found.push(quote);
                rest = more;
            }
            None => return Some((found, after)),
        }
    }
}
