//! Whom to log in to, from options and a connection URL.

use std::net::{IpAddr, ToSocketAddrs as _};
use std::path::PathBuf;

use clap::Args;
use percent_encoding::percent_decode_str;
use rdsiam::{Kind, Target, region_of_host};
use url::Url;

use crate::arguments::AwsOptions;
use crate::ca;
use crate::engine::Engine;
use crate::failure::{Failure, Result};

/// The endpoint, the user, and how to get there.
#[derive(Debug, Args, Clone, Default)]
pub(crate) struct ConnectionOptions {
    /// The host to connect to
    #[arg(long, short = 'h', visible_alias = "host", value_name = "HOST")]
    pub(crate) hostname: Option<String>,
    /// Its port. Default: 5432, or 3306 for MySQL
    #[arg(long, short)]
    pub(crate) port: Option<u16>,
    /// The database user
    #[arg(long, short = 'U', visible_alias = "user", value_name = "USER")]
    pub(crate) username: Option<String>,
    /// The database
    #[arg(long, short = 'd', value_name = "NAME")]
    pub(crate) dbname: Option<String>,
    /// The protocol. Default: by the URL, the program and the port
    #[arg(long, value_enum)]
    pub(crate) engine: Option<Engine>,
    /// The endpoint that RDS shows, where HOST is a tunnel or a name of your own. Signed and verified
    #[arg(long, value_name = "ENDPOINT")]
    pub(crate) sign_host: Option<String>,
    /// Its port. Default: PORT, or with --sign-host the usual one
    #[arg(long, value_name = "PORT")]
    pub(crate) sign_port: Option<u16>,
    /// A file with the certificates of RDS, or `system`. Default: what `rdsiam ca` finds; for RDS Proxy, system
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<String>,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
}

/// A login, complete.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) engine: Engine,
    /// The name that is signed, and for which the certificate has to be.
    pub(crate) host: String,
    /// What is dialled, where that is another name.
    pub(crate) dialled: Option<String>,
    pub(crate) port: u16,
    pub(crate) sign_port: u16,
    pub(crate) user: String,
    pub(crate) dbname: Option<String>,
    pub(crate) aws: AwsOptions,
    ca: Option<String>,
    /// Other parameters of the URL, as variables of libpq.
    pub(crate) variables: Vec<(&'static str, String)>,
}

/// Parameters of a URL that libpq reads from a variable as well.
const VARIABLES: [(&str, &str); 5] = [
    ("application_name", "PGAPPNAME"),
    ("client_encoding", "PGCLIENTENCODING"),
    ("connect_timeout", "PGCONNECT_TIMEOUT"),
    ("options", "PGOPTIONS"),
    ("target_session_attrs", "PGTARGETSESSIONATTRS"),
];

impl Connection {
    /// From options and perhaps a URL, over which they win. `likely` is the engine where neither tells.
    pub(crate) fn new(
        given: &ConnectionOptions,
        url: Option<&str>,
        likely: Option<Engine>,
    ) -> Result<Self> {
        let mut given = given.clone();
        let mut variables = Vec::new();
        if let Some(url) = url {
            read_url(url, &mut given, &mut variables)?;
        }
        let engine = given.engine.or(likely);
        let engine = engine.unwrap_or_else(|| given.port.map_or(Engine::Postgres, Engine::of_port));
        let missing = |what| {
            Failure::usage(format!("no {what}: give a URL, or --hostname HOST --username USER"))
        };
        let dialled = given.hostname.ok_or_else(|| missing("host"))?;
        let user = given.username.ok_or_else(|| missing("user"))?;
        let port = given.port.unwrap_or_else(|| engine.port());
        let host = given.sign_host.clone().unwrap_or_else(|| dialled.clone());
        let is_other = !host.eq_ignore_ascii_case(&dialled);
        let sign_port = given.sign_port.unwrap_or(if is_other { engine.port() } else { port });
        let connection = Self {
            engine,
            dialled: is_other.then_some(dialled),
            host: host.strip_suffix('.').unwrap_or(&host).to_ascii_lowercase(),
            port,
            sign_port,
            user,
            dbname: given.dbname,
            aws: given.aws,
            ca: given.ca,
            variables,
        };
        connection.target().check()?;
        for text in [&connection.host, &connection.user].into_iter().chain(&connection.dbname) {
            if text.contains(['\n', '\r', '\0']) {
                return Err(Failure::usage("a host, user or database with a line break in it"));
            }
        }
        Ok(connection)
    }

    pub(crate) fn target(&self) -> Target<'_> {
        let region = self.aws.region.as_deref();
        Target::new(&self.host, self.sign_port, &self.user).region(region)
    }

    /// Aurora DSQL, whose certificates are from a public authority as well.
    fn is_dsql(&self) -> bool {
        self.target().resolved_kind().is_ok_and(Kind::is_dsql)
    }

    pub(crate) fn region(&self) -> Option<&str> {
        self.aws.region.as_deref().or_else(|| region_of_host(&self.host))
    }

    /// The name or address that is dialled.
    pub(crate) fn dialled_name(&self) -> &str {
        self.dialled.as_deref().unwrap_or(&self.host)
    }

    /// The address to dial, where that is not what the host's name leads to.
    pub(crate) fn dialled_address(&self) -> Result<Option<IpAddr>> {
        let Some(name) = &self.dialled else { return Ok(None) };
        let found = (name.as_str(), self.port).to_socket_addrs();
        let address = found.ok().and_then(|mut all| all.next()).map(|address| address.ip());
        match address {
            Some(address) => Ok(Some(address)),
            None => Err(Failure::general(format!("the name {name} leads to no address"))),
        }
    }

    /// The file with the certificates to trust.
    pub(crate) fn ca_file(&self) -> Result<PathBuf> {
        match self.ca.as_deref() {
            Some(_) => file_or_system(self.ca.as_deref()),
            None if std::env::var_os(ca::VARIABLE).is_none_or(|name| name.is_empty())
                && (is_proxy(&self.host) || self.is_dsql()) =>
            {
                system_bundle()
            }
            None => ca::bundle(self.region()),
        }
    }
}

/// Whether it is an endpoint of RDS Proxy, whose certificates are from Amazon's public authority.
pub(crate) fn is_proxy(host: &str) -> bool {
    let label = host.split('.').nth(1).unwrap_or_default();
    label == "proxy" || label.starts_with("proxy-")
}

/// The file that `--ca` names; without it, that of the system.
pub(crate) fn file_or_system(ca: Option<&str>) -> Result<PathBuf> {
    match ca {
        None | Some("system") => system_bundle(),
        Some(file) => Ok(file.into()),
    }
}

fn system_bundle() -> Result<PathBuf> {
    const FILES: [&str; 5] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ];
    let named = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let mut files = named.into_iter().chain(FILES.map(PathBuf::from));
    files.find(|file| file.is_file()).ok_or_else(|| {
        Failure::configuration("no file with the certificates of the system; name one by --ca")
    })
}

fn read_url(
    text: &str,
    given: &mut ConnectionOptions,
    variables: &mut Vec<(&'static str, String)>,
) -> Result<()> {
    let url = Url::parse(text).map_err(|error| {
        Failure::usage(format!(
            "the URL cannot be read ({error}): write postgresql://USER@HOST/NAME"
        ))
    })?;
    let engine = match url.scheme() {
        "postgres" | "postgresql" => Engine::Postgres,
        "mysql" | "mariadb" => Engine::Mysql,
        _ => return Err(Failure::usage("the URL has to begin with postgresql:// or mysql://")),
    };
    given.engine.get_or_insert(engine);
    if url.password().is_some() {
        return Err(Failure::usage(
            "the URL has a password; leave it out, a token takes its place",
        ));
    }
    let decoded = |part: &str| percent_decode_str(part).decode_utf8().map(|text| text.into_owned());
    let decoded = |part: &str| {
        decoded(part).map_err(|_| Failure::usage("the URL has an escape that is no UTF-8"))
    };
    if let Some(host) = url.host_str().filter(|host| !host.is_empty()) {
        given.hostname.get_or_insert(decoded(host)?);
    }
    given.port = given.port.or(url.port());
    if !url.username().is_empty() {
        given.username.get_or_insert(decoded(url.username())?);
    }
    let name = decoded(url.path().trim_start_matches('/'))?;
    if !name.is_empty() {
        given.dbname.get_or_insert(name);
    }
    for (name, value) in url.query_pairs() {
        match (name.as_ref(), value.as_ref()) {
            ("sslmode", "verify-full") => {}
            ("ssl-mode" | "sslmode" | "ssl_mode", mode)
                if mode.eq_ignore_ascii_case("verify_identity") => {}
            ("sslmode" | "ssl-mode" | "ssl_mode", _) => {
                return Err(Failure::usage(format!(
                    "{name} in the URL would not verify the server; leave it out: it is \
                     always verified"
                )));
            }
            ("sslrootcert" | "ssl-ca" | "ssl_ca", file) => {
                given.ca.get_or_insert(file.to_owned());
            }
            ("user", user) => {
                given.username.get_or_insert(user.to_owned());
            }
            (name, value) => match VARIABLES.iter().find(|(known, _)| *known == name) {
                Some((_, variable)) if engine == Engine::Postgres => {
                    variables.push((variable, value.to_owned()));
                }
                _ => {
                    return Err(Failure::usage(format!(
                        "the URL has the parameter {name}, which is not one of sslmode, \
                         sslrootcert, {}",
                        VARIABLES.map(|(known, _)| known).join(", ")
                    )));
                }
            },
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "mydb.abc123.us-east-1.rds.amazonaws.com";

    fn of(url: &str) -> Result<Connection> {
        Connection::new(&ConnectionOptions::default(), Some(url), None)
    }

    #[test]
    fn a_url_has_all_of_a_login() {
        let url = format!(
            "postgresql://a%40b@{HOST}:6543/my%20db?application_name=x&sslmode=verify-full"
        );
        let found = of(&url).unwrap();
        assert_eq!((found.host.as_str(), found.port, found.user.as_str()), (HOST, 6543, "a@b"));
        assert_eq!(found.dbname.as_deref(), Some("my db"));
        assert_eq!(found.variables, [("PGAPPNAME", "x".to_owned())]);
        assert_eq!(of(&format!("mysql://app@{HOST}")).unwrap().port, 3306);
    }

    #[test]
    fn options_win_over_the_url_and_a_tunnel_signs_the_usual_port() {
        let given = ConnectionOptions {
            hostname: Some("localhost".into()),
            port: Some(15432),
            sign_host: Some(HOST.to_uppercase()),
            ..ConnectionOptions::default()
        };
        let found = Connection::new(&given, Some("postgres://app@other/app"), None).unwrap();
        assert_eq!((found.host.as_str(), found.sign_port, found.port), (HOST, 5432, 15432));
        assert_eq!(found.dialled.as_deref(), Some("localhost"));
    }

    #[test]
    fn what_weakens_tls_or_has_no_meaning_is_refused() {
        for (url, word) in [
            (format!("postgresql://app:secret@{HOST}/app"), "password"),
            (format!("postgresql://app@{HOST}/app?sslmode=require"), "sslmode"),
            (format!("mysql://app@{HOST}/app?ssl-mode=DISABLED"), "ssl-mode"),
            (format!("postgresql://app@{HOST}/app?foo=bar"), "foo"),
            (format!("http://app@{HOST}/app"), "postgresql://"),
            (format!("postgresql://{HOST}/app"), "user"),
            ("postgresql://app@/app".to_owned(), "host"),
        ] {
            let message = of(&url).unwrap_err().message();
            assert!(message.contains(word) && !message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn endpoints_of_rds_proxy_are_known_by_their_second_label() {
        assert!(is_proxy("p.proxy-abc123.us-east-1.rds.amazonaws.com"));
        assert!(
            is_proxy("ro.endpoint.proxy-abc123.us-east-1.rds.amazonaws.com") || !is_proxy(HOST)
        );
        assert!(!is_proxy(HOST));
    }
}
