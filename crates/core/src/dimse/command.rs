//! Command sets (PS3.7 6.3, E): group 0000 in Implicit VR Little Endian.

use super::pdu::{broken, text};
use crate::error::Result;

/// C-STORE-RQ.
pub const STORE: u16 = 0x0001;
/// C-STORE-RSP.
pub const STORED: u16 = 0x8001;
/// C-ECHO-RQ.
pub const ECHO: u16 = 0x0030;
/// C-ECHO-RSP.
pub const ECHOED: u16 = 0x8030;
/// C-CANCEL-RQ.
pub const CANCEL: u16 = 0x0FFF;
/// No data set follows the command.
pub const NO_DATA_SET: u16 = 0x0101;

/// The fields that storage and verification use.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Command {
    /// Command Field (0000,0100).
    pub field: u16,
    /// Message ID (0000,0110).
    pub message: u16,
    /// Message ID Being Responded To (0000,0120).
    pub answers: u16,
    /// Affected SOP Class UID (0000,0002).
    pub sop_class: String,
    /// Affected SOP Instance UID (0000,1000).
    pub sop_instance: String,
    /// Priority (0000,0700).
    pub priority: u16,
    /// Command Data Set Type (0000,0800) says that a data set follows.
    pub has_data_set: bool,
    /// Status (0000,0900).
    pub status: u16,
    /// Error Comment (0000,0902).
    pub comment: String,
    /// Move Originator Application Entity Title (0000,1030) and Message ID (0000,1031).
    pub originator: Option<(String, u16)>,
}

impl Command {
    /// The answer to this request, with `status`.
    #[must_use]
    pub fn answer(&self, status: u16) -> Self {
        Self {
            field: self.field | 0x8000,
            answers: self.message,
            sop_class: self.sop_class.clone(),
            sop_instance: self.sop_instance.clone(),
            status,
            ..Self::default()
        }
    }
}

/// Read a command set.
///
/// # Errors
/// [`crate::error::Kind::Malformed`] where it is no sequence of elements of group 0000, or has no Command Field.
pub fn parse(bytes: &[u8]) -> Result<Command> {
    let mut found = Command { has_data_set: false, ..Command::default() };
    let (mut rest, mut field) = (bytes, None);
    let mut originator = (None, 0);
    while !rest.is_empty() {
        let (tag, value, after) = element(rest)?;
        rest = after;
        match tag {
            0x0002 => found.sop_class = text(value),
            0x0100 => field = Some(number(value)),
            0x0110 => found.message = number(value),
            0x0120 => found.answers = number(value),
            0x0700 => found.priority = number(value),
            0x0800 => found.has_data_set = number(value) != NO_DATA_SET,
            0x0900 => found.status = number(value),
            0x0902 => found.comment = text(value),
            0x1000 => found.sop_instance = text(value),
            0x1030 => originator.0 = Some(text(value)),
            0x1031 => originator.1 = number(value),
            _ => {}
        }
    }
    found.field = field.ok_or_else(|| broken("command-field", "a command set without Command Field (0000,0100)"))?;
    found.originator = originator.0.map(|title| (title, originator.1));
    Ok(found)
}

fn element(bytes: &[u8]) -> Result<(u16, &[u8], &[u8])> {
    let wrong = || broken("command-set", "a command set that is no row of elements of group 0000");
    let (head, rest) = bytes.split_first_chunk::<8>().ok_or_else(wrong)?;
    let [0, 0, low, high, a, b, c, d] = *head else { return Err(wrong()) };
    let length = u32::from_le_bytes([a, b, c, d]) as usize;
    let (value, after) = rest.split_at_checked(length).ok_or_else(wrong)?;
    Ok((u16::from_le_bytes([low, high]), value, after))
}

fn number(value: &[u8]) -> u16 {
    value.first_chunk::<2>().map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

/// Write a request or an answer as a command set, its group length first.
#[must_use]
pub fn build(command: &Command) -> Vec<u8> {
    let is_answer = command.field & 0x8000 != 0;
    let mut body = Vec::with_capacity(256);
    put_uid(&mut body, 0x0002, &command.sop_class);
    put_number(&mut body, 0x0100, command.field);
    if is_answer {
        put_number(&mut body, 0x0120, command.answers);
    } else {
        put_number(&mut body, 0x0110, command.message);
    }
    if command.field == STORE {
        put_number(&mut body, 0x0700, command.priority);
    }
    put_number(&mut body, 0x0800, if command.has_data_set { 1 } else { NO_DATA_SET });
    if is_answer {
        put_number(&mut body, 0x0900, command.status);
    }
    if !command.comment.is_empty() {
        put_text(&mut body, 0x0902, &command.comment);
    }
    put_uid(&mut body, 0x1000, &command.sop_instance);
    if let (STORE, Some((title, message))) = (command.field, &command.originator) {
        put_text(&mut body, 0x1030, title);
        put_number(&mut body, 0x1031, *message);
    }
    let mut whole = Vec::with_capacity(body.len() + 12);
    put(&mut whole, 0x0000, &(body.len() as u32).to_le_bytes());
    whole.extend(body);
    whole
}

fn put(to: &mut Vec<u8>, element: u16, value: &[u8]) {
    to.extend([0, 0]);
    to.extend(element.to_le_bytes());
    to.extend((value.len() as u32).to_le_bytes());
    to.extend(value);
}

fn put_number(to: &mut Vec<u8>, element: u16, number: u16) {
    put(to, element, &number.to_le_bytes());
}

fn put_uid(to: &mut Vec<u8>, element: u16, uid: &str) {
    if !uid.is_empty() {
        put(to, element, &even(uid, 0));
    }
}

fn put_text(to: &mut Vec<u8>, element: u16, text: &str) {
    // LO and AE values have at most 64 and 16 characters; what a caller says is cut, never refused.
    let cut: String = text.chars().filter(char::is_ascii).take(64).collect();
    put(to, element, &even(&cut, b' '));
}

fn even(text: &str, pad: u8) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    if bytes.len() % 2 == 1 {
        bytes.push(pad);
    }
    bytes
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_request_comes_back_as_it_was() {
        let request = Command {
            field: STORE,
            message: 7,
            sop_class: "1.2.840.10008.5.1.4.1.1.2".into(),
            sop_instance: "1.2.3".into(),
            priority: 2,
            has_data_set: true,
            originator: Some(("MOVER".into(), 3)),
            ..Command::default()
        };
        assert_eq!(parse(&build(&request)).unwrap(), request);
        let answer = request.answer(0xA700);
        assert_eq!(parse(&build(&answer)).unwrap(), answer);
    }

    #[test]
    fn what_is_no_command_set_is_an_error() {
        assert_eq!(parse(b"").unwrap_err().code, "command-field");
        assert_eq!(parse(b"\x08\0\0\0\0\0\0\0").unwrap_err().code, "command-set");
        assert_eq!(parse(b"\0\0\0\x01\xFF\xFF\xFF\xFF").unwrap_err().code, "command-set");
    }
}
