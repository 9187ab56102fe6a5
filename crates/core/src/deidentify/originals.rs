//! What was there before: the elements of the outermost data set that did not stay as they are, byte for byte, so that
//! an envelope (PS3.15 E.1, Encrypted Attributes Sequence) can take them along.

use super::output::{Output, Place};
use crate::error::Result;
use crate::part10;
use crate::source::Source;
use crate::tag::Tag;
use crate::token::Encoding;
use crate::vr::Vr;

/// Makes envelopes of a data set: an item of Encrypted Attributes Sequence (0400,0500) for each.
pub type Seal<'a> = dyn Fn(&[u8]) -> Result<Vec<Vec<u8>>> + Sync + 'a;

/// Encrypted Attributes Sequence.
pub const ENVELOPES: Tag = Tag(0x0400_0500);

/// Larger elements than this are not taken along.
const MOST: u64 = 1 << 28;

#[derive(Clone, Copy)]
struct Pending {
    start: u64,
    place: Place,
    /// It goes along whatever became of it.
    always: bool,
}

/// Where the elements are that did not stay.
#[derive(Default)]
pub struct Originals {
    pending: Option<Pending>,
    changed: Vec<(u64, u64)>,
    /// Where the envelopes go.
    seam: Option<Place>,
}

impl Originals {
    /// An element of the outermost data set begins at `start`; the one before ends there.
    ///
    /// # Errors
    /// A source that cannot be read.
    pub fn begin<S: Source>(&mut self, source: &mut S, output: &Output, start: u64) -> Result<()> {
        let Some(pending) = self.pending.take() else { return Ok(()) };
        let length = start.saturating_sub(pending.start);
        if length > MOST {
            return Ok(());
        }
        if pending.always || !output.same(pending.place, source, pending.start, length)? {
            self.changed.push((pending.start, length));
        }
        Ok(())
    }

    /// The element `tag` is about to be written.
    pub fn follow(&mut self, output: &Output, tag: Tag, start: u64, always: bool) {
        if self.seam.is_none() && tag > ENVELOPES {
            self.seam = Some(output.place());
        }
        if !tag.is_pixel_data() {
            self.pending = Some(Pending { start, place: output.place(), always });
        }
    }

    /// The originals as a data set in `encoding`: Modified Attributes Sequence (0400,0550) with one item.
    ///
    /// # Errors
    /// A source that cannot be read, or more bytes than a length can say.
    pub fn data_set<S: Source>(&self, source: &mut S, encoding: Encoding) -> Result<Vec<u8>> {
        let mut output = Output::default();
        let place = output.header(Tag(0x0400_0550), Vr::SQ, encoding, 0)?;
        let start = output.length();
        output.tag(Tag::ITEM, encoding.big_endian);
        output.word32(0, encoding.big_endian);
        let (item_place, item) = (output.bytes.len() - 4, output.length());
        for (from, length) in &self.changed {
            output.bytes.extend_from_slice(source.bytes(*from, usize::try_from(*length).unwrap_or(usize::MAX))?);
        }
        output.patch(item_place, item, encoding.big_endian)?;
        output.patch(place, start, encoding.big_endian)?;
        Ok(output.bytes)
    }

    /// Put the envelopes where they belong.
    ///
    /// # Errors
    /// More bytes than a length can say.
    pub fn insert(&self, output: &mut Output, envelopes: &[Vec<u8>], encoding: Encoding) -> Result<()> {
        let syntax = match (encoding.implicit, encoding.big_endian) {
            (true, _) => part10::IMPLICIT,
            (_, true) => part10::BIG_ENDIAN,
            _ => part10::EXPLICIT,
        };
        let big = encoding.big_endian;
        let mut sequence = Output::default();
        let place = sequence.header(ENVELOPES, Vr::SQ, encoding, 0)?;
        let start = sequence.length();
        for envelope in envelopes {
            sequence.tag(Tag::ITEM, big);
            sequence.word32(0, big);
            let (item_place, item) = (sequence.bytes.len() - 4, sequence.length());
            sequence.element(Tag(0x0400_0510), Vr(*b"UI"), encoding, syntax.as_bytes())?;
            sequence.element(Tag(0x0400_0520), Vr(*b"OB"), encoding, envelope)?;
            sequence.patch(item_place, item, big)?;
        }
        sequence.patch(place, start, big)?;
        output.insert(self.seam.unwrap_or_else(|| output.place()), &sequence.bytes);
        Ok(())
    }
}
