//! Each rule of the cache switched off in turn: the simulation has to notice every one.

use rdsiam::rules::Rule;

use super::day::Day;
use super::{setting, turn};

/// So many days of so many hours may pass before a broken rule is noticed: in `make soak`, which
/// plays all of them and tells how many noticed it, and where everything else is tested too.
const SOAK: (u64, u64) = (12, 24);
const QUICK: (u64, u64) = (48, 6);

#[test]
fn every_broken_rule_is_noticed() {
    let _turn = turn();
    let (soak, first) = (setting("RDSIAM_DAYS").is_some(), setting("RDSIAM_SEED"));
    let (most, hours) = if soak { SOAK } else { QUICK };
    let first = first.unwrap_or_else(|| fastrand::u64(..));
    println!("RDSIAM_SEED={first}");
    let mut missed = Vec::new();
    for rule in Rule::OF_A_DAY {
        let mut noticed = 0;
        let mut days = 0;
        while days < most && (soak || noticed == 0) {
            let mut day = Day::new(first.wrapping_add(days));
            days += 1;
            Rule::break_only(Some(rule));
            let result = day.run(hours);
            Rule::break_only(None);
            if let Err(violation) = result {
                noticed += 1;
                if noticed == 1 {
                    println!("{rule:?}: day {days}, second {}: {violation}", day.seconds());
                }
            }
        }
        println!("{rule:?}: noticed in {noticed} of {days} days");
        if noticed == 0 {
            missed.push(rule);
        }
    }
    assert!(missed.is_empty(), "not noticed: {missed:?}");
}
