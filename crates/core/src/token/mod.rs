//! Data sets as a stream of tokens (PS3.5 7): elements, sequences, items and fragments, with their places.
//!
//! The walk is iterative, copies no values and is bounded by [`crate::limits::Limits`]. It knows how things are encoded and
//! nothing of what they mean.

mod header;
mod walk;

pub use header::{looks_like_item, read_tag};
pub use walk::{walk, Options, Step, Visitor};

use crate::tag::Tag;
use crate::vr::Vr;

/// How a data set is encoded (PS3.5 A).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Encoding {
    /// Elements do not state their VR.
    pub implicit: bool,
    /// Numbers are stored with the most significant byte first.
    pub big_endian: bool,
}

impl Encoding {
    /// Implicit VR Little Endian.
    pub const IMPLICIT: Self = Self { implicit: true, big_endian: false };
    /// Explicit VR Little Endian.
    pub const EXPLICIT: Self = Self { implicit: false, big_endian: false };
    /// Explicit VR Big Endian (retired).
    pub const BIG_ENDIAN: Self = Self { implicit: false, big_endian: true };
}

/// What follows a token's header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Content {
    /// A value of defined length.
    Value,
    /// Items, each a data set.
    Sequence,
    /// A data set within a sequence.
    Item,
    /// Encapsulated pixel data: an offset table and fragments (PS3.5 A.4).
    Fragments,
    /// The bytes of one fragment.
    Fragment,
}

/// The length that means "until the delimiter".
pub const UNDEFINED: u32 = 0xFFFF_FFFF;

/// One header and where its value lies.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// Offset of the header.
    pub start: u64,
    /// Offset of the value.
    pub value: u64,
    /// The element.
    pub tag: Tag,
    /// Length as stored; [`UNDEFINED`] runs to a delimiter.
    pub length: u32,
    /// VR as stored.
    pub vr: Vr,
    /// Number of containers around it.
    pub depth: u16,
    /// What its value holds.
    pub content: Content,
    /// How this header, and for a container its content, is encoded.
    pub encoding: Encoding,
}

impl Token {
    /// Whether the value runs to a delimiter.
    #[must_use]
    pub const fn is_undefined(&self) -> bool {
        self.length == UNDEFINED
    }

    /// The offset after the value, where the length is defined.
    #[must_use]
    pub const fn value_end(&self) -> Option<u64> {
        if self.is_undefined() {
            None
        } else {
            Some(self.value + self.length as u64)
        }
    }
}
