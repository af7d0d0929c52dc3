//! The parts of the model checker. Each operation on a swapped pointer is one step of its own.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

pub(crate) use shuttle::sync::atomic::AtomicU64;
pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard};
pub(crate) use shuttle::thread;

/// What a load gives: here always a count of its own.
pub(crate) struct Guard<P>(P);

impl<P> Deref for Guard<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.0
    }
}

/// As `arc_swap::ArcSwapAny`, each operation one step.
pub(crate) struct Swap<P, T>(Mutex<P>, PhantomData<T>);
pub(crate) type ArcSwap<T> = Swap<Arc<T>, T>;
pub(crate) type ArcSwapOption<T> = Swap<Option<Arc<T>>, T>;

/// A pointer, by where it points.
pub(crate) trait Pointer: Clone {
    fn address(&self) -> *const ();
}

impl<T> Pointer for Arc<T> {
    fn address(&self) -> *const () {
        Arc::as_ptr(self).cast()
    }
}

impl<T> Pointer for Option<Arc<T>> {
    fn address(&self) -> *const () {
        self.as_ref().map_or(std::ptr::null(), Pointer::address)
    }
}

impl<P: Pointer, T> Swap<P, T> {
    fn of(value: P) -> Self {
        Self(Mutex::new(value), PhantomData)
    }

    fn lock(&self) -> MutexGuard<'_, P> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn load_full(&self) -> P {
        self.lock().clone()
    }

    pub(crate) fn load(&self) -> Guard<P> {
        Guard(self.load_full())
    }

    pub(crate) fn store(&self, value: P) {
        drop(self.swap(value));
    }

    pub(crate) fn swap(&self, value: P) -> P {
        std::mem::replace(&mut *self.lock(), value)
    }

    pub(crate) fn compare_and_swap(&self, current: &P, new: P) -> P {
        let mut value = self.lock();
        let before = value.clone();
        if before.address() == current.address() {
            *value = new;
        }
        before
    }

    pub(crate) fn rcu(&self, mut change: impl FnMut(&P) -> P) {
        loop {
            let before = self.load_full();
            let after = change(&before);
            if self.compare_and_swap(&before, after).address() == before.address() {
                return;
            }
        }
    }
}

impl<T> Swap<Arc<T>, T> {
    pub(crate) fn new(value: Arc<T>) -> Self {
        Self::of(value)
    }
}

impl<T> Swap<Option<Arc<T>>, T> {
    pub(crate) fn empty() -> Self {
        Self::of(None)
    }
}
