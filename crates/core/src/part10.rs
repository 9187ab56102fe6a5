//! The DICOM file format (PS3.10 7): preamble, prefix, File Meta Information, and which encoding the data set has.

use crate::error::{Error, Kind, Result};
use crate::limits::Limits;
use crate::source::Source;
use crate::tag::Tag;
use crate::token::{looks_like_item, read_tag, walk, Encoding, Options, Step, Token, Visitor};
use crate::vr::Vr;

/// Deflated Explicit VR Little Endian.
pub const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
/// Implicit VR Little Endian, the default.
pub const IMPLICIT: &str = "1.2.840.10008.1.2";
/// Explicit VR Little Endian.
pub const EXPLICIT: &str = "1.2.840.10008.1.2.1";
/// Explicit VR Big Endian (retired).
pub const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";

/// What stands before the data set.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// Whether the 128 bytes of preamble and `DICM` are there.
    pub preamble: bool,
    /// Offset of the first File Meta element.
    pub meta_start: u64,
    /// Whether the File Meta elements are implicit, against the standard.
    pub meta_implicit: bool,
    /// Offset of the command set elements (PS3.7) between the File Meta Information and the data set, where there are any.
    pub command_start: Option<u64>,
    /// Offset of the data set (compressed, where it is deflated); equal to `meta_start` without File Meta Information.
    pub data_start: u64,
    /// Transfer Syntax UID, where stated.
    pub transfer_syntax: Option<String>,
    /// The data set is to be inflated before it is read.
    pub deflated: bool,
    /// Encoding that the transfer syntax promises; the walk corrects it by the data where they differ.
    pub encoding: Option<Encoding>,
}

/// The object identifier id-envelopedData in DER (RFC 5652 6.1).
const ENVELOPED_DATA: [u8; 11] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x03];

impl Head {
    /// The promised encoding, or the default.
    #[must_use]
    pub fn data_encoding(&self) -> Encoding {
        self.encoding.unwrap_or(Encoding::IMPLICIT)
    }
}

/// Read what stands before the data set.
///
/// # Errors
/// [`Kind::NotDicom`] where neither the prefix nor two plausible elements are found, [`Kind::Truncated`] where nothing
/// follows the prefix.
pub fn head<S: Source>(source: &mut S, limits: Limits) -> Result<Head> {
    let start = source.bytes(0, 160)?;
    if start.is_empty() {
        return Err(Error::new(Kind::NotDicom, "empty", "the file is empty"));
    }
    let preamble = start.get(128..132) == Some(b"DICM".as_slice());
    let nothing_after = preamble && start.len() < 140;
    let meta_start = if preamble { 132 } else { u64::from(start.starts_with(b"DICM")) * 4 };
    if nothing_after {
        return Err(Error::new(
            Kind::Truncated,
            "no-data-set",
            "the file ends after the preamble: there is no data set",
        )
        .at(None, 132));
    }
    if !preamble && !plausible(source, meta_start)? {
        return Err(not_dicom(source)?);
    }
    let mut head = Head { preamble, meta_start, data_start: meta_start, ..Head::default() };
    read_meta(source, limits, &mut head)?;
    read_command(source, limits, &mut head)?;
    let first = source.bytes(head.data_start, 12)?;
    if head.transfer_syntax.as_deref() == Some(DEFLATED) {
        // Some writers name the deflated syntax and deflate nothing.
        let plain = first.len() >= 8 && read_tag(first, false).group() == 0x0008 && explicit_vr(first).is_known();
        head.deflated = !plain;
    }
    head.encoding = encoding_of(head.transfer_syntax.as_deref(), first);
    Ok(head)
}

fn explicit_vr(header: &[u8]) -> Vr {
    Vr([header.get(4).copied().unwrap_or(0), header.get(5).copied().unwrap_or(0)])
}

fn encoding_of(syntax: Option<&str>, first: &[u8]) -> Option<Encoding> {
    match syntax {
        Some(IMPLICIT) => Some(Encoding::IMPLICIT),
        Some(BIG_ENDIAN) => Some(Encoding::BIG_ENDIAN),
        Some(_) => Some(Encoding::EXPLICIT),
        None if first.len() < 8 => None,
        None if explicit_vr(first).is_known() => {
            // Read as little endian, a big-endian group below 0100 has its low byte empty.
            let big_endian = read_tag(first, false).group() >= 0x0400 && read_tag(first, true).group() < 0x0100;
            Some(Encoding { implicit: false, big_endian })
        }
        None => None,
    }
}

/// Whether a file that starts so is a Secure DICOM File (PS3.10 7.4): a CMS `ContentInfo` with enveloped-data.
#[must_use]
pub fn is_envelope(start: &[u8]) -> bool {
    let (Some(0x30), Some(first)) = (start.first(), start.get(1)) else { return false };
    // A short length, a long one of so many bytes, or an indefinite one.
    let length = if first & 0x80 == 0 { 0 } else { usize::from(first & 0x7F) };
    length <= 8 && start.get(2 + length..).is_some_and(|rest| rest.starts_with(&ENVELOPED_DATA))
}

fn not_dicom<S: Source>(source: &mut S) -> Result<Error> {
    let start = source.bytes(0, 32)?;
    if is_envelope(start) {
        return Ok(Error::new(Kind::Locked, "encrypted", "the file is encrypted (a CMS envelope)").at(None, 0));
    }
    let start = start.get(..16).unwrap_or(start);
    let what = match start {
        [0xFF, 0xD8, 0xFF, ..] => "a JPEG picture",
        [0x89, b'P', b'N', b'G', ..] => "a PNG picture",
        [b'%', b'P', b'D', b'F', ..] => "a PDF document",
        [b'P', b'K', 3 | 5, 4 | 6, ..] => "a ZIP archive",
        [0x1F, 0x8B, ..] => "a gzip file",
        [b'G', b'I', b'F', b'8', ..] => "a GIF picture",
        text if text.iter().all(|byte| matches!(byte, 9 | 10 | 13 | 32..=126)) => "text",
        _ => "no DICOM prefix and no elements at its start",
    };
    Ok(Error::new(Kind::NotDicom, "not-dicom", format!("the file is not DICOM: {what}")).at(None, 0))
}

/// Whether a file without the prefix starts like a data set or a group 0002: two headers in order, the first of a group
/// that objects start with, in any of the encodings.
fn plausible<S: Source>(source: &mut S, start: u64) -> Result<bool> {
    for encoding in [Encoding::EXPLICIT, Encoding::IMPLICIT, Encoding::BIG_ENDIAN] {
        if plausible_in(source, start, encoding)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn plausible_in<S: Source>(source: &mut S, start: u64, encoding: Encoding) -> Result<bool> {
    let bytes = source.bytes(start, 12)?;
    let Some((first, next)) = shape(bytes, start, encoding) else { return Ok(false) };
    if !matches!(first.group(), 0x0000 | 0x0002 | 0x0004 | 0x0008) || first.element() > 0x3000 {
        return Ok(false);
    }
    let bytes = source.bytes(next, 12)?;
    if bytes.is_empty() {
        // A single element is believed only where it states a VR and fits exactly.
        return Ok(!encoding.implicit && source.end() == Some(next));
    }
    let same = shape(bytes, next, encoding);
    // Group 0002 is explicit even before an implicit data set.
    let other = shape(bytes, next, Encoding::IMPLICIT).filter(|_| first.group() == 0x0002);
    Ok(same.or(other).is_some_and(|(second, _)| second > first && second.group() <= 0x0054))
}

/// Tag and end of a header that states a believable length.
fn shape(bytes: &[u8], start: u64, encoding: Encoding) -> Option<(Tag, u64)> {
    if bytes.len() < 8 || looks_like_item(bytes, encoding.big_endian) {
        return None;
    }
    let tag = read_tag(bytes, encoding.big_endian);
    let number = |at: usize, count: usize| -> u64 {
        let found = bytes.get(at..at + count).unwrap_or_default().iter();
        let fold = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        if encoding.big_endian {
            found.fold(0, fold)
        } else {
            found.rev().fold(0, fold)
        }
    };
    let (value, length) = if encoding.implicit {
        (start + 8, number(4, 4))
    } else {
        let vr = explicit_vr(bytes);
        if !vr.is_known() {
            return None;
        }
        if vr.has_long_length() {
            (start + 12, number(8, 4))
        } else {
            (start + 8, number(6, 2))
        }
    };
    (length <= 1 << 16).then_some((tag, value + length))
}

/// Collects File Meta elements until another group begins.
struct Group {
    group: u16,
    transfer_syntax: Option<String>,
    ended: Option<u64>,
}

impl<S: Source> Visitor<S> for Group {
    fn open(&mut self, token: &Token, source: &mut S) -> Result<Step> {
        if token.depth == 0 && token.tag.group() != self.group {
            self.ended = Some(token.start);
            return Ok(Step::Stop);
        }
        if token.tag == Tag::TRANSFER_SYNTAX {
            let bytes = source.bytes(token.value, (token.length as usize).min(64))?;
            let text = String::from_utf8_lossy(bytes);
            self.transfer_syntax = Some(text.trim_matches(['\0', ' ']).to_owned());
        }
        Ok(Step::In)
    }

    fn issue(&mut self, _error: Error) -> Result<()> {
        // Whatever is wrong here is seen again, and reported, when the elements themselves are read.
        Ok(())
    }
}

fn read_group<S: Source>(
    source: &mut S,
    limits: Limits,
    group: u16,
    start: u64,
    encoding: Encoding,
) -> Result<(u64, Option<String>)> {
    let mut visitor = Group { group, transfer_syntax: None, ended: None };
    let options = Options { start, encoding, limits, descend: false, detect: false };
    let end = walk(source, &mut visitor, options)?;
    Ok((visitor.ended.unwrap_or(end), visitor.transfer_syntax.filter(|uid| !uid.is_empty())))
}

fn read_meta<S: Source>(source: &mut S, limits: Limits, head: &mut Head) -> Result<()> {
    let first = source.bytes(head.meta_start, 8)?;
    if first.len() < 8 || read_tag(first, false).group() != 0x0002 {
        return Ok(());
    }
    head.meta_implicit = !explicit_vr(first).looks_like_one();
    let encoding = if head.meta_implicit { Encoding::IMPLICIT } else { Encoding::EXPLICIT };
    let (end, syntax) = read_group(source, limits, 0x0002, head.meta_start, encoding)?;
    head.data_start = end;
    head.transfer_syntax = syntax;
    Ok(())
}

/// Files that were captured from a network may have a command set (PS3.7 6.3) before the data set.
fn read_command<S: Source>(source: &mut S, limits: Limits, head: &mut Head) -> Result<()> {
    let first = source.bytes(head.data_start, 8)?;
    if first.len() < 8 || first.starts_with(&[0, 0, 0, 0, 0, 0]) || read_tag(first, false).group() != 0 {
        return Ok(());
    }
    head.command_start = Some(head.data_start);
    head.data_start = read_group(source, limits, 0x0000, head.data_start, Encoding::IMPLICIT)?.0;
    Ok(())
}
