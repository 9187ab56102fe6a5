//! The first look at a file: whose it is, what it is, and what it tells of the patient.

use super::plan::{Known, Plan};
use super::terms::Terms;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::source::Source;
use crate::tag::Tag;
use crate::text::trim;
use crate::token::{Content, Step, Token, Visitor};
use crate::vr::Vr;

/// What one file tells before it is rewritten.
#[derive(Default)]
pub struct Subject {
    /// SOP Class UID (0008,0016).
    pub class: Vec<u8>,
    /// SOP Instance UID (0008,0018).
    pub instance: Vec<u8>,
    /// Study Instance UID (0020,000D).
    pub study: Vec<u8>,
    /// Series Instance UID (0020,000E).
    pub series: Vec<u8>,
    /// Patient ID (0010,0020).
    pub patient_id: Vec<u8>,
    /// Issuer of Patient ID (0010,0021).
    pub issuer: Vec<u8>,
    /// Patient's Name (0010,0010).
    pub patient_name: Vec<u8>,
    /// Longitudinal Temporal Information Modified (0028,0303).
    pub temporal: Vec<u8>,
    /// What identifies the patient in texts.
    pub terms: Terms,
    /// Layout of native pixel data.
    pub pixels: Pixels,
    /// Overlays in bits of the pixel data that the pixels leave free.
    pub overlay_in_pixels: bool,
    /// Problems that do not stop the work.
    pub issues: Vec<Error>,
    /// Whether elements of a DICOMDIR are there.
    pub directory: bool,
    /// Manufacturer (0008,0070).
    pub manufacturer: Vec<u8>,
    /// Burned In Annotation (0028,0301).
    pub burned_in: Vec<u8>,
    /// Transfer Syntax UID (0002,0010).
    pub syntax: Vec<u8>,
}

/// Numbers of the Image Pixel Module.
#[derive(Clone, Copy, Default, Debug)]
pub struct Pixels {
    /// (0028,0010).
    pub rows: u64,
    /// (0028,0011).
    pub columns: u64,
    /// (0028,0008).
    pub frames: u64,
    /// (0028,0002).
    pub samples: u64,
    /// (0028,0100).
    pub allocated: u64,
    /// (0028,0101).
    pub stored: u64,
    /// (0028,0102).
    pub high: u64,
    /// Samples are shared by neighbors: YBR_FULL_422 and the like.
    pub shared: bool,
}

impl Subject {
    /// What tells one patient from another: ID and its issuer, or the name, or the study.
    #[must_use]
    pub fn patient(&self) -> Vec<u8> {
        if !self.patient_id.is_empty() {
            let mut whole = self.patient_id.clone();
            if !self.issuer.is_empty() {
                whole.push(b'\n');
                whole.extend_from_slice(&self.issuer);
            }
            return whole;
        }
        let (mark, other) =
            if self.patient_name.is_empty() { (b"\nstudy ", &self.study) } else { (b"\nname  ", &self.patient_name) };
        [mark.as_slice(), other].concat()
    }
}

/// Fills a [`Subject`].
pub struct Look<'p> {
    plan: &'p Plan,
    context: Context,
    /// What was found.
    pub subject: Subject,
}

impl<'p> Look<'p> {
    /// With nothing seen yet.
    #[must_use]
    pub fn new(plan: &'p Plan) -> Self {
        Self { plan, context: Context::default(), subject: Subject::default() }
    }

    fn outer(&mut self, token: &Token, bytes: &[u8]) {
        let subject = &mut self.subject;
        let number = || {
            let pair = [bytes.first().copied().unwrap_or(0), bytes.get(1).copied().unwrap_or(0)];
            u64::from(if token.encoding.big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
        };
        let target = match token.tag.0 {
            0x0008_0016 => &mut subject.class,
            0x0008_0018 => &mut subject.instance,
            0x0008_0070 => &mut subject.manufacturer,
            0x0010_0010 => &mut subject.patient_name,
            0x0010_0020 => &mut subject.patient_id,
            0x0010_0021 => &mut subject.issuer,
            0x0020_000D => &mut subject.study,
            0x0020_000E => &mut subject.series,
            0x0028_0301 => &mut subject.burned_in,
            0x0028_0303 => &mut subject.temporal,
            0x0028_0002 => return subject.pixels.samples = number(),
            0x0028_0004 => return subject.pixels.shared = bytes.windows(2).any(|pair| pair == b"42"),
            0x0028_0008 => return subject.pixels.frames = count(bytes),
            0x0028_0010 => return subject.pixels.rows = number(),
            0x0028_0011 => return subject.pixels.columns = number(),
            0x0028_0100 => return subject.pixels.allocated = number(),
            0x0028_0101 => return subject.pixels.stored = number(),
            0x0028_0102 => return subject.pixels.high = number(),
            tag if tag & 0xFF01_FFFF == 0x6000_0102 => {
                subject.overlay_in_pixels |= number() > 0;
                return;
            }
            _ => return,
        };
        *target = until_nul(trim(bytes)).to_vec();
    }
}

/// The number that an IS value says; very many where it cannot be read, so that nothing counts as too much.
fn count(bytes: &[u8]) -> u64 {
    let value = until_nul(trim(bytes));
    if value.is_empty() {
        return 0;
    }
    let most = u64::from(u32::MAX);
    std::str::from_utf8(value)
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .map_or(most, |number: u64| number.min(most))
}

/// What stands before the first null: nothing may hide behind it.
#[must_use]
pub fn until_nul(value: &[u8]) -> &[u8] {
    let end = value.iter().position(|byte| *byte == 0).unwrap_or(value.len());
    value.get(..end).unwrap_or_default()
}

/// Issues that can be passed over, since nothing of what they are about is copied.
#[must_use]
pub fn passable(error: &Error) -> bool {
    matches!(error.code, "misplaced-delimiter" | "trailing-bytes" | "syntax-contradicted")
}

const LONGEST: u32 = 1024;

impl<S: Source> Visitor<S> for Look<'_> {
    fn open(&mut self, token: &Token, source: &mut S) -> Result<Step> {
        if token.depth == 0 && token.tag >= Tag::PIXEL_DATA && token.content != Content::Item {
            return Ok(Step::Stop);
        }
        if token.content == Content::Item {
            self.context.enter();
        }
        if token.tag.group() == 0x0004 && token.depth == 0 {
            self.subject.directory |= token.tag.0 == 0x0004_1220;
        }
        if token.content != Content::Value || token.length > LONGEST || token.length == 0 {
            return Ok(if token.content == Content::Fragments { Step::Over } else { Step::In });
        }
        if token.tag.is_private() {
            return Ok(Step::In);
        }
        let known = self.plan.known.get(&token.tag.0).copied();
        let name = token.vr == Vr(*b"PN") || (token.vr == Vr::NONE && self.context.vr(token) == Vr(*b"PN"));
        let kind = known.or(if name { Some(Known::Name) } else { None });
        if kind.is_none() && token.depth > 0 {
            return Ok(Step::In);
        }
        let bytes = source.bytes(token.value, token.length as usize)?;
        if let Some(kind) = kind {
            let value = until_nul(trim(bytes));
            // An institution that is the maker of the device or of the software tells what the device is.
            let maker = kind == Known::Phrase
                && !value.is_empty()
                && self.subject.manufacturer.windows(value.len()).any(|part| part == value);
            if !maker {
                self.subject.terms.note(kind, value, &self.plan.plain);
            }
        }
        if token.depth == 0 {
            let bytes = bytes.to_vec();
            self.outer(token, &bytes);
        }
        Ok(Step::In)
    }

    fn close(&mut self, token: &Token, _end: u64) {
        if token.content == Content::Item {
            self.context.leave();
        }
    }

    fn issue(&mut self, error: Error) -> Result<()> {
        if passable(&error) && error.kind != Kind::Limit {
            self.subject.issues.push(error);
            return Ok(());
        }
        Err(error)
    }
}
