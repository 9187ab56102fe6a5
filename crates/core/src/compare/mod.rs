//! Two files element by element, by what they say: byte order, VR encoding, padding and character set do not matter unless
//! encodings are asked for.

mod values;

use crate::context::{Context, Foreign};
use crate::error::Result;
use crate::file::Tables;
use crate::path::{Path, Step};
use crate::show::brief;
use crate::source::{Slice, Source};
use crate::table::{Row, Table};
use crate::tag::Tag;
use crate::token::{Content, Encoding};
use crate::vr::Vr;

/// In what way an element differs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// It is in the first file only.
    OnlyFirst,
    /// It is in the second file only.
    OnlySecond,
    /// Its value is another.
    Changed,
    /// It says the same, but is stored differently.
    Encoding,
}

/// One difference.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Where.
    pub path: Path,
    /// In what way.
    pub kind: Kind,
    /// VR in the first and in the second file.
    pub vr: [Vr; 2],
    /// The values, shortened.
    pub values: [String; 2],
    /// What else there is to say, e.g. how many bytes differ.
    pub note: String,
}

/// What to compare.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Elements that may differ, wherever they stand.
    pub ignore: Vec<Path>,
    /// Report differences in encoding, too.
    pub encoding: bool,
    /// Keep no more differences than this; all are counted.
    pub most: usize,
}

/// A source of any kind.
struct Any<'a>(&'a mut dyn Source);

impl Source for Any<'_> {
    fn bytes(&mut self, offset: u64, count: usize) -> Result<&[u8]> {
        self.0.bytes(offset, count)
    }

    fn end(&self) -> Option<u64> {
        self.0.end()
    }
}

/// One of the two files.
struct Side<'a> {
    table: &'a Table,
    source: Any<'a>,
    context: Context,
}

struct Compare<'a> {
    sides: [Side<'a>; 2],
    foreign: &'a mut dyn Foreign,
    options: &'a Options,
    place: Vec<Step>,
    found: Vec<Difference>,
    count: u64,
}

/// All differences, up to the most that are wanted, and their number.
///
/// # Errors
/// A source that cannot be read.
pub fn compare(
    tables: [&Tables; 2],
    sources: [&mut dyn Source; 2],
    foreign: &mut dyn Foreign,
    options: &Options,
) -> Result<(Vec<Difference>, u64)> {
    let mut found = Vec::new();
    let mut count = 0;
    let [first, second] = sources;
    for section in [|tables: &Tables| &tables.meta, |tables: &Tables| &tables.command, |tables: &Tables| &tables.data]
        as [fn(&Tables) -> &Table; 3]
    {
        let [one, two] = tables.map(section);
        let is_data = std::ptr::eq(one, &raw const tables[0].data);
        let mut inflated = tables.map(|tables| tables.inflated.as_deref().filter(|_| is_data).map(Slice::new));
        let [slice_one, slice_two] = &mut inflated;
        let mut compare = Compare {
            sides: [
                Side {
                    table: one,
                    source: Any(slice_one.as_mut().map_or(&mut *first, |slice| slice)),
                    context: Context::default(),
                },
                Side {
                    table: two,
                    source: Any(slice_two.as_mut().map_or(&mut *second, |slice| slice)),
                    context: Context::default(),
                },
            ],
            foreign,
            options,
            place: Vec::new(),
            found: std::mem::take(&mut found),
            count,
        };
        if options.encoding && is_data {
            compare.encodings();
        }
        compare.level([(0, one.rows.len()), (0, two.rows.len())])?;
        found = compare.found;
        count = compare.count;
    }
    Ok((found, count))
}

fn name(encoding: Option<Encoding>) -> String {
    encoding.map_or_else(String::new, |encoding| {
        let vr = if encoding.implicit { "implicit" } else { "explicit" };
        format!("{vr} VR {} endian", if encoding.big_endian { "big" } else { "little" })
    })
}

/// Rows of one level in the order of tags; equal tags in the order of the file.
fn sorted(table: &Table, (from, to): (usize, usize)) -> Vec<(Tag, usize)> {
    let mut rows = Vec::new();
    let mut index = from;
    while index < to {
        let Some(row) = table.rows.get(index) else { break };
        rows.push((row.token.tag, index));
        index = row.next.max(index + 1);
    }
    rows.sort_by_key(|(tag, index)| (*tag, *index));
    rows
}

impl Compare<'_> {
    fn add(&mut self, kind: Kind, vr: [Vr; 2], values: [String; 2], note: String) {
        if self.options.ignore.iter().any(|path| path.ends(&self.place)) {
            return;
        }
        self.count += 1;
        if self.found.len() < self.options.most {
            self.found.push(Difference { path: Path(self.place.clone()), kind, vr, values, note });
        }
    }

    fn encodings(&mut self) {
        let names = [name(self.sides[0].table.encoding), name(self.sides[1].table.encoding)];
        if names[0] != names[1] {
            self.add(Kind::Encoding, [Vr::NONE; 2], names, "of the data set".to_owned());
        }
    }

    fn see(&mut self, side: usize, rows: &[(Tag, usize)]) -> Result<()> {
        let Some(side) = self.sides.get_mut(side) else { return Ok(()) };
        for (_, index) in rows {
            if let Some(row) = side.table.rows.get(*index) {
                side.context.see(&row.token, &mut side.source)?;
            }
        }
        Ok(())
    }

    fn level(&mut self, ranges: [(usize, usize); 2]) -> Result<()> {
        let first = sorted(self.sides[0].table, ranges[0]);
        let second = sorted(self.sides[1].table, ranges[1]);
        self.see(0, &first)?;
        self.see(1, &second)?;
        let (mut at, mut on) = (0, 0);
        loop {
            match (first.get(at), second.get(on)) {
                (None, None) => return Ok(()),
                (Some((one, index)), Some((two, other))) if one == two => {
                    self.place.push(Step { tag: *one, item: None });
                    self.pair(*index, *other)?;
                    self.place.pop();
                    at += 1;
                    on += 1;
                }
                (Some((one, index)), other) if other.is_none_or(|(two, _)| one < two) => {
                    self.lone(0, *one, *index)?;
                    at += 1;
                }
                (_, Some((two, other))) => {
                    self.lone(1, *two, *other)?;
                    on += 1;
                }
                (Some(_), None) => return Ok(()),
            }
        }
    }

    fn row(&self, side: usize, index: usize) -> Option<Row> {
        self.sides.get(side)?.table.rows.get(index).copied()
    }

    /// An element that the other file does not have.
    fn lone(&mut self, side: usize, tag: Tag, index: usize) -> Result<()> {
        let Some(row) = self.row(side, index) else { return Ok(()) };
        if tag.element() == 0 && !self.options.encoding {
            return Ok(());
        }
        let (vr, value) = self.value(side, &row)?;
        let kind = if side == 0 { Kind::OnlyFirst } else { Kind::OnlySecond };
        let mut pair = ([Vr::NONE; 2], [String::new(), String::new()]);
        if side == 0 {
            pair.0[0] = vr;
            pair.1[0] = value;
        } else {
            pair.0[1] = vr;
            pair.1[1] = value;
        }
        self.place.push(Step { tag, item: None });
        self.add(kind, pair.0, pair.1, String::new());
        self.place.pop();
        Ok(())
    }

    fn value(&mut self, side: usize, row: &Row) -> Result<(Vr, String)> {
        let Some(side) = self.sides.get_mut(side) else { return Ok((Vr::NONE, String::new())) };
        let vr = side.context.vr(&row.token);
        let text = match row.token.content {
            Content::Value => brief(&row.token, vr, &mut side.source, &side.context, self.foreign)?,
            content => {
                let range = &side.table.rows.get(..row.next).unwrap_or_default();
                let depth = row.token.depth + 1;
                let count = range.iter().rev().take_while(|inner| inner.token.start > row.token.start);
                let count = count.filter(|inner| inner.token.depth == depth).count();
                let what = if content == Content::Sequence { "item" } else { "fragment" };
                format!("{count} {what}{}", if count == 1 { "" } else { "s" })
            }
        };
        Ok((vr, text))
    }

    /// An element that both files have.
    fn pair(&mut self, index: usize, other: usize) -> Result<()> {
        let (Some(one), Some(two)) = (self.row(0, index), self.row(1, other)) else { return Ok(()) };
        if one.token.tag.element() == 0 && !self.options.encoding {
            return Ok(()); // Group lengths follow from everything else.
        }
        if self.options.encoding {
            self.stored(&one, &two);
        }
        match (one.token.content, two.token.content) {
            (Content::Sequence, Content::Sequence) => self.items([index, other], [&one, &two]),
            (Content::Fragments, Content::Fragments) => self.fragments([index, other], [&one, &two]),
            (Content::Value, Content::Value) => self.values(&one, &two),
            // An empty sequence of stated length may look like a value.
            _ if one.end == one.token.value && two.end == two.token.value => Ok(()),
            _ => self.changed(&one, &two, "stored in different forms".to_owned()),
        }
    }

    fn changed(&mut self, one: &Row, two: &Row, note: String) -> Result<()> {
        let (vr, value) = self.value(0, one)?;
        let (its, other) = self.value(1, two)?;
        self.add(Kind::Changed, [vr, its], [value, other], note);
        Ok(())
    }

    /// How the two are stored.
    fn stored(&mut self, one: &Row, two: &Row) {
        let (mine, its) = (one.token.vr, two.token.vr);
        if mine != its && mine != Vr::NONE && its != Vr::NONE {
            let names = [mine.as_str().to_owned(), its.as_str().to_owned()];
            self.add(Kind::Encoding, [mine, its], names, "VR".to_owned());
        }
        if one.token.is_undefined() != two.token.is_undefined() {
            let words = [one, two].map(|row| if row.token.is_undefined() { "undefined" } else { "stated" }.to_owned());
            self.add(Kind::Encoding, [mine, its], words, "length".to_owned());
        }
    }

    fn items(&mut self, indices: [usize; 2], rows: [&Row; 2]) -> Result<()> {
        let items = |side: usize| {
            let table = self.sides.get(side).map(|side| side.table);
            table.map(|table| sorted(table, (indices[side] + 1, rows[side].next))).unwrap_or_default()
        };
        let (first, second) = (items(0), items(1));
        for number in 0..first.len().max(second.len()) {
            if let Some(step) = self.place.last_mut() {
                step.item = u32::try_from(number).ok();
            }
            match (first.get(number), second.get(number)) {
                (Some((_, one)), Some((_, two))) => {
                    let ends =
                        [self.row(0, *one).map_or(0, |row| row.next), self.row(1, *two).map_or(0, |row| row.next)];
                    self.sides.iter_mut().for_each(|side| side.context.enter());
                    self.level([(one + 1, ends[0]), (two + 1, ends[1])])?;
                    self.sides.iter_mut().for_each(|side| side.context.leave());
                }
                (one, _) => {
                    let kind = if one.is_some() { Kind::OnlyFirst } else { Kind::OnlySecond };
                    self.add(kind, [Vr::SQ; 2], [String::new(), String::new()], "item".to_owned());
                }
            }
        }
        if let Some(step) = self.place.last_mut() {
            step.item = None;
        }
        Ok(())
    }

    /// The bytes of all fragments but the offset table, and whether they are cut in the same way.
    fn fragments(&mut self, indices: [usize; 2], rows: [&Row; 2]) -> Result<()> {
        let parts = |side: usize| -> Vec<(u64, u64)> {
            let table = self.sides.get(side).map(|side| side.table);
            let inner = table.and_then(|table| table.rows.get(indices[side] + 2..rows[side].next)).unwrap_or_default();
            inner.iter().map(|row| (row.token.value, row.end.saturating_sub(row.token.value))).collect()
        };
        let parts = [parts(0), parts(1)];
        let [one, two] = &mut self.sides;
        let found = values::bytes([&mut one.source, &mut two.source], [&parts[0], &parts[1]], 1)?;
        if let Some(note) = found {
            return self.changed(rows[0], rows[1], note);
        }
        let sizes = parts.map(|parts| parts.into_iter().map(|(_, length)| length).collect::<Vec<_>>());
        if self.options.encoding && sizes[0] != sizes[1] {
            let words = sizes.map(|sizes| format!("{} fragments", sizes.len()));
            self.add(Kind::Encoding, [Vr::OB; 2], words, "fragments".to_owned());
        }
        Ok(())
    }

    fn values(&mut self, one: &Row, two: &Row) -> Result<()> {
        let [first, second] = &mut self.sides;
        let vrs = [first.context.vr(&one.token), second.context.vr(&two.token)];
        let found = values::differ(
            [(one, &mut first.source, &first.context), (two, &mut second.source, &second.context)],
            vrs,
            self.foreign,
        )?;
        match found {
            values::Outcome::Same => Ok(()),
            values::Outcome::Stored(how) => {
                if self.options.encoding {
                    let (_, value) = self.value(0, one)?;
                    let (_, other) = self.value(1, two)?;
                    self.add(Kind::Encoding, vrs, [value, other], how.to_owned());
                }
                Ok(())
            }
            values::Outcome::Differs(note) => self.changed(one, two, note),
        }
    }
}
