//! Chosen values anywhere in a data set, also within sequences, as columns: how functional groups of enhanced objects
//! (PS3.3 C.7.6.16) are read without making objects of them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::dictionary;
use crate::error::{Error, Kind, Result};
use crate::file;
use crate::inflate::InflateWindow;
use crate::limits::Limits;
use crate::part10;
use crate::pixels::Input;
use crate::source::{Slice, Source};
use crate::tag::Tag;
use crate::text::trim;
use crate::token::{walk, Content, Encoding, Options, Step, Token, Visitor};
use crate::vr::Vr;

/// A value as text (parts separated by backslashes) or as numbers.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// Text, trimmed.
    Text(String),
    /// Whole numbers.
    Integers(Vec<i64>),
    /// Other numbers.
    Floats(Vec<f64>),
    /// A private value whose VR says nothing about its content.
    Bytes(Vec<u8>),
}

/// The values met at one path, each with the index of the item of the outermost sequence.
pub type Column = Vec<(u32, Value)>;

/// Values longer than this are not attributes that anybody collects.
const LONGEST: u32 = 1 << 16;
/// Vendors keep whole protocols in one private value.
const LONGEST_PRIVATE: u32 = 1 << 23;

struct Collector<'a> {
    wanted: HashMap<&'a [Tag], usize>,
    outer: Vec<&'a [Tag]>,
    columns: Vec<Column>,
    /// Tags of the open sequences.
    path: Vec<Tag>,
    /// Index of the current item of each open sequence; `u32::MAX` before its first.
    items: Vec<u32>,
}

fn text(bytes: &[u8]) -> Value {
    let text = String::from_utf8_lossy(trim(bytes));
    let parts: Vec<&str> = text.split('\\').map(|part| part.trim_matches([' ', '\0'])).collect();
    Value::Text(parts.join("\\"))
}

macro_rules! numbers {
    ($bytes:expr, $big:expr, $kind:ty) => {
        $bytes
            .chunks_exact(std::mem::size_of::<$kind>())
            .filter_map(|chunk| {
                let array = chunk.try_into().ok()?;
                Some(if $big { <$kind>::from_be_bytes(array) } else { <$kind>::from_le_bytes(array) })
            })
            .map(|number| number.try_into().unwrap_or_default())
            .collect()
    };
}

/// The value of an element by its VR; `None` for bytes.
fn value(vr: [u8; 2], bytes: &[u8], big: bool) -> Option<Value> {
    let found = match &vr {
        b"US" => Value::Integers(numbers!(bytes, big, u16)),
        b"SS" => Value::Integers(numbers!(bytes, big, i16)),
        b"UL" => Value::Integers(numbers!(bytes, big, u32)),
        b"SL" => Value::Integers(numbers!(bytes, big, i32)),
        b"UV" => Value::Integers(numbers!(bytes, big, u64)),
        b"SV" => Value::Integers(numbers!(bytes, big, i64)),
        b"FL" => Value::Floats(numbers!(bytes, big, f32)),
        b"FD" => Value::Floats(numbers!(bytes, big, f64)),
        b"AT" => {
            let words: Vec<i64> = numbers!(bytes, big, u16);
            let pairs = words.chunks_exact(2);
            Value::Integers(pairs.map(|pair| pair.iter().fold(0, |sum, word| sum << 16 | word)).collect())
        }
        b"OB" | b"OW" | b"OF" | b"OD" | b"OL" | b"OV" | b"SQ" | b"UN" => return None,
        _ => text(bytes),
    };
    Some(found)
}

impl<'a> Collector<'a> {
    fn new(paths: &'a [Vec<Tag>]) -> Self {
        let mut outer: Vec<&[Tag]> = Vec::new();
        for path in paths {
            outer.extend((1..path.len()).filter_map(|length| path.get(..length)));
        }
        outer.sort_unstable();
        outer.dedup();
        let wanted = paths.iter().enumerate().map(|(index, path)| (path.as_slice(), index)).collect();
        let columns = paths.iter().map(|_| Column::new()).collect();
        Self { wanted, outer, columns, path: Vec::new(), items: Vec::new() }
    }

    fn element<S: Source>(&mut self, token: &Token, source: &mut S) -> Result<Step> {
        self.path.push(token.tag);
        if token.content == Content::Sequence {
            if self.outer.binary_search(&self.path.as_slice()).is_ok() {
                self.items.push(u32::MAX);
                return Ok(Step::In);
            }
            self.path.pop();
            return Ok(Step::Over);
        }
        let column = self.wanted.get(self.path.as_slice()).copied();
        self.path.pop();
        // Of inner sequences the first item counts.
        let first = self.items.iter().skip(1).all(|item| *item == 0);
        let private = token.tag.group() % 2 == 1;
        let longest = if private { LONGEST_PRIVATE } else { LONGEST };
        if let Some(column) = column.filter(|_| first && token.length <= longest && token.length > 0) {
            let vr = match token.vr {
                Vr::NONE | Vr::UN => dictionary::vr(token.tag).unwrap_or(*b"UN"),
                Vr(stated) => stated,
            };
            let bytes = source.bytes(token.value, token.length as usize)?;
            let found =
                value(vr, bytes, token.encoding.big_endian).or_else(|| private.then(|| Value::Bytes(bytes.to_vec())));
            let item = self.items.first().copied().unwrap_or(0);
            if let (Some(value), Some(column)) = (found, self.columns.get_mut(column)) {
                column.push((item, value));
            }
        }
        Ok(Step::Over)
    }
}

impl<S: Source> Visitor<S> for Collector<'_> {
    fn open(&mut self, token: &Token, source: &mut S) -> Result<Step> {
        match token.content {
            Content::Item => {
                if let Some(item) = self.items.last_mut() {
                    *item = item.wrapping_add(1);
                }
                Ok(Step::In)
            }
            Content::Fragment => Ok(Step::Over),
            _ if token.depth == 0 && token.tag.is_pixel_data() => Ok(Step::Stop),
            _ => self.element(token, source),
        }
    }

    fn close(&mut self, token: &Token, _end: u64) {
        // Sequences that were passed over were never pushed.
        if token.content == Content::Sequence && self.path.last() == Some(&token.tag) {
            self.path.pop();
            self.items.pop();
        }
    }

    fn issue(&mut self, error: Error) -> Result<()> {
        if error.kind == Kind::Limit {
            return Err(error);
        }
        Ok(())
    }
}

fn walk_in<S: Source>(
    source: &mut S,
    start: u64,
    encoding: Encoding,
    limits: Limits,
    paths: &[Vec<Tag>],
) -> Result<Vec<Column>> {
    let mut collector = Collector::new(paths);
    walk(source, &mut collector, Options { start, encoding, limits, descend: true, detect: true })?;
    Ok(collector.columns)
}

fn collect_in<S: Source>(source: &mut S, limits: Limits, paths: &[Vec<Tag>]) -> Result<Vec<Column>> {
    let head = part10::head(source, limits)?;
    if !head.deflated {
        return walk_in(source, head.data_start, head.data_encoding(), limits, paths);
    }
    let length = source.end().unwrap_or(u64::MAX).saturating_sub(head.data_start);
    let compressed = source.bytes(head.data_start, usize::try_from(length).unwrap_or(usize::MAX))?;
    let mut inflated = InflateWindow::new(compressed, limits.inflated_bytes);
    walk_in(&mut inflated, 0, head.data_encoding(), limits, paths)
}

/// For each path (tags from the outermost sequence to the element) the values met, in one walk that ends at the pixels.
///
/// # Errors
/// When the input is not DICOM, cannot be read, or passes a limit.
pub fn columns(input: &Input, paths: &[Vec<Tag>], limits: Limits) -> Result<Vec<Column>> {
    match input {
        Input::Path(path) => collect_in(&mut file::open(path)?, limits, paths),
        Input::Bytes(bytes) => collect_in(&mut Slice::new(bytes), limits, paths),
    }
}

/// `columns` of many inputs, in their order, read by several threads.
///
/// # Errors
/// The first failure, with the number of its input.
pub fn columns_of_all(
    inputs: &[Input],
    paths: &[Vec<Tag>],
    limits: Limits,
    threads: usize,
) -> std::result::Result<Vec<Vec<Column>>, (usize, Error)> {
    let mut results: Vec<Option<Result<Vec<Column>>>> = inputs.iter().map(|_| None).collect();
    let work = Mutex::new(inputs.iter().zip(results.iter_mut()));
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, 64) {
            scope.spawn(|| loop {
                let next = work.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((input, slot)) = next else { break };
                *slot = Some(columns(input, paths, limits));
            });
        }
    });
    let found = results.into_iter().flatten().enumerate();
    found.map(|(index, result)| result.map_err(|error| (index, error))).collect()
}
