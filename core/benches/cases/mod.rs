//! What is measured of the core, for the times (`micro`) and the instructions (`instructions`).

use std::hint::black_box;
use std::time::{Duration, UNIX_EPOCH};

use rdsiam::{Client, Config, Conventions, Credentials, Result, Target, explain, sign_at};

const HOST: &str = "mydb.abc123.us-east-1.rds.amazonaws.com";
fn target() -> Target<'static> {
    Target::new(HOST, 5432, "app")
}

/// 900 characters of base64, with as many signs that have to be encoded as random ones have.
const SESSION_PIECE: &str = "IQoJb3JpZ2luX2VjEJr/0123456789+abcdefghijklmnopqrstuvwxyzABCD";

/// A name, and the making of what is then called again and again.
pub(crate) type Case = (&'static str, fn() -> Result<Box<dyn FnMut()>>);

pub(crate) const CASES: &[Case] = &[
    ("sign", || signing(None)),
    ("sign, session token", || signing(Some(&session()))),
    ("sign_at", || stateless(None)),
    ("sign_at, session token", || stateless(Some(&session()))),
    ("get, by handle", by_handle),
    ("get, by strings", by_strings),
    ("get, a new key", new_keys),
    ("explain", explaining),
];

fn session() -> String {
    SESSION_PIECE.chars().cycle().take(900).collect()
}

fn credentials(session: Option<&str>) -> Result<Credentials> {
    Credentials::new("AKIDEXAMPLEEXAMPLE00", "secretsecretsecretsecretsecretsecretsecr", session)
}

fn client(session: Option<&str>) -> Result<Client> {
    Client::new(Config::new().credentials(credentials(session)?))
}

fn signing(session: Option<&str>) -> Result<Box<dyn FnMut()>> {
    let client = client(session)?;
    client.sign(&target())?;
    Ok(Box::new(move || drop(black_box(client.sign(black_box(&target()))))))
}

/// Without a client: all of it is done anew.
fn stateless(session: Option<&str>) -> Result<Box<dyn FnMut()>> {
    let credentials = credentials(session)?;
    let (time, life) = (UNIX_EPOCH + Duration::from_secs(1_800_000_000), Duration::from_secs(900));
    let sign = move || sign_at(&credentials, black_box(&target()), time, life, Conventions::SDK);
    sign()?;
    Ok(Box::new(move || drop(black_box(sign()))))
}

/// What a program keeps for one login.
fn by_handle() -> Result<Box<dyn FnMut()>> {
    let mut handle = client(None)?.handle(&target())?;
    handle.get()?;
    Ok(Box::new(move || _ = black_box(handle.get().map_or(0, |token| token.as_str().len()))))
}

fn by_strings() -> Result<Box<dyn FnMut()>> {
    let client = client(Some(&session()))?;
    client.get(&target())?;
    Ok(Box::new(move || drop(black_box(client.get(black_box(&target()))))))
}

/// Keys that were never seen, in a table that is full.
fn new_keys() -> Result<Box<dyn FnMut()>> {
    let client = client(Some(&session()))?;
    let mut number = 0_u64;
    let mut next = move || {
        number += 1;
        client.get(&Target::new(HOST, 5432, &number.to_string()))
    };
    for _ in 0..2_000 {
        next()?;
    }
    Ok(Box::new(move || drop(black_box(next()))))
}

fn explaining() -> Result<Box<dyn FnMut()>> {
    let token = client(Some(&session()))?.sign(&target())?;
    Ok(Box::new(move || drop(black_box(explain(black_box(token.as_str()))))))
}
