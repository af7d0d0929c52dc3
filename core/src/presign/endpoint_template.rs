//! What all tokens for one endpoint and one user have in common, whoever signs them.

use super::encode::{encoded_len, push_encoded};
use crate::endpoint::Endpoint;
use crate::kind::Kind;
use crate::style::Style;

/// The beginning of the token and the end of the canonical request.
pub(crate) struct EndpointTemplate {
    /// `db.example.com:5432/?Action=connect&DBUser=app&`
    text: String,
    /// How much of it is signed as the host, with or without the port.
    signed_host: usize,
    /// Where the query begins in it.
    query_at: usize,
}

impl EndpointTemplate {
    pub(crate) fn new(endpoint: &Endpoint, user: &str, style: Style) -> Self {
        const CONNECT: (&str, &str) = ("Action", "connect");
        // ElastiCache and MemoryDB store the names of users in lower case.
        let lower = || user.to_ascii_lowercase();
        let of = |parameters: &[_]| Self::at(endpoint, style, parameters);
        match endpoint.kind() {
            Kind::Rds => of(&[CONNECT, ("DBUser", user)]),
            Kind::DsqlConnect => of(&[("Action", "DbConnect")]),
            Kind::DsqlAdmin => of(&[("Action", "DbConnectAdmin")]),
            Kind::ElastiCache | Kind::MemoryDb => of(&[CONNECT, ("User", &lower())]),
            Kind::ElastiCacheServerless => {
                of(&[CONNECT, ("ResourceType", "ServerlessCache"), ("User", &lower())])
            }
        }
    }

    fn at(endpoint: &Endpoint, style: Style, parameters: &[(&str, &str)]) -> Self {
        let host = endpoint.host();
        let Some(port) = endpoint.port() else {
            return Self::of(&[host], host.len(), parameters);
        };
        let port_text = port.to_string();
        let signed_port = if style.signs_port(port) { ":".len() + port_text.len() } else { 0 };
        Self::of(&[host, ":", &port_text], host.len() + signed_port, parameters)
    }

    /// A presigned URL of any service, with the first `signed_host` bytes of its address as the host. The
    /// parameters stand in the alphabet's order and before `X-Amz-`.
    pub(super) fn of(address: &[&str], signed_host: usize, parameters: &[(&str, &str)]) -> Self {
        const MARKS: usize = "=&".len();
        let length = |(name, value): &(&str, &str)| name.len() + encoded_len(value) + MARKS;
        let query: usize = parameters.iter().map(length).sum();
        let query_at = address.iter().map(|part| part.len()).sum::<usize>() + "/?".len();
        let mut text = String::with_capacity(query_at + query);
        address.iter().chain(&["/?"]).for_each(|part| text.push_str(part));
        for (name, value) in parameters {
            text.push_str(name);
            text.push('=');
            push_encoded(&mut text, value);
            text.push('&');
        }
        Self { text, signed_host, query_at }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn query(&self) -> &str {
        self.text.get(self.query_at..).unwrap_or_default()
    }

    pub(super) fn signed_host(&self) -> &str {
        self.text.get(..self.signed_host).unwrap_or_default()
    }
}
