//! Fetched credentials in a file, between calls: as the AWS CLI keeps those of its roles. Only where
//! `--cache` asks for it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use rdsiam::{Client, Credentials, Target, binding};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::arguments::AwsOptions;
use crate::failure::{Failure, Result};
use crate::output;
use crate::time::{now, rfc3339, unix};

/// Those that expire sooner are fetched again, as in the core's own cache.
const LEAST_SECONDS: i64 = 15 * 60;
const LONGEST: u64 = 64 * 1024;

/// From the file, if they are for the same settings and live long enough, or else from their source.
pub(super) fn credentials(
    client: &Client,
    target: &Target<'_>,
    aws: &AwsOptions,
) -> Result<Credentials> {
    let folder = folder()?;
    let file = folder.join(format!("{}.json", key(aws)));
    if let Some(found) = read(&file) {
        return Ok(found);
    }
    let fetched = binding::sdk_credentials(client, target)?;
    let credentials = Credentials::from(fetched.clone());
    // Without an expiry nobody could tell when they are of no use any more.
    if let Some(expiry) = fetched.expiry() {
        let text = Zeroizing::new(
            json!({
                "Credentials": {
                    "AccessKeyId": fetched.access_key_id(),
                    "SecretAccessKey": fetched.secret_access_key(),
                    "SessionToken": fetched.session_token(),
                    "Expiration": rfc3339(unix(expiry)),
                }
            })
            .to_string(),
        );
        if let Err(error) = write(&folder, &file, &text) {
            output::note(&format!("rdsiam: warning: {}: {error}", file.display()));
        }
    }
    Ok(credentials)
}

fn folder() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("RDSIAM_CACHE_DIR").filter(|name| !name.is_empty()) {
        return Ok(named.into());
    }
    let home = std::env::home_dir().ok_or_else(|| {
        Failure::configuration("--cache: no home directory; set RDSIAM_CACHE_DIR to a folder")
    })?;
    Ok(home.join(".aws").join("rdsiam").join("cache"))
}

/// A digest of all that decides where the credentials come from: the options, the variables, and the state
/// of the files.
fn key(aws: &AwsOptions) -> String {
    let mut digest = Sha256::new();
    let mut add = |part: &[u8]| {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    };
    for option in [&aws.profile, &aws.region] {
        add(option.as_deref().unwrap_or_default().as_bytes());
    }
    let mut variables: Vec<_> = std::env::vars_os()
        .filter(|(name, _)| name == "HOME" || name.as_encoded_bytes().starts_with(b"AWS_"))
        .collect();
    variables.sort();
    for (name, value) in &variables {
        add(name.as_encoded_bytes());
        add(value.as_encoded_bytes());
    }
    for (variable, name) in
        [("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials")]
    {
        let path = std::env::var_os(variable)
            .map(PathBuf::from)
            .or_else(|| std::env::home_dir().map(|home| home.join(".aws").join(name)));
        let state = path.and_then(|path| fs::metadata(path).ok());
        let changed = state.as_ref().and_then(|state| state.modified().ok());
        let length = state.map_or(0, |state| state.len());
        add(format!("{changed:?} {length}").as_bytes());
    }
    base16ct::lower::encode_string(&digest.finalize())
}

fn read(path: &Path) -> Option<Credentials> {
    let mut text = Zeroizing::new(String::new());
    let file = File::open(path).ok()?;
    is_private(&file).then_some(())?;
    file.take(LONGEST).read_to_string(&mut text).ok()?;
    let told: Value = serde_json::from_str(&text).ok()?;
    let member = |name: &str| told.get("Credentials")?.get(name)?.as_str().map(str::to_owned);
    let form = time::format_description::well_known::Rfc3339;
    let expires_at = time::OffsetDateTime::parse(&member("Expiration")?, &form).ok()?;
    let expires_at = expires_at.unix_timestamp();
    (expires_at > now().saturating_add(LEAST_SECONDS)).then_some(())?;
    binding::credentials(
        &member("AccessKeyId")?,
        &Zeroizing::new(member("SecretAccessKey")?),
        member("SessionToken").map(Zeroizing::new).as_deref().map(String::as_str),
        Some(expires_at),
    )
    .ok()
}

/// Whether nobody else can read or replace the file.
#[cfg(unix)]
fn is_private(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    file.metadata().is_ok_and(|state| {
        state.is_file()
            && state.mode() & 0o077 == 0
            && state.uid() == rustix::process::geteuid().as_raw()
    })
}

#[cfg(not(unix))]
fn is_private(_file: &File) -> bool {
    true
}

/// Under another name first: a reader finds the old file or the new one, whole.
fn write(folder: &Path, path: &Path, text: &str) -> io::Result<()> {
    make_folder(folder)?;
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(&new)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
