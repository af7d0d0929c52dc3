//! Samples of what is too short to be timed alone.

use std::time::{Duration, Instant};

/// Long beside a reading of the clock, short beside a drift of the machine.
const LENGTH: Duration = Duration::from_millis(2);

/// A thing to be measured: it runs so many times and says how long that took.
pub(crate) struct Case<'a> {
    pub(crate) name: &'static str,
    run: Box<dyn FnMut(u32) -> Duration + 'a>,
    calls: u32,
    pub(crate) samples: Vec<f64>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(name: &'static str, call: impl FnMut() + 'a) -> Self {
        Self { name, run: Box::new(looped(call)), calls: 1, samples: Vec::new() }
    }

    /// Finds out how many calls fill the time, which is the warm-up as well. The best of three
    /// counts, since another process may have had the processor.
    pub(crate) fn warm_up(&mut self) {
        while (0..3).map(|_| (self.run)(self.calls)).min() < Some(LENGTH) {
            self.calls = self.calls.saturating_mul(2);
        }
    }

    /// One more sample, in nanoseconds for one call.
    pub(crate) fn sample(&mut self) {
        let took = (self.run)(self.calls);
        self.samples.push(took.as_nanos() as f64 / f64::from(self.calls));
    }
}

fn looped(mut call: impl FnMut()) -> impl FnMut(u32) -> Duration {
    move |calls| {
        let started = Instant::now();
        for _ in 0..calls {
            call();
        }
        started.elapsed()
    }
}

/// Nanoseconds for one call of all threads together, each with a call of its own.
pub(crate) fn of_threads<C: FnMut() + Send>(calls: Vec<C>) -> f64 {
    const EACH: u32 = 200_000;
    let count = calls.len() as f64;
    let barrier = std::sync::Barrier::new(calls.len());
    let run = |call: C| {
        let mut run = looped(call);
        run(EACH / 10);
        barrier.wait();
        run(EACH)
    };
    let slowest = std::thread::scope(|scope| {
        let threads: Vec<_> = calls.into_iter().map(|call| scope.spawn(|| run(call))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).max()
    });
    let slowest = slowest.unwrap_or(Duration::MAX);
    slowest.as_nanos() as f64 / (f64::from(EACH) * count)
}
