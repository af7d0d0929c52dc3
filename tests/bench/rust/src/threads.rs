//! What a call costs before and after a thousand threads have come and gone.

use std::hint::black_box;
use std::sync::{Arc, Barrier};
use std::thread;

use rdsiam::{Client, Target};

use crate::sample::Case;
use crate::setting::{Result, Setting};

const THREADS: usize = 1_000;
const SAMPLES: usize = 20;

pub(crate) fn run(setting: &Setting) -> Result<()> {
    let client = setting.client()?;
    let before = costs(setting, &client)?;
    come_and_go(setting, &client)?;
    let after = costs(setting, &client)?;
    let rows: Vec<String> = before
        .iter()
        .zip(&after)
        .map(|((name, before), (_, after))| {
            format!(r#""{name}/before": {before}, "{name}/after": {after}"#)
        })
        .collect();
    println!("{{{}}}", rows.join(", "));
    Ok(())
}

/// The least of some samples: whoever else has the processor only makes one longer.
fn costs(setting: &Setting, client: &Client) -> Result<Vec<(&'static str, f64)>> {
    let target = setting.target();
    client.get(&target)?;
    let mut cases = [
        Case::new("create", || drop(black_box(setting.client()))),
        Case::new("get", || drop(black_box(client.get(&target)))),
        Case::new("invalidate", || drop(black_box(replaced(client, &target)))),
        Case::new("sign", || drop(black_box(client.sign(&target)))),
    ];
    for case in &mut cases {
        case.warm_up();
        (0..SAMPLES).for_each(|_| case.sample());
    }
    let least = |case: &Case<'_>| case.samples.iter().copied().fold(f64::INFINITY, f64::min);
    Ok(cases.iter().map(|case| (case.name, least(case))).collect())
}

fn replaced(client: &Client, target: &Target<'_>) -> rdsiam::Result<Arc<rdsiam::Token>> {
    client.invalidate(target)?;
    client.get(target)
}

/// All alive at once, so that what is kept for each thread is kept for a thousand.
fn come_and_go(setting: &Setting, client: &Client) -> Result<()> {
    let all_here = Barrier::new(THREADS);
    let life = || {
        all_here.wait();
        let target = setting.target();
        replaced(client, &target)?;
        client.sign(&target)?;
        setting.client()?.get(&target).map(drop)
    };
    thread::scope(|scope| {
        let threads = (0..THREADS)
            .map(|_| thread::Builder::new().stack_size(1 << 18).spawn_scoped(scope, life))
            .collect::<std::io::Result<Vec<_>>>()?;
        for thread in threads {
            thread.join().map_err(|_panic| "a thread panicked")??;
        }
        Ok(())
    })
}
