//! The iterative walk: a stack of open containers instead of recursion, an issue instead of a guess.

use super::header;
use super::{Content, Encoding, Token, UNDEFINED};
use crate::error::{Error, Kind, Result};
use crate::limits::Limits;
use crate::source::Source;
use crate::tag::Tag;
use crate::vr::Vr;

/// What the walk does after a visitor has seen a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Go on, into a container.
    In,
    /// Go on after this token, showing nothing of what is in it.
    Over,
    /// End the walk before this token.
    Stop,
}

/// Receives the tokens of a walk.
pub trait Visitor<S: Source> {
    /// A header was read.
    ///
    /// # Errors
    /// Ends the walk.
    fn open(&mut self, token: &Token, source: &mut S) -> Result<Step>;

    /// A container that was entered ended: `end` is the offset after its content, before any delimiter.
    fn close(&mut self, _token: &Token, _end: u64) {}

    /// Something is wrong but the walk can go on (except after a limit). Return it to end the walk with it.
    ///
    /// # Errors
    /// When the visitor is strict.
    fn issue(&mut self, error: Error) -> Result<()>;
}

/// Where and how to walk.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Offset of the first header.
    pub start: u64,
    /// Encoding of the data set.
    pub encoding: Encoding,
    /// Bounds.
    pub limits: Limits,
    /// Look for sequences in values of defined length that state no VR. Costs a dictionary look-up for each.
    pub descend: bool,
    /// Whether the encoding of the outermost data set may be corrected by its first header.
    pub detect: bool,
}

struct Open {
    token: Token,
    end: Option<u64>,
    /// Encoding of what is inside.
    encoding: Encoding,
    muted: bool,
}

struct Walk<'w, S, V> {
    source: &'w mut S,
    visitor: &'w mut V,
    options: Options,
    stack: Vec<Open>,
    at: u64,
    count: u64,
}

enum Next {
    Go,
    Stop,
}

/// Walk a data set to its end or to [`Step::Stop`]; the offset where the walk ended.
///
/// # Errors
/// What the visitor returns, a source that cannot be read, or a limit.
pub fn walk<S: Source, V: Visitor<S>>(source: &mut S, visitor: &mut V, options: Options) -> Result<u64> {
    let mut walk = Walk { source, visitor, options, stack: Vec::new(), at: options.start, count: 0 };
    if options.detect {
        walk.detect_outer()?;
    }
    loop {
        walk.close_finished();
        let next = match walk.stack.last().map(|open| open.token.content) {
            Some(Content::Sequence) => walk.item()?,
            Some(Content::Fragments) => walk.fragment()?,
            _ => walk.element()?,
        };
        if matches!(next, Next::Stop) {
            return Ok(walk.at);
        }
    }
}

impl<S: Source, V: Visitor<S>> Walk<'_, S, V> {
    fn encoding(&self) -> Encoding {
        self.stack.last().map_or(self.options.encoding, |open| open.encoding)
    }

    fn muted(&self) -> bool {
        self.stack.last().is_some_and(|open| open.muted)
    }

    fn depth(&self) -> u16 {
        self.stack.len() as u16
    }

    fn issue(&mut self, kind: Kind, code: &'static str, message: &str, tag: Option<Tag>) -> Result<()> {
        self.visitor.issue(Error::new(kind, code, message).at(tag, self.at))
    }

    /// A limit ends the walk; a tolerant visitor keeps what was read.
    fn limit(&mut self, code: &'static str, message: String, tag: Tag) -> Result<Next> {
        self.visitor.issue(Error::new(Kind::Limit, code, message).at(Some(tag), self.at))?;
        self.close_all();
        Ok(Next::Stop)
    }

    fn close_finished(&mut self) {
        while let Some(open) = self.stack.last() {
            match open.end {
                Some(end) if self.at >= end => self.close(end),
                _ => break,
            }
        }
    }

    fn close(&mut self, end: u64) {
        if let Some(open) = self.stack.pop() {
            if !open.muted {
                self.visitor.close(&open.token, end);
            }
        }
    }

    fn close_all(&mut self) {
        while !self.stack.is_empty() {
            self.close(self.at);
        }
    }

    /// The data end inside or outside containers.
    fn finish(&mut self, left: usize) -> Result<Next> {
        let unclosed = self.stack.iter().rev().find(|open| open.end.is_none()).map(|open| open.token.tag);
        let short = self.stack.iter().rev().find(|open| open.end.is_some()).map(|open| open.token.tag);
        if left > 0 && self.stack.is_empty() {
            self.issue(
                Kind::Malformed,
                "trailing-bytes",
                &format!("{left} bytes after the last element are too few for another"),
                None,
            )?;
        } else if unclosed.is_some() {
            self.issue(Kind::Truncated, "unclosed-sequence", "the data end before the sequence is closed", unclosed)?;
        } else if short.is_some() {
            self.issue(
                Kind::Truncated,
                "sequence-truncated",
                "the data end inside a sequence of stated length",
                short,
            )?;
        }
        self.close_all();
        Ok(Next::Stop)
    }

    fn element(&mut self) -> Result<Next> {
        let encoding = self.encoding();
        let depth = self.depth();
        let bytes = self.source.bytes(self.at, 12)?;
        if bytes.len() < 8 {
            let left = bytes.len();
            return self.finish(left);
        }
        let mut token = header::element(bytes, self.at, depth, encoding);
        if token.tag.group() == 0xFFFE {
            return self.delimiter(&token);
        }
        if self.at > self.options.limits.header_bytes && !token.tag.is_pixel_data() && token.tag.0 < 0x7FE0_0000 {
            let message = format!("the header is longer than {} bytes", self.options.limits.header_bytes);
            return self.limit("limit-header-bytes", message, token.tag);
        }
        token.content = header::content(&token, self.source, self.options.descend)?;
        let inner = if token.vr == Vr::UN && token.content == Content::Sequence && self.implicit_inside(&token)? {
            Encoding::IMPLICIT
        } else {
            encoding
        };
        self.enter(token, inner)
    }

    /// Sequences under UN are in implicit little endian (PS3.5 6.2.2); some writers keep the order of the data set.
    fn implicit_inside(&mut self, token: &Token) -> Result<bool> {
        let bytes = self.source.bytes(token.value, 8)?;
        Ok(!token.encoding.big_endian || header::read_tag(bytes, false).group() == 0xFFFE)
    }

    /// Show a token, check its extent, and move on: past it or into it.
    fn enter(&mut self, token: Token, inner: Encoding) -> Result<Next> {
        self.count += 1;
        if self.count > self.options.limits.elements {
            let message = format!("there are more than {} elements", self.options.limits.elements);
            return self.limit("limit-elements", message, token.tag);
        }
        let container = matches!(token.content, Content::Sequence | Content::Item | Content::Fragments);
        if container && self.depth() >= self.options.limits.depth {
            let message = format!("sequences are nested more than {} deep", self.options.limits.depth);
            return self.limit("limit-depth", message, token.tag);
        }
        let muted = self.muted();
        let step = if muted { Step::In } else { self.visitor.open(&token, self.source)? };
        if step == Step::Stop {
            // The visitor asked: containers are left open on purpose, without issue.
            return Ok(Next::Stop);
        }
        self.check_extent(&token)?;
        if !container || (step == Step::Over && token.length != UNDEFINED) {
            self.at = token.value + u64::from(token.length);
            return Ok(Next::Go);
        }
        self.at = token.value;
        let encoding = if token.content == Content::Item { self.item_encoding(&token, inner)? } else { inner };
        self.stack.push(Open { token, end: token.value_end(), encoding, muted: muted || step == Step::Over });
        Ok(Next::Go)
    }

    /// Within a sequence of an explicit data set an item may be implicit (pydicom and others write and read such).
    fn item_encoding(&mut self, token: &Token, inner: Encoding) -> Result<Encoding> {
        if inner.implicit || token.length == 0 {
            return Ok(inner);
        }
        let bytes = self.source.bytes(token.value, 6)?;
        let vr = Vr([bytes.get(4).copied().unwrap_or(b'A'), bytes.get(5).copied().unwrap_or(b'A')]);
        let implicit = !vr.looks_like_one() && header::read_tag(bytes, inner.big_endian).group() != 0xFFFE;
        Ok(Encoding { implicit, ..inner })
    }

    fn check_extent(&mut self, token: &Token) -> Result<()> {
        let Some(end) = token.value_end() else { return Ok(()) };
        if self.source.end().is_some_and(|data| end > data) {
            let left = self.source.end().unwrap_or(0).saturating_sub(token.value);
            let message = format!("the value should have {} bytes, but the data end after {left}", token.length);
            return self.issue(Kind::Truncated, "value-truncated", &message, Some(token.tag));
        }
        let outer = self.stack.iter().rev().find_map(|open| open.end);
        if outer.is_some_and(|outer| end > outer) {
            return self.issue(
                Kind::Malformed,
                "value-beyond-item",
                "the value is longer than the item or sequence around it",
                Some(token.tag),
            );
        }
        Ok(())
    }

    /// An FFFE tag where an element was expected.
    fn delimiter(&mut self, token: &Token) -> Result<Next> {
        // Delimiters have no VR: the 32-bit length follows the tag at once, and stands in `value - 4`.
        let top = self.stack.last().map(|open| (open.token.content, open.end.is_none()));
        match (token.tag, top) {
            (Tag::ITEM_END, Some((Content::Item, true))) => {
                self.close(self.at);
            }
            (Tag::SEQUENCE_END, Some((Content::Item, true))) => {
                self.issue(
                    Kind::Malformed,
                    "item-unclosed",
                    "the sequence ends before its item does",
                    Some(token.tag),
                )?;
                self.close(self.at);
                // The item is closed; the sequence sees the delimiter next.
                return Ok(Next::Go);
            }
            _ => {
                self.issue(
                    Kind::Malformed,
                    "misplaced-delimiter",
                    "a delimiter stands where an element should; skipped",
                    Some(token.tag),
                )?;
                self.count += 1;
                if self.count > self.options.limits.elements {
                    let message = format!("there are more than {} elements", self.options.limits.elements);
                    return self.limit("limit-elements", message, token.tag);
                }
            }
        }
        self.at += 8;
        Ok(Next::Go)
    }

    fn item(&mut self) -> Result<Next> {
        let encoding = self.encoding();
        let bytes = self.source.bytes(self.at, 8)?;
        if bytes.len() < 8 {
            let left = bytes.len();
            return self.finish(left);
        }
        let (tag, length) = header::item_header(bytes, encoding.big_endian);
        let undefined = self.stack.last().is_some_and(|open| open.end.is_none());
        match tag {
            Tag::ITEM => {
                let token = self.item_token(tag, length, Content::Item, encoding);
                self.enter(token, encoding)
            }
            Tag::SEQUENCE_END => {
                if undefined {
                    self.close(self.at);
                } else {
                    self.issue(
                        Kind::Malformed,
                        "misplaced-delimiter",
                        "a sequence of stated length has a delimiter",
                        Some(tag),
                    )?;
                }
                self.at += 8;
                Ok(Next::Go)
            }
            Tag::ITEM_END => {
                self.issue(
                    Kind::Malformed,
                    "misplaced-delimiter",
                    "an item ends where none is open; skipped",
                    Some(tag),
                )?;
                self.at += 8;
                Ok(Next::Go)
            }
            _ => self.no_item(tag),
        }
    }

    /// Something else where an item should start: a sequence of stated length is passed over, another one ends here.
    fn no_item(&mut self, tag: Tag) -> Result<Next> {
        self.issue(
            Kind::Malformed,
            "item-expected",
            "a sequence holds something else than items; the rest of it is skipped",
            Some(tag),
        )?;
        let end = self.stack.last().and_then(|open| open.end);
        if let Some(end) = end {
            self.at = end;
        } else {
            self.close(self.at);
        }
        Ok(Next::Go)
    }

    fn item_token(&self, tag: Tag, length: u32, content: Content, encoding: Encoding) -> Token {
        Token { start: self.at, value: self.at + 8, tag, length, vr: Vr::NONE, depth: self.depth(), content, encoding }
    }

    fn fragment(&mut self) -> Result<Next> {
        let encoding = self.encoding();
        let bytes = self.source.bytes(self.at, 8)?;
        if bytes.len() < 8 {
            let left = bytes.len();
            return self.finish(left);
        }
        let (tag, length) = header::item_header(bytes, encoding.big_endian);
        match tag {
            Tag::ITEM if length != UNDEFINED => {
                let token = self.item_token(tag, length, Content::Fragment, encoding);
                self.enter(token, encoding)
            }
            Tag::SEQUENCE_END => {
                self.close(self.at);
                self.at += 8;
                Ok(Next::Go)
            }
            _ => self.resynchronise(tag),
        }
    }

    /// Fragments that are not framed as they should be: look for the delimiter itself.
    fn resynchronise(&mut self, tag: Tag) -> Result<Next> {
        self.issue(
            Kind::Malformed,
            "fragment-expected",
            "encapsulated data hold something else than fragments",
            Some(tag),
        )?;
        let big = self.encoding().big_endian;
        let wanted: [u8; 4] = if big { [0xFF, 0xFE, 0xE0, 0xDD] } else { [0xFE, 0xFF, 0xDD, 0xE0] };
        let mut at = self.at;
        loop {
            let bytes = self.source.bytes(at, 4096)?;
            if bytes.len() < 4 {
                self.at = at + bytes.len() as u64;
                return self.finish(0);
            }
            if let Some(found) = bytes.windows(4).position(|four| four == wanted) {
                self.at = at + found as u64;
                self.close(self.at);
                self.at += 8;
                return Ok(Next::Go);
            }
            at += bytes.len() as u64 - 3;
        }
    }

    /// Correct a stated encoding that the first header contradicts.
    fn detect_outer(&mut self) -> Result<()> {
        let stated = self.options.encoding;
        let bytes = self.source.bytes(self.at, 8)?;
        if bytes.len() < 8 {
            return Ok(());
        }
        let tag = header::read_tag(bytes, stated.big_endian);
        let swapped = header::read_tag(bytes, !stated.big_endian);
        let vr = Vr([bytes.get(4).copied().unwrap_or(0), bytes.get(5).copied().unwrap_or(0)]);
        let implicit = !vr.looks_like_one();
        let mut found = Encoding { implicit, ..stated };
        // Nearly every data set starts in group 0008; one that does so only in the other order is in the other order.
        if swapped.group() == 0x0008 && tag.group() == 0x0800 {
            found.big_endian = !stated.big_endian;
        }
        if found == stated {
            return Ok(());
        }
        self.options.encoding = found;
        let message = format!("the transfer syntax promises {}, the data are {}", name(stated), name(found));
        self.issue(
            Kind::Malformed,
            "syntax-contradicted",
            &message,
            Some(if found.big_endian == stated.big_endian { tag } else { swapped }),
        )
    }
}

fn name(encoding: Encoding) -> &'static str {
    match (encoding.implicit, encoding.big_endian) {
        (true, false) => "implicit VR little endian",
        (true, true) => "implicit VR big endian",
        (false, false) => "explicit VR little endian",
        (false, true) => "explicit VR big endian",
    }
}
