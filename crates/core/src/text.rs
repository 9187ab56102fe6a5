//! Text values (PS3.5 6.1): the character sets that can be decoded here, and a plain "no" for the rest.
//!
//! The default repertoire is read as ISO 8859-1, as the field does, since files with bytes above 127 and no character set
//! are common. Everything else is left to pydicom's code.

use std::borrow::Cow;

/// Which decoder a Specific Character Set (0008,0005) asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Charset {
    /// Default repertoire, ISO_IR 6 or ISO_IR 100.
    Latin1,
    /// ISO_IR 192.
    Utf8,
    /// Any other, or code extensions.
    Other,
}

impl Charset {
    /// From the raw value of (0008,0005).
    #[must_use]
    pub fn from_value(value: &[u8]) -> Self {
        match trim(value) {
            b"" | b"ISO_IR 6" | b"ISO_IR 100" | b"ISO 2022 IR 6" | b"ISO 2022 IR 100" => Self::Latin1,
            b"ISO_IR 192" => Self::Utf8,
            _ => Self::Other,
        }
    }

    /// Decode, or `None` where this needs a decoder that is not here.
    #[must_use]
    pub fn decode(self, value: &[u8]) -> Option<Cow<'_, str>> {
        // Escapes switch to other sets even where the set is named wrongly, so only ASCII without them is certain.
        let plain = value.is_ascii() && !value.contains(&0x1B);
        match (plain, self) {
            (true, _) | (false, Self::Utf8) => match std::str::from_utf8(value) {
                Ok(text) => Some(Cow::Borrowed(text)),
                Err(_) => Some(String::from_utf8_lossy(value)),
            },
            (false, Self::Latin1) if !value.contains(&0x1B) => {
                Some(Cow::Owned(value.iter().map(|byte| char::from(*byte)).collect()))
            }
            (false, _) => None,
        }
    }
}

/// Without the padding that PS3.5 6.2 allows: spaces and nulls at the end, spaces at the start.
#[must_use]
pub fn trim(value: &[u8]) -> &[u8] {
    let start = value.iter().position(|byte| *byte != b' ').unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !matches!(byte, b' ' | 0)).map_or(start, |last| last + 1);
    value.get(start..end.max(start)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_trimmed_at_both_ends() {
        assert_eq!(trim(b"  A B \0"), b"A B");
        assert_eq!(trim(b" \0 "), b"\0".get(1..).unwrap_or_default());
        assert_eq!(trim(b""), b"");
    }

    #[test]
    fn other_sets_are_refused_unless_ascii() {
        let other = Charset::from_value(b"ISO_IR 144 ");
        assert_eq!(other, Charset::Other);
        assert_eq!(other.decode(b"ABC").as_deref(), Some("ABC"));
        assert_eq!(other.decode(b"\xbb"), None);
        assert_eq!(Charset::from_value(b"ISO_IR 100").decode(b"J\xe9").as_deref(), Some("J\u{e9}"));
        assert_eq!(Charset::Latin1.decode(b"\x1b$B"), None);
    }
}
