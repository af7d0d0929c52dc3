//! Signing at a given second, for the known answers.

use napi_derive::napi;
use rdsiam::{Conventions, binding};

use crate::credentials::Credentials;
use crate::guard::{Outcome, guard};
use crate::lease::Text;
use crate::target::Target;

/// Without client, cache or clock.
#[napi]
pub(crate) fn sign_at(
    credentials: &Credentials,
    target: &Target,
    unix_time: i64,
    expires: u32,
) -> Outcome<Text> {
    guard("signAt", || {
        let target = target.target();
        binding::sign_at(credentials, &target, unix_time, expires, Conventions::JS).map(Text::from)
    })
}
