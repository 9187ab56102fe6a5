//! A data set as a flat table of tokens, with the end of each container and the issues met on the way.

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::source::Source;
use crate::tag::Tag;
use crate::token::{walk, Encoding, Options, Step, Token, Visitor};

/// A token and where its value ends.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The header.
    pub token: Token,
    /// Offset after the value, before any delimiter; clipped to the data.
    pub end: u64,
    /// Index of the first row that is not inside this one.
    pub next: usize,
}

/// An issue of one kind: the first, and how often it was met.
#[derive(Clone, Debug)]
pub struct Counted {
    /// The first of its kind.
    pub error: Error,
    /// How many there were.
    pub count: u64,
}

/// All tokens of one data set.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// In the order of the file.
    pub rows: Vec<Row>,
    /// One for each kind of problem.
    pub issues: Vec<Counted>,
    /// Where the walk ended.
    pub end: u64,
    /// The encoding that the data turned out to have.
    pub encoding: Option<Encoding>,
}

impl Table {
    /// Count an issue with its kind.
    pub fn note(&mut self, error: Error) {
        match self.issues.iter_mut().find(|counted| counted.error.code == error.code) {
            Some(counted) => counted.count += 1,
            None => self.issues.push(Counted { error, count: 1 }),
        }
    }
}

/// What to collect.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The first issue is an error.
    pub strict: bool,
    /// Stop before Pixel Data.
    pub stop_before_pixels: bool,
    /// Only this group (and stop after it).
    pub only_group: Option<u16>,
    /// Correct the encoding by the first header.
    pub detect: bool,
    /// Look for sequences in values that state no VR.
    pub descend: bool,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { strict: false, stop_before_pixels: false, only_group: None, detect: true, descend: true }
    }
}

struct Collector {
    table: Table,
    wanted: Wanted,
    open: Vec<usize>,
    data_end: Option<u64>,
}

impl<S: Source> Visitor<S> for Collector {
    fn open(&mut self, token: &Token, _source: &mut S) -> Result<Step> {
        if token.depth == 0 {
            let pixels = self.wanted.stop_before_pixels && token.tag.is_pixel_data();
            let other = self.wanted.only_group.is_some_and(|group| token.tag.group() != group);
            if pixels || other {
                return Ok(Step::Stop);
            }
            if self.table.rows.is_empty() {
                self.table.encoding = Some(token.encoding);
            }
        }
        let end = token.value_end().unwrap_or(u64::MAX).min(self.data_end.unwrap_or(u64::MAX));
        let index = self.table.rows.len();
        if !matches!(token.content, crate::token::Content::Value | crate::token::Content::Fragment) {
            self.open.push(index);
        }
        self.table.rows.push(Row { token: *token, end, next: index + 1 });
        Ok(Step::In)
    }

    fn close(&mut self, _token: &Token, end: u64) {
        let next = self.table.rows.len();
        if let Some(row) = self.open.pop().and_then(|index| self.table.rows.get_mut(index)) {
            row.end = end.min(self.data_end.unwrap_or(u64::MAX));
            row.next = next;
        }
    }

    fn issue(&mut self, error: Error) -> Result<()> {
        if self.wanted.strict {
            return Err(error);
        }
        self.table.note(error);
        Ok(())
    }
}

/// The table of the data set at `start`.
///
/// # Errors
/// In strict mode the first issue; always a source that cannot be read.
pub fn collect<S: Source>(
    source: &mut S,
    start: u64,
    encoding: Encoding,
    limits: Limits,
    wanted: Wanted,
) -> Result<Table> {
    let data_end = source.end();
    let mut collector = Collector { table: Table::default(), wanted, open: Vec::new(), data_end };
    let options = Options { start, encoding, limits, descend: wanted.descend, detect: wanted.detect };
    let end = walk(source, &mut collector, options)?;
    let mut table = collector.table;
    table.end = end;
    Ok(table)
}

/// The text of (0008,0005) among the rows from `from` to before `to`, at one depth; used to decode what is beside it.
#[must_use]
pub fn find(rows: &[Row], from: usize, to: usize, tag: Tag) -> Option<&Row> {
    let mut index = from;
    while index < to {
        let row = rows.get(index)?;
        if row.token.tag == tag {
            return Some(row);
        }
        index = row.next.max(index + 1);
    }
    None
}
