//! What a client answers to a greeting.

use std::io;

use zeroize::Zeroizing;

use super::capabilities::{
    CONNECT_ATTRS, CONNECT_WITH_DB, Capabilities, MYSQL, PLUGIN_AUTH, PLUGIN_AUTH_LENENC,
    PROTOCOL_41, SECURE_CONNECTION, SSL, ZSTD,
};
use super::{split_measured, split_text};
use crate::malformed;

/// Capabilities, the largest packet, the character set, and zeros, of which MariaDB uses four.
const HEAD: usize = 32;

/// The request for a login, as of version 4.1.
#[derive(Clone)]
pub struct Response {
    /// What the client wants, of what the server can do.
    pub capabilities: Capabilities,
    /// The largest packet that it takes.
    pub max_packet: u32,
    /// The character set, by its number.
    pub charset: u8,
    /// The user.
    pub user: Vec<u8>,
    /// The answer to the scramble.
    pub auth: Zeroizing<Vec<u8>>,
    /// The database, if one is named.
    pub database: Option<Vec<u8>>,
    /// The plugin that made the answer.
    pub plugin: Option<Vec<u8>>,
    /// The attributes of the client, as they came.
    pub attributes: Vec<u8>,
}

impl Response {
    /// A login with these capabilities, and no answer yet.
    #[must_use]
    pub fn new(capabilities: Capabilities, user: &str, database: Option<&str>) -> Self {
        Self {
            capabilities: capabilities
                .with(PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH)
                .set(CONNECT_WITH_DB, database.is_some()),
            max_packet: 0x0100_0000,
            // utf8mb4
            charset: 45,
            user: user.as_bytes().to_vec(),
            auth: Zeroizing::default(),
            database: database.map(|name| name.as_bytes().to_vec()),
            plugin: None,
            attributes: Vec::new(),
        }
    }

    /// Whether a packet asks for TLS: it is the head of a login alone.
    #[must_use]
    pub fn is_tls_request(body: &[u8]) -> bool {
        let capabilities = body.first_chunk().map(|low| u32::from_le_bytes(*low));
        body.len() == HEAD
            && capabilities.is_some_and(|low| Capabilities::of_halves(low, 0).has(SSL))
    }

    /// Of the body of a packet.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(body: &[u8]) -> io::Result<Self> {
        Self::read(body).ok_or_else(|| malformed("the login is cut, or of another protocol"))
    }

    fn read(body: &[u8]) -> Option<Self> {
        let (low, rest) = body.split_first_chunk::<4>()?;
        let (max_packet, rest) = rest.split_first_chunk::<4>()?;
        let (charset, rest) = rest.split_first()?;
        let (_zeros, rest) = rest.split_first_chunk::<19>()?;
        let (mariadb, rest) = rest.split_first_chunk::<4>()?;
        let capabilities =
            Capabilities::of_halves(u32::from_le_bytes(*low), u32::from_le_bytes(*mariadb));
        if !capabilities.has(PROTOCOL_41) {
            return None;
        }
        let (user, rest) = split_text(rest)?;
        let (auth, mut rest) = if capabilities.has(PLUGIN_AUTH_LENENC) {
            split_measured(rest)?
        } else if capabilities.has(SECURE_CONNECTION) {
            let (length, rest) = rest.split_first()?;
            rest.split_at_checked(usize::from(*length))?
        } else {
            split_text(rest)?
        };
        let mut text = |is_there: bool| {
            if !is_there || rest.is_empty() {
                return None;
            }
            // The last text may lack its NUL.
            let (text, after) = split_text(rest).unwrap_or((rest, &[]));
            rest = after;
            Some(text.to_vec())
        };
        let database = text(capabilities.has(CONNECT_WITH_DB));
        let plugin = text(capabilities.has(PLUGIN_AUTH));
        let attributes = if capabilities.has(CONNECT_ATTRS) && !rest.is_empty() {
            split_measured(rest)?.0
        } else {
            &[]
        };
        Some(Self {
            capabilities,
            max_packet: u32::from_le_bytes(*max_packet),
            charset: *charset,
            user: user.to_vec(),
            auth: Zeroizing::new(auth.to_vec()),
            database: database.filter(|name| !name.is_empty()),
            plugin,
            attributes: attributes.to_vec(),
        })
    }

    /// As the body of a packet.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut body = Zeroizing::new(self.head());
        body.extend_from_slice(&self.user);
        body.push(0);
        if self.capabilities.has(PLUGIN_AUTH_LENENC) {
            push_measured(&mut body, &self.auth);
        } else {
            // Longer answers are those of plugins that are asked for by name, in packets of their own.
            body.push(u8::try_from(self.auth.len()).unwrap_or_default());
            body.extend_from_slice(if self.auth.len() < 256 { &self.auth } else { &[] });
        }
        for (text, is_there) in [(&self.database, CONNECT_WITH_DB), (&self.plugin, PLUGIN_AUTH)] {
            if self.capabilities.has(is_there) {
                body.extend_from_slice(text.as_deref().unwrap_or_default());
                body.push(0);
            }
        }
        if self.capabilities.has(CONNECT_ATTRS) {
            push_measured(&mut body, &self.attributes);
        }
        body
    }

    /// The request for TLS: MariaDB reads the capabilities here and ignores those of the login, so that
    /// both have to be the same.
    #[must_use]
    pub fn head(&self) -> Vec<u8> {
        let (low, mariadb) = self.capabilities.halves();
        [&low, &self.max_packet.to_le_bytes()[..], &[self.charset], &[0; 19], &mariadb].concat()
    }

    /// The same login at the server behind, for another user: what passes after the login stays as the
    /// client asked for it.
    #[must_use]
    pub fn relayed(&self, server: Capabilities, has_tls: bool, user: &str) -> Self {
        let capabilities = (self.capabilities & server)
            .without(ZSTD)
            .set(SSL, has_tls)
            .set(CONNECT_WITH_DB, self.database.is_some())
            // Not a part of what both can do: MariaDB says by it who it is.
            .set(MYSQL, self.capabilities.has(MYSQL));
        let user = user.as_bytes().to_vec();
        Self { capabilities, user, auth: Zeroizing::default(), plugin: None, ..self.clone() }
    }
}

fn push_measured(to: &mut Vec<u8>, text: &[u8]) {
    match u8::try_from(text.len()) {
        Ok(length) if length <= 250 => to.push(length),
        _ => {
            let [low, middle, high, ..] = text.len().to_le_bytes();
            to.extend_from_slice(&[253, low, middle, high]);
        }
    }
    to.extend_from_slice(text);
}
