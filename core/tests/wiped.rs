//! What is freed has no secret in it: an allocator looks at each block that comes back.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use rdsiam::{
    Client, Config, Conventions, Credentials, CredentialsSource, Quoting, Result, Target, quote,
};

const HOST: &str = "mydb.abc123.us-east-1.rds.amazonaws.com";
const SECRET: &str = "a-secret-that-stands-nowhere-else";
const SESSION: &str = "a/session+token/that=stands/nowhere/else";
/// Parts of what must not be found: raw, encoded, and a token to the end.
const NEEDLES: [&[u8]; 4] =
    [SECRET.as_bytes(), SESSION.as_bytes(), b"a%2Fsession%2Btoken%2F", b"X-Amz-Signature="];

static LOOKING: AtomicBool = AtomicBool::new(false);
static FOUND: [AtomicUsize; 4] = [const { AtomicUsize::new(0) }; 4];

/// The default `realloc` of the trait allocates, copies and frees: a block that moves is seen.
struct Looking;

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Looking {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises. In zeros, so that what was there before is not found.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if LOOKING.load(SeqCst) {
            // SAFETY: the block is still the caller's, and was in zeros from the beginning.
            let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) };
            for (needle, found) in NEEDLES.iter().zip(&FOUND) {
                if bytes.windows(needle.len()).any(|window| window == *needle) {
                    found.fetch_add(1, SeqCst);
                }
            }
        }
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Looking = Looking;

/// How many freed blocks had which needle.
fn found_after(work: impl FnOnce()) -> [usize; 4] {
    LOOKING.store(true, SeqCst);
    work();
    LOOKING.store(false, SeqCst);
    FOUND.each_ref().map(|found| found.swap(0, SeqCst))
}

struct Source;

impl CredentialsSource for Source {
    fn provide(&self, _force_refresh: bool) -> Result<Credentials> {
        Credentials::new("AKIDEXAMPLE", SECRET, Some(SESSION))
    }
}

fn use_client(config: Config) {
    let client = Client::new(config.conventions(Conventions::BOTOCORE).max_entries(2)).unwrap();
    for user in ["one", "two", "three", "one"] {
        let target = Target::new(HOST, 5432, user);
        client.get(&target).unwrap();
        client.sign(&target).unwrap();
        client.handle(&target).unwrap().get().unwrap();
        client.invalidate(&target).unwrap();
    }
}

/// One test, since the allocator is that of the process.
#[test]
fn nothing_secret_is_freed() {
    // It would be seen: here it is left behind on purpose.
    let left = found_after(|| drop([SECRET, SESSION, "X-Amz-Signature="].map(str::to_owned)));
    assert_eq!(left, [1, 1, 0, 1]);

    let keys = Credentials::new("AKIDEXAMPLE", SECRET, Some(SESSION)).unwrap();
    for (config, keys_derived) in
        [(Config::new().credentials(keys), 1), (Config::new().source(Source), 1)]
    {
        // aws-sigv4 frees the secret as it is, once for each key of a day that it derives.
        assert_eq!(found_after(|| use_client(config)), [keys_derived, 0, 0, 0]);
    }
    quoting_leaves_nothing();
    #[cfg(all(unix, feature = "chain"))]
    profiles_leave_nothing();
}

/// The secret, and so many characters after it that grow that a buffer too short would be moved.
fn quoting_leaves_nothing() {
    for (place, grows) in [
        (Quoting::Url, "%"),
        (Quoting::Pgpass, ":"),
        (Quoting::Odbc, "}"),
        (Quoting::OdbcPercent, "%"),
    ] {
        let text = format!("{SECRET}{}", grows.repeat(1000));
        let freed = found_after(|| assert!(quote(&text, place).as_str().contains(SECRET)));
        assert_eq!(freed, [0; 4], "{place:?}");
    }
}

/// Keys of profiles, in each dialect and from each place: the text of the files, its settings, the
/// plan, the output of a process and its JSON.
#[cfg(all(unix, feature = "chain"))]
fn profiles_leave_nothing() {
    let folder = std::env::temp_dir().join(format!("rdsiam-wiped-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (config, credentials) = (folder.join("config"), folder.join("credentials"));
    let keys = format!(
        "aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = {SECRET}\n\
         aws_session_token = {SESSION}\n"
    );
    let session = SESSION.replace('/', "\\/");
    let json = format!(
        r#"{{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "{SECRET}", "SessionToken": "{session}"}}"#
    );
    std::fs::write(folder.join("answer"), json).unwrap();
    let answer = folder.join("answer").display().to_string();
    let padding = "# a long comment, so that the text is read in several parts\n".repeat(900);
    let process = format!("[profile process]\ncredential_process = cat {answer}\n");
    std::fs::write(&config, format!("{padding}[default]\n{keys}{process}")).unwrap();
    std::fs::write(&credentials, format!("[elsewhere]\n{keys}")).unwrap();
    for (name, value) in [
        ("AWS_CONFIG_FILE", config.as_path()),
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.as_path()),
        ("AWS_EC2_METADATA_DISABLED", std::path::Path::new("true")),
    ] {
        // SAFETY: this is the only thread.
        unsafe { std::env::set_var(name, value) };
    }
    for conventions in [Conventions::BOTOCORE, Conventions::JS, Conventions::SDK] {
        for profile in ["default", "elsewhere", "process"] {
            let work = || {
                let config = Config::new().profile(profile).conventions(conventions);
                Client::new(config).unwrap().get(&Target::new(HOST, 5432, "app")).unwrap();
            };
            // aws-sigv4's copy, as above.
            assert_eq!(found_after(work), [1, 0, 0, 0], "{profile} {conventions:?}");
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}
