//! De-identification (PS3.15 E): one file in, the same file without what identifies out.
//!
//! A file is looked at twice. First [`subject`] finds out whose it is and what is known of the patient; then [`rewriter`]
//! writes every element that stays, at every depth, in the transfer syntax of the file. Large values are not read: they
//! are copied when the file is written. What becomes of an element is said by a [`plan`], which Python compiles.

pub mod batch;
mod dates;
mod draft;
mod fragments;
pub mod keyed;
mod meta;
mod originals;
mod output;
mod patch;
pub mod pictures;
pub mod plan;
pub mod residual;
mod rewriter;
mod spelling;
mod subject;
mod summary;
mod terms;
mod types;
mod values;

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use flate2::write::DeflateEncoder;
use flate2::Compression;

pub use originals::{Seal, Sealed, CREATOR, PIXELS, PIXELS_CREATOR};
pub use output::{Origin, Output};
pub use patch::{pieces, Piece};
pub use plan::{Action, Known, Plan, Rule};
pub use summary::{Line, Summary};
pub use values::Pairs;

use sha2::{Digest, Sha256};

use crate::error::{Error, Kind, Result};
use crate::inflate::inflate;
use crate::limits::Limits;
use crate::part10::{self, Head};
use crate::source::{Slice, Source};
use crate::token::{walk, Encoding, Options};
use originals::Originals;
use rewriter::Rewriter;
use subject::{Look, Subject};
use types::Types;

/// Types of the SOP classes that were met.
#[derive(Default)]
pub struct TypesByClass(HashMap<Vec<u8>, Arc<Types>>);

impl TypesByClass {
    fn of(&mut self, class: &[u8]) -> Arc<Types> {
        if let Some(known) = self.0.get(class) {
            return known.clone();
        }
        let types = Arc::new(types::of(&String::from_utf8_lossy(class)));
        // Classes come from files: their number is not trusted.
        if self.0.len() < 1024 {
            self.0.insert(class.to_vec(), types.clone());
        }
        types
    }
}

/// One file, rewritten but not yet written.
pub struct Done {
    /// Preamble and File Meta Information.
    pub head: Vec<u8>,
    /// The data set; ranges are of the file, or there are none where it was deflated.
    pub output: Output,
    /// Names for the folders and the file: patient, study, series, instance.
    pub names: [Vec<u8>; 4],
    /// Originals and what they became.
    pub pairs: Pairs,
    /// What was odd and could be passed over.
    pub issues: Vec<Error>,
    /// Bytes of envelopes, which are never the same twice.
    pub sealed: Sealed,
    /// Digest of the originals that go along.
    pub originals: Option<[u8; 32]>,
}

/// What one thread keeps from file to file.
#[derive(Default)]
pub struct Memory {
    /// Types of the SOP classes that were met.
    pub types: TypesByClass,
    /// What was done.
    pub summary: Summary,
}

impl Memory {
    /// Keep the first value of each attribute too.
    #[must_use]
    pub fn with_examples(examples: bool) -> Self {
        Self { types: TypesByClass::default(), summary: Summary::with_examples(examples) }
    }
}

/// How files are rewritten.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    /// What becomes of every element.
    pub plan: &'a Plan,
    /// What reading may cost.
    pub limits: Limits,
    /// Takes the originals along, encrypted.
    pub seal: Option<&'a Seal<'a>>,
}

/// De-identify one file.
///
/// # Errors
/// What cannot be read to its end, or is no single object.
pub fn rewrite<S: Source>(source: &mut S, task: Task<'_>, memory: &mut Memory) -> Result<Done> {
    let limits = task.limits;
    let head = part10::head(source, limits)?;
    if !head.deflated {
        return data_set(source, &head, head.data_start, task, memory);
    }
    let length = source.end().unwrap_or(u64::MAX).saturating_sub(head.data_start);
    let compressed = source.bytes(head.data_start, usize::try_from(length).unwrap_or(usize::MAX))?;
    let (inflated, broken) = inflate(compressed, limits.inflated_bytes)?;
    if let Some(error) = broken {
        return Err(error.at(None, head.data_start));
    }
    let mut done = data_set(&mut Slice::new(&inflated), &head, 0, task, memory)?;
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&done.output.collect(&inflated))?;
    let mut bytes = encoder.finish()?;
    if bytes.len() % 2 == 1 {
        bytes.push(0);
    }
    done.output = Output::from_bytes(bytes);
    Ok(done)
}

fn data_set<S: Source>(source: &mut S, head: &Head, start: u64, task: Task<'_>, memory: &mut Memory) -> Result<Done> {
    let Task { plan, limits, seal } = task;
    let options = Options { start, encoding: head.data_encoding(), limits, descend: true, detect: true };
    let mut look = Look::new(plan);
    walk(source, &mut look, options)?;
    let mut subject = look.subject;
    subject.issues.extend(burned_in(&subject));
    if subject.directory {
        let message = "a DICOMDIR lists the files of a medium by their old names and is not carried over";
        return Err(Error::new(Kind::Unsupported, "dicomdir", message));
    }
    if subject.class.is_empty() && subject.instance.is_empty() {
        let message = "the file holds no object: neither SOP Class UID nor SOP Instance UID";
        return Err(Error::new(Kind::Unsupported, "no-object", message));
    }
    subject.syntax = head.transfer_syntax.clone().unwrap_or_default().into_bytes();
    let types = memory.types.of(&subject.class);
    let mut rewriter = Rewriter::new(plan, &subject, &types, &mut memory.summary);
    rewriter.originals = seal.map(|_| Originals::default());
    let end = walk(source, &mut rewriter, options)?;
    if let Some(originals) = &mut rewriter.originals {
        originals.begin(source, &rewriter.output, end)?;
    }
    let encoding = rewriter.encoding();
    rewriter.finish(encoding)?;
    let Rewriter { mut output, pairs, originals, .. } = rewriter;
    let (mut sealed, mut digest) = (Sealed::default(), None);
    if let (Some(seal), Some(originals)) = (seal, originals) {
        let before = originals.data_set(source, encoding)?;
        digest = Some(Sha256::digest(&before).into());
        let envelopes = seal(&before, originals::plain_syntax(encoding))?;
        sealed = originals.insert(&mut output, &envelopes, encoding)?;
    }
    let syntax = syntax(head, encoding)?;
    let names = names(plan, &subject);
    let instance = if subject.instance.is_empty() { b"".as_slice() } else { &names[3] };
    let bytes = meta::write(uid_only(&subject.class), uid_only(instance), syntax.as_bytes(), &plan.version)?;
    Ok(Done { head: bytes, output, names, pairs, issues: subject.issues, sealed, originals: digest })
}

/// Objects whose pixels show text as a rule: ultrasound, secondary capture, video, scanned films.
const SHOWS_TEXT: [&str; 3] = ["1.2.840.10008.5.1.4.1.1.6", "1.2.840.10008.5.1.4.1.1.3", "1.2.840.10008.5.1.4.1.1.7"];

/// Whether somebody should look at the pixels.
fn burned_in(subject: &Subject) -> Option<Error> {
    let class = String::from_utf8_lossy(&subject.class);
    let stated = subject.burned_in.as_slice();
    let likely = SHOWS_TEXT
        .iter()
        .any(|root| class.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')));
    let message = match stated {
        b"YES" => "the header says that the pixels show text (Burned In Annotation)",
        b"NO" => return None,
        _ if likely && subject.pixels.rows > 0 => {
            "pixels of this kind often show text, and the header does not deny it"
        }
        _ => return None,
    };
    Some(Error::new(Kind::Unsupported, "burned-in", message))
}

/// The transfer syntax that the file is in: the stated one, unless its data contradict it.
fn syntax(head: &Head, encoding: Encoding) -> Result<String> {
    let plain = match (encoding.implicit, encoding.big_endian) {
        (true, false) => part10::IMPLICIT,
        (false, false) => part10::EXPLICIT,
        (false, true) => part10::BIG_ENDIAN,
        (true, true) => {
            let message = "implicit VR big endian is in no transfer syntax";
            return Err(Error::new(Kind::Unsupported, "syntax-unknown", message));
        }
    };
    match &head.transfer_syntax {
        // Where the pixels are compressed, their syntax must be said, whatever the data set is in.
        Some(stated) if ![part10::IMPLICIT, part10::EXPLICIT, part10::BIG_ENDIAN].contains(&stated.as_str()) => {
            if uid_only(stated.as_bytes()).is_empty() {
                return Err(Error::new(Kind::Malformed, "syntax-unknown", "the transfer syntax is no UID"));
            }
            Ok(stated.clone())
        }
        _ => Ok(plain.to_owned()),
    }
}

/// Nothing, where it is no UID.
fn uid_only(value: &[u8]) -> &[u8] {
    let fits = value.len() <= 64 && value.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    if fits {
        value
    } else {
        b""
    }
}

fn names(plan: &Plan, subject: &Subject) -> [Vec<u8>; 4] {
    let patient = subject.patient();
    let uid = |original: &[u8], what: &str| {
        if original.is_empty() {
            // Without a UID of its own, what is known must tell it apart.
            let all = [subject.study.as_slice(), &subject.series, &subject.instance, &patient].concat();
            return plan.key.uid(&[what.as_bytes(), &all].concat()).into_bytes();
        }
        if plan.keep_uids {
            return original.to_vec();
        }
        plan.uid(original)
    };
    [
        values::pseudonym(plan, &patient),
        uid(&subject.study, "study"),
        uid(&subject.series, "series"),
        uid(&subject.instance, "instance"),
    ]
}
