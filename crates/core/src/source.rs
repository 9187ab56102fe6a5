//! Where bytes come from: a slice in memory, or a file read through a sliding window.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use crate::error::{Error, Kind, Result};

/// Random access to bytes by offset. Nothing is promised to stay in memory between two calls.
pub trait Source {
    /// Up to `count` bytes at `offset`: fewer only where the data end.
    ///
    /// # Errors
    /// When the underlying file cannot be read, or a limit is passed.
    fn bytes(&mut self, offset: u64, count: usize) -> Result<&[u8]>;

    /// The offset at which the data end, if that is known without reading them.
    fn end(&self) -> Option<u64>;
}

/// Bytes in memory, with the offset of the first.
pub struct Slice<'a> {
    data: &'a [u8],
}

impl<'a> Slice<'a> {
    /// All of `data`.
    #[must_use]
    pub const fn new(data: &'a [u8]) -> Self {
        Self { data }
    }
}

impl Source for Slice<'_> {
    #[inline]
    fn bytes(&mut self, offset: u64, count: usize) -> Result<&[u8]> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.data.len());
        let end = start.saturating_add(count).min(self.data.len());
        Ok(self.data.get(start..end).unwrap_or_default())
    }

    fn end(&self) -> Option<u64> {
        Some(self.data.len() as u64)
    }
}

/// A file of which a few kilobytes at a time are in memory.
pub struct Window {
    file: File,
    length: u64,
    base: u64,
    position: u64,
    buffer: Vec<u8>,
    filled: usize,
}

/// One read of this size covers the header of most single-frame objects.
pub const WINDOW: usize = 8 * 1024;

impl Window {
    /// Read `file`, of `length` bytes, into `buffer` (kept for reuse by the caller) as needed.
    #[must_use]
    pub fn new(file: File, length: u64, mut buffer: Vec<u8>) -> Self {
        if buffer.len() < WINDOW {
            buffer.resize(WINDOW, 0);
        }
        Self { file, length, base: 0, position: 0, buffer, filled: 0 }
    }

    /// Give the buffer back for the next file.
    #[must_use]
    pub fn into_parts(self) -> (File, Vec<u8>) {
        (self.file, self.buffer)
    }

    #[cold]
    fn fill(&mut self, offset: u64, count: usize) -> Result<()> {
        let wanted = count.max(WINDOW).min(usize::try_from(self.length.saturating_sub(offset)).unwrap_or(usize::MAX));
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        }
        if self.position != offset {
            self.file.seek(SeekFrom::Start(offset))?;
        }
        self.base = offset;
        self.filled = 0;
        self.position = offset;
        while self.filled < wanted {
            let Some(rest) = self.buffer.get_mut(self.filled..wanted) else { break };
            match self.file.read(rest) {
                Ok(0) => break,
                Ok(read) => {
                    self.filled += read;
                    self.position += read as u64;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

impl Source for Window {
    #[inline]
    fn bytes(&mut self, offset: u64, count: usize) -> Result<&[u8]> {
        let end = offset.saturating_add(count as u64).min(self.length);
        if offset < self.base || end > self.base + self.filled as u64 {
            self.fill(offset, count)?;
        }
        let start = usize::try_from(offset.saturating_sub(self.base)).unwrap_or(usize::MAX).min(self.filled);
        let stop = start.saturating_add(count).min(self.filled);
        Ok(self.buffer.get(start..stop).unwrap_or_default())
    }

    fn end(&self) -> Option<u64> {
        Some(self.length)
    }
}

/// The bytes of a source from some offset on, in order.
pub struct Reader<'a, S: Source> {
    source: &'a mut S,
    at: u64,
}

impl<'a, S: Source> Reader<'a, S> {
    /// From `at` on.
    pub const fn new(source: &'a mut S, at: u64) -> Self {
        Self { source, at }
    }
}

impl<S: Source> Read for Reader<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = buffer.len().min(WINDOW);
        let bytes = self.source.bytes(self.at, count).map_err(std::io::Error::other)?;
        let count = bytes.len().min(count);
        if let (Some(target), Some(found)) = (buffer.get_mut(..count), bytes.get(..count)) {
            target.copy_from_slice(found);
        }
        self.at += count as u64;
        Ok(count)
    }
}

/// Bytes that can only be read in order: what lies well before the last request is forgotten.
pub struct Stream<R: Read> {
    reader: R,
    base: u64,
    buffer: Vec<u8>,
    limit: u64,
    length: Option<u64>,
    ended: bool,
}

/// A header is looked at again when its element is read, so this much before a request is kept.
const BEHIND: u64 = 256;

impl<R: Read> Stream<R> {
    /// At most `limit` bytes of `reader`, which should give `length`.
    pub fn new(reader: R, length: Option<u64>, limit: u64) -> Self {
        Self { reader, base: 0, buffer: Vec::new(), limit, length, ended: false }
    }

    /// Number of bytes read so far.
    #[must_use]
    pub fn have(&self) -> u64 {
        self.base + self.buffer.len() as u64
    }

    fn pull(&mut self) -> Result<()> {
        let before = self.buffer.len();
        self.buffer.resize(before + WINDOW, 0);
        let read = match self.buffer.get_mut(before..) {
            // A corrupt stream ends where it breaks: the caller sees truncated data and says so.
            Some(rest) => self.reader.read(rest).unwrap_or(0),
            None => 0,
        };
        self.buffer.truncate(before + read);
        self.ended = read == 0;
        if self.have() > self.limit {
            return Err(Error::new(
                Kind::Limit,
                "limit-inflated-bytes",
                format!("more than {} bytes would have to be inflated", self.limit),
            ));
        }
        Ok(())
    }
}

impl<R: Read> Source for Stream<R> {
    fn bytes(&mut self, offset: u64, count: usize) -> Result<&[u8]> {
        if offset < self.base {
            return Err(Error::new(Kind::Unsupported, "stream-backwards", "a stream cannot be read backwards"));
        }
        while !self.ended && offset.saturating_add(count as u64) > self.have() {
            let keep = offset.saturating_sub(BEHIND).min(self.have());
            let forget = usize::try_from(keep.saturating_sub(self.base)).unwrap_or(0);
            if forget > 0 {
                self.buffer.drain(..forget);
                self.base += forget as u64;
            }
            self.pull()?;
        }
        let start = usize::try_from(offset - self.base).unwrap_or(usize::MAX).min(self.buffer.len());
        let stop = start.saturating_add(count).min(self.buffer.len());
        Ok(self.buffer.get(start..stop).unwrap_or_default())
    }

    fn end(&self) -> Option<u64> {
        self.length
    }
}
