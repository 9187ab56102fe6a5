//! Which bytes make up each frame (PS3.5 A.4): by the offset tables where these are true, otherwise by the fragments.
//!
//! With a table only the fragments of the wanted frame are looked at. Without one, the headers of all items are.

use std::sync::{Arc, OnceLock};

use crate::error::{Error, Kind, Result};
use crate::limits::Limits;
use crate::pixels::{locate, Extent, Input, Located};
use crate::source::{Slice, Source};
use crate::tag::Tag;
use crate::token::read_tag;

const HEADER: u64 = 8;
const UNDEFINED: u32 = u32::MAX;

/// The pixel data of one file, divided into frames when they are asked for.
#[derive(Debug)]
pub struct Index {
    input: Input,
    located: Arc<Located>,
    count: usize,
    limits: Limits,
    /// Offset of the header of the first fragment.
    first: u64,
    /// Offsets of the frames from there, where the file states as many as there are frames.
    table: Option<Vec<u64>>,
    walked: OnceLock<Result<Vec<Vec<Extent>>>>,
    note: Option<Error>,
}

impl Index {
    /// Find the pixel data of `input`, which are `count` frames.
    ///
    /// # Errors
    /// When it has no pixel data, or they begin with something else than an offset table.
    pub fn open(input: Input, count: usize, limits: Limits) -> Result<Self> {
        let located = Arc::new(locate(&input, limits)?);
        let mut index =
            Self { input, located, count, limits, first: 0, table: None, walked: OnceLock::new(), note: None };
        if let Some(items) = index.located.items {
            let basic = index.with(|source| item(source, items))?.unwrap_or(Extent { offset: items, length: 0 });
            index.first = basic.offset + basic.length;
            index.choose(&basic)?;
        }
        Ok(index)
    }

    /// Where the pixel data are.
    #[must_use]
    pub const fn located(&self) -> &Arc<Located> {
        &self.located
    }

    /// The file or bytes.
    #[must_use]
    pub const fn input(&self) -> &Input {
        &self.input
    }

    /// Whether frames are sequences of fragments.
    #[must_use]
    pub fn is_encapsulated(&self) -> bool {
        self.located.items.is_some()
    }

    /// What is wrong with the offset table, where it was not used for that.
    #[must_use]
    pub const fn note(&self) -> Option<&Error> {
        self.note.as_ref()
    }

    /// The fragments of one frame, in order.
    ///
    /// # Errors
    /// When the data are not encapsulated, break off, or cannot be divided into so many frames.
    pub fn extents(&self, frame: usize) -> Result<Vec<Extent>> {
        if !self.is_encapsulated() {
            let message = "the transfer syntax is compressed, but the pixel data are not encapsulated";
            return Err(self.malformed("not-encapsulated", message.to_owned()));
        }
        if let Some(extents) = self.by_table(frame)? {
            return Ok(extents);
        }
        let walked = self.walked.get_or_init(|| self.divide());
        let frames = walked.as_ref().map_err(Clone::clone)?;
        frames.get(frame).cloned().ok_or_else(|| self.malformed("no-frame", format!("there is no frame {}", frame + 1)))
    }

    /// The bytes of one frame, its fragments joined.
    ///
    /// # Errors
    /// As [`Index::extents`], and when the file cannot be read.
    pub fn read(&self, frame: usize) -> Result<Vec<u8>> {
        let extents = self.extents(frame)?;
        let length = extents.iter().map(|extent| extent.length).sum::<u64>();
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        self.with(|source| {
            for extent in &extents {
                bytes.extend_from_slice(source.bytes(extent.offset, usize::try_from(extent.length).unwrap_or(0))?);
            }
            Ok(())
        })?;
        Ok(bytes)
    }

    /// Up to `length` bytes from `start` of pixel data that are not encapsulated, as little endian for samples of `width`
    /// bytes.
    ///
    /// # Errors
    /// When the data are encapsulated, or the file cannot be read.
    pub fn raw(&self, start: u64, length: usize, width: usize) -> Result<Vec<u8>> {
        let Some(value) = self.located.value else {
            let message = "the transfer syntax is not compressed, but the pixel data are encapsulated";
            return Err(self.malformed("encapsulated", message.to_owned()));
        };
        // Words are swapped whole.
        let pairs = self.located.big_endian && self.located.words && width == 1;
        let from = if pairs { start & !1 } else { start };
        let until = start.saturating_add(length as u64);
        let until = (if pairs { until.saturating_add(1) & !1 } else { until }).min(value.length);
        let count = usize::try_from(until.saturating_sub(from)).unwrap_or(0);
        let mut bytes = self.with(|source| Ok(source.bytes(value.offset.saturating_add(from), count)?.to_vec()))?;
        if pairs || (self.located.big_endian && width > 1) {
            bytes.chunks_exact_mut(width.max(2)).for_each(<[u8]>::reverse);
        }
        bytes.drain(..usize::try_from(start - from).unwrap_or(0).min(bytes.len()));
        bytes.truncate(length);
        Ok(bytes)
    }

    fn with<T>(&self, act: impl FnOnce(&mut dyn Source) -> Result<T>) -> Result<T> {
        match (&self.located.inflated, &self.input) {
            (Some(bytes), _) | (None, Input::Bytes(bytes)) => act(&mut Slice::new(bytes)),
            (None, Input::Path(path)) => act(&mut crate::file::open(path)?),
        }
    }

    /// Take the extended or the basic table, the first that could be true.
    fn choose(&mut self, basic: &Extent) -> Result<()> {
        if self.count == 1 {
            self.table = Some(vec![0]);
            return Ok(());
        }
        let length = usize::try_from(basic.length).unwrap_or(0);
        let offsets = self.with(|source| {
            let bytes = source.bytes(basic.offset, length)?;
            let four = |four: &[u8]| <[u8; 4]>::try_from(four).map_or(0, u32::from_le_bytes);
            Ok(bytes.chunks_exact(4).map(|word| u64::from(four(word))).collect::<Vec<u64>>())
        })?;
        for (table, tag) in [(self.located.extended.clone(), Tag(0x7FE0_0001)), (offsets, Tag::PIXEL_DATA)] {
            if table.is_empty() {
                continue;
            }
            let rising = table.first() == Some(&0) && table.windows(2).all(|pair| pair.first() < pair.get(1));
            if table.len() == self.count && rising {
                self.table = Some(table);
                return Ok(());
            }
            let message = if table.len() == self.count {
                "the offset table does not rise from 0: frames are told by their fragments".to_owned()
            } else {
                format!("the offset table lists {} frames, the header {}", table.len(), self.count)
            };
            let error = Error::new(Kind::Malformed, "offset-table", message).at(Some(tag), basic.offset);
            self.note.get_or_insert(error);
        }
        Ok(())
    }

    /// The fragments between two offsets of the table; `None` where there is no table, or it proves wrong.
    fn by_table(&self, frame: usize) -> Result<Option<Vec<Extent>>> {
        let Some(table) = &self.table else { return Ok(None) };
        let Some(start) = table.get(frame).and_then(|offset| self.first.checked_add(*offset)) else { return Ok(None) };
        let stop = table.get(frame + 1).and_then(|offset| self.first.checked_add(*offset));
        let found = self.with(|source| {
            let mut found = Vec::new();
            let mut at = start;
            while let Some(fragment) = item(source, at)? {
                at = fragment.offset + fragment.length;
                found.push(fragment);
                self.count_item(found.len())?;
                if stop.is_some_and(|stop| at >= stop) {
                    break;
                }
            }
            Ok((found, at))
        });
        match found {
            Ok((found, at)) if !found.is_empty() && stop.is_none_or(|stop| at == stop) => Ok(Some(found)),
            Err(error) if self.count == 1 || error.kind == Kind::Limit || error.kind == Kind::Io => Err(error),
            _ if self.count == 1 => Err(self.malformed("no-fragments", "the pixel data have no fragment".to_owned())),
            _ => Ok(None),
        }
    }

    /// Divide all fragments into frames: one each, or where a picture of the codec starts.
    fn divide(&self) -> Result<Vec<Vec<Extent>>> {
        let frames = self.with(|source| {
            let mut fragments = Vec::new();
            let mut at = self.first;
            while let Some(fragment) = item(source, at)? {
                at = fragment.offset + fragment.length;
                fragments.push(fragment);
                self.count_item(fragments.len())?;
            }
            if fragments.len() == self.count {
                return Ok(fragments.into_iter().map(|one| vec![one]).collect());
            }
            by_start(&fragments, source)
        })?;
        if frames.len() != self.count {
            let fragments: usize = frames.iter().map(Vec::len).sum();
            let message = format!("{fragments} fragments cannot be divided into {} frames", self.count);
            return Err(self.malformed("frames-undivided", message));
        }
        Ok(frames)
    }

    fn count_item(&self, count: usize) -> Result<()> {
        if count as u64 > self.limits.elements {
            return Err(Error::new(Kind::Limit, "limit-elements", format!("more than {count} fragments")));
        }
        Ok(())
    }

    fn malformed(&self, code: &'static str, message: String) -> Error {
        let place = self.located.items.or(self.located.value.map(|value| value.offset)).unwrap_or(0);
        Error::new(Kind::Malformed, code, message).at(Some(Tag::PIXEL_DATA), place)
    }
}

/// The item whose header is at `at`; `None` where the sequence ends, with or without its delimiter.
fn item(source: &mut dyn Source, at: u64) -> Result<Option<Extent>> {
    let header = source.bytes(at, 8)?;
    let (Some(tag), Some(length)) = (header.get(..4), header.get(4..8)) else { return Ok(None) };
    if read_tag(tag, false) != Tag::ITEM {
        return Ok(None);
    }
    let length = <[u8; 4]>::try_from(length).map_or(0, u32::from_le_bytes);
    let offset = at + HEADER;
    let left = source.end().map_or(u64::MAX, |end| end.saturating_sub(offset));
    if length == UNDEFINED || u64::from(length) > left {
        let message = format!("a fragment should have {length} bytes, but the data end after {left}");
        return Err(Error::new(Kind::Truncated, "value-truncated", message).at(Some(Tag::PIXEL_DATA), at));
    }
    Ok(Some(Extent { offset, length: u64::from(length) }))
}

/// Without a table each frame starts at a fragment that starts a picture of its codec.
fn by_start(fragments: &[Extent], source: &mut dyn Source) -> Result<Vec<Vec<Extent>>> {
    const STARTS: [&[u8]; 4] = [&[0xFF, 0xD8, 0xFF], &[0xFF, 0x4F, 0xFF, 0x51], &[0, 0, 0, 12], &[0xFF, 0x0A]];
    let mut frames: Vec<Vec<Extent>> = Vec::new();
    for fragment in fragments {
        let first = source.bytes(fragment.offset, 4)?;
        if frames.is_empty() || STARTS.iter().any(|start| first.starts_with(start)) {
            frames.push(Vec::new());
        }
        if let Some(last) = frames.last_mut() {
            last.push(*fragment);
        }
    }
    Ok(frames)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of JPEG frames, each in fragments of these contents, with this offset table.
    fn file(table: &[u32], fragments: &[&[u8]], delimiter: bool) -> Vec<u8> {
        let mut bytes = vec![0; 128];
        bytes.extend(b"DICM\x02\x00\x10\x00UI\x16\x001.2.840.10008.1.2.4.50");
        bytes.extend(b"\xE0\x7F\x10\x00OB\x00\x00\xFF\xFF\xFF\xFF");
        let mut item = |value: &[u8]| {
            bytes.extend(b"\xFE\xFF\x00\xE0");
            bytes.extend(u32::try_from(value.len()).unwrap_or(0).to_le_bytes());
            bytes.extend(value);
        };
        item(&table.iter().flat_map(|offset| offset.to_le_bytes()).collect::<Vec<u8>>());
        for fragment in fragments {
            item(fragment);
        }
        if delimiter {
            bytes.extend(b"\xFE\xFF\xDD\xE0\x00\x00\x00\x00");
        }
        bytes
    }

    const ONE: &[u8] = b"\xFF\xD8\xFF\xE0";
    const TWO: &[u8] = b"more";

    fn read(bytes: Vec<u8>, count: usize, frame: usize) -> Result<Vec<u8>> {
        Index::open(Input::Bytes(bytes), count, Limits::default())?.read(frame)
    }

    #[test]
    fn tables_and_starts_give_the_same_frames() {
        let fragments = [ONE, TWO, ONE, TWO, TWO, ONE];
        for table in [&[][..], &[0, 24, 60][..], &[0, 24][..], &[0, 23, 60][..], &[24, 0, 60][..], &[0, 24, 9000][..]] {
            for delimiter in [true, false] {
                for (frame, wanted) in [(0, [ONE, TWO].concat()), (1, [ONE, TWO, TWO].concat()), (2, ONE.to_vec())] {
                    let found = read(file(table, &fragments, delimiter), 3, frame);
                    assert_eq!(found.ok(), Some(wanted), "{table:?}");
                }
            }
        }
    }

    #[test]
    fn one_fragment_for_each_frame_needs_no_table() {
        assert_eq!(read(file(&[], &[TWO, ONE, TWO], true), 3, 1).ok(), Some(ONE.to_vec()));
    }

    #[test]
    fn one_frame_takes_all_fragments() {
        assert_eq!(read(file(&[], &[ONE, TWO, TWO], true), 1, 0).ok(), Some([ONE, TWO, TWO].concat()));
    }

    #[test]
    fn what_breaks_off_costs_its_frame_only() {
        let mut bytes = file(&[0, 12], &[ONE, ONE], false);
        bytes.pop();
        assert!(read(bytes.clone(), 2, 0).is_ok());
        assert_eq!(read(bytes, 2, 1).map_err(|error| error.kind), Err(Kind::Truncated));
    }

    #[test]
    fn what_cannot_be_divided_is_an_error() {
        let undivided = read(file(&[], &[TWO, TWO, TWO], true), 2, 0);
        assert_eq!(undivided.map_err(|error| error.code), Err("frames-undivided"));
        let none = read(file(&[], &[], true), 1, 0);
        assert_eq!(none.map_err(|error| error.code), Err("no-fragments"));
    }

    #[test]
    fn a_wrong_table_is_noted() {
        let index = Index::open(Input::Bytes(file(&[0, 24], &[ONE, TWO, ONE], true)), 3, Limits::default());
        assert_eq!(index.ok().and_then(|index| index.note().map(|note| note.code)), Some("offset-table"));
    }
}
