//! The two protocols.

/// The protocol of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Engine {
    #[value(alias = "postgresql")]
    Postgres,
    #[value(alias = "mariadb")]
    Mysql,
}

impl Engine {
    /// The ports of MySQL are 3306 and 33060; every other one is taken for PostgreSQL.
    pub(crate) fn of_port(port: u16) -> Self {
        if matches!(port, 3306 | 33060) { Self::Mysql } else { Self::Postgres }
    }

    pub(crate) fn port(self) -> u16 {
        match self {
            Self::Postgres => 5432,
            Self::Mysql => 3306,
        }
    }

    pub(crate) fn scheme(self) -> &'static str {
        match self {
            Self::Postgres => "postgresql",
            Self::Mysql => "mysql",
        }
    }
}
