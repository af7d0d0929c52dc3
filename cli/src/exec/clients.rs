//! How each client is told where to connect, that TLS has to be verified, and where the token is.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;

use rdsiam::{Quoting, quote};

use super::slots::{Dominant, Escaping, Layout};
use crate::connection::Connection;
use crate::engine::Engine;
use crate::failure::{Failure, Result};

/// Who reads the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    /// libpq and what reads its variables: PGPASSFILE.
    Libpq,
    /// The programs of MySQL and MariaDB: --defaults-file.
    MysqlProgram,
    /// Only a variable, as the user said.
    Variable,
}

/// What the command is started with.
pub(super) struct Settings {
    pub(super) variables: Vec<(String, OsString)>,
    pub(super) removed: &'static [&'static str],
    pub(super) layout: Option<Layout>,
}

/// Programs that take --defaults-file.
const MYSQL_PROGRAMS: [&str; 17] = [
    "mysql",
    "mariadb",
    "mysqldump",
    "mariadb-dump",
    "mysqladmin",
    "mariadb-admin",
    "mysqlcheck",
    "mariadb-check",
    "mysqlimport",
    "mariadb-import",
    "mysqlshow",
    "mariadb-show",
    "mysqlslap",
    "mariadb-slap",
    "mysqlpump",
    "mysqlbinlog",
    "mycli",
];

/// Would lead elsewhere, or past the verification.
const OF_LIBPQ: [&str; 8] = [
    "PGPASSWORD",
    "PGSERVICE",
    "PGSERVICEFILE",
    "PGHOSTADDR",
    "PGREQUIRESSL",
    "PGSSLCRL",
    "PGSSLCRLDIR",
    "PGTARGETSESSIONATTRS",
];

impl Client {
    pub(super) fn of(engine: Engine, program: &OsStr, has_variable: bool) -> Result<Self> {
        match engine {
            Engine::Postgres => Ok(Self::Libpq),
            Engine::Mysql if is_mysql_program(program) => Ok(Self::MysqlProgram),
            Engine::Mysql if has_variable => Ok(Self::Variable),
            Engine::Mysql => Err(Failure::usage(format!(
                "{} is not known to read an option file of MySQL; name the variable in which it \
                 looks for the password by --password-env",
                Path::new(program).display()
            ))),
        }
    }

    pub(super) fn settings(self, connection: &Connection, program: &OsStr) -> Result<Settings> {
        match self {
            Self::Libpq => libpq(connection),
            Self::MysqlProgram => mysql(connection, program),
            Self::Variable => {
                Ok(Settings { variables: Vec::new(), removed: &["MYSQL_PWD"], layout: None })
            }
        }
    }
}

/// The engine of a program, if it has one alone.
pub(super) fn engine_of(program: &OsStr) -> Option<Engine> {
    is_mysql_program(program).then_some(Engine::Mysql)
}

fn is_mysql_program(program: &OsStr) -> bool {
    let name = Path::new(program).file_name().and_then(OsStr::to_str);
    name.is_some_and(|name| MYSQL_PROGRAMS.contains(&name))
}

fn libpq(connection: &Connection) -> Result<Settings> {
    let mut variables: Vec<(String, OsString)> = vec![
        ("PGHOST".into(), connection.host.clone().into()),
        ("PGPORT".into(), connection.port.to_string().into()),
        ("PGUSER".into(), connection.user.clone().into()),
        ("PGSSLMODE".into(), "verify-full".into()),
        ("PGSSLROOTCERT".into(), connection.ca_file()?.into()),
    ];
    if may_have_kerberos_ticket() {
        // libpq would encrypt by it, and verify no certificate. Go's lib/pq refuses the variable.
        variables.push(("PGGSSENCMODE".into(), "disable".into()));
    }
    if let Some(name) = &connection.dbname {
        variables.push(("PGDATABASE".into(), name.into()));
    }
    if let Some(address) = connection.dialled_address()? {
        variables.push(("PGHOSTADDR".into(), address.to_string().into()));
    }
    for (name, value) in &connection.variables {
        variables.push(((*name).into(), value.into()));
    }
    let part = |text: &str| quote(text, Quoting::Pgpass).as_str().to_owned();
    let layout = Layout {
        head: String::new(),
        // For this host alone: `\c` to another one must not take the token there.
        before: format!(
            "{}:{}:*:{}:",
            part(&connection.host),
            connection.port,
            part(&connection.user)
        ),
        after: String::new(),
        escaping: Escaping::Pgpass,
        dominant: Dominant::First,
        longest: 16_000,
    };
    Ok(Settings { variables, removed: &OF_LIBPQ, layout: Some(layout) })
}

fn may_have_kerberos_ticket() -> bool {
    let user = rustix::process::getuid().as_raw();
    std::env::var_os("KRB5CCNAME").is_some()
        || std::env::var_os("PGGSSENCMODE").is_some()
        || Path::new(&format!("/tmp/krb5cc_{user}")).exists()
}

fn mysql(connection: &Connection, program: &OsStr) -> Result<Settings> {
    if let Some(dialled) = &connection.dialled {
        return Err(Failure::usage(format!(
            "the clients of MySQL verify the certificate for the name that they dial, so \
             --hostname cannot be {dialled}: let {} lead there (/etc/hosts), and give that",
            connection.host
        )));
    }
    let option = |name: &str, value: &str| {
        format!("{name}=\"{}\"\n", value.replace('\\', "\\\\").replace('"', "\\\""))
    };
    let ca = connection.ca_file()?;
    let ca =
        ca.to_str().ok_or_else(|| Failure::usage("the path of the certificates is not UTF-8"))?;
    let mut head = String::new();
    if let Some(name) = &connection.dbname {
        head.push_str("[mysql]\n");
        head.push_str(&option("database", name));
    }
    head.push_str("[client]\n");
    head.push_str(&option("host", &connection.host));
    head.push_str(&format!("port={}\n", connection.port));
    head.push_str(&option("user", &connection.user));
    head.push_str("protocol=TCP\n");
    head.push_str(&option("ssl-ca", ca));
    head.push_str(if is_of_mariadb(program)? {
        "ssl\nssl-verify-server-cert\n"
    } else {
        "ssl-mode=VERIFY_IDENTITY\nenable-cleartext-plugin\n"
    });
    let layout = Layout {
        head,
        before: "password=\"".into(),
        after: "\"".into(),
        escaping: Escaping::Options,
        dominant: Dominant::Last,
        longest: 4_000,
    };
    Ok(Settings { variables: Vec::new(), removed: &["MYSQL_PWD"], layout: Some(layout) })
}

/// The two have other names for the same options. `mysql` is often MariaDB's.
fn is_of_mariadb(program: &OsStr) -> Result<bool> {
    let output = Command::new(program).arg("--version").output();
    let output = output.map_err(|error| super::failed_to_run(program, &error))?;
    Ok(String::from_utf8_lossy(&output.stdout).contains("MariaDB"))
}

/// Refuses arguments that would undo the verification of the server.
pub(super) fn check_arguments(arguments: &[OsString]) -> Result<()> {
    for argument in arguments.iter().filter_map(|argument| argument.to_str()) {
        let lower = argument.to_ascii_lowercase();
        let value_of = |name: &str| {
            let (_, rest) = lower.split_once(name)?;
            Some(rest.trim_start().strip_prefix('=')?.trim_start().to_owned())
        };
        let weakens = value_of("sslmode")
            .is_some_and(|mode| !mode.trim_matches('\'').starts_with("verify-full"))
            || value_of("--ssl-mode").is_some_and(|mode| mode != "verify_identity")
            || value_of("--ssl")
                .is_some_and(|value| matches!(value.as_str(), "0" | "off" | "false"))
            || value_of("--ssl-verify-server-cert")
                .is_some_and(|value| matches!(value.as_str(), "0" | "off" | "false"))
            || matches!(
                lower.as_str(),
                "--skip-ssl"
                    | "--disable-ssl"
                    | "--skip-ssl-verify-server-cert"
                    | "--disable-ssl-verify-server-cert"
                    | "--no-defaults"
            )
            || lower.starts_with("--defaults-file");
        if weakens {
            return Err(Failure::usage(format!(
                "{argument} would undo what rdsiam sets: the server is always verified, and the token \
                 is read from a file; leave it out"
            )));
        }
    }
    Ok(())
}

/// For DATABASE_URL and its like: the client finds the token by itself.
pub(super) fn url_without_password(connection: &Connection) -> Result<String> {
    if connection.engine != Engine::Postgres {
        return Err(Failure::usage(
            "--url-env is for PostgreSQL: a client of MySQL would look for the token in the URL",
        ));
    }
    let part = |text: &str| quote(text, Quoting::Url).as_str().to_owned();
    let ca = connection.ca_file()?;
    Ok(format!(
        "postgresql://{}@{}:{}/{}?sslmode=verify-full&sslrootcert={}",
        part(&connection.user),
        connection.host,
        connection.port,
        connection.dbname.as_deref().map(part).unwrap_or_default(),
        part(&ca.to_string_lossy())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_that_weaken_tls_are_refused_and_others_pass() {
        let check = |argument: &str| check_arguments(&[argument.into()]);
        for bad in [
            "host=x sslmode=require",
            "postgresql://x/y?sslmode=disable",
            "sslmode = prefer",
            "--ssl-mode=DISABLED",
            "--skip-ssl",
            "--ssl=0",
            "--ssl-verify-server-cert=OFF",
            "--no-defaults",
            "--defaults-file=/x",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
        for good in [
            "sslmode=verify-full",
            "sslmode='verify-full'",
            "-c",
            "SELECT 1",
            "--ssl-mode=VERIFY_IDENTITY",
            "--ssl-ca=x",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn programs_are_known_by_their_names() {
        assert_eq!(engine_of(OsStr::new("/usr/bin/mariadb-dump")), Some(Engine::Mysql));
        assert_eq!(engine_of(OsStr::new("psql")), None);
        assert!(Client::of(Engine::Mysql, OsStr::new("flyway"), false).is_err());
    }
}
