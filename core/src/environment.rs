//! The environment variables that a client reads: those of the process, or those that its caller
//! gives. Node has many environments in one process: each worker has its own, and what test
//! runners and dotenv write into `process.env` reaches the C environment of the main thread alone.

use std::collections::HashMap;
use std::env::VarError;
use std::ffi::{OsStr, OsString};
use std::fmt;
#[cfg(feature = "chain")]
use std::path::PathBuf;
#[cfg(feature = "chain")]
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};

use zeroize::Zeroize;

use crate::error::{Error, Result};

/// Environment variables. The default reads those of the process at each use. Clones share what
/// [`replace`](Environment::replace) sets.
///
/// ```
/// use std::collections::HashMap;
/// use rdsiam::Environment;
/// let variables = HashMap::from([("AWS_PROFILE".to_owned(), "reports".to_owned())]);
/// let environment = Environment::given(variables);
/// # drop(environment);
/// ```
#[derive(Clone, Default)]
pub struct Environment(Arc<Current>);

#[derive(Default)]
struct Current {
    /// Read first: who signs with the process's variables takes no lock.
    is_given: AtomicBool,
    given: RwLock<Option<Arc<Given>>>,
}

/// Which environment it is, whatever the variables are. Processes share one.
#[derive(Clone)]
pub(crate) struct Origin(Option<Weak<Current>>);

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(one), Some(two)) => one.ptr_eq(two),
            _ => false,
        }
    }
}

impl Environment {
    /// The variables of the process.
    pub fn process() -> Self {
        Self::default()
    }

    /// These variables and no others. They are wiped when the last copy is dropped.
    pub fn given(variables: HashMap<String, String>) -> Self {
        let environment = Self::default();
        environment.replace(Some(variables));
        environment
    }

    /// From now on these variables and no others, or without any those of the process. A fetch that
    /// runs goes on with the variables that it began with; then the old values are wiped.
    pub fn replace(&self, variables: Option<HashMap<String, String>>) {
        let os = |(name, value): (String, String)| (name.into(), value.into());
        let given = variables.map(|variables| Given::new(variables.into_iter().map(os)));
        self.set(given.map(Arc::new));
    }

    /// What is set now. Nothing changes it.
    pub(crate) fn snapshot(&self) -> Self {
        let snapshot = Self::default();
        let given = self.current().unwrap_or_else(|| Arc::new(Given::new(std::env::vars_os())));
        snapshot.set(Some(given));
        snapshot
    }

    pub(crate) fn origin(&self) -> Origin {
        let is_given = self.0.is_given.load(Ordering::Acquire);
        Origin(is_given.then(|| Arc::downgrade(&self.0)))
    }

    fn set(&self, given: Option<Arc<Given>>) {
        let mut current = self.0.given.write().unwrap_or_else(PoisonError::into_inner);
        self.0.is_given.store(given.is_some(), Ordering::Release);
        *current = given;
    }

    fn current(&self) -> Option<Arc<Given>> {
        if !self.0.is_given.load(Ordering::Acquire) {
            return None;
        }
        self.0.given.read().unwrap_or_else(PoisonError::into_inner).clone()
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
        match self.current() {
            Some(given) => given.get(name).is_some_and(|value| !value.is_empty()),
            None => std::env::var_os(name).is_some_and(|value| !value.is_empty()),
        }
    }

    /// As [`std::env::var`].
    pub(crate) fn get(&self, name: &str) -> std::result::Result<String, VarError> {
        match self.current() {
            Some(given) => match given.get(name).map(OsStr::to_str) {
                Some(Some(value)) => Ok(value.to_owned()),
                Some(None) => Err(VarError::NotUnicode(OsString::new())),
                None => Err(VarError::NotPresent),
            },
            None => std::env::var(name),
        }
    }

    /// The value as the system has it, also if it is empty or not UTF-8.
    #[cfg_attr(not(feature = "chain"), allow(dead_code, reason = "for the paths of files"))]
    pub(crate) fn raw(&self, name: &str) -> Option<OsString> {
        match self.current() {
            Some(given) => given.get(name).map(OsStr::to_owned),
            None => std::env::var_os(name),
        }
    }

    /// All of them.
    pub(crate) fn variables(&self) -> Vec<(OsString, OsString)> {
        match self.current() {
            Some(given) => given.0.clone().into_iter().collect(),
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
        if let Some(given) = self.current() {
            child.env_clear().envs(&given.0);
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_given = self.0.is_given.load(Ordering::Relaxed);
        f.write_str(if is_given { "Environment(given)" } else { "Environment(process)" })
    }
}

struct Given(HashMap<OsString, OsString>);

impl Given {
    /// Windows tells names apart by their letters alone, whatever their case.
    fn new(variables: impl Iterator<Item = (OsString, OsString)>) -> Self {
        if !cfg!(windows) {
            return Self(variables.collect());
        }
        Self(variables.map(|(name, value)| (name.to_ascii_uppercase(), value)).collect())
    }

    fn get(&self, name: &str) -> Option<&OsStr> {
        let found = if cfg!(windows) {
            self.0.get(OsStr::new(&name.to_ascii_uppercase()))
        } else {
            self.0.get(OsStr::new(name))
        };
        found.map(OsString::as_os_str)
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        for value in self.0.values_mut() {
            std::mem::take(value).into_encoded_bytes().zeroize();
        }
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

    #[test]
    fn replaced_variables_are_seen_by_clones_and_not_by_snapshots() {
        let of = |value: &str| HashMap::from([("NAME".to_owned(), value.to_owned())]);
        let environment = Environment::process();
        let clone = environment.clone();
        let process = environment.snapshot();
        environment.replace(Some(of("one")));
        let one = clone.snapshot();
        environment.replace(Some(of("two")));
        assert_eq!(one.get("NAME").as_deref(), Ok("one"));
        assert_eq!(clone.get("NAME").as_deref(), Ok("two"));
        assert_eq!(clone.variables(), [("NAME".into(), "two".into())]);
        environment.replace(None);
        assert!(clone.raw("NAME").is_none() && clone.raw("PATH") == std::env::var_os("PATH"));
        assert!(process.raw("PATH") == std::env::var_os("PATH"));
    }

    #[test]
    fn given_environments_differ_also_with_the_same_variables() {
        let [one, two] = [(); 2].map(|()| Environment::given(HashMap::new()));
        assert!(one.origin() == one.clone().origin() && one.origin() != two.origin());
        assert!(one.origin() != Environment::process().origin());
        assert!(Environment::process().origin() == Environment::process().origin());
    }

    #[cfg(all(feature = "chain", unix))]
    #[test]
    fn a_snapshot_keeps_what_is_not_utf_8() {
        use std::os::unix::ffi::OsStringExt;
        let odd = OsString::from_vec(vec![0xFF]);
        let environment = Environment::default();
        let given = Given::new([("ODD".into(), odd.clone())].into_iter());
        environment.set(Some(Arc::new(given)));
        assert_eq!(environment.snapshot().raw("ODD"), Some(odd));
        assert!(environment.text("ODD").unwrap_err().message().contains("ODD is not UTF-8"));
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
