//! Deflated data sets (PS3.5 A.5): inflated whole within a limit, or as a stream that keeps only a window.

use std::io::Read;

use flate2::read::DeflateDecoder;

use crate::error::{Error, Kind, Result};
use crate::source::{Source, WINDOW};

/// Inflate `data` (raw deflate, trailing padding allowed).
///
/// # Errors
/// When the stream is corrupt from its start on, or gives more than `limit` bytes.
/// A stream that breaks off later gives what was inflated and the error beside it.
pub fn inflate(data: &[u8], limit: u64) -> Result<(Vec<u8>, Option<Error>)> {
    let mut inflated = Vec::new();
    let mut decoder = DeflateDecoder::new(data).take(limit.saturating_add(1));
    let broken = match decoder.read_to_end(&mut inflated) {
        Ok(_) => None,
        Err(error) if inflated.is_empty() => {
            return Err(Error::new(
                Kind::Malformed,
                "deflate-corrupt",
                format!("the deflated data set cannot be inflated: {error}"),
            ));
        }
        Err(error) => Some(Error::new(
            Kind::Truncated,
            "deflate-truncated",
            format!("the deflated data set breaks off after {} inflated bytes: {error}", inflated.len()),
        )),
    };
    if inflated.len() as u64 > limit {
        return Err(over(limit));
    }
    Ok((inflated, broken))
}

fn over(limit: u64) -> Error {
    Error::new(
        Kind::Limit,
        "limit-inflated-bytes",
        format!("the deflated data set inflates to more than {limit} bytes"),
    )
}

/// Inflated bytes on demand, forwards only; what lies before the last request is forgotten.
pub struct InflateWindow<R: Read> {
    decoder: DeflateDecoder<R>,
    base: u64,
    buffer: Vec<u8>,
    limit: u64,
    ended: bool,
}

impl<R: Read> InflateWindow<R> {
    /// Stream from `compressed`; offsets count from the start of the inflated data set.
    pub fn new(compressed: R, limit: u64) -> Self {
        Self { decoder: DeflateDecoder::new(compressed), base: 0, buffer: Vec::new(), limit, ended: false }
    }

    fn have(&self) -> u64 {
        self.base + self.buffer.len() as u64
    }

    fn pull(&mut self) -> Result<()> {
        let before = self.buffer.len();
        self.buffer.resize(before + WINDOW, 0);
        let read = match self.buffer.get_mut(before..) {
            // A corrupt stream ends where it breaks: the caller sees truncated data and says so.
            Some(rest) => self.decoder.read(rest).unwrap_or(0),
            None => 0,
        };
        self.buffer.truncate(before + read);
        self.ended = read == 0;
        if self.have() > self.limit {
            return Err(over(self.limit));
        }
        Ok(())
    }
}

impl<R: Read> Source for InflateWindow<R> {
    fn bytes(&mut self, offset: u64, count: usize) -> Result<&[u8]> {
        if offset < self.base {
            return Err(Error::new(
                Kind::Unsupported,
                "inflate-backwards",
                "a deflated stream cannot be read backwards",
            ));
        }
        while !self.ended && offset.saturating_add(count as u64) > self.have() {
            let forget = usize::try_from(offset.min(self.have()) - self.base).unwrap_or(0);
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
        None
    }
}
