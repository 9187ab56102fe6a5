//! Base 64 (RFC 4648), in pieces.

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Encodes bytes that arrive one piece after another.
#[derive(Default)]
pub struct Encoder {
    rest: Vec<u8>,
}

fn letter(index: u32) -> char {
    LETTERS.get((index & 63) as usize).map_or('?', |letter| char::from(*letter))
}

impl Encoder {
    /// Append what can be encoded so far.
    pub fn feed(&mut self, mut bytes: &[u8], out: &mut String) {
        while !self.rest.is_empty() && self.rest.len() < 3 {
            let Some((first, others)) = bytes.split_first() else { return };
            self.rest.push(*first);
            bytes = others;
        }
        let held = std::mem::take(&mut self.rest);
        encode(&held, out);
        let chunks = bytes.chunks_exact(3);
        self.rest.extend_from_slice(chunks.remainder());
        out.reserve(bytes.len() / 3 * 4);
        chunks.for_each(|chunk| encode(chunk, out));
    }

    /// Append the rest with its padding.
    pub fn finish(&mut self, out: &mut String) {
        let held = std::mem::take(&mut self.rest);
        encode(&held, out);
    }
}

/// One group of at most three bytes.
fn encode(bytes: &[u8], out: &mut String) {
    let Some(first) = bytes.first() else { return };
    let at = |index: usize| u32::from(bytes.get(index).copied().unwrap_or(0));
    let word = u32::from(*first) << 16 | at(1) << 8 | at(2);
    out.push(letter(word >> 18));
    out.push(letter(word >> 12));
    out.push(if bytes.len() > 1 { letter(word >> 6) } else { '=' });
    out.push(if bytes.len() > 2 { letter(word) } else { '=' });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_give_what_the_whole_gives() {
        let mut out = String::new();
        let mut encoder = Encoder::default();
        for piece in [b"he".as_slice(), b"", b"llo w", b"orld"] {
            encoder.feed(piece, &mut out);
        }
        encoder.finish(&mut out);
        assert_eq!(out, "aGVsbG8gd29ybGQ=");
    }
}
