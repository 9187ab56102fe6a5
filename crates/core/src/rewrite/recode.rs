//! A data set in another encoding (PS3.5 A.1 to A.3): VRs stated or not, numbers in the other byte order.
//!
//! Values stay as they are but for their byte order. Group lengths, which are retired and would no longer be true, are
//! left out where anything changes. Where nothing does, bytes are copied.

use std::io::Write;

use super::write::{self, copy};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::file::Tables;
use crate::source::{Slice, Source};
use crate::table::{Row, Table};
use crate::tag::Tag;
use crate::token::{Content, Encoding, Token, UNDEFINED};
use crate::vr::Vr;

const PIECE: u64 = 1 << 20;
const BITS_ALLOCATED: Tag = Tag(0x0028_0100);
/// The longest value of a VR with a length of 16 bits (PS3.5 7.1.2).
const SHORT_MOST: u32 = 0xFFFE;

/// Write the data set of `source`, without what stands before it, in the encoding `to`.
///
/// Returns how many bytes were written before the first element that comes after the pixel data.
///
/// # Errors
/// Where the data break off, a length does not fit, or `out` refuses.
pub fn recode<S: Source>(source: &mut S, tables: &Tables, to: Encoding, out: &mut dyn Write) -> Result<u64> {
    if let Some(broken) = tables.data.issues.iter().find(|issue| issue.error.kind == Kind::Truncated) {
        return Err(broken.error.clone());
    }
    match &tables.inflated {
        Some(inflated) => data_set(&mut Slice::new(inflated), &tables.data, 0, to, out),
        None => data_set(source, &tables.data, tables.head.data_start, to, out),
    }
}

fn data_set<S: Source>(source: &mut S, table: &Table, start: u64, to: Encoding, out: &mut dyn Write) -> Result<u64> {
    let after = |row: &&Row| row.token.depth == 0 && row.token.tag > Tag::PIXEL_DATA;
    if table.encoding.is_none_or(|encoding| encoding == to) {
        let split = table.rows.iter().find(after).map_or(table.end, |row| row.token.start);
        copy(source, start, split, out)?;
        copy(source, split, table.end, out)?;
        return Ok(split - start);
    }
    let mut writer = Recoder { table, to, context: Context::default(), cell: 0 };
    let mut written = 0;
    let mut split = None;
    let mut index = 0;
    while let Some(row) = table.rows.get(index) {
        if after(&row) && split.is_none() {
            split = Some(written);
        }
        if row.token.content == Content::Value {
            written += writer.value(source, row, out)?;
            writer.context.see(&row.token, source)?;
            if row.token.tag == BITS_ALLOCATED {
                writer.cell = source.bytes(row.token.value, 2)?.iter().map(|byte| usize::from(*byte) / 8).sum();
            }
        } else {
            let mut bytes = Vec::new();
            writer.container(source, index, &mut bytes)?;
            out.write_all(&bytes)?;
            written += bytes.len() as u64;
        }
        index = row.next.max(index + 1);
    }
    Ok(split.unwrap_or(written))
}

struct Recoder<'a> {
    table: &'a Table,
    to: Encoding,
    context: Context,
    /// Bytes of one sample of the pixel data.
    cell: usize,
}

impl Recoder<'_> {
    /// An element with a value of its own. Long values go through in pieces.
    fn value<S: Source>(&self, source: &mut S, row: &Row, out: &mut dyn Write) -> Result<u64> {
        let token = &row.token;
        if token.tag.element() == 0 {
            return Ok(0);
        }
        let turned = token.encoding.big_endian != self.to.big_endian;
        // What a writer did not know stays unknown, unless its numbers have to be turned around.
        let mut vr = if token.vr == Vr::UN && !turned { Vr::UN } else { self.context.vr(token) };
        let pixels = token.depth == 0 && token.tag == Tag::PIXEL_DATA;
        if pixels && turned && vr == Vr::OB && self.cell > 1 {
            // Bytes would not be turned around: samples of more than one are words (PS3.5 A.2).
            vr = Vr::OW;
        }
        let word = vr.word();
        let short = !self.to.implicit && !vr.has_long_length();
        if short && token.length > SHORT_MOST {
            // PS3.5 6.2.2: what is too long for its VR is written as UN.
            vr = Vr::UN;
        }
        let odd = token.length % 2 == 1;
        let length = token.length + u32::from(odd);
        let header = write::header(token.tag, vr, length, self.to)?;
        out.write_all(&header)?;
        let width = match () {
            () if !turned => 1,
            // Words of 16 bits by the letter of PS3.5 8.1.1, but existing files have samples turned around as a whole.
            () if pixels && vr == Vr::OW && self.cell > 2 => self.cell,
            () => word,
        };
        let end = token.value_end().unwrap_or(token.value);
        if odd && width > 1 && self.to.big_endian {
            // The padding is the high byte of the last number, which comes first.
            values(source, token.value, end - 1, width, out)?;
            let last = source.bytes(end - 1, 1)?.to_vec();
            out.write_all(b"\0")?;
            out.write_all(&last)?;
        } else {
            values(source, token.value, end, width, out)?;
            if odd {
                out.write_all(if text(vr) { b" " } else { b"\0" })?;
            }
        }
        Ok(header.len() as u64 + u64::from(length))
    }

    /// A sequence, an item or encapsulated pixel data, with what is in it.
    fn container<S: Source>(&mut self, source: &mut S, index: usize, out: &mut Vec<u8>) -> Result<()> {
        let Some(row) = self.table.rows.get(index) else { return Ok(()) };
        let token = &row.token;
        let item = token.content == Content::Item;
        if item {
            self.context.enter();
        }
        let mut body = Vec::new();
        let mut inner = index + 1;
        while inner < row.next {
            let Some(next) = self.table.rows.get(inner) else { break };
            match next.token.content {
                Content::Value => {
                    self.value(source, next, &mut body)?;
                    self.context.see(&next.token, source)?;
                }
                Content::Fragment => {
                    body.extend(write::header(Tag::ITEM, Vr::NONE, next.token.length, self.to)?);
                    let end = next.token.value_end().unwrap_or(next.token.value);
                    values(source, next.token.value, end, 1, &mut body)?;
                }
                _ => self.container(source, inner, &mut body)?,
            }
            inner = next.next.max(inner + 1);
        }
        if item {
            self.context.leave();
        }
        let length = if token.is_undefined() {
            UNDEFINED
        } else {
            u32::try_from(body.len()).ok().filter(|length| *length < UNDEFINED).ok_or_else(|| too_long(token))?
        };
        let vr = match token.content {
            Content::Item => Vr::NONE,
            Content::Fragments => Vr::OB,
            _ => Vr::SQ,
        };
        out.extend(write::header(token.tag, vr, length, self.to)?);
        out.append(&mut body);
        if token.is_undefined() {
            let end = if item { Tag::ITEM_END } else { Tag::SEQUENCE_END };
            out.extend(write::header(end, Vr::NONE, 0, self.to)?);
        }
        Ok(())
    }
}

fn too_long(token: &Token) -> Error {
    Error::new(Kind::Unsupported, "edit-length", "the sequence would be too long for its length")
        .at(Some(token.tag), token.start)
}

fn text(vr: Vr) -> bool {
    vr.word() == 1 && !matches!(&vr.0, b"OB" | b"UN" | b"UI" | b"SQ")
}

/// The value, each number of `width` bytes turned around.
fn values<S: Source>(source: &mut S, from: u64, end: u64, width: usize, out: &mut dyn Write) -> Result<()> {
    if width == 1 {
        return copy(source, from, end, out);
    }
    let mut at = from;
    while at < end {
        // A piece is a whole number of numbers.
        let mut bytes = source.bytes(at, usize::try_from((end - at).min(PIECE)).unwrap_or(0))?.to_vec();
        if bytes.is_empty() {
            break;
        }
        for number in bytes.chunks_exact_mut(width) {
            number.reverse();
        }
        at += bytes.len() as u64;
        out.write_all(&bytes)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    /// A CT image of two pixels, implicit; with a private element, a sequence and a value after the pixels.
    fn implicit() -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut put = |tag: u32, value: &[u8]| {
            bytes.extend(((tag >> 16) as u16).to_le_bytes());
            bytes.extend((tag as u16).to_le_bytes());
            bytes.extend((value.len() as u32).to_le_bytes());
            bytes.extend(value);
        };
        put(0x0008_0016, b"1.2.840.10008.5.1.4.1.1.2\0");
        put(0x0008_0060, b"CT");
        put(0x0009_0010, b"NOBODY");
        put(0x0009_1001, b"\x01\x02");
        put(0x0028_0010, &[1, 0]);
        put(0x0028_0103, &[1, 0]);
        put(0x0028_0106, &[0xFE, 0xFF]);
        put(0x0040_0275, &[0xFE, 0xFF, 0, 0xE0, 12, 0, 0, 0, 0x28, 0, 0x10, 0, 4, 0, 0, 0, 1, 2, 3, 4]);
        put(0x7FE0_0010, &[1, 2, 3, 4]);
        put(0xFFFC_FFFC, &[0, 0]);
        bytes
    }

    fn recoded(bytes: &[u8], to: Encoding) -> (Vec<u8>, u64) {
        let limits = Limits::default();
        let tables = super::super::tables(&mut Slice::new(bytes), limits).unwrap_or_default();
        let mut out = Vec::new();
        let split = recode(&mut Slice::new(bytes), &tables, to, &mut out).unwrap_or_default();
        (out, split)
    }

    #[test]
    fn there_and_back_is_the_same() {
        let original = implicit();
        for to in [Encoding::EXPLICIT, Encoding::BIG_ENDIAN, Encoding::IMPLICIT] {
            let (made, _) = recoded(&original, to);
            assert_eq!(made == original, to == Encoding::IMPLICIT);
            assert_eq!(recoded(&made, Encoding::IMPLICIT).0, original);
        }
    }

    #[test]
    fn vrs_are_those_of_the_context() {
        let (made, split) = recoded(&implicit(), Encoding::EXPLICIT);
        let has = |part: &[u8]| made.windows(part.len()).any(|window| window == part);
        assert!(has(b"\x28\x00\x06\x01SS\x02\x00\xFE\xFF"));
        assert!(has(b"\x09\x00\x01\x10UN\x00\x00\x02\x00\x00\x00\x01\x02"));
        assert!(has(b"\x40\x00\x75\x02SQ\x00\x00\x14\x00\x00\x00\xFE\xFF\x00\xE0\x0C\x00\x00\x00"));
        assert_eq!(made.len() as u64 - split, 14);
        let (big, _) = recoded(&implicit(), Encoding::BIG_ENDIAN);
        assert!(big.windows(16).any(|window| window == b"\x7F\xE0\x00\x10OW\x00\x00\x00\x00\x00\x04\x02\x01\x04\x03"));
    }

    #[test]
    fn an_odd_word_is_padded_before_it_is_turned_around() {
        let mut bytes = b"\x08\x00\x05\x00CS\x0A\x00ISO_IR 100\x08\x00\x60\x00CS\x02\x00CT".to_vec();
        bytes.extend(b"\xE0\x7F\x10\x00OW\x00\x00\x03\x00\x00\x00\x01\x02\x03");
        let (made, _) = recoded(&bytes, Encoding::BIG_ENDIAN);
        assert!(made.ends_with(b"\x7F\xE0\x00\x10OW\x00\x00\x00\x00\x00\x04\x02\x01\x00\x03"));
    }

    #[test]
    fn what_breaks_off_is_refused() {
        let whole = implicit();
        let tables = super::super::tables(&mut Slice::new(&whole[..whole.len() - 12]), Limits::default());
        let broken = &whole[..whole.len() - 12];
        let result = recode(&mut Slice::new(broken), &tables.unwrap_or_default(), Encoding::EXPLICIT, &mut Vec::new());
        assert!(result.is_err_and(|error| error.kind == Kind::Truncated));
    }
}
