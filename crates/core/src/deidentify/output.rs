//! A data set as it is to be written: bytes that are here, and ranges of the input that are copied when it is.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

use crate::error::{Error, Kind, Result};
use crate::source::Source;
use crate::tag::Tag;
use crate::token::Encoding;
use crate::vr::Vr;

/// A range of the input that follows the first `at` bytes.
#[derive(Clone, Copy, Debug)]
struct Copied {
    at: usize,
    from: u64,
    length: u64,
}

/// Bytes and ranges, in order.
#[derive(Default)]
pub struct Output {
    /// The bytes.
    pub bytes: Vec<u8>,
    copied: Vec<Copied>,
    total: u64,
}

/// A place in an output that is still being written.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    at: usize,
    copied: usize,
}

/// Where ranges are copied from.
pub enum Origin<'a> {
    /// A file.
    File(&'a mut File),
    /// Bytes in memory.
    Bytes(&'a [u8]),
}

impl Output {
    /// Nothing but these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self { bytes, copied: Vec::new(), total: 0 }
    }

    /// Bytes so far, copied ones counted.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.bytes.len() as u64 + self.total
    }

    /// Add a range of the input.
    pub fn copy(&mut self, from: u64, length: u64) {
        if length == 0 {
            return;
        }
        self.total += length;
        if let Some(last) = self.copied.last_mut() {
            if last.at == self.bytes.len() && last.from + last.length == from {
                last.length += length;
                return;
            }
        }
        self.copied.push(Copied { at: self.bytes.len(), from, length });
    }

    /// Add a 16-bit number.
    pub fn word16(&mut self, number: u16, big_endian: bool) {
        self.bytes.extend(if big_endian { number.to_be_bytes() } else { number.to_le_bytes() });
    }

    /// Add a 32-bit number.
    pub fn word32(&mut self, number: u32, big_endian: bool) {
        self.bytes.extend(if big_endian { number.to_be_bytes() } else { number.to_le_bytes() });
    }

    /// Add a tag.
    pub fn tag(&mut self, tag: Tag, big_endian: bool) {
        self.word16(tag.group(), big_endian);
        self.word16(tag.element(), big_endian);
    }

    /// Add the header of an element; where its length is, for [`Self::patch`].
    ///
    /// # Errors
    /// A length that the header has no room for.
    pub fn header(&mut self, tag: Tag, vr: Vr, encoding: Encoding, length: u32) -> Result<usize> {
        let big = encoding.big_endian;
        self.tag(tag, big);
        if encoding.implicit {
            self.word32(length, big);
            return Ok(self.bytes.len() - 4);
        }
        self.bytes.extend(vr.0);
        if vr.has_long_length() {
            self.bytes.extend([0, 0]);
            self.word32(length, big);
            return Ok(self.bytes.len() - 4);
        }
        let short = u16::try_from(length).map_err(|_| too_long(tag))?;
        self.word16(short, big);
        Ok(self.bytes.len() - 2)
    }

    /// Add a whole element, padded to an even length.
    ///
    /// # Errors
    /// A value that is too long for its VR.
    pub fn element(&mut self, tag: Tag, vr: Vr, encoding: Encoding, value: &[u8]) -> Result<()> {
        let length = u32::try_from(value.len() + value.len() % 2).map_err(|_| too_long(tag))?;
        self.header(tag, vr, encoding, length)?;
        self.bytes.extend_from_slice(value);
        if value.len() % 2 == 1 {
            self.bytes.push(padding(vr));
        }
        Ok(())
    }

    /// State the 32-bit length at `place`, of what was added since `start`.
    ///
    /// # Errors
    /// More bytes than a length can say.
    pub fn patch(&mut self, place: usize, start: u64, big_endian: bool) -> Result<()> {
        let length = u32::try_from(self.length() - start).map_err(|_| too_long(Tag::ITEM))?;
        let four = if big_endian { length.to_be_bytes() } else { length.to_le_bytes() };
        if let Some(target) = self.bytes.get_mut(place..place + 4) {
            target.copy_from_slice(&four);
        }
        Ok(())
    }

    /// Take bytes away again; nothing after them may have been patched into place.
    pub fn cut(&mut self, from: usize, to: usize) {
        self.bytes.drain(from..to);
        for copied in self.copied.iter_mut().filter(|copied| copied.at >= to) {
            copied.at -= to - from;
        }
    }

    /// Where the next byte goes.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { at: self.bytes.len(), copied: self.copied.len() }
    }

    /// Bytes before a place, copied ones counted.
    #[must_use]
    pub fn before(&self, place: Place) -> u64 {
        let copies = self.copied.get(..place.copied).unwrap_or_default();
        place.at as u64 + copies.iter().map(|copied| copied.length).sum::<u64>()
    }

    /// Put bytes in between; nothing after them may be patched into place later.
    pub fn insert(&mut self, place: Place, bytes: &[u8]) {
        let at = place.at.min(self.bytes.len());
        self.bytes.splice(at..at, bytes.iter().copied());
        for copied in self.copied.iter_mut().skip(place.copied) {
            copied.at += bytes.len();
        }
    }

    /// Whether what was written since `place` is what the input has at `start`.
    ///
    /// # Errors
    /// A source that cannot be read.
    pub fn same<S: Source>(&self, place: Place, source: &mut S, start: u64, length: u64) -> Result<bool> {
        let mut bytes = self.bytes.get(place.at..).unwrap_or_default();
        let copies = self.copied.get(place.copied..).unwrap_or_default();
        let total = bytes.len() as u64 + copies.iter().map(|copied| copied.length).sum::<u64>();
        if total != length {
            return Ok(false);
        }
        let (mut at, mut written) = (start, place.at);
        for copied in copies {
            let (head, rest) = bytes.split_at(copied.at.saturating_sub(written).min(bytes.len()));
            if source.bytes(at, head.len())? != head || copied.from != at + head.len() as u64 {
                return Ok(false);
            }
            at += head.len() as u64 + copied.length;
            written = copied.at;
            bytes = rest;
        }
        Ok(source.bytes(at, bytes.len())? == bytes)
    }

    /// How to make what the input has at `start` again from what was written since `place`: ranges to copy of that, and
    /// bytes; [`super::patch`] reads it.
    ///
    /// # Errors
    /// A source that cannot be read.
    pub fn difference<S: Source>(&self, place: Place, source: &mut S, start: u64, length: u64) -> Result<Vec<u8>> {
        let end = start.saturating_add(length);
        let mut patch = super::patch::Patch::default();
        let (mut original, mut written, mut at) = (start, 0_u64, place.at);
        for copied in self.copied.get(place.copied..).unwrap_or_default() {
            written += (copied.at - at) as u64;
            at = copied.at;
            // Ranges of somewhere else, or out of order, are told as bytes.
            let from = copied.from.max(original);
            let until = copied.from.saturating_add(copied.length).min(end);
            if from < until {
                patch.bytes(source.bytes(original, usize::try_from(from - original).unwrap_or(usize::MAX))?);
                patch.copy(written + (from - copied.from), until - from);
                original = until;
            }
            written += copied.length;
        }
        patch.bytes(source.bytes(original, usize::try_from(end - original).unwrap_or(usize::MAX))?);
        written += self.bytes.len().saturating_sub(at) as u64;
        Ok(patch.finish(written))
    }

    /// Write everything.
    ///
    /// # Errors
    /// Input or output refusing, or an input that has become shorter.
    pub fn write(&self, origin: &mut Origin<'_>, out: &mut File) -> Result<()> {
        let refused = |error: std::io::Error| super::batch::io(&error, "the output cannot be written");
        let mut at = 0;
        for copied in &self.copied {
            out.write_all(self.bytes.get(at..copied.at).unwrap_or_default()).map_err(refused)?;
            at = copied.at;
            let written = match origin {
                Origin::File(file) => {
                    file.seek(SeekFrom::Start(copied.from))?;
                    std::io::copy(&mut Read::by_ref(file).take(copied.length), out).map_err(refused)?
                }
                Origin::Bytes(bytes) => {
                    let part = range(bytes, copied.from, copied.length);
                    out.write_all(part).map_err(refused)?;
                    part.len() as u64
                }
            };
            if written != copied.length {
                return Err(Error::new(Kind::Io, "input-changed", "the input became shorter while it was read"));
            }
        }
        out.write_all(self.bytes.get(at..).unwrap_or_default()).map_err(refused)
    }

    /// Everything in memory.
    #[must_use]
    pub fn collect(&self, origin: &[u8]) -> Vec<u8> {
        let mut all = Vec::with_capacity(usize::try_from(self.length()).unwrap_or(0));
        let mut at = 0;
        for copied in &self.copied {
            all.extend_from_slice(self.bytes.get(at..copied.at).unwrap_or_default());
            at = copied.at;
            all.extend_from_slice(range(origin, copied.from, copied.length));
        }
        all.extend_from_slice(self.bytes.get(at..).unwrap_or_default());
        all
    }
}

fn range(bytes: &[u8], from: u64, length: u64) -> &[u8] {
    let start = usize::try_from(from).unwrap_or(usize::MAX).min(bytes.len());
    let end = start.saturating_add(usize::try_from(length).unwrap_or(usize::MAX)).min(bytes.len());
    bytes.get(start..end).unwrap_or_default()
}

fn too_long(tag: Tag) -> Error {
    Error::new(Kind::Unsupported, "too-long", "the value would be too long for its element").at(Some(tag), 0)
}

/// What fills a value up to an even length (PS3.5 6.2).
#[must_use]
pub const fn padding(vr: Vr) -> u8 {
    match &vr.0 {
        b"UI" | b"OB" | b"UN" => 0,
        _ => b' ',
    }
}
