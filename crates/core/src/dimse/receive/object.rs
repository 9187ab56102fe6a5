//! One object on its way into a file.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::super::command::Command;
use super::super::meta::{self, Origin};
use super::{Accepted, Policy, Received, OUT_OF_RESOURCES};

/// Pieces smaller than this are gathered before they are written.
const GATHER: usize = 1 << 17;

/// An object that is being received, or thrown away because its request was refused.
pub struct Object {
    pub context: u8,
    command: Command,
    syntax: String,
    file: Option<Partial>,
    digest: Option<Sha256>,
    bytes: u64,
    refusal: Option<(u16, String)>,
}

/// A file that is removed unless it was taken.
struct Partial {
    path: PathBuf,
    writer: Option<BufWriter<File>>,
}

impl Drop for Partial {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            // Without the buffered rest, which would be written on drop.
            let _ = writer.into_parts();
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Object {
    /// An object whose data set is read and dropped.
    pub fn refused(context: u8, command: Command, status: u16) -> Self {
        let refusal = Some((status, String::new()));
        Self { context, command, syntax: String::new(), file: None, digest: None, bytes: 0, refusal }
    }

    /// An object with a new file; refused where no file can be made.
    pub fn create(context: u8, command: Command, accepted: &Accepted, policy: &Policy, number: u64) -> Self {
        let mut object = Self {
            context,
            syntax: accepted.syntax.clone(),
            file: None,
            digest: policy.digest.then(Sha256::new),
            bytes: 0,
            refusal: None,
            command,
        };
        let head = meta::build(&Origin {
            sop_class: &object.command.sop_class,
            sop_instance: &object.command.sop_instance,
            syntax: &accepted.syntax,
            implementation: &policy.implementation,
            version: &policy.version,
            source: &policy.calling,
        });
        let path = policy.folder.join(format!("{}-{number}.part", policy.prefix));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => {
                let writer = Some(BufWriter::with_capacity(GATHER, file));
                object.file = Some(Partial { path, writer });
                object.write(&head, u64::MAX);
            }
            Err(error) => object.refuse(&error),
        }
        object
    }

    fn refuse(&mut self, error: &io::Error) {
        self.file = None;
        self.refusal = Some((OUT_OF_RESOURCES, error.to_string()));
    }

    /// Write a piece of the data set; a failure, or more than `most` bytes, makes it an object to be refused.
    pub fn write(&mut self, piece: &[u8], most: u64) {
        let Some(writer) = self.file.as_mut().and_then(|file| file.writer.as_mut()) else { return };
        self.bytes += piece.len() as u64;
        if self.bytes > most {
            self.file = None;
            self.refusal = Some((OUT_OF_RESOURCES, format!("larger than the {most} bytes allowed")));
            return;
        }
        if let Some(digest) = self.digest.as_mut() {
            digest.update(piece);
        }
        if let Err(error) = writer.write_all(piece) {
            self.refuse(&error);
        }
    }

    /// The complete file; or the answer that refuses it.
    pub fn finish(mut self) -> std::result::Result<(Command, Received, File), Box<Command>> {
        let flushed = self.take();
        let (status, comment) = match (flushed, self.refusal.take()) {
            (Some(Ok((path, file))), None) => {
                let received = Received {
                    path,
                    sop_class: self.command.sop_class.clone(),
                    sop_instance: self.command.sop_instance.clone(),
                    syntax: self.syntax,
                    bytes: self.bytes,
                    digest: self.digest.map(|digest| digest.finalize().into()),
                    originator: self.command.originator.clone(),
                };
                return Ok((self.command, received, file));
            }
            (Some(Err(error)), None) => (OUT_OF_RESOURCES, error.to_string()),
            (_, Some(refusal)) => refusal,
            (None, None) => (OUT_OF_RESOURCES, String::new()),
        };
        Err(Box::new(Command { comment, ..self.command.answer(status) }))
    }

    fn take(&mut self) -> Option<io::Result<(PathBuf, File)>> {
        let mut partial = self.file.take()?;
        let mut writer = partial.writer.take()?;
        let path = std::mem::take(&mut partial.path);
        Some(match writer.flush() {
            Ok(()) => Ok((path, writer.into_parts().0)),
            Err(error) => {
                let _ = writer.into_parts();
                let _ = std::fs::remove_file(&path);
                Err(error)
            }
        })
    }
}
