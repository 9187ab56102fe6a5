//! The fragments of encapsulated pixel data (PS3.5 A.4): which belong to a frame, what hides in and behind them, and whether
//! an offset table is one.

use flate2::{Decompress, FlushDecompress, Status};

use super::output::Output;
use super::pictures::video::Codec;
use super::pictures::{begins, look, runs, video, Range};
use super::subject::Pixels;
use crate::error::{Error, Kind, Result};
use crate::tag::Tag;

/// How frames are coded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Coding {
    /// JPEG in all its kinds, or something unknown.
    Pictures,
    Runs,
    Video(Codec),
    Plain,
    Deflated,
}

/// What has become of the picture that was begun last.
enum Open {
    /// It has ended, or there was none.
    Not,
    /// It goes on behind these bytes.
    Bytes(Vec<u8>),
    /// It is too large to be looked through.
    Lost,
}

/// Extended Offset Table, its lengths, and the length of all frames.
pub const TABLES: [Tag; 3] = [Tag(0x7FE0_0001), Tag(0x7FE0_0002), Tag(0x7FE0_0003)];
/// Pictures and tables are read up to this size.
pub const LONGEST: usize = 1 << 28;

/// The fragments of one element, while they are written.
pub struct Fragments {
    coding: Coding,
    /// Frames that the header tells of; none where it tells of other pixel data.
    frames: u64,
    /// Bytes of a plane, and of a frame, that are not compressed.
    plane: u64,
    frame: u64,
    /// Where the content of the basic offset table is in the output, and its length.
    table: Option<(usize, usize)>,
    first: u64,
    items: Vec<(u64, u32)>,
    begun: u64,
    taken: u64,
    open: Open,
}

impl Fragments {
    /// Ready for the first; `pixels` are told of where the fragments are those of the object itself.
    pub fn new(syntax: &[u8], pixels: Option<Pixels>) -> Self {
        let coding = match syntax {
            b"1.2.840.10008.1.2.5" => Coding::Runs,
            b"1.2.840.10008.1.2.1.98" => Coding::Plain,
            b"1.2.840.10008.1.2.8.1" => Coding::Deflated,
            other => video::codec(other).map_or(Coding::Pictures, Coding::Video),
        };
        let known = pixels.unwrap_or_default();
        let area = known.rows.saturating_mul(known.columns);
        let plane = if known.allocated == 1 { area.div_ceil(8) } else { area };
        let bits = area.saturating_mul(known.samples.max(1)).saturating_mul(known.allocated);
        Self {
            coding,
            frames: pixels.map_or(0, |pixels| pixels.frames.max(1)),
            plane,
            frame: if known.shared { 0 } else { bits.div_ceil(8) },
            table: None,
            first: 0,
            items: Vec::new(),
            begun: 0,
            taken: 0,
            open: Open::Not,
        }
    }

    /// Whether the next item is the offset table.
    pub const fn is_table(&self) -> bool {
        self.table.is_none()
    }

    /// The content of the offset table was written behind `at`.
    pub fn note_table(&mut self, at: usize, length: usize, output: &Output) {
        self.table = Some((at, length));
        self.first = output.length();
    }

    /// A fragment is about to be written.
    pub fn note(&mut self, output: &Output, length: u32) {
        self.items.push((output.length() - self.first, length));
    }

    /// What is to be overwritten in a fragment; of one that is too long only the head is there.
    pub fn ranges(&mut self, bytes: &[u8], whole: bool) -> Vec<Range> {
        let all = vec![Range { from: 0, to: usize::MAX, fill: 0 }];
        match self.coding {
            Coding::Pictures => self.picture(bytes, whole),
            Coding::Video(codec) => video::look(bytes, codec).ranges,
            Coding::Runs | Coding::Plain | Coding::Deflated => {
                self.begun += 1;
                let surplus = match self.coding {
                    Coding::Plain => self.frame > 0 && self.taken >= self.frame.saturating_mul(self.frames),
                    _ => self.begun > self.frames,
                };
                self.taken = self.taken.saturating_add(bytes.len() as u64);
                match self.coding {
                    _ if self.frames > 0 && surplus => all,
                    _ if self.plane == 0 || !whole => Vec::new(),
                    Coding::Runs => runs::look(bytes, self.plane).ranges,
                    Coding::Deflated => inflated_end(bytes, self.frame).map_or_else(Vec::new, |end| behind(bytes, end)),
                    _ if self.frame > 0 && bytes.len() as u64 > self.frame && self.frames == self.begun => {
                        let before = self.taken - bytes.len() as u64;
                        let left = self.frame.saturating_mul(self.frames).saturating_sub(before);
                        behind(bytes, usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len()))
                    }
                    _ => Vec::new(),
                }
            }
        }
    }

    fn picture(&mut self, bytes: &[u8], whole: bool) -> Vec<Range> {
        let everything = vec![Range { from: 0, to: usize::MAX, fill: 0 }];
        if begins(bytes) {
            self.begun += 1;
            if self.frames > 0 && self.begun > self.frames {
                // A picture that no frame accounts for.
                self.open = Open::Not;
                return everything;
            }
            let found = look(bytes);
            let mut ranges = found.ranges;
            self.open = match found.end {
                _ if !whole => Open::Lost,
                Some(end) => {
                    ranges.extend(behind(bytes, end));
                    Open::Not
                }
                None => Open::Bytes(bytes.to_vec()),
            };
            return ranges;
        }
        match std::mem::replace(&mut self.open, Open::Not) {
            Open::Not if self.begun > 0 => everything,
            Open::Not => Vec::new(),
            Open::Lost => {
                self.open = Open::Lost;
                Vec::new()
            }
            Open::Bytes(before) if before.len() + bytes.len() > LONGEST || !whole => {
                self.open = Open::Lost;
                Vec::new()
            }
            Open::Bytes(mut joined) => {
                let start = joined.len();
                joined.extend_from_slice(bytes);
                let found = look(&joined);
                let mut ranges: Vec<_> = found.ranges.iter().filter_map(|one| shifted(*one, start)).collect();
                match found.end {
                    Some(end) => ranges.extend(behind(bytes, end.saturating_sub(start))),
                    None => self.open = Open::Bytes(joined),
                }
                ranges
            }
        }
    }

    /// Everything was written: a table that points at something else than fragments is none.
    ///
    /// # Errors
    /// An extended table that cannot be put right.
    pub fn finish(self, output: &mut Output, extended: &[(Tag, usize, usize)]) -> Result<()> {
        self.extended(output, extended)?;
        let Some((at, length)) = self.table else { return Ok(()) };
        let content = output.bytes.get(at..at + length).unwrap_or_default();
        let entries: Vec<u64> =
            content.chunks(4).map(|four| four.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))).collect();
        let rising = entries.windows(2).all(|pair| matches!(pair, [one, two] if one < two));
        let sound = length % 4 == 0
            && entries.first().is_none_or(|first| *first == 0)
            && rising
            && entries.iter().all(|entry| self.items.binary_search_by_key(entry, |item| item.0).is_ok());
        if !sound {
            output.cut(at, at + length);
            if let Some(stated) = output.bytes.get_mut(at - 4..at) {
                stated.fill(0);
            }
        }
        Ok(())
    }

    fn extended(&self, output: &mut Output, extended: &[(Tag, usize, usize)]) -> Result<()> {
        for (tag, at, length) in extended {
            let Some(content) = output.bytes.get_mut(*at..at + length) else { continue };
            if *tag == TABLES[2] {
                let sum: u64 = self.items.iter().map(|item| u64::from(item.1)).sum();
                let stated = content.first_chunk::<8>().map_or(0, |eight| u64::from_le_bytes(*eight));
                if *length != 8 || stated > sum || stated + (self.items.len() as u64) < sum {
                    content.fill(0);
                    if let Some(eight) = content.first_chunk_mut::<8>() {
                        *eight = sum.to_le_bytes();
                    }
                }
                continue;
            }
            if *length != 8 * self.items.len() {
                let message = "the extended offset table does not tell where each frame begins";
                return Err(Error::new(Kind::Malformed, "offset-table", message).at(Some(*tag), 0));
            }
            for (entry, item) in content.chunks_exact_mut(8).zip(&self.items) {
                let stated = entry.iter().rev().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
                let real = if *tag == TABLES[0] { item.0 } else { u64::from(item.1) };
                // A frame of odd length has a byte less than its fragment.
                if stated != real && (*tag == TABLES[0] || stated.wrapping_add(1) != real) {
                    entry.copy_from_slice(&real.to_le_bytes());
                }
            }
        }
        Ok(())
    }
}

/// Everything behind the end of a picture, unless it is nulls.
fn behind(bytes: &[u8], end: usize) -> Vec<Range> {
    let rest = bytes.get(end..).unwrap_or_default();
    if rest.iter().all(|byte| *byte == 0) {
        return Vec::new();
    }
    vec![Range { from: end, to: bytes.len(), fill: 0 }]
}

fn shifted(range: Range, start: usize) -> Option<Range> {
    (range.to > start).then(|| Range { from: range.from.saturating_sub(start), to: range.to - start, fill: range.fill })
}

/// Where a deflated frame ends.
fn inflated_end(bytes: &[u8], frame: u64) -> Option<usize> {
    let mut inflater = Decompress::new(false);
    let mut out = vec![0; 1 << 16];
    while inflater.total_out() <= frame.saturating_add(1 << 16) {
        let before = (inflater.total_in(), inflater.total_out());
        let rest = bytes.get(usize::try_from(before.0).ok()?..)?;
        let status = inflater.decompress(rest, &mut out, FlushDecompress::None).ok()?;
        if status == Status::StreamEnd {
            return usize::try_from(inflater.total_in()).ok();
        }
        if (inflater.total_in(), inflater.total_out()) == before {
            return None;
        }
    }
    None
}

/// Ranges in order, within `length`, that do not touch each other twice.
pub fn ordered(mut ranges: Vec<Range>, length: usize) -> Vec<Range> {
    ranges.sort_by_key(|one| one.from);
    let mut done = 0;
    ranges.retain_mut(|one| {
        one.from = one.from.max(done);
        one.to = one.to.min(length);
        done = done.max(one.to);
        one.from < one.to
    });
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    const JPEG: &[u8] = b"\xFF\xD8\xFF\xDA\0\x02abc\xFF\xD9";

    fn fragments(syntax: &[u8], frames: u64) -> Fragments {
        let pixels = Pixels { rows: 2, columns: 3, frames, samples: 1, allocated: 8, ..Pixels::default() };
        Fragments::new(syntax, Some(pixels))
    }

    fn cleaned(state: &mut Fragments, bytes: &[u8]) -> Vec<u8> {
        let mut made = bytes.to_vec();
        for one in ordered(state.ranges(bytes, true), bytes.len()) {
            made[one.from..one.to].fill(one.fill);
        }
        made
    }

    #[test]
    fn what_no_frame_accounts_for_becomes_nulls() {
        let mut state = fragments(b"1.2.840.10008.1.2.4.50", 2);
        assert_eq!(cleaned(&mut state, JPEG), JPEG);
        assert_eq!(cleaned(&mut state, b"Joe "), [0; 4]);
        let tail = [JPEG, b"Joe"].concat();
        assert_eq!(cleaned(&mut state, &tail), [JPEG, &[0; 3]].concat());
        assert_eq!(cleaned(&mut state, JPEG), vec![0; JPEG.len()]);
    }

    #[test]
    fn a_picture_may_be_in_several_fragments() {
        let mut state = fragments(b"1.2.840.10008.1.2.4.50", 1);
        let (one, two) = JPEG.split_at(7);
        assert_eq!(cleaned(&mut state, one), one);
        assert_eq!(cleaned(&mut state, &[two, b"Joe"].concat()), [two, &[0; 3]].concat());
        let mut state = fragments(b"1.2.840.10008.1.2.4.50", 1);
        assert_eq!(cleaned(&mut state, b"\xFF\xD8\xFF\xFE\0\x08Jo"), b"\xFF\xD8\xFF\xFE\0\x08  ");
        assert_eq!(cleaned(&mut state, b"hnny\xFF\xD9"), b"    \xFF\xD9");
        // Nothing is known of these.
        let mut state = fragments(b"1.2.840.10008.1.2.4.110", 1);
        assert_eq!(cleaned(&mut state, b"\xFF\x0Aabc"), b"\xFF\x0Aabc");
        assert_eq!(cleaned(&mut state, b"def"), b"def");
    }

    #[test]
    fn other_codings_end_too() {
        let mut plain = fragments(b"1.2.840.10008.1.2.1.98", 2);
        assert_eq!(cleaned(&mut plain, b"123456"), b"123456");
        assert_eq!(cleaned(&mut plain, b"123456Jo"), b"123456\0\0");
        assert_eq!(cleaned(&mut plain, b"Joe!"), [0; 4]);
        let mut runs = fragments(b"1.2.840.10008.1.2.5", 1);
        let frame = [b"\x01\0\0\0\x40\0\0\0".as_slice(), &[0; 56], b"\xFB\x07Joe!"].concat();
        assert!(cleaned(&mut runs, &frame).ends_with(b"\xFB\x07\x80\x80\x80\x80"));
        assert_eq!(cleaned(&mut runs, b"Joe!"), [0; 4]);
        let mut deflated = fragments(b"1.2.840.10008.1.2.8.1", 1);
        let stored = b"\x01\x06\0\xF9\xFF123456";
        assert_eq!(
            cleaned(&mut deflated, &[stored.as_slice(), b"Joe"].concat()),
            [stored.as_slice(), &[0; 3]].concat()
        );
    }

    fn finished(table: &[u8], extended: &[(Tag, &[u8])]) -> Result<Vec<u8>> {
        let mut output = Output::default();
        let mut places = Vec::new();
        for (tag, value) in extended {
            places.push((*tag, output.bytes.len(), value.len()));
            output.bytes.extend_from_slice(value);
        }
        output.word32(table.len() as u32, false);
        let mut state = fragments(b"1.2.840.10008.1.2.4.50", 2);
        let at = output.bytes.len();
        output.bytes.extend_from_slice(table);
        state.note_table(at, table.len(), &output);
        for length in [4, 6] {
            state.note(&output, length);
            output.copy(0, u64::from(length) + 8);
        }
        state.finish(&mut output, &places)?;
        Ok(output.bytes)
    }

    #[test]
    fn a_table_that_is_none_is_left_out() {
        let sound = b"\0\0\0\0\x0C\0\0\0";
        assert_eq!(finished(sound, &[]).ok(), Some([b"\x08\0\0\0".as_slice(), sound].concat()));
        for other in [b"John".as_slice(), b"\0\0\0\0\x0D\0\0\0", b"\0\0\0\0Joe", b"\x0C\0\0\0\0\0\0\0"] {
            assert_eq!(finished(other, &[]).ok(), Some(vec![0; 4]));
        }
    }

    #[test]
    fn extended_tables_are_put_right() {
        let offsets = b"\0\0\0\0\0\0\0\0John Doe";
        let lengths = b"\x03\0\0\0\0\0\0\0Jane Doe";
        let made = finished(b"", &[(TABLES[0], offsets), (TABLES[1], lengths), (TABLES[2], b"John Doe")]).ok();
        let right = b"\0\0\0\0\0\0\0\0\x0C\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0\x0A\0\0\0\0\0\0\0\0\0\0\0";
        assert_eq!(made, Some(right.to_vec()));
        assert!(finished(b"", &[(TABLES[0], b"John Doe")]).is_err());
    }
}
