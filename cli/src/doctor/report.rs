//! What was seen at each step, and what follows from it.

use serde_json::{Value, json};

use super::cause::Cause;
use crate::output::{Colour, has_colours, paint};

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Good,
    /// It stands in the way of a login.
    Bad,
    /// It can be the reason of a refusal, which cannot be told from here.
    Doubt,
    NotChecked,
}

impl Verdict {
    fn word(self) -> (&'static str, Colour) {
        match self {
            Self::Good => ("ok", Colour::Green),
            Self::Bad => ("FAIL", Colour::Red),
            Self::Doubt => ("doubt", Colour::Yellow),
            Self::NotChecked => ("--", Colour::Yellow),
        }
    }
}

/// One line of the report.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub(super) step: &'static str,
    pub(super) verdict: Verdict,
    pub(super) seen: String,
    pub(super) cause: Option<Cause>,
    pub(super) remedy: Option<String>,
    /// The AWS permission that was lacking to look.
    pub(super) permission: Option<&'static str>,
}

impl Finding {
    fn new(step: &'static str, verdict: Verdict, seen: impl Into<String>) -> Self {
        let seen = seen.into();
        Self { step, verdict, seen, cause: None, remedy: None, permission: None }
    }

    pub(super) fn good(step: &'static str, seen: impl Into<String>) -> Self {
        Self::new(step, Verdict::Good, seen)
    }

    pub(super) fn not_checked(step: &'static str, why: impl Into<String>) -> Self {
        Self::new(step, Verdict::NotChecked, format!("not checked: {}", why.into()))
    }

    pub(super) fn bad(step: &'static str, cause: Cause, seen: impl Into<String>) -> Self {
        Self { cause: Some(cause), ..Self::new(step, Verdict::Bad, seen) }
    }

    pub(super) fn doubt(step: &'static str, cause: Cause, seen: impl Into<String>) -> Self {
        Self { cause: Some(cause), ..Self::new(step, Verdict::Doubt, seen) }
    }

    pub(super) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    pub(super) fn lacking(mut self, permission: Option<&'static str>) -> Self {
        self.permission = permission;
        self
    }
}

/// The findings, from the outside to the inside.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) findings: Vec<Finding>,
    pub(super) is_logged_in: bool,
}

impl Report {
    pub(super) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// After a login has succeeded nothing can have stood in its way.
    pub(super) fn logged_in(&mut self) {
        self.is_logged_in = true;
        for finding in &mut self.findings {
            if finding.verdict == Verdict::Bad {
                finding.verdict = Verdict::Doubt;
            }
        }
    }

    /// The outermost thing that stands in the way. A doubt is none.
    pub(super) fn cause(&self) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.verdict == Verdict::Bad)
    }

    pub(super) fn status(&self) -> u8 {
        if self.is_logged_in {
            return 0;
        }
        self.cause().and_then(|finding| finding.cause).map_or(1, Cause::status)
    }

    fn verdict(&self) -> &'static str {
        match (self.is_logged_in, self.cause()) {
            (true, _) => "logged-in",
            (false, Some(_)) => "failed",
            (false, None) => "unknown",
        }
    }

    pub(super) fn to_json(&self) -> Value {
        let findings: Vec<Value> = self
            .findings
            .iter()
            .map(|finding| {
                json!({
                    "step": finding.step,
                    "verdict": match finding.verdict {
                        Verdict::Good => "ok",
                        Verdict::Bad => "fail",
                        Verdict::Doubt => "doubt",
                        Verdict::NotChecked => "not-checked",
                    },
                    "seen": finding.seen,
                    "cause": finding.cause.map(Cause::code),
                    "remedy": finding.remedy,
                    "permission": finding.permission,
                })
            })
            .collect();
        let cause = self.cause();
        json!({
            "verdict": self.verdict(),
            "cause": cause.and_then(|finding| finding.cause).map(Cause::code),
            "remedy": cause.and_then(|finding| finding.remedy.clone()),
            "exit_status": self.status(),
            "steps": findings,
        })
    }

    /// For a person, and to be pasted into a ticket.
    pub(super) fn to_text(&self) -> String {
        let colours = has_colours();
        let mut lines = vec![self.headline(colours)];
        for finding in &self.findings {
            let (word, colour) = finding.verdict.word();
            let word = paint(&format!("{word:<5}"), colour, colours);
            lines.push(format!("{word}  {:<12}{}", finding.step, finding.seen));
            if finding.verdict != Verdict::Good && !self.is_cause(finding) {
                lines.extend(finding.remedy.iter().map(|remedy| format!("{:<19}{remedy}", "")));
            }
            if let Some(permission) = finding.permission {
                lines.push(format!("{:<19}needs the permission {permission}", ""));
            }
        }
        lines.join("\n")
    }

    fn is_cause(&self, finding: &Finding) -> bool {
        self.cause().is_some_and(|cause| std::ptr::eq(cause, finding))
    }

    fn headline(&self, colours: bool) -> String {
        if self.is_logged_in {
            return format!("{}\n", paint("The login works.", Colour::Green, colours));
        }
        let Some(finding) = self.cause() else {
            let text = "No cause was found, and no login was tried: see what was not checked.";
            return format!("{}\n", paint(text, Colour::Yellow, colours));
        };
        let sentence = finding.cause.map(Cause::sentence).unwrap_or_default();
        let cause = format!("Cause: {sentence}.");
        let mut text = paint(&cause, Colour::Red, colours);
        if let Some(remedy) = &finding.remedy {
            text.push_str(&format!("\nRemedy: {remedy}"));
        }
        let doubts = self.findings.iter().filter(|one| one.verdict == Verdict::Doubt);
        let doubts: Vec<_> = doubts.filter_map(|one| one.cause).map(Cause::sentence).collect();
        if finding.cause == Some(Cause::TokenRefused) && !doubts.is_empty() {
            text.push_str(&format!("\nIt may be that {}.", doubts.join(", or that ")));
        }
        text.push('\n');
        text
    }
}
