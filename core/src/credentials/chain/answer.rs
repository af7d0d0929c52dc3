//! Credentials in JSON, as a `credential_process` and the metadata service of EC2 write them.

use std::borrow::Cow;

use aws_smithy_json::deserialize::{Token, json_token_iter};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use zeroize::Zeroizing;

use super::failure::shortened;
use crate::credentials::Credentials;
use crate::error::{Error, Result};

#[derive(Default)]
struct Fields<'a> {
    version: Option<f64>,
    code: Option<Cow<'a, str>>,
    message: Option<Cow<'a, str>>,
    access_key_id: Option<Cow<'a, str>>,
    secret_access_key: Option<Zeroizing<String>>,
    session_token: Option<Zeroizing<String>>,
    expiration: Option<Cow<'a, str>>,
}

/// Reads the output of a `credential_process`, whose version has to be 1.
pub(super) fn of_process(json: &[u8]) -> Result<Credentials> {
    let fields = fields(json).ok_or_else(|| wrong("is not a JSON object"))?;
    if fields.version != Some(1.0) {
        return Err(wrong("has no Version 1"));
    }
    read(fields)
}

/// Reads the answer of the metadata service. No part of it gets into an error, but for an error
/// that it tells.
pub(super) fn credentials(json: &[u8]) -> Result<Credentials> {
    read(fields(json).ok_or_else(|| wrong("is not a JSON object"))?)
}

fn read(fields: Fields<'_>) -> Result<Credentials> {
    if let Some(code) = fields.code.filter(|code| code != "Success") {
        let message = shortened(fields.message.as_deref().unwrap_or_default()).into_owned();
        return Err(Error::provider(format!("it answered {}: {message}", shortened(&code)), true));
    }
    let id = fields.access_key_id.ok_or_else(|| wrong("has no AccessKeyId"))?;
    let secret = fields.secret_access_key.ok_or_else(|| wrong("has no SecretAccessKey"))?;
    let session = fields.session_token.as_deref().map(String::as_str);
    let expires_at = match fields.expiration {
        None => None,
        Some(text) => {
            let time = DateTime::from_str(&text, Format::DateTimeWithOffset);
            Some(time.map_err(|_| wrong("has an Expiration that is not an ISO 8601 time"))?.secs())
        }
    };
    Credentials::with_unix_expiry(&id, &secret, session, expires_at)
        .map_err(|error| wrong(&format!("is of no use: {error}")))
}

fn wrong(what: &str) -> Error {
    Error::provider(format!("what it answered {what}"), true)
}

/// The fields of a flat object. Nothing if it is not JSON or not one object.
fn fields(json: &[u8]) -> Option<Fields<'_>> {
    let mut tokens = json_token_iter(json);
    let mut fields = Fields::default();
    let Ok(Token::StartObject { .. }) = tokens.next()? else { return None };
    loop {
        let key = match tokens.next()?.ok()? {
            Token::EndObject { .. } => break,
            Token::ObjectKey { key, .. } => key.to_unescaped().ok()?,
            _ => return None,
        };
        match tokens.next()?.ok()? {
            Token::ValueString { value, .. } => {
                keep(&mut fields, &key, value.to_unescaped().ok()?);
            }
            Token::ValueNumber { value, .. } if key == "Version" => {
                fields.version = Some(value.to_f64_lossy());
            }
            Token::StartObject { .. } | Token::StartArray { .. } => skip(&mut tokens)?,
            _ => {}
        }
    }
    tokens.next().is_none().then_some(fields)
}

fn keep<'a>(fields: &mut Fields<'a>, key: &str, value: Cow<'a, str>) {
    match key {
        "Code" => fields.code = Some(value),
        "Message" => fields.message = Some(value),
        "AccessKeyId" => fields.access_key_id = Some(value),
        "SecretAccessKey" => fields.secret_access_key = Some(secret(value)),
        "SessionToken" | "Token" => fields.session_token = Some(secret(value)),
        "Expiration" => fields.expiration = Some(value),
        _ => {}
    }
}

/// Takes over what was unescaped, or copies what was not.
fn secret(value: Cow<'_, str>) -> Zeroizing<String> {
    Zeroizing::new(value.into_owned())
}

/// The rest of an object or array that has begun.
fn skip<'a>(
    tokens: &mut impl Iterator<
        Item = std::result::Result<
            Token<'a>,
            aws_smithy_json::deserialize::error::DeserializeError,
        >,
    >,
) -> Option<()> {
    let mut depth = 1_usize;
    while depth > 0 {
        match tokens.next()?.ok()? {
            Token::StartObject { .. } | Token::StartArray { .. } => depth += 1,
            Token::EndObject { .. } | Token::EndArray { .. } => depth -= 1,
            _ => {}
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"{"Version": 1, "AccessKeyId": "AKID", "SecretAccessKey": "SEC\/RET",
        "SessionToken": "é", "Expiration": "2026-01-02T03:04:05+01:00", "More": {"a": [1, {}]}}"#;

    #[test]
    fn a_whole_answer_is_read() {
        let read = credentials(WHOLE.as_bytes()).unwrap();
        assert_eq!(read.access_key_id(), "AKID");
        assert_eq!(read.secret_access_key(), "SEC/RET");
        assert_eq!(read.session_token(), Some("é"));
        assert_eq!(read.unix_expiry(), Some(1_767_319_445));
        let bare = br#"{"AccessKeyId": "AKID", "SecretAccessKey": "S", "SessionToken": null}"#;
        assert_eq!(credentials(bare).unwrap().unix_expiry(), None);
    }

    #[test]
    fn what_is_wrong_is_named_and_not_quoted() {
        for (answer, word) in [
            ("", "JSON"),
            ("<html>SECRET</html>", "JSON"),
            ("[1]", "JSON"),
            (r#"{"AccessKeyId": "AKID", "Secr"#, "JSON"),
            (r#"{"AccessKeyId": "A"} more"#, "JSON"),
            (r#"{"SecretAccessKey": "SECRET"}"#, "AccessKeyId"),
            (r#"{"AccessKeyId": "AKID"}"#, "SecretAccessKey"),
            (r#"{"AccessKeyId": "", "SecretAccessKey": "SECRET"}"#, "access_key_id"),
            (r#"{"AccessKeyId": "A", "SecretAccessKey": "S", "Expiration": "soon"}"#, "Expiration"),
            (r#"{"Code": "Refused", "Message": "by policy"}"#, "Refused: by policy"),
        ] {
            let error = credentials(answer.as_bytes()).unwrap_err();
            assert!(error.message().contains(word), "{answer}: {error}");
            assert!(!error.message().contains("SECRET"), "{error}");
        }
        for version in ["", r#""Version": 2,"#, r#""Version": "1","#] {
            let answer =
                format!(r#"{{{version} "AccessKeyId": "A", "SecretAccessKey": "SECRET"}}"#);
            let error = of_process(answer.as_bytes()).unwrap_err();
            assert!(error.message().contains("Version 1"), "{error}");
            assert!(!error.message().contains("SECRET"), "{error}");
        }
    }

    #[test]
    fn no_answer_makes_it_panic_or_is_quoted() {
        let seed =
            std::env::var("RDSIAM_SEED").map_or_else(|_| fastrand::u64(..), |s| s.parse().unwrap());
        println!("RDSIAM_SEED={seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        let mut read = 0;
        for _ in 0..50_000 {
            let mut answer = WHOLE.as_bytes().to_vec();
            for _ in 0..random.usize(0..4) {
                let at = random.usize(0..answer.len());
                match random.u8(0..4) {
                    0 => answer.truncate(at),
                    1 => answer.splice(at..at, *b"[{").for_each(drop),
                    2 => answer.get_mut(at).into_iter().for_each(|byte| *byte = random.u8(..)),
                    _ => drop(answer.remove(at)),
                }
                if answer.is_empty() {
                    break;
                }
            }
            match credentials(&answer) {
                Ok(_) => read += 1,
                Err(error) => assert!(!error.message().contains("RET"), "{error}"),
            }
        }
        assert!((1000..49_000).contains(&read), "{read}");
    }
}
