//! A login as a server.

use std::io;

use tokio::io::AsyncWriteExt as _;
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

use super::capabilities::PLUGIN_AUTH;
use super::{
    CACHING_SHA2, CLEAR, ErrorPacket, FAST_SUCCESS, Greeting, MORE, NATIVE, Packet, Response,
    SWITCH, receive, scramble, send,
};
use crate::malformed;
use crate::stream::{BoxedStream, Stream};

/// A client that has asked for a login.
pub struct Accepted {
    /// The connection, which is TLS by now if the client asked for it.
    pub stream: BoxedStream,
    /// Whether it is.
    pub is_tls: bool,
    /// What the client answered to the greeting.
    pub response: Response,
    /// The sequence of the next packet to it.
    pub sequence: u8,
}

/// Sends the greeting and waits for the login. Does the handshake of TLS before it, if the client asks for
/// it: whether it may, the greeting says.
///
/// # Errors
/// The connection ended or broke, or the client does not speak the protocol.
pub async fn accept(
    mut stream: BoxedStream,
    greeting: &Greeting,
    tls: Option<&TlsAcceptor>,
) -> io::Result<Accepted> {
    send(&mut stream, 0, &greeting.encode()).await?;
    let mut packet = receive(&mut stream).await?;
    let mut is_tls = false;
    if Response::is_tls_request(&packet.body) {
        let tls = tls.ok_or_else(|| malformed("it asks for TLS, which was not offered"))?;
        stream = Box::new(tls.accept(stream).await?);
        packet = receive(&mut stream).await?;
        is_tls = true;
    }
    let response = Response::parse(&packet.body)?;
    Ok(Accepted { stream, is_tls, response, sequence: packet.sequence.wrapping_add(1) })
}

impl Accepted {
    /// Asks for the password as it is. Nothing, if the client cannot be asked.
    ///
    /// # Errors
    /// The connection ended or broke: also where the client does not want to send it.
    pub async fn ask_clear(&mut self) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        let response = &self.response;
        // A client that was told to use this plugin has sent it with its login.
        let is_sent = response.plugin.as_deref() == Some(CLEAR.as_bytes());
        let mut password = if is_sent && !response.auth.is_empty() {
            response.auth.clone()
        } else if response.capabilities.has(PLUGIN_AUTH) {
            self.switch(CLEAR, &[]).await?.body
        } else {
            return Ok(None);
        };
        if password.last() == Some(&0) {
            password.pop();
        }
        Ok(Some(password))
    }

    /// Asks for a password without its being shown, by the plugin of the client or else by
    /// `mysql_native_password`. Whether it is the right one.
    ///
    /// # Errors
    /// The connection ended or broke.
    pub async fn ask_scrambled(&mut self, greeting: &Greeting, password: &str) -> io::Result<bool> {
        let plugin = self.response.plugin.as_deref().unwrap_or(NATIVE.as_bytes());
        let plugin = String::from_utf8_lossy(plugin).into_owned();
        let is_right = |plugin: &str, given: &[u8]| {
            scramble::is_right(plugin, password, &greeting.scramble, given)
        };
        // An empty answer may be that of a client which waits for the plugin to be named.
        let is_answered = [NATIVE, CACHING_SHA2].contains(&plugin.as_str())
            && (!self.response.auth.is_empty() || password.is_empty());
        if is_answered {
            let is_right = is_right(&plugin, &self.response.auth);
            if is_right && plugin == CACHING_SHA2 && !password.is_empty() {
                self.send(&[MORE, FAST_SUCCESS]).await?;
            }
            return Ok(is_right);
        }
        if !self.response.capabilities.has(PLUGIN_AUTH) {
            return Ok(false);
        }
        // Newer clients of MySQL have the one alone, and those of MariaDB often the other.
        let plugin = if plugin == CACHING_SHA2 { CACHING_SHA2 } else { NATIVE };
        let scramble = [&greeting.scramble[..], &[0]].concat();
        let answer = self.switch(plugin, &scramble).await?;
        let is_right = is_right(plugin, &answer.body);
        if is_right && plugin == CACHING_SHA2 && !password.is_empty() {
            self.send(&[MORE, FAST_SUCCESS]).await?;
        }
        Ok(is_right)
    }

    async fn switch(&mut self, plugin: &str, data: &[u8]) -> io::Result<Packet> {
        self.send(&[&[SWITCH], plugin.as_bytes(), &[0], data].concat()).await?;
        let packet = receive(&mut self.stream).await?;
        self.sequence = packet.sequence.wrapping_add(1);
        Ok(packet)
    }

    /// Sends the next packet of the login: the OK of another server, for instance.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn send(&mut self, body: &[u8]) -> io::Result<()> {
        send(&mut self.stream, self.sequence, body).await?;
        self.sequence = self.sequence.wrapping_add(1);
        Ok(())
    }

    /// Says why, and closes.
    pub async fn refuse(mut self, error: &ErrorPacket<'_>) {
        // A client that is gone needs no answer.
        let _ = self.send(&error.encode()).await;
        let _ = self.stream.shutdown().await;
    }
}

/// Says why there is no greeting, and closes.
pub async fn turn_away<S: Stream + ?Sized>(stream: &mut S, error: &ErrorPacket<'_>) {
    let _ = send(stream, 0, &error.encode_as_greeting()).await;
    let _ = stream.shutdown().await;
}
