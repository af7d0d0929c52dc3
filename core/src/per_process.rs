//! State that a child of `fork` can use, although a thread that it does not have may hold its lock.

use once_cell::race::OnceBox;

/// A value for each process: the child's is made from the parent's at its first use there.
///
/// A child of `fork` has one thread. A lock that another thread of the parent held stays locked in the
/// child for ever, so the child must not wait for it. [`OnceBox`] blocks nobody: of two threads that
/// make the child's value, one is thrown away.
pub(crate) struct PerProcess<T> {
    process: u32,
    value: T,
    child: OnceBox<PerProcess<T>>,
}

/// What a child of `fork` makes of the parent's value, without waiting for a lock in it.
pub(crate) trait Inherit {
    fn for_child(&self) -> Self;
}

impl<T: Inherit> PerProcess<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { process: std::process::id(), value, child: OnceBox::new() }
    }

    /// For a `static`, which belongs to no process before its first use.
    pub(crate) const fn of_no_process(value: T) -> Self {
        Self { process: 0, value, child: OnceBox::new() }
    }

    /// The value of this process. Costs a system call.
    pub(crate) fn get(&self) -> &T {
        let process = std::process::id();
        let mut known = self;
        while known.process != process {
            known = known.child.get_or_init(|| {
                let value = known.value.for_child();
                Box::new(Self { process, value, child: OnceBox::new() })
            });
        }
        &known.value
    }

    /// The value that was last made, without the system call: in a child that has not called
    /// [`get`](Self::get) it is still the parent's. Only to be read, and only without waiting for a lock.
    pub(crate) fn latest(&self) -> &T {
        let mut known = self;
        while let Some(child) = known.child.get() {
            known = child;
        }
        &known.value
    }
}

#[cfg(all(test, not(rdsiam_shuttle)))]
mod tests;
