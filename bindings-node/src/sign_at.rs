//! Signing at a given second, for the known answers.

use napi_derive::napi;
use rdsiam::Conventions;

use crate::credentials::Credentials;
use crate::guard::{Outcome, guard};
use crate::lease::Signed;
use crate::target::Target;

/// Without client, cache or clock.
#[napi]
pub(crate) fn sign_at(
    credentials: &Credentials,
    target: &Target,
    unix_time: i64,
    expires: u32,
) -> Outcome<Signed> {
    guard("signAt", || {
        let target = target.borrowed();
        rdsiam::sign_at(credentials.inner(), &target, unix_time, expires, Conventions::JS)
            .map(Signed::from)
    })
}
