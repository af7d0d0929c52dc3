//! A counter that costs a hit next to nothing: each group of threads has one of its own, because a
//! line of memory that all threads write is dearer than the hit itself.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

const LINES: usize = 16;

/// What all threads have counted.
#[derive(Default)]
pub(crate) struct Lines([Line; LINES]);

/// Alone on its cache lines; two, since processors fetch them in pairs.
#[derive(Default)]
#[repr(align(128))]
struct Line(AtomicU64);

static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    // Nothing is to be done when the thread ends: to say so to the system takes memory, which a hit
    // does not.
    static MINE: Cell<usize> = Cell::new(NEXT.fetch_add(1, Ordering::Relaxed) % LINES);
}

impl Lines {
    /// One more.
    #[inline]
    pub(crate) fn count(&self) {
        // A thread that is being torn down has lost its line: any one will do.
        let mine = MINE.try_with(Cell::get).unwrap_or(0);
        if let Some(Line(line)) = self.0.get(mine) {
            line.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn sum(&self) -> u64 {
        self.0.iter().map(|Line(line)| line.load(Ordering::Relaxed)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn nothing_is_lost_with_more_threads_than_lines() {
        let lines = Lines::default();
        thread::scope(|scope| {
            for _ in 0..2 * LINES {
                scope.spawn(|| (0..1000).for_each(|_| lines.count()));
            }
        });
        assert_eq!(lines.sum(), 2000 * LINES as u64);
    }
}
