//! A counter that costs a hit next to nothing: a line of memory that all threads write would be
//! dearer than the hit itself, and so is an addition that has to be one step for all processors.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Those that threads write together, each group of threads one of them.
const SHARED: usize = 16;
/// Those that have one writer.
const OWN: usize = 8;

/// What all have counted.
#[derive(Default)]
pub(crate) struct Lines {
    shared: [Line; SHARED],
    own: [Line; OWN],
    /// A bit for each of [`OWN`] that has a writer. In a child of `fork` those of the parent's other
    /// threads stay taken.
    taken: AtomicUsize,
}

/// The right to be the one writer of a line, if there was one left. Whoever has it gives it back.
pub(crate) struct Own(Option<usize>);

/// Alone on its cache lines; two, since processors fetch them in pairs.
#[derive(Default)]
#[repr(align(128))]
struct Line(AtomicU64);

static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    // Nothing is to be done when the thread ends: to say so to the system takes memory, which a hit
    // does not.
    static MINE: Cell<usize> = Cell::new(NEXT.fetch_add(1, Ordering::Relaxed) % SHARED);
}

impl Lines {
    /// One more.
    #[inline]
    pub(crate) fn count(&self) {
        // A thread that is being torn down has lost its line: any one will do.
        let mine = MINE.try_with(Cell::get).unwrap_or(0);
        if let Some(Line(line)) = self.shared.get(mine) {
            line.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// One more, by a writer that nobody else is: to borrow it for this is to be alone.
    #[inline]
    pub(crate) fn count_by(&self, own: &mut Own) {
        match own.0.and_then(|place| self.own.get(place)) {
            Some(Line(line)) => {
                line.store(line.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
            }
            None => self.count(),
        }
    }

    pub(crate) fn take(&self) -> Own {
        let first = |taken: usize| taken.trailing_ones() as usize;
        let take_first = |taken| (first(taken) < OWN).then_some(taken | 1 << first(taken));
        // The next writer sees what the one before has counted.
        Own(self
            .taken
            .fetch_update(Ordering::Acquire, Ordering::Relaxed, take_first)
            .map(first)
            .ok())
    }

    pub(crate) fn give_back(&self, own: &mut Own) {
        if let Some(place) = own.0.take() {
            self.taken.fetch_and(!(1 << place), Ordering::Release);
        }
    }

    pub(crate) fn sum(&self) -> u64 {
        self.shared.iter().chain(&self.own).map(|Line(line)| line.load(Ordering::Relaxed)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn nothing_is_lost_with_more_threads_than_lines() {
        let lines = Lines::default();
        let count_some = || {
            let mut own = lines.take();
            for _ in 0..1000 {
                lines.count();
                lines.count_by(&mut own);
            }
            lines.give_back(&mut own);
        };
        for _ in 0..5 {
            thread::scope(|scope| {
                for _ in 0..2 * SHARED {
                    scope.spawn(count_some);
                }
            });
        }
        assert_eq!(lines.sum(), 5 * 2 * SHARED as u64 * 2000);
    }

    #[test]
    fn a_line_has_one_writer_at_a_time() {
        let lines = Lines::default();
        let mut all: Vec<_> = (0..OWN + 1).map(|_| lines.take()).collect();
        let mut places: Vec<_> = all.iter().map(|own| own.0).collect();
        places.sort();
        assert!(places.first() == Some(&None) && places.windows(2).all(|two| two[0] < two[1]));
        all.iter_mut().for_each(|own| lines.give_back(own));
        assert_eq!(lines.taken.load(Ordering::SeqCst), 0);
    }
}
