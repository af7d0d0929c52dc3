//! Many distinct keys through one client: what they cost beside as many signatures for one key,
//! and what is left of them in memory.

use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime};

use rdsiam::{Conventions, Target, sign_at};

use crate::setting::{PORT, Result, Setting};

/// All kinds in turn, so that a drift of the machine meets both.
const CHUNK: usize = 1_000;

/// Any will do.
const SECOND: Duration = Duration::from_secs(1_800_000_000);
const LIFE: Duration = Duration::from_secs(900);

/// The client's own bound, which is not set here: a program that does not think of it has this.
const BOUND: usize = 1_024;

pub(crate) fn run(setting: &Setting, count: usize) -> Result<()> {
    let users: Vec<String> = (0..count).map(|number| format!("user{number:07}")).collect();
    let (keyed, warm) = (setting.client()?, setting.client()?);
    let get = |user: &String| keyed.get(&Target::new(&setting.host, PORT, user)).map(drop);
    let one = setting.target();
    warm.sign(&one)?;

    let before = resident()?;
    users.iter().take(BOUND).try_for_each(get)?;
    let full = resident()?;
    let credentials = setting.credentials()?;
    let stateless = |user: &String| {
        let target = Target::new(&setting.host, PORT, user);
        sign_at(&credentials, &target, SystemTime::UNIX_EPOCH + SECOND, LIFE, Conventions::SDK)
            .map(drop)
    };
    let [mut keys, mut signs, mut anew] = [Duration::ZERO; 3];
    for chunk in users.chunks(CHUNK) {
        let started = Instant::now();
        chunk.iter().try_for_each(get)?;
        keys += started.elapsed();
        let started = Instant::now();
        for _ in chunk {
            drop(black_box(warm.sign(&one)?));
        }
        signs += started.elapsed();
        let started = Instant::now();
        chunk.iter().try_for_each(stateless)?;
        anew += started.elapsed();
    }
    let after = resident()?;
    println!(
        r#"{{"keys": {}, "signs": {}, "stateless": {}, "entries": {}, "bound": {BOUND}, "full": {}, "after": {}}}"#,
        keys.as_nanos() as f64 / count as f64,
        signs.as_nanos() as f64 / count as f64,
        anew.as_nanos() as f64 / count as f64,
        keyed.stats().entries,
        full.saturating_sub(before),
        after.saturating_sub(before),
    );
    Ok(())
}

/// KiB, counted page by page: the kernel's quicker figure may be off by a few hundred.
fn resident() -> Result<u64> {
    let text = fs::read_to_string("/proc/self/smaps_rollup")?;
    let line = text.lines().find(|line| line.starts_with("Rss:")).ok_or("no Rss")?;
    Ok(line.split_whitespace().nth(1).ok_or("no figure")?.parse()?)
}
