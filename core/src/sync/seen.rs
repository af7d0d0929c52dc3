//! parking_lot's lock and condition behind the names of std's.

use std::sync::LockResult;
use std::time::Duration;

pub(crate) use parking_lot::MutexGuard;

pub(crate) struct Mutex<T>(parking_lot::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(parking_lot::Mutex::new(value))
    }

    #[expect(clippy::unnecessary_wraps, reason = "as std's, which can be poisoned")]
    pub(crate) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        Ok(self.0.lock())
    }
}

pub(crate) struct Condvar(parking_lot::Condvar);

impl Condvar {
    pub(crate) fn new() -> Self {
        Self(parking_lot::Condvar::new())
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }

    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }

    #[expect(clippy::unnecessary_wraps, reason = "as std's, which can be poisoned")]
    pub(crate) fn wait_timeout<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        longest: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, bool)> {
        let timed_out = self.0.wait_for(&mut guard, longest).timed_out();
        Ok((guard, timed_out))
    }
}
