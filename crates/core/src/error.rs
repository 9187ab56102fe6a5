//! One error: what is wrong, at which tag and byte, of which kind.

use std::fmt;

use crate::tag::Tag;

/// What sort of failure it is; the Python side maps each to one exception class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The data are not DICOM at all.
    NotDicom,
    /// The data end before the structure does.
    Truncated,
    /// The structure contradicts itself.
    Malformed,
    /// A limit was reached (depth, elements, header or inflated bytes).
    Limit,
    /// Valid, but of a form this code does not handle.
    Unsupported,
    /// Encrypted: only a key makes sense of it.
    Locked,
    /// The operating system refused.
    Io,
}

/// A failure and where it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    /// Its sort.
    pub kind: Kind,
    /// A short stable word for programs, e.g. `value-truncated`.
    pub code: &'static str,
    /// What is wrong, as a phrase without place or punctuation.
    pub message: String,
    /// The element in question.
    pub tag: Option<Tag>,
    /// Byte offset in the file, or in the inflated data set of a deflated file.
    pub offset: Option<u64>,
}

impl Error {
    /// An error without a place.
    #[must_use]
    pub fn new(kind: Kind, code: &'static str, message: impl Into<String>) -> Self {
        Self { kind, code, message: message.into(), tag: None, offset: None }
    }

    /// The same error at this tag and byte.
    #[must_use]
    pub fn at(mut self, tag: Option<Tag>, offset: u64) -> Self {
        self.tag = tag;
        self.offset = Some(offset);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        if let Some(tag) = self.tag {
            write!(formatter, " at {tag}")?;
        }
        if let Some(offset) = self.offset {
            write!(formatter, ", byte {offset}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::new(Kind::Io, "io", error.to_string())
    }
}

/// Shorthand of this crate.
pub type Result<T> = std::result::Result<T, Error>;
