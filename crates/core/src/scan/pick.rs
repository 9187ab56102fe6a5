//! The wanted attributes of one header, read no further than needed.
//!
//! What instances share is not decoded here: it is gathered as one key of raw bytes, so that equal ones cost a comparison.

use crate::error::{Error, Kind, Result};
use crate::inflate::InflateWindow;
use crate::limits::Limits;
use crate::part10::{self, Head};
use crate::scan::columns::{Columns, Slot};
use crate::scan::rows::{Chunk, Instance, Outcome};
use crate::scan::skim::Skim;
use crate::scan::value::{value, Form};
use crate::source::{Reader, Source};
use crate::table::Counted;
use crate::tag::Tag;
use crate::text::Charset;
use crate::token::{walk, Encoding, Options, Step, Token, Visitor};
use crate::vr::Vr;

/// No attribute of a catalog is longer; a longer value is cut.
const LONGEST: u32 = 4096;

/// Pixel Data is looked for among this many elements after the last wanted one, to know where it is and whether it is whole.
const PATIENCE: u32 = 96;

/// First group of a DICOMDIR (PS3.10 8).
const DIRECTORY: u16 = 0x0004;

/// Reads one header after the other into a chunk.
pub struct Picker<'a> {
    columns: &'a Columns,
    limits: Limits,
}

struct Picking<'a> {
    columns: &'a Columns,
    chunk: &'a mut Chunk,
    issues: Vec<Counted>,
    next: usize,
    last: Tag,
    picked: u32,
    elements: u32,
    beyond: u32,
    pixels: Option<u64>,
    directory: bool,
}

/// The VR to read a value with: as stated where that is one, else the dictionary's.
const fn effective(token: &Token, dictionary: [u8; 2]) -> [u8; 2] {
    if token.vr.is_known() && !matches!(token.vr, Vr::UN | Vr::OB) {
        token.vr.0
    } else {
        dictionary
    }
}

impl Picking<'_> {
    fn note(&mut self, error: Error) {
        match self.issues.iter_mut().find(|counted| counted.error.code == error.code) {
            Some(counted) => counted.count += 1,
            None => self.issues.push(Counted { error, count: 1 }),
        }
    }

    /// The index of the column for `tag`. Tags come in ascending order, so it is nearly always the next one or none.
    #[inline]
    fn find(&mut self, tag: Tag) -> Option<usize> {
        if tag < self.last {
            self.next = self.columns.from(tag);
        }
        self.last = tag;
        while let Some(column) = self.columns.get(self.next) {
            if column.tag >= tag {
                return (column.tag == tag).then_some(self.next);
            }
            self.next += 1;
        }
        None
    }

    fn keep<S: Source>(&mut self, index: usize, token: &Token, source: &mut S) -> Result<()> {
        let Some(column) = self.columns.get(index).copied() else { return Ok(()) };
        let bytes = source.bytes(token.value, token.length.min(LONGEST) as usize)?;
        let vr = effective(token, column.vr);
        match column.slot {
            Slot::Shared(slot) => self.chunk.push_shared(slot, token.encoding.big_endian, vr, bytes),
            Slot::Own(slot) => {
                let form = Form { vr, big_endian: token.encoding.big_endian, charset: Charset::Latin1 };
                self.chunk.set_own(slot, value(bytes, form), self.columns.own());
            }
        }
        self.picked += 1;
        if token.length > LONGEST {
            let message = format!("a value of {} bytes; only the first {LONGEST} are kept", token.length);
            self.note(Error::new(Kind::Malformed, "long-value", message).at(Some(token.tag), token.start));
        }
        Ok(())
    }

    /// Everything up to the last wanted element.
    fn read<S: Source>(&mut self, source: &mut S, options: Options) -> Result<()> {
        let mut skim = Skim::new(source, &options);
        while let Some(token) = skim.next(source)? {
            let index = self.find(token.tag);
            if self.is_over() || (self.elements == 0 && token.tag.group() == DIRECTORY) {
                break;
            }
            if let Some(index) = index {
                self.keep(index, &token, source)?;
            }
            self.elements += 1;
            skim.pass(&token);
        }
        walk(source, self, skim.rest(options))?;
        Ok(())
    }

    /// Whether the last wanted tag has been passed.
    fn is_over(&self) -> bool {
        self.columns.get(self.next).is_none()
    }

    fn pixel_data(&mut self, token: &Token, end: Option<u64>) {
        self.pixels = Some(token.value);
        let missing = token.value_end().zip(end).filter(|(wanted, there)| wanted > there);
        if let Some((_, there)) = missing {
            let left = there.saturating_sub(token.value);
            let message = format!("the pixel data should have {} bytes, but the file ends after {left}", token.length);
            self.note(Error::new(Kind::Truncated, "pixels-truncated", message).at(Some(token.tag), token.start));
        }
    }
}

impl<S: Source> Visitor<S> for Picking<'_> {
    #[inline]
    fn open(&mut self, token: &Token, source: &mut S) -> Result<Step> {
        if self.elements == 0 && token.tag.group() == DIRECTORY {
            self.directory = true;
            return Ok(Step::Stop);
        }
        self.elements += 1;
        if let Some(index) = self.find(token.tag) {
            if !token.is_undefined() {
                self.keep(index, token, source)?;
            }
            return Ok(Step::Over);
        }
        if self.is_over() {
            if token.tag.is_pixel_data() {
                self.pixel_data(token, source.end());
                return Ok(Step::Stop);
            }
            self.beyond += 1;
            // A long way, or one whose end is not stated, is not worth knowing where the pixels are.
            if self.beyond > PATIENCE || token.is_undefined() || token.tag > Tag::PIXEL_DATA {
                return Ok(Step::Stop);
            }
        }
        Ok(Step::Over)
    }

    fn issue(&mut self, error: Error) -> Result<()> {
        self.note(error);
        Ok(())
    }
}

impl<'a> Picker<'a> {
    /// For these columns within these limits.
    #[must_use]
    pub const fn new(columns: &'a Columns, limits: Limits) -> Self {
        Self { columns, limits }
    }

    /// What one file may cost.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// What `source` is; the values of an instance are added to `chunk`.
    pub fn pick<S: Source>(&self, source: &mut S, chunk: &mut Chunk) -> (Outcome, Vec<Counted>) {
        let head = match part10::head(source, self.limits) {
            Ok(head) => head,
            Err(error) => return (Outcome::from_error(error), Vec::new()),
        };
        let start = chunk.begin(self.columns.own());
        if let (Some(slot), Some(syntax)) = (self.columns.syntax(), &head.transfer_syntax) {
            chunk.push_shared(slot, false, *b"UI", syntax.as_bytes());
        }
        let mut picking = Picking {
            columns: self.columns,
            chunk,
            issues: Vec::new(),
            next: 0,
            last: Tag(0),
            picked: 0,
            elements: 0,
            beyond: 0,
            pixels: None,
            directory: false,
        };
        let walked = self.walk(source, &head, &mut picking);
        let Picking { mut issues, picked, elements, pixels, directory, .. } = picking;
        let outcome = if directory {
            Outcome::Directory
        } else if elements == 0 || (picked == 0 && !(head.preamble || head.transfer_syntax.is_some())) {
            nothing(&head, walked.as_ref().err(), &issues)
        } else {
            Outcome::Instance(Instance { key: chunk.end(&start), cells: start.cells, pixels })
        };
        if !matches!(outcome, Outcome::Instance(_)) {
            chunk.undo(&start);
        } else if let Err(error) = walked {
            issues.push(Counted { error, count: 1 });
        }
        (outcome, issues)
    }

    fn walk<S: Source>(&self, source: &mut S, head: &Head, picking: &mut Picking<'_>) -> Result<()> {
        let encoding: Encoding = head.data_encoding();
        let options = Options { start: head.data_start, encoding, limits: self.limits, descend: false, detect: true };
        if head.deflated {
            let compressed = Reader::new(source, head.data_start);
            let mut inflated = InflateWindow::new(compressed, self.limits.inflated_bytes);
            picking.read(&mut inflated, Options { start: 0, ..options })?;
        } else {
            picking.read(source, options)?;
        }
        Ok(())
    }
}

/// What a file without usable elements is.
fn nothing(head: &Head, failure: Option<&Error>, issues: &[Counted]) -> Outcome {
    let problem = failure.or(issues.first().map(|counted| &counted.error));
    let message = match problem {
        _ if !head.preamble && head.transfer_syntax.is_none() => {
            return Outcome::Other(
                "the file is not DICOM: no preamble, and no element that says what it is".to_owned(),
            );
        }
        Some(error) => format!("the data set cannot be read: {error}"),
        None if head.deflated => "the deflated data set cannot be inflated".to_owned(),
        None => "there is no data set".to_owned(),
    };
    Outcome::Broken(message)
}
