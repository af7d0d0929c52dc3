//! Signing and hits, in nanoseconds, beside aws-sigv4's signer of whole requests.
//!
//! No harness: a median of rounds that are interleaved, since ratios within one run are all
//! that counts.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime};

use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use rdsiam::{Client, Config, Credentials, Target};

const HOST: &str = "mydb.abc123.us-east-1.rds.amazonaws.com";
const ROUNDS: usize = 21;

struct Case {
    name: &'static str,
    calls: u32,
    run: Box<dyn FnMut()>,
}

fn main() {
    let session = "FwoG/+=x".repeat(112);
    let credentials = Credentials::new("AKIDEXAMPLE", "SECRETKEYEXAMPLE", Some(&session)).unwrap();
    let client = Client::new(Config::new().credentials(credentials)).unwrap();
    let target = Target::new(HOST, 5432, "app");
    let (hitting, signing) = (client.clone(), client);
    let mut cases = [
        Case {
            name: "hit",
            calls: 100_000,
            run: Box::new(move || drop(black_box(hitting.get(&target).unwrap()))),
        },
        Case {
            name: "sign",
            calls: 5_000,
            run: Box::new(move || drop(black_box(signing.sign(&target).unwrap()))),
        },
        Case {
            name: "aws-sigv4",
            calls: 2_000,
            run: Box::new(move || drop(black_box(by_aws_sigv4(&session)))),
        },
    ];
    let mut samples = vec![Vec::new(); cases.len()];
    for _ in 0..ROUNDS {
        for (case, samples) in cases.iter_mut().zip(&mut samples) {
            let started = Instant::now();
            for _ in 0..case.calls {
                (case.run)();
            }
            samples.push(started.elapsed() / case.calls);
        }
    }
    println!("medians of {ROUNDS} interleaved rounds; 896-character session token");
    for (case, samples) in cases.iter().zip(&mut samples) {
        samples.sort();
        let median = samples.get(ROUNDS / 2).unwrap();
        println!("{:10} {:8.0} ns", case.name, median.as_nanos());
    }
}

fn by_aws_sigv4(session: &str) -> String {
    let mut settings = SigningSettings::default();
    settings.expires_in = Some(Duration::from_secs(900));
    settings.signature_location = SignatureLocation::QueryParams;
    let identity = aws_credential_types::Credentials::new(
        "AKIDEXAMPLE",
        "SECRETKEYEXAMPLE",
        Some(session.to_owned()),
        None,
        "bench",
    )
    .into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("rds-db")
        .time(SystemTime::now())
        .settings(settings)
        .build()
        .unwrap();
    let url = format!("https://{HOST}:5432/?Action=connect&DBUser=app");
    let signable =
        SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::Bytes(&[])).unwrap();
    let (instructions, signature) = sign(signable, &params.into()).unwrap().into_parts();
    black_box(instructions);
    signature
}
