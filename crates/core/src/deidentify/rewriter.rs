//! The second look: every element at every depth is decided and written, or not.

use std::collections::HashMap;

use super::fragments::{self, ordered, Fragments};
use super::originals::Originals;
use super::output::Output;
use super::plan::{Action, Plan, Rule};
use super::subject::{passable, Subject};
use super::summary::Summary;
use super::types::{self, Types};
use super::values;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::source::Source;
use crate::tag::Tag;
use crate::text::trim;
use crate::token::{Content, Encoding, Step, Token, Visitor, UNDEFINED};
use crate::vr::Vr;

/// How the elements of an item are decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    /// By the rules.
    Rules,
    /// Everything becomes a dummy, but for what says how the content is built.
    Scrub,
    /// References stay, with their UIDs changed, and nothing else.
    References,
}

struct Creator {
    block: u32,
    name: Vec<u8>,
    from: usize,
    to: usize,
    used: bool,
}

/// A container that is being written.
struct Level {
    tag: Tag,
    content: Content,
    mode: Mode,
    undefined: bool,
    big_endian: bool,
    /// Where its length is to be stated.
    place: usize,
    start: u64,
    creators: Vec<Creator>,
}

/// Writes the data set of one file.
pub struct Rewriter<'a> {
    plan: &'a Plan,
    subject: &'a Subject,
    types: &'a Types,
    /// What was written so far.
    pub output: Output,
    /// What was done.
    pub summary: &'a mut Summary,
    /// Originals and what they became: (tag, or 0 for UIDs, original, replacement).
    pub pairs: HashMap<(u32, Vec<u8>), Vec<u8>>,
    /// What did not stay, where that is wanted.
    pub originals: Option<Originals>,
    /// Problems while writing.
    pub failure: Option<Error>,
    context: Context,
    levels: Vec<Level>,
    way: Vec<u32>,
    added: usize,
    encoding: Encoding,
    patient: Vec<u8>,
    days: i64,
    fragments: Option<Fragments>,
    /// Offset tables that stand before the pixel data: their values in the output.
    tables: Vec<(Tag, usize, usize)>,
}

/// Values up to this size are looked into or taken along; longer ones are copied when the file is written.
const SHORT: u32 = 1 << 12;
/// So much is looked at of fragments that are too long.
const HEAD: usize = 1 << 20;
/// Longer texts than this are no texts.
const LONGEST_TEXT: u32 = 16 << 20;

/// Elements that are written anew.
const ADDED: [Tag; 4] = [Tag(0x0012_0062), Tag(0x0012_0063), Tag(0x0012_0064), Tag(0x0028_0303)];

impl<'a> Rewriter<'a> {
    /// Ready for the data set of `subject`.
    pub fn new(plan: &'a Plan, subject: &'a Subject, types: &'a Types, summary: &'a mut Summary) -> Self {
        let root = Level {
            tag: Tag(0),
            content: Content::Item,
            mode: Mode::Rules,
            undefined: false,
            big_endian: false,
            place: 0,
            start: 0,
            creators: Vec::new(),
        };
        let patient = subject.patient();
        let days = values::days(plan, &patient);
        Self {
            plan,
            subject,
            types,
            output: Output::default(),
            summary,
            pairs: HashMap::new(),
            originals: None,
            failure: None,
            context: Context::default(),
            levels: vec![root],
            way: Vec::new(),
            added: 0,
            encoding: Encoding::EXPLICIT,
            patient,
            days,
            fragments: None,
            tables: Vec::new(),
        }
    }

    /// Everything was seen.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub fn finish(&mut self, encoding: Encoding) -> Result<()> {
        self.drop_creators(u16::MAX);
        for (_, at, length) in self.tables.drain(..) {
            // There are no fragments that they could tell of.
            if let Some(content) = self.output.bytes.get_mut(at..at + length) {
                content.fill(0);
            }
        }
        self.encoding = encoding;
        self.add(Tag(u32::MAX))?;
        match self.failure.take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// The encoding of the data set, once its first element was seen.
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    fn mode(&self) -> Mode {
        self.levels.last().map_or(Mode::Rules, |level| level.mode)
    }

    /// Write what is added to every data set, where it comes before `next`.
    fn add(&mut self, next: Tag) -> Result<()> {
        while let Some(tag) = ADDED.get(self.added).filter(|tag| **tag <= next) {
            self.added += 1;
            let encoding = self.encoding;
            match tag.0 {
                0x0012_0062 => self.output.element(*tag, Vr(*b"CS"), encoding, b"YES")?,
                0x0012_0063 => self.output.element(*tag, Vr(*b"LO"), encoding, &self.plan.method)?,
                0x0012_0064 => self.codes(*tag)?,
                _ => {
                    let before = matches!(self.subject.temporal.as_slice(), b"MODIFIED" | b"REMOVED");
                    let kept = before && self.plan.temporal == b"UNMODIFIED";
                    let value = if kept { &self.subject.temporal } else { &self.plan.temporal };
                    self.output.element(*tag, Vr(*b"CS"), encoding, value)?;
                }
            }
        }
        Ok(())
    }

    fn codes(&mut self, tag: Tag) -> Result<()> {
        let encoding = self.encoding;
        let place = self.output.header(tag, Vr::SQ, encoding, 0)?;
        let start = self.output.length();
        for (code, meaning) in &self.plan.codes {
            self.output.tag(Tag::ITEM, encoding.big_endian);
            self.output.word32(0, encoding.big_endian);
            let (item_place, item) = (self.output.bytes.len() - 4, self.output.length());
            self.output.element(Tag(0x0008_0100), Vr(*b"SH"), encoding, code)?;
            self.output.element(Tag(0x0008_0102), Vr(*b"SH"), encoding, b"DCM")?;
            self.output.element(Tag(0x0008_0104), Vr(*b"LO"), encoding, meaning)?;
            self.output.patch(item_place, item, encoding.big_endian)?;
        }
        self.output.patch(place, start, encoding.big_endian)
    }

    /// Take private creators back whose elements are all gone, once another group begins.
    fn drop_creators(&mut self, group: u16) {
        let Some(level) = self.levels.last_mut() else { return };
        if level.creators.first().is_none_or(|creator| Tag(creator.block << 8).group() == group) {
            return;
        }
        for creator in level.creators.drain(..).rev().filter(|creator| !creator.used) {
            self.output.cut(creator.from, creator.to);
        }
    }

    fn creator(&mut self, token: &Token, bytes: &[u8]) -> Result<()> {
        let name = trim(bytes);
        let kept = self.mode() == Mode::Rules && self.plan.creators.contains(name);
        if !kept {
            self.summary.count(&self.way, token.tag, Action::Remove, bytes);
            return Ok(());
        }
        let name = name.to_vec();
        let from = self.output.bytes.len();
        self.output.element(token.tag, Vr(*b"LO"), token.encoding, &name)?;
        let to = self.output.bytes.len();
        let block = u32::from(token.tag.group()) << 8 | u32::from(token.tag.element());
        if let Some(level) = self.levels.last_mut() {
            level.creators.push(Creator { block, name, from, to, used: false });
        }
        Ok(())
    }

    fn element<S: Source>(&mut self, token: &Token, source: &mut S) -> Result<Step> {
        let tag = token.tag;
        let outer = self.levels.len() == 1;
        if let Some(originals) = self.originals.as_mut().filter(|_| outer) {
            originals.begin(source, &self.output, token.start)?;
        }
        self.drop_creators(tag.group());
        if outer {
            self.encoding = token.encoding;
            self.add(tag)?;
        }
        if let Some(originals) = self.originals.as_mut().filter(|_| outer) {
            // A creator may be taken back later, and what is private means nothing without.
            let creator = tag.is_private() && (0x10..=0xFF).contains(&tag.element());
            // Offset tables are put right later.
            let always = creator || ADDED.contains(&tag) || fragments::TABLES.contains(&tag);
            originals.follow(&self.output, tag, token.start, always);
        }
        if outer && ADDED.contains(&tag) {
            return Ok(Step::Over);
        }
        if tag.element() == 0 || tag.group() < 0x0008 || tag.group() == 0xFFFC {
            // Lengths of groups, what belongs to other parts of a file, and padding.
            return Ok(Step::Over);
        }
        self.context.see(token, source)?;
        let private = tag.is_private();
        if private && (0x10..=0xFF).contains(&tag.element()) && token.content == Content::Value {
            let bytes = source.bytes(token.value, token.length.min(1024) as usize)?.to_vec();
            self.creator(token, &bytes)?;
            return Ok(Step::Over);
        }
        let vr = self.context.vr(token);
        let (action, rule) = self.decide(token, vr);
        let step = if token.content == Content::Value {
            self.value(token, vr, action, &rule, source)?;
            Step::Over
        } else {
            self.container(token, vr, action)?
        };
        if private && action != Action::Remove {
            let block = u32::from(tag.group()) << 8 | u32::from(tag.element() >> 8);
            // The container itself is the last level now.
            let above = self.levels.len() - usize::from(step == Step::In) - 1;
            let creators = self.levels.get_mut(above).map(|level| level.creators.iter_mut());
            for creator in creators.into_iter().flatten().filter(|creator| creator.block == block) {
                creator.used = true;
            }
        }
        Ok(step)
    }

    fn decide(&self, token: &Token, vr: Vr) -> (Action, Rule) {
        let level = self.levels.last();
        let rule = if token.tag.is_private() {
            let block = u32::from(token.tag.group()) << 8 | u32::from(token.tag.element() >> 8);
            let creator = level.and_then(|level| level.creators.iter().find(|creator| creator.block == block));
            self.plan.private(&self.way, token.tag, creator.map(|creator| creator.name.as_slice()))
        } else {
            self.plan.standard(&self.way, token.tag, vr)
        };
        let parent = level.map_or(Tag(0), |level| level.tag);
        let [one, two, three] = rule.actions;
        let action = if one == two && two == three {
            one
        } else {
            match types::find(self.types, parent, token.tag) {
                types::ONE => one,
                types::TWO => two,
                _ => three,
            }
        };
        let action = match self.mode() {
            Mode::Rules => action,
            Mode::Scrub => values::scrubbed(token.tag, vr, action),
            Mode::References => values::referenced(parent, token.tag, action),
        };
        (action, rule.clone())
    }

    fn container(&mut self, token: &Token, vr: Vr, action: Action) -> Result<Step> {
        self.summary.count(&self.way, token.tag, action, b"");
        let vr = if token.vr == Vr::NONE { vr } else { token.vr };
        let mode = match action {
            Action::Remove => return Ok(Step::Over),
            Action::Empty | Action::Replace => {
                self.output.header(token.tag, vr, token.encoding, 0)?;
                return Ok(Step::Over);
            }
            Action::Dummy if token.content == Content::Fragments => {
                self.output.header(token.tag, vr, token.encoding, 0)?;
                return Ok(Step::Over);
            }
            Action::Dummy => Mode::Scrub,
            Action::References => Mode::References,
            _ => self.mode(),
        };
        let place =
            self.output.header(token.tag, vr, token.encoding, if token.is_undefined() { UNDEFINED } else { 0 })?;
        if token.content == Content::Fragments {
            let own = self.levels.len() == 1 && token.tag.is_pixel_data();
            self.fragments = Some(Fragments::new(&self.subject.syntax, own.then_some(self.subject.pixels)));
        }
        self.enter(token, token.tag, mode, place);
        self.way.push(token.tag.0);
        Ok(Step::In)
    }

    fn enter(&mut self, token: &Token, tag: Tag, mode: Mode, place: usize) {
        self.levels.push(Level {
            tag,
            content: token.content,
            mode,
            undefined: token.is_undefined(),
            big_endian: token.encoding.big_endian,
            place,
            start: self.output.length(),
            creators: Vec::new(),
        });
    }

    fn item(&mut self, token: &Token) -> Step {
        let big = token.encoding.big_endian;
        self.output.tag(Tag::ITEM, big);
        self.output.word32(if token.is_undefined() { UNDEFINED } else { 0 }, big);
        let place = self.output.bytes.len() - 4;
        let (tag, mode) = self.levels.last().map_or((Tag(0), Mode::Rules), |level| (level.tag, level.mode));
        self.enter(token, tag, mode, place);
        self.context.enter();
        Step::In
    }

    /// A fragment as it is, but for what no frame needs.
    fn fragment<S: Source>(&mut self, token: &Token, source: &mut S) -> Result<()> {
        let big = token.encoding.big_endian;
        let length = token.length as usize;
        let Some(state) = self.fragments.as_mut() else { return Ok(()) };
        if state.is_table() {
            // One that is too long is none.
            let kept = if length > fragments::LONGEST { 0 } else { length };
            self.output.tag(Tag::ITEM, big);
            self.output.word32(kept as u32, big);
            let at = self.output.bytes.len();
            let table = source.bytes(token.value, kept)?;
            self.output.bytes.extend_from_slice(table);
            state.note_table(at, kept, &self.output);
            return Ok(());
        }
        state.note(&self.output, token.length);
        self.output.tag(Tag::ITEM, big);
        self.output.word32(token.length, big);
        let whole = length <= fragments::LONGEST;
        let bytes = source.bytes(token.value, if whole { length } else { HEAD })?;
        let mut done = 0;
        for range in ordered(state.ranges(bytes, whole), length) {
            self.output.copy(token.value + done as u64, (range.from - done) as u64);
            self.output.bytes.resize(self.output.bytes.len() + range.to - range.from, range.fill);
            done = range.to;
        }
        self.output.copy(token.value + done as u64, (length - done) as u64);
        Ok(())
    }

    /// The value of an offset table, which is put right when the fragments are known.
    fn table<S: Source>(&mut self, token: &Token, vr: Vr, source: &mut S) -> Result<()> {
        if token.length as usize > fragments::LONGEST || token.length % 8 > 0 {
            let error = Error::new(Kind::Malformed, "offset-table", "the extended offset table is none");
            return Err(error.at(Some(token.tag), token.start));
        }
        self.output.header(token.tag, vr, token.encoding, token.length)?;
        self.tables.push((token.tag, self.output.bytes.len(), token.length as usize));
        self.output.bytes.extend_from_slice(source.bytes(token.value, token.length as usize)?);
        Ok(())
    }

    fn value<S: Source>(&mut self, token: &Token, vr: Vr, action: Action, rule: &Rule, source: &mut S) -> Result<()> {
        let written_vr = if token.vr == Vr::NONE { vr } else { token.vr };
        if action == Action::Remove {
            let bytes = source.bytes(token.value, token.length.min(64) as usize)?;
            self.summary.count(&self.way, token.tag, action, bytes);
            return Ok(());
        }
        let dated = matches!(&vr.0, b"DA" | b"DT" | b"TM");
        let passes = matches!(action, Action::Keep | Action::Verbatim)
            || (action == Action::Shift && (dated || !matches!(&vr.0, b"OB" | b"UN")));
        if passes && token.tag.is_pixel_data() {
            self.summary.count(&self.way, token.tag, Action::Keep, b"");
            return self.pixel_data(token, written_vr, source);
        }
        if passes && fragments::TABLES.contains(&token.tag) && self.levels.len() == 1 {
            self.summary.count(&self.way, token.tag, Action::Keep, b"");
            return self.table(token, written_vr, source);
        }
        let text = values::is_text(vr);
        let blank = token.tag.is_private() && action != Action::Verbatim;
        if passes && !text && !values::is_checked(vr) && !blank {
            self.summary.count(&self.way, token.tag, action, b"");
            return self.whole(token, written_vr, source);
        }
        let length = if passes || action == Action::Clean { token.length } else { token.length.min(LONGEST_TEXT) };
        let bytes = source.bytes(token.value, length as usize)?;
        self.summary.count(&self.way, token.tag, action, bytes);
        let call = values::Call {
            plan: self.plan,
            subject: self.subject,
            patient: &self.patient,
            days: self.days,
            tag: token.tag,
            vr,
            rule,
            scrub: self.mode() == Mode::Scrub,
            big_endian: token.encoding.big_endian,
            required: types::find(self.types, self.levels.last().map_or(Tag(0), |level| level.tag), token.tag),
        };
        match values::become_of(&call, action, bytes, &mut self.pairs) {
            values::Outcome::Same => {
                self.output.header(token.tag, written_vr, token.encoding, token.length + token.length % 2)?;
                self.output.bytes.extend_from_slice(bytes);
                if token.length % 2 == 1 {
                    self.output.bytes.push(super::output::padding(vr));
                }
                Ok(())
            }
            values::Outcome::Gone => Ok(()),
            values::Outcome::Value(value) => self.output.element(token.tag, written_vr, token.encoding, &value),
        }
    }

    /// The value as it is.
    fn whole<S: Source>(&mut self, token: &Token, vr: Vr, source: &mut S) -> Result<()> {
        let odd = token.length % 2;
        self.output.header(token.tag, vr, token.encoding, token.length + odd)?;
        if token.length <= SHORT {
            let bytes = source.bytes(token.value, token.length as usize)?;
            self.output.bytes.extend_from_slice(bytes);
        } else {
            self.output.copy(token.value, u64::from(token.length));
        }
        if odd == 1 {
            self.output.bytes.push(super::output::padding(vr));
        }
        Ok(())
    }

    /// Native pixel data without overlays in their free bits and without a tail that no pixel accounts for.
    fn pixel_data<S: Source>(&mut self, token: &Token, vr: Vr, source: &mut S) -> Result<()> {
        let pixels = self.subject.pixels;
        let mut length = token.length;
        let frame = pixels.rows * pixels.columns * pixels.samples.max(1);
        let bits = u128::from(frame) * u128::from(pixels.allocated) * u128::from(pixels.frames.max(1));
        let whole = bits.div_ceil(8) + bits.div_ceil(8) % 2;
        if self.levels.len() == 1 && whole > 0 && !pixels.shared && u128::from(length) > whole {
            length = u32::try_from(whole).unwrap_or(length);
        }
        let free =
            pixels.allocated == 16 && pixels.stored < 16 && pixels.stored > 0 && pixels.high >= pixels.stored - 1;
        if self.levels.len() > 1 || !self.subject.overlay_in_pixels || !free {
            let shorter = Token { length, ..*token };
            return self.whole(&shorter, vr, source);
        }
        let mask = (((1_u32 << pixels.stored) - 1) << (pixels.high + 1 - pixels.stored)) as u16;
        let mask = if token.encoding.big_endian { mask.to_be_bytes() } else { mask.to_le_bytes() };
        let bytes = source.bytes(token.value, length as usize)?;
        self.output.header(token.tag, vr, token.encoding, length)?;
        self.output.bytes.extend(bytes.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte & mask));
        Ok(())
    }

    fn leave(&mut self, token: &Token) -> Result<()> {
        if token.content == Content::Item {
            self.drop_creators(u16::MAX);
            self.context.leave();
        } else {
            self.way.pop();
        }
        let Some(level) = self.levels.pop() else { return Ok(()) };
        if level.content == Content::Fragments {
            if let Some(fragments) = self.fragments.take() {
                let own = self.levels.len() == 1;
                let tables = if own { std::mem::take(&mut self.tables) } else { Vec::new() };
                fragments.finish(&mut self.output, &tables)?;
            }
        }
        if level.undefined {
            let tag = if level.content == Content::Item { Tag::ITEM_END } else { Tag::SEQUENCE_END };
            self.output.tag(tag, level.big_endian);
            self.output.word32(0, level.big_endian);
            return Ok(());
        }
        self.output.patch(level.place, level.start, level.big_endian)
    }
}

impl<S: Source> Visitor<S> for Rewriter<'_> {
    fn open(&mut self, token: &Token, source: &mut S) -> Result<Step> {
        if let Some(error) = self.failure.take() {
            return Err(error);
        }
        match token.content {
            Content::Item => Ok(self.item(token)),
            Content::Fragment => self.fragment(token, source).map(|()| Step::In),
            _ => self.element(token, source),
        }
    }

    fn close(&mut self, token: &Token, _end: u64) {
        if let Err(error) = self.leave(token) {
            self.failure = Some(error);
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
