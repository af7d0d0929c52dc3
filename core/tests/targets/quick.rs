//! A short run without the fuzzer, for every build: the committed corpus, and random changes of
//! it. `RDSIAM_SEED` replays them.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use fastrand::Rng;

/// Runs a target over the corpus in this folder, and over so many changed inputs.
pub(crate) fn run(corpus: &Path, changed: usize, target: impl Fn(&[u8])) {
    let mut files: Vec<_> =
        std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let inputs: Vec<_> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    assert!(!inputs.is_empty(), "no corpus in {}", corpus.display());
    for input in &inputs {
        run_one(input, &target);
    }
    let seed = std::env::var("RDSIAM_SEED")
        .map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("RDSIAM_SEED={seed}, {} inputs and {changed} changed ones", inputs.len());
    let mut random = Rng::with_seed(seed);
    for _ in 0..changed {
        run_one(&change(&mut random, &inputs), &target);
    }
}

fn run_one(input: &[u8], target: impl Fn(&[u8])) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(input))) {
        println!("the input: {}", input.escape_ascii());
        resume_unwind(panic);
    }
}

fn change(random: &mut Rng, inputs: &[Vec<u8>]) -> Vec<u8> {
    let pick = |random: &mut Rng| inputs[random.usize(..inputs.len())].clone();
    let mut input = pick(random);
    for _ in 0..random.u8(1..=8) {
        let at = random.usize(..=input.len());
        let end = (at + random.usize(..16)).min(input.len());
        match random.u8(..7) {
            0 => input.insert(at, random.u8(..)),
            1 => drop(input.drain(at..end)),
            2 => input.extend(pick(random)),
            3 => input.truncate(at),
            4 => drop(input.splice(at..end, pick(random))),
            5 => input.splice(at..at, random.choice(TELLING).unwrap().bytes()).for_each(drop),
            _ => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << random.u8(..8);
                }
            }
        }
    }
    input
}

/// Pieces that chance would hardly find.
const TELLING: &[&str] = &[
    ":",
    "::",
    "[",
    "]",
    ".",
    "..",
    "/?",
    "&",
    "=",
    "%",
    "%2F",
    "%00",
    "%ff",
    "@",
    "://",
    "é",
    "\u{0}",
    "\u{202e}",
    "-1",
    "0",
    "443",
    "900",
    "901",
    "65535",
    "65536",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "253402300799",
    "DBUser=",
    "X-Amz-Date=",
    "X-Amz-Credential=",
    "X-Amz-Signature=",
    "X-Amz-Security-Token=",
    "rds-db/aws4_request",
    ".us-east-1.rds.amazonaws.com",
    "20240229T235960Z",
];
