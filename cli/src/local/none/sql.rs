//! The queries that are answered without a database: constants, who one is, settings, transactions.

use super::words::{Word, statements};

/// What queries are answered by.
pub(super) struct Session {
    pub(super) user: String,
    pub(super) database: String,
    pub(super) version: &'static str,
    pub(super) connection_id: u32,
    /// Names in lower case.
    pub(super) settings: Vec<(&'static str, String)>,
}

/// What came of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// One row.
    Row(Vec<Column>),
    /// Nothing but that it is done: the tag of PostgreSQL.
    Done(&'static str),
    /// It needs a database.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Integer(i64),
    Boolean(bool),
    Text(String),
}

impl Value {
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Integer(number) => Some(number.to_string()),
            Self::Boolean(is_true) => Some(if *is_true { "t" } else { "f" }.to_owned()),
            Self::Text(text) => Some(text.clone()),
        }
    }
}

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Boolean,
}

/// The most parameters of a statement, as of PostgreSQL.
const MOST_PARAMETERS: usize = 65_535;

/// The types of the parameters: text, unless a cast follows.
pub(super) fn parameters(text: &str) -> Vec<Kind> {
    let statements = statements(text).unwrap_or_default();
    let mut kinds = Vec::new();
    for words in &statements {
        for (at, word) in words.iter().enumerate() {
            let Word::Parameter(number) = word else { continue };
            if *number >= MOST_PARAMETERS {
                continue;
            }
            if kinds.len() <= *number {
                kinds.resize(number.saturating_add(1), Kind::Text);
            }
            let cast = match words.get(at.saturating_add(1)..).unwrap_or_default() {
                [Word::Cast, Word::Name(kind), ..] => kind.as_str(),
                _ => "",
            };
            if let Some(kind) = kinds.get_mut(*number) {
                match cast {
                    "int" | "int4" | "integer" => *kind = Kind::Integer,
                    "bool" | "boolean" => *kind = Kind::Boolean,
                    _ => {}
                }
            }
        }
    }
    kinds
}

/// Each statement of a text. Empty for an empty text.
pub(super) fn answer(text: &str, session: &Session, parameters: &[Value]) -> Vec<Answer> {
    let Some(statements) = statements(text) else { return vec![Answer::Unknown] };
    statements
        .into_iter()
        .map(|words| Reader { words: &words, session, parameters }.statement())
        .collect()
}

struct Reader<'a> {
    words: &'a [Word],
    session: &'a Session,
    parameters: &'a [Value],
}

impl Reader<'_> {
    fn statement(mut self) -> Answer {
        let Some(Word::Name(verb)) = self.next() else { return Answer::Unknown };
        match verb.as_str() {
            "select" => self.select(),
            "show" => self.show(),
            "set" => Answer::Done("SET"),
            "reset" => Answer::Done("RESET"),
            "begin" => Answer::Done("BEGIN"),
            "start" => Answer::Done("START TRANSACTION"),
            "commit" | "end" => Answer::Done("COMMIT"),
            "rollback" | "abort" => Answer::Done("ROLLBACK"),
            "savepoint" => Answer::Done("SAVEPOINT"),
            "release" => Answer::Done("RELEASE"),
            "discard" => Answer::Done("DISCARD ALL"),
            "deallocate" => Answer::Done("DEALLOCATE"),
            "close" => Answer::Done("CLOSE CURSOR"),
            "listen" => Answer::Done("LISTEN"),
            "unlisten" => Answer::Done("UNLISTEN"),
            "use" => Answer::Done("USE"),
            _ => Answer::Unknown,
        }
    }

    fn next(&mut self) -> Option<Word> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first.clone())
    }

    fn takes(&mut self, word: &Word) -> bool {
        let is_next = self.words.first() == Some(word);
        if is_next {
            self.next();
        }
        is_next
    }

    fn takes_name(&mut self, name: &str) -> bool {
        self.takes(&Word::Name(name.to_owned()))
    }

    fn select(&mut self) -> Answer {
        let mut columns = Vec::new();
        loop {
            let Some(column) = self.column() else { return Answer::Unknown };
            columns.push(column);
            if !self.takes(&Word::Sign(',')) {
                break;
            }
        }
        if self.takes_name("from") && !self.takes_name("dual") {
            return Answer::Unknown;
        }
        if self.takes_name("limit") {
            self.next();
        }
        if self.words.is_empty() { Answer::Row(columns) } else { Answer::Unknown }
    }

    fn column(&mut self) -> Option<Column> {
        let before = self.words;
        let value = self.sum()?;
        let named = match before.first()? {
            Word::Name(name) => name.clone(),
            Word::Variable(name) => format!("@@{name}"),
            _ => "?column?".to_owned(),
        };
        let has_as = self.takes_name("as");
        let name = match self.words.first() {
            Some(Word::Name(name)) if has_as || !matches!(name.as_str(), "from" | "limit") => {
                let name = name.clone();
                self.next();
                name
            }
            Some(Word::Text(name)) if has_as => {
                let name = name.clone();
                self.next();
                name
            }
            _ if has_as => return None,
            _ => named,
        };
        Some(Column { name, value })
    }

    /// Values with `+` or `=` between them.
    fn sum(&mut self) -> Option<Value> {
        let mut value = self.value()?;
        loop {
            if self.takes(&Word::Sign('+')) {
                let (Value::Integer(one), Value::Integer(other)) = (value, self.value()?) else {
                    return None;
                };
                value = Value::Integer(one.checked_add(other)?);
            } else if self.takes(&Word::Sign('=')) {
                value = Value::Boolean(value == self.value()?);
            } else {
                return Some(value);
            }
        }
    }

    fn value(&mut self) -> Option<Value> {
        let mut value = match self.next()? {
            Word::Number(digits) => Value::Integer(digits.parse().ok()?),
            Word::Sign('-') => match self.value()? {
                Value::Integer(number) => Value::Integer(number.checked_neg()?),
                _ => return None,
            },
            Word::Text(text) => Value::Text(text),
            Word::Parameter(at) => self.parameters.get(at).cloned().unwrap_or(Value::Null),
            Word::Variable(name) => self.setting(&name)?,
            Word::Sign('(') => {
                let value = self.sum()?;
                self.takes(&Word::Sign(')')).then_some(value)?
            }
            Word::Name(name) if name == "pg_catalog" && self.takes(&Word::Sign('.')) => {
                self.value()?
            }
            Word::Name(name) => self.name(&name)?,
            _ => return None,
        };
        while self.takes(&Word::Cast) {
            let Word::Name(kind) = self.next()? else { return None };
            value = cast(value, &kind)?;
        }
        Some(value)
    }

    /// A constant, or a function with or without its parentheses.
    fn name(&mut self, name: &str) -> Option<Value> {
        match name {
            "null" => return Some(Value::Null),
            "true" | "false" => return Some(Value::Boolean(name == "true")),
            _ => {}
        }
        let mut arguments = Vec::new();
        if self.takes(&Word::Sign('(')) && !self.takes(&Word::Sign(')')) {
            loop {
                arguments.push(self.sum()?);
                if !self.takes(&Word::Sign(',')) {
                    break;
                }
            }
            self.takes(&Word::Sign(')')).then_some(())?;
        }
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        let session = self.session;
        match (name, arguments.as_slice()) {
            ("current_user" | "session_user" | "user" | "current_role" | "system_user", []) => {
                text(&session.user)
            }
            ("current_database" | "database" | "current_catalog", []) => text(&session.database),
            ("current_schema", []) => text("public"),
            ("schema", []) => text(&session.database),
            ("version", []) => text(session.version),
            ("pg_backend_pid" | "connection_id", []) => {
                Some(Value::Integer(session.connection_id.into()))
            }
            ("pg_is_in_recovery", []) => Some(Value::Boolean(false)),
            ("pg_advisory_unlock_all", []) => text(""),
            ("current_setting", [Value::Text(name), ..]) => self.setting(name),
            ("set_config", [_, value, _]) => Some(value.clone()),
            _ => None,
        }
    }

    fn show(&mut self) -> Answer {
        let mut names = Vec::new();
        while let Some(Word::Name(name)) = self.next() {
            names.push(name);
        }
        let name = match names.as_slice() {
            [first, rest @ ..] if first == "transaction" => {
                format!("transaction_{}", rest.join("_").replace("isolation_level", "isolation"))
            }
            _ => names.join("_"),
        };
        match self.setting(&name) {
            Some(value) => Answer::Row(vec![Column { name, value }]),
            None => Answer::Unknown,
        }
    }

    fn setting(&self, name: &str) -> Option<Value> {
        let name = name.to_ascii_lowercase();
        let found = self.session.settings.iter().find(|(known, _)| *known == name)?;
        Some(found.1.parse().map_or_else(|_| Value::Text(found.1.clone()), Value::Integer))
    }
}

fn cast(value: Value, kind: &str) -> Option<Value> {
    Some(match kind {
        "int" | "int4" | "integer" | "bigint" | "int8" => match value {
            Value::Text(text) => Value::Integer(text.trim().parse().ok()?),
            other => other,
        },
        "bool" | "boolean" => match value {
            Value::Text(text) => Value::Boolean(text.starts_with(['t', 'T', '1'])),
            other => other,
        },
        "text" | "varchar" | "name" => match value.text() {
            Some(text) => Value::Text(text),
            None => Value::Null,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        Session {
            user: "app".into(),
            database: "db".into(),
            version: "PostgreSQL 17.2",
            connection_id: 7,
            settings: vec![
                ("server_version", "17.2".into()),
                ("transaction_isolation", "rc".into()),
            ],
        }
    }

    fn row(text: &str, parameters: &[Value]) -> Vec<(String, Option<String>)> {
        match answer(text, &session(), parameters).as_slice() {
            [Answer::Row(columns)] => {
                columns.iter().map(|one| (one.name.clone(), one.value.text())).collect()
            }
            other => panic!("{text}: {other:?}"),
        }
    }

    fn one(text: &str) -> String {
        row(text, &[]).remove(0).1.unwrap()
    }

    #[test]
    fn constants_and_who_one_is() {
        assert_eq!(one("SELECT 1"), "1");
        assert_eq!(one("select -5 ;"), "-5");
        assert_eq!(one("SELECT 'it''s'"), "it's");
        assert_eq!(one("SELECT 1+1 AS result"), "2");
        assert_eq!(one("/* ping */ SELECT 1 -- no"), "1");
        assert_eq!(one("SELECT '5'::int"), "5");
        assert_eq!(one("SELECT 1 = 1"), "t");
        assert_eq!(one("SELECT CURRENT_USER"), "app");
        assert_eq!(one("SELECT CURRENT_USER() LIMIT 1"), "app");
        assert_eq!(one("SELECT USER() FROM DUAL"), "app");
        assert_eq!(one("SELECT current_database()"), "db");
        assert_eq!(one("select pg_catalog.version()"), "PostgreSQL 17.2");
        assert_eq!(one("SHOW server_version"), "17.2");
        assert_eq!(one("show transaction isolation level"), "rc");
        assert_eq!(one("SELECT @@session.transaction_isolation"), "rc");
        assert_eq!(one("SELECT current_setting('server_version')"), "17.2");
        let both = row("SELECT 1 AS \"One\", current_user u", &[]);
        assert_eq!(both, [("One".into(), Some("1".into())), ("u".into(), Some("app".into()))]);
    }

    #[test]
    fn parameters_come_back() {
        let given = [Value::Text("a".into()), Value::Integer(3)];
        assert_eq!(row("SELECT $2, $1", &given)[1].1.as_deref(), Some("a"));
        assert_eq!(row("SELECT ?, ?", &given)[1].1.as_deref(), Some("3"));
        assert_eq!(parameters("SELECT $2, $1::int"), [Kind::Integer, Kind::Text]);
        assert_eq!(parameters("SELECT ?, '?'"), [Kind::Text]);
        assert!(parameters("SELECT $99999999").is_empty());
    }

    #[test]
    fn several_statements_and_none() {
        let all = answer("BEGIN; SELECT 1; COMMIT;", &session(), &[]);
        assert_eq!(all.len(), 3);
        assert_eq!(all[2], Answer::Done("COMMIT"));
        assert!(answer(" ; -- nothing", &session(), &[]).is_empty());
    }

    #[test]
    fn what_needs_a_database_is_said_to() {
        for text in [
            "SELECT * FROM app",
            "SELECT 1 FROM app",
            "INSERT INTO app VALUES (1)",
            "SELECT nothing()",
            "SHOW nothing",
            "SELECT",
            "SELECT 1 2 3",
            "SELECT 'open",
            "/* open",
            "SELECT @x",
            "SELECT $0",
            "SELECT 99999999999999999999",
            "SELECT 9223372036854775807 + 1",
            "é",
        ] {
            let all = answer(text, &session(), &[]);
            assert_eq!(all, [Answer::Unknown], "{text}");
        }
    }
}
