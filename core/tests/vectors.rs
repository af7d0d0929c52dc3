//! The public API against the vectors that every binding runs.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, UNIX_EPOCH};

use rdsiam::{Conventions, Credentials, ErrorKind, Target, region_of_host, sign_at};
use serde_json::Value;

fn load(name: &str) -> Value {
    let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn sign(vector: &Value, conventions: Conventions) -> rdsiam::Result<String> {
    let text = |name: &str| vector[name].as_str().unwrap();
    let credentials = Credentials::new(
        text("access_key_id"),
        text("secret_access_key"),
        vector["session_token"].as_str(),
    )?;
    let port = u16::try_from(vector["port"].as_u64().unwrap()).unwrap();
    let target = Target::new(text("host"), port, text("user")).region(vector["region"].as_str());
    let life = Duration::from_secs(vector["expires"].as_u64().unwrap());
    let signed_at = UNIX_EPOCH + Duration::from_secs(vector["unix_time"].as_u64().unwrap());
    let token = sign_at(&credentials, &target, signed_at, life, conventions)?;
    assert_eq!((token.signed_at(), token.expires_at()), (signed_at, signed_at + life));
    Ok(token.as_str().to_owned())
}

#[test]
fn tokens() {
    let file = load("tokens.json");
    let mut run = 0;
    for vector in file["vectors"].as_array().unwrap() {
        let conventions = match vector["style"].as_str() {
            Some("js") => Conventions::JS,
            _ => Conventions::BOTOCORE,
        };
        assert_eq!(sign(vector, conventions).unwrap(), vector["token"], "{}", vector["id"]);
        run += 1;
    }
    assert!(run > 0 && file["count"] == run);
}

#[test]
fn endpoints() {
    let file = load("endpoints.json");
    let endpoints = file["endpoints"].as_object().unwrap();
    for (host, region) in endpoints {
        let normal = host.to_ascii_lowercase();
        let normal = normal.strip_suffix('.').unwrap_or(&normal);
        assert_eq!(region_of_host(normal), region.as_str(), "{host}");
        // And through a whole token, which normalises by itself.
        let credentials = Credentials::new("AKID", "SECRET", None).unwrap();
        let token = sign_at(
            &credentials,
            &Target::new(host, 5432, "u"),
            UNIX_EPOCH,
            Duration::from_secs(900),
            Conventions::SDK,
        );
        match region.as_str() {
            Some(region) => {
                let scope = format!("%2F19700101%2F{region}%2Frds-db%2F");
                assert!(token.unwrap().as_str().contains(&scope), "{host}");
            }
            None => assert_eq!(token.unwrap_err().kind(), ErrorKind::RegionMissing, "{host}"),
        }
    }
    assert_eq!(endpoints.len(), 30);
}

#[test]
fn invalid_inputs() {
    let file = load("invalid.json");
    let tokens = load("tokens.json");
    let basic = tokens["vectors"].as_array().unwrap();
    let basic = basic.iter().find(|vector| vector["id"] == "botocore: basic").unwrap();
    let (mut run, mut not_here) = (0, 0);
    for case in file["cases"].as_array().unwrap() {
        if case["not_in"].as_array().is_some_and(|bindings| bindings.contains(&"rust".into())) {
            not_here += 1;
            continue;
        }
        let mut vector = basic.clone();
        for (name, value) in case["changes"].as_object().unwrap() {
            vector[name] = value.clone();
        }
        let error = sign(&vector, Conventions::SDK).unwrap_err();
        let code = case["code"].as_str().unwrap_or("ERR_RDSIAM_INVALID_ARGUMENT");
        assert_eq!(error.code(), code, "{}", case["id"]);
        let field = case["field"].as_str().unwrap();
        assert!(error.message().contains(field), "{}: {error}", case["id"]);
        run += 1;
    }
    assert!(run > 20 && file["count"] == run + not_here);
}
