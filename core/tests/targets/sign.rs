//! Any host, port, user, region, second, life, credentials and kind: nothing panics, what is refused
//! is refused without a secret, and what is taken is signed as aws-sigv4 signs it.

use rdsiam::binding::{credentials, sign_at, unix_times};
use rdsiam::{Conventions, ErrorKind, Kind, Target, explain, region_of_host};

use super::aws_sigv4::{Login, sorted};
use super::input::Input;

/// In each secret, so that a message that quotes one is found.
const SECRET: &str = "wJalrXUtnFEMI";

pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    if input.knows(SECRET) {
        return;
    }
    let (host, user, region) = (input.text(), input.text(), input.text());
    let port = input.number() as u16;
    let (unix_time, expires) = (input.number(), input.number() as u32);
    let (id, secret, session) = (input.text(), input.text(), input.text());
    let (secret, session) = (format!("{SECRET}{secret}"), format!("{SECRET}{session}"));
    let end = Some(input.number()).filter(|end| *end != 0);
    // The last, so that inputs without it are of RDS.
    let kind = Kind::ALL[input.number().unsigned_abs() as usize % Kind::ALL.len()];
    let session = Some(session.as_str()).filter(|_| id.len().is_multiple_of(2));
    let conventions =
        if secret.len().is_multiple_of(2) { Conventions::SDK } else { Conventions::JS };

    // Both are asked for any text.
    let _ = region_of_host(&host);
    let Ok(credentials) = credentials(&id, &secret, session, end) else { return };
    let region = Some(region.as_ref()).filter(|region| !region.is_empty());
    let target = Target::new(&host, port, &user).region(region).kind(Some(kind));
    let checked = target.check();
    let token = match sign_at(&credentials, &target, unix_time, expires, conventions) {
        Ok(token) => token,
        Err(error) => {
            assert!(!format!("{error} {error:?}").contains(SECRET), "a secret in a message");
            match error.kind() {
                ErrorKind::InvalidArgument => assert!(
                    checked.is_err()
                        || !(1..=kind.max_expires()).contains(&expires)
                        || !(0..253_402_300_800).contains(&unix_time)
                ),
                ErrorKind::RegionMissing => assert!(region.is_none()),
                ErrorKind::CredentialsExpired => assert!(end.is_some_and(|end| end <= unix_time)),
                kind => panic!("{kind:?}"),
            }
            return;
        }
    };
    assert!(checked.is_ok(), "signed what check() refuses: {checked:?}");
    let natural_end = unix_time + i64::from(expires);
    let expires_at = end.map_or(natural_end, |end| natural_end.min(end));
    assert_eq!(unix_times(&token), (unix_time, expires_at));
    assert_eq!(token.as_c_str().to_bytes(), token.as_str().as_bytes());

    let told = explain(token.as_str()).unwrap();
    let told_host = told.host.as_deref().unwrap();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    assert_eq!(
        told_host.trim_start_matches('[').trim_end_matches(']'),
        bare.strip_suffix('.').unwrap_or(bare).to_ascii_lowercase()
    );
    assert_eq!(told.port, Some(port).filter(|_| kind == Kind::Rds));
    assert_eq!(told.kind, Some(kind));
    assert_eq!((told.signed_at, told.expires_at), (Some(unix_time), Some(natural_end)));
    let slipped_in = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.contains("x-amz-signature") || text.contains("x-amz-security-token")
    };
    let signed_user = if kind.is_cache() { user.to_ascii_lowercase() } else { user.to_string() };
    let told_user = Some(signed_user.as_str()).filter(|user| !slipped_in(user) && !kind.is_dsql());
    assert_eq!(told.user.as_deref(), told_user);
    let region = region.or_else(|| region_of_host(told_host)).unwrap();
    let key = Some(id.as_ref()).filter(|id| !slipped_in(id) && !slipped_in(region));
    assert_eq!(told.access_key_id.as_deref(), key);
    assert!(!format!("{told} {told:?}").contains(SECRET), "a secret is explained");

    // Its http crate leaves :443 out of the signed host, as botocore does and the JS SDK does not.
    if port == 443 && conventions == Conventions::JS {
        return;
    }
    let theirs = Login {
        kind: kind.name(),
        host: told_host,
        port,
        user: &user,
        region,
        access_key_id: &id,
        secret_access_key: &secret,
        session_token: session,
        unix_time,
        expires,
    };
    assert_eq!(sorted(token.as_str()), sorted(&theirs.token()), "{theirs:?}");
}
