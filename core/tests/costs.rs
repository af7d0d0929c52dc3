//! What a call costs does not depend on how many threads the process has had.
#![cfg(not(any(rdsiam_shuttle, rdsiam_tsan)))]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking")]

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use rdsiam::{Client, Config, Credentials, Target};

const THREADS: usize = 1000;

fn target() -> Target<'static> {
    Target::new("db.abc.us-east-1.rds.amazonaws.com", 5432, "app")
}

fn new_client() -> Client {
    let credentials = Credentials::new("AKID", "SECRET", Some("SESSION")).unwrap();
    Client::new(Config::new().credentials(credentials)).unwrap()
}

/// The best of some batches: what disturbs one only makes it longer.
fn cost(call: impl Fn()) -> Duration {
    let batch = || {
        let began = Instant::now();
        (0..200).for_each(|_| call());
        began.elapsed()
    };
    (0..100).map(|_| batch()).min().unwrap()
}

/// Making a client, a hit, a token that is replaced, and a signature.
fn costs(client: &Client) -> [Duration; 4] {
    [
        cost(|| drop(black_box(new_client()))),
        cost(|| drop(black_box(client.get(&target())))),
        cost(|| {
            client.invalidate(&target()).unwrap();
            drop(black_box(client.get(&target())));
        }),
        cost(|| drop(black_box(client.sign(&target())))),
    ]
}

#[test]
fn calls_cost_the_same_after_a_thousand_threads() {
    let client = new_client();
    let before = costs(&client);
    // All alive at once: what is kept for each thread is kept for a thousand.
    let all_here = Barrier::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            let body = || {
                all_here.wait();
                client.get(&target()).unwrap();
                client.invalidate(&target()).unwrap();
                client.sign(&target()).unwrap();
                new_client().get(&target()).unwrap();
            };
            thread::Builder::new().stack_size(1 << 18).spawn_scoped(scope, body).unwrap();
        }
    });
    // A machine that is busy with something else just now gets another chance.
    let mut after = costs(&client);
    let is_same = |after: &[Duration; 4]| {
        after.iter().zip(&before).all(|(after, before)| *after < *before * 3 / 2)
    };
    for _ in 0..5 {
        println!("200 calls before {before:?}, after {after:?}");
        if is_same(&after) {
            return;
        }
        let again = costs(&client);
        after = std::array::from_fn(|row| after[row].min(again[row]));
    }
    assert!(is_same(&after), "before {before:?}, after {after:?}");
}
