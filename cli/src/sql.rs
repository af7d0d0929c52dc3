//! `rdsiam sql`: the statements that make a user who logs in by IAM.

use std::process::ExitCode;

use clap::Args;

use crate::arguments::TEMPLATE;
use crate::failure::{Failure, Result};
use crate::output;

/// Prints the SQL that makes a database user who logs in by IAM
///
/// Run it as an administrator of the database.
#[derive(Debug, Args)]
#[command(
    help_template = TEMPLATE,
    before_help = "Examples:
  rdsiam sql --engine postgres -U app -d app --grant read | psql \"host=HOST user=admin dbname=app\"
  rdsiam sql --engine mysql -U app -d app --grant write | mysql -h HOST -u admin -p
  rdsiam sql --engine postgres -U app --existing
"
)]
pub(crate) struct SqlOptions {
    /// The database user
    #[arg(long, short = 'U', visible_alias = "user", value_name = "USER")]
    username: String,
    /// What the server is
    #[arg(long, value_enum)]
    engine: Dialect,
    /// The database to grant rights on
    #[arg(long, short = 'd', value_name = "NAME")]
    dbname: Option<String>,
    /// What the user may do there. read: nothing but SELECT
    #[arg(long, value_enum, requires = "dbname")]
    grant: Option<Grant>,
    /// The schema of PostgreSQL to grant rights on
    #[arg(long, default_value = "public")]
    schema: String,
    /// The user is there already and shall log in by IAM from now on
    #[arg(long)]
    existing: bool,
}

/// Whose SQL it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Dialect {
    #[value(alias = "postgresql", alias = "aurora-postgresql")]
    Postgres,
    #[value(alias = "aurora-mysql")]
    Mysql,
    Mariadb,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Grant {
    Read,
    Write,
}

pub(crate) fn run(given: &SqlOptions) -> Result<ExitCode> {
    check(given)?;
    let lines = match given.engine {
        Dialect::Postgres => postgres(given),
        Dialect::Mysql | Dialect::Mariadb => mysql(given),
    };
    output::print(&lines.join("\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// The longest name of each server: PostgreSQL would cut a longer one.
fn check(given: &SqlOptions) -> Result<()> {
    let user = given.username.as_str();
    let (length, longest) = match given.engine {
        Dialect::Postgres => (user.len(), 63),
        Dialect::Mysql => (user.chars().count(), 32),
        Dialect::Mariadb => (user.chars().count(), 80),
    };
    if user.is_empty() || length > longest {
        return Err(Failure::usage(format!(
            "the user has {length} characters; give 1 to {longest} for this server"
        )));
    }
    let texts = [Some(user), given.dbname.as_deref(), Some(given.schema.as_str())];
    if texts.iter().flatten().any(|text| text.contains('\0')) {
        return Err(Failure::usage("a name has a NUL in it"));
    }
    if matches!(user, "postgres" | "admin" | "root" | "rdsadmin") {
        output::note(
            "rdsiam: warning: this looks like the master user; once it logs in by IAM, its \
             password does not serve any more",
        );
    }
    Ok(())
}

fn postgres(given: &SqlOptions) -> Vec<String> {
    let identifier = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let user = identifier(&given.username);
    let mut lines = Vec::new();
    if !given.existing {
        lines.push(format!("CREATE USER {user} WITH LOGIN;"));
    }
    // From then on the user's password does not serve any more.
    lines.push(format!("GRANT rds_iam TO {user};"));
    if let Some(name) = &given.dbname {
        lines.push(format!("GRANT CONNECT ON DATABASE {} TO {user};", identifier(name)));
    }
    let Some(grant) = given.grant else { return lines };
    let schema = identifier(&given.schema);
    let (tables, sequences) = match grant {
        Grant::Read => ("SELECT", "SELECT"),
        Grant::Write => ("SELECT, INSERT, UPDATE, DELETE", "USAGE, SELECT"),
    };
    lines.push(format!("GRANT USAGE ON SCHEMA {schema} TO {user};"));
    for (rights, what) in [(tables, "TABLES"), (sequences, "SEQUENCES")] {
        lines.push(format!("GRANT {rights} ON ALL {what} IN SCHEMA {schema} TO {user};"));
        lines.push(format!(
            "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT {rights} ON {what} TO {user};"
        ));
    }
    if grant == Grant::Read {
        lines.push(format!("ALTER ROLE {user} SET default_transaction_read_only = on;"));
    }
    lines
}

fn mysql(given: &SqlOptions) -> Vec<String> {
    let text = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"));
    let user = format!("{}@'%'", text(&given.username));
    let verb = if given.existing { "ALTER" } else { "CREATE" };
    let mut lines = vec![format!(
        "{verb} USER {user} IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL;"
    )];
    if let (Some(name), Some(grant)) = (&given.dbname, given.grant) {
        let rights = match grant {
            Grant::Read => "SELECT, SHOW VIEW",
            Grant::Write => "SELECT, INSERT, UPDATE, DELETE, SHOW VIEW",
        };
        // In a grant, _ and % stand for other characters.
        let name = name.replace('\\', "\\\\").replace('_', "\\_").replace('%', "\\%");
        lines.push(format!("GRANT {rights} ON `{}`.* TO {user};", name.replace('`', "``")));
    }
    lines
}
