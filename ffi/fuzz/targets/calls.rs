//! Any sequence of calls that a C program could make with handles that are its own: NULL for any
//! pointer, strings of any bytes and length, outputs that are not fresh, a configuration that is
//! set twice, a provider that does not keep its word. What no header can forbid and no library
//! can notice (a handle that was freed, a wild pointer) is not among it.

use std::ffi::{CStr, CString, c_char};
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::callbacks::{SECRET, UserData, end, free_data, on_event, provide};
use super::input::Input;
use crate::Status;
use crate::client::*;
use crate::config::*;
use crate::credentials::*;
use crate::error::*;
use crate::event::*;
use crate::explain::*;
use crate::provider::*;
use crate::quote::*;
use crate::request::*;
use crate::token::get::*;
use crate::token::refused::*;
use crate::token::*;
use crate::version::*;

/// Put into outputs beforehand: a call that leaves it there has not cleared them.
const STALE: usize = 0xdead_0000;

pub(crate) fn run(data: &[u8]) {
    let freed = Arc::new(AtomicUsize::new(0));
    let mut program = Program { freed: Arc::clone(&freed), ..Program::default() };
    let mut input = Input::new(data);
    if input.knows(SECRET) {
        return;
    }
    for _ in 0..64 {
        let call = input.number();
        if call == 0 {
            break;
        }
        program.call(call, &mut input);
    }
    let given = program.given;
    program.free_all();
    // A fetch may still hold its client.
    let deadline = Instant::now() + Duration::from_secs(10);
    while freed.load(Ordering::SeqCst) != given {
        assert!(Instant::now() < deadline, "user data is freed once, and only once");
        std::thread::sleep(Duration::from_micros(50));
    }
}

/// What the program holds.
#[derive(Default)]
struct Program {
    configs: Vec<*mut OwnedConfig>,
    credentials: Vec<*mut OwnedCredentials>,
    clients: Vec<*mut OwnedClient>,
    tokens: Vec<*mut SharedToken>,
    requests: Vec<*mut OwnedRequest>,
    pending: Vec<*mut OwnedPending>,
    errors: Vec<*mut OwnedError>,
    /// User data given to the library, and how much of it came back.
    given: usize,
    freed: Arc<AtomicUsize>,
}

/// A string argument: NULL, or any bytes without a NUL.
struct Text(Option<CString>);

impl Text {
    fn read(input: &mut Input<'_>) -> Self {
        let bytes = input.bytes();
        let text = match bytes.split_last() {
            None => return Self(None),
            // The last byte is how often the rest is to be repeated, for wild lengths.
            Some((times, rest)) => {
                rest.repeat(usize::from(*times).pow(2).min(1 << 16 >> rest.len().min(16)))
            }
        };
        Self(CString::new(text.into_iter().filter(|byte| *byte != 0).collect::<Vec<_>>()).ok())
    }

    /// With the mark that no message may have.
    fn secret(input: &mut Input<'_>) -> Self {
        let Self(text) = Self::read(input);
        Self(text.and_then(|text| CString::new([SECRET.as_bytes(), text.to_bytes()].concat()).ok()))
    }

    fn ptr(&self) -> *const c_char {
        self.0.as_ref().map_or(null(), |text| text.as_ptr())
    }
}

/// One of those that the program has, or NULL.
fn one_of<T>(handles: &[*mut T], input: &mut Input<'_>) -> *mut T {
    let index = input.number().unsigned_abs() as usize % (handles.len() + 1);
    handles.get(index).copied().unwrap_or(null_mut())
}

/// One of those that the program has, or NULL, which it gives away.
fn take<T>(handles: &mut Vec<*mut T>, input: &mut Input<'_>) -> *mut T {
    let index = input.number().unsigned_abs() as usize % (handles.len() + 1);
    if index < handles.len() { handles.swap_remove(index) } else { null_mut() }
}

impl Program {
    fn call(&mut self, call: i64, input: &mut Input<'_>) {
        match call.unsigned_abs() % 36 {
            0 => self.configs.push(rdsiam_config_new()),
            1 => self.set_text(input, rdsiam_config_set_region),
            2 => self.set_text(input, rdsiam_config_set_profile),
            3 => {
                let (config, credentials) =
                    (one_of(&self.configs, input), one_of(&self.credentials, input));
                // SAFETY: handles of the library that were not freed, or NULL.
                self.status(input, |err| unsafe {
                    rdsiam_config_set_credentials(config, credentials, err)
                });
            }
            4 => self.set_provider(input),
            5 => self.set_number(input),
            // SAFETY: a handle that the program had and gives away, or NULL; so for all below.
            6 => unsafe { rdsiam_config_free(take(&mut self.configs, input)) },
            7 => self.credentials_new(input),
            // SAFETY: as above.
            8 => unsafe { rdsiam_credentials_free(take(&mut self.credentials, input)) },
            9 => {
                let config = one_of(&self.configs, input);
                // SAFETY: a configuration of the library that was not freed, or NULL.
                let made =
                    self.out(input, |out, err| unsafe { rdsiam_client_new(config, out, err) });
                self.clients.extend(made);
            }
            // SAFETY: as above.
            10 => unsafe { rdsiam_client_free(take(&mut self.clients, input)) },
            // While a request is open, the others wait for it, for seconds.
            11..=13 if self.requests.is_empty() => self.token_by_client(input, rdsiam_token_get),
            11..=13 => self.token_by_client(input, rdsiam_token_try_get),
            14 if self.requests.is_empty() => self.token_by_client(input, rdsiam_token_sign),
            14 => self.token_by_client(input, rdsiam_token_try_sign),
            15 => self.token_sign_at(input),
            16 => self.invalidate(input),
            17 => read_token(one_of(&self.tokens, input)),
            // SAFETY: as above.
            18 => unsafe { rdsiam_token_free(take(&mut self.tokens, input)) },
            19 => read_error(one_of(&self.errors, input)),
            20 => {
                let config = one_of(&self.configs, input);
                // SAFETY: a configuration of the library that was not freed, or NULL.
                self.status(input, |err| unsafe { rdsiam_config_set_host_fetches(config, err) });
            }
            21 => self.set_on_event(input),
            22 => self.ask(input, rdsiam_token_sign_or_fetch),
            23 | 24 => self.ask(input, rdsiam_token_get_or_fetch),
            25 => self.request_complete(input),
            26 => {
                let (request, error) = (one_of(&self.requests, input), one_of(&self.errors, input));
                // SAFETY: handles of the library that were not freed, or NULL.
                self.status(input, |err| unsafe { rdsiam_request_fail(request, error, err) });
            }
            // SAFETY: as above.
            27 => unsafe { rdsiam_request_free(take(&mut self.requests, input)) },
            28 if self.requests.is_empty() => {
                let pending = one_of(&self.pending, input);
                // SAFETY: a handle of the library that was not freed, or NULL.
                self.status(input, |err| unsafe { rdsiam_pending_wait(pending, err) });
            }
            // SAFETY: as above.
            28 | 29 => unsafe { rdsiam_pending_free(take(&mut self.pending, input)) },
            30 => self.refused(input),
            31 => self.explain(input),
            32 => self.quote(input),
            33 => self.stat(input),
            34 => {
                let (status, message) = (input.number() as i32, Text::read(input));
                // SAFETY: a string or NULL.
                let error = unsafe { rdsiam_error_new(status, message.ptr(), status % 2 == 0) };
                assert!(!error.is_null());
                self.errors.push(error);
            }
            _ => {
                // SAFETY: as above.
                unsafe { rdsiam_error_free(take(&mut self.errors, input)) };
                assert_eq!(rdsiam_abi_version(), RDSIAM_ABI_VERSION);
                assert!(!rdsiam_version().is_null());
            }
        }
    }

    /// A call whose only output is an error, which the program may not want.
    fn status(&mut self, input: &mut Input<'_>, call: impl FnOnce(*mut *mut OwnedError) -> Status) {
        let mut err = STALE as *mut OwnedError;
        let wanted = input.number() % 4 != 3;
        let status = call(if wanted { &raw mut err } else { null_mut() });
        self.check(status, err, wanted);
    }

    /// A call that returns a handle, which the program may have no place for.
    fn out<T>(
        &mut self,
        input: &mut Input<'_>,
        call: impl FnOnce(*mut *mut T, *mut *mut OwnedError) -> Status,
    ) -> Option<*mut T> {
        let mut out = STALE as *mut T;
        let has_place = input.number() % 8 != 7;
        let mut status = 0;
        self.status(input, |err| {
            status = call(if has_place { &raw mut out } else { null_mut() }, err);
            status
        });
        if !has_place {
            assert_eq!(status, RDSIAM_ERR_INVALID_ARGUMENT, "no place for a result");
            return None;
        }
        assert_eq!(out.is_null(), status != RDSIAM_OK, "a result if and only if there is success");
        Some(out).filter(|out| !out.is_null())
    }

    fn check(&mut self, status: Status, err: *mut OwnedError, wanted: bool) {
        assert!(status != RDSIAM_ERR_PANIC && status != RDSIAM_ERR_INTERNAL, "status {status}");
        if !wanted {
            assert_eq!(err as usize, STALE, "an error where none was wanted");
            return;
        }
        assert_eq!(err.is_null(), status == RDSIAM_OK, "an error if and only if there is none");
        // SAFETY: NULL or an error that was just made.
        assert_eq!(unsafe { rdsiam_error_status(err) }, status);
        read_error(err);
        self.errors.extend(Some(err).filter(|err| !err.is_null()));
    }

    fn set_text(
        &mut self,
        input: &mut Input<'_>,
        set: unsafe extern "C" fn(*mut OwnedConfig, *const c_char, *mut *mut OwnedError) -> Status,
    ) {
        let (config, text) = (one_of(&self.configs, input), Text::read(input));
        // SAFETY: a configuration that was not freed, and a string, or NULL.
        self.status(input, |err| unsafe { set(config, text.ptr(), err) });
    }

    fn credentials_new(&mut self, input: &mut Input<'_>) {
        let (id, secret, session) = (Text::read(input), Text::secret(input), Text::secret(input));
        let end = end(input.number());
        // SAFETY: strings or NULL.
        let made = self.out(input, |out, err| unsafe {
            rdsiam_credentials_new(id.ptr(), secret.ptr(), session.ptr(), end, out, err)
        });
        self.credentials.extend(made);
    }

    fn set_provider(&mut self, input: &mut Input<'_>) {
        let config = one_of(&self.configs, input);
        let manner = input.number();
        let provider: ProviderFn = if manner % 8 == 7 { None } else { Some(provide) };
        let freed = Arc::clone(&self.freed);
        let data = Box::into_raw(Box::new(UserData { manner, freed })).cast();
        self.given += 1;
        // SAFETY: a configuration that was not freed, or NULL, and data that `free_data` takes.
        self.status(input, |err| unsafe {
            rdsiam_config_set_provider(config, provider, data, Some(free_data), err)
        });
    }

    fn token_by_client(&mut self, input: &mut Input<'_>, call: TokenFn) {
        let client = one_of(&self.clients, input);
        let (host, port, user, region) = target(input);
        // SAFETY: a client that was not freed, and strings, or NULL.
        let token = self.out(input, |out, err| unsafe {
            call(client, host.ptr(), port, user.ptr(), region.ptr(), out, err)
        });
        self.keep(token);
    }

    fn token_sign_at(&mut self, input: &mut Input<'_>) {
        let credentials = one_of(&self.credentials, input);
        let (host, port, user, region) = target(input);
        let (time, expires) = (input.number(), input.number() as u32);
        // SAFETY: credentials that were not freed, and strings, or NULL.
        let token = self.out(input, |out, err| unsafe {
            rdsiam_token_sign_at(
                credentials,
                host.ptr(),
                port,
                user.ptr(),
                region.ptr(),
                time,
                expires,
                out,
                err,
            )
        });
        self.keep(token);
    }

    fn set_number(&mut self, input: &mut Input<'_>) {
        let config = one_of(&self.configs, input);
        let (which, number) = (input.number().unsigned_abs() % 5, input.number());
        let set: unsafe extern "C" fn(*mut OwnedConfig, u32, *mut *mut OwnedError) -> Status =
            match which {
                0 => rdsiam_config_set_refresh_before,
                1 => rdsiam_config_set_min_remaining,
                2 => rdsiam_config_set_expires,
                3 => rdsiam_config_set_timeout_ms,
                _ => {
                    // SAFETY: a configuration that was not freed, or NULL.
                    self.status(input, |err| unsafe {
                        rdsiam_config_set_max_entries(config, number as usize, err)
                    });
                    return;
                }
            };
        // A timeout that no call of the provider reaches.
        let number = if which == 3 { number as u32 | 0x1000 } else { number as u32 };
        // SAFETY: a configuration that was not freed, or NULL.
        self.status(input, |err| unsafe { set(config, number, err) });
    }

    fn set_on_event(&mut self, input: &mut Input<'_>) {
        let config = one_of(&self.configs, input);
        let call: EventFn = if input.number() % 8 == 7 { None } else { Some(on_event) };
        let freed = Arc::clone(&self.freed);
        let data = Box::into_raw(Box::new(UserData { manner: 0, freed })).cast();
        self.given += 1;
        // SAFETY: a configuration that was not freed, or NULL, and data that `free_data` takes.
        self.status(input, |err| unsafe {
            rdsiam_config_set_on_event(config, call, data, Some(free_data), err)
        });
    }

    fn ask(&mut self, input: &mut Input<'_>, call: AskFn) {
        let client = one_of(&self.clients, input);
        let (host, port, user, region) = target(input);
        let mut out = STALE as *mut SharedToken;
        let mut request = STALE as *mut OwnedRequest;
        let mut pending = STALE as *mut OwnedPending;
        let places = input.number();
        let has = [places % 8 != 7, places % 16 != 15, places % 32 != 31];
        let mut status = 0;
        self.status(input, |err| {
            let out = if has[0] { &raw mut out } else { null_mut() };
            let request = if has[1] { &raw mut request } else { null_mut() };
            let pending = if has[2] { &raw mut pending } else { null_mut() };
            let (host, user, region) = (host.ptr(), user.ptr(), region.ptr());
            // SAFETY: a client that was not freed, strings and places, or NULL.
            status = unsafe { call(client, host, port, user, region, out, request, pending, err) };
            status
        });
        if has.contains(&false) {
            assert_eq!(status, RDSIAM_ERR_INVALID_ARGUMENT, "no place for a result");
            return;
        }
        assert!(out as usize != STALE && request as usize != STALE && pending as usize != STALE);
        let none = out.is_null() && request.is_null() && pending.is_null();
        assert_eq!(none, status != RDSIAM_OK, "something to do if and only if there is success");
        self.keep(Some(out).filter(|out| !out.is_null()));
        self.requests.extend(Some(request).filter(|request| !request.is_null()));
        self.pending.extend(Some(pending).filter(|pending| !pending.is_null()));
    }

    fn request_complete(&mut self, input: &mut Input<'_>) {
        let (request, credentials) =
            (one_of(&self.requests, input), one_of(&self.credentials, input));
        let mut again = true;
        let mut status = 0;
        self.status(input, |err| {
            // SAFETY: handles that were not freed, or NULL.
            status = unsafe { rdsiam_request_complete(request, credentials, &raw mut again, err) };
            status
        });
        // SAFETY: a request that was not freed, or NULL.
        let forced = unsafe { rdsiam_request_force_refresh(request) };
        assert!(!again || (status == RDSIAM_OK && forced));
    }

    fn refused(&mut self, input: &mut Input<'_>) {
        let client = one_of(&self.clients, input);
        let (host, port, user, region) = target(input);
        let token = one_of(&self.tokens, input);
        // SAFETY: a token that was not freed, or NULL.
        let token = unsafe { rdsiam_token_str(token) };
        let (began, mut retry) = (input.number(), true);
        let mut status = 0;
        self.status(input, |err| {
            let (host, user, region, retry) =
                (host.ptr(), user.ptr(), region.ptr(), &raw mut retry);
            // SAFETY: a client that was not freed, strings and a place, or NULL.
            status = unsafe {
                rdsiam_login_refused(client, host, port, user, region, token, began, retry, err)
            };
            status
        });
        assert!(!retry || status == RDSIAM_OK);
        // SAFETY: a client that was not freed, and strings, or NULL.
        self.status(input, |err| unsafe {
            let (host, user, region) = (host.ptr(), user.ptr(), region.ptr());
            rdsiam_token_invalidate_if(client, host, port, user, region, token, err)
        });
    }

    fn explain(&mut self, input: &mut Input<'_>) {
        let text = Text::read(input);
        // SAFETY: a string or NULL.
        let explanation =
            self.out(input, |out, err| unsafe { rdsiam_explain(text.ptr(), out, err) });
        let explanation = explanation.unwrap_or(null_mut());
        let (field, index) = (input.number() as i32, input.number() as usize);
        // SAFETY: an explanation that is freed below, or NULL.
        let _ = unsafe { rdsiam_explanation_field(explanation, field) };
        // SAFETY: as above.
        let _ = unsafe { rdsiam_explanation_problem(explanation, index) };
        // SAFETY: as above.
        assert!(!unsafe { rdsiam_explanation_text(explanation) }.is_null());
        // SAFETY: as above.
        unsafe { rdsiam_explanation_free(explanation) };
    }

    fn quote(&mut self, input: &mut Input<'_>) {
        let (text, place) = (Text::read(input), input.number() as i32 % 6);
        // SAFETY: a string or NULL.
        let quoted =
            self.out(input, |out, err| unsafe { rdsiam_quote(text.ptr(), place, out, err) });
        let quoted = quoted.unwrap_or(null_mut());
        // SAFETY: a quoted text that is freed below, or NULL.
        assert_eq!(unsafe { rdsiam_quoted_str(quoted) }.is_null(), quoted.is_null());
        // SAFETY: as above.
        unsafe { rdsiam_quoted_free(quoted) };
    }

    fn stat(&mut self, input: &mut Input<'_>) {
        let (client, stat) = (one_of(&self.clients, input), input.number() as i32 % 12);
        let mut number = u64::MAX;
        // SAFETY: a client that was not freed, or NULL, and a place.
        self.status(input, |err| unsafe { rdsiam_client_stat(client, stat, &raw mut number, err) });
        assert_ne!(number, u64::MAX);
    }

    fn invalidate(&mut self, input: &mut Input<'_>) {
        let client = one_of(&self.clients, input);
        let (host, port, user, region) = target(input);
        // SAFETY: a client that was not freed, and strings, or NULL.
        self.status(input, |err| unsafe {
            rdsiam_token_invalidate(client, host.ptr(), port, user.ptr(), region.ptr(), err)
        });
    }

    fn keep(&mut self, token: Option<*mut SharedToken>) {
        if let Some(token) = token {
            read_token(token);
            self.tokens.push(token);
        }
    }

    fn free_all(self) {
        for request in self.requests {
            // SAFETY: each handle is of the library and given away here; so for all below.
            unsafe { rdsiam_request_free(request) };
        }
        for pending in self.pending {
            // SAFETY: as above.
            unsafe { rdsiam_pending_free(pending) };
        }
        // Tokens stay readable after their client is gone.
        for client in self.clients {
            // SAFETY: as above.
            unsafe { rdsiam_client_free(client) };
        }
        for token in self.tokens {
            read_token(token);
            // SAFETY: as above.
            unsafe { rdsiam_token_free(token) };
        }
        for config in self.configs {
            // SAFETY: as above.
            unsafe { rdsiam_config_free(config) };
        }
        for credentials in self.credentials {
            // SAFETY: as above.
            unsafe { rdsiam_credentials_free(credentials) };
        }
        for error in self.errors {
            // SAFETY: as above.
            unsafe { rdsiam_error_free(error) };
        }
    }
}

type TokenFn = unsafe extern "C" fn(
    *const OwnedClient,
    *const c_char,
    u16,
    *const c_char,
    *const c_char,
    *mut *mut SharedToken,
    *mut *mut OwnedError,
) -> Status;

type AskFn = unsafe extern "C" fn(
    *const OwnedClient,
    *const c_char,
    u16,
    *const c_char,
    *const c_char,
    *mut *mut SharedToken,
    *mut *mut OwnedRequest,
    *mut *mut OwnedPending,
    *mut *mut OwnedError,
) -> Status;

fn target(input: &mut Input<'_>) -> (Text, u16, Text, Text) {
    (Text::read(input), input.number() as u16, Text::read(input), Text::read(input))
}

fn read_token(token: *mut SharedToken) {
    // SAFETY: NULL or a token that was not freed; so for all below.
    let text = unsafe { rdsiam_token_str(token) };
    // SAFETY: as above.
    let length = unsafe { rdsiam_token_len(token) };
    // SAFETY: as above.
    let expires_at = unsafe { rdsiam_token_expires_at(token) };
    if token.is_null() {
        assert!(text.is_null() && length == 0 && expires_at == 0);
        return;
    }
    // SAFETY: the string of a token, which ends with a NUL.
    let text = unsafe { CStr::from_ptr(text) };
    assert_eq!(text.to_bytes().len(), length);
    assert!(text.to_str().is_ok_and(|text| text.contains("/?Action=connect&DBUser=")));
    assert!(expires_at > 0);
}

fn read_error(error: *mut OwnedError) {
    // SAFETY: NULL or an error that was not freed; so for all below.
    let status = unsafe { rdsiam_error_status(error) };
    // SAFETY: as above.
    let retryable = unsafe { rdsiam_error_retryable(error) };
    // SAFETY: as above.
    let code = unsafe { text_of(error, rdsiam_error_code) };
    // SAFETY: as above.
    let message = unsafe { text_of(error, rdsiam_error_message) };
    if error.is_null() {
        assert!(status == RDSIAM_OK && !retryable && code.is_empty() && message.is_empty());
        return;
    }
    assert!(status != RDSIAM_OK && code.starts_with("ERR_RDSIAM_") && !message.is_empty());
    assert!(!message.contains(SECRET), "a secret in a message: {message}");
}

/// # Safety
/// `error` is NULL or an error that lives for `'a`.
unsafe fn text_of<'a>(
    error: *const OwnedError,
    read: unsafe extern "C" fn(*const OwnedError) -> *const c_char,
) -> &'a str {
    // SAFETY: as this function asks.
    let text = unsafe { read(error) };
    assert!(!text.is_null());
    // SAFETY: the string of an error, which ends with a NUL and lives as long.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap()
}
