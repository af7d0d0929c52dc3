//! The first packet of a client, which has no type.

use std::fmt;
use std::io;

use crate::malformed;

use super::{split_number, split_text};

pub(super) const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;
const CANCEL_REQUEST: u32 = 80_877_102;

/// What a client begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// It asks for TLS, and begins again after the answer.
    Tls,
    /// It asks for encryption by Kerberos, and begins again after the answer.
    Gss,
    /// It asks to cancel what another connection runs.
    Cancel(CancelKey),
    /// It logs in.
    Startup(Startup),
}

impl Opening {
    /// Of a packet without its length.
    ///
    /// # Errors
    /// It is none of them.
    pub fn parse(body: &[u8]) -> io::Result<Self> {
        let (code, rest) =
            split_number(body).ok_or_else(|| malformed("the first packet is cut"))?;
        match code {
            SSL_REQUEST if rest.is_empty() => Ok(Self::Tls),
            GSS_REQUEST if rest.is_empty() => Ok(Self::Gss),
            CANCEL_REQUEST => Ok(Self::Cancel(CancelKey(rest.to_vec()))),
            version if version >> 16 == 3 => Startup::parse(version, rest).map(Self::Startup),
            _ => Err(malformed("it does not speak version 3 of the protocol of PostgreSQL")),
        }
    }
}

/// The process and the secret by which a client cancels what a connection of its runs.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CancelKey(Vec<u8>);

impl CancelKey {
    /// Of the body of BackendKeyData.
    #[must_use]
    pub fn new(body: &[u8]) -> Self {
        Self(body.to_vec())
    }

    /// The request, as a packet.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        packet(CANCEL_REQUEST, &self.0)
    }
}

/// Whoever has it can cancel queries.
impl fmt::Debug for CancelKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CancelKey")
    }
}

/// The parameters of a login. Texts are bytes: the client's encoding is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Startup {
    version: u32,
    parameters: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Startup {
    /// Of version 3.0, with these parameters.
    #[must_use]
    pub fn new(parameters: &[(&str, &str)]) -> Self {
        let bytes = |text: &str| text.as_bytes().to_vec();
        let parameters = parameters.iter().map(|(name, value)| (bytes(name), bytes(value)));
        Self { version: 3 << 16, parameters: parameters.collect() }
    }

    fn parse(version: u32, mut rest: &[u8]) -> io::Result<Self> {
        let cut = || malformed("the parameters of the login are cut");
        let mut parameters = Vec::new();
        loop {
            let (name, after) = split_text(rest).ok_or_else(cut)?;
            if name.is_empty() {
                return if after.is_empty() {
                    Ok(Self { version, parameters })
                } else {
                    Err(malformed("something follows the parameters of the login"))
                };
            }
            let (value, after) = split_text(after).ok_or_else(cut)?;
            parameters.push((name.to_vec(), value.to_vec()));
            rest = after;
        }
    }

    /// The last value of a parameter, which is the one that counts.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let mut all = self.parameters.iter().rev();
        all.find(|(given, _)| given == name.as_bytes()).map(|(_, value)| value.as_slice())
    }

    /// Sets a parameter, in the place where it was.
    pub fn set(&mut self, name: &str, value: &str) {
        let value = value.as_bytes().to_vec();
        let mut is_set = false;
        for (given, old) in &mut self.parameters {
            if given == name.as_bytes() {
                old.clone_from(&value);
                is_set = true;
            }
        }
        if !is_set {
            self.parameters.push((name.as_bytes().to_vec(), value));
        }
    }

    /// As a packet.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, value) in &self.parameters {
            for text in [name, value] {
                body.extend_from_slice(text);
                body.push(0);
            }
        }
        body.push(0);
        packet(self.version, &body)
    }
}

/// A packet without a type.
pub(super) fn packet(code: u32, rest: &[u8]) -> Vec<u8> {
    let length = u32::try_from(rest.len().saturating_add(8)).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), &code.to_be_bytes(), rest].concat()
}
