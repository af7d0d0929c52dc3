//! A config file that is a pipe, such as `<(...)` of a shell, is waited for, and holds up no fork.
#![cfg(all(unix, feature = "chain"))]
#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rdsiam::binding::fork;
use rdsiam::{Client, Config, Target};

#[test]
fn a_fork_does_not_wait_for_a_config_file() {
    let pipe = std::env::temp_dir().join(format!("rdsiam-pipe-{}", std::process::id()));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // SAFETY: this is the only thread.
    unsafe { std::env::set_var("AWS_CONFIG_FILE", &pipe) };
    let get = thread::spawn(|| {
        let client = Client::new(Config::new().profile("app")).unwrap();
        let target = Target::new("db.abc.us-east-1.rds.amazonaws.com", 5432, "app");
        client.get(&target).map(|token| token.as_str().contains("AKIDPIPE"))
    });
    // It waits for somebody to write.
    thread::sleep(Duration::from_millis(300));
    assert!(!get.is_finished());
    let began = Instant::now();
    fork::before();
    fork::after_in_parent();
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    let keys = "[profile app]\naws_access_key_id = AKIDPIPE\naws_secret_access_key = S\n";
    std::fs::write(&pipe, keys).unwrap();
    assert!(get.join().unwrap().unwrap());
    std::fs::remove_file(pipe).unwrap();
}
