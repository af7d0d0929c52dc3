//! Hosts that fetch credentials themselves.

use super::*;

fn credentials(expires_at: Option<i64>) -> Credentials {
    Credentials::with_unix_expiry("AKID0", "SECRET", None, expires_at).unwrap()
}

fn host() -> (Client, ManualClock) {
    let (client, _, clock) = client(binding::host_fetches);
    (client, clock)
}

fn fetch(client: &Client, target: &Target<'_>) -> CredentialRequest {
    match binding::next_lease(client, target) {
        Ok(Action::Fetch(request)) => request,
        _ => panic!("no request"),
    }
}

fn serve(client: &Client, target: &Target<'_>) -> Lease {
    match binding::next_lease(client, target) {
        Ok(Action::Serve(lease)) => lease,
        _ => panic!("no token"),
    }
}

#[test]
fn host_gets_one_request_for_all_targets() {
    let (client, clock) = host();
    let request = fetch(&client, &TARGET);
    assert!(!request.force_refresh());
    let Ok(Action::Wait(pending)) = binding::next_lease(&client, &OTHER) else {
        panic!("a second request")
    };
    assert!(matches!(client.next_signature(&OTHER), Ok(Action::Wait(_))));
    assert!(request.complete(credentials(Some(NOW + 43_200))).unwrap().is_none());
    pending.wait().unwrap();
    pending.outcome(&client).unwrap();
    let lease = serve(&client, &TARGET);
    assert!(Arc::ptr_eq(&lease.token, &serve(&client, &TARGET).token));
    serve(&client, &OTHER);
    assert!(matches!(client.next_signature(&OTHER), Ok(Action::Serve(_))));
    assert_eq!(signed_at(&client.get(&TARGET).unwrap()), 0);
    clock.step(850);
    assert_eq!(signed_at(&serve(&client, &TARGET).token), 850);
}

#[test]
fn stale_credentials_serve_and_are_requested_once() {
    let (client, clock) = host();
    fetch(&client, &TARGET).complete(credentials(Some(NOW + 1000))).unwrap();
    clock.step(101);
    let Ok(Action::ServeAndFetch(_, request)) = binding::next_lease(&client, &TARGET) else {
        panic!("both")
    };
    serve(&client, &TARGET);
    let _ = request.fail(Error::provider("no", true));
    serve(&client, &TARGET);
    // The cached token is valid, the credentials are not, and the last fetch has just failed.
    clock.step(880);
    let Ok(Action::ServeAndFetch(lease, request)) = binding::next_lease(&client, &TARGET) else {
        panic!("both")
    };
    assert!(lease.token.unix_expires_at() > NOW + 981);
    let _ = request.fail(Error::provider("no", true));
    serve(&client, &TARGET);
}

#[test]
fn credentials_that_expire_soon_are_requested_once_more() {
    let (client, _) = host();
    let second = fetch(&client, &TARGET).complete(credentials(Some(NOW + 300))).unwrap();
    let second = second.expect("they expire within 15 minutes");
    assert!(second.force_refresh());
    assert!(second.complete(credentials(Some(NOW + 200))).unwrap().is_none());
    assert_eq!(serve(&client, &TARGET).token.unix_expires_at(), NOW + 300);

    let (client, _) = host();
    let second = fetch(&client, &TARGET).complete(credentials(Some(NOW + 300))).unwrap();
    let _ = second.unwrap().fail(Error::provider("no", true));
    assert_eq!(serve(&client, &TARGET).token.unix_expires_at(), NOW + 300);

    let (client, _) = host();
    let second = fetch(&client, &TARGET).complete(credentials(Some(NOW))).unwrap();
    let error = second.unwrap().complete(credentials(Some(NOW - 1))).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::CredentialsExpired);
}

#[test]
fn dropped_request_fails_its_waiters_and_the_next_caller_gets_another() {
    let (client, _) = host();
    let request = fetch(&client, &TARGET);
    let Ok(Action::Wait(pending)) = binding::next_lease(&client, &OTHER) else {
        panic!("a second request")
    };
    drop(request);
    pending.wait().unwrap();
    let error = pending.outcome(&client).unwrap_err();
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::CredentialsProvider, true));
    drop(fetch(&client, &OTHER));
}

#[test]
fn lost_request_is_replaced_after_the_timeout_and_may_still_complete() {
    let (client, _, _) =
        client(|config| binding::host_fetches(config.timeout(Duration::from_millis(50))));
    let lost = fetch(&client, &TARGET);
    let Ok(Action::Wait(pending)) = binding::next_lease(&client, &OTHER) else {
        panic!("a second request")
    };
    assert!(pending.wait().is_ok() || pending.outcome(&client).is_err());
    thread::sleep(Duration::from_millis(60));
    let second = fetch(&client, &TARGET);
    lost.complete(credentials(None)).unwrap();
    serve(&client, &TARGET);
    drop(second);
    serve(&client, &TARGET);
}

#[test]
fn blocking_call_on_such_a_client_waits_for_a_request_but_never_begins_one() {
    let (client, _) = host();
    assert_eq!(client.get(&TARGET).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(client.sign(&TARGET).unwrap_err().kind(), ErrorKind::WouldBlock);
    let request = fetch(&client, &TARGET);
    thread::scope(|scope| {
        let caller = scope.spawn(|| client.get(&TARGET).unwrap());
        eventually("it waits", || !caller.is_finished());
        request.complete(credentials(None)).unwrap();
        caller.join().unwrap();
    });
}
