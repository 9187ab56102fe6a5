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

    /// Tell the peer at once what has arrived. Many senders write an object in pieces and, by Nagle's algorithm, hold
    /// the last until the others are acknowledged, which a receiver otherwise puts off for 40 ms.
    fn acknowledge(&mut self) {}
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

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn acknowledge(&mut self) {
        // Where this is not to be had, the peer waits a little, and nothing else is different.
        let _ = socket2::SockRef::from(&*self).set_tcp_quickack(true);
    }
}
