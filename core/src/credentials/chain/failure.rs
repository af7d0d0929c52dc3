//! From errors of the AWS SDK to ours: what happened, whether it may pass, and no secret.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::io;

use aws_smithy_async::future::timeout::TimedOutError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::http::RecordingHttpClient;
use crate::error::{Error, ErrorKind};

/// The numbers of Linux, the BSDs and macOS, which std has no kinds for.
const ENFILE: i32 = 23;
const EMFILE: i32 = 24;
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
pub(super) fn of_client<E>(error: &SdkError<E, HttpResponse>, client: &RecordingHttpClient) -> Error
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
        return told_with(&what, throttled || may_pass(client), client);
    }
    of_any(error, client)
}

/// Any other error, of which only its causes are known.
pub(super) fn of_any(error: &(dyn StdError + 'static), client: &RecordingHttpClient) -> Error {
    // What the client itself found wrong with a setting.
    if let Some(ours) = causes(error).find_map(|cause| cause.downcast_ref::<Error>()) {
        return ours.clone();
    }
    if let Some(limit) = limit_reached(error) {
        return limit;
    }
    if timed_out(error) {
        let what = client.last().unwrap_or_else(|| texts(error));
        return Error::new(ErrorKind::Timeout, what);
    }
    told_with(&texts(error), may_pass(client), client)
}

fn told_with(what: &str, retryable: bool, client: &RecordingHttpClient) -> Error {
    let request = client.last().map(|last| format!(" ({last})")).unwrap_or_default();
    // The word of rustls for a certificate by nobody that is trusted.
    let advice = if what.contains("UnknownIssuer") {
        format!("; {}", client.network().trust.advice())
    } else {
        String::new()
    };
    Error::provider(format!("{what}{request}{advice}"), retryable)
}

/// An answer that says no will say so again; what broke, or is busy, may pass.
fn may_pass(client: &RecordingHttpClient) -> bool {
    client.last_status().is_none_or(|status| !(400..500).contains(&status) || status == 429)
}

fn says_slow_down(code: &str) -> bool {
    ["Throttl", "SlowDown", "TooManyRequests", "RequestLimitExceeded", "PriorRequestNotComplete"]
        .iter()
        .any(|word| code.contains(word))
}

/// A full table of descriptors: nothing is wrong with the source, and it passes.
fn limit_reached(error: &(dyn StdError + 'static)) -> Option<Error> {
    causes(error).find_map(|cause| of_limit(cause.downcast_ref::<io::Error>()?))
}

/// The error of the system that means a limit of the process or of the machine.
pub(super) fn of_limit(error: &io::Error) -> Option<Error> {
    if !cfg!(unix) {
        return None;
    }
    let limit = match error.raw_os_error()? {
        EMFILE => "the process has as many open files as it may have (RLIMIT_NOFILE, `ulimit -n`)",
        ENFILE => "the machine has as many open files as it may have (fs.file-max)",
        _ => return None,
    };
    Some(Error::provider(format!("{limit}: {error}"), true))
}

pub(super) const LIMIT_OF_THREADS: &str = "the process has as many threads as it may have (RLIMIT_NPROC, `ulimit -u`, or the limit of \
     its cgroup)";

/// Whether nothing listens at an address, or there is no way to it.
pub(super) fn nobody_is_there(error: &(dyn StdError + 'static)) -> bool {
    causes(error).any(|cause| match cause.downcast_ref::<io::Error>() {
        Some(error) => matches!(
            error.kind(),
            io::ErrorKind::ConnectionRefused
                | io::ErrorKind::HostUnreachable
                | io::ErrorKind::NetworkUnreachable
        ),
        // The type of the SDK's error is private; the emulator's tests hold this to its text.
        None => cause.to_string().starts_with("HTTP connect timeout"),
    })
}

fn timed_out(error: &(dyn StdError + 'static)) -> bool {
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
