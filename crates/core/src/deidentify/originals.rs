//! What was there before: the elements of the outermost data set that did not stay as they are, byte for byte, so that
//! an envelope (PS3.15 E.1, Encrypted Attributes Sequence) can take them along.

use super::output::{Output, Place};
use crate::error::Result;
use crate::part10;
use crate::source::Source;
use crate::tag::Tag;
use crate::token::Encoding;
use crate::vr::Vr;

/// Makes envelopes of a data set in a transfer syntax: an item of Encrypted Attributes Sequence (0400,0500) for each,
/// of the data set in Explicit VR Little Endian, the only one that may be encrypted (PS3.3 C.12.1.1.4.1).
pub type Seal<'a> = dyn Fn(&[u8], &str) -> Result<Vec<Vec<u8>>> + Sync + 'a;

/// The transfer syntax of uncompressed objects in this encoding.
#[must_use]
pub const fn plain_syntax(encoding: Encoding) -> &'static str {
    match (encoding.implicit, encoding.big_endian) {
        (true, _) => part10::IMPLICIT,
        (_, true) => part10::BIG_ENDIAN,
        _ => part10::EXPLICIT,
    }
}

/// Encrypted Attributes Sequence.
pub const ENVELOPES: Tag = Tag(0x0400_0500);

/// Block E0 of a private group that nobody uses: the original pixel data, as a difference from those in the file.
pub const PIXELS: Tag = Tag(0x0401_E001);
/// Its Private Creator, and what that says.
pub const PIXELS_CREATOR: Tag = Tag(0x0401_00E0);
/// Names the block.
pub const CREATOR: &[u8] = b"HOUNSFIELD ORIGINAL PIXELS";

/// Larger elements than this are not taken along.
const MOST: u64 = 1 << 28;

/// Where the envelopes are in the output.
#[derive(Clone, Copy, Default, Debug)]
pub struct Sealed {
    /// Bytes of the data set before them.
    pub at: u64,
    /// Their bytes.
    pub length: u64,
}

#[derive(Clone, Copy)]
struct Pending {
    tag: Tag,
    start: u64,
    place: Place,
    /// It goes along whatever became of it.
    always: bool,
}

fn pixel_patch(output: &mut Output, patch: &[u8], encoding: Encoding) -> Result<()> {
    output.element(PIXELS_CREATOR, Vr(*b"LO"), encoding, CREATOR)?;
    output.element(PIXELS, Vr(*b"OB"), encoding, patch)
}

/// Where the elements are that did not stay.
#[derive(Default)]
pub struct Originals {
    pending: Option<Pending>,
    changed: Vec<(Tag, u64, u64)>,
    /// How to make the pixel data again, where they were changed.
    pixels: Option<Vec<u8>>,
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
            if pending.tag.is_pixel_data() {
                self.pixels = Some(output.difference(pending.place, source, pending.start, length)?);
            } else {
                self.changed.push((pending.tag, pending.start, length));
            }
        }
        Ok(())
    }

    /// The element `tag` is about to be written.
    pub fn follow(&mut self, output: &Output, tag: Tag, start: u64, always: bool) {
        if self.seam.is_none() && tag > ENVELOPES {
            self.seam = Some(output.place());
        }
        self.pending = Some(Pending { tag, start, place: output.place(), always: always && !tag.is_pixel_data() });
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
        let mut pixels = self.pixels.as_ref();
        for (tag, from, length) in &self.changed {
            if let Some(patch) = pixels.take_if(|_| *tag > PIXELS) {
                pixel_patch(&mut output, patch, encoding)?;
            }
            output.bytes.extend_from_slice(source.bytes(*from, usize::try_from(*length).unwrap_or(usize::MAX))?);
        }
        if let Some(patch) = pixels {
            pixel_patch(&mut output, patch, encoding)?;
        }
        output.patch(item_place, item, encoding.big_endian)?;
        output.patch(place, start, encoding.big_endian)?;
        Ok(output.bytes)
    }

    /// Put the envelopes where they belong.
    ///
    /// # Errors
    /// More bytes than a length can say.
    pub fn insert(&self, output: &mut Output, envelopes: &[Vec<u8>], encoding: Encoding) -> Result<Sealed> {
        let big = encoding.big_endian;
        let mut sequence = Output::default();
        let place = sequence.header(ENVELOPES, Vr::SQ, encoding, 0)?;
        let start = sequence.length();
        for envelope in envelopes {
            sequence.tag(Tag::ITEM, big);
            sequence.word32(0, big);
            let (item_place, item) = (sequence.bytes.len() - 4, sequence.length());
            sequence.element(Tag(0x0400_0510), Vr(*b"UI"), encoding, part10::EXPLICIT.as_bytes())?;
            sequence.element(Tag(0x0400_0520), Vr(*b"OB"), encoding, envelope)?;
            sequence.patch(item_place, item, big)?;
        }
        sequence.patch(place, start, big)?;
        let seam = self.seam.unwrap_or_else(|| output.place());
        let sealed = Sealed { at: output.before(seam), length: sequence.bytes.len() as u64 };
        output.insert(seam, &sequence.bytes);
        Ok(sealed)
    }
}
