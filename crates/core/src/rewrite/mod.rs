//! Changes of single elements (PS3.5 7): what is not changed stays as it is, byte for byte.
//!
//! Stated lengths of the items, sequences and groups around a change are corrected by the bytes that it adds or takes. A
//! deflated data set is inflated, changed and deflated again; big endian and implicit VR are kept.

mod merge;
mod place;
mod recode;
mod write;

pub use merge::{encoding, merge};
pub use place::{locate, Place};
pub use recode::recode;

use std::collections::BTreeMap;
use std::io::Write;

use crate::error::{Error, Kind, Result};
use crate::file::{self, Tables};
use crate::limits::Limits;
use crate::path::{Path, Step};
use crate::source::{Slice, Source};
use crate::table::{find, Table, Wanted};
use crate::tag::Tag;
use crate::token::{read_tag, Content, Encoding};
use crate::vr::Vr;

/// What becomes of an element.
#[derive(Clone, Debug)]
pub enum Change {
    /// It has this value, encoded and padded; a new element gets this VR, one that is there keeps its own unless told.
    Set {
        /// VR of a new element, or to replace the one that is there.
        vr: Option<Vr>,
        /// The value as it is to be stored.
        value: Vec<u8>,
    },
    /// It is no longer there.
    Delete,
}

/// A change and where.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The element.
    pub path: Path,
    /// What becomes of it.
    pub change: Change,
}

/// Bytes `at` up to before `until` become `bytes`.
#[derive(Debug)]
struct Patch {
    at: u64,
    until: u64,
    tag: Tag,
    bytes: Vec<u8>,
}

/// Reads the tables that edits are located in.
///
/// # Errors
/// As [`file::tables`]; a limit that was passed, since what lies behind it would not be seen.
pub fn tables<S: Source>(source: &mut S, limits: Limits) -> Result<Tables> {
    let tables = file::tables(source, limits, Wanted::default())?;
    if let Some(limit) = tables.issues().find(|issue| issue.error.kind == Kind::Limit) {
        return Err(limit.error.clone());
    }
    Ok(tables)
}

/// The table that a path leads into.
#[must_use]
pub fn section<'a>(tables: &'a Tables, path: &Path) -> &'a Table {
    match path.0.first().map(|step| step.tag.group()) {
        Some(0x0002) => &tables.meta,
        Some(0x0000) => &tables.command,
        _ => &tables.data,
    }
}

/// Write the file with all `edits` done to `out`.
///
/// # Errors
/// A path that leads nowhere, edits that overlap, a value that is too long, or `out` refusing.
pub fn rewrite<S: Source>(source: &mut S, tables: &Tables, edits: &[Edit], out: &mut dyn Write) -> Result<()> {
    let mut outer = Vec::new();
    let mut inner = Vec::new();
    for (number, table) in [&tables.meta, &tables.command, &tables.data].into_iter().enumerate() {
        let mine: Vec<&Edit> = edits.iter().filter(|edit| std::ptr::eq(section(tables, &edit.path), table)).collect();
        if mine.is_empty() {
            continue;
        }
        if number < 2 && table.rows.is_empty() {
            let missing = if number == 0 { "File Meta Information" } else { "command set" };
            return Err(refuse("edit-no-section", &format!("the file has no {missing}")));
        }
        match (&tables.inflated, number) {
            (Some(inflated), 2) => inner = patches(&mut Slice::new(inflated), table, tables, &mine)?,
            _ => outer.append(&mut patches(source, table, tables, &mine)?),
        }
    }
    let outer = ordered(outer)?;
    let inner = ordered(inner)?;
    match &tables.inflated {
        Some(inflated) if !inner.is_empty() => {
            write::region(source, 0, tables.head.data_start, &outer, out)?;
            write::deflated(inflated, &inner, out)
        }
        _ => write::region(source, 0, u64::MAX, &outer, out),
    }
}

fn refuse(code: &'static str, message: &str) -> Error {
    Error::new(Kind::Unsupported, code, message)
}

/// In the order of the file; no two of them touch the same bytes.
fn ordered(mut patches: Vec<Patch>) -> Result<Vec<Patch>> {
    patches.sort_by_key(|patch| (patch.at, patch.until, patch.tag));
    for pair in patches.windows(2) {
        if let [first, second] = pair {
            let same = first.at == second.at && first.until == second.until && first.tag == second.tag;
            if second.at < first.until || same {
                return Err(
                    refuse("edit-overlap", "two changes concern the same element").at(Some(second.tag), second.at)
                );
            }
        }
    }
    Ok(patches)
}

fn patches<S: Source>(source: &mut S, table: &Table, tables: &Tables, edits: &[&Edit]) -> Result<Vec<Patch>> {
    let mut patches = Vec::new();
    // Bytes that each container and each group length grows by, by the index of its row.
    let mut grown: BTreeMap<usize, i64> = BTreeMap::new();
    let fallback =
        if std::ptr::eq(table, &raw const tables.data) { tables.head.data_encoding() } else { Encoding::EXPLICIT };
    let mut deleted = Vec::new();
    for edit in edits {
        let place = locate(source, table, &edit.path, fallback)?;
        let tag = edit.path.0.last().map_or(Tag(0), |step| step.tag);
        let Some(patch) = patch(source, table, &place, tag, &edit.change)? else { continue };
        let signed = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let delta = signed(patch.bytes.len() as u64) - signed(patch.until - patch.at);
        patches.push(patch);
        if matches!(edit.change, Change::Delete) {
            deleted.extend(place.found);
        }
        for index in &place.ancestors {
            *grown.entry(*index).or_default() += delta;
        }
        for (level, step) in place.levels.iter().zip(&edit.path.0) {
            if let Some(index) = group_length(table, *level, *step) {
                *grown.entry(index).or_default() += delta;
            }
        }
    }
    for (index, delta) in grown {
        // What is deleted needs no correction, such as a group length.
        if deleted.contains(&index) {
            continue;
        }
        if let Some(patch) = lengthened(source, table, index, delta)? {
            patches.push(patch);
        }
    }
    Ok(patches)
}

/// The row of (gggg,0000) beside the element.
fn group_length(table: &Table, (from, to): (usize, usize), step: Step) -> Option<usize> {
    let wanted = Tag(u32::from(step.tag.group()) << 16);
    let row = find(&table.rows, from, to, wanted)?;
    (row.token.length == 4).then(|| table.rows.partition_point(|other| other.token.start < row.token.start))
}

/// A container's stated length, or the value of a group length, changed by `delta`.
fn lengthened<S: Source>(source: &mut S, table: &Table, index: usize, delta: i64) -> Result<Option<Patch>> {
    let Some(row) = table.rows.get(index) else { return Ok(None) };
    let token = &row.token;
    let container = token.content != Content::Value;
    if delta == 0 || (container && token.is_undefined()) {
        return Ok(None);
    }
    let at = if container { token.value - 4 } else { token.value };
    let mut four = [0; 4];
    if let Some(found) = source.bytes(at, 4)?.get(..4) {
        four.copy_from_slice(found);
    }
    let big = token.encoding.big_endian;
    let old = if big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) };
    let new = u32::try_from(i64::from(old) + delta)
        .map_err(|_| refuse("edit-length", "a length around the change would not fit").at(Some(token.tag), at))?;
    Ok(Some(Patch { at, until: at + 4, tag: token.tag, bytes: write::word32(new, big).to_vec() }))
}

fn patch<S: Source>(source: &mut S, table: &Table, place: &Place, tag: Tag, change: &Change) -> Result<Option<Patch>> {
    let Some(row) = place.found.and_then(|index| table.rows.get(index)) else {
        return match change {
            Change::Delete => {
                Err(refuse("edit-missing", "there is no such element to delete").at(Some(tag), place.insert))
            }
            Change::Set { .. } if place.broken => {
                let message = "the data break off inside the element before: nothing can be added after it";
                Err(refuse("edit-truncated", message).at(Some(tag), place.insert))
            }
            Change::Set { vr, value } => {
                let vr = vr.unwrap_or(Vr::UN);
                let bytes = write::element(tag, vr, value, place.encoding)?;
                Ok(Some(Patch { at: place.insert, until: place.insert, tag, bytes }))
            }
        };
    };
    let token = &row.token;
    let mut until = row.end;
    if token.is_undefined() {
        let delimiter = source.bytes(row.end, 8)?;
        if delimiter.len() == 8 && read_tag(delimiter, token.encoding.big_endian) == Tag::SEQUENCE_END {
            until += 8;
        }
    }
    let bytes = match change {
        Change::Delete => Vec::new(),
        // A sequence as bytes of its items replaces one without a stated length.
        Change::Set { vr: Some(vr), value } if token.vr != Vr::NONE && (*vr != token.vr || token.is_undefined()) => {
            write::element(tag, *vr, value, token.encoding)?
        }
        Change::Set { value, .. } if token.is_undefined() && !value.is_empty() => {
            return Err(refuse("edit-sequence", "a sequence can only be emptied or deleted").at(Some(tag), token.start));
        }
        Change::Set { value, .. } => {
            let header = source.bytes(token.start, (token.value - token.start) as usize)?.to_vec();
            write::with_length(header, token, value)?
        }
    };
    Ok(Some(Patch { at: token.start, until, tag, bytes }))
}
