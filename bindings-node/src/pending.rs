//! Calls that wait for the network. The core fetches on a thread of its own and wakes JavaScript, which
//! then polls the call again; libuv's pool has no part in it.

use std::sync::Arc;
use std::task::{Wake, Waker};

use napi::Status;
use napi::bindgen_prelude::{Either3, External, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use rdsiam::binding::{self, Awaited};
use rdsiam::{Client, Error, ErrorKind, Result};

use crate::guard::{Failure, Outcome, guard};
use crate::lease::{Lease, Text};
use crate::target::Parts;

/// Unreferenced: it does not keep the process alive. It has no bound, because a wake-up must not be
/// lost; there is at most one for each waiting client and fetch.
type WakeFunction = ThreadsafeFunction<u32, (), u32, Status, false, true, 0>;

/// Calls a function of JavaScript, from any thread, with the number of a client.
pub(crate) type Alarm = External<Arc<WakeFunction>>;

/// One for each thread of JavaScript.
#[napi]
pub(crate) fn create_alarm(wake: Function<'_, u32, ()>) -> Outcome<Alarm> {
    guard("createAlarm", || {
        let function = wake
            .build_threadsafe_function::<u32>()
            .weak::<true>()
            .build_callback(|context| Ok(context.value));
        function.map(|function| External::new(Arc::new(function))).map_err(|error| {
            let text = format!("Node has no room for another asynchronous handle ({error})");
            Error::new(ErrorKind::Internal, text)
        })
    })
}

struct ClientAlarm {
    alarm: Arc<WakeFunction>,
    client: u32,
}

impl Wake for ClientAlarm {
    fn wake(self: Arc<Self>) {
        // It fails only while the thread of JavaScript ends.
        self.alarm.call(self.client, ThreadsafeFunctionCallMode::NonBlocking);
    }
}

/// Rings for this client.
fn waker(alarm: &Arc<WakeFunction>, client: u32) -> Waker {
    Arc::new(ClientAlarm { alarm: Arc::clone(alarm), client }).into()
}

/// What a call returns when it ends.
#[derive(Clone, Copy)]
pub(crate) enum Wanted {
    Lease,
    Token,
    Region,
}

/// A lease, the text of a token, or the name of a region.
pub(crate) type Value = Either3<Lease, Text, String>;

/// A call that has to wait for a fetch.
#[napi]
pub(crate) struct Pending {
    client: Client,
    target: Arc<Parts>,
    wanted: Wanted,
    awaited: Awaited,
}

/// The result of a first try.
pub(crate) type Tried = Either3<Value, Pending, Failure>;

/// Makes a call, which pends if the core has to fetch something first.
pub(crate) fn attempt(
    place: &'static str,
    client: &Client,
    target: &Arc<Parts>,
    wanted: Wanted,
) -> Tried {
    let mut awaited = Awaited::default();
    match guard(place, || poll(client, target, wanted, Waker::noop(), &mut awaited)) {
        Outcome::A(Some(value)) => Tried::A(value),
        Outcome::A(None) => {
            let (client, target) = (client.clone(), Arc::clone(target));
            Tried::B(Pending { client, target, wanted, awaited })
        }
        Outcome::B(failure) => Tried::C(failure),
    }
}

/// The value, or `None` if the call has to wait.
fn poll(
    client: &Client,
    target: &Parts,
    wanted: Wanted,
    waker: &Waker,
    awaited: &mut Awaited,
) -> Result<Option<Value>> {
    let target = target.target();
    let value = match wanted {
        Wanted::Lease => binding::lease_or_wake(client, &target, waker, awaited)
            .map(|lease| Value::A(Lease::from(lease))),
        Wanted::Token => binding::sign_or_wake(client, &target, waker, awaited)
            .map(|token| Value::B(Text::from(token))),
        Wanted::Region => binding::region_or_wake(client, &target, waker, awaited).map(Value::C),
    };
    match value {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

#[napi]
impl Pending {
    /// The result of the call, or nothing if it still has to wait: then the alarm rings for this client
    /// when it is worth polling again.
    #[napi]
    pub fn poll(&mut self, alarm: &Alarm, client: u32) -> Outcome<Option<Value>> {
        let Self { client: of, target, wanted, awaited } = self;
        guard("poll", || poll(of, target, *wanted, &waker(alarm, client), awaited))
    }
}
