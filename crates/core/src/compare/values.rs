//! Whether two values say the same.

use super::Any;
use crate::context::{Context, Foreign};
use crate::error::Result;
use crate::show::grouped;
use crate::source::Source;
use crate::table::Row;
use crate::token::Token;
use crate::value::{form, numbers, split, text, Form, Number};
use crate::vr::Vr;

const PIECE: usize = 64 << 10;

/// What was found.
pub enum Outcome {
    /// The same bytes.
    Same,
    /// The same, stored differently; how.
    Stored(&'static str),
    /// Something else; what there is to say about it.
    Differs(String),
}

type Value<'a, 'b> = (&'a Row, &'a mut Any<'b>, &'a Context);

/// Compare two values, each read by its own VR.
pub fn differ(pair: [Value; 2], vrs: [Vr; 2], foreign: &mut dyn Foreign) -> Result<Outcome> {
    let [(one, first, context), (two, second, other)] = pair;
    let tokens = [&one.token, &two.token];
    let orders = tokens.map(|token| token.encoding.big_endian);
    let forms = vrs.map(form);
    if forms.contains(&Form::Bytes) {
        let swap = if orders[0] == orders[1] { 1 } else { vrs[0].word() };
        let found = bytes([first, second], [&[extent(one)], &[extent(two)]], swap)?;
        return Ok(found.map_or(Outcome::Same, Outcome::Differs));
    }
    let mine = read(one, first)?;
    let its = read(two, second)?;
    let plain = mine == its && orders[0] == orders[1] && vrs[0] == vrs[1];
    if plain && (forms[0] == Form::Numbers || mine.is_ascii() || context.charset().1 == other.charset().1) {
        return Ok(Outcome::Same);
    }
    if forms == [Form::Numbers; 2] {
        let read = |vr, bytes, order| numbers(vr, bytes, order).collect::<Vec<_>>();
        let pair = [read(vrs[0], &mine, orders[0]), read(vrs[1], &its, orders[1])];
        let equal = |(one, two): (&Number, &Number)| one == two || one.text() == two.text();
        let same = pair[0].len() == pair[1].len() && pair[0].iter().zip(&pair[1]).all(equal);
        return Ok(if same { Outcome::Stored("byte order or VR") } else { Outcome::Differs(String::new()) });
    }
    if forms.contains(&Form::Numbers) {
        return Ok(Outcome::Differs("of different kinds".to_owned()));
    }
    let texts = [text(vrs[0], &mine, context, foreign), text(vrs[1], &its, other, foreign)];
    let pairs = [split(vrs[0], &texts[0]), split(vrs[1], &texts[1])].map(Iterator::collect::<Vec<_>>);
    let decimal = vrs.iter().all(|vr| matches!(&vr.0, b"DS" | b"IS"));
    let same = pairs[0].len() == pairs[1].len()
        && pairs[0].iter().zip(&pairs[1]).all(|(one, two)| one == two || (decimal && same_number(one, two)));
    Ok(match (same, mine == its) {
        (true, true) => Outcome::Same,
        (true, false) => Outcome::Stored("padding, notation or character set"),
        (false, _) => Outcome::Differs(String::new()),
    })
}

/// Decimal strings are numbers: `1.0` says what `1` says.
fn same_number(one: &str, two: &str) -> bool {
    match (one.trim().parse::<f64>(), two.trim().parse::<f64>()) {
        (Ok(one), Ok(two)) => one.is_finite() && one.partial_cmp(&two) == Some(std::cmp::Ordering::Equal),
        _ => false,
    }
}

fn extent(row: &Row) -> (u64, u64) {
    (row.token.value, row.end.saturating_sub(row.token.value))
}

fn read(row: &Row, source: &mut Any) -> Result<Vec<u8>> {
    let Token { value, length, .. } = row.token;
    Ok(source.bytes(value, length as usize)?.to_vec())
}

/// Fills a buffer from the parts of a value, one after another.
struct Parts<'a> {
    parts: &'a [(u64, u64)],
    at: u64,
}

impl Parts<'_> {
    fn next(&mut self, source: &mut Any, count: usize) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(count);
        while out.len() < count {
            let Some(((offset, length), others)) = self.parts.split_first() else { break };
            let left = usize::try_from(length - self.at).unwrap_or(count).min(count - out.len());
            let bytes = source.bytes(offset + self.at, left)?;
            out.extend_from_slice(bytes);
            self.at += bytes.len() as u64;
            if self.at >= *length || bytes.is_empty() {
                self.parts = others;
                self.at = 0;
            }
        }
        Ok(out)
    }
}

/// What is to be said about two runs of bytes that differ; `swap` bytes of the second are reversed before they are compared.
pub fn bytes(sources: [&mut Any; 2], parts: [&[(u64, u64)]; 2], swap: usize) -> Result<Option<String>> {
    let lengths = parts.map(|parts| parts.iter().map(|(_, length)| length).sum::<u64>());
    let [mut one, mut two] = parts.map(|parts| Parts { parts, at: 0 });
    let [first_source, second_source] = sources;
    let mut at = 0;
    let mut first = None;
    let mut different: u64 = 0;
    loop {
        let mine = one.next(first_source, PIECE)?;
        let mut its = two.next(second_source, PIECE)?;
        if mine.is_empty() || its.is_empty() {
            break;
        }
        if swap > 1 {
            its.chunks_exact_mut(swap).for_each(<[u8]>::reverse);
        }
        if mine != its {
            for (index, _) in mine.iter().zip(&its).enumerate().filter(|(_, (one, two))| one != two) {
                first = first.or(Some(at + index as u64));
                different += 1;
            }
        }
        at += mine.len().min(its.len()) as u64;
    }
    if different == 0 && lengths[0] == lengths[1] {
        return Ok(None);
    }
    let sizes = if lengths[0] == lengths[1] {
        format!("of {} bytes", grouped(lengths[0]))
    } else {
        format!("of {} and {} bytes", grouped(lengths[0]), grouped(lengths[1]))
    };
    Ok(Some(match first {
        Some(first) => format!("{sizes}, {} differ, the first at byte {}", grouped(different), grouped(first)),
        None => format!("{sizes}, equal as far as both go"),
    }))
}
