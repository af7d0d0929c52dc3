//! The variables that JavaScript sees.

use std::collections::HashMap;

use napi::bindgen_prelude::External;
use napi_derive::napi;

use crate::guard::{Outcome, guard};

/// Those of the process, until others are given. Clients that are made with it share it.
pub(crate) type Environment = External<rdsiam::Environment>;

/// Those of the process.
#[napi]
pub(crate) fn create_environment() -> Outcome<Environment> {
    guard("createEnvironment", || Ok(External::new(rdsiam::Environment::default())))
}

/// From now on these and no others, or without any those of the process.
#[napi]
pub(crate) fn replace_environment(
    environment: &Environment,
    variables: Option<HashMap<String, String>>,
) -> Outcome<()> {
    guard("replaceEnvironment", || {
        environment.replace(variables);
        Ok(())
    })
}
