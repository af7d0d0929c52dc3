//! The variables that JavaScript sees.

use std::collections::HashMap;

use napi_derive::napi;

use crate::guard::{Outcome, guard};

/// Those of the process, until others are given. Clients that are made with it share it.
#[napi]
#[derive(Default)]
pub(crate) struct Environment(rdsiam::Environment);

impl Environment {
    pub(crate) fn inner(&self) -> &rdsiam::Environment {
        &self.0
    }
}

#[napi]
impl Environment {
    /// Those of the process.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on these and no others, or without any those of the process.
    #[napi]
    pub fn replace(&self, variables: Option<HashMap<String, String>>) -> Outcome<()> {
        guard("replace", || {
            self.0.replace(variables);
            Ok(())
        })
    }
}
