//! The DICOM JSON Model (PS3.18 F.2): one object for each data set, without File Meta Information and group lengths.

use std::fmt::Write as _;

use super::base64::Encoder;
use super::escape::json as quoted;
use super::{Options, Output, Write};
use crate::context::{Context, Foreign};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::part10::Head;
use crate::path::Step as PathStep;
use crate::source::Source;
use crate::stream::{stream, Section, Sections};
use crate::table::{Counted, Table};
use crate::token::{Content, Step, Token, Visitor};
use crate::value::{form, numbers, split, text, Form, Number};
use crate::vr::Vr;

/// Longer values of bytes and words are referred to by URI.
const INLINE: u64 = 1024;
const PIECE: usize = 48 << 10;

/// An open container.
#[derive(Default)]
struct Open {
    /// Members written.
    written: u64,
    /// Items met.
    items: u32,
    /// Where its text begins, until something in it turns out to be wanted.
    undo: Option<usize>,
}

struct Json<'a> {
    out: Output<'a>,
    foreign: &'a mut dyn Foreign,
    options: &'a Options,
    context: Context,
    place: Vec<PathStep>,
    open: Vec<Open>,
    encoder: Encoder,
    /// Depth of the container that was asked for.
    inside: Option<u16>,
    active: bool,
    deflated: bool,
    issues: Table,
}

/// Write a file as one JSON object; the issues that were met.
///
/// # Errors
/// As [`stream`], and what `write` returns.
pub fn json<'a, S: Source>(
    source: &mut S,
    limits: Limits,
    options: &'a Options,
    foreign: &'a mut dyn Foreign,
    write: &'a mut Write<'a>,
) -> Result<Vec<Counted>> {
    let mut visitor = Json {
        out: Output::new(write),
        foreign,
        options,
        context: Context::default(),
        place: Vec::new(),
        open: vec![Open::default()],
        inside: None,
        encoder: Encoder::default(),
        active: false,
        deflated: false,
        issues: Table::default(),
    };
    stream(source, limits, &mut visitor)?;
    visitor.out.text.push('}');
    visitor.out.flush()?;
    Ok(visitor.issues.issues)
}

impl Sections for Json<'_> {
    fn section(&mut self, section: Section, head: &Head) -> Result<()> {
        self.active = section == Section::Data;
        self.deflated = head.deflated;
        if self.active {
            self.context = Context::default();
            self.out.text.push('{');
        }
        Ok(())
    }
}

impl Json<'_> {
    /// Whether this was asked for, by itself or with what it is in.
    fn wanted(&mut self, token: &Token) -> bool {
        if self.options.paths.is_empty() || self.inside.is_some_and(|depth| token.depth > depth) {
            return true;
        }
        self.inside = None;
        let found = self.options.paths.iter().any(|path| path.ends(&self.place));
        if found && token.content != Content::Value {
            self.inside = Some(token.depth);
        }
        found
    }

    /// Begin a member of the current container; `wanted` decides for the containers around it, too.
    fn member(&mut self, wanted: bool) -> Option<usize> {
        let start = self.out.text.len();
        if wanted {
            self.open.iter_mut().for_each(|open| open.undo = None);
        }
        if let Some(open) = self.open.last_mut() {
            if open.written > 0 {
                self.out.text.push(',');
            }
            open.written += 1;
        }
        (!wanted).then_some(start)
    }

    fn pass(&mut self) -> Result<()> {
        if self.open.iter().any(|open| open.undo.is_some()) {
            return Ok(());
        }
        self.out.pass()
    }

    fn key(&mut self, token: &Token, vr: Vr) {
        let _ = write!(self.out.text, "\n\"{:08X}\":{{\"vr\":", token.tag.0);
        quoted(vr.as_str(), &mut self.out.text);
    }

    fn element<S: Source>(&mut self, token: &Token, source: &mut S) -> Result<()> {
        let vr = self.context.vr(token);
        self.key(token, if vr.is_known() { vr } else { Vr::UN });
        match token.content {
            Content::Sequence => {}
            Content::Fragments => {
                if !self.refers(u64::MAX) {
                    self.out.text.push_str(",\"InlineBinary\":\"");
                }
            }
            _ if token.length == 0 => self.out.text.push('}'),
            _ => {
                self.value(token, vr, source)?;
                self.out.text.push('}');
            }
        }
        Ok(())
    }

    fn item(&mut self, wanted: bool) {
        let first = self.open.last().is_some_and(|open| open.written == 0);
        let start = self.out.text.len();
        let undo = self.member(wanted).map(|_| start);
        self.out.text.push_str(if first { ",\"Value\":[{" } else { "{" });
        self.open.push(Open { undo, ..Open::default() });
        self.context.enter();
    }

    fn attribute<S: Source>(&mut self, token: &Token, source: &mut S) -> Result<Step> {
        self.place.push(PathStep { tag: token.tag, item: None });
        let wanted = token.tag.element() != 0 && self.wanted(token);
        if token.content == Content::Value {
            if wanted {
                self.member(true);
                self.element(token, source)?;
            }
            self.place.pop();
            self.pass()?;
            return Ok(Step::In);
        }
        if !wanted && token.content == Content::Fragments {
            self.place.pop();
            // Passed over: it is not opened here, so its closing must not be shown either.
            return Ok(Step::Over);
        }
        let undo = self.member(wanted);
        self.element(token, source)?;
        self.open.push(Open { undo, ..Open::default() });
        Ok(Step::In)
    }

    /// Whether bytes of this length are referred to instead of held.
    fn refers(&self, length: u64) -> bool {
        length > INLINE && !self.options.full && !self.deflated && self.options.uri.is_some()
    }

    fn refer(&mut self, offset: u64, length: u64) {
        self.out.text.push_str(",\"BulkDataURI\":");
        let uri = format!("{}?offset={offset}&length={length}", self.options.uri.as_deref().unwrap_or_default());
        quoted(&uri, &mut self.out.text);
    }

    fn value<S: Source>(&mut self, token: &Token, vr: Vr, source: &mut S) -> Result<()> {
        let form = form(vr);
        let length = u64::from(token.length);
        let words = matches!(&vr.0, b"OD" | b"OF" | b"OL" | b"OV");
        if form == Form::Bytes || words {
            if self.refers(length) {
                self.refer(token.value, length);
                return Ok(());
            }
            self.out.text.push_str(",\"InlineBinary\":\"");
            let swap = if token.encoding.big_endian { vr.word() } else { 1 };
            self.inline(token.value, length, swap, source)?;
            self.encoder.finish(&mut self.out.text);
            self.out.text.push('"');
            return Ok(());
        }
        let bytes = source.bytes(token.value, token.length as usize)?;
        let mut values = String::new();
        if form == Form::Numbers {
            for number in numbers(vr, bytes, token.encoding.big_endian) {
                separate(&mut values);
                write_number(number, &mut values);
            }
        } else {
            let decoded = text(vr, bytes, &self.context, self.foreign);
            for value in split(vr, &decoded) {
                separate(&mut values);
                write_text(vr, value, &mut values);
            }
            if values == "null" {
                values.clear(); // Nothing but padding is no value.
            }
        }
        if !values.is_empty() {
            let _ = write!(self.out.text, ",\"Value\":[{values}]");
        }
        Ok(())
    }

    /// Feed bytes to the encoder, little endian as PS3.18 F.2.7 demands.
    fn inline<S: Source>(&mut self, offset: u64, length: u64, swap: usize, source: &mut S) -> Result<()> {
        let mut at = offset;
        let end = offset.saturating_add(length);
        while at < end {
            let count = usize::try_from(end - at).unwrap_or(PIECE).min(PIECE);
            let bytes = source.bytes(at, count)?;
            if bytes.is_empty() {
                break;
            }
            at += bytes.len() as u64;
            if swap > 1 {
                let swapped: Vec<u8> = bytes.chunks(swap).flat_map(|word| word.iter().rev().copied()).collect();
                self.encoder.feed(&swapped, &mut self.out.text);
            } else {
                self.encoder.feed(bytes, &mut self.out.text);
            }
            self.out.pass()?;
        }
        Ok(())
    }
}

fn separate(values: &mut String) {
    if !values.is_empty() {
        values.push(',');
    }
}

fn write_number(number: Number, out: &mut String) {
    let finite = match number {
        Number::Single(value) => value.is_finite(),
        Number::Double(value) => value.is_finite(),
        _ => true,
    };
    match number {
        Number::Tag(tag) => {
            let _ = write!(out, "\"{tag:08X}\"");
        }
        // A single is written as the double that it is, as other writers do.
        Number::Single(value) if finite => out.push_str(&Number::Double(f64::from(value)).text()),
        _ if finite => out.push_str(&number.text()),
        _ => quoted(&number.text().replace("NaN", "nan"), out),
    }
}

fn write_text(vr: Vr, value: &str, out: &mut String) {
    if value.is_empty() {
        out.push_str("null");
        return;
    }
    match &vr.0 {
        b"DS" | b"IS" => match value.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => out.push_str(&decimal(value.trim(), number)),
            _ => quoted(value, out),
        },
        b"PN" => {
            out.push('{');
            let groups = ["Alphabetic", "Ideographic", "Phonetic"];
            let mut first = true;
            for (name, group) in groups.iter().zip(value.split('=')).filter(|(_, group)| !group.is_empty()) {
                if !first {
                    out.push(',');
                }
                first = false;
                let _ = write!(out, "\"{name}\":");
                quoted(group.trim_end(), out);
            }
            out.push('}');
        }
        _ => quoted(value, out),
    }
}

/// The number as it was written, where that is JSON, too.
fn decimal(text: &str, number: f64) -> String {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let whole = digits.split(['.', 'e', 'E']).next().unwrap_or_default();
    let fraction = digits.split_once('.').map(|(_, rest)| rest.split(['e', 'E']).next().unwrap_or_default());
    let led = whole.len() > 1 && whole.starts_with('0');
    if whole.is_empty() || led || fraction.is_some_and(str::is_empty) || text.starts_with('+') {
        return Number::Double(number).text();
    }
    text.to_owned()
}

impl<S: Source> Visitor<S> for Json<'_> {
    fn open(&mut self, token: &Token, source: &mut S) -> Result<Step> {
        if !self.active {
            return Ok(Step::In);
        }
        match token.content {
            Content::Item => {
                let Some(open) = self.open.last_mut() else { return Ok(Step::Over) };
                if let Some(step) = self.place.last_mut() {
                    step.item = Some(open.items);
                }
                open.items += 1;
                let wanted = self.wanted(token);
                self.item(wanted);
            }
            Content::Fragment => {
                if !self.refers(u64::MAX) {
                    // The value of an encapsulated element begins with its first item.
                    let length = token.value - token.start + u64::from(token.length);
                    self.inline(token.start, length, 1, source)?;
                }
            }
            _ => {
                self.context.see(token, source)?;
                return self.attribute(token, source);
            }
        }
        self.pass()?;
        Ok(Step::In)
    }

    fn close(&mut self, token: &Token, end: u64) {
        if !self.active {
            return;
        }
        let open = self.open.pop().unwrap_or_default();
        match token.content {
            Content::Item => {
                self.out.text.push('}');
                self.context.leave();
            }
            Content::Fragments => {
                if self.refers(u64::MAX) {
                    self.refer(token.value, end.saturating_sub(token.value));
                } else {
                    self.encoder.finish(&mut self.out.text);
                    self.out.text.push('"');
                }
                self.out.text.push('}');
                self.place.pop();
            }
            _ => {
                self.out.text.push_str(if open.written > 0 { "]}" } else { "}" });
                self.place.pop();
            }
        }
        if let Some(start) = open.undo {
            self.out.text.truncate(start);
            if let Some(outer) = self.open.last_mut() {
                outer.written = outer.written.saturating_sub(1);
            }
        }
        if self.inside.is_some_and(|depth| depth >= token.depth) {
            self.inside = None;
        }
    }

    fn issue(&mut self, error: Error) -> Result<()> {
        self.issues.note(error);
        Ok(())
    }
}
