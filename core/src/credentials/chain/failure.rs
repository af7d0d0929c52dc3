//! From errors of the AWS SDK to ours: what happened, whether it may pass, and no secret.

use std::borrow::Cow;
use std::error::Error as StdError;

use aws_smithy_async::future::timeout::TimedOutError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::wire::Wire;
use crate::error::{Error, ErrorKind};

/// Characters of one cause in a message.
const LONGEST: usize = 300;
/// What the SDK puts in front of a cause and tells nobody anything.
const EMPTY_WORDS: [&str; 5] = [
    "dispatch failure",
    "response error",
    "service error",
    "unexpected credentials error",
    "an error occurred while loading credentials",
];

/// The error of a client's operation.
pub(super) fn of_client<E>(error: &SdkError<E, HttpResponse>, wire: &Wire) -> Error
where
    E: StdError + ProvideErrorMetadata + 'static,
{
    if let SdkError::ServiceError(answer) = error {
        let told = answer.err();
        let what = match (told.code(), told.message()) {
            (Some(code), Some(message)) => format!("{code}: {}", shortened(message)),
            (Some(code), None) => code.to_owned(),
            (None, Some(message)) => shortened(message).into_owned(),
            (None, None) => "an answer that cannot be understood".to_owned(),
        };
        let throttled = told.code().is_some_and(says_slow_down);
        return told_with(&what, throttled || may_pass(wire), wire);
    }
    of_any(error, wire)
}

/// Any other error, of which only its causes are known.
pub(super) fn of_any(error: &(dyn StdError + 'static), wire: &Wire) -> Error {
    if timed_out(error) {
        let what = wire.last().unwrap_or_else(|| texts(error));
        return Error::new(ErrorKind::Timeout, what);
    }
    told_with(&texts(error), may_pass(wire), wire)
}

fn told_with(what: &str, retryable: bool, wire: &Wire) -> Error {
    let request = wire.last().map(|last| format!(" ({last})")).unwrap_or_default();
    Error::provider(format!("{what}{request}"), retryable)
}

/// An answer that says no will say so again; what broke, or is busy, may pass.
fn may_pass(wire: &Wire) -> bool {
    wire.last_status().is_none_or(|status| !(400..500).contains(&status) || status == 429)
}

fn says_slow_down(code: &str) -> bool {
    ["Throttl", "SlowDown", "TooManyRequests", "RequestLimitExceeded", "PriorRequestNotComplete"]
        .iter()
        .any(|word| code.contains(word))
}

pub(super) fn timed_out(error: &(dyn StdError + 'static)) -> bool {
    causes(error).any(|cause| cause.is::<TimedOutError>())
}

/// The error and its causes.
pub(super) fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |cause: &&'a (dyn StdError + 'static)| (*cause).source())
}

/// The texts of an error and its causes, each one once.
pub(super) fn texts(error: &(dyn StdError + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    for cause in causes(error) {
        let text = shortened(&cause.to_string()).into_owned();
        let says_something = !text.is_empty() && !EMPTY_WORDS.contains(&text.as_str());
        if says_something && !texts.iter().any(|known| known.contains(&text)) {
            texts.push(text);
        }
    }
    texts.join(": ")
}

/// The SDK appends whole responses to some texts, whose body is none of a message's business.
pub(super) fn shortened(text: &str) -> Cow<'_, str> {
    let text = text.split("Response {").next().unwrap_or_default().trim();
    let text = text.trim_end_matches(['.', ' ']);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()).into(),
        None => text.into(),
    }
}
