//! Values by their VR (PS3.5 6.2): text, numbers in their byte order, or bytes.

use crate::context::{Context, Foreign};
use crate::vr::Vr;

/// How the bytes of a VR are to be understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// Text in the default repertoire, values separated by a backslash.
    Ascii,
    /// Text in the character set of the data set, values separated by a backslash.
    Text,
    /// One text in the character set of the data set; a backslash is a backslash.
    LongText,
    /// Binary numbers or tags.
    Numbers,
    /// Bytes or words.
    Bytes,
}

/// The form of a VR; of an unknown one, bytes.
#[must_use]
pub const fn form(vr: Vr) -> Form {
    match &vr.0 {
        b"AE" | b"AS" | b"CS" | b"DA" | b"DS" | b"DT" | b"IS" | b"TM" | b"UI" => Form::Ascii,
        b"LO" | b"PN" | b"SH" | b"UC" => Form::Text,
        b"LT" | b"ST" | b"UR" | b"UT" => Form::LongText,
        b"AT" | b"FD" | b"FL" | b"OD" | b"OF" | b"OL" | b"OV" | b"SL" | b"SS" | b"SV" | b"UL" | b"US" | b"UV" => {
            Form::Numbers
        }
        _ => Form::Bytes,
    }
}

/// Bytes of one number of this VR, with AT as the pair that it is.
#[must_use]
pub const fn width(vr: Vr) -> usize {
    if matches!(&vr.0, b"AT") {
        4
    } else {
        vr.word()
    }
}

/// One binary number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Number {
    /// US, UL, UV, OL, OV.
    Unsigned(u64),
    /// SS, SL, SV.
    Signed(i64),
    /// FL, OF.
    Single(f32),
    /// FD, OD.
    Double(f64),
    /// AT.
    Tag(u32),
}

impl Number {
    /// Shortest text that gives the same number back.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Unsigned(number) => number.to_string(),
            Self::Signed(number) => number.to_string(),
            Self::Single(number) => float(&format!("{number:?}")),
            Self::Double(number) => float(&format!("{number:?}")),
            Self::Tag(tag) => crate::tag::Tag(tag).to_string(),
        }
    }
}

fn float(text: &str) -> String {
    text.strip_suffix(".0").unwrap_or(text).to_owned()
}

/// The numbers in `bytes`; a rest that is too short for another is left out.
pub fn numbers(vr: Vr, bytes: &[u8], big_endian: bool) -> impl Iterator<Item = Number> + '_ {
    bytes.chunks_exact(width(vr)).map(move |chunk| number(vr, chunk, big_endian))
}

fn number(vr: Vr, chunk: &[u8], big_endian: bool) -> Number {
    let fold = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
    let raw = if big_endian { chunk.iter().fold(0, fold) } else { chunk.iter().rev().fold(0, fold) };
    match &vr.0 {
        b"AT" if big_endian => Number::Tag(raw as u32),
        b"AT" => Number::Tag((raw as u32).rotate_left(16)),
        b"SS" => Number::Signed(i64::from(i16::from_ne_bytes((raw as u16).to_ne_bytes()))),
        b"SL" => Number::Signed(i64::from(i32::from_ne_bytes((raw as u32).to_ne_bytes()))),
        b"SV" => Number::Signed(i64::from_ne_bytes(raw.to_ne_bytes())),
        b"FL" | b"OF" => Number::Single(f32::from_bits(raw as u32)),
        b"FD" | b"OD" => Number::Double(f64::from_bits(raw)),
        _ => Number::Unsigned(raw),
    }
}

/// Decoded text with padding; lone characters that are not text are kept as they are.
pub fn text(vr: Vr, bytes: &[u8], context: &Context, foreign: &mut dyn Foreign) -> String {
    if form(vr) == Form::Ascii {
        return bytes.iter().map(|byte| char::from(*byte)).collect();
    }
    let (charset, raw) = context.charset();
    match charset.decode(bytes) {
        Some(text) => text.into_owned(),
        None => foreign.decode(&raw, bytes, vr),
    }
}

/// The single values of a decoded text, without padding.
pub fn split(vr: Vr, text: &str) -> impl Iterator<Item = &str> {
    let long = form(vr) == Form::LongText;
    let padding = move |value| strip(vr, value);
    // An empty value is no value.
    let whole = (long && !text.is_empty()).then_some(text);
    let parts = (!long && !text.is_empty()).then(|| text.split('\\'));
    whole.into_iter().chain(parts.into_iter().flatten()).map(padding)
}

/// Without the padding that is not part of the value: trailing everywhere, leading where PS3.5 6.2 says so.
fn strip(vr: Vr, value: &str) -> &str {
    let end = value.trim_end_matches([' ', '\0']);
    match &vr.0 {
        b"AE" | b"CS" | b"DS" | b"IS" | b"LO" | b"SH" => end.trim_start_matches(' '),
        _ => end,
    }
}
