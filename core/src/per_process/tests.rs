#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::ptr;
use std::sync::Mutex;

use super::*;

#[derive(Debug, PartialEq)]
struct Generation(u32);

impl Inherit for Generation {
    fn for_child(&self) -> Self {
        Self(self.0 + 1)
    }
}

/// As a child of `fork` finds it: made by a process that is not this one.
fn inherited() -> PerProcess<Generation> {
    PerProcess { process: std::process::id() ^ 1, value: Generation(0), child: OnceBox::new() }
}

#[test]
fn the_process_that_made_a_value_uses_it() {
    let value = PerProcess::new(Generation(0));
    assert!(ptr::eq(value.get(), value.latest()) && *value.get() == Generation(0));
    assert!(value.child.get().is_none());
}

#[test]
fn child_makes_its_value_once_at_its_first_use() {
    let value = inherited();
    assert_eq!(*value.latest(), Generation(0), "not made by looking");
    let made = value.get();
    assert_eq!(*made, Generation(1));
    assert!(ptr::eq(made, value.get()) && ptr::eq(made, value.latest()));
}

#[test]
fn grandchild_makes_its_value_from_the_child() {
    let value = inherited();
    let child = PerProcess { process: value.process ^ 2, ..inherited() };
    assert!(value.child.set(Box::new(child)).is_ok());
    // As of a child that has changed its own: what counts is the chain, not the first value.
    value.child.get().unwrap().get();
    assert_eq!(*value.get(), Generation(1));
    assert!(ptr::eq(value.get(), value.child.get().unwrap().get()));
    assert!(ptr::eq(value.get(), value.latest()));
}

#[test]
fn a_static_belongs_to_the_process_that_uses_it_first() {
    static VALUE: PerProcess<Generation> = PerProcess::of_no_process(Generation(0));
    assert_eq!(*VALUE.get(), Generation(1));
    assert!(ptr::eq(VALUE.get(), VALUE.latest()));
}

#[test]
fn threads_of_a_child_agree_on_one_value() {
    let (value, seen) = (inherited(), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| seen.lock().unwrap().push(ptr::from_ref(value.get()).addr()));
        }
    });
    let seen = seen.into_inner().unwrap();
    assert!(seen.iter().all(|address| Some(address) == seen.first()));
}
