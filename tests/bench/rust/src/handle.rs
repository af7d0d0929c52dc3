//! A hit where the program keeps what it needs for one login. The one place to change when the
//! core has a nearer way to a cached token.

use rdsiam::{Client, Target};

pub(crate) struct Handle<'a> {
    client: Client,
    target: Target<'a>,
}

impl<'a> Handle<'a> {
    pub(crate) fn new(client: &Client, target: Target<'a>) -> rdsiam::Result<Self> {
        Ok(Self { client: client.clone(), target })
    }

    /// The length of the token, which stands for its use.
    pub(crate) fn hit(&self) -> usize {
        self.client.get(&self.target).map_or(0, |token| token.as_str().len())
    }
}
