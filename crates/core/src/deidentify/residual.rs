//! Looking for what may be left in a file: names, dates, patterns, private elements, and what is known of originals.

use std::collections::HashSet;

use regex::bytes::Regex;

use super::plan::{Action, Known, Plan};
use super::subject::{passable, until_nul};
use super::terms::{self, Terms};
use super::values::{dummy, is_text};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::inflate::inflate;
use crate::limits::Limits;
use crate::part10;
use crate::source::{Slice, Source};
use crate::tag::Tag;
use crate::text::trim;
use crate::token::{walk, Content, Options, Step, Token, Visitor};
use crate::vr::Vr;

/// Something that may identify.
#[derive(Clone, Debug)]
pub struct Finding {
    /// `name`, `pattern`, `date`, `private`, `overlay`, `flag`, `preamble`, `known`, `uid` or `trailing`.
    pub kind: &'static str,
    /// Tags of the sequences on the way, and its own.
    pub path: Vec<u32>,
    /// What was found.
    pub value: Vec<u8>,
}

/// What is known of the originals.
pub struct Originals {
    terms: Terms,
    uids: HashSet<Vec<u8>>,
    /// What makers, schemes and codes are called in originals whose patient is not named so.
    technical: HashSet<(u32, Vec<u8>)>,
}

impl Default for Originals {
    fn default() -> Self {
        // Of many patients together, short words would be found everywhere.
        Self { terms: Terms::of_at_least(4), uids: HashSet::new(), technical: HashSet::new() }
    }
}

/// Versions, models and codes look like dates and numbers, and are none.
const TECHNICAL: [u32; 7] = [0x0008_0070, 0x0008_0100, 0x0008_0103, 0x0008_1090, 0x0018_1020, 0x0018_5010, 0x0008_1010];

/// Attributes that name makers, models, algorithms and coding schemes; people and institutions have such names, too.
const CALLED: [u32; 9] = [
    0x0008_0070, // Manufacturer
    0x0008_0102, // Coding Scheme Designator
    0x0008_0112, // Coding Scheme Registry
    0x0008_0115, // Coding Scheme Name
    0x0008_0116, // Coding Scheme Responsible Organization
    0x0008_1090, // Manufacturer's Model Name
    0x0018_1020, // Software Versions
    0x0062_0009, // Segment Algorithm Name
    0x0066_0036, // Algorithm Name
];

fn is_technical(tag: Tag, vr: Vr) -> bool {
    !tag.is_private() && (vr == Vr(*b"CS") || CALLED.contains(&tag.0))
}

struct Learn<'a> {
    plan: &'a Plan,
    context: Context,
    known: &'a mut Originals,
    /// What is known of the patient of this file alone.
    patient: Terms,
    technical: Vec<(u32, Vec<u8>)>,
}

impl<S: Source> Visitor<S> for Learn<'_> {
    fn open(&mut self, token: &Token, source: &mut S) -> Result<Step> {
        if token.content != Content::Value || token.length == 0 || token.length > 1024 || token.tag.is_private() {
            return Ok(if token.content == Content::Fragments { Step::Over } else { Step::In });
        }
        let vr = self.context.vr(token);
        let name = if vr == Vr(*b"PN") { Some(Known::Name) } else { None };
        let kind = self.plan.known.get(&token.tag.0).copied().or(name);
        let technical = is_technical(token.tag, vr);
        if kind.is_none() && vr != Vr(*b"UI") && !technical {
            return Ok(Step::In);
        }
        let bytes = until_nul(trim(source.bytes(token.value, token.length as usize)?));
        if technical {
            self.technical.push((token.tag.0, bytes.to_vec()));
        }
        if vr == Vr(*b"UI") {
            for uid in bytes.split(|byte| *byte == b'\\').filter(|uid| uid.contains(&b'.')) {
                let registered = std::str::from_utf8(uid).is_ok_and(|uid| crate::dictionary::uid(uid).is_some());
                // Classes and coding schemes stay what they are.
                let changes = self.plan.tags.get(&token.tag.0).is_some_and(|rule| rule.actions[0] == Action::Uid);
                if !registered && changes {
                    self.known.uids.insert(uid.to_vec());
                }
            }
        } else if let Some(kind) = kind {
            self.known.terms.note(kind, bytes, &self.plan.plain);
            if token.tag.group() == 0x0010 {
                self.patient.note(kind, bytes, &self.plan.plain);
            }
        }
        Ok(Step::In)
    }

    fn issue(&mut self, _error: Error) -> Result<()> {
        Ok(())
    }
}

/// Note what one original tells of its patient.
///
/// # Errors
/// What cannot be read at all.
pub fn learn<S: Source>(source: &mut S, plan: &Plan, limits: Limits, known: &mut Originals) -> Result<()> {
    let patient = Terms::of_at_least(4);
    let mut visitor = Learn { plan, context: Context::default(), known, patient, technical: Vec::new() };
    all(source, limits, &mut visitor)?;
    let Learn { patient, technical, known, .. } = visitor;
    known.technical.extend(technical.into_iter().filter(|(_, value)| patient.first(value).is_none()));
    Ok(())
}

struct Check<'a> {
    plan: &'a Plan,
    patterns: &'a [Regex],
    known: &'a Originals,
    context: Context,
    way: Vec<u32>,
    patient: Vec<u8>,
    identity_removed: bool,
    dates_removed: bool,
    dates: Vec<Finding>,
    found: Vec<Finding>,
}

/// Look through one file.
///
/// # Errors
/// What cannot be read to its end.
pub fn check<S: Source>(
    source: &mut S,
    plan: &Plan,
    patterns: &[Regex],
    known: &Originals,
    limits: Limits,
) -> Result<Vec<Finding>> {
    let mut visitor = Check {
        plan,
        patterns,
        known,
        context: Context::default(),
        way: Vec::new(),
        patient: Vec::new(),
        identity_removed: false,
        dates_removed: false,
        dates: Vec::new(),
        found: Vec::new(),
    };
    let left = all(source, limits, &mut visitor)?;
    let mut found = visitor.found;
    if !visitor.identity_removed {
        found.push(Finding { kind: "flag", path: vec![0x0012_0062], value: b"is not YES".to_vec() });
    }
    if visitor.dates_removed {
        found.append(&mut visitor.dates);
    }
    let preamble = source.bytes(0, 128)?;
    if preamble.iter().any(|byte| *byte != 0) {
        found.push(Finding { kind: "preamble", path: Vec::new(), value: b"holds bytes".to_vec() });
    }
    if left > 0 {
        let value = format!("{left} bytes after the data set").into_bytes();
        found.push(Finding { kind: "trailing", path: Vec::new(), value });
    }
    Ok(found)
}

/// Walk the data set, deflated or not; bytes that are left after it.
fn all<S, V>(source: &mut S, limits: Limits, visitor: &mut V) -> Result<u64>
where
    S: Source,
    V: Visitor<S> + for<'a> Visitor<Slice<'a>>,
{
    let head = part10::head(source, limits)?;
    let options = |start| Options { start, encoding: head.data_encoding(), limits, descend: true, detect: true };
    if head.deflated {
        let length = source.end().unwrap_or(u64::MAX).saturating_sub(head.data_start);
        let compressed = source.bytes(head.data_start, usize::try_from(length).unwrap_or(usize::MAX))?;
        let (inflated, broken) = inflate(compressed, limits.inflated_bytes)?;
        if let Some(error) = broken {
            return Err(error);
        }
        let end = walk(&mut Slice::new(&inflated), visitor, options(0))?;
        return Ok((inflated.len() as u64).saturating_sub(end));
    }
    let end = walk(source, visitor, options(head.data_start))?;
    Ok(source.end().unwrap_or(end).saturating_sub(end))
}

impl Check<'_> {
    fn add(&mut self, kind: &'static str, tag: Tag, value: &[u8]) {
        let mut path = self.way.clone();
        path.push(tag.0);
        self.found.push(Finding { kind, path, value: value.get(..value.len().min(64)).unwrap_or_default().to_vec() });
    }

    fn value(&mut self, token: &Token, vr: Vr, bytes: &[u8]) {
        let value = until_nul(trim(bytes));
        match token.tag.0 {
            0x0010_0020 if token.depth == 0 => self.patient = value.to_vec(),
            0x0012_0062 if token.depth == 0 => self.identity_removed = value == b"YES",
            0x0028_0303 if token.depth == 0 => self.dates_removed = value == b"REMOVED",
            0x0028_0301 if value == b"YES" => self.add("burned-in", token.tag, value),
            _ => {}
        }
        if value.is_empty() {
            return;
        }
        if vr == Vr(*b"PN") && value != dummy(vr, b"", false).as_slice() && token.tag.0 != 0x0010_0010 {
            self.add("name", token.tag, value);
        }
        let dated = matches!(&vr.0, b"DA" | b"DT") && value != dummy(vr, b"", false).as_slice();
        if dated {
            let mut path = self.way.clone();
            path.push(token.tag.0);
            self.dates.push(Finding { kind: "date", path, value: value.to_vec() });
        }
        if vr == Vr(*b"UI") {
            for uid in value.split(|byte| *byte == b'\\') {
                if self.known.uids.contains(uid) {
                    self.add("uid", token.tag, uid);
                }
            }
            return;
        }
        if !is_text(vr) && !token.tag.is_private() {
            return;
        }
        if let Some((from, to)) = self.known.terms.first(value) {
            // A maker is called like a person of another file; where it is called like its own patient, it counts.
            let called = is_technical(token.tag, vr) && self.known.technical.contains(&(token.tag.0, value.to_vec()));
            if !called {
                self.add("known", token.tag, value.get(from..to).unwrap_or_default());
            }
        }
        let own = matches!(token.tag.0, 0x0010_0010 | 0x0010_0020 | 0x0012_0063);
        let prose =
            matches!(&vr.0, b"LO" | b"LT" | b"SH" | b"ST" | b"UC" | b"UT") && !own && !TECHNICAL.contains(&token.tag.0);
        if prose {
            let plain = &self.plan.plain;
            let hit = self.patterns.iter().flat_map(|pattern| pattern.find_iter(value)).find_map(|hit| {
                let (from, to) = terms::named(value, hit.start(), hit.end(), plain)?;
                value.get(from..to)
            });
            if let Some(hit) = hit {
                self.add("pattern", token.tag, hit);
            }
        }
    }
}

impl<S: Source> Visitor<S> for Check<'_> {
    fn open(&mut self, token: &Token, source: &mut S) -> Result<Step> {
        if token.content == Content::Item {
            self.context.enter();
            return Ok(Step::In);
        }
        if token.content == Content::Fragment {
            return Ok(Step::Over);
        }
        self.context.see(token, source)?;
        let tag = token.tag;
        if matches!(tag.0 >> 24, 0x50 | 0x60) && tag.group() % 2 == 0 && tag.group() & 0xFF <= 0x1E {
            self.add("overlay", tag, b"");
        }
        if tag.is_private() && tag.element() >= 0x1000 {
            let creator = self.context.creator(tag);
            let safe = creator.is_some_and(|creator| {
                let free = tag.0 & 0xFFFF_00FF;
                self.plan.privates.contains_key(&(creator.as_bytes().to_vec(), free))
            });
            if !safe {
                self.add("private", tag, b"");
            }
        }
        if token.content != Content::Value {
            if token.content == Content::Sequence {
                self.way.push(tag.0);
                return Ok(Step::In);
            }
            return Ok(Step::Over);
        }
        let vr = self.context.vr(token);
        let wanted = is_text(vr) || matches!(&vr.0, b"DA" | b"DT" | b"UI") || tag.is_private();
        if wanted && token.length <= 1 << 20 {
            let bytes = source.bytes(token.value, token.length as usize)?.to_vec();
            self.value(token, vr, &bytes);
        }
        Ok(Step::In)
    }

    fn close(&mut self, token: &Token, _end: u64) {
        match token.content {
            Content::Item => self.context.leave(),
            Content::Sequence => {
                self.way.pop();
            }
            _ => {}
        }
    }

    fn issue(&mut self, error: Error) -> Result<()> {
        if passable(&error) {
            Ok(())
        } else {
            Err(error)
        }
    }
}
