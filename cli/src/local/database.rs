//! What stands behind: a server that is there, a private one, or none.

use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use rdsiam_wire::BoxedStream;
use tokio::net::{TcpStream, UnixStream};
use url::Url;

use super::engine::Engine;
use super::rds::User;
use crate::failure::{Failure, Result};

/// What an option asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Logins and a handful of queries are answered here.
    None(Engine),
    /// A PostgreSQL of the programs that are installed, in a temporary folder.
    Private,
    /// A server that is there.
    Server(Server),
}

/// A server that is there, and the login that is used for users without one of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) engine: Engine,
    pub(crate) address: Address,
    /// `None`: each user logs in under its own name.
    pub(crate) login: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) database: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    Tcp(String, u16),
    Socket(PathBuf),
}

/// What one `--database` asks for. `none` alone is both engines.
pub(crate) fn parse(text: &str) -> Result<Vec<Wish>> {
    Ok(match text {
        "none" => vec![Wish::None(Engine::Postgres), Wish::None(Engine::Mysql)],
        "none:postgres" => vec![Wish::None(Engine::Postgres)],
        "none:mysql" => vec![Wish::None(Engine::Mysql)],
        "postgres" | "postgresql" => vec![Wish::Private],
        url => vec![Wish::Server(server(url)?)],
    })
}

fn server(text: &str) -> Result<Server> {
    let wrong = |why: &str| {
        Failure::usage(format!(
            "--database {why}: none, none:postgres, none:mysql, postgres, \
             postgres://LOGIN:PASSWORD@HOST:PORT/DATABASE, mysql://LOGIN:PASSWORD@HOST:PORT/DATABASE \
             or redis://LOGIN:PASSWORD@HOST:PORT"
        ))
    };
    let url = Url::parse(text).map_err(|_| wrong("is no URL and none of the words"))?;
    let engine = match url.scheme() {
        "postgres" | "postgresql" => Engine::Postgres,
        "mysql" | "mariadb" => Engine::Mysql,
        "redis" | "valkey" => Engine::Redis,
        _ => return Err(wrong("has an unknown scheme")),
    };
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let socket = url.query_pairs().find(|(name, _)| name == "host" || name == "socket");
    let address = match (socket, url.host_str()) {
        (Some((_, path)), _) => Address::Socket(PathBuf::from(path.into_owned())),
        (None, Some(host)) if !host.is_empty() => {
            let host = host.trim_start_matches('[').trim_end_matches(']');
            Address::Tcp(decoded(host), url.port().unwrap_or(engine.port()))
        }
        _ => return Err(wrong("has no host")),
    };
    let text = |given: &str| Some(decoded(given)).filter(|text| !text.is_empty());
    Ok(Server {
        engine,
        address,
        login: text(url.username()).or_else(|| default_login(engine)),
        password: url.password().map(decoded),
        database: text(url.path().trim_start_matches('/')),
    })
}

/// Redis has a user of this name, PostgreSQL and MySQL have none for everybody.
fn default_login(engine: Engine) -> Option<String> {
    (engine == Engine::Redis).then(|| "default".to_owned())
}

impl Server {
    pub(crate) async fn connect(&self) -> io::Result<BoxedStream> {
        Ok(match &self.address {
            Address::Tcp(host, port) => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(true)?;
                Box::new(stream)
            }
            Address::Socket(path) => Box::new(UnixStream::connect(path).await?),
        })
    }

    /// Whether the way there leads through no network: then nobody else can answer.
    pub(crate) fn is_on_this_machine(&self) -> bool {
        match &self.address {
            Address::Socket(_) => true,
            Address::Tcp(host, port) => (host.as_str(), *port)
                .to_socket_addrs()
                .is_ok_and(|mut found| found.all(|address| IpAddr::is_loopback(&address.ip()))),
        }
    }

    /// Under which name and by which password a user logs in here.
    pub(crate) fn login_of<'a>(&'a self, user: &'a User) -> (&'a str, Option<&'a str>) {
        match &user.login {
            Some((login, password)) => (login, password.as_deref().or(self.password.as_deref())),
            None => (self.login.as_deref().unwrap_or(&user.name), self.password.as_deref()),
        }
    }

    pub(crate) fn describe(&self) -> String {
        match &self.address {
            Address::Tcp(host, port) => format!("{host}:{port}"),
            Address::Socket(path) => path.display().to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_a_word_or_a_url() {
        let url = "postgres://ad%40min:p%3Aw@db.local:15432/app%20db";
        let Wish::Server(server) = parse(url).unwrap().remove(0) else { panic!() };
        assert_eq!(server.address, Address::Tcp("db.local".into(), 15432));
        assert_eq!(server.login.as_deref(), Some("ad@min"));
        assert_eq!(server.password.as_deref(), Some("p:w"));
        assert_eq!(server.database.as_deref(), Some("app db"));
        let Wish::Server(server) = parse("mariadb://[::1]").unwrap().remove(0) else { panic!() };
        assert_eq!(server.address, Address::Tcp("::1".into(), 3306));
        assert_eq!((server.engine, server.login), (Engine::Mysql, None));
        assert!(server.database.is_none());
        let url = "postgres://postgres@localhost/app?host=/run/x.sock";
        let Wish::Server(server) = parse(url).unwrap().remove(0) else { panic!() };
        assert_eq!(server.address, Address::Socket("/run/x.sock".into()));
        let Wish::Server(server) = parse("valkey://:secret@cache").unwrap().remove(0) else {
            panic!()
        };
        assert_eq!(server.address, Address::Tcp("cache".into(), 6379));
        assert_eq!((server.engine, server.login.as_deref()), (Engine::Redis, Some("default")));
        let url = "redis://app@localhost?socket=/run/x.sock";
        let Wish::Server(server) = parse(url).unwrap().remove(0) else { panic!() };
        assert_eq!(server.address, Address::Socket("/run/x.sock".into()));
        assert_eq!((server.login.as_deref(), server.password), (Some("app"), None));
        assert_eq!(parse("none").unwrap().len(), 2);
        for text in ["", "nothing", "http://localhost/", "postgres:///app"] {
            let error = parse(text).unwrap_err().message();
            assert!(error.contains("none:mysql"), "{text}: {error}");
        }
    }
}
