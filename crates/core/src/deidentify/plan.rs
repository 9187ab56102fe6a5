//! What is to become of every element: the profile, compiled once, looked up for each element of each file.

use std::collections::{HashMap, HashSet};

use regex::bytes::Regex;

use super::keyed::Keyed;
use crate::tag::Tag;
use crate::vr::Vr;

/// What becomes of an element.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// Stays; what is known of the patient is taken out of its text, sequences are walked.
    Keep,
    /// Stays as it is, whatever it holds.
    Verbatim,
    /// Is no longer there.
    Remove,
    /// Has no value.
    Empty,
    /// Has a value that means nothing, valid for its VR; sequences keep their shape.
    Dummy,
    /// UIDs become others, the same ones everywhere.
    Uid,
    /// Text is cleaned by patterns too, dates are moved, names and bytes go.
    Clean,
    /// Dates are moved by the patient's days.
    Shift,
    /// Becomes a pseudonym.
    Hash,
    /// Becomes the pseudonym of the patient.
    Patient,
    /// Becomes a text of the recipe.
    Replace,
    /// A sequence of references: they stay, with their UIDs changed; nothing else in it does.
    References,
}

impl Action {
    /// All, in the order of the numbers that the Python side uses.
    pub const ALL: [Self; 12] = [
        Self::Keep,
        Self::Verbatim,
        Self::Remove,
        Self::Empty,
        Self::Dummy,
        Self::Uid,
        Self::Clean,
        Self::Shift,
        Self::Hash,
        Self::Patient,
        Self::Replace,
        Self::References,
    ];

    /// Its number.
    #[must_use]
    pub fn number(self) -> u8 {
        Self::ALL.iter().position(|other| *other == self).unwrap_or(0) as u8
    }
}

/// What becomes of an element, by its type in the object that holds it.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Where it is of type 1, of type 2, of type 3 or not in the object.
    pub actions: [Action; 3],
    /// The text to replace by, or the pattern to clean by, of a recipe.
    pub text: Option<usize>,
    /// The recipe asks for it: nothing else decides.
    pub explicit: bool,
}

impl Rule {
    /// The same action for every type.
    #[must_use]
    pub const fn always(action: Action) -> Self {
        Self { actions: [action; 3], text: None, explicit: false }
    }
}

/// What a value tells of the patient, so that it is found in other texts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Known {
    /// A person's name.
    Name,
    /// An identifier.
    Identifier,
    /// Words that identify together: an address, an institution.
    Phrase,
    /// A date of birth.
    Date,
}

/// The compiled profile.
pub struct Plan {
    /// Rules by tag.
    pub tags: HashMap<u32, Rule>,
    /// Rules by tag and mask, for repeating groups.
    pub masks: Vec<(u32, u32, Rule)>,
    /// Rules by the tags of the sequences on the way and the tag itself.
    pub paths: HashMap<Vec<u32>, Rule>,
    /// Rules by VR.
    pub vrs: HashMap<[u8; 2], Rule>,
    /// Rules by private creator and tag without block (group and last byte); 0xFFFF_FFFF stands for the whole creator.
    pub privates: HashMap<(Vec<u8>, u32), Rule>,
    /// Creators of which something may be kept.
    pub creators: HashSet<Vec<u8>>,
    /// Texts of the rules.
    pub texts: Vec<Vec<u8>>,
    /// Patterns of the rules, by the same numbers.
    pub patterns: Vec<Option<Regex>>,
    /// Patterns that identify in any text that is cleaned.
    pub pattern: Option<Regex>,
    /// Those that mean nothing else, in short texts that stay as well.
    pub certain: Option<Regex>,
    /// Attributes that tell something of the patient.
    pub known: HashMap<u32, Known>,
    /// Words that may be part of a name and mean something else.
    pub plain: HashSet<Vec<u8>>,
    /// Replacements that were given: (tag, or 0 for UIDs, and original).
    pub mapping: HashMap<(u32, Vec<u8>), Vec<u8>>,
    /// The key.
    pub key: Keyed,
    /// Ages above this become this (years).
    pub oldest: u32,
    /// UIDs of objects stay, so that files are named by them.
    pub keep_uids: bool,
    /// Value of Longitudinal Temporal Information Modified (0028,0303).
    pub temporal: Vec<u8>,
    /// De-identification Method (0012,0063), values separated by backslashes.
    pub method: Vec<u8>,
    /// De-identification Method Code Sequence (0012,0064): code and meaning, of the DICOM scheme.
    pub codes: Vec<(Vec<u8>, Vec<u8>)>,
    /// Implementation Version Name (0002,0013).
    pub version: Vec<u8>,
}

static KEEP: Rule = Rule::always(Action::Keep);
static REMOVE: Rule = Rule::always(Action::Remove);

impl Plan {
    /// The rule for an element of the standard below the sequences `way`.
    #[must_use]
    pub fn standard(&self, way: &[u32], tag: Tag, vr: Vr) -> &Rule {
        if !self.paths.is_empty() {
            let mut path = way.to_vec();
            path.push(tag.0);
            if let Some(rule) = self.paths.get(&path) {
                return rule;
            }
        }
        let named = self.tags.get(&tag.0);
        if let Some(rule) = named.filter(|rule| rule.explicit) {
            return rule;
        }
        if let Some((_, _, rule)) = self.masks.iter().find(|(wanted, mask, _)| tag.0 & mask == *wanted) {
            return rule;
        }
        if !self.vrs.is_empty() {
            if let Some(rule) = self.vrs.get(&vr.0) {
                return rule;
            }
        }
        if let Some(rule) = named {
            return rule;
        }
        // Nobody can say what an attribute that is in no dictionary may hold.
        if crate::dictionary::attribute(tag).is_some() {
            &KEEP
        } else {
            &REMOVE
        }
    }

    /// The rule for a private element of this creator.
    #[must_use]
    pub fn private(&self, way: &[u32], tag: Tag, creator: Option<&[u8]>) -> &Rule {
        if !self.paths.is_empty() {
            let mut path = way.to_vec();
            path.push(tag.0);
            if let Some(rule) = self.paths.get(&path) {
                return rule;
            }
        }
        let Some(creator) = creator else { return &REMOVE };
        if !self.creators.contains(creator) {
            return &REMOVE;
        }
        let free = tag.0 & 0xFFFF_00FF;
        self.privates
            .get(&(creator.to_vec(), free))
            .or_else(|| self.privates.get(&(creator.to_vec(), u32::MAX)))
            .unwrap_or(&REMOVE)
    }

    /// The UID that stands for this one.
    #[must_use]
    pub fn uid(&self, original: &[u8]) -> Vec<u8> {
        if original.is_empty() {
            return original.to_vec();
        }
        if let Some(given) = self.mapping.get(&(0, original.to_vec())) {
            return given.clone();
        }
        let registered = original.starts_with(b"1.2.840.10008.")
            && std::str::from_utf8(original).is_ok_and(|uid| crate::dictionary::uid(uid).is_some());
        if registered {
            original.to_vec()
        } else {
            self.key.uid(original).into_bytes()
        }
    }
}
