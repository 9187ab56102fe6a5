//! Characters that could move a cursor, reorder text or end a line are shown, never sent: no file may speak to a terminal.

use std::fmt::Write;

/// Whether a character acts instead of being seen.
#[must_use]
pub const fn acts(letter: char) -> bool {
    matches!(letter,
        '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// Append `text`: control characters as their pictures (`␛`, `␊`), others that act as `<U+202E>`.
pub fn visible(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some((at, letter)) = rest.char_indices().find(|(_, letter)| acts(*letter)) {
        out.push_str(rest.get(..at).unwrap_or_default());
        match u32::from(letter) {
            code @ 0..=0x1F => out.push(char::from_u32(0x2400 + code).unwrap_or('?')),
            0x7F => out.push('\u{2421}'),
            code => {
                let _ = write!(out, "<U+{code:04X}>");
            }
        }
        rest = rest.get(at + letter.len_utf8()..).unwrap_or_default();
    }
    out.push_str(rest);
}

/// Append `text` as a JSON string with its quotes; what acts is escaped, so that JSON on a terminal is harmless too.
pub fn json(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if acts(letter) => {
                let mut pair = [0; 2];
                for unit in letter.encode_utf16(&mut pair) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_passes() {
        let mut out = String::new();
        visible("a\x1b[2J\u{202e}b\u{9b}\x7f\n\u{e9}", &mut out);
        assert_eq!(out, "a\u{241b}[2J<U+202E>b<U+009B>\u{2421}\u{240a}\u{e9}");
        out.clear();
        json("a\"\\\x1b\u{e0001}", &mut out);
        assert_eq!(out, "\"a\\\"\\\\\\u001b\\udb40\\udc01\"");
    }
}
