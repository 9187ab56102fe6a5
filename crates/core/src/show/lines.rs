//! One line for each element, indented by nesting.

use std::fmt::Write as _;

use super::render::value;
use super::{grouped, visible, Options, Output, Write};
use crate::context::{Context, Foreign};
use crate::dictionary;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::part10::Head;
use crate::path::Step as PathStep;
use crate::source::Source;
use crate::stream::{stream, Section, Sections};
use crate::table::{Counted, Table};
use crate::tag::Tag;
use crate::token::{Content, Step, Token, Visitor};
use crate::vr::Vr;

/// Where values begin, unless nesting or a long name push them to the right.
const VALUE_COLUMN: usize = 68;
/// Fragments that are listed, unless all are wanted.
const MOST_FRAGMENTS: u64 = 8;

struct Lines<'a> {
    out: Output<'a>,
    foreign: &'a mut dyn Foreign,
    options: &'a Options,
    context: Context,
    place: Vec<PathStep>,
    /// Items or fragments seen in each open container, and their bytes.
    counts: Vec<(u64, u64)>,
    /// Lines of containers that are shown once something in them is.
    pending: Vec<(u16, String)>,
    /// Depth of the container that was asked for.
    inside: Option<u16>,
    issues: Table,
}

/// Write the lines of a file; the issues that were met.
///
/// # Errors
/// As [`stream`], and what `write` returns.
pub fn lines<'a, S: Source>(
    source: &mut S,
    limits: Limits,
    options: &'a Options,
    foreign: &'a mut dyn Foreign,
    write: &'a mut Write<'a>,
) -> Result<Vec<Counted>> {
    let mut visitor = Lines {
        out: Output::new(write),
        foreign,
        options,
        context: Context::default(),
        place: Vec::new(),
        counts: Vec::new(),
        pending: Vec::new(),
        inside: None,
        issues: Table::default(),
    };
    let done = stream(source, limits, &mut visitor);
    visitor.out.flush()?;
    done?;
    Ok(visitor.issues.issues)
}

impl Sections for Lines<'_> {
    fn section(&mut self, section: Section, head: &Head) -> Result<()> {
        self.context = Context::default();
        self.place.clear();
        if !self.options.paths.is_empty() {
            return Ok(());
        }
        let _ = match section {
            Section::Meta => writeln!(self.out.text, "# File Meta Information"),
            Section::Command => writeln!(self.out.text, "# Command Set"),
            Section::Data => {
                let syntax = head.transfer_syntax.as_deref().unwrap_or("");
                let mut name = String::new();
                match dictionary::uid(syntax) {
                    Some(known) => name.push_str(known.name),
                    None if syntax.is_empty() => name.push_str("no transfer syntax stated"),
                    None => visible(syntax, &mut name),
                }
                writeln!(self.out.text, "# Data Set ({name})")
            }
        };
        Ok(())
    }
}

impl Lines<'_> {
    /// Whether this token is to be shown; containers that may hold one are remembered.
    fn wanted(&mut self, token: &Token) -> bool {
        if self.options.paths.is_empty() || self.inside.is_some_and(|depth| token.depth > depth) {
            return true;
        }
        self.inside = None;
        if self.options.paths.iter().any(|path| path.ends(&self.place)) {
            if token.content != Content::Value {
                self.inside = Some(token.depth);
            }
            return true;
        }
        false
    }

    fn start(&self, token: &Token, line: &mut String) {
        if self.options.offsets {
            let _ = write!(line, "{:>10}  ", token.start);
        }
        for _ in 0..token.depth {
            line.push_str("  ");
        }
    }

    fn name(&self, tag: Tag, line: &mut String) {
        let name = self.context.name(tag);
        match self.context.creator(tag) {
            Some(creator) => {
                line.push('[');
                visible(&creator, line);
                line.push(']');
                if !name.is_empty() {
                    line.push(' ');
                }
            }
            None if name.is_empty() => {
                line.push_str(if tag.is_private() { "(private, no creator)" } else { "(unknown)" });
            }
            None => {}
        }
        line.push_str(name);
    }

    fn element<S: Source>(&mut self, token: &Token, source: &mut S) -> Result<String> {
        let vr = self.context.vr(token);
        let stated = if token.vr == Vr::NONE { vr } else { token.vr };
        let mut shown = String::new();
        let count = if token.content == Content::Value {
            value(token, vr, source, &self.context, self.foreign, self.options.full, &mut shown)?
        } else {
            None
        };
        let mut line = String::with_capacity(VALUE_COLUMN + shown.len() + 16);
        self.start(token, &mut line);
        let _ = write!(line, "{} ", token.tag);
        visible(stated.as_str(), &mut line);
        let _ = match token.length {
            crate::token::UNDEFINED => write!(line, " {:>9}", "undefined"),
            length => write!(line, " {length:>9}"),
        };
        let _ = match count {
            Some(count) => write!(line, " {count:>4}  "),
            None => write!(line, " {:>4}  ", "-"),
        };
        self.name(token.tag, &mut line);
        if !shown.is_empty() {
            let offsets = if self.options.offsets { 12 } else { 0 };
            let used = line.chars().count();
            for _ in used..(VALUE_COLUMN + offsets).max(used + 2) {
                line.push(' ');
            }
            line.push_str(&shown);
        }
        Ok(line)
    }

    fn fragment<S: Source>(&mut self, token: &Token, source: &mut S) -> Result<Option<String>> {
        let Some((count, bytes)) = self.counts.last_mut() else { return Ok(None) };
        let index = *count;
        *count += 1;
        *bytes += u64::from(token.length);
        if index > MOST_FRAGMENTS && !self.options.full {
            return Ok(None);
        }
        let mut line = String::new();
        self.start(token, &mut line);
        if index == 0 {
            let _ = write!(line, "offset table, {} bytes", grouped(u64::from(token.length)));
            let frames = token.length / 4;
            if frames > 0 {
                let _ = write!(line, ", {} offsets: ", grouped(u64::from(frames)));
                value(token, Vr(*b"UL"), source, &self.context, self.foreign, self.options.full, &mut line)?;
            }
            return Ok(Some(line));
        }
        let _ = write!(line, "fragment {index}, {} bytes", grouped(u64::from(token.length)));
        if token.length > 0 {
            line.push_str(": ");
            let preview = Token { length: token.length.min(16), ..*token };
            value(&preview, Vr::OB, source, &self.context, self.foreign, true, &mut line)?;
            if token.length > 16 {
                line.push('\u{2026}');
            }
        }
        Ok(Some(line))
    }

    fn item(&mut self, token: &Token) -> String {
        let mut line = String::new();
        self.start(token, &mut line);
        let index = self.place.last().and_then(|step| step.item).unwrap_or(0);
        let _ = match token.length {
            crate::token::UNDEFINED => write!(line, "[{index}]"),
            length => write!(line, "[{index}]  {} bytes", grouped(u64::from(length))),
        };
        line
    }

    fn emit(&mut self, line: &str) -> Result<()> {
        for (_, held) in self.pending.drain(..) {
            self.out.text.push_str(&held);
            self.out.text.push('\n');
        }
        self.out.text.push_str(line);
        self.out.text.push('\n');
        self.out.pass()
    }
}

impl<S: Source> Visitor<S> for Lines<'_> {
    fn open(&mut self, token: &Token, source: &mut S) -> Result<Step> {
        let container = token.content != Content::Value && token.content != Content::Fragment;
        if token.content == Content::Item {
            let index = self.counts.last_mut().map_or(0, |(count, _)| {
                *count += 1;
                *count - 1
            });
            if let Some(step) = self.place.last_mut() {
                step.item = u32::try_from(index).ok();
            }
        } else if token.content != Content::Fragment {
            self.place.push(PathStep { tag: token.tag, item: None });
        }
        self.context.see(token, source)?;
        let wanted = self.wanted(token);
        if wanted || container {
            let line = match token.content {
                Content::Item => Some(self.item(token)),
                Content::Fragment => self.fragment(token, source)?,
                _ => Some(self.element(token, source)?),
            };
            match line {
                Some(line) if wanted => self.emit(&line)?,
                Some(line) => self.pending.push((token.depth, line)),
                None => {}
            }
        }
        match token.content {
            Content::Item => {
                self.context.enter();
                self.counts.push((0, 0));
            }
            Content::Sequence | Content::Fragments => self.counts.push((0, 0)),
            Content::Value => {
                self.place.pop();
            }
            Content::Fragment => {}
        }
        Ok(Step::In)
    }

    fn close(&mut self, token: &Token, _end: u64) {
        let (count, bytes) = self.counts.pop().unwrap_or_default();
        match token.content {
            Content::Item => self.context.leave(),
            Content::Fragments => {
                let hidden = count.saturating_sub(MOST_FRAGMENTS + 1);
                let shown = self.options.paths.is_empty() || self.inside.is_some();
                if hidden > 0 && !self.options.full && shown {
                    let indent = "  ".repeat(usize::from(token.depth) + 1 + if self.options.offsets { 6 } else { 0 });
                    let _ = writeln!(
                        self.out.text,
                        "{indent}\u{2026} {} more; {} fragments, {} bytes in all",
                        grouped(hidden),
                        grouped(count - 1),
                        grouped(bytes)
                    );
                }
                self.place.pop();
            }
            _ => {
                self.place.pop();
            }
        }
        if self.pending.last().is_some_and(|(depth, _)| *depth >= token.depth) {
            self.pending.pop();
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
