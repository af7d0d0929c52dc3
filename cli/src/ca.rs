//! `rdsiam ca`: where the certificates of RDS are, whether they will do, and where to have them from.

mod certificate;
mod find;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::arguments::TEMPLATE;
use crate::failure::{Failure, Result};
use crate::output;
use crate::time::{now, rfc3339};

pub(crate) use certificate::Certificate;
pub(crate) use find::{Places, VARIABLE};

/// Finds a file with the root certificates of RDS and prints its path
///
/// Looks at the file that RDSIAM_CA_BUNDLE names, or else at the usual places. A file serves if it has a
/// root of RDS, of the region where one is given, that is valid now. Exit status 253: no file serves.
#[derive(Debug, Args)]
#[command(
    help_template = TEMPLATE,
    before_help = "Examples:
  psql \"host=HOST user=app sslmode=verify-full sslrootcert=$(rdsiam ca)\"
  rdsiam ca --list
  rdsiam ca --check global-bundle.pem --region eu-central-1
  rdsiam ca --download-hint --region eu-central-1
"
)]
pub(crate) struct CaOptions {
    /// The region of the database
    #[arg(long)]
    region: Option<String>,
    /// Check this file instead of the usual ones
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
    /// Print the roots of RDS in the file, and until when each is valid
    #[arg(long)]
    list: bool,
    /// Print where RDS publishes them
    #[arg(long, conflicts_with_all = ["list", "check"])]
    download_hint: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(given: &CaOptions) -> Result<ExitCode> {
    let region = given.region.as_deref();
    if given.download_hint {
        let urls = find::urls(region);
        let text = if given.json {
            json!({ "urls": urls }).to_string()
        } else {
            let each = |url: &String| format!("curl --fail --remote-name {url}");
            urls.iter().map(each).collect::<Vec<_>>().join("\n")
        };
        output::print(&text)?;
        return Ok(ExitCode::SUCCESS);
    }
    let path = match &given.check {
        Some(path) => match find::problem(path, region, true) {
            None => path.clone(),
            Some(problem) => {
                let path = path.display();
                return Err(Failure::configuration(format!("{path} {problem}")));
            }
        },
        None => bundle(region)?,
    };
    output::print(&told(given, &path)?)?;
    Ok(ExitCode::SUCCESS)
}

/// The first file with roots of RDS that serve, for a region if one is given.
pub(crate) fn bundle(region: Option<&str>) -> Result<PathBuf> {
    find::find(&Places::default(), std::env::var_os(VARIABLE), region)
        .map_err(Failure::configuration)
}

fn told(given: &CaOptions, path: &Path) -> Result<String> {
    if !given.json && !given.list {
        return Ok(path.display().to_string());
    }
    let roots: Vec<Certificate> = certificate::read_file(path)
        .map_err(|error| Failure::configuration(format!("{}: {error}", path.display())))?
        .into_iter()
        .filter(|one| one.region.is_some())
        .collect();
    if given.json {
        let roots: Vec<_> = roots.iter().map(Certificate::to_json).collect();
        return Ok(json!({ "path": path.display().to_string(), "roots": roots }).to_string());
    }
    let mut text = path.display().to_string();
    for root in &roots {
        let state = match () {
            () if root.begin > now() => ", not valid yet",
            () if root.end <= now() => ", expired",
            () if !root.is_published => ", not known as published by RDS",
            () => "",
        };
        text.push_str(&format!("\n  until {}  {}{state}", rfc3339(root.end), root.name));
    }
    Ok(text)
}
