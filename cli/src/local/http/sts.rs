//! STS, as far as a login needs it. Requests are verified as AWS does, but for their age.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use hyper::StatusCode;
use hyper::header::AUTHORIZATION;
use hyper::http::request::Parts;
use sha2::{Digest as _, Sha256};

use super::{Answer, respond};
use crate::local::keys::{Key, Principal};
use crate::local::rds::Rds;
use crate::local::verify::signature::{hex, is_signature, string_to_sign};
use crate::time::rfc3339;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const LIFE: std::ops::RangeInclusive<i64> = 900..=43_200;
const DEFAULT_LIFE: i64 = 3600;

/// What a request is refused with.
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: impl fmt::Display) -> Self {
        Self { status, code, message: message.to_string() }
    }

    fn of_value(message: impl fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "ValidationError", message)
    }

    fn of_key(code: &'static str, message: impl fmt::Display) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }
}

pub(super) fn answer(rds: &Rds, head: &Parts, body: &[u8]) -> Answer {
    let form: HashMap<String, String> = url::form_urlencoded::parse(body).into_owned().collect();
    match act(rds, head, body, &form) {
        Ok((action, result)) => {
            let body = format!(
                "<{action}Response xmlns=\"{NAMESPACE}\"><{action}Result>{result}</{action}Result>\
                 <ResponseMetadata><RequestId>local</RequestId></ResponseMetadata></{action}Response>"
            );
            respond(StatusCode::OK, "text/xml", body)
        }
        Err(refusal) => {
            let error = element("Type", "Sender")
                + &element("Code", refusal.code)
                + &element("Message", &refusal.message);
            let body = format!(
                "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error>{error}</Error>\
                 <RequestId>local</RequestId></ErrorResponse>"
            );
            respond(refusal.status, "text/xml", body)
        }
    }
}

fn act<'a>(
    rds: &Rds,
    head: &Parts,
    body: &[u8],
    form: &'a HashMap<String, String>,
) -> Result<(&'a str, String), Refusal> {
    let action = form.get("Action").map(String::as_str).unwrap_or_default();
    let result = match action {
        "GetCallerIdentity" => identity(&signer(rds, head, body)?.principal, &rds.account),
        "AssumeRole" => {
            signer(rds, head, body)?;
            session(rds, form)?
        }
        "AssumeRoleWithWebIdentity" => {
            let token = form.get("WebIdentityToken").map(String::as_str).unwrap_or_default();
            if token.is_empty() {
                return Err(Refusal::of_value("WebIdentityToken is missing"));
            }
            session(rds, form)? + &element("SubjectFromWebIdentityToken", "local")
        }
        "GetSessionToken" => {
            let key = signer(rds, head, body)?;
            credentials(&*new_key(rds, key.principal.clone(), life(form)?)?)
        }
        _ => {
            let message = "it is GetCallerIdentity, AssumeRole, AssumeRoleWithWebIdentity or \
                           GetSessionToken";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "InvalidAction", message));
        }
    };
    Ok((action, result))
}

fn session(rds: &Rds, form: &HashMap<String, String>) -> Result<String, Refusal> {
    let role = form.get("RoleArn").map(String::as_str).unwrap_or_default();
    let name = form.get("RoleSessionName").map(String::as_str).unwrap_or_default();
    if role.split(':').count() != 6 || !role.contains(":role/") {
        return Err(Refusal::of_value("RoleArn is not arn:aws:iam::ACCOUNT:role/NAME"));
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_=,.@-".contains(&byte);
    if !(2..=64).contains(&name.len()) || !name.bytes().all(is_plain) {
        return Err(Refusal::of_value("RoleSessionName has 2 to 64 letters, digits or _=,.@-"));
    }
    let principal = rds.session(role, name);
    let user =
        element("AssumedRoleId", &format!("AROALOCAL:{name}")) + &element("Arn", &principal.arn);
    let key = new_key(rds, principal, life(form)?)?;
    Ok(credentials(&key) + &raw_element("AssumedRoleUser", &user))
}

fn life(form: &HashMap<String, String>) -> Result<i64, Refusal> {
    let Some(text) = form.get("DurationSeconds") else { return Ok(DEFAULT_LIFE) };
    text.parse()
        .ok()
        .filter(|seconds| LIFE.contains(seconds))
        .ok_or_else(|| Refusal::of_value("DurationSeconds is not 900 to 43200"))
}

fn new_key(rds: &Rds, principal: Principal, seconds: i64) -> Result<Arc<Key>, Refusal> {
    rds.credentials(principal, seconds).map_err(|failure| {
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure", failure.message())
    })
}

/// Whose signature the request has. The canonical request is that of SigV4's headers, for the path `/`.
fn signer(rds: &Rds, head: &Parts, body: &[u8]) -> Result<Arc<Key>, Refusal> {
    let header = |name: &str| {
        head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim()
    };
    let given = header(AUTHORIZATION.as_str());
    let missing =
        || Refusal::of_key("MissingAuthenticationToken", "the request has no signature of SigV4");
    let fields = given.strip_prefix("AWS4-HMAC-SHA256 ").ok_or_else(missing)?;
    let field = |name: &str| {
        fields
            .split(',')
            .find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='))
            .ok_or_else(missing)
    };
    let (key_id, scope) = field("Credential")?.split_once('/').ok_or_else(missing)?;
    let key = rds.keys.find(key_id).ok_or_else(|| {
        Refusal::of_key("InvalidClientTokenId", "the access key is none of those handed out here")
    })?;
    let session_token = key.session_token.as_deref().map(String::as_str).unwrap_or_default();
    if header("x-amz-security-token") != session_token {
        return Err(Refusal::of_key("InvalidClientTokenId", "the session token is wrong"));
    }
    if key.expires_at.is_some_and(|end| rds.now() >= end) {
        return Err(Refusal::of_key("ExpiredToken", "the credentials have expired"));
    }
    let signed = field("SignedHeaders")?;
    let headers: String =
        signed.split(';').map(|name| format!("{name}:{}\n", header(name))).collect();
    let payload = hex(&Sha256::digest(body));
    let request = format!("POST\n/\n\n{headers}\n{signed}\n{payload}");
    let text = string_to_sign(header("x-amz-date"), scope, &request);
    if scope.split('/').nth(2) != Some("sts")
        || !is_signature(field("Signature")?, &text, scope, &key.secret)
    {
        return Err(Refusal::of_key("SignatureDoesNotMatch", "the signature does not match"));
    }
    Ok(key)
}

fn identity(principal: &Principal, account: &str) -> String {
    let account = principal.arn.split(':').nth(4).unwrap_or(account);
    element("Arn", &principal.arn) + &element("UserId", "AIDALOCAL") + &element("Account", account)
}

fn credentials(key: &Key) -> String {
    let inner = element("AccessKeyId", &key.id)
        + &element("SecretAccessKey", &key.secret)
        + &element("SessionToken", key.session_token.as_deref().map_or("", String::as_str))
        + &element("Expiration", &key.expires_at.map(rfc3339).unwrap_or_default());
    raw_element("Credentials", &inner)
}

fn element(name: &str, text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    raw_element(name, &text)
}

fn raw_element(name: &str, inner: &str) -> String {
    format!("<{name}>{inner}</{name}>")
}
