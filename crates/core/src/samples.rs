//! Stored samples made into numbers of the machine: byte order, unused bits, planes, and the least and greatest.

/// How samples are stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Samples {
    /// Bytes of one sample: 1, 2, 4 or 8.
    pub width: usize,
    /// Two's complement.
    pub signed: bool,
    /// Floating point; taken as it is.
    pub float: bool,
    /// Bits that count.
    pub bits_stored: u32,
    /// The highest of them.
    pub high_bit: u32,
    /// Samples of a pixel, to be brought side by side where they are stored in planes.
    pub planes: usize,
    /// The most significant byte comes first.
    pub big_endian: bool,
}

/// Least and greatest of a frame; `None` for floating point.
pub type Range = Option<(i64, i64)>;

macro_rules! tidy {
    ($name:ident, $pass:ident, $unsigned:ty, $signed:ty) => {
        /// One pass over the samples: `clean` each, add to it, keep the least and greatest. Comparing as signed with the
        /// top bit flipped orders unsigned numbers too, and is what every processor can do for many at once.
        #[inline]
        fn $pass(
            frame: &mut [u8],
            flip: $unsigned,
            addend: $unsigned,
            clean: impl Fn($unsigned) -> $unsigned,
        ) -> ($signed, $signed) {
            const WIDTH: usize = std::mem::size_of::<$unsigned>();
            let (mut low, mut high) = (<$signed>::MAX, <$signed>::MIN);
            for chunk in frame.chunks_exact_mut(WIDTH) {
                let Ok(bytes) = <[u8; WIDTH]>::try_from(&*chunk) else { continue };
                let value = clean(<$unsigned>::from_le_bytes(bytes));
                let ordered = (value ^ flip) as $signed;
                low = low.min(ordered);
                high = high.max(ordered);
                chunk.copy_from_slice(&value.wrapping_add(addend).to_ne_bytes());
            }
            (low, high)
        }

        /// Clean the samples of one frame in place, add `offset` with wrap-around, and return their range before that.
        fn $name(frame: &mut [u8], samples: Samples, offset: i64) -> Range {
            const BITS: u32 = <$unsigned>::BITS;
            let up = BITS.saturating_sub(samples.high_bit + 1).min(BITS - 1);
            let down = BITS.saturating_sub(samples.bits_stored).min(BITS - 1);
            let addend = offset as $unsigned;
            let flip: $unsigned = if samples.signed { 0 } else { 1 << (BITS - 1) };
            let (low, high) = match (samples.bits_stored >= BITS, samples.signed) {
                (true, _) => $pass(frame, flip, addend, |value| value),
                (false, true) => $pass(frame, flip, addend, |value| (((value << up) as $signed) >> down) as $unsigned),
                (false, false) => $pass(frame, flip, addend, |value| (value << up) >> down),
            };
            let back = |ordered: $signed| {
                if samples.signed {
                    i64::from(ordered)
                } else {
                    i64::from(ordered as $unsigned ^ flip)
                }
            };
            Some((back(low), back(high)))
        }
    };
}

#[allow(clippy::cast_sign_loss, clippy::cast_possible_wrap)]
mod widths {
    use super::{Range, Samples};
    tidy!(bytes, pass_bytes, u8, i8);
    tidy!(words, pass_words, u16, i16);
    tidy!(longs, pass_longs, u32, i32);

    pub fn tidy(frame: &mut [u8], samples: Samples, offset: i64) -> Range {
        match samples.width {
            1 => bytes(frame, samples, offset),
            2 => words(frame, samples, offset),
            4 => longs(frame, samples, offset),
            _ => None,
        }
    }
}

fn swap(frame: &mut [u8], width: usize) {
    for chunk in frame.chunks_exact_mut(width) {
        chunk.reverse();
    }
}

/// From planes to pixels (Planar Configuration 1 to 0).
fn interleave(frame: &mut [u8], samples: Samples) {
    let stored = frame.to_vec();
    let plane = stored.len() / samples.planes.max(1);
    for (index, pixel) in frame.chunks_exact_mut(samples.width * samples.planes).enumerate() {
        for (number, sample) in pixel.chunks_exact_mut(samples.width).enumerate() {
            let at = number * plane + index * samples.width;
            if let Some(found) = stored.get(at..at + samples.width) {
                sample.copy_from_slice(found);
            }
        }
    }
}

/// Make the stored bytes of one frame into numbers, add `offset` with wrap-around, and return the range before that.
pub fn prepare(frame: &mut [u8], samples: Samples, offset: i64) -> Range {
    if samples.big_endian && samples.width > 1 {
        swap(frame, samples.width);
    }
    if samples.planes > 1 {
        interleave(frame, samples);
    }
    if samples.float {
        return None;
    }
    widths::tidy(frame, samples, offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: Samples =
        Samples { width: 2, signed: false, float: false, bits_stored: 12, high_bit: 11, planes: 1, big_endian: false };

    #[test]
    fn unused_bits_are_dropped_and_signs_extended() {
        let mut frame = [0x01, 0xF8, 0xFF, 0x07];
        assert_eq!(prepare(&mut frame, WORDS, 0), Some((0x7FF, 0x801)));
        let mut frame = [0x01, 0xF8, 0xFF, 0x07];
        assert_eq!(prepare(&mut frame, Samples { signed: true, ..WORDS }, 0), Some((-2047, 2047)));
        assert_eq!(frame, [0x01, 0xF8, 0xFF, 0x07]);
    }

    #[test]
    fn a_high_bit_above_is_shifted_down() {
        let mut frame = [0x10, 0x80];
        assert_eq!(prepare(&mut frame, Samples { high_bit: 15, ..WORDS }, 0), Some((0x801, 0x801)));
    }

    #[test]
    fn offsets_wrap_and_leave_the_range_alone() {
        let mut frame = [0, 0, 0, 8];
        assert_eq!(prepare(&mut frame, WORDS, -1024), Some((0, 2048)));
        assert_eq!(frame, [0, 0xFC, 0, 4]);
    }

    #[test]
    fn planes_come_side_by_side_and_words_are_swapped() {
        let mut frame = [1, 2, 3, 4, 5, 6];
        let color = Samples { width: 1, bits_stored: 8, high_bit: 7, planes: 3, ..WORDS };
        prepare(&mut frame, color, 0);
        assert_eq!(frame, [1, 3, 5, 2, 4, 6]);
        let mut frame = [1, 2];
        prepare(&mut frame, Samples { big_endian: true, bits_stored: 16, high_bit: 15, ..WORDS }, 0);
        assert_eq!(frame, [2, 1]);
    }
}
