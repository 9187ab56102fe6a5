//! A file as text for people (`lines`) or as the DICOM JSON Model of PS3.18 F (`json`), written out as it is read.

mod base64;
mod escape;
mod json;
mod lines;
mod render;

pub use escape::visible;
pub use json::json;
pub use lines::lines;
pub use render::{brief, value};

use crate::error::Result;
use crate::path::Path;

/// What to show.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Nothing is shortened.
    pub full: bool,
    /// The byte offset of each element.
    pub offsets: bool,
    /// Only these elements and what is in them; empty for all.
    pub paths: Vec<Path>,
    /// The URI of the file, for values that JSON refers to instead of holding them.
    pub uri: Option<String>,
}

/// Receives text in pieces of some kilobytes.
pub type Write<'a> = dyn FnMut(&str) -> Result<()> + 'a;

const PIECE: usize = 64 << 10;

/// Gathers text into pieces.
struct Output<'a> {
    text: String,
    write: &'a mut Write<'a>,
}

impl<'a> Output<'a> {
    fn new(write: &'a mut Write<'a>) -> Self {
        Self { text: String::with_capacity(PIECE + 4096), write }
    }

    /// Hand over what has gathered, if it is much.
    fn pass(&mut self) -> Result<()> {
        if self.text.len() >= PIECE {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        if !self.text.is_empty() {
            (self.write)(&self.text)?;
            self.text.clear();
        }
        Ok(())
    }
}

/// `1234567` as `1,234,567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
