//! Encoding of single elements, and of a file from what it was and what changes.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::Compression;

use super::{refuse, Patch};
use crate::error::Result;
use crate::source::{Slice, Source};
use crate::tag::Tag;
use crate::token::{Encoding, Token};
use crate::vr::Vr;

const PIECE: usize = 1 << 20;

fn word16(number: u16, big_endian: bool) -> [u8; 2] {
    if big_endian {
        number.to_be_bytes()
    } else {
        number.to_le_bytes()
    }
}

/// A 32-bit number in this byte order.
pub fn word32(number: u32, big_endian: bool) -> [u8; 4] {
    if big_endian {
        number.to_be_bytes()
    } else {
        number.to_le_bytes()
    }
}

fn length32(value: &[u8], tag: Tag) -> Result<u32> {
    u32::try_from(value.len())
        .ok()
        .filter(|length| *length < 0xFFFF_FFFE)
        .ok_or_else(|| refuse("edit-length", "the value is too long for an element").at(Some(tag), 0))
}

fn length16(value: &[u8], tag: Tag, vr: Vr) -> Result<u16> {
    short(u32::try_from(value.len()).unwrap_or(u32::MAX), tag, vr)
}

fn short(length: u32, tag: Tag, vr: Vr) -> Result<u16> {
    u16::try_from(length).map_err(|_| {
        let message = format!("a value of VR {} has at most 65,534 bytes here, this has {length}", vr.as_str());
        refuse("edit-length", &message).at(Some(tag), 0)
    })
}

/// The header of an element, an item or a delimiter (PS3.5 7.1, 7.5), for a value of so many bytes.
pub fn header(tag: Tag, vr: Vr, length: u32, encoding: Encoding) -> Result<Vec<u8>> {
    let big = encoding.big_endian;
    let mut bytes = Vec::with_capacity(12);
    bytes.extend(word16(tag.group(), big));
    bytes.extend(word16(tag.element(), big));
    if encoding.implicit || tag.group() == 0xFFFE {
        bytes.extend(word32(length, big));
        return Ok(bytes);
    }
    bytes.extend(vr.0);
    if vr.has_long_length() {
        bytes.extend([0, 0]);
        bytes.extend(word32(length, big));
    } else {
        bytes.extend(word16(short(length, tag, vr)?, big));
    }
    Ok(bytes)
}

/// A whole element (PS3.5 7.1).
pub fn element(tag: Tag, vr: Vr, value: &[u8], encoding: Encoding) -> Result<Vec<u8>> {
    let mut bytes = header(tag, vr, length32(value, tag)?, encoding)?;
    bytes.extend(value);
    Ok(bytes)
}

/// The element with its own header, but another value.
pub fn with_length(mut header: Vec<u8>, token: &Token, value: &[u8]) -> Result<Vec<u8>> {
    let big = token.encoding.big_endian;
    if header.len() == 8 && token.vr != Vr::NONE {
        header.truncate(6);
        header.extend(word16(length16(value, token.tag, token.vr)?, big));
    } else {
        header.truncate(header.len().saturating_sub(4));
        header.extend(word32(length32(value, token.tag)?, big));
    }
    header.extend(value);
    Ok(header)
}

/// Copy the bytes from `from` to before `to`, patched.
pub fn region<S: Source>(source: &mut S, from: u64, to: u64, patches: &[Patch], out: &mut dyn Write) -> Result<()> {
    let mut at = from;
    for patch in patches {
        copy(source, at, patch.at, out)?;
        out.write_all(&patch.bytes)?;
        at = patch.until;
    }
    copy(source, at, to, out)
}

/// Copy the bytes from `from` to before `to`, or to the end of the data.
pub fn copy<S: Source>(source: &mut S, from: u64, to: u64, out: &mut dyn Write) -> Result<()> {
    let mut at = from;
    while at < to {
        let count = usize::try_from(to - at).unwrap_or(PIECE).min(PIECE);
        let bytes = source.bytes(at, count)?;
        if bytes.is_empty() {
            break;
        }
        at += bytes.len() as u64;
        out.write_all(bytes)?;
    }
    Ok(())
}

/// Deflate a patched data set; padded to an even length (PS3.5 A.5).
pub fn deflated(inflated: &[u8], patches: &[Patch], out: &mut dyn Write) -> Result<()> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    region(&mut Slice::new(inflated), 0, u64::MAX, patches, &mut encoder)?;
    let mut bytes = encoder.finish()?;
    if bytes.len() % 2 == 1 {
        bytes.push(0);
    }
    out.write_all(&bytes)?;
    Ok(())
}
