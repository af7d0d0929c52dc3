//! The environment variables that a client reads: those of the process, or those that its caller
//! gives. Node has many environments in one process: each worker has its own, and what test
//! runners and dotenv write into `process.env` reaches the C environment of the main thread alone.

use std::collections::HashMap;
use std::env::{VarError, var};
use std::ffi::OsString;
use std::fmt;
#[cfg(feature = "chain")]
use std::path::PathBuf;
#[cfg(feature = "chain")]
use std::process::Command;
use std::sync::Arc;

use zeroize::Zeroize;

use crate::error::{Error, Result};

/// Environment variables. The default reads those of the process at each use.
///
/// ```
/// use std::collections::HashMap;
/// use rdsiam::Environment;
/// let variables = HashMap::from([("AWS_PROFILE".to_owned(), "reports".to_owned())]);
/// let environment = Environment::given(variables);
/// # drop(environment);
/// ```
#[derive(Clone, Default)]
pub struct Environment(Option<Arc<Given>>);

impl Environment {
    /// The variables of the process.
    pub fn process() -> Self {
        Self::default()
    }

    /// These variables and no others. They are wiped when the last copy is dropped.
    pub fn given(variables: HashMap<String, String>) -> Self {
        Self(Some(Arc::new(Given::new(variables))))
    }

    /// The value of a variable, if it is set and not blank.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) if it is not UTF-8.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>> {
        match self.get(name) {
            Ok(value) => Ok(Some(value).filter(|value| !value.trim().is_empty())),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(_)) => {
                Err(Error::invalid(format!("the environment variable {name} is not UTF-8")))
            }
        }
    }

    /// Whether a variable is set and not empty.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        match &self.0 {
            Some(given) => given.get(name).is_some_and(|value| !value.is_empty()),
            None => std::env::var_os(name).is_some_and(|value| !value.is_empty()),
        }
    }

    /// As [`std::env::var`].
    pub(crate) fn get(&self, name: &str) -> std::result::Result<String, VarError> {
        match &self.0 {
            Some(given) => given.get(name).cloned().ok_or(VarError::NotPresent),
            None => var(name),
        }
    }

    /// The value as the system has it, also if it is empty or not UTF-8.
    #[cfg_attr(not(feature = "chain"), allow(dead_code, reason = "for the paths of files"))]
    pub(crate) fn raw(&self, name: &str) -> Option<OsString> {
        match &self.0 {
            Some(given) => given.get(name).map(OsString::from),
            None => std::env::var_os(name),
        }
    }

    /// All of them.
    pub(crate) fn variables(&self) -> Vec<(OsString, OsString)> {
        match &self.0 {
            Some(given) => {
                given.0.iter().map(|(name, value)| (name.into(), value.into())).collect()
            }
            None => std::env::vars_os().collect(),
        }
    }

    /// The home directory: the variable of the platform, else what the system says.
    #[cfg(feature = "chain")]
    pub(crate) fn home(&self) -> Option<PathBuf> {
        let variable = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        let named = self.raw(variable).filter(|home| !home.is_empty());
        named.map(PathBuf::from).or_else(std::env::home_dir)
    }

    /// Starts a child with these variables.
    #[cfg(feature = "chain")]
    pub(crate) fn pass_to(&self, child: &mut Command) {
        if let Some(given) = &self.0 {
            child.env_clear().envs(&given.0);
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Environment(given)" } else { "Environment(process)" })
    }
}

struct Given(HashMap<String, String>);

impl Given {
    /// Windows tells names apart by their letters alone, whatever their case.
    fn new(variables: HashMap<String, String>) -> Self {
        if !cfg!(windows) {
            return Self(variables);
        }
        Self(variables.into_iter().map(|(name, value)| (name.to_uppercase(), value)).collect())
    }

    fn get(&self, name: &str) -> Option<&String> {
        if cfg!(windows) { self.0.get(&name.to_uppercase()) } else { self.0.get(name) }
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        self.0.values_mut().for_each(Zeroize::zeroize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_environment_hides_that_of_the_process() {
        let given = HashMap::from([("NAME", "value"), ("BLANK", " "), ("EMPTY", "")]);
        let given = given.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        let environment = Environment::given(given);
        assert_eq!(environment.text("NAME").unwrap().as_deref(), Some("value"));
        assert_eq!(environment.text("BLANK").unwrap(), None);
        assert!(environment.is_set("BLANK") && !environment.is_set("EMPTY"));
        assert!(environment.raw("EMPTY").is_some() && environment.raw("PATH").is_none());
        assert!(Environment::process().is_set("PATH") && !environment.is_set("PATH"));
        assert!(!format!("{environment:?}").contains("value"));
    }

    #[cfg(all(feature = "chain", unix))]
    #[test]
    fn a_child_sees_what_was_given() {
        let environment = Environment::given(HashMap::from([("A".to_owned(), "b".to_owned())]));
        let mut child = Command::new("/usr/bin/env");
        environment.pass_to(&mut child);
        assert_eq!(child.output().unwrap().stdout, b"A=b\n");
    }
}
