//! A few samples of each case, in turn; who wants more starts the program again.

use std::hint::black_box;
use std::time::SystemTime;

use crate::peers::{Sdk, Sigv4};
use crate::sample::Case;
use crate::setting::{Result, Setting};
use crate::{floor, sample};

const SAMPLES: usize = 5;
const BLOCK: &str = "block";

pub(crate) fn run(setting: &Setting) -> Result<()> {
    let client = setting.client()?;
    let target = setting.target();
    let (sdk, sigv4) = (Sdk::new(setting)?, Sigv4::new(setting));
    let token = client.sign(&target)?;
    check(token.as_str(), &sdk.token()?)?;
    sigv4.signature()?;
    client.get(&target)?;
    let blocks = floor::blocks(token.as_str(), &setting.host).ok_or("this is no token")?;
    let message = floor::message();
    let handle = client.handle(&target)?;

    // Each thread has one of its own.
    let hits = || {
        let mut handle = handle.clone();
        move || _ = black_box(handle.get().map_or(0, |token| token.as_str().len()))
    };
    let mut cases = [
        Case::new(BLOCK, || floor::hash_long(&message)),
        Case::new("sign/rdsiam", || drop(black_box(client.sign(&target)))),
        Case::new("sign/aws-sigv4", || drop(black_box(sigv4.signature()))),
        Case::new("sign/aws-sdk-rds", || drop(black_box(sdk.token()))),
        Case::new("clock", || _ = black_box(SystemTime::now())),
        Case::new("hit/handle", hits()),
        Case::new("hit/target", || drop(black_box(client.get(&target)))),
    ];
    cases.iter_mut().for_each(Case::warm_up);
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for _ in 0..SAMPLES {
        cases.iter_mut().for_each(Case::sample);
        one.push(sample::of_threads(vec![hits()]));
        two.push(sample::of_threads(vec![hits(), hits()]));
    }

    let mut rows = vec![row("blocks", [blocks.into()])];
    for Case { name, samples, .. } in &cases {
        if *name == BLOCK {
            let block = samples.iter().map(|long| long / floor::per_call());
            rows.push(row("floor", block.clone().map(|block| block * f64::from(blocks))));
            rows.push(row(name, block));
        } else {
            rows.push(row(name, samples.iter().copied()));
        }
    }
    rows.push(row("hit/handle/one thread", one));
    rows.push(row("hit/handle/two threads", two));
    println!("{{{}}}", rows.join(", "));
    Ok(())
}

fn row(name: &str, samples: impl IntoIterator<Item = f64>) -> String {
    let samples: Vec<_> = samples.into_iter().map(|sample| format!("{sample:.3}")).collect();
    format!("{name:?}: [{}]", samples.join(", "))
}

/// That both sides do the same work: tokens that differ in nothing but their time.
fn check(ours: &str, theirs: &str) -> Result<()> {
    let timeless = |token: &str| {
        let mut parameters: Vec<_> = token.split('&').map(str::to_owned).collect();
        parameters.retain(|one| !one.starts_with("X-Amz-Date=") && !one.contains("Signature="));
        parameters.sort();
        parameters
    };
    if timeless(ours) != timeless(theirs) || ours.len() != theirs.len() {
        return Err("the two tokens are not of one kind".into());
    }
    Ok(())
}
