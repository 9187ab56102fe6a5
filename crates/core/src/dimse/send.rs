//! An association on which objects are sent: files in, PDUs out, and one result for each.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

use super::associate::{self, Associate};
use super::command::{self, Command};
use super::pdu::{self, broken};
use super::receive::push_command;
use super::transport::Transport;
use crate::error::{Error, Kind, Result};
use crate::limits::Limits;
use crate::part10;
use crate::source::Window;

/// Bytes that are put together before they are written to the peer.
const GATHER: usize = 1 << 18;
/// The longest answer to an association request, or to a command.
const ANSWER_BYTES: u32 = 1 << 20;

/// What the peer said to an association request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Accepted; each context has its own result.
    Accepted(Box<Associate>),
    /// Rejected: result, source and reason (PS3.8 9.3.4).
    Rejected(u8, u8, u8),
    /// Aborted: source and reason (PS3.8 9.3.8).
    Aborted(u8, u8),
}

/// An object to be sent.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// A DICOM file.
    pub path: PathBuf,
    /// Its SOP Class UID.
    pub sop_class: String,
    /// Its SOP Instance UID.
    pub sop_instance: String,
    /// The presentation context that was accepted for its class and syntax.
    pub context: u8,
    /// Move Originator AE title and message, of a sub-operation of C-MOVE.
    pub originator: Option<(String, u16)>,
}

/// What became of one object: the peer's status and comment, or why it was not sent.
pub type Sent = Result<(u16, String)>;

/// Ask for an association.
///
/// # Errors
/// Where the connection fails or the answer is no PDU that may come now.
pub fn request<S: Transport>(stream: &mut S, proposal: &Associate, wait: Duration) -> Result<Answer> {
    stream.patience(wait)?;
    stream.write_all(&associate::build(pdu::REQUEST, proposal)?)?;
    stream.flush()?;
    let (kind, content) = read_pdu(stream)?;
    let byte = |place: usize| content.get(place).copied().unwrap_or(0);
    match kind {
        pdu::ACCEPT => Ok(Answer::Accepted(Box::new(associate::parse(&content)?))),
        pdu::REJECT => Ok(Answer::Rejected(byte(1), byte(2), byte(3))),
        pdu::ABORT => Ok(Answer::Aborted(byte(2), byte(3))),
        _ => Err(broken("pdu-unexpected", format!("a PDU of type {kind:02X} as the answer to an association request"))),
    }
}

fn read_pdu<S: Transport>(stream: &mut S) -> Result<(u8, Vec<u8>)> {
    let mut head = [0; 6];
    stream.read_exact(&mut head).map_err(|error| lost(&error))?;
    // The peer may hold the rest of its answer until this much of it is acknowledged.
    stream.acknowledge();
    let (kind, length) = pdu::header(head);
    if length > ANSWER_BYTES {
        return Err(broken("pdu-length", format!("an answer of {length} bytes")));
    }
    let mut content = vec![0; length as usize];
    stream.read_exact(&mut content).map_err(|error| lost(&error))?;
    Ok((kind, content))
}

fn lost(error: &std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => {
            Error::new(Kind::Limit, "peer-silent", "the peer did not answer in time")
        }
        std::io::ErrorKind::UnexpectedEof
        | std::io::ErrorKind::ConnectionReset
        | std::io::ErrorKind::ConnectionAborted
        | std::io::ErrorKind::BrokenPipe => Error::new(Kind::Io, "connection-lost", "the peer closed the connection"),
        _ => Error::new(Kind::Io, "io", error.to_string()),
    }
}

/// How an accepted association may be used.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The longest P-DATA-TF that the peer takes; 0 is without bound.
    pub peer_length: u32,
    /// Operations that may wait for their answers at once; 1 where nothing else was agreed.
    pub window: usize,
}

struct Sender<'a, S: Transport> {
    stream: &'a mut S,
    pace: Pace,
    buffer: Vec<u8>,
    /// Message and place of those sent and not answered.
    open: Vec<(u16, usize)>,
}

fn go_on(wanted: bool) -> Result<()> {
    if wanted {
        Ok(())
    } else {
        Err(Error::new(Kind::Io, "stopped", "stopped by the caller"))
    }
}

/// Send objects one after the other and give each result to `told`, with its place in `objects`, until it says no.
///
/// # Errors
/// Where the connection is lost, the peer breaks the protocol, or `told` said no; those without a result by then have
/// none.
pub fn send<S: Transport>(
    stream: &mut S,
    objects: &[Outgoing],
    pace: Pace,
    told: &mut dyn FnMut(usize, Sent) -> bool,
) -> Result<()> {
    let mut sender = Sender { stream, pace, buffer: Vec::with_capacity(2 * GATHER), open: Vec::new() };
    for (place, object) in objects.iter().enumerate() {
        while sender.open.len() >= pace.window.max(1) {
            sender.answer(told)?;
        }
        match open(object) {
            Err(error) => go_on(told(place, Err(error)))?,
            Ok((file, length)) => {
                let message = (place % 0xFFFF) as u16 + 1;
                sender.open.push((message, place));
                sender.object(object, message, file, length)?;
            }
        }
    }
    while !sender.open.is_empty() {
        sender.answer(told)?;
    }
    Ok(())
}

/// The file at its data set, and the bytes from there to its end.
fn open(object: &Outgoing) -> Result<(File, u64)> {
    let file = File::open(&object.path)?;
    let length = file.metadata()?.len();
    let mut source = Window::new(file, length, Vec::new());
    let head = part10::head(&mut source, Limits::default())?;
    let (mut file, _) = source.into_parts();
    file.seek(SeekFrom::Start(head.data_start))?;
    Ok((file, length - head.data_start))
}

impl<S: Transport> Sender<'_, S> {
    fn object(&mut self, object: &Outgoing, message: u16, file: File, length: u64) -> Result<()> {
        let request = Command {
            field: command::STORE,
            message,
            sop_class: object.sop_class.clone(),
            sop_instance: object.sop_instance.clone(),
            has_data_set: true,
            originator: object.originator.clone(),
            ..Command::default()
        };
        push_command(&mut self.buffer, object.context, &request, self.pace.peer_length);
        let most = match self.pace.peer_length {
            0 => GATHER,
            given => (given as usize).saturating_sub(6).clamp(1, GATHER),
        };
        let most = (most & !1).max(1);
        let mut file = file.take(length);
        let mut left = length;
        loop {
            let size = left.min(most as u64);
            left -= size;
            // Fragments are even (PS3.8 E.1); a deflated data set may lack the NUL that makes it so (PS3.5 A.5).
            let even = (size + size % 2) as u32;
            self.buffer.extend(pdu::start(pdu::DATA, even + 6));
            self.buffer.extend((even + 2).to_be_bytes());
            self.buffer.extend([object.context, if left == 0 { 2 } else { 0 }]);
            let from = self.buffer.len();
            self.buffer.resize(from + size as usize, 0);
            // A file that shrank meanwhile cannot be taken back: the association has to end.
            file.read_exact(self.buffer.get_mut(from..).unwrap_or(&mut []))?;
            self.buffer.resize(from + even as usize, 0);
            if left == 0 || self.buffer.len() >= GATHER {
                self.stream.write_all(&self.buffer).map_err(|error| lost(&error))?;
                self.buffer.clear();
            }
            if left == 0 {
                return Ok(self.stream.flush()?);
            }
        }
    }

    /// Wait for one answer.
    fn answer(&mut self, told: &mut dyn FnMut(usize, Sent) -> bool) -> Result<()> {
        let answer = self.command()?;
        let known = self.open.iter().position(|(message, _)| *message == answer.answers);
        let Some(known) = known.filter(|_| answer.field == command::STORED) else {
            let (field, message) = (answer.field, answer.answers);
            return Err(broken("command-unexpected", format!("a command {field:04X} that answers message {message}")));
        };
        let (_, place) = self.open.remove(known);
        go_on(told(place, Ok((answer.status, answer.comment))))
    }

    fn command(&mut self) -> Result<Command> {
        let mut bytes = Vec::new();
        loop {
            let (kind, content) = read_pdu(self.stream)?;
            match kind {
                pdu::DATA => {}
                pdu::ABORT => {
                    let (source, reason) = (content.get(2).copied(), content.get(3).copied());
                    let words = format!(
                        "the peer aborted the association (source {}, reason {})",
                        source.unwrap_or(0),
                        reason.unwrap_or(0)
                    );
                    return Err(Error::new(Kind::Io, "peer-aborted", words));
                }
                _ => return Err(broken("pdu-unexpected", format!("a PDU of type {kind:02X} in place of an answer"))),
            }
            let mut fields = pdu::Fields::new(&content);
            while !fields.is_empty() {
                let size = fields.long()?;
                let value = fields.take(size as usize)?;
                let [_, control, part @ ..] = value else {
                    return Err(broken("pdv-length", format!("a PDV of {size} bytes")));
                };
                bytes.extend_from_slice(part);
                if control & 3 == 3 {
                    return command::parse(&bytes);
                }
            }
        }
    }
}

/// Release the association in order.
///
/// # Errors
/// Where the connection fails; the peer has everything by then.
pub fn release<S: Transport>(stream: &mut S) -> Result<()> {
    stream.write_all(&pdu::RELEASE_PDU)?;
    stream.flush()?;
    loop {
        let (kind, _) = read_pdu(stream)?;
        if kind == pdu::RELEASED || kind == pdu::ABORT {
            return Ok(());
        }
    }
}
