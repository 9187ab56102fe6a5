//! JPEG 2000 and HTJ2K (T.800 A.4 to A.9): comments in the main header and in those of tile-parts.

use super::{number, Found};

/// Look through a code stream.
pub fn look(whole: &[u8]) -> Found {
    let mut found = Found::default();
    let mut at = 2;
    loop {
        match whole.get(at..at + 2) {
            Some([0xFF, 0xD9]) => {
                found.end = Some(at + 2);
                return found;
            }
            Some([0xFF, 0x90]) => match tile_part(whole, at, &mut found) {
                Some(next) => at = next,
                None => return found,
            },
            Some([0xFF, marker]) => match segment(whole, at, *marker, &mut found) {
                Some(next) => at = next,
                None => return found,
            },
            _ => return found,
        }
    }
}

/// Go past a segment; a comment is noted.
fn segment(whole: &[u8], at: usize, marker: u8, found: &mut Found) -> Option<usize> {
    let end = at + 2 + number(whole, at + 2, 2)?.max(2);
    if marker == 0x64 {
        // Two bytes say whether it is text.
        found.add((at + 6).min(end), end, b' ');
    }
    Some(end)
}

/// Go past a tile-part, by its length; the last may leave it open (T.800 A.4.2).
fn tile_part(whole: &[u8], at: usize, found: &mut Found) -> Option<usize> {
    let length = number(whole, at + 6, 4)?;
    let mut inner = at + 12;
    while let Some([0xFF, marker]) = whole.get(inner..inner + 2) {
        if *marker == 0x93 {
            break;
        }
        inner = segment(whole, inner, *marker, found)?;
    }
    if length >= 12 {
        return Some(at + length);
    }
    // No two bytes of coded data look like an end.
    let place = whole.get(inner..)?.windows(2).position(|pair| pair == [0xFF, 0xD9])?;
    Some(inner + place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(whole: &[u8]) -> Vec<&[u8]> {
        look(whole).ranges.iter().map(|one| whole.get(one.from..one.to).unwrap_or_default()).collect()
    }

    #[test]
    fn comments_are_found_in_every_header() {
        let part = b"\xFF\x90\0\x0A\0\0\0\0\0\x19\0\x01\xFF\x64\0\x07\0\x01Ann\xFF\x93\xFF\x64";
        let whole =
            [b"\xFF\x4F\xFF\x51\0\x04\0\0\xFF\x64\0\x07\0\x01Joe".as_slice(), part, part, b"\xFF\xD9Joe"].concat();
        assert_eq!(text(&whole), [b"Joe".as_slice(), b"Ann", b"Ann"]);
        assert_eq!(look(&whole).end, Some(whole.len() - 3));
    }

    #[test]
    fn the_last_part_may_be_of_any_length() {
        let part = b"\xFF\x90\0\x0A\0\0\0\0\0\0\0\x01\xFF\x93abc";
        let whole = [b"\xFF\x4F\xFF\x51\0\x04\0\0".as_slice(), part, b"\xFF\xD9Joe"].concat();
        assert_eq!(look(&whole).end, Some(whole.len() - 3));
        assert_eq!(look(b"\xFF\x4F\xFF\x51\0").end, None);
    }
}
