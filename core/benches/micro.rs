//! Times of the core, by criterion, which compares with the last run: `make bench-micro`.
#![allow(missing_docs, reason = "a benchmark")]

mod cases;

use std::time::Duration;

use criterion::Criterion;

fn main() -> rdsiam::Result<()> {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    for (name, make) in cases::CASES {
        let mut call = make()?;
        criterion.bench_function(name, |bencher| bencher.iter(&mut call));
    }
    criterion.final_summary();
    Ok(())
}
