//! The plain beginning of a data set, which is nearly always all of it that a scan reads: little endian elements of stated
//! length and known VR. Anything else is left to the general walk, which takes over where this stops.

use crate::source::Source;
use crate::tag::Tag;
use crate::token::{read_tag, Content, Encoding, Options, Token, UNDEFINED};
use crate::vr::Vr;

/// The header of an element, where it is plain.
#[inline]
fn plain(bytes: &[u8], at: u64, implicit: bool) -> Option<(Tag, Vr, u64, u32)> {
    let word = |start: usize| -> Option<[u8; 4]> { bytes.get(start..start + 4)?.try_into().ok() };
    let [first, second, low, high] = word(4)?;
    let tag = read_tag(bytes, false);
    let (vr, value, length) = if implicit {
        (Vr::NONE, at + 8, u32::from_le_bytes([first, second, low, high]))
    } else {
        let vr = Vr([first, second]);
        if vr.has_long_length() {
            (vr, at + 12, u32::from_le_bytes(word(8)?))
        } else if vr.is_known() {
            (vr, at + 8, u16::from_le_bytes([low, high]).into())
        } else {
            return None;
        }
    };
    (length != UNDEFINED && tag.group() != 0xFFFE).then_some((tag, vr, value, length))
}

/// Whether the first header may be of another encoding than promised, which the general walk finds out.
fn doubtful(bytes: &[u8], tag: Tag, implicit: bool) -> bool {
    let vr = Vr([bytes.get(4).copied().unwrap_or(0), bytes.get(5).copied().unwrap_or(0)]);
    tag.group() == 0x0800 || (implicit && vr.looks_like_one())
}

/// Plain elements one after the other. `next` gives them with the source.
pub struct Skim {
    at: u64,
    count: u64,
    end: u64,
    encoding: Encoding,
    header_bytes: u64,
    elements: u64,
}

impl Skim {
    /// From where the walk with these options would begin.
    pub fn new<S: Source>(source: &S, options: &Options) -> Self {
        Self {
            at: options.start,
            count: 0,
            end: source.end().unwrap_or(u64::MAX),
            encoding: options.encoding,
            header_bytes: options.limits.header_bytes,
            elements: options.limits.elements,
        }
    }

    /// The next element, if it is plain and within the data and the limits.
    ///
    /// # Errors
    /// A source that cannot be read.
    #[inline]
    pub fn next<S: Source>(&self, source: &mut S) -> crate::error::Result<Option<Token>> {
        if self.encoding.big_endian || self.at > self.header_bytes || self.count >= self.elements {
            return Ok(None);
        }
        let bytes = source.bytes(self.at, 12)?;
        let Some((tag, vr, value, length)) = plain(bytes, self.at, self.encoding.implicit) else { return Ok(None) };
        if value + u64::from(length) > self.end || (self.count == 0 && doubtful(bytes, tag, self.encoding.implicit)) {
            return Ok(None);
        }
        let encoding = self.encoding;
        Ok(Some(Token { start: self.at, value, tag, length, vr, depth: 0, content: Content::Value, encoding }))
    }

    /// Go on after this element.
    #[inline]
    pub fn pass(&mut self, token: &Token) {
        self.at = token.value + u64::from(token.length);
        self.count += 1;
    }

    /// What is left for the walk.
    #[must_use]
    pub fn rest(&self, mut options: Options) -> Options {
        options.start = self.at;
        options.detect = options.detect && self.count == 0;
        options.limits.elements -= self.count;
        options
    }
}
