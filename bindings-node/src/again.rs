//! Signing again and again for one login, with the least that has to cross: a method of a class and
//! arguments that are classes cost more than the signature.

use std::sync::Arc;

use napi::bindgen_prelude::External;
use napi_derive::napi;

use crate::client::Client;
use crate::guard::{Outcome, guard};
use crate::lease::Signed;
use crate::target::{Parts, Target};

/// A client and a target in one.
pub struct Login {
    client: rdsiam::Client,
    parts: Arc<Parts>,
}

/// What [`sign_again`] takes.
#[napi]
pub(crate) fn login_of(client: &Client, target: &Target) -> Outcome<External<Login>> {
    guard("loginOf", || {
        Ok(External::new(Login { client: client.inner().clone(), parts: target.parts() }))
    })
}

/// A new token, without waiting.
#[napi]
pub(crate) fn sign_again(login: &External<Login>) -> Outcome<Signed> {
    guard("signAgain", || login.client.try_sign(&login.parts.target()).map(Signed::from))
}
