//! Where the pixel data of one file lie, and what stands beside them (PS3.5 8, PS3.3 C.7.6.3).

use std::path::PathBuf;

use crate::error::{Error, Kind, Result};
use crate::file;
use crate::inflate::inflate;
use crate::limits::Limits;
use crate::part10;
use crate::source::{Slice, Source};
use crate::tag::Tag;
use crate::token::{walk, Content, Encoding, Options, Step, Token, Visitor};
use crate::vr::Vr;

/// A file, or bytes in memory (a member of an archive).
#[derive(Clone, Debug)]
pub enum Input {
    /// A file, opened when it is needed.
    Path(PathBuf),
    /// The bytes of one.
    Bytes(Vec<u8>),
}

/// One stretch of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    /// Offset in the file, or in the inflated data set.
    pub offset: u64,
    /// Bytes.
    pub length: u64,
}

/// The pixel data of one file.
#[derive(Clone, Debug, Default)]
pub struct Located {
    /// Tag, Pixel Data or one of its float forms.
    pub tag: Option<Tag>,
    /// Bytes of the value, clipped to the file; of nothing where it is encapsulated.
    pub value: Option<Extent>,
    /// Bytes that the header promises.
    pub stated: u64,
    /// Offset of the header of the first item, the offset table, where it is encapsulated.
    pub items: Option<u64>,
    /// Extended Offset Table (7FE0,0001): offsets of frames, from the first fragment.
    pub extended: Vec<u64>,
    /// The most significant byte comes first.
    pub big_endian: bool,
    /// The value is a string of 16-bit words, whatever the width of a sample.
    pub words: bool,
    /// Rows, Columns, Samples per Pixel, Bits Allocated as this file has them.
    pub shape: [Option<u16>; 4],
    /// Whether values go through a Modality LUT Sequence (0028,3000).
    pub modality_lut: bool,
    /// The inflated data set, where it was deflated.
    pub inflated: Option<Vec<u8>>,
}

const SHAPE: [Tag; 4] = [Tag(0x0028_0010), Tag(0x0028_0011), Tag(0x0028_0002), Tag(0x0028_0100)];
const MODALITY_LUT: Tag = Tag(0x0028_3000);
const EXTENDED_OFFSETS: Tag = Tag(0x7FE0_0001);

struct Finder {
    found: Located,
}

impl Finder {
    fn number<S: Source>(token: &Token, source: &mut S) -> Result<Option<u16>> {
        let bytes = source.bytes(token.value, 2)?;
        let Some(pair) = bytes.get(..2).and_then(|two| <[u8; 2]>::try_from(two).ok()) else { return Ok(None) };
        Ok((token.length >= 2).then(|| {
            if token.encoding.big_endian {
                u16::from_be_bytes(pair)
            } else {
                u16::from_le_bytes(pair)
            }
        }))
    }

    fn top<S: Source>(&mut self, token: &Token, source: &mut S) -> Result<Step> {
        if let Some(slot) = SHAPE.iter().position(|tag| *tag == token.tag) {
            let value = Self::number(token, source)?;
            if let Some(place) = self.found.shape.get_mut(slot) {
                *place = value;
            }
        } else if token.tag == MODALITY_LUT {
            self.found.modality_lut = token.length > 0;
        } else if token.tag == EXTENDED_OFFSETS {
            let bytes = source.bytes(token.value, token.length as usize)?;
            self.found.extended =
                bytes.chunks_exact(8).filter_map(|eight| Some(u64::from_le_bytes(eight.try_into().ok()?))).collect();
        } else if token.tag.is_pixel_data() {
            self.found.tag = Some(token.tag);
            self.found.big_endian = token.encoding.big_endian;
            self.found.words = token.vr == Vr::OW || token.vr == Vr::NONE;
            if token.content == Content::Value {
                self.found.stated = u64::from(token.length);
                let left = source.end().map_or(u64::MAX, |end| end.saturating_sub(token.value));
                self.found.value = Some(Extent { offset: token.value, length: self.found.stated.min(left) });
                return Ok(Step::Stop);
            }
            self.found.items = Some(token.value);
            return Ok(Step::Stop);
        }
        Ok(Step::Over)
    }
}

impl<S: Source> Visitor<S> for Finder {
    fn open(&mut self, token: &Token, source: &mut S) -> Result<Step> {
        if token.depth == 0 {
            return self.top(token, source);
        }
        Ok(Step::Over)
    }

    fn issue(&mut self, error: Error) -> Result<()> {
        // A limit would end the walk before the pixel data, which would then be reported as missing.
        if error.kind == Kind::Limit {
            return Err(error);
        }
        Ok(())
    }
}

fn find<S: Source>(source: &mut S, start: u64, encoding: Encoding, limits: Limits) -> Result<Located> {
    let mut finder = Finder { found: Located::default() };
    let options = Options { start, encoding, limits, descend: false, detect: true };
    walk(source, &mut finder, options)?;
    Ok(finder.found)
}

/// Find the pixel data behind the header of `source`.
///
/// # Errors
/// When it is not DICOM, has no pixel data, or passes a limit.
pub fn locate_in<S: Source>(source: &mut S, limits: Limits) -> Result<Located> {
    let head = part10::head(source, limits)?;
    let located = if head.deflated {
        let length = source.end().unwrap_or(u64::MAX).saturating_sub(head.data_start);
        let compressed = source.bytes(head.data_start, usize::try_from(length).unwrap_or(usize::MAX))?;
        let (inflated, _) =
            inflate(compressed, limits.inflated_bytes).map_err(|error| error.at(None, head.data_start))?;
        let mut located = find(&mut Slice::new(&inflated), 0, head.data_encoding(), limits)?;
        located.inflated = Some(inflated);
        located
    } else {
        find(source, head.data_start, head.data_encoding(), limits)?
    };
    if located.tag.is_none() {
        return Err(Error::new(Kind::Unsupported, "no-pixel-data", "the file has no pixel data"));
    }
    Ok(located)
}

/// As [`locate_in`], of a file or of bytes.
///
/// # Errors
/// As [`locate_in`], and when the file cannot be opened.
pub fn locate(input: &Input, limits: Limits) -> Result<Located> {
    match input {
        Input::Path(path) => locate_in(&mut file::open(path)?, limits),
        Input::Bytes(bytes) => locate_in(&mut Slice::new(bytes), limits),
    }
}
