//! What surrounds an element and decides how its value is read: character set, private creators, the sign of pixels.

use std::collections::HashMap;
use std::rc::Rc;

use crate::dictionary;
use crate::error::Result;
use crate::source::Source;
use crate::tag::Tag;
use crate::text::{trim, Charset};
use crate::token::{Content, Token};
use crate::vr::Vr;

/// Decodes the character sets that are not known here.
pub trait Foreign {
    /// `value` in the character set that `charset`, the raw value of (0008,0005), names.
    fn decode(&mut self, charset: &[u8], value: &[u8], vr: Vr) -> String;
}

/// Reads every other character set as ISO 8859-1.
pub struct NoForeign;

impl Foreign for NoForeign {
    fn decode(&mut self, _charset: &[u8], value: &[u8], _vr: Vr) -> String {
        value.iter().map(|byte| char::from(*byte)).collect()
    }
}

#[derive(Default)]
struct Level {
    charset: Option<(Charset, Rc<[u8]>)>,
    creators: HashMap<u32, Rc<str>>,
    signed: Option<bool>,
}

/// The data sets around the current element, the outermost first.
pub struct Context {
    levels: Vec<Level>,
}

impl Default for Context {
    fn default() -> Self {
        Self { levels: vec![Level::default()] }
    }
}

const PIXEL_REPRESENTATION: Tag = Tag(0x0028_0103);
/// Longer creators and character sets than this are nonsense.
const MOST: u32 = 1024;

impl Context {
    /// An item begins.
    pub fn enter(&mut self) {
        self.levels.push(Level::default());
    }

    /// An item ends.
    pub fn leave(&mut self) {
        if self.levels.len() > 1 {
            self.levels.pop();
        }
    }

    /// Note what this element says about those after it.
    ///
    /// # Errors
    /// A source that cannot be read.
    pub fn see<S: Source>(&mut self, token: &Token, source: &mut S) -> Result<()> {
        let creator = token.tag.is_private() && (0x10..=0xFF).contains(&token.tag.element());
        let wanted = creator || token.tag == Tag::CHARACTER_SET || token.tag == PIXEL_REPRESENTATION;
        if !wanted || token.content != Content::Value || token.length > MOST {
            return Ok(());
        }
        let bytes = source.bytes(token.value, token.length as usize)?;
        let Some(level) = self.levels.last_mut() else { return Ok(()) };
        if creator {
            let text: String = trim(bytes).iter().map(|byte| char::from(*byte)).collect();
            level.creators.insert(token.tag.0, text.into());
        } else if token.tag == Tag::CHARACTER_SET {
            level.charset = Some((Charset::from_value(bytes), bytes.into()));
        } else {
            level.signed = Some(bytes.contains(&1));
        }
        Ok(())
    }

    /// The character set in force, and its raw value.
    #[must_use]
    pub fn charset(&self) -> (Charset, Rc<[u8]>) {
        self.levels
            .iter()
            .rev()
            .find_map(|level| level.charset.clone())
            .unwrap_or_else(|| (Charset::Latin1, Rc::from([].as_slice())))
    }

    /// Who defines this private element: the creator of its block (PS3.5 7.8.1).
    #[must_use]
    pub fn creator(&self, tag: Tag) -> Option<Rc<str>> {
        if !tag.is_private() || tag.element() < 0x1000 {
            return None;
        }
        let block = u32::from(tag.group()) << 16 | u32::from(tag.element() >> 8);
        self.levels.last()?.creators.get(&block).cloned()
    }

    fn signed(&self) -> bool {
        self.levels.iter().rev().find_map(|level| level.signed).unwrap_or(false)
    }

    /// The VR to read the value by: the one stated, or the dictionary's where none or UN is.
    #[must_use]
    pub fn vr(&self, token: &Token) -> Vr {
        if token.vr != Vr::NONE && token.vr != Vr::UN {
            return token.vr;
        }
        if token.content == Content::Sequence {
            return Vr::SQ;
        }
        if token.content == Content::Fragments {
            return Vr::OB;
        }
        if token.tag.is_private() && token.tag.element() != 0 {
            if (0x10..=0xFF).contains(&token.tag.element()) {
                return Vr(*b"LO");
            }
            let known = self.creator(token.tag).and_then(|creator| dictionary::private(&creator, token.tag));
            return known.map_or(Vr::UN, |found| self.choose(found.vr));
        }
        match dictionary::attribute(token.tag) {
            Some(known) => self.choose(known.vr),
            None => dictionary::vr(token.tag).map_or(Vr::UN, Vr),
        }
    }

    /// One of several VRs that the dictionary allows (PS3.5 A.1).
    fn choose(&self, choice: &str) -> Vr {
        match choice {
            "US or SS" | "US or SS or OW" if self.signed() => Vr(*b"SS"),
            "US or SS" | "US or SS or OW" => Vr(*b"US"),
            "OB or OW" | "US or OW" => Vr::OW,
            _ => match choice.as_bytes() {
                [first, second] => Vr([*first, *second]),
                _ => Vr::UN,
            },
        }
    }

    /// What the element is called: keyword, private name, or empty.
    #[must_use]
    pub fn name(&self, tag: Tag) -> &'static str {
        if tag.element() == 0 && !matches!(tag.group(), 0 | 2) {
            return "GroupLength";
        }
        if tag.is_private() {
            if (0x10..=0xFF).contains(&tag.element()) {
                return "PrivateCreator";
            }
            return self
                .creator(tag)
                .and_then(|creator| dictionary::private(&creator, tag))
                .map_or("", |found| found.name);
        }
        dictionary::attribute(tag).map_or("", |found| if found.keyword.is_empty() { found.name } else { found.keyword })
    }
}
