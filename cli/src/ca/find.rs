//! Which file has the certificates of RDS. The rule, which Python and Node have too, is in `tests/ca`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::certificate::{places as known, read_file};
use crate::time::now;

/// Names the one file to take.
pub(crate) const VARIABLE: &str = "RDSIAM_CA_BUNDLE";

/// Where to look.
pub(crate) struct Places {
    /// Stands before the trusted places, in tests.
    pub(super) root: String,
    pub(super) home: Option<PathBuf>,
    pub(super) here: PathBuf,
}

impl Default for Places {
    fn default() -> Self {
        let here = std::env::current_dir().unwrap_or_else(|_| ".".into());
        Self { root: String::new(), home: std::env::home_dir(), here }
    }
}

pub(super) fn find(
    places: &Places,
    named: Option<OsString>,
    region: Option<&str>,
) -> Result<PathBuf, String> {
    let named = named.filter(|name| !name.is_empty()).map(|name| places.here.join(name));
    let candidates = match &named {
        Some(path) => vec![(path.clone(), true)],
        None => candidates(places, region),
    };
    let mut why = Vec::new();
    for (path, is_trusted) in candidates {
        let Some(problem) = problem(&path, region, is_trusted) else { return Ok(path) };
        if named.is_some() || path.exists() {
            why.push(format!("{} {problem}", path.display()));
        }
    }
    let found =
        if why.is_empty() { "none was found in the usual places".into() } else { why.join("; ") };
    Err(format!(
        "no certificates of RDS: {found}. Download {}, and set {VARIABLE} or give ca with its path \
         (for RDS Proxy, whose certificates are Amazon's own, ca may be system)",
        urls(region).join(" or ")
    ))
}

/// By how far they are trusted.
fn candidates(places: &Places, region: Option<&str>) -> Vec<(PathBuf, bool)> {
    let mut files = vec!["global-bundle.pem".to_owned()];
    files.extend(region.map(|region| format!("{region}-bundle.pem")));
    let mut found = Vec::new();
    for place in known("trusted") {
        let names = if place.ends_with('/') { files.as_slice() } else { &[String::new()] };
        let paths = names.iter().map(|file| format!("{}{place}{file}", places.root));
        found.extend(paths.map(|path| (path.into(), true)));
    }
    for place in known("open") {
        match place.strip_prefix("~/") {
            Some(file) => found.extend(places.home.as_ref().map(|home| (home.join(file), false))),
            None => found.extend(files.iter().map(|file| (places.here.join(file), false))),
        }
    }
    found
}

/// Where RDS publishes the certificates of a region, or of all.
pub(super) fn urls(region: Option<&str>) -> Vec<String> {
    const DOWNLOAD: &str = "https://truststore.pki.rds.amazonaws.com";
    let global = format!("{DOWNLOAD}/global/global-bundle.pem");
    match region {
        Some(region) if region.starts_with("cn-") => vec![format!(
            "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/{region}/{region}-bundle.pem"
        )],
        Some(region) if region.starts_with("us-gov-") => vec![format!(
            "https://truststore.pki.{region}.rds.amazonaws.com/{region}/{region}-bundle.pem"
        )],
        Some(region) => vec![global, format!("{DOWNLOAD}/{region}/{region}-bundle.pem")],
        None => vec![global],
    }
}

/// Why a file does not serve.
pub(super) fn problem(path: &Path, region: Option<&str>, is_trusted: bool) -> Option<String> {
    let certificates = match read_file(path) {
        Ok(certificates) => certificates,
        Err(error) => return Some(format!("cannot be read ({})", name_of(&error))),
    };
    let roots: Vec<_> = certificates.iter().filter(|one| one.region.is_some()).collect();
    if roots.is_empty() {
        return Some("has no root certificate of RDS".into());
    }
    if !is_trusted && !certificates.iter().all(|one| one.is_published) {
        return Some(format!(
            "has a certificate that is not known as one of RDS, and others may have put it there; \
             if it is right, set {VARIABLE} to the file"
        ));
    }
    let now = now();
    let is_alive = |one: &&&super::Certificate| one.begin <= now && now < one.end;
    let alive: Vec<_> =
        roots.iter().filter(is_alive).filter_map(|one| one.region.as_deref()).collect();
    if alive.is_empty() {
        return Some("has only root certificates of RDS that are out of date".into());
    }
    let region = region.filter(|region| !alive.contains(region))?;
    let is_gone = roots.iter().any(|one| one.region.as_deref() == Some(region));
    let what = if is_gone { "only out of date roots" } else { "no root" };
    Some(format!("has {what} of RDS for {region}"))
}

/// The name that C has for an error of the system, which is the same in every language.
fn name_of(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "ENOENT".into(),
        ErrorKind::PermissionDenied => "EACCES".into(),
        ErrorKind::IsADirectory => "EISDIR".into(),
        ErrorKind::NotADirectory => "ENOTDIR".into(),
        _ => error.raw_os_error().map_or_else(|| "unknown".into(), |number| number.to_string()),
    }
}
