//! Calls that wait, calls that do not, and fetches that never end.

use std::pin::pin;
use std::task::{Context, Poll, Wake, Waker};

use super::*;

/// Hangs in its first calls, as many as this.
struct Hangs {
    calls: AtomicUsize,
    hanging: usize,
    end: Mutex<Receiver<()>>,
}

impl CredentialsSource for Hangs {
    fn provide(&self, _force_refresh: bool) -> Result<Credentials> {
        if self.calls.fetch_add(1, SeqCst) < self.hanging {
            // Until the test ends.
            let _ = self.end.lock().unwrap().recv();
        }
        Credentials::new("AKID0", "SECRET", None)
    }
}

fn hanging(hanging: usize) -> (Client, Sender<()>) {
    let (end, ended) = channel();
    let source = Hangs { calls: AtomicUsize::new(0), hanging, end: Mutex::new(ended) };
    let config = Config::new().source(source).timeout(Duration::from_millis(200));
    (Client::new(config).unwrap(), end)
}

#[test]
fn source_that_hangs_once_is_replaced_after_the_timeout() {
    let (client, _end) = hanging(1);
    let began = Instant::now();
    let error = client.get(&TARGET).unwrap_err();
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::Timeout, true));
    assert!((180..2000).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    let began = Instant::now();
    client.get(&TARGET).unwrap();
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[test]
fn caller_that_joins_a_hanging_fetch_replaces_it_within_its_own_timeout() {
    let (client, _end) = hanging(1);
    thread::scope(|scope| {
        let first = scope.spawn(|| client.get(&TARGET));
        thread::sleep(Duration::from_millis(100));
        client.get(&OTHER).unwrap();
        // It has waited as long, and may have been served by the second fetch.
        let _ = first.join().unwrap();
    });
}

#[test]
fn threads_of_a_source_that_always_hangs_are_bounded() {
    let (client, _end) = hanging(usize::MAX);
    for _ in 0..5 {
        assert_eq!(client.get(&TARGET).unwrap_err().kind(), ErrorKind::Timeout);
    }
    let began = Instant::now();
    let error = client.get(&TARGET).unwrap_err();
    assert!(error.message().contains("still hang"), "{error}");
    assert!(began.elapsed() < Duration::from_millis(100), "it fails at once");
}

#[test]
fn source_that_panics_fails_its_callers_and_wedges_nothing() {
    struct Panics(AtomicUsize);
    impl CredentialsSource for Panics {
        fn provide(&self, _force_refresh: bool) -> Result<Credentials> {
            assert!(self.0.fetch_add(1, SeqCst) > 0, "on purpose");
            Credentials::new("AKID", "SECRET", None)
        }
    }
    let client = Client::new(Config::new().source(Panics(AtomicUsize::new(0)))).unwrap();
    let error = client.get(&TARGET).unwrap_err();
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::CredentialsProvider, true));
    client.get(&TARGET).unwrap();
}

#[test]
fn source_that_asks_its_own_client_gets_an_error_at_once() {
    struct Circle(Mutex<Option<Client>>);
    impl CredentialsSource for Arc<Circle> {
        fn provide(&self, _force_refresh: bool) -> Result<Credentials> {
            let client = self.0.lock().unwrap().clone().unwrap();
            client.get(&TARGET)?;
            Credentials::new("AKID", "SECRET", None)
        }
    }
    let circle = Arc::new(Circle(Mutex::new(None)));
    let client = Client::new(Config::new().source(circle.clone())).unwrap();
    *circle.0.lock().unwrap() = Some(client.clone());
    let began = Instant::now();
    let error = client.get(&TARGET).unwrap_err();
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::CredentialsProvider, false));
    assert!(began.elapsed() < Duration::from_secs(2));
    *circle.0.lock().unwrap() = None;
}

#[test]
fn call_that_may_not_wait_fails_and_begins_the_fetch() {
    let (client, source, clock) = client(|config| config);
    source.life(43_200);
    let refused = |result: Result<()>| result.unwrap_err().kind() == ErrorKind::WouldBlock;
    let open = source.gate();
    assert!(refused(binding::try_get_lease(&client, &TARGET).map(drop)));
    assert!(refused(binding::try_sign(&client, &TARGET).map(drop)));
    open.send(()).unwrap();
    eventually("the fetch", || binding::try_sign(&client, &TARGET).is_ok());
    let token = client.get(&TARGET).unwrap();
    assert!(Arc::ptr_eq(&token, &binding::try_get_lease(&client, &TARGET).unwrap().token));
    clock.step(850);
    let lease = binding::try_get_lease(&client, &TARGET).unwrap();
    assert_eq!((signed_at(&lease.token), source.calls()), (850, 1));
}

#[test]
fn pause_is_called_while_a_call_waits_and_may_end_it() {
    let (client, source, _) = client(|config| config);
    let open = source.gate();
    let mut pauses = 0;
    let error = binding::get_lease(&client, &TARGET, &mut || {
        pauses += 1;
        if pauses < 3 { Ok(()) } else { Err(Error::provider("interrupted", true)) }
    });
    assert_eq!((error.unwrap_err().message(), pauses), ("interrupted", 3));
    open.send(()).unwrap();
    client.get(&TARGET).unwrap();
    assert_eq!(source.calls(), 1, "the fetch went on");
}

struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn asynchronous_client_waits_without_a_thread_and_is_woken() {
    let (client, source, _) = client(|config| config);
    let open = source.gate();
    let client = AsyncClient::from(client);
    let woken = Arc::new(Woken(AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    let mut token = pin!(client.get(&TARGET));
    let mut signature = pin!(client.sign(&OTHER));
    assert!(token.as_mut().poll(&mut context).is_pending());
    assert!(token.as_mut().poll(&mut context).is_pending());
    assert!(signature.as_mut().poll(&mut context).is_pending());
    assert_eq!(woken.0.load(SeqCst), 0);
    open.send(()).unwrap();
    eventually("it is woken", || woken.0.load(SeqCst) > 0);
    let Poll::Ready(Ok(_)) = token.as_mut().poll(&mut context) else { panic!("a token") };
    let Poll::Ready(Ok(_)) = signature.as_mut().poll(&mut context) else { panic!("a token") };
    assert_eq!((source.calls(), client.client().stats().misses), (1, 1));
}

#[cfg(feature = "chain")]
#[test]
fn asynchronous_call_ends_at_the_timeout_and_blocks_no_runtime() {
    let (client, _end) = hanging(usize::MAX);
    let client = AsyncClient::from(client);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        // Both by hand, since the crate's Tokio has no macros.
        let began = Instant::now();
        let mut call = pin!(client.get(&TARGET));
        let mut sleep = pin!(tokio::time::sleep(Duration::from_millis(50)));
        let slept = std::future::poll_fn(|context| {
            assert!(call.as_mut().poll(context).is_pending());
            sleep.as_mut().poll(context)
        });
        slept.await;
        assert!(began.elapsed() < Duration::from_millis(180), "the runtime was blocked");
        assert_eq!(call.await.unwrap_err().kind(), ErrorKind::Timeout);
    });
}

#[cfg(feature = "chain")]
#[test]
fn provider_of_the_aws_sdk_serves_as_a_source() {
    use aws_credential_types::Credentials as SdkCredentials;
    let expiry = Some(SystemTime::now() + Duration::from_secs(300));
    let provided = SdkCredentials::new("AKID7", "SECRET", None, expiry, "test");
    let client = Client::new(Config::new().provider(provided)).unwrap();
    let token = client.get(&TARGET).unwrap();
    assert_eq!(signed_by(&token), 7);
    assert!(token.expires_at() < token.signed_at() + Duration::from_secs(301));
}
