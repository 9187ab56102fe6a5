//! What was done to which attributes, counted over all files.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::plan::Action;
use crate::tag::Tag;

/// One attribute, wherever items of its sequences are, and one action.
#[derive(Clone, Debug)]
pub struct Line {
    /// Tags of the sequences on the way, and its own.
    pub path: Vec<u32>,
    /// What was done.
    pub action: Action,
    /// How often.
    pub count: u64,
    /// The first value that was met, where examples are wanted.
    pub example: Vec<u8>,
}

/// Counts by attribute and action.
#[derive(Default)]
pub struct Summary {
    lines: HashMap<u64, Line>,
    examples: bool,
}

const LONGEST_EXAMPLE: usize = 64;

impl Summary {
    /// Keep the first value of each too.
    #[must_use]
    pub fn with_examples(examples: bool) -> Self {
        Self { lines: HashMap::new(), examples }
    }

    /// One more.
    pub fn count(&mut self, way: &[u32], tag: Tag, action: Action, value: &[u8]) {
        let mut hasher = DefaultHasher::new();
        (way, tag, action).hash(&mut hasher);
        let line = self.lines.entry(hasher.finish()).or_insert_with(|| {
            let mut path = way.to_vec();
            path.push(tag.0);
            Line { path, action, count: 0, example: Vec::new() }
        });
        line.count += 1;
        if self.examples && line.example.is_empty() {
            line.example = value.get(..value.len().min(LONGEST_EXAMPLE)).unwrap_or_default().to_vec();
        }
    }

    /// Add the counts of another.
    pub fn merge(&mut self, other: Self) {
        for (key, line) in other.lines {
            match self.lines.entry(key) {
                std::collections::hash_map::Entry::Occupied(mut mine) => {
                    mine.get_mut().count += line.count;
                    if mine.get().example.is_empty() {
                        mine.get_mut().example = line.example;
                    }
                }
                std::collections::hash_map::Entry::Vacant(free) => {
                    free.insert(line);
                }
            }
        }
    }

    /// All lines, in the order of tags.
    #[must_use]
    pub fn lines(self) -> Vec<Line> {
        let mut lines: Vec<Line> = self.lines.into_values().collect();
        lines.sort_by(|one, two| (&one.path, one.action.number()).cmp(&(&two.path, two.action.number())));
        lines
    }
}
