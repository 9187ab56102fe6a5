//! Which type (1, 2, 3) an attribute has in the object that holds it (PS3.3 A, through compact tables).

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::tag::Tag;

/// Type 1 or 1C: must have a value where it is there.
pub const ONE: u8 = 0;
/// Type 2 or 2C: may be empty.
pub const TWO: u8 = 1;
/// Type 3, or not in the object.
pub const THREE: u8 = 2;

/// Types by (tag of the sequence around it or 0, tag).
pub type Types = HashMap<(u32, u32), u8>;

type Modules = HashMap<&'static str, Vec<(u32, u32, u8)>>;

fn lines(table: &'static str) -> impl Iterator<Item = std::str::Split<'static, char>> {
    table.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t'))
}

static MODULES: LazyLock<Modules> = LazyLock::new(|| {
    let mut found = Modules::new();
    for mut row in lines(include_str!("../../data/types.tsv")) {
        let (Some(module), Some(rows)) = (row.next(), row.next()) else { continue };
        let list = found.entry(module).or_default();
        for entry in rows.split(' ') {
            let mut parts = entry.split(':');
            let mut hex = || parts.next().and_then(|text| u32::from_str_radix(text, 16).ok());
            if let (Some(parent), Some(tag), Some(kind)) = (hex(), hex(), hex()) {
                list.push((parent, tag, kind as u8 - 1));
            }
        }
    }
    found
});

static CLASSES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    lines(include_str!("../../data/iods.tsv")).filter_map(|mut row| Some((row.next()?, row.next()?))).collect()
});

/// The types of one SOP class; of all modules together where the class is unknown.
#[must_use]
pub fn of(class: &str) -> Types {
    let mut types = Types::new();
    let mut add = |rows: &[(u32, u32, u8)]| {
        for (parent, tag, kind) in rows {
            let known = types.entry((*parent, *tag)).or_insert(*kind);
            *known = (*known).min(*kind);
        }
    };
    match CLASSES.get(class) {
        Some(modules) => modules.split(' ').filter_map(|name| MODULES.get(name)).for_each(|rows| add(rows)),
        None => MODULES.values().for_each(|rows| add(rows)),
    }
    types
}

/// The type of `tag` below the sequence `parent`.
#[must_use]
pub fn find(types: &Types, parent: Tag, tag: Tag) -> u8 {
    types.get(&(parent.0, tag.0)).copied().unwrap_or(THREE)
}
