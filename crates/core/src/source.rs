//! Where bytes come from: a slice in memory, or a file read through a sliding window.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use crate::error::Result;

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
