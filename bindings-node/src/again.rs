//! Signing again and again for one login, with the least that has to cross: a method of a class and
//! arguments that are classes cost more than the signature.

use napi::bindgen_prelude::External;
use napi_derive::napi;
use rdsiam::Handle;

use crate::client::Client;
use crate::guard::{Outcome, guard};
use crate::lease::Signed;
use crate::target::Target;

/// What [`sign_again`] takes: a client and a target in one.
#[napi]
pub(crate) fn login_of(client: &Client, target: &Target) -> Outcome<External<Handle>> {
    guard("loginOf", || client.inner().handle(&target.borrowed()).map(External::new))
}

/// A new token, without waiting.
#[napi]
pub(crate) fn sign_again(login: &External<Handle>) -> Outcome<Signed> {
    guard("signAgain", || login.try_sign().map(Signed::from))
}
