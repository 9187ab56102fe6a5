//! A few elements of a file, decoded: at its outermost level, or in the functional groups of an enhanced object
//! (PS3.3 C.7.6.16), the shared ones before those of the first frame.

use crate::context::{Context, Foreign};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::part10::Head;
use crate::path::{Path, Step as PathStep};
use crate::source::Source;
use crate::stream::{stream, Section, Sections};
use crate::table::{Counted, Table};
use crate::tag::Tag;
use crate::token::{Content, Step, Token, Visitor};
use crate::value::{form, numbers, split, text, Form, Number};
use crate::vr::Vr;

const SHARED: Tag = Tag(0x5200_9229);
const PER_FRAME: Tag = Tag(0x5200_9230);
/// No value that is described is longer.
const LONGEST: u32 = 1 << 16;

/// One value of an element.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// Text, without padding.
    Text(String),
    /// A binary number.
    Number(Number),
}

/// Where an element was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// In the File Meta Information or the outermost data set.
    Outermost,
    /// In the functional groups that all frames share.
    Shared,
    /// In the functional groups of the first frame.
    FirstFrame,
}

/// An element that was asked for.
#[derive(Clone, Debug)]
pub struct Found {
    /// Which of the paths.
    pub wanted: usize,
    /// Where it was.
    pub place: Place,
    /// Its VR.
    pub vr: Vr,
    /// Its values.
    pub values: Vec<Value>,
}

/// What stands for the pixels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pixels {
    /// The element.
    pub tag: Tag,
    /// Bytes of the value, or of all fragments.
    pub bytes: u64,
    /// Fragments, where it is encapsulated.
    pub fragments: Option<u64>,
}

/// What a description is made of.
#[derive(Clone, Debug, Default)]
pub struct Description {
    /// The elements, each path at most once.
    pub found: Vec<Found>,
    /// The pixels.
    pub pixels: Option<Pixels>,
    /// What was met on the way.
    pub issues: Vec<Counted>,
}

struct Describe<'a> {
    wanted: &'a [Path],
    foreign: &'a mut dyn Foreign,
    context: Context,
    place: Vec<PathStep>,
    items: Vec<u32>,
    description: Description,
    table: Table,
}

/// Find the first of each of `wanted`.
///
/// # Errors
/// As [`stream`].
pub fn describe<S: Source>(
    source: &mut S,
    limits: Limits,
    wanted: &[Path],
    foreign: &mut dyn Foreign,
) -> Result<Description> {
    let mut visitor = Describe {
        wanted,
        foreign,
        context: Context::default(),
        place: Vec::new(),
        items: Vec::new(),
        description: Description::default(),
        table: Table::default(),
    };
    stream(source, limits, &mut visitor)?;
    let mut description = visitor.description;
    description.issues = visitor.table.issues;
    Ok(description)
}

impl Sections for Describe<'_> {
    fn section(&mut self, _section: Section, _head: &Head) -> Result<()> {
        self.context = Context::default();
        self.place.clear();
        self.items.clear();
        Ok(())
    }
}

impl Describe<'_> {
    fn outer(&self) -> Place {
        match self.place.first().map(|step| step.tag) {
            Some(SHARED) => Place::Shared,
            Some(PER_FRAME) => Place::FirstFrame,
            _ => Place::Outermost,
        }
    }

    /// Sequences lead somewhere in functional groups, or where a path goes through them.
    fn enters(&self, tag: Tag) -> bool {
        tag == SHARED
            || tag == PER_FRAME
            || self.outer() != Place::Outermost
            || self.wanted.iter().any(|path| path.0.iter().rev().skip(1).any(|step| step.tag == tag))
    }

    fn take<S: Source>(&mut self, token: &Token, source: &mut S) -> Result<()> {
        let place = self.outer();
        for (index, path) in self.wanted.iter().enumerate() {
            // Outside functional groups a path begins at the outermost level.
            let fits = path.ends(&self.place) && (place != Place::Outermost || path.0.len() == self.place.len());
            if !fits || token.length > LONGEST || self.description.found.iter().any(|found| found.wanted == index) {
                continue;
            }
            let vr = self.context.vr(token);
            let bytes = source.bytes(token.value, token.length as usize)?;
            let values: Vec<Value> = match form(vr) {
                Form::Bytes => continue,
                Form::Numbers => numbers(vr, bytes, token.encoding.big_endian).map(Value::Number).collect(),
                _ => {
                    let decoded = text(vr, bytes, &self.context, self.foreign);
                    split(vr, &decoded).map(|value| Value::Text(value.to_owned())).collect()
                }
            };
            self.description.found.push(Found { wanted: index, place, vr, values });
        }
        Ok(())
    }
}

impl<S: Source> Visitor<S> for Describe<'_> {
    fn open(&mut self, token: &Token, source: &mut S) -> Result<Step> {
        self.context.see(token, source)?;
        if token.depth == 0 && token.tag.is_pixel_data() {
            let fragments = (token.content == Content::Fragments).then_some(0);
            let bytes = if token.is_undefined() { 0 } else { u64::from(token.length) };
            self.description.pixels = Some(Pixels { tag: token.tag, bytes, fragments });
        }
        match token.content {
            Content::Value => {
                self.place.push(PathStep { tag: token.tag, item: None });
                self.take(token, source)?;
                self.place.pop();
            }
            Content::Sequence => {
                if !self.enters(token.tag) {
                    return Ok(Step::Over);
                }
                self.place.push(PathStep { tag: token.tag, item: None });
                self.items.push(0);
            }
            Content::Item => {
                let count = self.items.last_mut();
                let first = count.as_ref().is_some_and(|count| **count == 0);
                if let Some(count) = count {
                    *count += 1;
                }
                if !first {
                    return Ok(Step::Over);
                }
                self.context.enter();
            }
            Content::Fragments => self.place.push(PathStep { tag: token.tag, item: None }),
            Content::Fragment => {
                if let Some(Pixels { bytes, fragments: Some(count), .. }) = &mut self.description.pixels {
                    // The first is the offset table.
                    *bytes += if *count == 0 { 0 } else { u64::from(token.length) };
                    *count += 1;
                }
            }
        }
        Ok(Step::In)
    }

    fn close(&mut self, token: &Token, _end: u64) {
        match token.content {
            Content::Item => self.context.leave(),
            Content::Sequence => {
                self.place.pop();
                self.items.pop();
            }
            _ => {
                self.place.pop();
            }
        }
    }

    fn issue(&mut self, error: Error) -> Result<()> {
        self.table.note(error);
        Ok(())
    }
}
