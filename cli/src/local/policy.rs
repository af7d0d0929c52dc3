//! Whether a policy of IAM allows a user to connect to a database.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use super::verify::Reason;
use crate::failure::{self, Failure};

/// The policies of the identities. Without any, all of them may do everything.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    for_all: Vec<Statement>,
    by_owner: HashMap<String, Vec<Statement>>,
    is_given: bool,
}

#[derive(Debug)]
struct Statement {
    allows: bool,
    actions: Patterns,
    resources: Patterns,
}

#[derive(Debug)]
struct Patterns {
    patterns: Vec<String>,
    /// `NotAction`, `NotResource`.
    is_inverted: bool,
}

impl Policies {
    /// From options of the form `FILE` or `ARN=FILE`, where the ARN is of a role or a user.
    pub(crate) fn load(options: &[String]) -> failure::Result<Self> {
        let mut policies = Self { is_given: !options.is_empty(), ..Self::default() };
        for option in options {
            let (owner, file) = match option.split_once('=') {
                Some((owner, file)) if owner.starts_with("arn:") => (Some(owner), file),
                _ => (None, option.as_str()),
            };
            let statements = read(Path::new(file))
                .map_err(|why| Failure::configuration(format!("--policy {file}: {why}")))?;
            match owner {
                Some(owner) => policies.by_owner.entry(owner.into()).or_default(),
                None => &mut policies.for_all,
            }
            .extend(statements);
        }
        Ok(policies)
    }

    /// By the policies of the owner and those for everybody. A denial wins.
    pub(crate) fn check(
        &self,
        owner: &str,
        permission: &'static str,
        resource: &str,
    ) -> Result<(), Reason> {
        if !self.is_given {
            return Ok(());
        }
        let own = self.by_owner.get(owner).into_iter().flatten();
        let mut is_allowed = false;
        for statement in own.chain(&self.for_all) {
            if !statement.concerns(permission, resource) {
                continue;
            }
            if !statement.allows {
                return Err(Reason::Denied { permission });
            }
            is_allowed = true;
        }
        if is_allowed { Ok(()) } else { Err(Reason::NotAllowed { permission }) }
    }
}

impl Statement {
    fn concerns(&self, permission: &str, resource: &str) -> bool {
        let permission = permission.to_ascii_lowercase();
        self.actions.cover(|pattern| {
            matches(pattern.to_ascii_lowercase().as_bytes(), permission.as_bytes())
        }) && self.resources.cover(|pattern| matches(pattern.as_bytes(), resource.as_bytes()))
    }
}

impl Patterns {
    fn cover(&self, is_match: impl Fn(&str) -> bool) -> bool {
        self.patterns.iter().any(|pattern| is_match(pattern)) != self.is_inverted
    }
}

/// `*` is any text and `?` any character. Within an ARN they stay between two colons, but for a `*`
/// at the end of such a part, which reaches on.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => {
            let reaches_on = matches!(rest.first(), None | Some(b':'));
            for length in 0..=text.len() {
                let (taken, left) = text.split_at(length);
                if taken.last() == Some(&b':') && !reaches_on {
                    return false;
                }
                if matches(rest, left) {
                    return true;
                }
            }
            false
        }
        Some((b'?', rest)) => {
            text.split_first().is_some_and(|(first, text)| *first != b':' && matches(rest, text))
        }
        Some((wanted, rest)) => {
            text.split_first().is_some_and(|(first, text)| first == wanted && matches(rest, text))
        }
    }
}

fn read(file: &Path) -> Result<Vec<Statement>, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    parse(&text)
}

fn parse(text: &str) -> Result<Vec<Statement>, String> {
    let policy: Value = serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
    let statements = policy.get("Statement").ok_or("the policy has no Statement")?;
    list(statements).into_iter().map(statement).collect()
}

fn statement(value: &Value) -> Result<Statement, String> {
    for (name, remedy) in [
        ("Condition", "conditions are not evaluated here: leave the statement out, or allow it"),
        ("Principal", "a policy of an identity has no Principal"),
    ] {
        if value.get(name).is_some() {
            return Err(format!("a statement has {name}: {remedy}"));
        }
    }
    let allows = match value.get("Effect").and_then(Value::as_str) {
        Some("Allow") => true,
        Some("Deny") => false,
        _ => return Err("Effect is not Allow or Deny".into()),
    };
    let actions = patterns(value, "Action", "NotAction")?;
    let resources = patterns(value, "Resource", "NotResource")?;
    Ok(Statement { allows, actions, resources })
}

fn patterns(statement: &Value, name: &str, inverted: &str) -> Result<Patterns, String> {
    let (value, is_inverted) = match (statement.get(name), statement.get(inverted)) {
        (Some(value), None) => (value, false),
        (None, Some(value)) => (value, true),
        _ => return Err(format!("a statement has to have {name} or {inverted}")),
    };
    let patterns = list(value)
        .into_iter()
        .map(|pattern| pattern.as_str().map(str::to_owned))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| format!("{name} is no text and no list of texts"))?;
    if patterns.iter().any(|pattern| pattern.contains("${")) {
        return Err(format!("{name} has a variable ${{...}}, which is not evaluated here"));
    }
    Ok(Patterns { patterns, is_inverted })
}

/// One value may stand for a list of it.
fn list(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |values| values.iter().collect())
}

#[cfg(test)]
mod tests;
