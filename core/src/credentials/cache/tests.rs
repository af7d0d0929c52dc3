#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::ffi::OsStr;

use super::*;
use crate::environment::Environment;
use crate::style::Conventions;

const TIMEOUT: Duration = Duration::from_secs(10);

fn search() -> Search {
    let environment = Environment::process();
    Search { profile: None, region: None, conventions: Conventions::SDK, environment }
}

fn identity(variables: &[(&str, &str)]) -> Identity {
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
    Identity { environment: digest(variables), ..Identity::now(&search(), TIMEOUT) }
}

#[test]
fn clients_of_one_identity_share_a_cache_as_long_as_one_holds_it() {
    let here = identity(&[("AWS_PROFILE", "shared")]);
    let first = shared(&here);
    assert_eq!(first.timeout(), TIMEOUT);
    assert!(Arc::ptr_eq(&first, &shared(&here)));
    assert!(!Arc::ptr_eq(&first, &shared(&identity(&[("AWS_PROFILE", "another")]))));
    let known = || SHARED.get().0.lock().unwrap().iter().filter(|(one, _)| *one == here).count();
    assert_eq!(known(), 1);
    let gone = Arc::downgrade(&first);
    drop(first);
    assert!(gone.upgrade().is_none());
    let again = shared(&here);
    // What nobody holds is forgotten, not collected.
    assert_eq!((known(), Arc::strong_count(&again)), (1, 1));
}

#[test]
fn different_settings_are_different_identities() {
    let base = identity(&[]);
    assert!(base == identity(&[]));
    let with = |change: fn(&mut Identity)| {
        let mut other = base.clone();
        change(&mut other);
        other
    };
    for (name, other) in [
        ("profile", with(|one| one.profile = Some("p".into()))),
        ("region", with(|one| one.region = Some("eu-central-1".into()))),
        ("conventions", with(|one| one.conventions = Conventions::JS)),
        ("timeout", with(|one| one.timeout = Duration::from_secs(9))),
        ("environment", with(|one| one.environment = [0; 32])),
    ] {
        assert!(base != other, "{name}");
    }
}

#[test]
fn variables_that_bear_on_the_chain_are_part_of_the_identity() {
    let digest = |name: &str, value: &str| digest([(name.into(), value.into())].into_iter());
    let none = super::digest(std::iter::empty());
    for name in [
        "AWS_PROFILE",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "aws_profile",
        "HTTPS_PROXY",
        "no_proxy",
        "HOME",
        "USERPROFILE",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "NODE_EXTRA_CA_CERTS",
    ] {
        assert_ne!(digest(name, "a"), none, "{name}");
        assert_ne!(digest(name, "a"), digest(name, "b"), "{name}");
    }
    for name in ["_X_AMZN_TRACE_ID", "PATH", "HOMEDRIVE", "MY_AWS_PROFILE", "PROXY"] {
        assert_eq!(digest(name, "a"), none, "{name}");
    }
}

/// The end of a name or a value is part of the digest, and the order of the variables is not.
#[test]
fn no_two_environments_look_the_same() {
    let one = identity(&[("AWS_A", "b"), ("AWS_C", "d")]);
    assert!(one == identity(&[("AWS_C", "d"), ("AWS_A", "b")]));
    assert!(one != identity(&[("AWS_A", "bAWS_C"), ("AWS_D", "")]));
    assert!(one != identity(&[("AWS_A", "bAWS_Cd")]));
    assert!(one != identity(&[("AWS_Ab", ""), ("AWS_C", "d")]));
}

/// Of this process: read only, since tests run beside each other.
#[test]
fn identity_of_now_has_the_settings_and_the_environment() {
    let now = Identity::now(&search(), TIMEOUT);
    assert!(now == Identity::now(&search(), TIMEOUT) && now.timeout == TIMEOUT);
    let set = |name: &str| std::env::var_os(OsStr::new(name));
    if set("HOME").is_some() {
        assert_ne!(now.environment, digest(std::iter::empty()));
    }
}

#[test]
fn registry_of_a_child_has_the_caches_of_the_parent() {
    let registry = Registry(Mutex::new(Vec::new()));
    let cache = Arc::new(CredentialCache::new(TIMEOUT));
    registry.0.lock().unwrap().push((identity(&[]), Arc::downgrade(&cache)));
    let child = registry.for_child();
    let known = child.0.lock().unwrap();
    assert!(known[0].1.upgrade().is_some_and(|known| Arc::ptr_eq(&known, &cache)));
    let _held = registry.0.lock().unwrap();
    assert!(registry.for_child().0.lock().unwrap().is_empty());
}

#[test]
fn credentials_without_an_expiry_never_outlive_others() {
    let until = |end| Credentials::with_unix_expiry("AKID", "SECRET", None, end).unwrap();
    for (old, new, outlives) in [
        (Some(2000), Some(1999), true),
        (Some(2000), Some(2000), false),
        (Some(2000), Some(2001), false),
        (None, Some(1), false),
        (Some(2000), None, false),
        (None, None, false),
    ] {
        assert_eq!(until(old).outlives(&until(new)), outlives, "{old:?} {new:?}");
    }
    assert!(until(None).has_no_expiry() && !until(Some(2000)).has_no_expiry());
    assert_eq!(until(Some(2000)).freshness(1000, 10, 1000), Freshness::Fresh);
    assert_eq!(until(Some(2000)).freshness(1000, 10, 1990), Freshness::Expired);
}
