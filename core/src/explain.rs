//! What a token says about itself, and what looks wrong with it.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode_str;
use time::PrimitiveDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::clock::{Clock, rfc3339};
use crate::endpoint::Endpoint;
use crate::error::Result;
use crate::kind::Kind;
use crate::region::{is_dsql_host, region_of_host};
use crate::target::Target;

/// What can be read in a token, without its signature and its session token.
///
/// What is not in the token, or cannot be read, is `None` and has its line in
/// [`problems`](Explanation::problems).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// What it is a token for, by the service in the credential scope and the parameters.
    pub kind: Option<Kind>,
    /// The host that is signed, which has to be the RDS or DSQL endpoint, or the name of a cache.
    pub host: Option<String>,
    /// The port that is signed, by RDS alone.
    pub port: Option<u16>,
    /// The database user. That of DSQL is not signed.
    pub user: Option<String>,
    /// The region in the credential scope.
    pub region: Option<String>,
    /// Which access key signed. Not a secret.
    pub access_key_id: Option<String>,
    /// Whether temporary credentials signed, which end by themselves.
    pub has_session_token: bool,
    /// When it was signed, in Unix seconds.
    pub signed_at: Option<i64>,
    /// When it ends, in Unix seconds. The credentials may end sooner; the token cannot tell.
    pub expires_at: Option<i64>,
    /// Seconds left; negative after the end.
    pub remaining_seconds: Option<i64>,
    /// Bytes in the token. Some tools cut a password at 512, 1,024 or 2,048.
    pub length: usize,
    /// What looks wrong, in plain words; empty if nothing does.
    pub problems: Vec<String>,
}

/// Reads a token, for "PAM authentication failed" at three in the morning.
///
/// Takes any text and never fails because of it: what is wrong is said in
/// [`Explanation::problems`]. Whether the signature is right only AWS can tell.
///
/// # Errors
/// [`Clock`](crate::ErrorKind::Clock), if the system clock cannot be right.
///
/// ```
/// let explanation = rdsiam::explain("not a token")?;
/// assert!(explanation.problems[0].contains("not a token"));
/// # Ok::<(), rdsiam::Error>(())
/// ```
pub fn explain(token: &str) -> Result<Explanation> {
    Ok(explain_at(token, Clock::System.now()?))
}

pub(crate) fn explain_at(token: &str, now: i64) -> Explanation {
    let mut told = Explanation { length: token.len(), ..Explanation::default() };
    let Some((address, query)) = token.split_once("/?") else {
        told.problem(match token.split_once('?') {
            Some(_) => {
                "the '/' before the '?' is missing: Aurora refuses that (aws-sdk-go-v2#3365)"
            }
            None => "this is not a token: it has to look like host:port/?Action=connect&...",
        });
        return told;
    };
    let parameters = Parameters::new(query);
    told.kind = parameters.kind();
    told.read_address(address);
    told.read_parameters(&parameters);
    told.read_times(&parameters, now);
    told.compare_regions();
    told
}

/// The parameters of the query, decoded, in their order.
struct Parameters<'a>(Vec<(&'a str, Cow<'a, str>)>);

/// What every token has, besides what its kind adds.
const KNOWN: [&str; 8] = [
    "Action",
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
];

fn added_by(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Rds => &["DBUser"],
        Kind::DsqlConnect | Kind::DsqlAdmin => &[],
        Kind::ElastiCache | Kind::MemoryDb => &["User"],
        Kind::ElastiCacheServerless => &["User", "ResourceType"],
    }
}

const SESSION_TOKEN: &str = "X-Amz-Security-Token";

impl<'a> Parameters<'a> {
    fn new(query: &'a str) -> Self {
        let pairs = query.split('&').map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name, percent_decode_str(value).decode_utf8_lossy())
        });
        Self(pairs.collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_ref())
    }

    /// What the token is for. A service that is none of ours is told as RDS, whose tokens most are.
    fn kind(&self) -> Option<Kind> {
        let (action, resource) = (self.get("Action"), self.get("ResourceType"));
        let service = self.get("X-Amz-Credential")?.rsplit('/').nth(1)?;
        Some(match (service, action, resource) {
            ("dsql", Some("DbConnectAdmin"), _) => Kind::DsqlAdmin,
            ("dsql", ..) => Kind::DsqlConnect,
            ("elasticache", _, None) => Kind::ElastiCache,
            ("elasticache", ..) => Kind::ElastiCacheServerless,
            ("memorydb", ..) => Kind::MemoryDb,
            _ => Kind::Rds,
        })
    }

    fn count(&self, name: &str) -> usize {
        self.0.iter().filter(|(known, _)| *known == name).count()
    }
}

impl Explanation {
    fn problem(&mut self, text: impl Into<String>) {
        self.problems.push(text.into());
    }

    /// The kind, or that of most tokens.
    fn kind(&self) -> Kind {
        self.kind.unwrap_or(Kind::Rds)
    }

    fn read_address(&mut self, address: &str) {
        let address = match address.split_once("://") {
            Some((_, rest)) => {
                self.problem("the token begins with a scheme, which has to be cut off");
                rest
            }
            None => address,
        };
        let kind = self.kind();
        let (host, port) = match address.rsplit_once(':') {
            Some((host, port)) if kind.signs_port() => (host, port.parse::<u16>().unwrap_or(0)),
            _ => (address, 0),
        };
        let target = Target::new(host, port, "user").kind(Some(kind));
        // What is no host is not shown: it may be a URL of the driver's around the token.
        if Endpoint::of(&target).is_ok() {
            self.host = Some(host.to_owned());
            self.port = Some(port).filter(|_| kind.signs_port());
        } else {
            self.problem(match kind {
                Kind::Rds => "the address before the '/' is not host:port",
                kind if kind.is_cache() => {
                    "what is signed as the host is not the name of a cache: give the name of the \
                     replication group, of the serverless cache or of the cluster, not its endpoint"
                }
                _ => "the address before the '/' is not a host without a port",
            });
        }
        if matches!(self.host.as_deref(), Some("localhost" | "127.0.0.1" | "[::1]")) {
            self.problem(
                "the host that is signed is this machine: behind a tunnel the token still has to \
                 be made for the endpoint that AWS shows",
            );
        }
    }

    fn read_parameters(&mut self, parameters: &Parameters<'_>) {
        let kind = self.kind();
        for name in KNOWN.iter().chain(added_by(kind)).copied() {
            match parameters.count(name) {
                0 if name == SESSION_TOKEN => {}
                0 => self.problem(format!("{name} is missing; was the token cut short?")),
                1 => {}
                _ => self.problem(format!("{name} is there more than once")),
            }
        }
        let is_known = |name| KNOWN.contains(name) || added_by(kind).contains(name);
        if parameters.0.iter().any(|(name, _)| !is_known(name)) {
            self.problem("there is a parameter that a token does not have; was it encoded twice?");
        }
        self.read_action(parameters.get("Action"));
        let user = if kind == Kind::Rds { "DBUser" } else { "User" };
        if kind.signs_user() {
            self.user = self.shown(parameters, user).map(str::to_owned);
        }
        if self.user.as_deref() == Some("") {
            self.problem(format!("{user} is empty"));
        }
        if kind.is_cache() && self.user.as_ref().is_some_and(|user| user.to_lowercase() != *user) {
            self.problem("User has upper-case letters: ElastiCache and MemoryDB store lower case");
        }
        let session = parameters.get(SESSION_TOKEN);
        self.has_session_token = session.is_some_and(|token| !token.is_empty());
        if session == Some("") {
            self.problem("X-Amz-Security-Token is empty: RDS Proxy refuses that (aws-cli#6091)");
        }
        if let Some(signature) = parameters.get("X-Amz-Signature")
            && (signature.len() != 64 || !signature.bytes().all(|b| b.is_ascii_hexdigit()))
        {
            self.problem("X-Amz-Signature is not 64 hexadecimal digits; was the token cut?");
        }
        if let Some(credential) = self.shown(parameters, "X-Amz-Credential") {
            self.read_credential(credential, parameters.get("X-Amz-Date"));
        }
    }

    fn read_action(&mut self, action: Option<&str>) {
        let told = match (self.kind(), action) {
            (_, None) | (Kind::DsqlConnect, Some("DbConnect")) => return,
            (Kind::DsqlAdmin, Some("DbConnectAdmin")) => return,
            (Kind::DsqlConnect | Kind::DsqlAdmin, _) => {
                "Action is not DbConnect or DbConnectAdmin, but it is signed for the service dsql"
            }
            (_, Some("connect")) => return,
            (Kind::Rds, _) => "Action is not connect: this is not a token for RDS",
            _ => "Action is not connect: this is not a token for a cache",
        };
        self.problem(told);
    }

    /// A value that may be shown: not one that the rest of the token slipped into, secrets and
    /// all, because it was encoded once too often.
    fn shown<'a>(&mut self, parameters: &'a Parameters<'_>, name: &str) -> Option<&'a str> {
        let value = parameters.get(name)?;
        let lower = value.to_ascii_lowercase();
        if lower.contains("x-amz-signature") || lower.contains("x-amz-security-token") {
            self.problem(format!("{name} has other parameters in it; was it encoded twice?"));
            return None;
        }
        Some(value)
    }

    fn read_credential(&mut self, credential: &str, signed: Option<&str>) {
        let mut parts = credential.rsplitn(5, '/');
        let (Some("aws4_request"), Some(service), Some(region), Some(date), Some(key)) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            self.problem("X-Amz-Credential is not KEY/DATE/REGION/SERVICE/aws4_request");
            return;
        };
        self.region = Some(region.to_owned());
        self.access_key_id = Some(key.to_owned());
        if service != self.kind().service() {
            self.problem(format!("it is signed for the service {service}, not rds-db"));
        }
        if signed.is_some_and(|signed| !signed.starts_with(date)) {
            self.problem("X-Amz-Date is on another day than the credential scope");
        }
        if key.starts_with("ASIA") && !self.has_session_token {
            self.problem(
                "the access key is a temporary one (ASIA...) but there is no session token: give \
                 AWS_SESSION_TOKEN as well",
            );
        }
    }

    fn read_times(&mut self, parameters: &Parameters<'_>, now: i64) {
        let longest = self.kind().max_expires();
        let expires = parameters.get("X-Amz-Expires").map(str::parse::<i64>);
        let expires = match expires {
            Some(Ok(seconds)) if (1..=longest.into()).contains(&seconds) => Some(seconds),
            Some(_) => {
                self.problem(format!("X-Amz-Expires is not 1 to {longest}"));
                None
            }
            None => None,
        };
        self.signed_at = parameters.get("X-Amz-Date").and_then(parse_date_time);
        if self.signed_at.is_none() && parameters.count("X-Amz-Date") > 0 {
            self.problem("X-Amz-Date is not a date of the form 20240601T120000Z");
        }
        let (Some(signed_at), Some(expires)) = (self.signed_at, expires) else { return };
        let expires_at = signed_at.saturating_add(expires);
        let remaining = expires_at.saturating_sub(now);
        self.expires_at = Some(expires_at);
        self.remaining_seconds = Some(remaining);
        if remaining <= 0 {
            self.problem(format!("it ended at {}, {} s ago", rfc3339(expires_at), -remaining));
        }
        if signed_at.saturating_sub(now) > 300 {
            self.problem(format!(
                "it is signed for {}, in the future; check the clock of the machine that made it",
                rfc3339(signed_at)
            ));
        }
    }

    fn compare_regions(&mut self) {
        let Some(host) = self.host.as_deref() else { return };
        let host = host.to_ascii_lowercase();
        let host = host.strip_suffix('.').unwrap_or(&host);
        let kind = self.kind();
        if kind.is_cache() {
            return;
        }
        let told = match (region_of_host(host), self.region.as_deref()) {
            _ if kind == Kind::Rds && is_dsql_host(host) => {
                format!(
                    "the host {host} is a DSQL endpoint, but it is signed for the service rds-db"
                )
            }
            (Some(of_host), Some(signed)) if of_host != signed => {
                format!("it is signed for region {signed}, but the host is in {of_host}")
            }
            (None, _) if kind.is_dsql() && host != "localhost" => {
                format!("the host {host} is not a DSQL endpoint, such as id.dsql.us-east-1.on.aws")
            }
            (None, _) if !host.contains("localhost") => format!(
                "the host {host} is not an RDS endpoint; unless it is one of a global cluster, \
                 sign for the endpoint that RDS shows, not for a name of your own"
            ),
            _ => return,
        };
        self.problem(told);
    }
}

/// When a token was signed, in Unix seconds, if it tells.
pub(crate) fn signing_time(token: &str) -> Option<i64> {
    let (_, query) = token.split_once('?')?;
    Parameters::new(query).get("X-Amz-Date").and_then(parse_date_time)
}

fn parse_date_time(text: &str) -> Option<i64> {
    const FORM: &[BorrowedFormatItem<'_>] =
        format_description!("[year][month][day]T[hour][minute][second]Z");
    // `time` accepts a sign before the year.
    let at = PrimitiveDateTime::parse(text, FORM).ok().filter(|_| text.len() == 16)?;
    text.starts_with(|c: char| c.is_ascii_digit()).then(|| at.assume_utc().unix_timestamp())
}

/// Several lines for a person.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "?".into());
        let time = |value: Option<i64>| value.map_or_else(|| "?".into(), rfc3339);
        let kind = self.kind();
        if kind != Kind::Rds {
            writeln!(f, "kind:        {kind}")?;
        }
        let host = if kind.is_cache() { "cache:       " } else { "host:        " };
        writeln!(f, "{host}{}", text(&self.host))?;
        if kind.signs_port() {
            writeln!(f, "port:        {}", text(&self.port.map(|port| port.to_string())))?;
        }
        if kind.signs_user() {
            writeln!(f, "user:        {}", text(&self.user))?;
        }
        writeln!(f, "region:      {}", text(&self.region))?;
        let kind = if self.has_session_token { "temporary" } else { "long-term" };
        writeln!(f, "access key:  {} ({kind})", text(&self.access_key_id))?;
        writeln!(f, "signed at:   {}", time(self.signed_at))?;
        writeln!(f, "expires at:  {}", time(self.expires_at))?;
        let left = self.remaining_seconds.map(|seconds| format!("{seconds} s"));
        writeln!(f, "remaining:   {}", text(&left))?;
        write!(f, "length:      {} bytes", self.length)?;
        for problem in &self.problems {
            write!(f, "\nproblem:     {problem}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
