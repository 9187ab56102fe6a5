//! One file as a stream of tokens, section by section: nothing but the current value is in memory.

use crate::error::{Error, Result};
use crate::inflate::inflate;
use crate::limits::Limits;
use crate::part10::{self, Head};
use crate::source::{Slice, Source};
use crate::token::{walk, Encoding, Options, Step, Token, Visitor};

/// A part of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Section {
    /// Group 0002.
    Meta,
    /// Group 0000.
    Command,
    /// The data set.
    Data,
}

/// Is told where a section begins.
pub trait Sections {
    /// `section` follows.
    ///
    /// # Errors
    /// Ends the stream.
    fn section(&mut self, section: Section, head: &Head) -> Result<()>;
}

struct OneGroup<'v, V> {
    group: u16,
    inner: &'v mut V,
}

impl<S: Source, V: Visitor<S>> Visitor<S> for OneGroup<'_, V> {
    fn open(&mut self, token: &Token, source: &mut S) -> Result<Step> {
        if token.depth == 0 && token.tag.group() != self.group {
            return Ok(Step::Stop);
        }
        self.inner.open(token, source)
    }

    fn close(&mut self, token: &Token, end: u64) {
        self.inner.close(token, end);
    }

    fn issue(&mut self, error: Error) -> Result<()> {
        self.inner.issue(error)
    }
}

/// Show all tokens of `source` to `visitor`.
///
/// # Errors
/// As [`part10::head`], [`inflate`] and the visitor.
pub fn stream<S, V>(source: &mut S, limits: Limits, visitor: &mut V) -> Result<Head>
where
    S: Source,
    V: Sections + Visitor<S> + for<'a> Visitor<Slice<'a>>,
{
    let head = part10::head(source, limits)?;
    let options = |start, encoding| Options { start, encoding, limits, descend: true, detect: false };
    if head.data_start > head.meta_start && head.command_start != Some(head.meta_start) {
        visitor.section(Section::Meta, &head)?;
        let encoding = if head.meta_implicit { Encoding::IMPLICIT } else { Encoding::EXPLICIT };
        walk(source, &mut OneGroup { group: 0x0002, inner: visitor }, options(head.meta_start, encoding))?;
    }
    if let Some(start) = head.command_start {
        visitor.section(Section::Command, &head)?;
        walk(source, &mut OneGroup { group: 0x0000, inner: visitor }, options(start, Encoding::IMPLICIT))?;
    }
    visitor.section(Section::Data, &head)?;
    let whole = |start| Options { detect: true, ..options(start, head.data_encoding()) };
    if head.deflated {
        let length = source.end().unwrap_or(u64::MAX).saturating_sub(head.data_start);
        let compressed = source.bytes(head.data_start, usize::try_from(length).unwrap_or(usize::MAX))?;
        let (inflated, broken) =
            inflate(compressed, limits.inflated_bytes).map_err(|error| error.at(None, head.data_start))?;
        walk(&mut Slice::new(&inflated), visitor, whole(0))?;
        if let Some(error) = broken {
            Visitor::<S>::issue(visitor, error.at(None, head.data_start))?;
        }
    } else {
        walk(source, visitor, whole(head.data_start))?;
    }
    Ok(head)
}
