//! The Python binding of rdsiam: the extension module `rdsiam._rdsiam`.
//!
//! It reads Python's arguments, asks the crate `rdsiam`, and raises Python's exceptions. What a
//! token is and when it is renewed is decided there; what has to be Python (the exception
//! classes, the shapes of credentials, asyncio) is in `python/rdsiam`.
//!
//! | file | what |
//! |---|---|
//! | `guard` | no panic leaves a function |
//! | `error` | from [`rdsiam::Error`] to the classes of `rdsiam.errors` |
//! | `arguments` | readers of Python values |
//! | `aside` | what has to wait until the interpreter is held again, and what runs while a call waits |
//! | `provider` | credentials from Python: values, callables, sessions |
//! | `classes` | the classes, made when they are first asked for |
//! | `client` | `generate_db_auth_token` and `client("rds")` |
//! | `dsql` | `client("dsql")` |
//! | `cache` | `TokenCache` |
//! | `slot` | its token as a `str` |
//! | `explain` | `explain` and `Explanation` |
//! | `quote` | `url_quote` and its like |
//! | `shutdown` | the interpreter's exit waits for providers |
//! | `atfork` | what a fork waits for |
//! | `interpreter` | no subinterpreter loads it |
//! | `sign_at` | the pure signer, for the known answers |

mod arguments;
mod aside;
mod atfork {
    include!("../../core/atfork.rs");
}
mod cache;
mod classes;
mod client;
mod dsql;
mod error;
mod explain;
mod guard;
mod interpreter;
mod provider;
mod quote;
mod shutdown;
mod sign_at;
mod slot;

use pyo3::pymodule;

/// The compiled part of rdsiam. Private: import `rdsiam`.
#[pymodule(gil_used = false)]
mod _rdsiam {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::classes::class;
    #[pymodule_export]
    use crate::client::{client, generate_db_auth_token};
    #[pymodule_export]
    use crate::explain::explain;
    #[pymodule_export]
    use crate::quote::{odbc_quote, pgpass_quote, url_quote};
    #[pymodule_export]
    use crate::shutdown::await_providers;
    #[pymodule_export]
    use crate::sign_at::sign_at;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::interpreter::check(module.py())?;
        crate::atfork::register();
        Ok(())
    }

    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
