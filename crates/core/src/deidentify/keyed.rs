//! Pseudonyms: what a secret key makes of an identifier (HMAC-SHA-256, RFC 2104), the same wherever it is met.

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The user's key, ready to be applied.
#[derive(Clone)]
pub struct Keyed(Hmac<Sha256>);

const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

impl Keyed {
    /// Any number of secret bytes.
    #[must_use]
    pub fn new(key: &[u8]) -> Option<Self> {
        Hmac::new_from_slice(key).ok().map(Self)
    }

    /// The digest of `parts` in the domain `purpose`; parts are kept apart by their lengths.
    #[must_use]
    pub fn digest(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(purpose.as_bytes());
        for part in parts {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// A UID under the root 2.25, made of a UUID of version 8 (PS3.5 B.2, RFC 9562).
    #[must_use]
    pub fn uid(&self, original: &[u8]) -> String {
        let mut number = self.number("uid", original);
        number = number & !(0xF << 76) | 0x8 << 76;
        number = number & !(0x3 << 62) | 0x2 << 62;
        format!("2.25.{number}")
    }

    fn number(&self, purpose: &str, original: &[u8]) -> u128 {
        self.digest(purpose, &[original]).iter().take(16).fold(0, |sum, byte| sum << 8 | u128::from(*byte))
    }

    /// Twelve letters and digits, 60 bits.
    #[must_use]
    pub fn word(&self, purpose: &str, parts: &[&[u8]]) -> String {
        let digest = self.digest(purpose, parts);
        digest
            .iter()
            .take(12)
            .map(|byte| char::from(LETTERS.get(usize::from(byte & 31)).copied().unwrap_or(b'A')))
            .collect()
    }

    /// Days to move all dates of a patient by: one to ten years into the past.
    #[must_use]
    pub fn days(&self, patient: &[u8]) -> i64 {
        let number =
            self.digest("days", &[patient]).iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        -365 - i64::try_from(number % 3286).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_key_gives_the_same_and_another_key_something_else() {
        let (one, two) = (Keyed::new(&[7; 32]), Keyed::new(&[8; 32]));
        let uid = one.as_ref().map(|key| key.uid(b"1.2.3"));
        assert_eq!(uid, one.as_ref().map(|key| key.uid(b"1.2.3")));
        assert_ne!(uid, two.map(|key| key.uid(b"1.2.3")));
        assert!(uid.is_some_and(|uid| uid.starts_with("2.25.") && uid.len() <= 44));
        let days = one.map_or(0, |key| key.days(b"P"));
        assert!((-3650..=-365).contains(&days));
    }
}
