//! DICOM RLE (PS3.5 G): what lies around the segments, and behind the last run that fills a plane.

use super::Found;

const HEADER: usize = 64;
const MOST_SEGMENTS: usize = 15;
/// A run of no bytes.
const NOTHING: u8 = 0x80;

/// Look through a frame.
///
/// `plane` is how many bytes a segment has when it is not compressed; nothing is said of what cannot be understood.
#[must_use]
pub fn look(whole: &[u8], plane: u64) -> Found {
    let Some(offsets) = segments(whole) else { return Found::default() };
    let mut found = Found { ranges: Vec::new(), end: Some(whole.len()) };
    found.add(4 + 4 * offsets.len(), HEADER, 0);
    found.add(HEADER, offsets.first().copied().unwrap_or(HEADER), 0);
    for (index, start) in offsets.iter().enumerate() {
        let end = offsets.get(index + 1).copied().unwrap_or(whole.len());
        let segment = whole.get(*start..end).unwrap_or_default();
        let Some(used) = filled(segment, plane) else { continue };
        match segment.get(used..) {
            // Segments have even lengths.
            None | Some([] | [0 | NOTHING]) => {}
            Some(_) => found.add(start + used, end, NOTHING),
        }
    }
    found
}

/// Where each segment begins, where that is as it should be.
fn segments(whole: &[u8]) -> Option<Vec<usize>> {
    let word = |index: usize| {
        let bytes: [u8; 4] = whole.get(4 * index..4 * index + 4)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    };
    let count = word(0).filter(|count| (1..=MOST_SEGMENTS).contains(count))?;
    let offsets: Option<Vec<_>> = (1..=count).map(word).collect();
    let offsets = offsets?;
    let rising = offsets.windows(2).all(|pair| matches!(pair, [one, two] if one < two));
    let inside = *offsets.first()? >= HEADER && *offsets.last()? < whole.len();
    (rising && inside).then_some(offsets)
}

/// How many bytes of a segment fill a plane; nothing where they do not.
fn filled(segment: &[u8], plane: u64) -> Option<usize> {
    let (mut at, mut made) = (0, 0_u64);
    while made < plane {
        let count = usize::from(*segment.get(at)?);
        match count {
            0..=127 => {
                made += count as u64 + 1;
                at += count + 2;
            }
            128 => at += 1,
            _ => {
                made += 257 - count as u64;
                at += 2;
            }
        }
    }
    (at <= segment.len()).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::super::Range;
    use super::*;

    fn frame(segments: &[&[u8]], gap: &[u8]) -> Vec<u8> {
        let mut whole = (segments.len() as u32).to_le_bytes().to_vec();
        let mut at = HEADER + gap.len();
        for segment in segments {
            whole.extend((at as u32).to_le_bytes());
            at += segment.len();
        }
        whole.resize(HEADER, 0);
        whole.extend(gap);
        whole.extend(segments.concat());
        whole
    }

    #[test]
    fn only_runs_that_fill_the_plane_stay() {
        // Four times 7, a run of nothing, then two bytes; a name; another plane with a null at its end.
        let whole = frame(&[b"\xFD\x07\x80\x01abJoe", b"\xFB\0\0"], b"Ann ");
        let found = look(&whole, 6);
        assert_eq!(
            found.ranges,
            [
                Range { from: 12, to: 64, fill: 0 },
                Range { from: 64, to: 68, fill: 0 },
                Range { from: 74, to: 77, fill: NOTHING },
            ]
        );
    }

    #[test]
    fn what_is_no_frame_is_left() {
        assert_eq!(look(b"", 6), Found::default());
        assert_eq!(look(&[0xFF; 100], 6), Found::default());
        assert_eq!(look(&frame(&[], b""), 6), Found::default());
        // A plane that is not filled.
        assert_eq!(look(&frame(&[b"\x01ab"], b""), 6).ranges, [Range { from: 8, to: 64, fill: 0 }]);
    }
}
