//! JPEG (ITU-T T.81 B.1, B.2) and JPEG-LS (T.87 C): comments and application data, also between scans.

use super::{number, Found};

/// Marks that have no length.
const fn alone(marker: u8) -> bool {
    matches!(marker, 0x01 | 0xD0..=0xD8)
}

/// Look through a picture.
pub fn look(whole: &[u8]) -> Found {
    let mut found = Found::default();
    let (mut at, mut coded) = (2, false);
    while let Some(step) = whole.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == 0xFF)) {
        if !coded {
            // Between segments there may be nothing but fill bytes.
            found.add(at, at + step, 0xFF);
        }
        at += step;
        let Some(marker) = whole.get(at + 1).copied() else { return found };
        match marker {
            0xD9 => {
                found.end = Some(at + 2);
                return found;
            }
            0xFF => at += 1,
            // JPEG-LS stuffs one bit only.
            0..=0x7F if coded => at += 2,
            _ if alone(marker) => at += 2,
            _ => {
                let Some(length) = number(whole, at + 2, 2) else { return found };
                let end = at + 2 + length.max(2);
                if is_text(marker, whole.get(at + 4..end.min(whole.len())).unwrap_or_default()) {
                    found.add(at + 4, end, b' ');
                }
                coded = marker == 0xDA;
                at = end;
            }
        }
    }
    if !coded && at < whole.len() {
        found.add(at, whole.len(), 0xFF);
    }
    found
}

/// Whether a segment says nothing of how to decode the picture.
fn is_text(marker: u8, content: &[u8]) -> bool {
    // JFIF, Adobe's color transform and SPIFF say how to decode and hold no text; JFXX holds a thumbnail.
    let technical = (marker == 0xE0 && content.starts_with(b"JFIF\0") && content.len() <= 14)
        || (marker == 0xEE && content.starts_with(b"Adobe") && content.len() <= 12)
        || (marker == 0xE8 && content.len() <= 30)
        || (marker == 0xE2 && content.starts_with(b"ICC_PROFILE\0"));
    // Those that are reserved mean nothing; 0xF7 and 0xF8 are of JPEG-LS.
    let reserved = matches!(marker, 0x02..=0xBF | 0xF0..=0xF6 | 0xF9..=0xFD);
    (marker == 0xFE || matches!(marker, 0xE0..=0xEF) || reserved) && !technical
}

#[cfg(test)]
mod tests {
    use super::super::Range;
    use super::*;

    #[test]
    fn comments_are_found_in_the_head_and_between_scans() {
        let jpeg = [
            b"\xFF\xD8\xFF\xE1\0\x06Exif\xFF\xFE\0\x05Joe\xFF\xDA\0\x02a\xFF\0\xFF\x7Fb\xFF\xD0c".as_slice(),
            b"\xFF\xFE\0\x05Ann\xFF\xDA\0\x02d\xFF\xD9Joe",
        ]
        .concat();
        let found = look(&jpeg);
        let text: Vec<_> = found.ranges.iter().map(|one| jpeg.get(one.from..one.to).unwrap_or_default()).collect();
        assert_eq!(text, [b"Exif".as_slice(), b"Joe", b"Ann"]);
        assert_eq!(found.end, Some(jpeg.len() - 3));
    }

    #[test]
    fn what_says_how_to_decode_stays() {
        let jpeg = [
            b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".as_slice(),
            b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0\x01\xFF\xDB\0\x04ab\xFF\xD9",
        ]
        .concat();
        assert_eq!(look(&jpeg), Found { ranges: vec![], end: Some(jpeg.len()) });
    }

    #[test]
    fn bytes_between_segments_become_fill_bytes() {
        let found = look(b"\xFF\xD8Joe\xFF\xD9");
        assert_eq!(found, Found { ranges: vec![Range { from: 2, to: 5, fill: 0xFF }], end: Some(7) });
    }

    #[test]
    fn a_picture_that_goes_on_has_no_end() {
        assert_eq!(look(b"\xFF\xD8\xFF\xDA\0\x02abc").end, None);
        let cut = look(b"\xFF\xD8\xFF\xFE\0\x20Joe");
        assert_eq!(cut, Found { ranges: vec![Range { from: 6, to: 36, fill: b' ' }], end: None });
        assert_eq!(look(b"\xFF\xD8\xFF"), Found::default());
    }
}
