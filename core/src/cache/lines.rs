//! A counter that a hit adds to: a line of memory that all threads write would be dearer than the
//! hit itself, and so would an addition that has to be one step for all processors.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Lines that one thread writes alone, as long as it lives.
const OWN: usize = 16;
/// Lines for the threads that got none.
const SHARED: usize = 8;

/// What all threads have counted.
#[derive(Default)]
pub(crate) struct Lines {
    own: [Line; OWN],
    shared: [Line; SHARED],
}

/// Alone on its cache lines; two, since processors fetch them in pairs.
#[derive(Default)]
#[repr(align(128))]
struct Line(AtomicU64);

/// A bit for each of [`OWN`] that has a thread. In a child of `fork` those of the parent's other
/// threads stay taken: the child counts on the shared ones, then.
static TAKEN: AtomicUsize = AtomicUsize::new(0);
static NEXT_SHARED: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static PLACE: Place = Place::take();
}

/// Where a thread counts, in each counter.
enum Place {
    Own(usize),
    Shared(usize),
}

impl Place {
    fn take() -> Self {
        let take_first = |taken: usize| {
            let first = taken.trailing_ones() as usize;
            (first < OWN).then_some(taken | 1 << first)
        };
        match TAKEN.fetch_update(Ordering::AcqRel, Ordering::Relaxed, take_first) {
            Ok(taken) => Self::Own(taken.trailing_ones() as usize),
            Err(_) => Self::Shared(NEXT_SHARED.fetch_add(1, Ordering::Relaxed) % SHARED),
        }
    }
}

/// The next owner sees what this one has counted.
impl Drop for Place {
    fn drop(&mut self) {
        if let Self::Own(place) = *self {
            TAKEN.fetch_and(!(1 << place), Ordering::Release);
        }
    }
}

impl Lines {
    /// One more.
    #[inline]
    pub(crate) fn count(&self) {
        let counted = PLACE.try_with(|place| match *place {
            Place::Own(place) => {
                if let Some(Line(line)) = self.own.get(place) {
                    line.store(line.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                }
            }
            Place::Shared(place) => self.count_shared(place),
        });
        // A thread that is being torn down has lost its place.
        if counted.is_err() {
            self.count_shared(0);
        }
    }

    fn count_shared(&self, place: usize) {
        if let Some(Line(line)) = self.shared.get(place) {
            line.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn sum(&self) -> u64 {
        self.own.iter().chain(&self.shared).map(|line| line.0.load(Ordering::Relaxed)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn nothing_is_lost_with_more_threads_than_lines_one_after_the_other() {
        let lines = Lines::default();
        for _ in 0..5 {
            thread::scope(|scope| {
                for _ in 0..OWN + SHARED + 9 {
                    scope.spawn(|| (0..1000).for_each(|_| lines.count()));
                }
            });
        }
        assert_eq!(lines.sum(), 5 * 1000 * (OWN + SHARED + 9) as u64);
    }

    #[test]
    fn a_place_is_given_back() {
        let own = || thread::spawn(|| PLACE.with(|place| matches!(place, Place::Own(_)))).join();
        // Other tests have threads as well, and may have all the places for a while.
        let owners = (0..10_000).filter(|_| own().unwrap()).take(2 * OWN);
        assert_eq!(owners.count(), 2 * OWN);
    }
}
