//! Decides whether a token lets a user in, as RDS does.
//!
//! The canonical request is built here and not by the core, so that a fault of the signer shows. Where
//! RDS is not documented this is strict: the percent-encoding must be the canonical one.

mod parameters;
mod reason;
pub(in crate::local) mod signature;

use std::sync::Arc;

use super::keys::{Key, KeyRing};
use super::service::Service;
use parameters::Parameters;
pub(crate) use reason::Reason;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const LONGEST_TOKEN: usize = 65_536;
const CLOCK_SKEW: i64 = 300;
const FORM: Reason = Reason::Malformed("a password, or a token without host:port/?");

/// Where a token has to lead, and who shows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Login<'a> {
    pub(crate) service: Service,
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    pub(crate) region: &'a str,
    pub(crate) user: &'a str,
}

/// Returns the key that signed the token, if it lets the user in at the Unix time `now`.
pub(crate) fn verify(
    token: &str,
    login: Login<'_>,
    keys: &KeyRing,
    now: i64,
) -> Result<Arc<Key>, Reason> {
    let (authority, query) = split(token)?;
    check_authority(authority, login)?;
    let parameters = Parameters::parse(query, login.service)?;
    check_constants(&parameters, login)?;
    check_time(&parameters, login.service.longest_life(), now)?;
    let (key_id, scope) = check_scope(&parameters, login)?;
    let key = keys.find(key_id).ok_or(Reason::UnknownKey)?;
    check_session_token(&parameters, &key)?;
    let is_signed = signing_hosts(login)
        .iter()
        .any(|host| signature::matches(&parameters, scope, &key.secret, host));
    if !is_signed {
        return Err(Reason::BadSignature);
    }
    if key.expires_at.is_some_and(|end| now >= end) {
        return Err(Reason::CredentialsExpired);
    }
    Ok(key)
}

/// `host:port/?query`, for DSQL `host/?query`
fn split(token: &str) -> Result<(&str, &str), Reason> {
    if token.len() > LONGEST_TOKEN {
        return Err(Reason::Malformed("longer than 64 KiB"));
    }
    if token.is_empty() {
        return Err(Reason::Malformed("no password was sent"));
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Reason::Malformed("a character that no token has"));
    }
    let (address, query) = token.split_once('?').ok_or(FORM)?;
    let (authority, path) = match address.split_once('/') {
        Some((authority, path)) => (authority, Some(path)),
        None => (address, None),
    };
    // The AWS SDK for Go leaves the slash out of the text, though not out of what it signs.
    if !matches!(path, None | Some("")) {
        return Err(Reason::WrongPath);
    }
    Ok((authority, query))
}

fn check_authority(authority: &str, login: Login<'_>) -> Result<(), Reason> {
    let host = match login.service {
        Service::Dsql => authority,
        Service::Rds => {
            let (host, port) = authority.rsplit_once(':').ok_or(FORM)?;
            if host == login.host && port != login.port.to_string() {
                return Err(Reason::WrongPort);
            }
            host
        }
    };
    if host == login.host { Ok(()) } else { Err(Reason::WrongHost) }
}

fn check_constants(parameters: &Parameters, login: Login<'_>) -> Result<(), Reason> {
    let wanted = login.service.action(login.user);
    if parameters.get("Action") != wanted {
        return Err(Reason::WrongAction { wanted });
    }
    if login.service == Service::Rds && parameters.get("DBUser") != login.user {
        return Err(Reason::WrongUser);
    }
    if parameters.get("X-Amz-Algorithm") != ALGORITHM {
        return Err(Reason::Malformed("X-Amz-Algorithm is not AWS4-HMAC-SHA256"));
    }
    if parameters.get("X-Amz-SignedHeaders") != "host" {
        return Err(Reason::Malformed("X-Amz-SignedHeaders is not host"));
    }
    Ok(())
}

fn check_time(parameters: &Parameters, longest: i64, now: i64) -> Result<(), Reason> {
    let signed_at = parameters::unix_time(parameters.get("X-Amz-Date"))
        .ok_or(Reason::Malformed("X-Amz-Date is no date"))?;
    let expires = parameters.get("X-Amz-Expires");
    let is_plain = expires.bytes().all(|digit| digit.is_ascii_digit()) && !expires.starts_with('0');
    let expires = expires
        .parse()
        .ok()
        .filter(|seconds| is_plain && (1..=longest).contains(seconds))
        .ok_or(Reason::WrongExpires { longest })?;
    if signed_at - now > CLOCK_SKEW {
        return Err(Reason::FromTheFuture { ahead: signed_at - now });
    }
    if now >= signed_at + expires {
        return Err(Reason::Expired { ago: now - signed_at - expires });
    }
    Ok(())
}

/// `X-Amz-Credential` is `KEY/DATE/REGION/SERVICE/aws4_request`: the key, and the rest.
fn check_scope<'a>(
    parameters: &'a Parameters,
    login: Login<'_>,
) -> Result<(&'a str, &'a str), Reason> {
    const FORM: Reason = Reason::Malformed("X-Amz-Credential is no credential scope");
    let (key_id, scope) = parameters.get("X-Amz-Credential").split_once('/').ok_or(FORM)?;
    let parts: Vec<&str> = scope.split('/').collect();
    let [date, signed_region, service, "aws4_request"] = parts.as_slice() else {
        return Err(FORM);
    };
    if parameters.get("X-Amz-Date").get(..8) != Some(date) {
        return Err(Reason::Malformed("the date of X-Amz-Credential is not that of X-Amz-Date"));
    }
    if *signed_region != login.region {
        return Err(Reason::WrongRegion);
    }
    if *service != login.service.name() {
        return Err(Reason::WrongService);
    }
    Ok((key_id, scope))
}

fn check_session_token(parameters: &Parameters, key: &Key) -> Result<(), Reason> {
    let given = parameters.session_token();
    match (given, key.session_token.as_deref()) {
        (None, None) => Ok(()),
        (Some(""), _) => Err(Reason::Malformed("an empty session token")),
        (None, Some(_)) => Err(Reason::MissingSessionToken),
        (Some(given), Some(wanted)) if given == wanted.as_str() => Ok(()),
        (Some(_), _) => Err(Reason::WrongSessionToken),
    }
}

/// Over HTTPS the Host header leaves 443 out; some signers put it in all the same.
fn signing_hosts(login: Login<'_>) -> Vec<String> {
    let (host, full) = (login.host.to_owned(), format!("{}:{}", login.host, login.port));
    match (login.service, login.port) {
        (Service::Dsql, _) => vec![host],
        (Service::Rds, 443) => vec![host, full],
        (Service::Rds, _) => vec![full],
    }
}

#[cfg(test)]
mod tests;
