//! Text that is wiped when it is dropped.

use std::ops::Deref;

use zeroize::zeroize_bytes;

/// As `Zeroizing<String>`, but wiped as a block: byte by byte it costs as much as the signature
/// of the token that it holds.
#[derive(Default)]
pub(crate) struct Wiped(String);

impl Wiped {
    /// The parts in one buffer of just their size, which never moves and so leaves no copy behind.
    pub(crate) fn joined(parts: &[&str]) -> Self {
        let mut out = String::with_capacity(parts.iter().map(|part| part.len()).sum());
        for part in parts {
            out.push_str(part);
        }
        Self(out)
    }
}

/// Takes over the buffer as it is. It is wiped as far as the text goes.
impl From<String> for Wiped {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Deref for Wiped {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.0).into_bytes();
        zeroize_bytes(&mut bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_made_once() {
        let joined = Wiped::joined(&["ab", "c"]);
        assert_eq!((&*joined, joined.0.capacity()), ("abc", 3));
    }
}
