//! How a token is printed.

use rdsiam::{Kind, Quoting, Token, quote};
use serde_json::json;
use zeroize::Zeroizing;

use super::TokenOptions;
use crate::engine::Engine;
use crate::failure::{Failure, Result};
use crate::time::{rfc3339, unix};

/// What is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// The token alone, as the AWS CLI does
    #[default]
    Token,
    /// With its endpoint, user and expiry
    Json,
    /// A connection URL
    Url,
    /// A line of .pgpass
    Pgpass,
    /// Lines for a shell to evaluate: PG* variables, or MYSQL_PWD
    Env,
}

pub(super) fn text(given: &TokenOptions, token: &Token) -> Result<Zeroizing<String>> {
    let login = &given.login;
    let host = signed_host(token);
    let user = login.username.as_str();
    let engine = given.engine.unwrap_or_else(|| Engine::of_port(login.port));
    // What signs no port may leave it out.
    let port = if login.port == 0 { engine.port() } else { login.port };
    let told = rdsiam::explain(token.as_str())?;
    if told.kind.is_some_and(Kind::is_cache)
        && !matches!(given.format, Format::Token | Format::Json)
    {
        return Err(Failure::usage("a token for a cache is printed as token or json only"));
    }
    Ok(Zeroizing::new(match given.format {
        Format::Token => token.as_str().to_owned(),
        Format::Json => json!({
            "token": token.as_str(),
            "host": host,
            "port": port,
            "user": user,
            "kind": told.kind.map(Kind::name),
            "region": told.region,
            "signed_at": rfc3339(unix(token.signed_at())),
            "expires_at": rfc3339(unix(token.expires_at())),
        })
        .to_string(),
        Format::Url => url(engine, host, port, user, given.dbname.as_deref(), token),
        Format::Pgpass => format!(
            "{}:{port}:*:{}:{}",
            quote(host, Quoting::Pgpass).as_str(),
            quote(user, Quoting::Pgpass).as_str(),
            quote(token.as_str(), Quoting::Pgpass).as_str()
        ),
        Format::Env => env(engine, host, port, user, token),
    }))
}

/// The host as it is signed: in lower case, without the dot of a full name.
fn signed_host(token: &Token) -> &str {
    let address = token.as_str().split("/?").next().unwrap_or_default();
    address.rsplit_once(':').map_or(address, |(host, _)| host)
}

fn url(
    engine: Engine,
    host: &str,
    port: u16,
    user: &str,
    dbname: Option<&str>,
    token: &Token,
) -> String {
    let tls = match engine {
        Engine::Postgres => "sslmode=verify-full",
        Engine::Mysql => "ssl-mode=VERIFY_IDENTITY",
    };
    let part = |text: &str| quote(text, Quoting::Url).as_str().to_owned();
    let password = quote(token.as_str(), Quoting::Url);
    let (user, name) = (part(user), dbname.map(part).unwrap_or_default());
    format!("{}://{user}:{}@{host}:{port}/{name}?{tls}", engine.scheme(), password.as_str())
}

/// MySQL's clients read no variable for the host, the user and TLS.
fn env(engine: Engine, host: &str, port: u16, user: &str, token: &Token) -> String {
    let lines: Vec<(&str, &str)> = match engine {
        Engine::Postgres => {
            vec![("PGHOST", host), ("PGUSER", user), ("PGSSLMODE", "verify-full")]
        }
        Engine::Mysql => Vec::new(),
    };
    let mut text = String::new();
    for (name, value) in lines {
        text.push_str(&format!("export {name}={}\n", posix_quoted(value)));
    }
    let password = if engine == Engine::Postgres {
        text.push_str(&format!("export PGPORT={port}\n"));
        "PGPASSWORD"
    } else {
        "MYSQL_PWD"
    };
    text.push_str(&format!("export {password}={}", posix_quoted(token.as_str())));
    text
}

/// A word that a POSIX shell reads as it is.
fn posix_quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_word_does_not_end_it() {
        assert_eq!(posix_quoted("a'b $c"), r"'a'\''b $c'");
    }
}
