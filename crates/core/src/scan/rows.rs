//! Results of a scan on their way to the catalog: a row for each file, values in shared buffers.

use std::ops::Range;
use std::sync::Arc;

use crate::error::{Error, Kind};
use crate::scan::archive::Archive;
use crate::scan::columns::{Columns, AMBIGUOUS};
use crate::scan::value::{value, Form, Value};
use crate::table::Counted;
use crate::text::Charset;

/// What a file turned out to be.
#[derive(Debug)]
pub enum Outcome {
    /// A DICOM object.
    Instance(Instance),
    /// A DICOMDIR: a hint only, nothing is taken from it.
    Directory,
    /// A ZIP archive whose members follow.
    Archive(Arc<Archive>),
    /// Encrypted: only a key tells what it is.
    Locked(String),
    /// Not DICOM, and what it seems to be.
    Other(String),
    /// DICOM, but nothing in it can be used, and why.
    Broken(String),
    /// The operating system does not let it be read.
    Unreadable(String),
    /// Known already, with this size and time.
    Unchanged,
}

impl Outcome {
    /// Of a file whose head could not be read.
    #[must_use]
    pub fn from_error(error: Error) -> Self {
        match error.kind {
            Kind::Locked => Self::Locked(error.message),
            Kind::NotDicom => Self::Other(error.message),
            Kind::Io => Self::Unreadable(error.message),
            _ => Self::Broken(error.to_string()),
        }
    }
}

/// Where the values of an instance are in its chunk.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The raw shared values among the keys.
    pub key: Range<usize>,
    /// Index of its first own value.
    pub cells: usize,
    /// Offset of the value of Pixel Data, where it was met.
    pub pixels: Option<u64>,
}

/// One of the instance's own values.
#[derive(Clone, PartialEq, Debug)]
pub enum Cell {
    /// Absent or empty.
    Nothing,
    /// A whole number.
    Integer(i64),
    /// Another number.
    Real(f64),
    /// Text, as a range of the chunk's.
    Text(Range<usize>),
}

/// Which file a row is about.
#[derive(Clone, Debug)]
pub enum Place {
    /// The file with this index in the list of the walk.
    File(usize),
    /// A member of the archive with this index, by name.
    Member(usize, String),
}

/// One file or member.
#[derive(Debug)]
pub struct Entry {
    /// Which.
    pub place: Place,
    /// Bytes.
    pub size: u64,
    /// Time of the last change in nanoseconds since 1970; that of the archive for a member.
    pub modified: i64,
    /// What it is.
    pub outcome: Outcome,
    /// Problems met in it.
    pub issues: Vec<Counted>,
}

/// A run of files with the values read from them.
#[derive(Debug, Default)]
pub struct Chunk {
    /// In the order of the walk.
    pub entries: Vec<Entry>,
    keys: Vec<u8>,
    cells: Vec<Cell>,
    text: String,
    latest: Range<usize>,
}

/// Where an instance begins in the buffers of a chunk.
#[derive(Debug)]
pub struct Start {
    /// Index of its first own value.
    pub cells: usize,
    keys: usize,
    text: usize,
}

impl Chunk {
    /// Make room for an instance with this many own values.
    pub fn begin(&mut self, own: usize) -> Start {
        let start = Start { cells: self.cells.len(), keys: self.keys.len(), text: self.text.len() };
        self.cells.resize(start.cells + own, Cell::Nothing);
        start
    }

    /// Close the key of an instance. A key equal to the one before is kept once.
    pub fn end(&mut self, start: &Start) -> Range<usize> {
        let range = start.keys..self.keys.len();
        if self.keys.get(range.clone()) == self.keys.get(self.latest.clone()) {
            self.keys.truncate(start.keys);
        } else {
            self.latest = range;
        }
        self.latest.clone()
    }

    /// Take back what was added for something that is no instance.
    pub fn undo(&mut self, start: &Start) {
        self.cells.truncate(start.cells);
        self.keys.truncate(start.keys);
        self.text.truncate(start.text);
    }

    /// Add a raw value to the key.
    #[inline]
    pub fn push_shared(&mut self, slot: u8, big_endian: bool, vr: [u8; 2], bytes: &[u8]) {
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        let [low, high] = length.to_le_bytes();
        self.keys.extend_from_slice(&[slot, u8::from(big_endian), vr[0], vr[1], low, high]);
        self.keys.extend_from_slice(bytes.get(..length.into()).unwrap_or_default());
    }

    /// Set an own value of the instance begun last.
    pub fn set_own(&mut self, slot: u8, value: Option<Value<'_>>, own: usize) {
        let cell = match value {
            None => Cell::Nothing,
            Some(Value::Integer(number)) => Cell::Integer(number),
            Some(Value::Real(number)) => Cell::Real(number),
            Some(Value::Text(text)) => self.add_text(&text),
            Some(Value::Foreign(bytes)) => self.add_text(&String::from_utf8_lossy(bytes)),
        };
        let index = self.cells.len().saturating_sub(own) + usize::from(slot);
        if let Some(place) = self.cells.get_mut(index) {
            *place = cell;
        }
    }

    fn add_text(&mut self, text: &str) -> Cell {
        let start = self.text.len();
        self.text.push_str(text);
        Cell::Text(start..self.text.len())
    }

    /// The raw shared values of an instance.
    #[must_use]
    pub fn key(&self, instance: &Instance) -> &[u8] {
        self.keys.get(instance.key.clone()).unwrap_or_default()
    }

    /// The own values of an instance.
    #[must_use]
    pub fn own(&self, instance: &Instance, own: usize) -> &[Cell] {
        self.cells.get(instance.cells..instance.cells + own).unwrap_or_default()
    }

    /// The text of a cell.
    #[must_use]
    pub fn text(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }
}

/// Byte order, VR and bytes of a value.
type Raw<'k> = (bool, [u8; 2], &'k [u8]);

/// The shared values in a key, each at its place; the last one counts where an element occurs twice.
#[must_use]
pub fn shared<'k>(key: &'k [u8], columns: &Columns) -> Vec<Option<Value<'k>>> {
    let mut raw: Vec<Option<Raw<'k>>> = vec![None; columns.shared()];
    let mut rest = key;
    while let [slot, big, first, second, low, high, tail @ ..] = rest {
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        let (bytes, after) = tail.split_at(length.min(tail.len()));
        if let Some(place) = raw.get_mut(usize::from(*slot)) {
            *place = Some((*big != 0, [*first, *second], bytes));
        }
        rest = after;
    }
    let at = |slot: Option<u8>| slot.and_then(|slot| raw.get(usize::from(slot)).copied().flatten());
    let charset = Charset::from_value(at(columns.character_set()).map_or(b"", |(_, _, bytes)| bytes));
    let signed = at(columns.representation()).is_some_and(|(_, _, bytes)| bytes.iter().any(|byte| *byte != 0));
    raw.iter()
        .map(|found| {
            let (big_endian, vr, bytes) = (*found)?;
            let vr = if signed && vr == AMBIGUOUS { *b"SS" } else { vr };
            value(bytes, Form { vr, big_endian, charset })
        })
        .collect()
}
