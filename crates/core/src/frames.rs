//! Which fragments make up each frame of encapsulated pixel data (PS3.5 A.4).

use crate::error::{Error, Kind, Result};
use crate::limits::Limits;
use crate::pixels::{locate, Extent, Input, Located};
use crate::source::{Slice, Source};
use crate::tag::Tag;

/// The fragments of each frame, and the inflated data set that their offsets refer to, where there is one.
#[derive(Debug, Default)]
pub struct Encapsulated {
    /// For each frame its fragments, in order.
    pub frames: Vec<Vec<Extent>>,
    /// Values go through a Modality LUT Sequence.
    pub modality_lut: bool,
}

/// Divide the encapsulated pixel data of `input` into `count` frames.
///
/// # Errors
/// When the data are not encapsulated, break off, or cannot be divided into so many frames.
pub fn frames(input: &Input, count: usize, limits: Limits) -> Result<Encapsulated> {
    let located = locate(input, limits)?;
    let fail = |code, message: String| {
        Err(Error::new(Kind::Malformed, code, message).at(Some(Tag::PIXEL_DATA), start(&located)))
    };
    if located.value.is_some() {
        return fail(
            "not-encapsulated",
            "the transfer syntax is compressed, but the pixel data are not encapsulated".into(),
        );
    }
    if let Some(error) = &located.broken {
        return Err(error.clone());
    }
    let divided = match input {
        Input::Path(path) => divide(&located, count, &mut crate::file::open(path)?)?,
        Input::Bytes(bytes) => divide(&located, count, &mut Slice::new(bytes))?,
    };
    match divided {
        Some(frames) => Ok(Encapsulated { frames, modality_lut: located.modality_lut }),
        None => fail(
            "frames-undivided",
            format!("{} fragments cannot be divided into {count} frames", located.fragments.len().saturating_sub(1)),
        ),
    }
}

fn start(located: &Located) -> u64 {
    located.fragments.first().map_or(0, |first| first.offset.saturating_sub(8))
}

fn divide<S: Source>(located: &Located, count: usize, source: &mut S) -> Result<Option<Vec<Vec<Extent>>>> {
    let Some((table, data)) = located.fragments.split_first() else { return Ok(None) };
    if count == 1 && !data.is_empty() {
        return Ok(Some(vec![data.to_vec()]));
    }
    if data.len() == count {
        return Ok(Some(data.iter().map(|one| vec![*one]).collect()));
    }
    let basic = basic_offsets(table, source)?;
    let by_table = [&located.extended, &basic]
        .into_iter()
        .filter(|offsets| offsets.len() == count)
        .find_map(|offsets| by_offsets(data, offsets));
    match by_table {
        Some(frames) => Ok(Some(frames)),
        None => by_start(data, count, source),
    }
}

fn basic_offsets<S: Source>(table: &Extent, source: &mut S) -> Result<Vec<u64>> {
    let bytes = source.bytes(table.offset, table.length as usize)?;
    let words = bytes.chunks_exact(4).filter_map(|four| Some(u64::from(u32::from_le_bytes(four.try_into().ok()?))));
    Ok(words.collect())
}

/// Offsets count from the first fragment's item header.
fn by_offsets(data: &[Extent], offsets: &[u64]) -> Option<Vec<Vec<Extent>>> {
    let base = data.first()?.offset;
    let mut frames: Vec<Vec<Extent>> = Vec::with_capacity(offsets.len());
    let mut next = 0;
    for fragment in data {
        let place = fragment.offset - base;
        if offsets.get(next) == Some(&place) {
            frames.push(Vec::new());
            next += 1;
        }
        frames.last_mut()?.push(*fragment);
    }
    (frames.len() == offsets.len()).then_some(frames)
}

/// Without a table each frame starts at a fragment that starts a picture of its codec.
fn by_start<S: Source>(data: &[Extent], count: usize, source: &mut S) -> Result<Option<Vec<Vec<Extent>>>> {
    let mut frames: Vec<Vec<Extent>> = Vec::new();
    for fragment in data {
        let first = source.bytes(fragment.offset, 4)?;
        let starts = first.starts_with(&[0xFF, 0xD8, 0xFF])
            || first.starts_with(&[0xFF, 0x4F, 0xFF, 0x51])
            || first.starts_with(&[0, 0, 0, 12]);
        if starts || frames.is_empty() {
            frames.push(Vec::new());
        }
        if let Some(last) = frames.last_mut() {
            last.push(*fragment);
        }
    }
    Ok((frames.len() == count).then_some(frames))
}
