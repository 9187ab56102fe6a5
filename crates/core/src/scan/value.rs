//! One value as a catalog keeps it: a number where there is exactly one that parses, else text.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::text::{trim, Charset};

/// A value of a column.
#[derive(Clone, PartialEq, Debug)]
pub enum Value<'a> {
    /// One whole number.
    Integer(i64),
    /// One other number; never infinite.
    Real(f64),
    /// Text; several values are separated by backslashes, as in the file.
    Text(Cow<'a, str>),
    /// Text in a character set that has no decoder here.
    Foreign(&'a [u8]),
}

/// How the bytes of a value are to be understood.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// VR as stated, or the dictionary's.
    pub vr: [u8; 2],
    /// Numbers have the most significant byte first.
    pub big_endian: bool,
    /// For VRs that decide about text.
    pub charset: Charset,
}

/// The value of these bytes; `None` where there is nothing in them but padding.
#[must_use]
pub fn value(bytes: &[u8], form: Form) -> Option<Value<'_>> {
    match &form.vr {
        b"US" | b"OW" | b"XS" => {
            words::<2>(bytes, form.big_endian, |word| Value::Integer(u16::from_le_bytes(word).into()))
        }
        b"SS" => words::<2>(bytes, form.big_endian, |word| Value::Integer(i16::from_le_bytes(word).into())),
        b"UL" | b"OL" => words::<4>(bytes, form.big_endian, |word| Value::Integer(u32::from_le_bytes(word).into())),
        b"SL" => words::<4>(bytes, form.big_endian, |word| Value::Integer(i32::from_le_bytes(word).into())),
        b"SV" | b"UV" => words::<8>(bytes, form.big_endian, |word| Value::Integer(i64::from_le_bytes(word))),
        b"FL" | b"OF" => words::<4>(bytes, form.big_endian, |word| real(f32::from_le_bytes(word).into())),
        b"FD" | b"OD" => words::<8>(bytes, form.big_endian, |word| real(f64::from_le_bytes(word))),
        b"SQ" => None,
        b"IS" => text(bytes, Charset::Latin1).map(integer),
        b"DS" => text(bytes, Charset::Latin1).map(decimal),
        b"PN" => text(bytes, form.charset).map(name),
        b"LO" | b"SH" | b"LT" | b"ST" | b"UC" | b"UT" | b"UN" => text(bytes, form.charset),
        _ => text(bytes, Charset::Latin1),
    }
}

fn real(number: f64) -> Value<'static> {
    if number.is_finite() {
        Value::Real(number)
    } else {
        Value::Text(Cow::Owned(number.to_string()))
    }
}

fn words<const N: usize>(
    bytes: &[u8],
    big_endian: bool,
    number: fn([u8; N]) -> Value<'static>,
) -> Option<Value<'static>> {
    let mut values = bytes.chunks_exact(N).map(|chunk| {
        let mut word = [0; N];
        word.copy_from_slice(chunk);
        if big_endian {
            word.reverse();
        }
        number(word)
    });
    let first = values.next()?;
    let Some(second) = values.next() else { return Some(first) };
    let mut joined = String::new();
    for value in [first, second].into_iter().chain(values) {
        let separator = if joined.is_empty() { "" } else { "\\" };
        let _ = match value {
            Value::Integer(number) => write!(joined, "{separator}{number}"),
            Value::Real(number) => write!(joined, "{separator}{number}"),
            Value::Text(text) => write!(joined, "{separator}{text}"),
            Value::Foreign(_) => Ok(()),
        };
    }
    Some(Value::Text(Cow::Owned(joined)))
}

fn text(bytes: &[u8], charset: Charset) -> Option<Value<'_>> {
    let bytes = trim(bytes);
    if bytes.is_empty() {
        return None;
    }
    let Some(decoded) = charset.decode(bytes).or_else(|| {
        // VRs outside the character sets hold ASCII; anything else in them is shown as it is.
        (charset == Charset::Latin1).then(|| String::from_utf8_lossy(bytes))
    }) else {
        return Some(Value::Foreign(bytes));
    };
    Some(Value::Text(trim_each(decoded)))
}

/// Padding around each of several values has no meaning either (PS3.5 6.2).
fn trim_each(text: Cow<'_, str>) -> Cow<'_, str> {
    let padded = text.as_bytes().windows(2).any(|pair| matches!(pair, [b' ' | 0, b'\\'] | [b'\\', b' ']));
    if !padded {
        return text;
    }
    let parts: Vec<&str> =
        text.split('\\').map(|part| part.trim_start_matches(' ').trim_end_matches([' ', '\0'])).collect();
    Cow::Owned(parts.join("\\"))
}

/// Empty representations at the end of a name need no delimiter (PS3.5 6.2.1.1).
fn name(value: Value<'_>) -> Value<'_> {
    match value {
        Value::Text(text) if text.contains('=') => {
            let parts: Vec<&str> = text.split('\\').map(|part| part.trim_end_matches('=')).collect();
            Value::Text(Cow::Owned(parts.join("\\")))
        }
        other => other,
    }
}

fn plain(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
}

fn decimal(value: Value<'_>) -> Value<'_> {
    let Value::Text(text) = &value else { return value };
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && plain(text) => Value::Real(number),
        _ => value,
    }
}

fn integer(value: Value<'_>) -> Value<'_> {
    let Value::Text(text) = &value else { return value };
    if let Ok(number) = text.parse::<i64>() {
        return Value::Integer(number);
    }
    match text.parse::<f64>() {
        // Whole numbers with a decimal point are common enough.
        Ok(number) if plain(text) && number.fract() == 0.0 && number.abs() < 1e15 => Value::Integer(number as i64),
        Ok(number) if plain(text) && number.is_finite() => Value::Real(number),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(vr: [u8; 2], bytes: &[u8]) -> Option<Value<'_>> {
        value(bytes, Form { vr, big_endian: false, charset: Charset::Latin1 })
    }

    #[test]
    fn one_number_is_a_number_and_several_are_text() {
        assert_eq!(of(*b"US", &[0, 2]), Some(Value::Integer(512)));
        assert_eq!(of(*b"US", &[1, 0, 2, 0]), Some(Value::Text("1\\2".into())));
        assert_eq!(of(*b"DS", b" -1.50 "), Some(Value::Real(-1.5)));
        assert_eq!(of(*b"DS", b"1.5\\2 "), Some(Value::Text("1.5\\2".into())));
        assert_eq!(of(*b"IS", b"+7 "), Some(Value::Integer(7)));
        assert_eq!(of(*b"IS", b"7.0 "), Some(Value::Integer(7)));
        assert_eq!(of(*b"IS", b"7.5 "), Some(Value::Real(7.5)));
    }

    #[test]
    fn what_does_not_parse_stays_text() {
        assert_eq!(of(*b"DS", b"1e99999 "), Some(Value::Text("1e99999".into())));
        assert_eq!(of(*b"DS", b"nan "), Some(Value::Text("nan".into())));
        assert_eq!(of(*b"IS", b"one "), Some(Value::Text("one".into())));
        assert_eq!(of(*b"FD", &f64::INFINITY.to_le_bytes()), Some(Value::Text("inf".into())));
    }

    #[test]
    fn padding_is_nothing_around_each_value() {
        assert_eq!(of(*b"CS", b"  "), None);
        assert_eq!(of(*b"US", &[1]), None);
        assert_eq!(of(*b"CS", b"ORIGINAL\\ PRIMARY \\AXIAL "), Some(Value::Text("ORIGINAL\\PRIMARY\\AXIAL".into())));
    }

    #[test]
    fn empty_representations_of_a_name_are_left_out() {
        assert_eq!(of(*b"PN", b"Doe^John==\\A="), Some(Value::Text("Doe^John\\A".into())));
        assert_eq!(of(*b"LO", b"a= "), Some(Value::Text("a=".into())));
    }

    #[test]
    fn byte_order_and_sign_follow_the_form() {
        let form = Form { vr: *b"SS", big_endian: true, charset: Charset::Latin1 };
        assert_eq!(value(&[0xFF, 0xFE], form), Some(Value::Integer(-2)));
    }

    #[test]
    fn other_character_sets_are_left_to_the_caller() {
        let form = Form { vr: *b"PN", big_endian: false, charset: Charset::Other };
        assert_eq!(value(b"\xcb\xe8 ", form), Some(Value::Foreign(b"\xcb\xe8")));
        assert_eq!(value(b"Abc ", form), Some(Value::Text("Abc".into())));
    }
}
