//! What no picture needs in compressed pixel data: words of cameras and encoders, and bytes that no pixel comes from.
//! They are overwritten in place, so that nothing changes its length and offset tables hold.

mod boxes;
mod jpeg;
mod jpeg2000;
pub mod runs;
pub mod video;

/// A range of bytes, and what is written over it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Range {
    /// Its first byte.
    pub from: usize,
    /// The first byte behind it.
    pub to: usize,
    /// What takes the place of each byte.
    pub fill: u8,
}

/// What was found in a code stream.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Found {
    /// Bytes that no picture needs.
    pub ranges: Vec<Range>,
    /// Where the picture ends; nothing where it goes on behind the bytes that are there.
    pub end: Option<usize>,
}

impl Found {
    fn add(&mut self, from: usize, to: usize, fill: u8) {
        if from < to {
            self.ranges.push(Range { from, to, fill });
        }
    }
}

/// Whether a picture begins here of which it is known how it is built.
#[must_use]
pub fn begins(head: &[u8]) -> bool {
    matches!(
        head,
        [0xFF, 0xD8, ..]
            | [0xFF, 0x4F, 0xFF, 0x51, ..]
            | [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..]
            | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..]
    )
}

/// Look through a picture that [`begins`], as far as it is there.
#[must_use]
pub fn look(whole: &[u8]) -> Found {
    match whole {
        [0xFF, 0xD8, ..] => jpeg::look(whole),
        [0xFF, 0x4F, ..] => jpeg2000::look(whole),
        _ => boxes::look(whole),
    }
}

/// The number of 2 or 4 bytes, most significant first, at a place.
fn number(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    Some(bytes.get(at..at + width)?.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_does_not_begin() {
        assert!(!begins(b"Joe"));
        assert!(!begins(b""));
        assert!(begins(b"\xFF\xD8\xFF"));
    }

    #[test]
    fn nothing_is_read_behind_the_end() {
        let mut seed = 7_u64;
        for kind in [b"\xFF\xD8".as_slice(), b"\xFF\x4F\xFF\x51", b"\0\0\0\x0CjP  ", b"\0\0\0\x0CJXL "] {
            for length in 0..400 {
                let mut bytes = kind.to_vec();
                for _ in 0..length {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    let byte = (seed >> 33) as u8;
                    bytes.push(if byte % 3 == 0 { 0xFF } else { byte });
                }
                let found = look(&bytes);
                assert!(found.end.is_none_or(|end| end <= bytes.len()));
                assert!(found.ranges.iter().all(|one| one.from < one.to));
            }
        }
    }
}
