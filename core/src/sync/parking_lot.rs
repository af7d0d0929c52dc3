//! parking_lot's locks behind the names and results of std's.

use std::sync::LockResult;
use std::time::Duration;

pub(crate) use parking_lot::MutexGuard;

pub(crate) struct Mutex<T>(parking_lot::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(parking_lot::Mutex::new(value))
    }

    #[expect(clippy::unnecessary_wraps, reason = "as std's, which can be poisoned")]
    pub(crate) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        Ok(self.0.lock())
    }

    pub(crate) fn try_lock(&self) -> Result<MutexGuard<'_, T>, ()> {
        self.0.try_lock().ok_or(())
    }
}

pub(crate) struct RwLock<T>(parking_lot::RwLock<T>);

impl<T> RwLock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(parking_lot::RwLock::new(value))
    }

    #[expect(clippy::unnecessary_wraps, reason = "as std's, which can be poisoned")]
    pub(crate) fn read(&self) -> LockResult<parking_lot::RwLockReadGuard<'_, T>> {
        Ok(self.0.read())
    }

    #[expect(clippy::unnecessary_wraps, reason = "as std's, which can be poisoned")]
    pub(crate) fn write(&self) -> LockResult<parking_lot::RwLockWriteGuard<'_, T>> {
        Ok(self.0.write())
    }

    pub(crate) fn try_read(&self) -> Result<parking_lot::RwLockReadGuard<'_, T>, ()> {
        self.0.try_read().ok_or(())
    }

    pub(crate) fn try_write(&self) -> Result<parking_lot::RwLockWriteGuard<'_, T>, ()> {
        self.0.try_write().ok_or(())
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
