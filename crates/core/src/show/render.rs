//! One value as one line of text.

use std::fmt::Write as _;

use super::escape::visible;
use super::grouped;
use crate::context::{Context, Foreign};
use crate::dictionary;
use crate::error::Result;
use crate::source::Source;
use crate::token::{Content, Token};
use crate::value::{form, numbers, split, text, width, Form};
use crate::vr::Vr;

/// Characters of a shortened value.
const SHORT: usize = 96;
/// Bytes of a shortened value.
const PREVIEW: usize = 16;
/// Of longer text only this much is looked at, unless all is wanted.
const LONGEST_TEXT: usize = 1 << 20;

/// Append the value of `token`, read by `vr`, to `out`; the number of values, where it is known.
///
/// # Errors
/// A source that cannot be read.
pub fn value<S: Source>(
    token: &Token,
    vr: Vr,
    source: &mut S,
    context: &Context,
    foreign: &mut dyn Foreign,
    full: bool,
    out: &mut String,
) -> Result<Option<u64>> {
    let length = token.length as usize;
    let form = form(vr);
    let wanted = match form {
        _ if full => length,
        Form::Numbers => length.min(SHORT * width(vr)),
        Form::Bytes => length.min(256),
        _ => length.min(LONGEST_TEXT),
    };
    let bytes = source.bytes(token.value, wanted)?;
    let whole = wanted == length;
    match form {
        Form::Numbers => {
            let count = (length / width(vr)) as u64;
            write_numbers(vr, bytes, token.encoding.big_endian, count, full, out);
            Ok(Some(count))
        }
        Form::Bytes => {
            write_bytes(vr, bytes, token, full, out);
            Ok(Some(u64::from(length > 0)))
        }
        _ => {
            let decoded = text(vr, bytes, context, foreign);
            let count = write_text(vr, &decoded, full && whole, out);
            Ok(whole.then_some(count))
        }
    }
}

/// The value alone, shortened.
///
/// # Errors
/// A source that cannot be read.
pub fn brief<S: Source>(
    token: &Token,
    vr: Vr,
    source: &mut S,
    context: &Context,
    foreign: &mut dyn Foreign,
) -> Result<String> {
    let mut out = String::new();
    if token.content == Content::Value {
        value(token, vr, source, context, foreign, false, &mut out)?;
    }
    Ok(out)
}

fn write_text(vr: Vr, text: &str, full: bool, out: &mut String) -> u64 {
    let mut count = 0;
    let mut left = SHORT;
    for value in split(vr, text) {
        count += 1;
        if left == 0 && !full {
            continue;
        }
        if count > 1 {
            out.push('\\');
        }
        let fits = full || value.char_indices().nth(left).is_none();
        if fits {
            visible(value, out);
            left = left.saturating_sub(value.len().max(1));
        } else {
            let end = value.char_indices().nth(left).map_or(value.len(), |(at, _)| at);
            visible(value.get(..end).unwrap_or_default(), out);
            left = 0;
        }
    }
    if !full && left == 0 {
        if count > 1 {
            let _ = write!(out, "\u{2026} ({} values)", grouped(count));
        } else if text.trim_end().chars().count() > SHORT {
            let _ = write!(out, "\u{2026} ({} characters)", grouped(text.trim_end().chars().count() as u64));
        }
    }
    if vr.0 == *b"UI" && count == 1 {
        if let Some(known) = split(vr, text).next().and_then(dictionary::uid) {
            let _ = write!(out, " = {}", known.name);
        }
    }
    count
}

fn write_numbers(vr: Vr, bytes: &[u8], big_endian: bool, count: u64, full: bool, out: &mut String) {
    let start = out.len();
    let mut shown = 0;
    for number in numbers(vr, bytes, big_endian) {
        if !full && out.len() - start > SHORT - 16 && shown + 1 < count {
            break;
        }
        if shown > 0 {
            out.push('\\');
        }
        out.push_str(&number.text());
        shown += 1;
    }
    if shown < count {
        let _ = write!(out, "\u{2026} ({} values)", grouped(count));
    }
    if count == 1 && vr.0 == *b"AT" {
        let tag = numbers(vr, bytes, big_endian).next();
        if let Some(crate::value::Number::Tag(tag)) = tag {
            if let Some(known) = dictionary::attribute(crate::tag::Tag(tag)) {
                let _ = write!(out, " = {}", known.keyword);
            }
        }
    }
}

fn write_bytes(vr: Vr, bytes: &[u8], token: &Token, full: bool, out: &mut String) {
    let printable = |byte: &u8| (32..127).contains(byte);
    let end = bytes.iter().rposition(|byte| !matches!(byte, 0 | b' ')).map_or(0, |last| last + 1);
    let body = bytes.get(..end).unwrap_or_default();
    if vr == Vr::UN && end > 3 && body.iter().all(printable) && (full || token.length as usize <= bytes.len()) {
        let quoted: String = body.iter().map(|byte| char::from(*byte)).collect();
        let fits = full || quoted.len() <= SHORT;
        let _ = write!(out, "\"{}\"", if fits { quoted.as_str() } else { quoted.get(..SHORT).unwrap_or_default() });
        if !fits {
            let _ = write!(out, "\u{2026} ({} bytes)", grouped(u64::from(token.length)));
        }
        return;
    }
    let shown = if full { bytes } else { bytes.get(..PREVIEW.min(bytes.len())).unwrap_or_default() };
    out.reserve(shown.len() * 3);
    if vr == Vr::OW {
        for (index, word) in shown.chunks(2).enumerate() {
            let space = if index > 0 { " " } else { "" };
            let _ = match *word {
                [low, high] if !token.encoding.big_endian => write!(out, "{space}{high:02x}{low:02x}"),
                [high, low] => write!(out, "{space}{high:02x}{low:02x}"),
                _ => write!(out, "{space}{:02x}", word.first().copied().unwrap_or(0)),
            };
        }
    } else {
        for (index, byte) in shown.iter().enumerate() {
            let _ = write!(out, "{}{byte:02x}", if index > 0 { " " } else { "" });
        }
    }
    if (shown.len() as u64) < u64::from(token.length) {
        let _ = write!(out, "\u{2026} ({} bytes)", grouped(u64::from(token.length)));
    }
}
