//! The session that `aws login` left in its cache. It is renewed with the session's own key and
//! written back, as the AWS CLI and the SDKs do. Not the SDK's provider (`credentials-login` of
//! `aws-config`): that asks the sign-in service of another region than the session's, reads the
//! environment of the process, panics at a cache that lacks a field, and is 280 KB.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{fs, io};

use aws_smithy_json::deserialize::json_token_iter;
use aws_smithy_json::deserialize::token::expect_document;
use aws_smithy_json::serialize::JsonValueWriter;
use aws_smithy_types::date_time::Format;
use aws_smithy_types::{DateTime, Document};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use super::http::RecordingHttpClient;
use super::network::Variant;
use super::request::{Failure, Request};
use super::settings::Settings;
use super::{dpop, failure, file};
use crate::credentials::Credentials;
use crate::error::{Error, Result};

/// Seconds before the end in which both SDKs renew.
const MARGIN: i64 = 5 * 60;
const TIMEOUT: Duration = Duration::from_secs(3);
const ATTEMPTS: u32 = 3;
/// Of a session, if the service does not say.
const LIFE: i64 = 15 * 60;

/// A profile with `login_session`.
pub(super) struct Login {
    pub(super) session_arn: String,
    /// The profile's.
    pub(super) region: Option<String>,
    /// For what to do about a session that has ended.
    pub(super) profile: String,
}

/// Where the session is kept and renewed.
pub(super) struct SignIn {
    pub(super) folder: Option<PathBuf>,
    /// Configured in place of the service's own.
    pub(super) endpoint: Option<String>,
    /// For a session and a profile that name none.
    pub(super) region: String,
    pub(super) variant: Variant,
}

pub(super) fn cache_folder(settings: &Settings<'_>) -> Option<PathBuf> {
    let home = settings.variable(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
    match (settings.variable("AWS_LOGIN_CACHE_DIRECTORY"), home) {
        (Some(folder), home) => Some(match (folder.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => Path::new(&home).join(rest),
            _ => PathBuf::from(folder),
        }),
        (None, home) => home.map(|home| Path::new(&home).join(".aws/login/cache")),
    }
}

pub(super) async fn credentials(
    login: Login,
    service: &SignIn,
    client: &RecordingHttpClient,
) -> Result<Credentials> {
    let found = find(&login, service, client).await;
    found.map_err(|error| {
        let advice = format!("run `aws login --profile {}`", login.profile);
        error.reworded(format!("the login session does not serve, {advice}: {error}"))
    })
}

async fn find(
    login: &Login,
    service: &SignIn,
    client: &RecordingHttpClient,
) -> Result<Credentials> {
    let no_home = || Error::provider("there is no home folder to look for its cache in", false);
    let folder = service.folder.as_ref().ok_or_else(no_home)?;
    let name = dpop::hex(&Sha256::digest(login.session_arn.as_bytes()));
    let path = folder.join(name).with_extension("json");
    let mut session = Session::load(&path)?;
    let now = now();
    let end = session.end()?;
    if end - now > MARGIN {
        return session.credentials();
    }
    match session.renew(login, service, client).await {
        Ok(()) => {
            // One that cannot be kept serves nevertheless.
            let _ = file::at_rest(|| session.save(&path));
        }
        // What is left of it serves, unless the service says that it is over.
        Err(error) if end <= now || !error.retryable() => return Err(error),
        Err(_) => {}
    }
    session.credentials()
}

/// The document of the cache. Fields that are not known here stay in it.
struct Session(Document);

impl Session {
    fn load(path: &Path) -> Result<Self> {
        let shown = path.display();
        let text = file::read(path).map_err(|error| {
            Error::provider(format!("its cache {shown} cannot be read: {error}"), false)
        })?;
        let session = parsed(&text)
            .ok_or_else(|| Error::provider(format!("its cache {shown} is not JSON"), false))?;
        for field in ["clientId", "refreshToken", "dpopKey"] {
            session.text(field)?;
        }
        for field in ["accessKeyId", "secretAccessKey", "sessionToken", "expiresAt"] {
            session.access(field)?;
        }
        Ok(session)
    }

    fn text(&self, field: &str) -> Result<&str> {
        text_of(&self.0, field).ok_or_else(|| lacks(field))
    }

    fn access(&self, field: &str) -> Result<&str> {
        let access = self.0.as_object().and_then(|fields| fields.get("accessToken"));
        access.and_then(|access| text_of(access, field)).ok_or_else(|| lacks(field))
    }

    fn end(&self) -> Result<i64> {
        let end = DateTime::from_str(self.access("expiresAt")?, Format::DateTimeWithOffset);
        let wrong = |_| Error::provider("expiresAt in its cache is not an ISO 8601 time", false);
        Ok(end.map_err(wrong)?.secs())
    }

    fn credentials(&self) -> Result<Credentials> {
        let (id, secret) = (self.access("accessKeyId")?, self.access("secretAccessKey")?);
        let token = self.access("sessionToken")?;
        Credentials::with_expiry(id, secret, Some(token), Some(self.end()?))
    }

    async fn renew(
        &mut self,
        login: &Login,
        service: &SignIn,
        client: &RecordingHttpClient,
    ) -> Result<()> {
        let region = text_of(&self.0, "signInRegion").or(login.region.as_deref());
        let url = url(service, region.unwrap_or(&service.region))?;
        let odd_key = || Error::provider("the dpopKey in its cache is not a P-256 key", false);
        let proof = dpop::proof(self.text("dpopKey")?, &url, now()).ok_or_else(odd_key)?;
        let mut request = Request::get(&url, TIMEOUT);
        request.method = "POST";
        request.body = self.question()?;
        request.headers = vec![
            ("content-type", Zeroizing::new("application/json".to_owned())),
            ("dpop", Zeroizing::new(proof)),
        ];
        let answer = request.send(client, ATTEMPTS).await.map_err(Failure::into_error)?;
        if answer.status == 200 {
            return self.take(&answer.body);
        }
        let why = parsed(&answer.body).and_then(|told| {
            let (error, message) = (text_of(&told.0, "error"), text_of(&told.0, "message"));
            let error = error.map(failure::shortened)?;
            Some(format!("{error}: {}", failure::shortened(message.unwrap_or_default())))
        });
        let refusal = answer.refusal(client);
        Err(match why {
            Some(why) => refusal.reworded(format!("{why} ({refusal})")),
            None => refusal,
        })
    }

    fn question(&self) -> Result<Zeroizing<String>> {
        let mut body = Zeroizing::new(String::with_capacity(4096));
        let mut writer = JsonValueWriter::new(&mut body).start_object();
        writer.key("clientId").string(self.text("clientId")?);
        writer.key("grantType").string("refresh_token");
        writer.key("refreshToken").string(self.text("refreshToken")?);
        writer.finish();
        Ok(body)
    }

    /// Puts what the service gave in the place of what it gave before.
    fn take(&mut self, answer: &[u8]) -> Result<()> {
        let incomplete = || Error::provider("the answer to its renewal is incomplete", true);
        let told = parsed(answer).ok_or_else(incomplete)?;
        let life = told.0.as_object().and_then(|fields| match fields.get("expiresIn") {
            Some(Document::Number(seconds)) => Some(seconds.to_f64_lossy() as i64),
            _ => None,
        });
        let end = DateTime::from_secs(now() + life.unwrap_or(LIFE)).fmt(Format::DateTime);
        let refresh = told.text("refreshToken").map_err(|_| incomplete())?.to_owned();
        let fields = ["accessKeyId", "secretAccessKey", "sessionToken"];
        let mut values = Vec::new();
        for field in fields {
            values.push((field, told.access(field).map_err(|_| incomplete())?.to_owned()));
        }
        values.push(("expiresAt", end.map_err(|_| incomplete())?));
        let Document::Object(mine) = &mut self.0 else { return Err(incomplete()) };
        put(mine, "refreshToken", refresh);
        if let Some(Document::Object(access)) = mine.get_mut("accessToken") {
            for (field, value) in values {
                put(access, field, value);
            }
        }
        Ok(())
    }

    /// In one step, and for its owner alone.
    fn save(&self, path: &Path) -> io::Result<()> {
        let mut text = Zeroizing::new(String::with_capacity(8192));
        JsonValueWriter::new(&mut text).document(&self.0);
        let new =
            path.with_extension(format!("json.{}", dpop::hex(&fastrand::u64(..).to_le_bytes())));
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options
            .open(&new)
            .and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes()))
            .and_then(|()| fs::rename(&new, path));
        if written.is_err() {
            let _ = fs::remove_file(&new);
        }
        written
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn wipe(document: &mut Document) {
    match document {
        Document::String(text) => text.zeroize(),
        Document::Array(all) => all.iter_mut().for_each(wipe),
        Document::Object(fields) => fields.values_mut().for_each(wipe),
        Document::Number(_) | Document::Bool(_) | Document::Null => {}
    }
}

fn put(fields: &mut std::collections::HashMap<String, Document>, name: &str, value: String) {
    if let Some(mut old) = fields.insert(name.to_owned(), Document::String(value)) {
        wipe(&mut old);
    }
}

fn parsed(text: &[u8]) -> Option<Session> {
    let session = Session(expect_document(&mut json_token_iter(text).peekable()).ok()?);
    session.0.as_object().is_some().then_some(session)
}

fn text_of<'a>(document: &'a Document, field: &str) -> Option<&'a str> {
    document.as_object()?.get(field)?.as_string().filter(|text| !text.is_empty())
}

fn lacks(field: &str) -> Error {
    Error::provider(format!("its cache lacks {field}"), false)
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

/// A partition, by the beginning of its regions: the name of its sign-in service, and the ends of
/// its names for FIPS and for both families of addresses.
const PARTITIONS: [(&str, &str, &str, &str); 7] = [
    ("cn-", "signin.amazonaws.cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    ("us-gov-", "signin.amazonaws-us-gov.com", "amazonaws.com", "api.aws"),
    ("eusc-", "signin.amazonaws-eusc.eu", "amazonaws.eu", "api.amazonwebservices.eu"),
    ("us-iso-", "signin.c2shome.ic.gov", "c2s.ic.gov", "api.aws.ic.gov"),
    ("us-isob-", "signin.sc2shome.sgov.gov", "sc2s.sgov.gov", "api.aws.scloud"),
    ("us-isof-", "signin.csphome.hci.ic.gov", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    ("eu-isoe-", "signin.csphome.adc-e.uk", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
];
const COMMERCIAL: (&str, &str, &str, &str) =
    ("", "signin.aws.amazon.com", "amazonaws.com", "api.aws");

fn url(service: &SignIn, region: &str) -> Result<String> {
    let Variant { fips, dual_stack } = service.variant;
    if let Some(endpoint) = &service.endpoint {
        if fips {
            let text = "FIPS endpoints are asked for, and an endpoint is configured: drop one";
            return Err(Error::provider(text, false));
        }
        return Ok(format!("{}/v1/token", endpoint.trim_end_matches('/')));
    }
    crate::region::check(region)
        .map_err(|error| Error::provider(format!("the region of the session: {error}"), false))?;
    let known = PARTITIONS.iter().find(|(start, ..)| region.starts_with(start));
    let (start, name, plain, both) = *known.unwrap_or(&COMMERCIAL);
    let host = match (fips, dual_stack) {
        (false, false) => format!("{region}.{name}"),
        (true, false) if region == "us-gov-west-1" => "signin-fips.amazonaws-us-gov.com".to_owned(),
        (true, false) if start == "us-gov-" => format!("{region}.signin-fips.amazonaws-us-gov.com"),
        (true, false) => format!("signin-fips.{region}.{plain}"),
        (true, true) => format!("signin-fips.{region}.{both}"),
        (false, true) => format!("signin.{region}.{both}"),
    };
    Ok(format!("https://{host}/v1/token"))
}
