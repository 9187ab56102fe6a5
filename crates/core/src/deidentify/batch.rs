//! Many files: threads, names without identity, and files that are there whole or not at all.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::draft::Draft;
use super::{rewrite, Done, Memory, Origin, Pairs, Plan, Seal, Summary, Task};
use crate::error::{Error, Kind, Result};
use crate::limits::Limits;
use crate::source::{Slice, Window};

const UNWRITTEN: &str = "the output cannot be written";

/// One input.
pub enum Input {
    /// A file.
    Path(PathBuf),
    /// Bytes, e.g. of a member of an archive.
    Bytes(Vec<u8>),
}

/// What became of one input.
#[derive(Default)]
pub struct Row {
    /// Relative to the output folder.
    pub output: String,
    /// The file was there already, with the same content.
    pub existed: bool,
    /// Why nothing was written.
    pub error: Option<Error>,
    /// Originals and what they became, where they are wanted.
    pub pairs: Pairs,
    /// What was odd and could be passed over.
    pub issues: Vec<Error>,
    /// Bytes written.
    pub bytes: u64,
}

/// Where to and how.
pub struct Settings<'a> {
    /// The profile.
    pub plan: &'a Plan,
    /// Folder to write into; nothing is written without.
    pub folder: Option<&'a Path>,
    /// What reading may cost.
    pub limits: Limits,
    /// Number of threads.
    pub threads: usize,
    /// Keep the pairs.
    pub pairs: bool,
    /// Keep examples.
    pub examples: bool,
    /// Takes the originals along, encrypted.
    pub seal: Option<&'a Seal<'a>>,
}

struct Worker<'a> {
    settings: &'a Settings<'a>,
    memory: Memory,
    made: HashSet<PathBuf>,
    buffer: Vec<u8>,
    full: &'a AtomicBool,
    parts: &'a AtomicU64,
    carried: &'a Mutex<HashMap<String, [u8; 32]>>,
}

/// De-identify all of `inputs`; a row for each, in their order.
#[must_use]
pub fn run(inputs: &[Input], settings: &Settings<'_>) -> (Vec<Row>, Summary) {
    let next = AtomicUsize::new(0);
    let full = AtomicBool::new(false);
    let parts = AtomicU64::new(0);
    let carried = Mutex::new(HashMap::new());
    let rows: Mutex<Vec<(usize, Row)>> = Mutex::new(Vec::with_capacity(inputs.len()));
    let total: Mutex<Summary> = Mutex::new(Summary::with_examples(settings.examples));
    let work = || {
        let mut worker = Worker {
            settings,
            memory: Memory::with_examples(settings.examples),
            made: HashSet::new(),
            buffer: Vec::new(),
            full: &full,
            parts: &parts,
            carried: &carried,
        };
        let mut mine = Vec::new();
        while let Some((index, input)) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            inputs.get(index).map(|input| (index, input))
        } {
            mine.push((index, worker.row(input)));
        }
        if let Ok(mut all) = rows.lock() {
            all.append(&mut mine);
        }
        if let Ok(mut all) = total.lock() {
            all.merge(worker.memory.summary);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..settings.threads.clamp(1, 64) {
            scope.spawn(work);
        }
        work();
    });
    let mut rows = rows.into_inner().unwrap_or_default();
    rows.sort_by_key(|(index, _)| *index);
    (rows.into_iter().map(|(_, row)| row).collect(), total.into_inner().unwrap_or_default())
}

pub(super) fn io(error: &std::io::Error, what: &str) -> Error {
    let full = matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge);
    Error::new(Kind::Io, if full { "disk-full" } else { "io" }, format!("{what}: {error}"))
}

impl Worker<'_> {
    fn row(&mut self, input: &Input) -> Row {
        if self.full.load(Ordering::Relaxed) {
            let error = Error::new(Kind::Io, "disk-full", "not tried: the disk of the output is full");
            return Row { error: Some(error), ..Row::default() };
        }
        match self.one(input) {
            Ok(row) => row,
            Err(error) => {
                if error.code == "disk-full" {
                    self.full.store(true, Ordering::Relaxed);
                }
                Row { error: Some(error), ..Row::default() }
            }
        }
    }

    fn one(&mut self, input: &Input) -> Result<Row> {
        let Settings { plan, limits, seal, .. } = *self.settings;
        let task = Task { plan, limits, seal };
        // What was done to a file that fails in the end does not count.
        let before = std::mem::replace(&mut self.memory.summary, Summary::with_examples(self.settings.examples));
        let row = self.rewritten(input, task);
        let now = std::mem::replace(&mut self.memory.summary, before);
        if row.is_ok() {
            self.memory.summary.merge(now);
        }
        row
    }

    fn rewritten(&mut self, input: &Input, task: Task<'_>) -> Result<Row> {
        match input {
            Input::Path(path) => {
                let file = File::open(path).map_err(|error| io(&error, "the file cannot be opened"))?;
                let about = file.metadata()?;
                if !about.is_file() {
                    return Err(Error::new(Kind::NotDicom, "not-a-file", "it is no regular file"));
                }
                let mut window = Window::new(file, about.len(), std::mem::take(&mut self.buffer));
                let done = rewrite(&mut window, task, &mut self.memory);
                let (mut file, buffer) = window.into_parts();
                self.buffer = buffer;
                self.publish(done?, &mut Origin::File(&mut file))
            }
            Input::Bytes(bytes) => {
                let done = rewrite(&mut Slice::new(bytes), task, &mut self.memory)?;
                self.publish(done, &mut Origin::Bytes(bytes))
            }
        }
    }

    fn publish(&mut self, done: Done, origin: &mut Origin<'_>) -> Result<Row> {
        let [patient, study, series, instance] = done.names.map(|name| safe(&name));
        let below = format!("{patient}/{study}/{series}");
        let mut row = Row {
            output: format!("{below}/{instance}.dcm"),
            issues: done.issues,
            bytes: done.head.len() as u64 + done.output.length(),
            ..Row::default()
        };
        if self.settings.pairs {
            row.pairs = done.pairs;
        }
        let Some(root) = self.settings.folder else { return Ok(row) };
        let folder = root.join(&below);
        if !self.made.contains(&folder) {
            fs::create_dir_all(&folder).map_err(|error| io(&error, "a folder of the output cannot be made"))?;
            self.made.insert(folder.clone());
        }
        let number = self.parts.fetch_add(1, Ordering::Relaxed);
        let part = root.join(format!(".hounsfield-{}-{number}.part", std::process::id()));
        // An envelope is never the same twice: it does not tell one object from another.
        let sealed =
            done.head.len() as u64 + done.sealed.at..done.head.len() as u64 + done.sealed.at + done.sealed.length;
        let mut draft = Draft::new(&folder, part).map_err(|error| io(&error, UNWRITTEN))?;
        draft.file.write_all(&done.head).map_err(|error| io(&error, UNWRITTEN))?;
        done.output.write(origin, &mut draft.file)?;
        self.named(&mut draft, root, &mut row, &sealed, done.originals)?;
        Ok(row)
    }
}

impl Worker<'_> {
    /// Give the finished file its name. Of files that this run made it is known what originals they carry, so that two
    /// which differ in nothing else stay two.
    fn named(
        &self,
        draft: &mut Draft,
        root: &Path,
        row: &mut Row,
        sealed: &Range<u64>,
        originals: Option<[u8; 32]>,
    ) -> Result<()> {
        let Some(originals) = originals else { return link(draft, root, row, sealed, None) };
        let mut carried = self.carried.lock().unwrap_or_else(PoisonError::into_inner);
        let other = carried.get(&row.output).is_some_and(|known| *known != originals);
        link(draft, root, row, sealed, other.then_some(originals))?;
        if !row.existed {
            carried.insert(row.output.clone(), originals);
        }
        Ok(())
    }
}

/// Give the finished file its name. One that is alike is not made twice, unless it is `different` in what cannot be
/// seen.
fn link(draft: &mut Draft, root: &Path, row: &mut Row, sealed: &Range<u64>, different: Option<[u8; 32]>) -> Result<()> {
    let named = |draft: &Draft, output: &str| {
        draft.link(&root.join(output)).map_err(|error| io(&error, "the output cannot be named"))
    };
    if named(draft, &row.output)? {
        return Ok(());
    }
    let mut digest = digest(draft.begin()?, sealed)?;
    if let Some(originals) = different {
        digest = Sha256::digest([digest, originals].concat()).into();
    } else if digest == self::digest(&mut File::open(root.join(&row.output))?, sealed)? {
        row.existed = true;
        return Ok(());
    }
    // Another object under the same UID: neither replaces the other.
    let mark = digest.iter().take(4).fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
    row.output = format!("{}-{mark:08x}.dcm", row.output.trim_end_matches(".dcm"));
    if !named(draft, &row.output)? {
        row.existed = true;
    }
    Ok(())
}

/// The digest of a file without the bytes `except`.
fn digest(file: &mut File, except: &Range<u64>) -> Result<[u8; 32]> {
    let mut at = 0_u64;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hasher.finalize().into());
        }
        // What is before the gap, and what is after it.
        let place = |offset: u64| usize::try_from(offset.clamp(at, at + read as u64) - at).unwrap_or(0);
        hasher.update(buffer.get(..place(except.start)).unwrap_or_default());
        hasher.update(buffer.get(place(except.end.max(except.start))..read).unwrap_or_default());
        at += read as u64;
    }
}

/// A name for a file or folder, whatever the value is.
fn safe(value: &[u8]) -> String {
    let name: String = value
        .iter()
        .take(64)
        .map(|byte| {
            let fits = byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
            if fits {
                char::from(*byte)
            } else {
                '_'
            }
        })
        .collect();
    if name.trim_matches(['.', '_']).is_empty() {
        return "_".to_owned();
    }
    name.trim_start_matches('.').to_owned()
}
