//! Calls one case so many times, under valgrind: tests/bench/instructions.py.
//!
//! Without arguments it prints the names of the cases.
#![allow(missing_docs, clippy::print_stdout, reason = "a benchmark")]

mod cases;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let Some(name) = arguments.next() else {
        cases::CASES.iter().for_each(|(name, _)| println!("{name}"));
        return Ok(());
    };
    let count: u32 = arguments.next().ok_or("how many calls?")?.parse()?;
    let (_, make) = cases::CASES.iter().find(|case| case.0 == name).ok_or("no such case")?;
    let mut call = make()?;
    (0..count).for_each(|_| call());
    Ok(())
}
