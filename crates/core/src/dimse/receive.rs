//! An association on which objects are received: PDUs in, files out, and answers once the files are kept.
//!
//! A sender that does not wait for its answers is read on; what arrived meanwhile is synchronized, handed over and
//! answered together. Before any wait for the peer everything complete is answered, so that a slow second object
//! never holds back the answer to the first.

mod incoming;
mod object;

use std::path::PathBuf;
use std::time::Duration;

use super::command::{self, Command};
use super::pdu::{self, broken, Abort};
use super::transport::Transport;
use super::VERIFICATION;
use crate::error::{Error, Result};
use incoming::Incoming;
use object::Object;

/// A command set of storage or verification has a few hundred bytes.
const COMMAND_BYTES: usize = 1 << 16;
/// Success (PS3.7 C.1.1).
pub const SUCCESS: u16 = 0x0000;
/// Processing failure (PS3.7 C.5.17).
pub const PROCESSING_FAILURE: u16 = 0x0110;
/// Invalid object instance (PS3.7 C.5.10).
pub const INVALID_INSTANCE: u16 = 0x0117;
/// SOP class not supported (PS3.7 C.5.6).
pub const CLASS_NOT_SUPPORTED: u16 = 0x0122;
/// Unrecognized operation (PS3.7 C.5.18).
pub const UNRECOGNIZED_OPERATION: u16 = 0x0211;
/// Refused: out of resources (PS3.4 B.2.3).
pub const OUT_OF_RESOURCES: u16 = 0xA700;
/// Error: data set does not match SOP class (PS3.4 B.2.3).
pub const CLASS_MISMATCH: u16 = 0xA900;
/// Error: cannot understand (PS3.4 B.2.3).
pub const CANNOT_UNDERSTAND: u16 = 0xC000;

/// A presentation context that was accepted.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// Its number.
    pub id: u8,
    /// The SOP class.
    pub abstract_syntax: String,
    /// The one transfer syntax.
    pub syntax: String,
}

/// What the acceptor decided, and what a peer may cost.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Where objects are written before they are handed over.
    pub folder: PathBuf,
    /// What their names begin with; no two associations may share it.
    pub prefix: String,
    /// The longest P-DATA-TF that was announced.
    pub max_length: u32,
    /// The longest that the peer takes; 0 is without bound.
    pub peer_length: u32,
    /// The largest object.
    pub object_bytes: u64,
    /// Objects that may wait for their answers together.
    pub batch: usize,
    /// Their bytes together.
    pub batch_bytes: u64,
    /// How long to wait for the peer's next byte.
    pub wait: Duration,
    /// How long one PDU may take from its first byte to its last.
    pub pdu_time: Duration,
    /// Synchronize each file with its disk before it is handed over.
    pub sync: bool,
    /// Compute SHA-256 of each file.
    pub digest: bool,
    /// Implementation Class UID to write.
    pub implementation: String,
    /// Implementation Version Name to write.
    pub version: String,
    /// Title of the peer, the source of the files.
    pub calling: String,
}

/// A complete object in a file of its own.
#[derive(Clone, Debug)]
pub struct Received {
    /// The file; whoever keeps the object moves it away.
    pub path: PathBuf,
    /// Affected SOP Class UID of the command.
    pub sop_class: String,
    /// Affected SOP Instance UID of the command.
    pub sop_instance: String,
    /// Transfer syntax of the data set.
    pub syntax: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// SHA-256 of the file, where it was asked for.
    pub digest: Option<[u8; 32]>,
    /// Move Originator AE title and message, of a sub-operation of C-MOVE.
    pub originator: Option<(String, u16)>,
}

/// Who keeps received objects.
pub trait Sink {
    /// Keep them for good and give the status for each; what is left at its path afterwards is removed.
    fn keep(&mut self, batch: &[Received]) -> Vec<u16>;
}

/// How an association ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// Released by the peer, as it should be.
    Released,
    /// Aborted by the peer.
    Aborted,
    /// The connection was closed without a release.
    Closed,
}

/// What an association brought.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How it ended; nothing where `error` says why it was given up.
    pub end: Option<End>,
    /// Objects answered with success or a warning.
    pub stored: u64,
    /// Objects answered with a failure.
    pub refused: u64,
    /// Bytes of the files of those stored.
    pub bytes: u64,
    /// What the peer did wrong, or what failed here.
    pub error: Option<Error>,
}

struct Waiting {
    context: u8,
    command: Command,
    received: Received,
    file: std::fs::File,
}

struct Receiver<'a, S: Transport, K: Sink> {
    stream: Incoming<'a, S>,
    contexts: &'a [Accepted],
    policy: &'a Policy,
    sink: &'a mut K,
    command: Vec<u8>,
    command_context: Option<u8>,
    object: Option<Object>,
    waiting: Vec<Waiting>,
    waiting_bytes: u64,
    made: u64,
    outcome: Outcome,
}

/// Serve an association whose acceptance was already sent, until it ends.
///
/// Nothing raises: what went wrong is in the outcome, after everything complete was kept and the peer was told.
pub fn serve<S: Transport, K: Sink>(stream: &mut S, contexts: &[Accepted], policy: &Policy, sink: &mut K) -> Outcome {
    let outcome = Outcome { end: None, stored: 0, refused: 0, bytes: 0, error: None };
    let mut receiver = Receiver {
        stream: Incoming::new(stream, policy.pdu_time),
        contexts,
        policy,
        sink,
        command: Vec::new(),
        command_context: None,
        object: None,
        waiting: Vec::new(),
        waiting_bytes: 0,
        made: 0,
        outcome,
    };
    let result = receiver.stream.patience(policy.wait).and_then(|()| receiver.run());
    // An object in the middle is gone; its file is removed with it.
    receiver.object = None;
    let answered = receiver.commit();
    match result {
        Ok(end) => {
            receiver.outcome.end = Some(end);
            receiver.outcome.error = answered.err().filter(|_| end == End::Released);
            if end == End::Released {
                // The peer may be gone already; it has nothing left to learn.
                let _ = receiver.stream.write(&pdu::RELEASED_PDU);
            }
        }
        Err(error) => {
            let _ = receiver.stream.write(&pdu::abort(reason(&error)));
            receiver.outcome.error = Some(error);
        }
    }
    receiver.outcome
}

fn reason(error: &Error) -> Abort {
    match error.code {
        "pdu-type" => Abort::Unrecognized,
        "pdu-unexpected" => Abort::Unexpected,
        "pdu-length" | "pdv-length" | "pdv-context" => Abort::InvalidParameter,
        _ => Abort::Unspecified,
    }
}

impl<S: Transport, K: Sink> Receiver<'_, S, K> {
    fn run(&mut self) -> Result<End> {
        loop {
            self.before_wait(6)?;
            let Some((kind, length)) = self.stream.header()? else { return Ok(End::Closed) };
            match kind {
                pdu::DATA => self.data(length)?,
                pdu::RELEASE => return Ok(End::Released),
                pdu::ABORT => return Ok(End::Aborted),
                pdu::REQUEST | pdu::ACCEPT | pdu::REJECT | pdu::RELEASED => {
                    return Err(broken("pdu-unexpected", format!("a PDU of type {kind:02X} during data transfer")));
                }
                _ => return Err(broken("pdu-type", format!("a PDU of the unknown type {kind:02X}"))),
            }
        }
    }

    /// Answer what is complete before a read that would wait for the peer.
    fn before_wait(&mut self, wanted: usize) -> Result<()> {
        if !self.waiting.is_empty() && !self.stream.would_give(wanted)? {
            self.commit()?;
        }
        Ok(())
    }

    fn data(&mut self, length: u32) -> Result<()> {
        if length > self.policy.max_length {
            let most = self.policy.max_length;
            return Err(broken("pdu-length", format!("a P-DATA-TF of {length} bytes, where {most} were agreed")));
        }
        let mut left = length;
        while left > 0 {
            if left < 6 {
                return Err(broken("pdv-length", format!("{left} bytes at the end of a PDU are no PDV")));
            }
            self.before_wait(6)?;
            let (size, context, control) = self.stream.value_header()?;
            let bounded = size.checked_add(4).filter(|whole| size >= 2 && *whole <= left);
            let Some(whole) = bounded else {
                return Err(broken("pdv-length", format!("a PDV of {size} bytes, where {left} are left of its PDU")));
            };
            left -= whole;
            let is_last = control & 2 != 0;
            if control & 1 == 0 {
                self.data_set(context, size - 2, is_last)?;
            } else {
                self.command_set(context, size - 2, is_last)?;
            }
        }
        Ok(())
    }

    fn command_set(&mut self, context: u8, size: u32, is_last: bool) -> Result<()> {
        if self.object.is_some() {
            return Err(broken("pdu-unexpected", "a command inside a data set"));
        }
        if self.command_context.is_some_and(|known| known != context) {
            return Err(broken("pdv-context", "one command in two presentation contexts"));
        }
        self.command_context = Some(context);
        if self.command.len() + size as usize > COMMAND_BYTES {
            return Err(broken("command-set", format!("a command set of more than {COMMAND_BYTES} bytes")));
        }
        self.before_wait(size as usize)?;
        self.stream.append(&mut self.command, size as usize)?;
        if is_last {
            let parsed = command::parse(&self.command)?;
            self.command.clear();
            self.command_context = None;
            self.begin(context, parsed)?;
        }
        Ok(())
    }

    fn accepted(&self, context: u8) -> Result<&Accepted> {
        let wrong = || broken("pdv-context", format!("data in presentation context {context}, which was not accepted"));
        self.contexts.iter().find(|known| known.id == context).ok_or_else(wrong)
    }

    fn begin(&mut self, context: u8, command: Command) -> Result<()> {
        let accepted = self.accepted(context)?.clone();
        let refusal = match command.field {
            command::CANCEL => return Ok(()),
            command::ECHO if accepted.abstract_syntax == VERIFICATION && !command.has_data_set => Some(SUCCESS),
            command::STORE => refusal(&command, &accepted),
            _ => Some(UNRECOGNIZED_OPERATION),
        };
        if !command.has_data_set {
            self.commit()?;
            let status = refusal.unwrap_or(CANNOT_UNDERSTAND);
            self.outcome.refused += u64::from(command.field == command::STORE);
            return self.answer(context, &command.answer(status));
        }
        self.made += 1;
        self.object = Some(match refusal {
            Some(status) => Object::refused(context, command, status),
            None => Object::create(context, command, &accepted, self.policy, self.made),
        });
        Ok(())
    }

    fn data_set(&mut self, context: u8, size: u32, is_last: bool) -> Result<()> {
        let Some(object) = self.object.as_ref() else {
            return Err(broken("pdu-unexpected", "a data set without a command before it"));
        };
        if object.context != context {
            return Err(broken("pdv-context", "the data set is in another presentation context than its command"));
        }
        let mut left = size as usize;
        while left > 0 {
            self.before_wait(1)?;
            let piece = self.stream.piece(left)?;
            left -= piece.len();
            if let Some(object) = self.object.as_mut() {
                object.write(piece, self.policy.object_bytes);
            }
        }
        if is_last {
            self.complete()?;
        }
        Ok(())
    }

    fn complete(&mut self) -> Result<()> {
        let Some(object) = self.object.take() else { return Ok(()) };
        let context = object.context;
        match object.finish() {
            Ok((command, received, file)) => {
                self.waiting_bytes += received.bytes;
                self.waiting.push(Waiting { context, command, received, file });
                if self.waiting.len() >= self.policy.batch || self.waiting_bytes >= self.policy.batch_bytes {
                    self.commit()?;
                }
                Ok(())
            }
            Err(answer) => {
                self.commit()?;
                self.outcome.refused += u64::from(answer.field == command::STORED);
                self.answer(context, &answer)
            }
        }
    }

    /// Synchronize, hand over and answer everything that is complete.
    fn commit(&mut self) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        let synced = if self.policy.sync { synchronize(&waiting) } else { vec![true; waiting.len()] };
        let kept: Vec<Received> =
            waiting.iter().zip(&synced).filter(|(_, sync)| **sync).map(|(one, _)| one.received.clone()).collect();
        let mut statuses = self.sink.keep(&kept).into_iter();
        let mut answers = Vec::with_capacity(waiting.len() * 256);
        for (one, synced) in waiting.into_iter().zip(synced) {
            let status = if synced { statuses.next().unwrap_or(PROCESSING_FAILURE) } else { OUT_OF_RESOURCES };
            // What was kept has been moved; anything else must not stay.
            let _ = std::fs::remove_file(&one.received.path);
            if status == SUCCESS || status & 0xF000 == 0xB000 {
                self.outcome.stored += 1;
                self.outcome.bytes += one.received.bytes;
            } else {
                self.outcome.refused += 1;
            }
            push_command(&mut answers, one.context, &one.command.answer(status), self.policy.peer_length);
        }
        self.stream.write(&answers)
    }

    fn answer(&mut self, context: u8, command: &Command) -> Result<()> {
        let mut bytes = Vec::with_capacity(256);
        push_command(&mut bytes, context, command, self.policy.peer_length);
        self.stream.write(&bytes)
    }
}

fn refusal(command: &Command, accepted: &Accepted) -> Option<u16> {
    if accepted.abstract_syntax == VERIFICATION {
        Some(UNRECOGNIZED_OPERATION)
    } else if command.sop_class != accepted.abstract_syntax {
        Some(CLASS_NOT_SUPPORTED)
    } else if is_uid(&command.sop_instance) {
        None
    } else {
        Some(INVALID_INSTANCE)
    }
}

/// Digits and single dots, at most 64 (PS3.5 9.1); leading zeros, which some devices write, pass.
#[must_use]
pub fn is_uid(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.len() <= 64 && text.split('.').all(digits)
}

/// Append a command as P-DATA-TF PDUs no longer than `most` (0 is without bound).
pub fn push_command(to: &mut Vec<u8>, context: u8, command: &Command, most: u32) {
    let bytes = command::build(command);
    let piece = if most == 0 { bytes.len() } else { (most as usize).saturating_sub(6).max(1) };
    let mut pieces = bytes.chunks(piece.max(1)).peekable();
    while let Some(part) = pieces.next() {
        let control = if pieces.peek().is_none() { 3 } else { 1 };
        to.extend(pdu::start(pdu::DATA, part.len() as u32 + 6));
        to.extend((part.len() as u32 + 2).to_be_bytes());
        to.extend([context, control]);
        to.extend(part);
    }
}

/// Flush files to their disk, a few at once: a journal writes what waits for it together.
fn synchronize(waiting: &[Waiting]) -> Vec<bool> {
    const THREADS: usize = 4;
    if let [one] = waiting {
        return vec![one.file.sync_data().is_ok()];
    }
    let share = waiting.len().div_ceil(THREADS).max(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = waiting
            .chunks(share)
            .map(|part| {
                let work = move || part.iter().map(|one| one.file.sync_data().is_ok()).collect::<Vec<bool>>();
                (part.len(), scope.spawn(work))
            })
            .collect();
        threads.into_iter().flat_map(|(count, thread)| thread.join().unwrap_or_else(|_| vec![false; count])).collect()
    })
}

#[cfg(test)]
mod tests;
