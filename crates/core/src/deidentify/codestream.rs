//! Words that cameras and encoders leave in compressed pictures: comments and application data, overwritten in place.
//!
//! JPEG (ITU-T T.81 B.2.4), JPEG-LS, JPEG 2000 (T.800 A.9.2). Nothing changes its length, so no offset table does.

/// Where text is in the head of a code stream: start and end of each comment or application segment; and how many bytes
/// had to be there to say so.
#[must_use]
pub fn comments(head: &[u8]) -> (Vec<(usize, usize)>, usize) {
    match head {
        [0xFF, 0xD8, ..] => jpeg(head),
        [0xFF, 0x4F, 0xFF, 0x51, ..] => jpeg2000(head),
        [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => boxes(head),
        _ => (Vec::new(), 0),
    }
}

fn word16(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(*bytes.get(at)?) << 8 | usize::from(*bytes.get(at + 1)?))
}

fn jpeg(head: &[u8]) -> (Vec<(usize, usize)>, usize) {
    let mut found = Vec::new();
    let mut at = 2;
    while let (Some(0xFF), Some(marker)) = (head.get(at), head.get(at + 1)) {
        match *marker {
            0xFF => {
                at += 1;
                continue;
            }
            // Start of scan: the picture itself follows. End of image.
            0xDA | 0xD9 => return (found, 0),
            0x01 | 0xD0..=0xD8 => {
                at += 2;
                continue;
            }
            _ => {}
        }
        let Some(length) = word16(head, at + 2) else { break };
        if length < 2 {
            return (found, 0);
        }
        let content = head.get(at + 4..).unwrap_or_default();
        // JFIF, Adobe's color transform and SPIFF say how to decode and hold no text; JFXX holds a thumbnail.
        let technical = (*marker == 0xE0 && content.starts_with(b"JFIF\0") && length <= 16)
            || (*marker == 0xEE && content.starts_with(b"Adobe") && length <= 14)
            || (*marker == 0xE8 && length <= 32)
            || (*marker == 0xE2 && content.starts_with(b"ICC_PROFILE\0"));
        if (*marker == 0xFE || (0xE0..=0xEF).contains(marker)) && !technical {
            found.push((at + 4, at + 2 + length));
        }
        at += 2 + length;
    }
    (found, needed(head, at))
}

/// Where the search broke off: more bytes are needed only if the head ended there.
fn needed(head: &[u8], at: usize) -> usize {
    if at + 4 > head.len() {
        at + 4
    } else {
        0
    }
}

fn jpeg2000(head: &[u8]) -> (Vec<(usize, usize)>, usize) {
    let mut found = Vec::new();
    let mut at = 2;
    while let (Some(0xFF), Some(marker)) = (head.get(at), head.get(at + 1)) {
        // Start of data: the picture follows.
        if *marker == 0x93 {
            return (found, 0);
        }
        let Some(length) = word16(head, at + 2) else { break };
        if length < 2 {
            return (found, 0);
        }
        if *marker == 0x64 {
            // Two bytes say whether it is text.
            found.push(((at + 6).min(at + 2 + length), at + 2 + length));
        }
        at += 2 + length;
    }
    (found, needed(head, at))
}

fn boxes(head: &[u8]) -> (Vec<(usize, usize)>, usize) {
    let mut found = Vec::new();
    let mut at = 0;
    while let (Some(size), Some(kind)) = (head.get(at..at + 4), head.get(at + 4..at + 8)) {
        let size = size.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        let end = if size == 0 { head.len() } else { at + size };
        match kind {
            b"xml " | b"uuid" | b"Exif" | b"brob" => found.push((at + 8, end)),
            b"jp2c" => {
                let (inner, _) = jpeg2000(head.get(at + 8..).unwrap_or_default());
                found.extend(inner.iter().map(|(from, to)| (from + at + 8, to + at + 8)));
            }
            _ => {}
        }
        if end <= at + 7 {
            return (found, 0);
        }
        at = end;
    }
    let ended = at == head.len() && head.len() > 12;
    (found, if ended { 0 } else { needed(head, at + 4) })
}

/// Whether the code stream is of a kind whose [`end`] can be told.
#[must_use]
pub fn ends(head: &[u8]) -> bool {
    matches!(head, [0xFF, 0xD8, ..] | [0xFF, 0x4F, 0xFF, 0x51, ..])
}

/// Where the picture ends: what follows in the same fragment belongs to nothing. `None` where that cannot be told, as when
/// the rest of the picture is in the next fragment.
#[must_use]
pub fn end(whole: &[u8]) -> Option<usize> {
    match whole {
        [0xFF, 0xD8, ..] => jpeg_end(whole),
        [0xFF, 0x4F, 0xFF, 0x51, ..] => jpeg2000_end(whole),
        _ => None,
    }
}

fn jpeg_end(whole: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        at += whole.get(at..)?.iter().position(|byte| *byte == 0xFF)?;
        match *whole.get(at + 1)? {
            0xD9 => return Some(at + 2),
            0xFF => at += 1,
            // Coded data (JPEG-LS stuffs one bit only), and marks that have no length.
            0..=0x7F | 0xD0..=0xD8 => at += 2,
            _ => at += 2 + word16(whole, at + 2)?,
        }
    }
}

/// By the lengths of the tile-parts (T.800 A.4.2); the last may leave its own open.
fn jpeg2000_end(whole: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        match whole.get(at..at + 2)? {
            [0xFF, 0xD9] => return Some(at + 2),
            [0xFF, 0x90] => {
                let length =
                    whole.get(at + 6..at + 10)?.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
                if length < 12 {
                    let rest = whole.get(at..)?;
                    return rest.windows(2).position(|pair| pair == [0xFF, 0xD9]).map(|place| at + place + 2);
                }
                at += length;
            }
            [0xFF, _] => at += 2 + word16(whole, at + 2)?.max(2),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_found_before_the_scan_only() {
        let mut jpeg = vec![0xFF, 0xD8, 0xFF, 0xE1, 0, 6, b'E', b'x', b'i', b'f', 0xFF, 0xFE, 0, 5, b'J', b'o', b'e'];
        jpeg.extend([0xFF, 0xDA, 0, 2, 0xFF, 0xFE, 0, 4, 1, 2]);
        assert_eq!(comments(&jpeg), (vec![(6, 10), (14, 17)], 0));
        assert_eq!(comments(jpeg.get(..12).unwrap_or_default()).1, 14);
        let codestream = [0xFF, 0x4F, 0xFF, 0x51, 0, 4, 0, 0, 0xFF, 0x64, 0, 7, 0, 1, b'J', b'o', b'e', 0xFF, 0x93];
        assert_eq!(comments(&codestream), (vec![(14, 17)], 0));
    }

    #[test]
    fn the_picture_ends_where_its_mark_says_so() {
        let jpeg = b"\xFF\xD8\xFF\xFE\0\x04\xFF\xD9\xFF\xDA\0\x02a\xFF\0b\xFF\x7F\xFF\xD0c\xFF\xD9Joe";
        assert_eq!(end(jpeg), Some(jpeg.len() - 3));
        assert_eq!(end(jpeg.get(..jpeg.len() - 4).unwrap_or_default()), None);
        let part = b"\xFF\x90\0\x0A\0\0\0\0\0\x10\0\x01\xFF\x93\xFF\xD9";
        let whole = [b"\xFF\x4F\xFF\x51\0\x04\0\0".as_slice(), part, b"\xFF\xD9Joe"].concat();
        assert_eq!(end(&whole), Some(whole.len() - 3));
        assert_eq!(end(b"\xFF\x4F\xFF\x51\0"), None);
        assert_eq!(end(b"Joe"), None);
    }

    #[test]
    fn broken_heads_end_the_search() {
        assert_eq!(comments(&[0xFF, 0xD8, 0xFF, 0xFE, 0, 0]), (Vec::new(), 0));
        assert_eq!(comments(&[0xFF, 0xD8, 0xFF]), (Vec::new(), 6));
        assert_eq!(comments(b""), (Vec::new(), 0));
    }
}
