//! The attribute, private and UID dictionaries (PS3.6; the vendors' own for private tags), parsed once from compact tables.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::tag::Tag;

/// One attribute of the data dictionary.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// Its tag; for a repeating group the lowest one.
    pub tag: Tag,
    /// Bits of the tag that are fixed: all, but for repeating groups.
    pub mask: u32,
    /// VR, or a choice such as `US or SS`.
    pub vr: &'static str,
    /// Value multiplicity, e.g. `1-n`.
    pub vm: &'static str,
    /// Keyword, e.g. `PatientName`.
    pub keyword: &'static str,
    /// Name, e.g. `Patient's Name`.
    pub name: &'static str,
    /// No longer in the standard.
    pub retired: bool,
}

/// One private attribute as a vendor's dictionary gives it.
#[derive(Clone, Copy, Debug)]
pub struct Private {
    /// VR.
    pub vr: &'static str,
    /// Value multiplicity.
    pub vm: &'static str,
    /// Name.
    pub name: &'static str,
}

/// One registered UID.
#[derive(Clone, Copy, Debug)]
pub struct Uid {
    /// Name, e.g. `Explicit VR Little Endian`.
    pub name: &'static str,
    /// What it identifies, e.g. `Transfer Syntax`.
    pub kind: &'static str,
    /// Keyword.
    pub keyword: &'static str,
    /// No longer in the standard.
    pub retired: bool,
}

struct Tables {
    attributes: Vec<Attribute>,
    repeaters: Vec<Attribute>,
}

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

/// Tag and mask of a pattern such as `0020000d` or `60xx3000`.
fn pattern(text: &str) -> (u32, u32) {
    text.bytes().fold((0, 0), |(tag, mask), letter| match (letter as char).to_digit(16) {
        Some(digit) => (tag << 4 | digit, mask << 4 | 0xF),
        None => (tag << 4, mask << 4),
    })
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let mut tables = Tables { attributes: Vec::with_capacity(5400), repeaters: Vec::new() };
    for row in rows(include_str!("../data/attributes.tsv")) {
        if let [tag, vr, vm, keyword, name, retired] = row[..] {
            let (tag, mask) = pattern(tag);
            let attribute = Attribute { tag: Tag(tag), mask, vr, vm, keyword, name, retired: retired == "R" };
            if mask == u32::MAX {
                tables.attributes.push(attribute);
            } else {
                tables.repeaters.push(attribute);
            }
        }
    }
    tables
});

static KEYWORDS: LazyLock<HashMap<&'static str, &'static Attribute>> = LazyLock::new(|| {
    attributes().filter(|found| !found.keyword.is_empty()).map(|found| (found.keyword, found)).collect()
});

type PrivateTable = HashMap<&'static str, Vec<(u32, u32, Private)>>;

static PRIVATE: LazyLock<PrivateTable> = LazyLock::new(|| {
    let mut table = PrivateTable::new();
    for row in rows(include_str!("../data/private.tsv")) {
        if let [creator, tag, vr, vm, name] = row[..] {
            let (tag, mask) = pattern(tag);
            table.entry(creator).or_default().push((tag, mask, Private { vr, vm, name }));
        }
    }
    table
});

static UIDS: LazyLock<HashMap<&'static str, Uid>> = LazyLock::new(|| {
    rows(include_str!("../data/uids.tsv"))
        .filter_map(|row| match row[..] {
            [uid, name, kind, keyword, retired] => Some((uid, Uid { name, kind, keyword, retired: retired == "R" })),
            _ => None,
        })
        .collect()
});

/// Every attribute, in the order of tags, repeating groups last.
pub fn attributes() -> impl Iterator<Item = &'static Attribute> {
    TABLES.attributes.iter().chain(&TABLES.repeaters)
}

/// The attribute with this tag.
#[must_use]
pub fn attribute(tag: Tag) -> Option<&'static Attribute> {
    let tables = &*TABLES;
    if let Ok(found) = tables.attributes.binary_search_by_key(&tag, |entry| entry.tag) {
        return tables.attributes.get(found);
    }
    tables.repeaters.iter().find(|entry| tag.0 & entry.mask == entry.tag.0)
}

/// The attribute with this keyword.
#[must_use]
pub fn by_keyword(keyword: &str) -> Option<&'static Attribute> {
    KEYWORDS.get(keyword).copied()
}

/// The first VR that the dictionary gives for this tag; private creators and group lengths included.
#[must_use]
pub fn vr(tag: Tag) -> Option<[u8; 2]> {
    if tag.element() == 0 {
        return Some(*b"UL");
    }
    if tag.is_private() {
        return (tag.element() >= 0x10 && tag.element() <= 0xFF).then_some(*b"LO");
    }
    match attribute(tag)?.vr.as_bytes() {
        [first, second, ..] => Some([*first, *second]),
        _ => None,
    }
}

/// The private attribute of this creator with this tag; the block part of the element number does not matter.
#[must_use]
pub fn private(creator: &str, tag: Tag) -> Option<&'static Private> {
    let block_free = tag.0 & 0xFFFF_00FF;
    let entries = PRIVATE.get(creator)?;
    entries
        .iter()
        // Some vendors' tables describe whole blocks of creators, which would hide every element of the block.
        .filter(|(_, mask, _)| mask & 0xFF == 0xFF)
        .find(|(entry, mask, _)| tag.0 & mask == *entry || block_free & mask == entry & 0xFFFF_00FF)
        .map(|(_, _, found)| found)
}

/// The registered UID.
#[must_use]
pub fn uid(uid: &str) -> Option<&'static Uid> {
    UIDS.get(uid)
}

/// Every private attribute: creator, tag pattern as in the table (`0029xx10`), and what is known of it.
pub fn privates() -> impl Iterator<Item = (&'static str, String, &'static Private)> {
    let name = |tag: u32, mask: u32| -> String {
        (0..8_u32)
            .rev()
            .map(|digit| match (mask >> (digit * 4) & 0xF, char::from_digit(tag >> (digit * 4) & 0xF, 16)) {
                (0xF, Some(letter)) => letter,
                _ => 'x',
            })
            .collect()
    };
    PRIVATE.iter().flat_map(move |(creator, entries)| {
        entries.iter().map(move |(tag, mask, found)| (*creator, name(*tag, *mask), found))
    })
}

/// Every registered UID.
pub fn uids() -> impl Iterator<Item = (&'static str, &'static Uid)> {
    UIDS.iter().map(|(uid, found)| (*uid, found))
}
