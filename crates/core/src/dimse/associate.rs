//! Association requests and their answers (PS3.8 9.3.2 to 9.3.4, user information in PS3.7 D.3.3).

use super::pdu::{self, broken, Fields};
use super::APPLICATION_CONTEXT;
use crate::error::Result;

/// What a peer proposes for one presentation context, or what was answered.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Context {
    /// Odd, 1 to 255.
    pub id: u8,
    /// The SOP class; empty in an answer.
    pub abstract_syntax: String,
    /// Those proposed, or the one accepted.
    pub transfer_syntaxes: Vec<String>,
    /// 0 accepted, 1 user rejection, 2 no reason, 3 abstract syntax not supported, 4 transfer syntaxes not supported.
    pub result: u8,
}

/// An A-ASSOCIATE-RQ or A-ASSOCIATE-AC.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Associate {
    /// Bit 0 stands for the protocol's version 1.
    pub protocol: u16,
    /// Application entity title of the acceptor.
    pub called: String,
    /// Application entity title of the requestor.
    pub calling: String,
    /// The application context name.
    pub application: String,
    /// The presentation contexts, in the order of the PDU.
    pub contexts: Vec<Context>,
    /// The longest P-DATA-TF that the sender of this PDU takes; 0 is without bound.
    pub max_length: u32,
    /// Implementation Class UID.
    pub implementation: String,
    /// Implementation Version Name.
    pub version: String,
    /// Operations invoked and performed at once, where that is negotiated (PS3.7 D.3.3.3).
    pub window: Option<(u16, u16)>,
    /// Types of the other user items that were there: roles (54), extended negotiation (56, 57), identity (58).
    pub others: Vec<u8>,
}

/// The content of an A-ASSOCIATE-RQ or A-ASSOCIATE-AC, without the six bytes before it.
///
/// # Errors
/// [`crate::error::Kind::Malformed`] where items pass the end of what holds them.
pub fn parse(bytes: &[u8]) -> Result<Associate> {
    let mut fields = Fields::new(bytes);
    let protocol = fields.word()?;
    fields.take(2)?;
    let called = pdu::text(fields.take(16)?);
    let calling = pdu::text(fields.take(16)?);
    fields.take(32)?;
    let mut found = Associate { protocol, called, calling, ..Associate::default() };
    while !fields.is_empty() {
        let (kind, content) = fields.item()?;
        match kind {
            0x10 => found.application = content.text(),
            0x20 | 0x21 => found.contexts.push(context(content)?),
            0x50 => user(content, &mut found)?,
            _ => {}
        }
    }
    Ok(found)
}

fn context(mut fields: Fields<'_>) -> Result<Context> {
    let id = fields.byte()?;
    fields.byte()?;
    let result = fields.byte()?;
    fields.byte()?;
    let mut found = Context { id, result, ..Context::default() };
    while !fields.is_empty() {
        match fields.item()? {
            (0x30, content) => found.abstract_syntax = content.text(),
            (0x40, content) => found.transfer_syntaxes.push(content.text()),
            _ => {}
        }
    }
    Ok(found)
}

fn user(mut fields: Fields<'_>, found: &mut Associate) -> Result<()> {
    while !fields.is_empty() {
        let (kind, mut content) = fields.item()?;
        match kind {
            0x51 => found.max_length = content.long()?,
            0x52 => found.implementation = content.text(),
            0x53 => found.window = Some((content.word()?, content.word()?)),
            0x55 => found.version = content.text(),
            other => found.others.push(other),
        }
    }
    Ok(())
}

/// The whole PDU of an A-ASSOCIATE-RQ ([`pdu::REQUEST`]) or A-ASSOCIATE-AC ([`pdu::ACCEPT`]).
///
/// # Errors
/// [`crate::error::Kind::Malformed`] where a name is longer than an item may be.
pub fn build(kind: u8, from: &Associate) -> Result<Vec<u8>> {
    let mut content = Vec::with_capacity(1024);
    content.extend(from.protocol.to_be_bytes());
    content.extend([0, 0]);
    content.extend(title(&from.called)?);
    content.extend(title(&from.calling)?);
    content.extend([0; 32]);
    let application = if from.application.is_empty() { APPLICATION_CONTEXT } else { &from.application };
    item(&mut content, 0x10, application.as_bytes())?;
    for context in &from.contexts {
        let mut inner = vec![context.id, 0, context.result, 0];
        if kind == pdu::REQUEST {
            item(&mut inner, 0x30, context.abstract_syntax.as_bytes())?;
        }
        for syntax in &context.transfer_syntaxes {
            item(&mut inner, 0x40, syntax.as_bytes())?;
        }
        item(&mut content, if kind == pdu::REQUEST { 0x20 } else { 0x21 }, &inner)?;
    }
    let mut inner = Vec::new();
    item(&mut inner, 0x51, &from.max_length.to_be_bytes())?;
    item(&mut inner, 0x52, from.implementation.as_bytes())?;
    if let Some((invoked, performed)) = from.window {
        item(&mut inner, 0x53, &[invoked.to_be_bytes(), performed.to_be_bytes()].concat())?;
    }
    if !from.version.is_empty() {
        item(&mut inner, 0x55, from.version.as_bytes())?;
    }
    item(&mut content, 0x50, &inner)?;
    let length =
        u32::try_from(content.len()).map_err(|_| broken("pdu-length", "the association request is too long"))?;
    Ok([pdu::start(kind, length).to_vec(), content].concat())
}

fn item(to: &mut Vec<u8>, kind: u8, content: &[u8]) -> Result<()> {
    let length = u16::try_from(content.len())
        .map_err(|_| broken("pdu-length", format!("an item of {} bytes; at most 65,535 fit", content.len())))?;
    to.extend([kind, 0]);
    to.extend(length.to_be_bytes());
    to.extend(content);
    Ok(())
}

fn title(name: &str) -> Result<[u8; 16]> {
    let mut padded = [b' '; 16];
    let place = padded
        .get_mut(..name.len())
        .ok_or_else(|| broken("title", format!("an AE title has at most 16 characters, {name:?} has more")))?;
    place.copy_from_slice(name.as_bytes());
    Ok(padded)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn request() -> Associate {
        Associate {
            protocol: 1,
            called: "ARCHIVE".into(),
            calling: "MODALITY".into(),
            application: APPLICATION_CONTEXT.into(),
            contexts: vec![Context {
                id: 1,
                abstract_syntax: "1.2.840.10008.5.1.4.1.1.2".into(),
                transfer_syntaxes: vec!["1.2.840.10008.1.2".into(), "1.2.840.10008.1.2.1".into()],
                result: 0,
            }],
            max_length: 16_384,
            implementation: "1.2.3".into(),
            version: "TEST".into(),
            window: Some((0, 5)),
            others: vec![],
        }
    }

    #[test]
    fn a_request_comes_back_as_it_was() {
        let bytes = build(pdu::REQUEST, &request()).unwrap();
        assert_eq!(pdu::header(bytes[..6].try_into().unwrap()), (pdu::REQUEST, bytes.len() as u32 - 6));
        assert_eq!(parse(&bytes[6..]).unwrap(), request());
    }

    #[test]
    fn an_item_past_the_end_is_an_error() {
        let bytes = build(pdu::REQUEST, &request()).unwrap();
        for cut in 7..bytes.len() {
            assert!(parse(&bytes[6..cut]).is_err() || cut == 6 + 68 || parse(&bytes[6..cut]).unwrap() != request());
        }
    }

    #[test]
    fn titles_have_sixteen_characters() {
        let long = Associate { called: "SEVENTEEN LETTERS".into(), ..request() };
        assert_eq!(build(pdu::REQUEST, &long).unwrap_err().code, "title");
    }
}
