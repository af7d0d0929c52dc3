//! The session of a client of MySQL: queries, and prepared statements.

use std::collections::HashMap;
use std::io;

use rdsiam_wire::mysql::capabilities::{
    CONNECT_WITH_DB, DEPRECATE_EOF, MULTI_RESULTS, MULTI_STATEMENTS, MYSQL, PROTOCOL_41, SSL,
    TRANSACTIONS,
};
use rdsiam_wire::mysql::server::Accepted;
use rdsiam_wire::mysql::{ErrorPacket, Greeting, NATIVE, new_scramble, ok};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::sql::{self, Answer, Column, Session, Value};

const VERSION: &str = "8.0.36-rdsiam-local";
const LONGEST_QUERY: usize = 1 << 20;
const MOST_STATEMENTS: usize = 1000;
const AUTOCOMMIT: u16 = 2;
const MORE_RESULTS: u16 = 8;
const UTF8: u16 = 45;

const QUIT: u8 = 1;
const INIT_DB: u8 = 2;
const QUERY: u8 = 3;
const STATISTICS: u8 = 9;
const PING: u8 = 14;
const PREPARE: u8 = 22;
const EXECUTE: u8 = 23;
const CLOSE: u8 = 25;
const RESET_STATEMENT: u8 = 26;
const SET_OPTION: u8 = 27;
const RESET_CONNECTION: u8 = 31;

pub(in crate::local) fn greeting() -> io::Result<Greeting> {
    let scramble = new_scramble()?;
    let id = scramble.first_chunk().map_or(1, |id| u32::from_le_bytes(*id));
    Ok(Greeting {
        version: VERSION.into(),
        connection_id: id,
        scramble,
        capabilities: MYSQL
            | PROTOCOL_41
            | SSL
            | CONNECT_WITH_DB
            | TRANSACTIONS
            | MULTI_STATEMENTS
            | MULTI_RESULTS
            | DEPRECATE_EOF,
        charset: 45,
        status: AUTOCOMMIT,
        plugin: NATIVE.into(),
    })
}

pub(in crate::local) async fn serve(mut client: Accepted, user: &str) -> io::Result<()> {
    let database = client.response.database.clone().unwrap_or_default();
    let mut connection = Connection {
        session: session(user, &String::from_utf8_lossy(&database)),
        deprecates_eof: client.response.capabilities.has(DEPRECATE_EOF),
        statements: HashMap::new(),
        last_statement: 0,
    };
    client.send(&ok(AUTOCOMMIT)).await?;
    let mut stream = client.stream;
    loop {
        let command = receive(&mut stream).await?;
        let Some((kind, rest)) = command.split_first() else { return Ok(()) };
        if *kind == QUIT {
            return stream.shutdown().await;
        }
        let mut out = Vec::new();
        for (at, body) in connection.answer(*kind, rest).iter().enumerate() {
            let sequence = u8::try_from((at + 1) % 256).unwrap_or_default();
            let [low, middle, high, _] = u32::try_from(body.len()).unwrap_or(0).to_le_bytes();
            out.extend([low, middle, high, sequence]);
            out.extend(body);
        }
        stream.write_all(&out).await?;
        stream.flush().await?;
    }
}

/// A whole command. Longer ones than a packet are not for a database that is none.
async fn receive(stream: &mut rdsiam_wire::BoxedStream) -> io::Result<Vec<u8>> {
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let [low, middle, high, _] = head;
    let length = usize::try_from(u32::from_le_bytes([low, middle, high, 0])).unwrap_or(usize::MAX);
    if length > LONGEST_QUERY {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(body)
}

fn session(user: &str, database: &str) -> Session {
    let settings = [
        ("version", VERSION),
        ("version_comment", "rdsiam local, without a database"),
        ("max_allowed_packet", "1048576"),
        ("autocommit", "1"),
        ("transaction_isolation", "REPEATABLE-READ"),
        ("tx_isolation", "REPEATABLE-READ"),
        ("sql_mode", "STRICT_TRANS_TABLES"),
        ("lower_case_table_names", "0"),
        ("character_set_client", "utf8mb4"),
        ("character_set_connection", "utf8mb4"),
        ("character_set_results", "utf8mb4"),
        ("character_set_server", "utf8mb4"),
        ("collation_connection", "utf8mb4_general_ci"),
        ("collation_server", "utf8mb4_general_ci"),
        ("auto_increment_increment", "1"),
        ("interactive_timeout", "28800"),
        ("wait_timeout", "28800"),
        ("net_write_timeout", "60"),
        ("init_connect", ""),
        ("license", "Apache-2.0"),
        ("performance_schema", "0"),
        ("system_time_zone", "UTC"),
        ("time_zone", "SYSTEM"),
    ];
    Session {
        user: format!("{user}@%"),
        database: database.to_owned(),
        version: VERSION,
        connection_id: 1,
        settings: settings.map(|(name, value)| (name, value.to_owned())).into(),
    }
}

struct Connection {
    session: Session,
    deprecates_eof: bool,
    /// Text, and the types of its parameters as they were given last.
    statements: HashMap<u32, (String, Vec<[u8; 2]>)>,
    last_statement: u32,
}

impl Connection {
    /// The packets that answer a command.
    fn answer(&mut self, kind: u8, rest: &[u8]) -> Vec<Vec<u8>> {
        match kind {
            INIT_DB => {
                self.session.database = String::from_utf8_lossy(rest).into_owned();
                vec![ok(AUTOCOMMIT)]
            }
            QUERY => self.query(&String::from_utf8_lossy(rest)),
            PING => vec![ok(AUTOCOMMIT)],
            RESET_STATEMENT => vec![ok(AUTOCOMMIT)],
            RESET_CONNECTION => {
                self.statements.clear();
                vec![ok(AUTOCOMMIT)]
            }
            SET_OPTION => vec![eof(AUTOCOMMIT)],
            STATISTICS => vec![b"Uptime: 1".to_vec()],
            PREPARE => self.prepare(&String::from_utf8_lossy(rest)),
            EXECUTE => {
                self.execute(rest).unwrap_or_else(|| vec![error(1210, "Incorrect arguments")])
            }
            CLOSE => {
                self.statements.remove(&id_of(rest));
                Vec::new()
            }
            _ => vec![error(1047, "Unknown command")],
        }
    }

    fn query(&self, text: &str) -> Vec<Vec<u8>> {
        let answers = sql::answer(text, &self.session, &[]);
        if answers.is_empty() {
            return vec![error(1065, "Query was empty")];
        }
        let count = answers.len();
        let mut packets = Vec::new();
        for (at, answer) in answers.iter().enumerate() {
            let status = if at + 1 < count { AUTOCOMMIT | MORE_RESULTS } else { AUTOCOMMIT };
            match answer {
                Answer::Row(columns) => {
                    packets.extend(self.rows(columns, status, text_row(columns)))
                }
                Answer::Done(_) => packets.push(ok(status)),
                Answer::Unknown => {
                    packets.push(error(1235, &needs_database(text)));
                    break;
                }
            }
        }
        packets
    }

    /// A result of one row.
    fn rows(&self, columns: &[Column], status: u16, row: Vec<u8>) -> Vec<Vec<u8>> {
        let mut packets = vec![measured_number(columns.len())];
        packets.extend(columns.iter().map(definition));
        if !self.deprecates_eof {
            packets.push(eof(status));
        }
        packets.push(row);
        packets.push(if self.deprecates_eof { end(status) } else { eof(status) });
        packets
    }

    fn prepare(&mut self, text: &str) -> Vec<Vec<u8>> {
        let count = sql::parameters(text).len();
        let values = vec![Value::Null; count];
        let answers = sql::answer(text, &self.session, &values);
        let [answer] = answers.as_slice() else {
            return vec![error(1064, "It has to be one statement")];
        };
        let columns = match answer {
            Answer::Row(columns) => columns.as_slice(),
            Answer::Done(_) => &[],
            Answer::Unknown => return vec![error(1235, &needs_database(text))],
        };
        if self.statements.len() >= MOST_STATEMENTS {
            return vec![error(1461, "Can't create more prepared statements")];
        }
        self.last_statement = self.last_statement.wrapping_add(1);
        self.statements.insert(self.last_statement, (text.to_owned(), Vec::new()));
        let short = |count: usize| u16::try_from(count).unwrap_or(u16::MAX).to_le_bytes();
        let id = self.last_statement.to_le_bytes();
        let head = [&[0], &id[..], &short(columns.len()), &short(count), &[0, 0, 0]].concat();
        let parameter = Column { name: "?".to_owned(), value: Value::Text(String::new()) };
        let parameters: Vec<Vec<u8>> = (0..count).map(|_| definition(&parameter)).collect();
        let mut packets = vec![head];
        for definitions in [parameters, columns.iter().map(definition).collect()] {
            let is_empty = definitions.is_empty();
            packets.extend(definitions);
            if !is_empty && !self.deprecates_eof {
                packets.push(eof(AUTOCOMMIT));
            }
        }
        packets
    }

    fn execute(&mut self, body: &[u8]) -> Option<Vec<Vec<u8>>> {
        let (text, kinds) = self.statements.get_mut(&id_of(body))?;
        // Number, flags, iterations.
        let (_, rest) = body.split_at_checked(9)?;
        let values = read_values(sql::parameters(text).len(), kinds, rest)?;
        let answers = sql::answer(text, &self.session, &values);
        Some(match answers.first()? {
            Answer::Row(columns) => self.rows(columns, AUTOCOMMIT, binary_row(columns)),
            Answer::Done(_) => vec![ok(AUTOCOMMIT)],
            Answer::Unknown => vec![error(1235, &needs_database(text))],
        })
    }
}

fn id_of(body: &[u8]) -> u32 {
    body.first_chunk().map_or(0, |id| u32::from_le_bytes(*id))
}

fn read_values(count: usize, kinds: &mut Vec<[u8; 2]>, rest: &[u8]) -> Option<Vec<Value>> {
    if count == 0 {
        return Some(Vec::new());
    }
    let (nulls, rest) = rest.split_at_checked(count.div_ceil(8))?;
    let (are_bound, mut rest) = rest.split_first()?;
    if *are_bound == 1 {
        let (given, after) = rest.split_at_checked(count.checked_mul(2)?)?;
        *kinds = given.chunks_exact(2).filter_map(|kind| kind.first_chunk().copied()).collect();
        rest = after;
    }
    let mut values = Vec::new();
    for at in 0..count {
        if nulls.get(at / 8)? >> (at % 8) & 1 == 1 {
            values.push(Value::Null);
            continue;
        }
        let (value, after) = read_value(kinds.get(at)?[0], rest)?;
        values.push(value);
        rest = after;
    }
    Some(values)
}

fn read_value(kind: u8, bytes: &[u8]) -> Option<(Value, &[u8])> {
    let width = match kind {
        1 => 1,
        2 => 2,
        3 => 4,
        8 => 8,
        5 => {
            let (number, rest) = bytes.split_first_chunk::<8>()?;
            return Some((Value::Text(f64::from_le_bytes(*number).to_string()), rest));
        }
        6 => return Some((Value::Null, bytes)),
        _ => {
            let (first, rest) = bytes.split_first()?;
            let (digits, rest) = rest.split_at_checked(match first {
                252 => 2,
                253 => 3,
                254 => 8,
                _ => 0,
            })?;
            let length = match digits {
                [] => u64::from(*first),
                _ => digits.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
            };
            let (text, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            return Some((Value::Text(String::from_utf8_lossy(text).into_owned()), rest));
        }
    };
    let (digits, rest) = bytes.split_at_checked(width)?;
    // The sign of the highest byte goes on.
    let fill = if digits.last()? & 0x80 == 0 { 0 } else { 0xFF };
    let mut all = [fill; 8];
    for (to, from) in all.iter_mut().zip(digits) {
        *to = *from;
    }
    Some((Value::Integer(i64::from_le_bytes(all)), rest))
}

fn needs_database(text: &str) -> String {
    let shown: String = text.chars().take(60).collect();
    format!(
        "rdsiam local has no database for this query: {shown}; give one with --database \
         mysql://LOGIN:PASSWORD@HOST/DATABASE"
    )
}

fn error(code: u16, message: &str) -> Vec<u8> {
    ErrorPacket { code, state: "HY000", message }.encode()
}

fn eof(status: u16) -> Vec<u8> {
    let [low, high] = status.to_le_bytes();
    vec![0xFE, 0, 0, low, high]
}

/// OK in place of an EOF.
fn end(status: u16) -> Vec<u8> {
    let mut packet = ok(status);
    if let Some(first) = packet.first_mut() {
        *first = 0xFE;
    }
    packet
}

const LONG: u8 = 8;
const VARIABLE: u8 = 253;

fn definition(column: &Column) -> Vec<u8> {
    let (kind, charset) = match column.value {
        Value::Integer(_) | Value::Boolean(_) => (LONG, 63),
        Value::Text(_) | Value::Null => (VARIABLE, UTF8),
    };
    let mut packet = Vec::new();
    for text in ["def", "", "", "", &column.name, ""] {
        push_measured(&mut packet, text);
    }
    let charset: u16 = charset;
    packet.push(12);
    packet.extend(charset.to_le_bytes());
    packet.extend(1024_u32.to_le_bytes());
    packet.extend([kind, 0, 0, 0, 0, 0]);
    packet
}

/// A boolean of MySQL is a number.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Boolean(is_true) => Some(i64::from(*is_true).to_string()),
        other => other.text(),
    }
}

fn text_row(columns: &[Column]) -> Vec<u8> {
    let mut packet = Vec::new();
    for column in columns {
        match text_of(&column.value) {
            Some(text) => push_measured(&mut packet, &text),
            None => packet.push(0xFB),
        }
    }
    packet
}

fn binary_row(columns: &[Column]) -> Vec<u8> {
    let mut nulls = vec![0; (columns.len() + 9) / 8];
    let mut values = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        match &column.value {
            Value::Null => {
                if let Some(byte) = nulls.get_mut((at + 2) / 8) {
                    *byte |= 1 << ((at + 2) % 8);
                }
            }
            Value::Integer(number) => values.extend(number.to_le_bytes()),
            Value::Boolean(is_true) => values.extend(i64::from(*is_true).to_le_bytes()),
            Value::Text(text) => push_measured(&mut values, text),
        }
    }
    [&[0], nulls.as_slice(), &values].concat()
}

fn measured_number(number: usize) -> Vec<u8> {
    match u8::try_from(number) {
        Ok(small) if small <= 250 => vec![small],
        _ => {
            let [low, middle, high, ..] = number.to_le_bytes();
            vec![253, low, middle, high]
        }
    }
}

fn push_measured(to: &mut Vec<u8>, text: &str) {
    to.extend(measured_number(text.len()));
    to.extend(text.bytes());
}
