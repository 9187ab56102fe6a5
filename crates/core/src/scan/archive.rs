//! ZIP archives: each member is inflated only as far as its header goes, and all together only so far.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use zip::ZipArchive;

use crate::error::{Error, Kind};
use crate::limits::Limits;
use crate::scan::pick::Picker;
use crate::scan::rows::{Chunk, Entry, Outcome, Place};
use crate::source::{Source, Stream};
use crate::table::Counted;

/// First bytes of an archive with members, and of an empty one.
const MAGIC: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// Headers are a small part of the files around them: inflating this many times the archive's own size is no honest need.
const RATIO: u64 = 16;

/// A file that each clone reads at a position of its own.
#[derive(Clone, Debug)]
struct At {
    file: Arc<File>,
    length: u64,
    position: u64,
}

impl Read for At {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(&*self.file, buffer, self.position)?;
        #[cfg(windows)]
        let read = std::os::windows::fs::FileExt::seek_read(&*self.file, buffer, self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for At {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let moved = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = moved.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

/// An archive whose directory has been read.
#[derive(Debug)]
pub struct Archive {
    zip: ZipArchive<At>,
    file: usize,
    modified: i64,
    left: AtomicU64,
}

/// Whether a file that starts so is an archive.
#[must_use]
pub fn is_archive(start: &[u8]) -> bool {
    MAGIC.iter().any(|magic| start.starts_with(magic))
}

impl Archive {
    /// Read the directory of an archive; `index` names its file in the walk.
    ///
    /// # Errors
    /// When there is no usable directory in it, or it lists more members than the limit on elements.
    pub fn open(file: File, length: u64, index: usize, modified: i64, limits: Limits) -> Result<Self, Error> {
        let broken = |error: &dyn std::fmt::Display| {
            Error::new(Kind::Malformed, "archive", format!("a ZIP archive that cannot be opened: {error}"))
        };
        let zip = ZipArchive::new(At { file: Arc::new(file), length, position: 0 }).map_err(|error| broken(&error))?;
        if zip.len() as u64 > limits.elements {
            return Err(broken(&format!("it lists {} members", zip.len())));
        }
        let left = limits.inflated_bytes.saturating_add(length.saturating_mul(RATIO));
        Ok(Self { zip, file: index, modified, left: AtomicU64::new(left) })
    }

    /// Number of members, folders included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.zip.len()
    }

    /// Whether it has no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.zip.is_empty()
    }

    /// Look into some of its members.
    pub fn examine(&self, members: Range<usize>, picker: &Picker<'_>, chunk: &mut Chunk) {
        let mut zip = self.zip.clone();
        for index in members {
            let name = zip.name_for_index(index).unwrap_or_default().to_owned();
            if name.ends_with('/') {
                continue;
            }
            // The archive is read by somebody else's code; whatever it trips over costs one member only.
            let examined = catch_unwind(AssertUnwindSafe(|| self.member(&mut zip, index, picker, chunk)));
            let (size, outcome, issues) = examined
                .unwrap_or_else(|_| (0, Outcome::Unreadable("the member makes no sense".to_owned()), Vec::new()));
            let place = Place::Member(self.file, name);
            chunk.entries.push(Entry { place, size, modified: self.modified, outcome, issues });
        }
    }

    fn member(
        &self,
        zip: &mut ZipArchive<At>,
        index: usize,
        picker: &Picker<'_>,
        chunk: &mut Chunk,
    ) -> (u64, Outcome, Vec<Counted>) {
        let member = match zip.by_index(index) {
            Ok(member) => member,
            Err(error) => return (0, Outcome::Unreadable(format!("the member cannot be read: {error}")), Vec::new()),
        };
        let size = member.size();
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            let message = "left alone: the members before it took all that may be inflated of one archive";
            return (size, Outcome::Unreadable(message.to_owned()), Vec::new());
        }
        let mut source = Stream::new(member, Some(size), left.min(picker.limits().inflated_bytes));
        let nested = source.bytes(0, 4).is_ok_and(is_archive);
        let (outcome, issues) = if nested {
            (Outcome::Other("a ZIP archive in an archive: not looked into".to_owned()), Vec::new())
        } else {
            picker.pick(&mut source, chunk)
        };
        // Two threads may spend the last of it; then both have stayed within what was left.
        self.left.store(left.saturating_sub(source.have()), Ordering::Relaxed);
        (size, outcome, issues)
    }
}
