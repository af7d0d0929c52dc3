//! Work that may wait, done on the pool of libuv.

use napi::bindgen_prelude::{AsyncTask, ToNapiValue, TypeName};
use napi::{Env, Task};
use rdsiam::{Error, ErrorKind, Result};

use crate::guard::{Outcome, caught, outcome};

/// One function call on another thread; its promise resolves to an [`Outcome`].
pub(crate) struct Job<T> {
    place: &'static str,
    work: Option<Box<dyn FnOnce() -> Result<T> + Send>>,
}

impl<T: Send> Job<T> {
    pub(crate) fn on_pool(
        place: &'static str,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> AsyncTask<Self>
    where
        Self: Task,
    {
        AsyncTask::new(Self { place, work: Some(Box::new(work)) })
    }
}

impl<T: Send + ToNapiValue + TypeName + 'static> Task for Job<T> {
    type Output = Result<T>;
    type JsValue = Outcome<T>;

    // Always a value: an error here would lose its code on the way, a panic would abort Node.
    fn compute(&mut self) -> napi::Result<Self::Output> {
        let work = self.work.take();
        Ok(caught(self.place, || work.ok_or_else(done_already)?()))
    }

    fn resolve(&mut self, _env: Env, output: Self::Output) -> napi::Result<Self::JsValue> {
        Ok(outcome(output))
    }
}

#[cold]
fn done_already() -> Error {
    Error::new(ErrorKind::Internal, "a job was run twice; this is a fault of rdsiam")
}
