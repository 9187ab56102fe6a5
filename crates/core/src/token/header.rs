//! One element header (PS3.5 7.1), read as leniently as the field writes it.

use super::{Content, Encoding, Token, UNDEFINED};
use crate::dictionary;
use crate::error::Result;
use crate::source::Source;
use crate::tag::Tag;
use crate::vr::Vr;

#[inline]
fn word16(bytes: &[u8], at: usize, big_endian: bool) -> u16 {
    let pair = [bytes.get(at).copied().unwrap_or(0), bytes.get(at + 1).copied().unwrap_or(0)];
    if big_endian {
        u16::from_be_bytes(pair)
    } else {
        u16::from_le_bytes(pair)
    }
}

#[inline]
fn word32(bytes: &[u8], at: usize, big_endian: bool) -> u32 {
    let mut four = [0; 4];
    if let Some(found) = bytes.get(at..at + 4) {
        four.copy_from_slice(found);
    }
    if big_endian {
        u32::from_be_bytes(four)
    } else {
        u32::from_le_bytes(four)
    }
}

/// The tag at the start of `bytes`; missing bytes count as zero.
#[must_use]
pub fn read_tag(bytes: &[u8], big_endian: bool) -> Tag {
    Tag(u32::from(word16(bytes, 0, big_endian)) << 16 | u32::from(word16(bytes, 2, big_endian)))
}

/// Tag and length of an item or delimiter, from its 8 bytes.
pub(super) fn item_header(bytes: &[u8], big_endian: bool) -> (Tag, u32) {
    (read_tag(bytes, big_endian), word32(bytes, 4, big_endian))
}

/// Whether these bytes start with an Item in this byte order.
#[must_use]
pub fn looks_like_item(bytes: &[u8], big_endian: bool) -> bool {
    bytes.len() >= 8 && read_tag(bytes, big_endian) == Tag::ITEM
}

/// The token whose header starts at `start`, of which at least 8 bytes are there. Its content is [`Content::Value`]
/// until [`content`] has looked closer.
#[inline]
pub(super) fn element(bytes: &[u8], start: u64, depth: u16, encoding: Encoding) -> Token {
    let big = encoding.big_endian;
    let mut token = Token {
        start,
        value: start + 8,
        tag: read_tag(bytes, big),
        length: word32(bytes, 4, big),
        vr: Vr::NONE,
        depth,
        content: Content::Value,
        encoding,
    };
    if encoding.implicit {
        return token;
    }
    let vr = Vr([bytes.get(4).copied().unwrap_or(0), bytes.get(5).copied().unwrap_or(0)]);
    if !vr.looks_like_one() {
        // Writers are known to slip single implicit elements into explicit data sets.
        return token;
    }
    token.vr = vr;
    if vr.has_long_length() || (!vr.is_known() && unknown_vr_is_long(bytes, token.tag, big)) {
        token.length = word32(bytes, 8, big);
        token.value = start + 12;
    } else {
        token.length = u32::from(word16(bytes, 6, big));
    }
    token
}

/// VRs of later editions have the long form (PS3.5 6.2.2 note), but writers of made-up VRs use the short one: the short
/// form is believed unless it makes the element empty and the next tag run backwards.
fn unknown_vr_is_long(bytes: &[u8], tag: Tag, big_endian: bool) -> bool {
    bytes.len() >= 12
        && word16(bytes, 6, big_endian) == 0
        && read_tag(bytes.get(8..).unwrap_or_default(), big_endian) <= tag
}

/// What the value of `token` holds. `descend` also looks for sequences among values of defined length.
#[inline]
pub(super) fn content<S: Source>(token: &Token, source: &mut S, descend: bool) -> Result<Content> {
    if token.vr == Vr::SQ {
        return Ok(Content::Sequence);
    }
    let silent = token.vr == Vr::NONE || token.vr == Vr::UN;
    if token.length == UNDEFINED {
        if token.vr == Vr::UN {
            return Ok(Content::Sequence); // PS3.5 6.2.2
        }
        if silent {
            return match dictionary::vr(token.tag) {
                Some(vr) if vr == *b"SQ" => Ok(Content::Sequence),
                Some(_) => Ok(Content::Fragments),
                None if looks_like_item(source.bytes(token.value, 8)?, token.encoding.big_endian) => {
                    Ok(Content::Sequence)
                }
                None => Ok(Content::Fragments),
            };
        }
        return Ok(Content::Fragments);
    }
    if !descend || !silent {
        return Ok(Content::Value);
    }
    match dictionary::vr(token.tag) {
        Some(vr) if vr == *b"SQ" => Ok(Content::Sequence),
        Some(_) => Ok(Content::Value),
        None if token.length >= 8 && items_fit(token, source)? => Ok(Content::Sequence),
        None => Ok(Content::Value),
    }
}

/// Whether an element that the dictionary does not know consists of items that fill it exactly.
fn items_fit<S: Source>(token: &Token, source: &mut S) -> Result<bool> {
    let big = token.encoding.big_endian && token.vr != Vr::UN;
    let end = token.value + u64::from(token.length);
    let mut at = token.value;
    while at < end {
        let bytes = source.bytes(at, 8)?;
        if !looks_like_item(bytes, big) {
            return Ok(false);
        }
        let (_, length) = item_header(bytes, big);
        if length == UNDEFINED {
            return Ok(true);
        }
        at += 8 + u64::from(length);
    }
    Ok(at == end)
}
