//! The bytes that a peer sends, in one large buffer, with a deadline for each PDU.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use super::super::pdu::{self, broken};
use super::super::transport::Transport;
use crate::error::{Error, Kind, Result};

const BUFFER: usize = 1 << 20;

/// Reads PDUs; writes go straight through.
pub struct Incoming<'a, S: Transport> {
    stream: &'a mut S,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    pdu_time: Duration,
    begun: Option<Instant>,
}

impl<'a, S: Transport> Incoming<'a, S> {
    pub fn new(stream: &'a mut S, pdu_time: Duration) -> Self {
        Self { stream, buffer: vec![0; BUFFER], start: 0, end: 0, pdu_time, begun: None }
    }

    pub fn patience(&mut self, wait: Duration) -> Result<()> {
        Ok(self.stream.patience(wait)?)
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes)?;
        Ok(self.stream.flush()?)
    }

    /// Whether so many bytes are buffered, or a read would not wait.
    pub fn would_give(&mut self, count: usize) -> Result<bool> {
        Ok(self.end - self.start >= count || self.stream.ready()?)
    }

    fn held(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or(&[])
    }

    /// Read once from the peer; the number of bytes, 0 at its end.
    fn fill(&mut self) -> Result<usize> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        let free = self.buffer.get_mut(self.end..).unwrap_or(&mut []);
        let count = loop {
            match self.stream.read(free) {
                Ok(count) => break count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(lost(&error)),
            }
        };
        self.end += count;
        self.stream.acknowledge();
        if count > 0 && self.begun.get_or_insert_with(Instant::now).elapsed() > self.pdu_time {
            let limit = self.pdu_time.as_secs();
            return Err(Error::new(Kind::Limit, "pdu-time", format!("a PDU took longer than {limit} s to arrive")));
        }
        Ok(count)
    }

    /// Type and length of the next PDU; nothing where the peer closed the connection between two.
    pub fn header(&mut self) -> Result<Option<(u8, u32)>> {
        self.begun = None;
        while self.end - self.start < 6 {
            if self.fill()? == 0 {
                return if self.start == self.end { Ok(None) } else { Err(ended()) };
            }
        }
        let found = self.held().first_chunk::<6>().map(|bytes| pdu::header(*bytes));
        self.start += 6;
        Ok(found)
    }

    /// Length, presentation context and control byte of the next PDV.
    pub fn value_header(&mut self) -> Result<(u32, u8, u8)> {
        while self.end - self.start < 6 {
            if self.fill()? == 0 {
                return Err(ended());
            }
        }
        let [a, b, c, d, context, control] = *self.held().first_chunk::<6>().ok_or_else(ended)?;
        self.start += 6;
        Ok((u32::from_be_bytes([a, b, c, d]), context, control))
    }

    /// At most `most` bytes of what is there, at least one.
    pub fn piece(&mut self, most: usize) -> Result<&[u8]> {
        if self.start == self.end && self.fill()? == 0 {
            return Err(ended());
        }
        let from = self.start;
        self.start = self.end.min(from + most);
        Ok(self.buffer.get(from..self.start).unwrap_or(&[]))
    }

    /// Append exactly `count` bytes to `to`.
    pub fn append(&mut self, to: &mut Vec<u8>, count: usize) -> Result<()> {
        let mut left = count;
        while left > 0 {
            let piece = self.piece(left)?;
            left -= piece.len();
            to.extend_from_slice(piece);
        }
        Ok(())
    }
}

fn ended() -> Error {
    Error::new(Kind::Truncated, "connection-lost", "the peer closed the connection in the middle of a PDU")
}

fn lost(error: &std::io::Error) -> Error {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            Error::new(Kind::Limit, "peer-silent", "the peer sent nothing for too long")
        }
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            broken("connection-lost", "the peer closed the connection")
        }
        _ => Error::new(Kind::Io, "io", error.to_string()),
    }
}
