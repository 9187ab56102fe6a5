//! Which attributes a scan picks. The caller names them; tags and VRs come from the dictionary.

use crate::dictionary;
use crate::error::{Error, Kind, Result};
use crate::tag::Tag;

/// Stands for "US or SS": Pixel Representation decides (PS3.5 A.1 note).
pub const AMBIGUOUS: [u8; 2] = *b"XS";

/// Where the value of an attribute goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot {
    /// Into the key that instances with equal values share.
    Shared(u8),
    /// Into the row of the instance itself.
    Own(u8),
}

/// One wanted attribute.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The element.
    pub tag: Tag,
    /// VR of the dictionary, for elements that state none.
    pub vr: [u8; 2],
    /// Where it goes.
    pub slot: Slot,
}

/// The wanted attributes of the data set in the order of their tags.
#[derive(Debug)]
pub struct Columns {
    sorted: Vec<Column>,
    shared: usize,
    own: usize,
    syntax: Option<u8>,
    character_set: Option<u8>,
    representation: Option<u8>,
}

impl Columns {
    /// From two lists of keywords: attributes that many instances share, and those that each has for itself.
    /// Text in other than the default character set belongs among the shared ones.
    ///
    /// # Errors
    /// For a keyword that the dictionary does not know, or more than 255 in a list.
    pub fn new<'a>(shared: &[&'a str], own: &[&'a str]) -> Result<Self> {
        let mut sorted = Vec::with_capacity(shared.len() + own.len());
        let slot = |keywords: &[&'a str], make: fn(u8) -> Slot, sorted: &mut Vec<Column>| -> Result<()> {
            for (index, keyword) in keywords.iter().enumerate() {
                let unknown = || Error::new(Kind::Unsupported, "column", format!("{keyword} cannot be a column"));
                let attribute = dictionary::by_keyword(keyword).ok_or_else(unknown)?;
                let index = u8::try_from(index).map_err(|_| unknown())?;
                let vr = match attribute.vr {
                    "US or SS" => AMBIGUOUS,
                    _ => dictionary::vr(attribute.tag).ok_or_else(unknown)?,
                };
                sorted.push(Column { tag: attribute.tag, vr, slot: make(index) });
            }
            Ok(())
        };
        slot(shared, Slot::Shared, &mut sorted)?;
        slot(own, Slot::Own, &mut sorted)?;
        sorted.sort_by_key(|column| column.tag);
        let place = |keyword: &str| shared.iter().position(|known| *known == keyword).map(|index| index as u8);
        let columns = Self {
            shared: shared.len(),
            own: own.len(),
            syntax: place("TransferSyntaxUID"),
            character_set: place("SpecificCharacterSet"),
            representation: place("PixelRepresentation"),
            sorted,
        };
        Ok(columns)
    }

    /// Number of shared attributes.
    #[must_use]
    pub const fn shared(&self) -> usize {
        self.shared
    }

    /// Number of attributes that each instance has for itself.
    #[must_use]
    pub const fn own(&self) -> usize {
        self.own
    }

    /// Place of Transfer Syntax UID among the shared attributes: it stands before the data set.
    #[must_use]
    pub const fn syntax(&self) -> Option<u8> {
        self.syntax
    }

    /// Place of Specific Character Set among the shared attributes.
    #[must_use]
    pub const fn character_set(&self) -> Option<u8> {
        self.character_set
    }

    /// Place of Pixel Representation, which says how a padding value without VR is signed.
    #[must_use]
    pub const fn representation(&self) -> Option<u8> {
        self.representation
    }

    /// The column at this place in the order of tags.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Column> {
        self.sorted.get(index)
    }

    /// Index of the first column whose tag is not below `tag`.
    #[must_use]
    pub fn from(&self, tag: Tag) -> usize {
        self.sorted.partition_point(|column| column.tag < tag)
    }
}
