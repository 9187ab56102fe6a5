//! Where an element stands: `SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SliceThickness`, or the same with tags.

use std::fmt;

use crate::dictionary;
use crate::tag::Tag;

/// One element on the way, and which of its items the way goes through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// The element.
    pub tag: Tag,
    /// Number of the item, counted from 0; `None` for any, or at the end of the way.
    pub item: Option<u32>,
}

/// The way from the outermost data set to an element.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// Read a path of keywords or tags (`0010,0020`, `(0010,0020)`, `00100020`), joined by points.
    ///
    /// # Errors
    /// The part that is neither.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut steps = Vec::new();
        for part in text.trim().split('.') {
            let (name, item) = match part.strip_suffix(']').and_then(|part| part.split_once('[')) {
                Some((name, number)) => (name, Some(number.parse().map_err(|_| part.to_owned())?)),
                None => (part, None),
            };
            let tag = parse_tag(name.trim()).ok_or_else(|| name.to_owned())?;
            steps.push(Step { tag, item });
        }
        Ok(Self(steps))
    }

    /// Whether `place`, the steps to an element with the items passed through, ends with this path.
    #[must_use]
    pub fn ends(&self, place: &[Step]) -> bool {
        let Some(from) = place.len().checked_sub(self.0.len()) else { return false };
        self.0
            .iter()
            .zip(place.iter().skip(from))
            .all(|(wanted, found)| wanted.tag == found.tag && (wanted.item.is_none() || wanted.item == found.item))
    }
}

/// A tag given as keyword or number.
#[must_use]
pub fn parse_tag(text: &str) -> Option<Tag> {
    if let Some(found) = dictionary::by_keyword(text) {
        return Some(found.tag);
    }
    let digits: String =
        text.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(text).replace(',', "");
    if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(&digits, 16).ok().map(Tag)
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(formatter, &self.0)
    }
}

fn show(formatter: &mut fmt::Formatter<'_>, steps: &[Step]) -> fmt::Result {
    for (index, step) in steps.iter().enumerate() {
        if index > 0 {
            formatter.write_str(".")?;
        }
        match dictionary::attribute(step.tag).filter(|found| found.mask == u32::MAX && !found.keyword.is_empty()) {
            Some(known) => formatter.write_str(known.keyword)?,
            None => write!(formatter, "{:04X},{:04X}", step.tag.group(), step.tag.element())?,
        }
        if let Some(item) = step.item {
            write!(formatter, "[{item}]")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_in_all_forms() {
        let path = Path::parse("(0008,1140)[2].ReferencedSOPInstanceUID").unwrap_or_default();
        assert_eq!(path.to_string(), "ReferencedImageSequence[2].ReferencedSOPInstanceUID");
        assert_eq!(Path::parse("00091001").unwrap_or_default().to_string(), "0009,1001");
        assert_eq!(Path::parse("PatientIDs"), Err("PatientIDs".to_owned()));
        assert_eq!(Path::parse("PatientID[x]"), Err("PatientID[x]".to_owned()));
        assert!(Path::parse("ReferencedSOPInstanceUID").unwrap_or_default().ends(&path.0));
        assert!(!Path::parse("ReferencedImageSequence[1].ReferencedSOPInstanceUID").unwrap_or_default().ends(&path.0));
    }
}
