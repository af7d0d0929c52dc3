//! The session of a client of PostgreSQL, by both protocols: simple and extended.

use std::collections::HashMap;
use std::io;

use rdsiam_wire::BoxedStream;
use rdsiam_wire::postgres::{Decoder, receive};
use tokio::io::AsyncWriteExt as _;

use super::sql::{self, Answer, Column, Kind, Session, Value};
use crate::local::keys::random_bytes;

const LONGEST_MESSAGE: usize = 1 << 20;
/// Prepared statements and portals.
const MOST_NAMES: usize = 1000;
const VERSION: &str = "PostgreSQL 17.2 (rdsiam local, without a database)";

const INTEGER: u32 = 23;
const BIG_INTEGER: u32 = 20;
const TEXT: u32 = 25;
const BOOLEAN: u32 = 16;

pub(in crate::local) async fn serve(
    mut stream: BoxedStream,
    user: &str,
    database: &str,
) -> io::Result<()> {
    let parameters = parameters(user);
    let random = random_bytes(8).map_err(|_| io::ErrorKind::Other)?;
    let mut connection = Connection::new(user, database, &parameters, &random);
    let mut out = message(b'R', &0_u32.to_be_bytes());
    for (name, value) in &parameters {
        out.extend(message(b'S', &[name.as_bytes(), b"\0", value.as_bytes(), b"\0"].concat()));
    }
    out.extend(message(b'K', &random));
    out.extend(connection.ready());
    let mut decoder = Decoder::new(LONGEST_MESSAGE);
    loop {
        stream.write_all(&out).await?;
        stream.flush().await?;
        let said = receive(&mut stream, &mut decoder).await?;
        if said.kind() == b'X' {
            return stream.shutdown().await;
        }
        out = connection.answer(said.kind(), said.body());
    }
}

/// What a server tells without being asked.
fn parameters(user: &str) -> Vec<(&'static str, String)> {
    [
        ("server_version", "17.2"),
        ("server_encoding", "UTF8"),
        ("client_encoding", "UTF8"),
        ("DateStyle", "ISO, MDY"),
        ("IntervalStyle", "postgres"),
        ("TimeZone", "UTC"),
        ("integer_datetimes", "on"),
        ("standard_conforming_strings", "on"),
        ("in_hot_standby", "off"),
        ("default_transaction_read_only", "off"),
        ("is_superuser", "off"),
        ("session_authorization", user),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

struct Connection {
    session: Session,
    statements: HashMap<Vec<u8>, Statement>,
    portals: HashMap<Vec<u8>, Portal>,
    /// `I`, `T`, or `E` after an error in a transaction.
    transaction: u8,
    /// After an error the extended protocol goes on at the next Sync.
    is_skipping: bool,
}

#[derive(Clone)]
struct Statement {
    text: String,
    kinds: Vec<u32>,
}

struct Portal {
    answer: Option<Answer>,
    formats: Vec<u16>,
}

/// A message that is cut, or names what is not there.
struct Wrong(&'static str, String);

impl Connection {
    fn new(
        user: &str,
        database: &str,
        parameters: &[(&'static str, String)],
        random: &[u8],
    ) -> Self {
        let lower = |name: &'static str| match name {
            "DateStyle" => "datestyle",
            "IntervalStyle" => "intervalstyle",
            "TimeZone" => "timezone",
            other => other,
        };
        let mut settings: Vec<_> =
            parameters.iter().map(|(name, value)| (lower(name), value.clone())).collect();
        let isolation = "read committed".to_owned();
        settings.push(("transaction_isolation", isolation.clone()));
        settings.push(("default_transaction_isolation", isolation));
        settings.push(("server_version_num", "170002".to_owned()));
        settings.push(("search_path", "\"$user\", public".to_owned()));
        let id = random.first_chunk().map_or(1, |id| u32::from_be_bytes(*id));
        let session = Session {
            user: user.to_owned(),
            database: database.to_owned(),
            version: VERSION,
            connection_id: id & 0x7FFF_FFFF,
            settings,
        };
        Self {
            session,
            statements: HashMap::new(),
            portals: HashMap::new(),
            transaction: b'I',
            is_skipping: false,
        }
    }

    fn ready(&self) -> Vec<u8> {
        message(b'Z', &[self.transaction])
    }

    fn answer(&mut self, kind: u8, body: &[u8]) -> Vec<u8> {
        match kind {
            b'Q' => {
                self.is_skipping = false;
                let mut out = self.query(body);
                out.extend(self.ready());
                return out;
            }
            b'S' => {
                self.is_skipping = false;
                return self.ready();
            }
            _ if self.is_skipping => return Vec::new(),
            _ => {}
        }
        let done = match kind {
            b'P' => self.parse(body),
            b'B' => self.bind(body),
            b'D' => self.describe(body),
            b'E' => self.execute(body),
            b'C' => Ok(self.close(body)),
            b'H' => Ok(Vec::new()),
            _ => Err(Wrong("08P01", format!("message {:?} is unknown here", char::from(kind)))),
        };
        done.unwrap_or_else(|wrong| {
            self.is_skipping = true;
            self.error(wrong.0, &wrong.1)
        })
    }

    fn error(&mut self, code: &str, text: &str) -> Vec<u8> {
        if self.transaction == b'T' {
            self.transaction = b'E';
        }
        let mut body = Vec::new();
        for (field, text) in [(b'S', "ERROR"), (b'V', "ERROR"), (b'C', code), (b'M', text)] {
            body.push(field);
            body.extend(text.bytes().filter(|byte| *byte != 0));
            body.push(0);
        }
        body.push(0);
        message(b'E', &body)
    }

    fn query(&mut self, body: &[u8]) -> Vec<u8> {
        let text = String::from_utf8_lossy(body.strip_suffix(&[0]).unwrap_or(body)).into_owned();
        let answers = sql::answer(&text, &self.session, &[]);
        if answers.is_empty() {
            return message(b'I', &[]);
        }
        let mut out = Vec::new();
        for answer in answers {
            if answer == Answer::Unknown {
                out.extend(self.error("0A000", &needs_database(&text)));
                break;
            }
            if let Answer::Row(columns) = &answer {
                out.extend(row_description(columns, &[]));
            }
            out.extend(self.run(&answer, &[]));
        }
        out
    }

    /// The rows, and that it is done.
    fn run(&mut self, answer: &Answer, formats: &[u16]) -> Vec<u8> {
        let (mut out, tag) = match answer {
            Answer::Row(columns) => (data_row(columns, formats), "SELECT 1"),
            Answer::Done(tag) => {
                match *tag {
                    "BEGIN" | "START TRANSACTION" => self.transaction = b'T',
                    "COMMIT" | "ROLLBACK" => self.transaction = b'I',
                    _ => {}
                }
                (Vec::new(), *tag)
            }
            Answer::Unknown => (Vec::new(), ""),
        };
        out.extend(message(b'C', &[tag.as_bytes(), b"\0"].concat()));
        out
    }

    fn parse(&mut self, body: &[u8]) -> Result<Vec<u8>, Wrong> {
        let mut reader = Fields(body);
        let name = reader.text()?.to_vec();
        let text = String::from_utf8_lossy(reader.text()?).into_owned();
        let count = reader.short()?;
        let mut kinds = (0..count).map(|_| reader.number()).collect::<Result<Vec<_>, _>>()?;
        let inferred = sql::parameters(&text);
        kinds.resize(kinds.len().max(inferred.len()), 0);
        for (at, kind) in kinds.iter_mut().enumerate().filter(|(_, kind)| **kind == 0) {
            *kind = match inferred.get(at) {
                Some(Kind::Integer) => INTEGER,
                Some(Kind::Boolean) => BOOLEAN,
                Some(Kind::Text) | None => TEXT,
            };
        }
        let values = vec![Value::Null; kinds.len()];
        if sql::answer(&text, &self.session, &values).contains(&Answer::Unknown) {
            return Err(Wrong("0A000", needs_database(&text)));
        }
        if self.statements.len() >= MOST_NAMES {
            return Err(Wrong("54000", "too many prepared statements".to_owned()));
        }
        self.statements.insert(name, Statement { text, kinds });
        Ok(message(b'1', &[]))
    }

    fn bind(&mut self, body: &[u8]) -> Result<Vec<u8>, Wrong> {
        let mut reader = Fields(body);
        let portal = reader.text()?.to_vec();
        let statement = self.statement(reader.text()?)?;
        let formats = reader.shorts()?;
        let count = reader.short()?;
        let mut values = Vec::new();
        for at in 0..usize::from(count) {
            let format = format_of(&formats, at);
            let kind = statement.kinds.get(at).copied().unwrap_or(TEXT);
            values.push(match reader.measured()? {
                None => Value::Null,
                Some(bytes) => read_value(bytes, kind, format),
            });
        }
        let formats = reader.shorts()?;
        let answer = sql::answer(&statement.text, &self.session, &values).into_iter().next();
        if self.portals.len() >= MOST_NAMES {
            return Err(Wrong("54000", "too many portals".to_owned()));
        }
        self.portals.insert(portal, Portal { answer, formats });
        Ok(message(b'2', &[]))
    }

    fn statement(&self, name: &[u8]) -> Result<Statement, Wrong> {
        let found = self.statements.get(name).cloned();
        found.ok_or_else(|| Wrong("26000", "the prepared statement does not exist".to_owned()))
    }

    fn portal(&self, name: &[u8]) -> Result<&Portal, Wrong> {
        let found = self.portals.get(name);
        found.ok_or_else(|| Wrong("34000", "the portal does not exist".to_owned()))
    }

    fn describe(&self, body: &[u8]) -> Result<Vec<u8>, Wrong> {
        let (kind, name) = body.split_first().ok_or_else(cut)?;
        let name = Fields(name).text()?;
        let columns = |answer: Option<&Answer>, formats: &[u16]| match answer {
            Some(Answer::Row(columns)) => row_description(columns, formats),
            _ => message(b'n', &[]),
        };
        if *kind == b'P' {
            let portal = self.portal(name)?;
            return Ok(columns(portal.answer.as_ref(), &portal.formats));
        }
        let statement = self.statement(name)?;
        let count = u16::try_from(statement.kinds.len()).unwrap_or(u16::MAX);
        let mut kinds = count.to_be_bytes().to_vec();
        kinds.extend(statement.kinds.iter().flat_map(|kind| kind.to_be_bytes()));
        let mut out = message(b't', &kinds);
        // The type of a parameter that comes back is its own.
        let values: Vec<Value> = statement
            .kinds
            .iter()
            .map(|kind| match *kind {
                INTEGER => Value::Integer(0),
                BOOLEAN => Value::Boolean(false),
                _ => Value::Text(String::new()),
            })
            .collect();
        let answers = sql::answer(&statement.text, &self.session, &values);
        out.extend(columns(answers.first(), &[]));
        Ok(out)
    }

    fn execute(&mut self, body: &[u8]) -> Result<Vec<u8>, Wrong> {
        let portal = self.portal(Fields(body).text()?)?;
        let (answer, formats) = (portal.answer.clone(), portal.formats.clone());
        Ok(match answer {
            Some(answer) => self.run(&answer, &formats),
            None => message(b'I', &[]),
        })
    }

    fn close(&mut self, body: &[u8]) -> Vec<u8> {
        if let Some((kind, name)) = body.split_first() {
            let name = name.strip_suffix(&[0]).unwrap_or(name);
            if *kind == b'S' {
                self.statements.remove(name);
            } else {
                self.portals.remove(name);
            }
        }
        message(b'3', &[])
    }
}

fn needs_database(text: &str) -> String {
    let shown: String = text.chars().take(60).collect();
    format!(
        "rdsiam local has no database for this query: {shown}; give one with --database postgres \
         or --database postgres://LOGIN:PASSWORD@HOST/DATABASE"
    )
}

fn cut() -> Wrong {
    Wrong("08P01", "a message is cut".to_owned())
}

/// The fields of a message.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Wrong> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(cut)?;
        self.0 = rest;
        Ok(taken)
    }

    fn text(&mut self) -> Result<&'a [u8], Wrong> {
        let end = self.0.iter().position(|byte| *byte == 0).ok_or_else(cut)?;
        let text = self.take(end)?;
        self.take(1)?;
        Ok(text)
    }

    fn short(&mut self) -> Result<u16, Wrong> {
        let bytes = self.take(2)?.first_chunk().ok_or_else(cut)?;
        Ok(u16::from_be_bytes(*bytes))
    }

    fn shorts(&mut self) -> Result<Vec<u16>, Wrong> {
        let count = self.short()?;
        (0..count).map(|_| self.short()).collect()
    }

    fn number(&mut self) -> Result<u32, Wrong> {
        let bytes = self.take(4)?.first_chunk().ok_or_else(cut)?;
        Ok(u32::from_be_bytes(*bytes))
    }

    /// Bytes after their length, which is -1 for NULL.
    fn measured(&mut self) -> Result<Option<&'a [u8]>, Wrong> {
        match self.number()? {
            u32::MAX => Ok(None),
            length => self.take(usize::try_from(length).map_err(|_| cut())?).map(Some),
        }
    }
}

/// None are all text, and one is for all.
fn format_of(formats: &[u16], at: usize) -> u16 {
    match formats {
        [] => 0,
        [all] => *all,
        each => each.get(at).copied().unwrap_or(0),
    }
}

fn read_value(bytes: &[u8], kind: u32, format: u16) -> Value {
    let text = || String::from_utf8_lossy(bytes).into_owned();
    match (kind, format) {
        (INTEGER, 1) => {
            let number = bytes.first_chunk().map_or(0, |bytes| i32::from_be_bytes(*bytes));
            Value::Integer(number.into())
        }
        (BOOLEAN, 1) => Value::Boolean(bytes == [1]),
        (INTEGER, _) => text().parse().map_or_else(|_| Value::Text(text()), Value::Integer),
        (BOOLEAN, _) => Value::Boolean(bytes.starts_with(b"t")),
        _ => Value::Text(text()),
    }
}

fn row_description(columns: &[Column], formats: &[u16]) -> Vec<u8> {
    let mut body = u16::try_from(columns.len()).unwrap_or(u16::MAX).to_be_bytes().to_vec();
    for (at, column) in columns.iter().enumerate() {
        let (kind, size): (u32, i16) = match &column.value {
            Value::Integer(number) if i32::try_from(*number).is_err() => (BIG_INTEGER, 8),
            Value::Integer(_) => (INTEGER, 4),
            Value::Boolean(_) => (BOOLEAN, 1),
            Value::Text(_) | Value::Null => (TEXT, -1),
        };
        body.extend(column.name.bytes().filter(|byte| *byte != 0));
        body.extend([0; 7]);
        body.extend(kind.to_be_bytes());
        body.extend(size.to_be_bytes());
        body.extend((-1_i32).to_be_bytes());
        body.extend(format_of(formats, at).to_be_bytes());
    }
    message(b'T', &body)
}

fn data_row(columns: &[Column], formats: &[u16]) -> Vec<u8> {
    let mut body = u16::try_from(columns.len()).unwrap_or(u16::MAX).to_be_bytes().to_vec();
    for (at, column) in columns.iter().enumerate() {
        let is_binary = format_of(formats, at) == 1;
        let bytes = match &column.value {
            Value::Integer(number) if is_binary => Some(i32::try_from(*number).map_or_else(
                |_| number.to_be_bytes().to_vec(),
                |number| number.to_be_bytes().to_vec(),
            )),
            Value::Boolean(is_true) if is_binary => Some(vec![u8::from(*is_true)]),
            value => value.text().map(String::into_bytes),
        };
        let length = bytes.as_ref().map_or(-1, |bytes| i32::try_from(bytes.len()).unwrap_or(-1));
        body.extend(length.to_be_bytes());
        body.extend(bytes.unwrap_or_default());
    }
    message(b'D', &body)
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len().saturating_add(4)).unwrap_or(u32::MAX);
    [&[kind], length.to_be_bytes().as_slice(), body].concat()
}
