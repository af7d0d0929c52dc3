//! Whose credentials the default chain finds is decided by the environment of the call: two identities
//! never share credentials, and clients of one share a fetch. In a file of its own, because the
//! environment is that of the process.
#![cfg(all(feature = "chain", not(any(rdsiam_shuttle, rdsiam_tsan))))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use rdsiam::{Client, Config, Target};

fn set(name: &str, value: impl AsRef<std::ffi::OsStr>) {
    // SAFETY: this file has one test, and no other thread reads the environment between its calls.
    unsafe { std::env::set_var(name, value) }
}

fn write(path: &Path, id: &str) {
    let text = format!("[default]\naws_access_key_id = {id}\naws_secret_access_key = SECRET\n");
    std::fs::write(path, text).unwrap();
}

#[test]
fn each_environment_has_its_own_credentials() {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            // SAFETY: as above.
            unsafe { std::env::remove_var(name) }
        }
    }
    let folder = std::env::temp_dir().join(format!("rdsiam-environment-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (one, two) = (folder.join("one"), folder.join("two"));
    write(&one, "AKIDONE");
    write(&two, "AKIDTWO");
    set("AWS_CONFIG_FILE", folder.join("none"));
    set("AWS_EC2_METADATA_DISABLED", "true");
    let target = Target::new("db.abc.us-east-1.rds.amazonaws.com", 5432, "app");
    let clients = [(); 2].map(|()| Client::new(Config::new()).unwrap());
    let signed_by = |client: &Client, id: &str| {
        let token = client.sign(&target).unwrap();
        assert!(token.as_str().contains(&format!("X-Amz-Credential={id}%2F")), "not by {id}");
    };
    let fetches = || clients.iter().map(|client| client.stats().refreshes).sum::<u64>();
    for (file, id, fetched) in [(&one, "AKIDONE", 1), (&two, "AKIDTWO", 2), (&one, "AKIDONE", 3)] {
        set("AWS_SHARED_CREDENTIALS_FILE", file);
        for client in &clients {
            signed_by(client, id);
            signed_by(client, id);
        }
        assert_eq!(fetches(), fetched, "clients of one identity share a fetch");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
