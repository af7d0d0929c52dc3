//! What all tokens for one endpoint and one user have in common, whoever signs them.

use super::encode::{encoded_len, push_encoded};
use super::sigv4::EMPTY_PAYLOAD;
use crate::endpoint::Endpoint;
use crate::style::Style;

/// The beginning of the token and the end of the canonical request.
pub(crate) struct EndpointTemplate {
    /// `db.example.com:5432/?Action=connect&DBUser=app&`
    text: String,
    /// Where the query begins in it.
    query_at: usize,
    /// What follows `host:` in the canonical request.
    header: String,
}

impl EndpointTemplate {
    pub(crate) fn new(endpoint: &Endpoint, user: &str, style: Style) -> Self {
        let (host, port) = (endpoint.host(), endpoint.port());
        let address = [host, ":", &port.to_string()].concat();
        let signed_host = if style.signs_port(port) { &address } else { host };
        Self::of(&address, signed_host, &[("Action", "connect"), ("DBUser", user)])
    }

    /// A presigned URL of any service. The parameters stand in the alphabet's order and before
    /// `X-Amz-`.
    pub(super) fn of(address: &str, signed_host: &str, parameters: &[(&str, &str)]) -> Self {
        const MARKS: usize = "=&".len();
        let length = |(name, value): &(&str, &str)| name.len() + encoded_len(value) + MARKS;
        let query: usize = parameters.iter().map(length).sum();
        let mut text = String::with_capacity(address.len() + "/?".len() + query);
        text.push_str(address);
        text.push_str("/?");
        let query_at = text.len();
        for (name, value) in parameters {
            text.push_str(name);
            text.push('=');
            push_encoded(&mut text, value);
            text.push('&');
        }
        let header = [signed_host, "\n\nhost\n", EMPTY_PAYLOAD].concat();
        Self { text, query_at, header }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn query(&self) -> &str {
        self.text.get(self.query_at..).unwrap_or_default()
    }

    pub(super) fn header(&self) -> &str {
        &self.header
    }
}
