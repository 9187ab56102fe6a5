//! Boxes around JPEG 2000 (T.800 I) and JPEG XL (ISO/IEC 18181-2): what says nothing of the picture is emptied.

use super::{jpeg2000, number, Found};

/// What is needed in order to decode. `jbrd` has what makes the JPEG again that a picture was made from.
const NEEDED: [&[u8; 4]; 10] =
    [b"jP  ", b"JXL ", b"ftyp", b"rreq", b"jp2c", b"jxlc", b"jxlp", b"jxll", b"jxli", b"jbrd"];
/// What is emptied and keeps its kind.
const KNOWN: [&[u8; 4]; 10] =
    [b"xml ", b"uuid", b"uinf", b"url ", b"free", b"skip", b"Exif", b"brob", b"jumb", b"asoc"];
/// What the header of the picture has.
const IN_HEADER: [&[u8; 4]; 9] = [b"ihdr", b"bpcc", b"colr", b"pclr", b"cmap", b"cdef", b"res ", b"resc", b"resd"];

/// Look through all boxes.
pub fn look(whole: &[u8]) -> Found {
    let mut found = Found::default();
    let mut at = 0;
    while at < whole.len() {
        let Some((content, end, kind)) = header(whole, at) else {
            // No box begins here.
            found.end = Some(at);
            return found;
        };
        match &kind {
            b"jp2h" => inner(whole, content, end.min(whole.len()), &mut found),
            b"jp2c" => stream(whole, content, end, &mut found),
            kind if NEEDED.contains(&kind) => {}
            kind if KNOWN.contains(&kind) => found.add(content, end, 0),
            _ if end > whole.len() => {
                // Nothing that anybody knows is so long.
                found.end = Some(at);
                return found;
            }
            _ => {
                rename(at, &mut found);
                found.add(content, end, 0);
            }
        }
        if end > whole.len() {
            return found;
        }
        at = end;
    }
    found.end = Some(at);
    found
}

/// The kind of an unknown box may be somebody's name, too: it becomes free space.
fn rename(at: usize, found: &mut Found) {
    for (index, letter) in b"free".iter().enumerate() {
        found.add(at + 4 + index, at + 5 + index, *letter);
    }
}

/// Where the content of a box begins and ends, and its kind.
fn header(whole: &[u8], at: usize) -> Option<(usize, usize, [u8; 4])> {
    let kind: [u8; 4] = whole.get(at + 4..at + 8)?.try_into().ok()?;
    let named = kind.iter().all(|letter| letter.is_ascii_graphic() || *letter == b' ');
    match number(whole, at, 4)? {
        0 if named => Some((at + 8, whole.len(), kind)),
        1 if named => {
            let length = number(whole, at + 8, 8).filter(|length| *length >= 16)?;
            Some((at + 16, at.checked_add(length)?, kind))
        }
        length if length >= 8 && named => Some((at + 8, at + length, kind)),
        _ => None,
    }
}

fn inner(whole: &[u8], from: usize, to: usize, found: &mut Found) {
    let mut at = from;
    while at < to {
        let part = whole.get(..to).unwrap_or_default();
        let Some((content, end, kind)) = header(part, at) else {
            found.add(at, to, 0);
            return;
        };
        if !IN_HEADER.contains(&&kind) {
            rename(at, found);
            found.add(content, end.min(to), 0);
        }
        at = end;
    }
}

fn stream(whole: &[u8], from: usize, to: usize, found: &mut Found) {
    let inner = jpeg2000::look(whole.get(from..to.min(whole.len())).unwrap_or_default());
    for one in inner.ranges {
        found.add(one.from + from, one.to + from, one.fill);
    }
    if let Some(end) = inner.end {
        found.add(from + end, to.min(whole.len()), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
        [(content.len() as u32 + 8).to_be_bytes().as_slice(), &kind, content].concat()
    }

    #[test]
    fn only_what_is_needed_stays() {
        let header = boxed(*b"jp2h", &[boxed(*b"ihdr", b"0123"), boxed(*b"name", b"Joe")].concat());
        let code = [
            b"\xFF\x4F\xFF\x51\0\x04\0\0\xFF\x64\0\x07\0\x01Ann".as_slice(),
            b"\xFF\x90\0\x0A\0\0\0\0\0\x10\0\x01\xFF\x93ab\xFF\xD9Bob",
        ]
        .concat();
        let whole = [
            boxed(*b"jP  ", b"\r\n\x87\n"),
            header,
            boxed(*b"xml ", b"<Joe/>"),
            boxed(*b"jp2c", &code),
            boxed(*b"free", b"Sue"),
            b"Tom".to_vec(),
        ]
        .concat();
        let found = look(&whole);
        let text: Vec<_> = found.ranges.iter().map(|one| whole.get(one.from..one.to).unwrap_or_default()).collect();
        let kind = [b"n".as_slice(), b"a", b"m", b"e"];
        assert_eq!(text, [&kind[..], &[b"Joe".as_slice(), b"<Joe/>", b"Ann", b"Bob", b"Sue"]].concat());
        assert_eq!(found.end, Some(whole.len() - 3));
    }

    #[test]
    fn a_box_may_go_on() {
        let whole = [boxed(*b"jP  ", b"\r\n\x87\n"), b"\0\0\0\x40jp2c\xFF\x4F\xFF\x51".to_vec()].concat();
        assert_eq!(look(&whole), Found::default());
        let open = [boxed(*b"jP  ", b"\r\n\x87\n"), b"\0\0\0\0xml Joe".to_vec()].concat();
        assert_eq!(look(&open).end, Some(open.len()));
        assert_eq!(look(&open).ranges.len(), 1);
        let name = [boxed(*b"jP  ", b"\r\n\x87\n"), b"Zebedee^Joe".to_vec()].concat();
        assert_eq!(look(&name).end, Some(12));
    }
}
