//! Originals put back into the data set that they were taken from (PS3.15 E.1.3): each replaces what has its tag now.

use std::io::Write;

use super::write::copy;
use crate::deidentify::{pieces, Piece, CREATOR, PIXELS, PIXELS_CREATOR};
use crate::error::{Error, Kind, Result};
use crate::file::Tables;
use crate::limits::Limits;
use crate::source::{Slice, Source};
use crate::table::{collect, Table, Wanted};
use crate::tag::Tag;
use crate::token::Encoding;

/// Modified Attributes Sequence.
const MODIFIED: Tag = Tag(0x0400_0550);

#[derive(Clone, Copy)]
struct Element {
    tag: Tag,
    start: u64,
    end: u64,
}

/// Write the data set of `source`, without what stands before it, with the elements of `originals`, a data set of the
/// same encoding with Modified Attributes Sequence (0400,0550); elements of `drop` that have no original are left out.
///
/// # Errors
/// Where either breaks off, `originals` is something else, or `out` refuses.
pub fn merge<S: Source>(
    source: &mut S,
    tables: &Tables,
    originals: &[u8],
    drop: &[Tag],
    limits: Limits,
    out: &mut dyn Write,
) -> Result<()> {
    if let Some(broken) = tables.data.issues.iter().find(|issue| issue.error.kind == Kind::Truncated) {
        return Err(broken.error.clone());
    }
    let encoding = tables.data.encoding.unwrap_or_else(|| tables.head.data_encoding());
    let table =
        collect(&mut Slice::new(originals), 0, encoding, limits, Wanted { detect: false, ..Wanted::default() })?;
    let mut restored = inside(&table)?;
    let pixels = pixel_patch(&mut restored, originals, encoding)?;
    let restored = Restored { originals, elements: restored, pixels };
    match &tables.inflated {
        Some(inflated) => merged(&mut Slice::new(inflated), &tables.data, &restored, drop, out),
        None => merged(source, &tables.data, &restored, drop, out),
    }
}

struct Restored<'a> {
    originals: &'a [u8],
    elements: Vec<Element>,
    /// The difference to the original pixel data.
    pixels: Option<Vec<u8>>,
}

/// Take the difference of the pixel data out of the elements, where there is one.
fn pixel_patch(elements: &mut Vec<Element>, originals: &[u8], encoding: Encoding) -> Result<Option<Vec<u8>>> {
    let bytes = |element: &Element| {
        let range = usize::try_from(element.start).unwrap_or(0)..usize::try_from(element.end).unwrap_or(0);
        originals.get(range).unwrap_or_default()
    };
    let header = if encoding.implicit { 8 } else { 12 };
    let creator = elements.iter().find(|element| element.tag == PIXELS_CREATOR).map(bytes).unwrap_or_default();
    if !creator.get(8..).is_some_and(|value| value.starts_with(CREATOR)) {
        return Ok(None);
    }
    let patch = elements.iter().find(|element| element.tag == PIXELS).and_then(|element| bytes(element).get(header..));
    let wrong = || Error::new(Kind::Malformed, "originals", "the original of the pixel data is missing");
    let patch = patch.ok_or_else(wrong)?.to_vec();
    elements.retain(|element| element.tag != PIXELS && element.tag != PIXELS_CREATOR);
    Ok(Some(patch))
}

/// The encoding of the data set of `tables`.
#[must_use]
pub fn encoding(tables: &Tables) -> Encoding {
    tables.data.encoding.unwrap_or_else(|| tables.head.data_encoding())
}

/// The elements of all items of Modified Attributes Sequence.
fn inside(table: &Table) -> Result<Vec<Element>> {
    let wrong = |message: &str| Err(Error::new(Kind::Malformed, "originals", message));
    if let Some(issue) = table.issues.first() {
        return wrong(&format!("the originals are damaged: {}", issue.error.message));
    }
    let Some(sequence) = table.rows.iter().position(|row| row.token.depth == 0 && row.token.tag == MODIFIED) else {
        return wrong("there is no Modified Attributes Sequence (0400,0550) in what was decrypted");
    };
    let until = table.rows.get(sequence).map_or(0, |row| row.next);
    let mut found: Vec<Element> = Vec::new();
    let mut item = sequence + 1;
    while let Some(row) = table.rows.get(item).filter(|_| item < until) {
        let mut index = item + 1;
        while let Some(element) = table.rows.get(index).filter(|_| index < row.next) {
            let following = table.rows.get(element.next).filter(|_| element.next < row.next);
            let end = following.map_or(row.end, |next| next.token.start);
            found.push(Element { tag: element.token.tag, start: element.token.start, end });
            index = element.next.max(index + 1);
        }
        item = row.next.max(item + 1);
    }
    found.sort_by_key(|element| element.tag);
    found.dedup_by_key(|element| element.tag);
    Ok(found)
}

fn merged<S: Source>(
    source: &mut S,
    table: &Table,
    restored: &Restored<'_>,
    drop: &[Tag],
    out: &mut dyn Write,
) -> Result<()> {
    let mut back = Slice::new(restored.originals);
    let mut waiting = restored.elements.iter().peekable();
    let mut index = 0;
    while let Some(row) = table.rows.get(index) {
        let next = row.next.max(index + 1);
        let end = table.rows.get(next).map_or(table.end, |following| following.token.start);
        while let Some(element) = waiting.next_if(|element| element.tag < row.token.tag) {
            copy(&mut back, element.start, element.end, out)?;
        }
        if let Some(element) = waiting.next_if(|element| element.tag == row.token.tag) {
            copy(&mut back, element.start, element.end, out)?;
        } else if row.token.tag.is_pixel_data() && restored.pixels.is_some() {
            pixels(source, (row.token.start, end), restored.pixels.as_deref().unwrap_or_default(), out)?;
        } else if !drop.contains(&row.token.tag) {
            copy(source, row.token.start, end, out)?;
        }
        index = next;
    }
    for element in waiting {
        copy(&mut back, element.start, element.end, out)?;
    }
    Ok(())
}

/// Write the pixel data as they were.
fn pixels<S: Source>(source: &mut S, (start, end): (u64, u64), patch: &[u8], out: &mut dyn Write) -> Result<()> {
    let Some(pieces) = pieces(patch, end - start)? else {
        // They were changed since, by another program: what they are now is all there is.
        return copy(source, start, end, out);
    };
    for piece in pieces {
        match piece {
            Piece::Copy(from, length) => copy(source, start + from, start + from + length, out)?,
            Piece::Bytes(bytes) => out.write_all(bytes)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rewrite::tables;

    fn element(tag: [u8; 4], vr: [u8; 2], value: &[u8]) -> Vec<u8> {
        let mut bytes = [tag.as_slice(), vr.as_slice()].concat();
        bytes.extend(u16::try_from(value.len()).unwrap_or(0).to_le_bytes());
        bytes.extend(value);
        bytes
    }

    fn sequence(tag: [u8; 4], item: &[u8]) -> Vec<u8> {
        let length = u32::try_from(item.len()).unwrap_or(0);
        let mut bytes = [tag.as_slice(), b"SQ\0\0"].concat();
        bytes.extend((length + 8).to_le_bytes());
        bytes.extend(b"\xFE\xFF\x00\xE0");
        bytes.extend(length.to_le_bytes());
        bytes.extend(item);
        bytes
    }

    #[test]
    fn originals_replace_join_and_let_go() {
        let name = |value: &[u8]| element(*b"\x10\x00\x10\x00", *b"PN", value);
        let born = element(*b"\x10\x00\x30\x00", *b"DA", b"19700101");
        let removed = element(*b"\x12\x00\x62\x00", *b"CS", b"YES ");
        let rows = element(*b"\x28\x00\x10\x00", *b"US", b"\x04\x00");
        let kind = element(*b"\x08\x00\x60\x00", *b"CS", b"CT");
        let file = [kind.clone(), name(b"NOBODY"), removed, rows.clone()].concat();
        let originals = sequence(*b"\x00\x04\x50\x05", &[name(b"A^B "), born.clone()].concat());
        let mut source = Slice::new(&file);
        let found = tables(&mut source, Limits::default()).ok();
        let mut out = Vec::new();
        let done = found.as_ref().map(|found| {
            merge(&mut source, found, &originals, &[Tag(0x0012_0062)], Limits::default(), &mut out).is_ok()
        });
        assert_eq!(done, Some(true));
        assert_eq!(out, [kind, name(b"A^B "), born, rows].concat());
        let other = sequence(*b"\x00\x04\x61\x05", b"");
        let wrong = found.map(|found| merge(&mut source, &found, &other, &[], Limits::default(), &mut out).is_err());
        assert_eq!(wrong, Some(true));
    }
}
