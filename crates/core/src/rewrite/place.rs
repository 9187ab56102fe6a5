//! Where in a table a path leads, and what surrounds that place.

use super::refuse;
use crate::context::Context;
use crate::error::Result;
use crate::path::{Path, Step};
use crate::source::Source;
use crate::table::{Row, Table};
use crate::tag::Tag;
use crate::token::{Content, Encoding, Token};
use crate::vr::Vr;

/// A place for an element.
pub struct Place {
    /// Row of the element, where it is there.
    pub found: Option<usize>,
    /// Rows of the sequences and items around it, the outermost first.
    pub ancestors: Vec<usize>,
    /// Range of rows of each data set on the way, the outermost first.
    pub levels: Vec<(usize, usize)>,
    /// Where a new element goes, so that tags stay in order.
    pub insert: u64,
    /// The data break off there, inside another element.
    pub broken: bool,
    /// How the data set around it is encoded.
    pub encoding: Encoding,
    /// Character set, private creators and sign that hold there.
    pub context: Context,
}

impl Place {
    /// The VR to encode a value by: the one that is there, or the dictionary's.
    #[must_use]
    pub fn vr(&self, table: &Table, tag: Tag) -> Vr {
        if let Some(row) = self.found.and_then(|index| table.rows.get(index)) {
            return self.context.vr(&row.token);
        }
        let token = Token {
            start: 0,
            value: 0,
            tag,
            length: 0,
            vr: Vr::NONE,
            depth: 0,
            content: Content::Value,
            encoding: self.encoding,
        };
        self.context.vr(&token)
    }
}

/// Find the place that `path` names.
///
/// # Errors
/// Where an item or sequence on the way is missing, or several items are and none is named.
pub fn locate<S: Source>(source: &mut S, table: &Table, path: &Path, fallback: Encoding) -> Result<Place> {
    let mut place = Place {
        found: None,
        ancestors: Vec::new(),
        levels: vec![(0, table.rows.len())],
        broken: false,
        insert: table.end.min(source.end().unwrap_or(u64::MAX)),
        encoding: table.encoding.unwrap_or(fallback),
        context: Context::default(),
    };
    let Some((last, way)) = path.0.split_last() else { return Ok(place) };
    if let Some(item) = last.item {
        return Err(refuse("edit-item", &format!("the path ends at item {item}: name an element in it")));
    }
    for step in way {
        let level = place.levels.last().copied().unwrap_or_default();
        see(source, table, level, &mut place.context)?;
        enter(table, *step, level, &mut place)?;
    }
    let (from, to) = place.levels.last().copied().unwrap_or_default();
    see(source, table, (from, to), &mut place.context)?;
    for index in siblings(table, from, to) {
        let Some(row) = table.rows.get(index) else { break };
        if row.token.tag == last.tag {
            place.found = Some(index);
            break;
        }
        if row.token.tag > last.tag {
            place.insert = row.token.start;
            break;
        }
        if row.next >= to {
            let open = table.rows.iter().take(to).skip(index).filter(|inner| inner.next >= to);
            place.broken = open.into_iter().any(|inner| breaks_off(inner, place.insert));
        }
    }
    if place.found.is_none() {
        // Where tags are out of order, it may stand after a greater one.
        place.found =
            siblings(table, from, to).find(|index| table.rows.get(*index).is_some_and(|row| row.token.tag == last.tag));
    }
    Ok(place)
}

/// Whether the element breaks off where the next would begin.
fn breaks_off(row: &Row, insert: u64) -> bool {
    match row.token.value_end() {
        Some(end) => end > insert,
        None => row.end >= insert,
    }
}

/// Step into one item of a sequence.
fn enter(table: &Table, step: Step, (from, to): (usize, usize), place: &mut Place) -> Result<()> {
    let tag = step.tag;
    let found = siblings(table, from, to).find(|index| table.rows.get(*index).is_some_and(|row| row.token.tag == tag));
    let Some((sequence, row)) = found.and_then(|index| Some((index, table.rows.get(index)?))) else {
        return Err(refuse("edit-no-sequence", "there is no such sequence in the file").at(Some(tag), place.insert));
    };
    if row.token.content != Content::Sequence {
        return Err(refuse("edit-no-sequence", "the element is no sequence").at(Some(tag), row.token.start));
    }
    let items: Vec<usize> = siblings(table, sequence + 1, row.next).collect();
    let number = match (step.item, items.len()) {
        (Some(number), _) => number as usize,
        (None, 0 | 1) => 0,
        (None, count) => {
            let message = format!("the sequence has {count} items: say which, from [0] to [{}]", count - 1);
            return Err(refuse("edit-item", &message).at(Some(tag), row.token.start));
        }
    };
    let Some((item, inner)) = items.get(number).and_then(|index| Some((*index, table.rows.get(*index)?))) else {
        let message = format!("the sequence has no item [{number}], only {}", items.len());
        return Err(refuse("edit-item", &message).at(Some(tag), row.token.start));
    };
    place.ancestors.extend([sequence, item]);
    place.levels.push((item + 1, inner.next));
    place.insert = inner.end;
    place.encoding = table
        .rows
        .get(item + 1)
        .filter(|_| inner.next > item + 1)
        .map_or(inner.token.encoding, |first| first.token.encoding);
    place.context.enter();
    Ok(())
}

fn see<S: Source>(source: &mut S, table: &Table, (from, to): (usize, usize), context: &mut Context) -> Result<()> {
    for index in siblings(table, from, to) {
        if let Some(row) = table.rows.get(index) {
            context.see(&row.token, source)?;
        }
    }
    Ok(())
}

fn siblings(table: &Table, from: usize, to: usize) -> impl Iterator<Item = usize> + '_ {
    let mut index = from;
    std::iter::from_fn(move || {
        if index >= to {
            return None;
        }
        let here = index;
        index = table.rows.get(here)?.next.max(here + 1);
        Some(here)
    })
}
