//! Protocol data units (PS3.8 9.3): their six bytes of header, and the short ones in full.

use crate::error::{Error, Kind, Result};

/// A-ASSOCIATE-RQ.
pub const REQUEST: u8 = 1;
/// A-ASSOCIATE-AC.
pub const ACCEPT: u8 = 2;
/// A-ASSOCIATE-RJ.
pub const REJECT: u8 = 3;
/// P-DATA-TF.
pub const DATA: u8 = 4;
/// A-RELEASE-RQ.
pub const RELEASE: u8 = 5;
/// A-RELEASE-RP.
pub const RELEASED: u8 = 6;
/// A-ABORT.
pub const ABORT: u8 = 7;

/// A-RELEASE-RP in full (PS3.8 9.3.7).
pub const RELEASED_PDU: [u8; 10] = [RELEASED, 0, 0, 0, 0, 4, 0, 0, 0, 0];
/// A-RELEASE-RQ in full (PS3.8 9.3.6).
pub const RELEASE_PDU: [u8; 10] = [RELEASE, 0, 0, 0, 0, 4, 0, 0, 0, 0];

/// Why the service provider gives an association up (PS3.8 9.3.8).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Abort {
    /// No reason is specified.
    Unspecified = 0,
    /// A PDU of an unknown type.
    Unrecognized = 1,
    /// A PDU that must not come now.
    Unexpected = 2,
    /// A parameter that must not be there.
    UnexpectedParameter = 5,
    /// A parameter with a value that cannot be.
    InvalidParameter = 6,
}

/// A-ABORT by the service provider.
#[must_use]
pub const fn abort(reason: Abort) -> [u8; 10] {
    [ABORT, 0, 0, 0, 0, 4, 0, 0, 2, reason as u8]
}

/// The type and length in a PDU's header.
#[must_use]
pub fn header(bytes: [u8; 6]) -> (u8, u32) {
    let [kind, _, a, b, c, d] = bytes;
    (kind, u32::from_be_bytes([a, b, c, d]))
}

/// The six bytes before a PDU's content.
#[must_use]
pub fn start(kind: u8, length: u32) -> [u8; 6] {
    let [a, b, c, d] = length.to_be_bytes();
    [kind, 0, a, b, c, d]
}

/// A failure of the protocol: what the peer sent that cannot be.
#[must_use]
pub fn broken(code: &'static str, message: impl Into<String>) -> Error {
    Error::new(Kind::Malformed, code, message)
}

/// Reads numbers and fields off a PDU's content.
pub struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Over the content of a PDU, or of an item in one.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Whether everything was read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next so many bytes.
    ///
    /// # Errors
    /// [`Kind::Malformed`] where fewer are left.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            let left = self.rest.len();
            return Err(broken("pdu-length", format!("a field of {count} bytes, where {left} are left of the PDU")));
        };
        self.rest = rest;
        Ok(taken)
    }

    /// One byte.
    ///
    /// # Errors
    /// [`Kind::Malformed`] at the end.
    pub fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?.first().copied().unwrap_or(0))
    }

    /// A number of two bytes, big endian.
    ///
    /// # Errors
    /// [`Kind::Malformed`] at the end.
    pub fn word(&mut self) -> Result<u16> {
        let bytes = self.take(2)?;
        Ok(bytes.iter().fold(0, |number, byte| number << 8 | u16::from(*byte)))
    }

    /// A number of four bytes, big endian.
    ///
    /// # Errors
    /// [`Kind::Malformed`] at the end.
    pub fn long(&mut self) -> Result<u32> {
        let bytes = self.take(4)?;
        Ok(bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    /// An item: its type and its content.
    ///
    /// # Errors
    /// [`Kind::Malformed`] where it is longer than what is left.
    pub fn item(&mut self) -> Result<(u8, Fields<'a>)> {
        let kind = self.byte()?;
        self.byte()?;
        let length = self.word()?;
        Ok((kind, Fields::new(self.take(usize::from(length))?)))
    }

    /// What is left, as text without the padding at its ends.
    #[must_use]
    pub fn text(&self) -> String {
        text(self.rest)
    }

    /// What is left.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

/// Text without spaces and NULs at its ends; bytes that no title or UID may have become `\u{FFFD}`.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    let shown: String = bytes
        .iter()
        .map(|byte| if matches!(byte, 0 | 32..=126) { char::from(*byte) } else { char::REPLACEMENT_CHARACTER })
        .collect();
    shown.trim_matches([' ', '\0']).to_owned()
}
