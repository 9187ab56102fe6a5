//! Deflated data sets (PS3.5 A.5): inflated whole within a limit, or as a stream that keeps only a window.

use std::io::Read;

use flate2::read::DeflateDecoder;

use crate::error::{Error, Kind, Result};
use crate::source::{Source, Stream};

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

/// Inflated bytes on demand, forwards only; offsets count from the start of the inflated data set.
pub struct InflateWindow<R: Read>(Stream<DeflateDecoder<R>>);

impl<R: Read> InflateWindow<R> {
    /// Stream from `compressed`.
    pub fn new(compressed: R, limit: u64) -> Self {
        Self(Stream::new(DeflateDecoder::new(compressed), None, limit))
    }
}

impl<R: Read> Source for InflateWindow<R> {
    fn bytes(&mut self, offset: u64, count: usize) -> Result<&[u8]> {
        self.0.bytes(offset, count)
    }

    fn end(&self) -> Option<u64> {
        None
    }
}
