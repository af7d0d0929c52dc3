//! A program that has an `SdkConfig` of `aws-config` signs as that: its region, its credentials. The
//! default chain finds the same in the same file.
#![cfg(all(feature = "chain", not(any(rdsiam_shuttle, rdsiam_tsan))))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(deprecated, reason = "the names without a dependency on aws-runtime")]

use std::path::{Path, PathBuf};

use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
use aws_config::{BehaviorVersion, SdkConfig};
use rdsiam::{Client, Config, Environment, Target};

const FILE: &str = "[profile app]
region = eu-north-1
aws_access_key_id = AKIDAPP
aws_secret_access_key = SECRET
aws_session_token = SESSION
";

fn load(file: &Path) -> SdkConfig {
    let files = ProfileFiles::builder().with_file(ProfileFileKind::Config, file).build();
    let loader = aws_config::defaults(BehaviorVersion::latest()).profile_files(files);
    // It asks for a client, and asks nobody with it.
    let loader = loader.http_client(aws_smithy_http_client::Builder::new().build_http());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(loader.profile_name("app").load())
}

fn written(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("rdsiam-{name}-{}", std::process::id()));
    std::fs::write(&path, FILE).unwrap();
    path
}

/// The parameters that do not change with the second of signing.
fn lasting(token: &str) -> Vec<&str> {
    let changing = ["X-Amz-Date=", "X-Amz-Signature="];
    token.split('&').filter(|part| !changing.iter().any(|name| part.starts_with(name))).collect()
}

#[test]
fn its_region_and_its_provider_sign() {
    let file = written("sdk-config");
    let target = Target::new("db.of.my.own", 5432, "app");
    let given = Client::new(Config::from(&load(&file))).unwrap().sign(&target).unwrap();
    assert!(given.as_str().contains("X-Amz-Credential=AKIDAPP%2F"), "{given:?}");
    assert!(given.as_str().contains("%2Feu-north-1%2Frds-db%2F"), "{given:?}");

    let variables =
        [("AWS_CONFIG_FILE", file.to_str().unwrap()), ("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let config = Config::new().profile("app").environment(Environment::given(variables));
    let found = Client::new(config).unwrap().sign(&target).unwrap();
    assert_eq!(lasting(given.as_str()), lasting(found.as_str()));
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn without_a_provider_nobody_else_signs() {
    let none = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
    let client = Client::new(Config::from(&none)).unwrap();
    let target = Target::new("db.abc.us-east-1.rds.amazonaws.com", 5432, "app");
    let error = client.sign(&target).unwrap_err();
    assert!(error.to_string().contains("no credentials provider"), "{error}");
}
