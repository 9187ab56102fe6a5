//! One element as a difference from another: ranges to copy of that, and bytes.
//!
//! Pixel data are too large to travel twice. Where comments in a code stream were overwritten or padding was cut off,
//! the difference is a few bytes.

use crate::error::{Error, Kind, Result};

const COPY: u8 = 0;
const BYTES: u8 = 1;

/// A difference in the making.
#[derive(Default)]
pub struct Patch {
    steps: Vec<u8>,
}

impl Patch {
    /// `length` bytes of the other, from `from` on.
    pub fn copy(&mut self, from: u64, length: u64) {
        if length > 0 {
            self.steps.push(COPY);
            self.steps.extend(from.to_le_bytes());
            self.steps.extend(length.to_le_bytes());
        }
    }

    /// These bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.steps.push(BYTES);
            self.steps.extend((bytes.len() as u64).to_le_bytes());
            self.steps.extend(bytes);
        }
    }

    /// The whole, of another of `length` bytes.
    #[must_use]
    pub fn finish(self, length: u64) -> Vec<u8> {
        [length.to_le_bytes().as_slice(), &self.steps].concat()
    }
}

/// One step of a difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece<'a> {
    /// From here so many bytes of the other.
    Copy(u64, u64),
    /// These.
    Bytes(&'a [u8]),
}

/// Read a difference from another of `length` bytes; `None` where it is from one of another length.
///
/// # Errors
/// When it makes no sense.
pub fn pieces(patch: &[u8], length: u64) -> Result<Option<Vec<Piece<'_>>>> {
    let wrong = || Error::new(Kind::Malformed, "originals", "the original of the pixel data is damaged");
    let number = |at: usize| {
        let eight = patch.get(at..at + 8).and_then(|eight| <[u8; 8]>::try_from(eight).ok());
        eight.map(u64::from_le_bytes).ok_or_else(wrong)
    };
    if number(0)? != length {
        return Ok(None);
    }
    let (mut at, mut found) = (8, Vec::new());
    // An element of odd length is padded.
    while let Some(kind) = patch.get(at).filter(|_| at + 1 < patch.len()) {
        match *kind {
            COPY => {
                let (from, count) = (number(at + 1)?, number(at + 9)?);
                if from.checked_add(count).is_none_or(|until| until > length) {
                    return Err(wrong());
                }
                found.push(Piece::Copy(from, count));
                at += 17;
            }
            BYTES => {
                let count = usize::try_from(number(at + 1)?).map_err(|_| wrong())?;
                let until = (at + 9).checked_add(count).ok_or_else(wrong)?;
                found.push(Piece::Bytes(patch.get(at + 9..until).ok_or_else(wrong)?));
                at = until;
            }
            _ => return Err(wrong()),
        }
    }
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_come_back_and_damage_is_told() {
        let mut patch = Patch::default();
        patch.bytes(b"abc");
        patch.copy(2, 5);
        patch.bytes(b"");
        let made = patch.finish(9);
        let wanted = vec![Piece::Bytes(b"abc"), Piece::Copy(2, 5)];
        assert_eq!(pieces(&made, 9).ok().flatten(), Some(wanted.clone()));
        assert_eq!(pieces(&[made.as_slice(), b"\0"].concat(), 9).ok().flatten(), Some(wanted));
        assert_eq!(pieces(&made, 10).ok(), Some(None));
        for length in 8..made.len() - 1 {
            let cut = pieces(made.get(..length).unwrap_or_default(), 9);
            assert!(cut.is_err() || cut.is_ok_and(|found| found.is_some_and(|found| found.len() < 2)));
        }
        let mut beyond = Patch::default();
        beyond.copy(5, 5);
        assert!(pieces(&beyond.finish(9), 9).is_err());
    }
}
