//! One file or buffer as tables of elements: File Meta Information, command set and data set.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Kind, Result};
use crate::inflate::inflate;
use crate::limits::Limits;
use crate::part10::{self, Head};
use crate::source::{Slice, Source, Window};
use crate::table::{collect, Counted, Table, Wanted};
use crate::token::Encoding;

/// The tables of one input. Values are fetched from the bytes they were made of.
#[derive(Debug, Default)]
pub struct Tables {
    /// What stands before the data set.
    pub head: Head,
    /// Group 0002.
    pub meta: Table,
    /// Group 0000, where a network capture left one.
    pub command: Table,
    /// The data set; offsets are in the inflated bytes where it is deflated.
    pub data: Table,
    /// The inflated data set.
    pub inflated: Option<Vec<u8>>,
}

impl Tables {
    /// All issues: of the File Meta Information, then of the data set.
    pub fn issues(&self) -> impl Iterator<Item = &Counted> {
        self.meta.issues.iter().chain(&self.command.issues).chain(&self.data.issues)
    }
}

/// Read all tables of `source`. Only the data set obeys `wanted` beyond strictness.
///
/// # Errors
/// As [`part10::head`]; in strict mode the first issue.
pub fn tables<S: Source>(source: &mut S, limits: Limits, wanted: Wanted) -> Result<Tables> {
    let head = part10::head(source, limits)?;
    let group = |number| Wanted { only_group: Some(number), stop_before_pixels: false, detect: false, ..wanted };
    let mut tables = Tables::default();
    if head.data_start > head.meta_start {
        let encoding = if head.meta_implicit { Encoding::IMPLICIT } else { Encoding::EXPLICIT };
        tables.meta = collect(source, head.meta_start, encoding, limits, group(0x0002))?;
        // The walk of the data set meets the same bytes.
        tables.meta.issues.retain(|counted| counted.error.code != "trailing-bytes");
    }
    if let Some(start) = head.command_start {
        tables.command = collect(source, start, Encoding::IMPLICIT, limits, group(0x0000))?;
    }
    if head.deflated {
        let length = source.end().unwrap_or(u64::MAX).saturating_sub(head.data_start);
        let compressed = source.bytes(head.data_start, usize::try_from(length).unwrap_or(usize::MAX))?;
        let (inflated, broken) =
            inflate(compressed, limits.inflated_bytes).map_err(|error| error.at(None, head.data_start))?;
        let encoding = head.data_encoding();
        tables.data = collect(&mut Slice::new(&inflated), 0, encoding, limits, wanted)?;
        tables.inflated = Some(inflated);
        if let Some(error) = broken {
            if wanted.strict {
                return Err(error.at(None, head.data_start));
            }
            tables.data.note(error.at(None, head.data_start));
        }
    } else {
        tables.data = collect(source, head.data_start, head.data_encoding(), limits, wanted)?;
    }
    tables.head = head;
    Ok(tables)
}

/// Open a file for reading by windows.
///
/// # Errors
/// When it cannot be opened, or is not a regular file.
pub fn open(path: &Path) -> Result<Window> {
    let (file, length) = regular(path)?;
    Ok(Window::new(file, length, Vec::new()))
}

/// The whole of a file.
///
/// # Errors
/// When it cannot be opened or read, or is not a regular file.
pub fn read_all(path: &Path) -> Result<Vec<u8>> {
    let (mut file, length) = regular(path)?;
    let mut data = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.read_to_end(&mut data)?;
    Ok(data)
}

fn regular(path: &Path) -> Result<(File, u64)> {
    // Asked before it is opened: opening a named pipe would wait for its other end.
    let metadata = std::fs::metadata(path)?;
    if metadata.is_file() {
        return Ok((File::open(path)?, metadata.len()));
    }
    let what = if metadata.is_dir() { "a folder, not a file" } else { "not a regular file" };
    Err(Error::new(Kind::Io, "not-a-file", what))
}
