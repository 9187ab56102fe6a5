//! What an association runs over: a TCP connection, or anything in a test that reads and writes.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A stream that can say whether a read would wait.
pub trait Transport: Read + Write {
    /// Whether bytes, or the end, are there to be read at once.
    ///
    /// # Errors
    /// What the operating system says of the connection.
    fn ready(&mut self) -> io::Result<bool>;

    /// Bound every following wait for the peer.
    ///
    /// # Errors
    /// What the operating system says of the connection.
    fn patience(&mut self, limit: Duration) -> io::Result<()>;
}

impl Transport for TcpStream {
    fn ready(&mut self) -> io::Result<bool> {
        self.set_nonblocking(true)?;
        let looked = self.peek(&mut [0]);
        self.set_nonblocking(false)?;
        match looked {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn patience(&mut self, limit: Duration) -> io::Result<()> {
        // A limit of nothing would mean to wait for ever.
        let limit = Some(limit.max(Duration::from_millis(1)));
        self.set_read_timeout(limit)?;
        self.set_write_timeout(limit)
    }
}
