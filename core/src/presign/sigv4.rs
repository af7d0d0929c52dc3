//! The stages of SigV4 for a presigned GET, each a small function.
//!
//! Source: "Create a signed AWS API request" in the AWS IAM user guide. The key derivation is that
//! of the `aws-sigv4` crate; HMAC and hash are the crates that it uses as well.

use std::time::{Duration, UNIX_EPOCH};

use aws_sigv4::sign::v4::generate_signing_key;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::zeroize_bytes;

use crate::clock::LAST_SECOND;
use crate::error::{Error, ErrorKind, Result};

pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// Of the string to sign.
const FIRST_LINE: &[u8] = b"AWS4-HMAC-SHA256\n";
/// Of the canonical request, after the host: the signed header, and the SHA-256 of nothing, which is the
/// payload of a presigned GET.
pub(crate) const LAST_LINES: &str =
    "\n\nhost\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const SECONDS_A_DAY: i64 = 86_400;

/// A second in SigV4's two forms, `20240601` and `20240601T120000Z`.
#[derive(Clone, Copy)]
pub(crate) struct AmzDate {
    text: [u8; 16],
}

impl AmzDate {
    pub(crate) fn new(unix_time: i64) -> Result<Self> {
        if !(0..=LAST_SECOND).contains(&unix_time) {
            return Err(Error::invalid(
                "unix_time is outside 1970 to 9999; give the signing time in Unix seconds",
            ));
        }
        let date = time::OffsetDateTime::from_unix_timestamp(unix_time)
            .map_err(|_| Error::invalid("unix_time is outside the calendar"))?
            .date();
        let year = date.year().unsigned_abs();
        let [y1, y2] = digits(u64::from(year / 100));
        let [y3, y4] = digits(u64::from(year % 100));
        let [m1, m2] = digits(u64::from(u8::from(date.month())));
        let [d1, d2] = digits(u64::from(date.day()));
        let mut text = *b"........T......Z";
        for (to, from) in text.iter_mut().zip([y1, y2, y3, y4, m1, m2, d1, d2]) {
            *to = from;
        }
        Ok(Self { text }.on_this_day(unix_time))
    }

    /// Another second of its day.
    pub(crate) fn on_this_day(&self, unix_time: i64) -> Self {
        let second = unix_time.rem_euclid(SECONDS_A_DAY).unsigned_abs();
        let [h1, h2] = digits(second / 3600);
        let [i1, i2] = digits(second / 60 % 60);
        let [s1, s2] = digits(second % 60);
        let [y1, y2, y3, y4, m1, m2, d1, d2, ..] = self.text;
        Self { text: [y1, y2, y3, y4, m1, m2, d1, d2, b'T', h1, h2, i1, i2, s1, s2, b'Z'] }
    }

    /// `20240601`
    pub(crate) fn date(&self) -> &str {
        self.as_str().get(..8).unwrap_or_default()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.text
    }

    /// `20240601T120000Z`
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text).unwrap_or_default()
    }
}

fn digits(below_hundred: u64) -> [u8; 2] {
    let digit = |value: u64| b'0' + u8::try_from(value % 10).unwrap_or_default();
    [digit(below_hundred / 10), digit(below_hundred)]
}

/// The days since 1970, which tell whether a signing key still holds.
pub(crate) fn day_of(unix_time: i64) -> i64 {
    unix_time.div_euclid(SECONDS_A_DAY)
}

/// The signing key of a secret, a UTC day, a region and a service, with the two blocks that HMAC hashes
/// of a key hashed already, and the first line of the string to sign. Zeroized when dropped.
pub(crate) struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    pub(crate) fn new(secret: &str, unix_time: i64, region: &str, service: &str) -> Result<Self> {
        let time = UNIX_EPOCH + Duration::from_secs(u64::try_from(unix_time).unwrap_or_default());
        let key = generate_signing_key(secret, time, region, service);
        let mut keyed = Hmac::new_from_slice(key.as_ref())
            .map_err(|_| Error::new(ErrorKind::Internal, "HMAC refused a signing key"))?;
        keyed.update(FIRST_LINE);
        Ok(Self(keyed))
    }

    /// The signature of the string to sign: the algorithm, the time, the scope with a line break
    /// on either side, and the hash of the canonical request.
    pub(crate) fn sign(&self, date: &AmzDate, scope_line: &str, canonical: &Hex) -> Hex {
        let mut mac = self.0.clone();
        mac.update(date.as_bytes());
        mac.update(scope_line.as_bytes());
        mac.update(canonical.as_bytes());
        Hex::of(&mac.finalize().into_bytes().into())
    }
}

/// 32 bytes in hexadecimal digits. Zeroized when dropped, since it may be a signature.
pub(crate) struct Hex([u8; 64]);

impl Hex {
    pub(crate) fn of(bytes: &[u8; 32]) -> Self {
        let mut digits = [0; 64];
        // 32 bytes always fit into 64 digits.
        let _ = base16ct::lower::encode(bytes, &mut digits);
        Self(digits)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Drop for Hex {
    fn drop(&mut self) {
        zeroize_bytes(&mut self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_at_the_ends_of_the_calendar_and_around_a_leap_day() {
        for (unix_time, text) in [
            (0, "19700101T000000Z"),
            (951_827_696, "20000229T123456Z"),
            (1_717_243_200, "20240601T120000Z"),
            (1_735_689_599, "20241231T235959Z"),
            (LAST_SECOND, "99991231T235959Z"),
        ] {
            let date = AmzDate::new(unix_time).unwrap();
            assert_eq!(date.as_str(), text);
            assert!(text.starts_with(date.date()) && date.date().len() == 8);
        }
        assert!(AmzDate::new(-1).is_err() && AmzDate::new(LAST_SECOND + 1).is_err());
    }

    #[test]
    fn a_day_ends_at_midnight_utc() {
        assert_eq!(day_of(86_399), 0);
        assert_eq!(day_of(86_400), 1);
    }
}
