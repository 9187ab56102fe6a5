//! What is known of a patient, and taking it out of texts.
//!
//! Texts are compared as they are encoded: words of letters, digits and bytes above 127, capital letters as small ones.
//! A name that is also a plain word ("chest", "phantom") identifies nobody alone.

use std::collections::{HashMap, HashSet};

use regex::bytes::Regex;

use super::plan::Known;
use super::spelling::{month_of, without_accents};

/// Everything known of the patient of one file.
#[derive(Default)]
pub struct Terms {
    /// Phrases by their first word.
    phrases: HashMap<Vec<u8>, Vec<Vec<Vec<u8>>>>,
    /// Long single words, which are found within other words too.
    inside: Vec<Vec<u8>>,
    /// Identifiers that are numbers, which are found however their digits are grouped; and the last digits of long ones,
    /// which telephone numbers share whatever is dialed before them.
    numbers: HashSet<Vec<u8>>,
    /// Year, month and day of known dates.
    days: Vec<(usize, usize, usize)>,
    /// Shorter words and identifiers than this do not count, where it is more than the usual.
    shortest: usize,
    seen: HashSet<Vec<u8>>,
}

const SHORTEST_NAME: usize = 2;
const SHORTEST_IDENTIFIER: usize = 4;
const SHORTEST_INSIDE: usize = 6;
const SHORTEST_NUMBER: usize = 8;
const LONGEST_NUMBER: usize = 24;
/// Bytes between the groups of a number: ") ", " - ".
const WIDEST_GAP: usize = 3;

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// Small letters for capital ones: ASCII, and the same letters with accents in ISO 8859-1 and UTF-8.
fn folded(text: &[u8]) -> Vec<u8> {
    let utf8 = !text.is_ascii() && std::str::from_utf8(text).is_ok();
    let latin = !text.is_ascii() && !utf8;
    let mut before = 0;
    text.iter()
        .map(|byte| {
            let accented = (latin && (0xC0..=0xDE).contains(byte) && *byte != 0xD7)
                || (utf8 && before == 0xC3 && (0x80..=0x9E).contains(byte) && *byte != 0x97);
            before = *byte;
            if accented {
                byte + 0x20
            } else {
                byte.to_ascii_lowercase()
            }
        })
        .collect()
}

/// Start and end of each word.
fn words(text: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = None;
    let mut escaped = false;
    for (index, byte) in text.iter().enumerate() {
        // An escape sequence of ISO 2022 is no part of the word that it stands before: ESC, marks, and one letter or digit.
        let within = escaped || *byte == 0x1B;
        escaped = *byte == 0x1B || (escaped && !byte.is_ascii_alphanumeric());
        match (!within && is_word(*byte), start) {
            (true, None) => start = Some(index),
            (false, Some(from)) => {
                found.push((from, index));
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        found.push((from, text.len()));
    }
    found
}

/// Where a program comes from, which looks like somebody's address.
fn is_repository(hit: &[u8]) -> bool {
    hit.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"git@"))
}

/// A word of at most four digits as a number.
fn small_number(word: &[u8]) -> Option<usize> {
    (word.len() <= 4).then(|| std::str::from_utf8(word).ok()?.parse().ok()).flatten()
}

impl Terms {
    /// Without words and identifiers of fewer letters.
    #[must_use]
    pub fn of_at_least(shortest: usize) -> Self {
        Self { shortest, ..Self::default() }
    }

    /// Note a value; `plain` are words that identify nobody.
    pub fn note(&mut self, kind: Known, value: &[u8], plain: &HashSet<Vec<u8>>) {
        if value.len() > 1024 || !self.seen.insert(value.to_vec()) {
            return;
        }
        for part in value.split(|byte| *byte == b'\\' || (kind == Known::Name && *byte == b'=')) {
            let text = folded(part);
            let parts = |text: &[u8]| -> Vec<Vec<u8>> {
                words(text).iter().filter_map(|(from, to)| text.get(*from..*to)).map(<[u8]>::to_vec).collect()
            };
            let found = parts(&text);
            match kind {
                Known::Name => {
                    self.name(&found, plain);
                    for other in without_accents(part) {
                        self.name(&parts(&other), plain);
                    }
                }
                Known::Identifier => self.identifier(found),
                Known::Phrase => self.phrase(found, plain),
                Known::Date => self.date(&text),
            }
        }
    }

    fn name(&mut self, found: &[Vec<u8>], plain: &HashSet<Vec<u8>>) {
        for word in found {
            let known = plain.contains(word);
            if word.len() >= SHORTEST_NAME.max(self.shortest) && !known {
                self.add(vec![word.clone()]);
                if word.len() >= SHORTEST_INSIDE && !word.iter().all(u8::is_ascii_digit) {
                    self.inside.push(word.clone());
                }
            }
        }
        if found.len() > 1 && !found.iter().all(|word| plain.contains(word)) {
            self.add(found.to_vec());
            self.add(found.iter().rev().cloned().collect());
        }
    }

    fn identifier(&mut self, found: Vec<Vec<u8>>) {
        let length: usize = found.iter().map(Vec::len).sum();
        if length < SHORTEST_IDENTIFIER.max(self.shortest) {
            return;
        }
        let joined = found.concat();
        if length >= SHORTEST_INSIDE && joined.iter().all(u8::is_ascii_digit) {
            if let Some(last) = joined.get(length.saturating_sub(SHORTEST_NUMBER)..) {
                self.numbers.insert(last.to_vec());
            }
        }
        if found.len() == 1 && length >= SHORTEST_INSIDE {
            self.inside.push(joined.clone());
        }
        if found.len() > 1 && length >= SHORTEST_INSIDE {
            // A telephone number is written with other prefixes, too.
            if length >= SHORTEST_NUMBER && joined.iter().all(u8::is_ascii_digit) {
                self.inside.push(joined.clone());
            }
            self.add(vec![joined]);
        }
        self.add(found);
    }

    fn phrase(&mut self, found: Vec<Vec<u8>>, plain: &HashSet<Vec<u8>>) {
        let length: usize = found.iter().map(Vec::len).sum();
        if length >= SHORTEST_IDENTIFIER && !found.iter().all(|word| plain.contains(word)) {
            self.add(found);
        }
    }

    fn date(&mut self, text: &[u8]) {
        let digits: Vec<u8> = text.iter().copied().filter(u8::is_ascii_digit).collect();
        let (Some(year), Some(month), Some(day)) = (digits.get(..4), digits.get(4..6), digits.get(6..8)) else {
            return;
        };
        let short = |part: &[u8]| part.strip_prefix(b"0").unwrap_or(part).to_vec();
        let all = digits.get(..8).unwrap_or_default().to_vec();
        self.inside.push(all.clone());
        self.add(vec![all]);
        for (month, day) in [(month.to_vec(), day.to_vec()), (short(month), short(day))] {
            self.add(vec![year.to_vec(), month.clone(), day.clone()]);
            self.add(vec![day.clone(), month.clone(), year.to_vec()]);
            self.add(vec![month, day, year.to_vec()]);
        }
        if let (Some(year), Some(month), Some(day)) = (small_number(year), small_number(month), small_number(day)) {
            self.days.push((year, month, day));
        }
    }

    /// Where a known date is written with the name of its month, which is the word at `place`: "23 May 1941", "May 23,
    /// 1941", "1941-May-23", "23MAY41"; the numbers of its first and last word.
    fn day(&self, text: &[u8], places: &[(usize, usize)], place: usize) -> Option<(usize, usize)> {
        let word = |at: Option<usize>| places.get(at?).and_then(|(from, to)| text.get(*from..*to));
        let number = |at: Option<usize>| word(at).and_then(small_number);
        let whole = word(Some(place))?;
        if let Some(month) = month_of(whole) {
            let [before, after, second] =
                [place.checked_sub(1), place.checked_add(1), place.checked_add(2)].map(number);
            if self.is_day(after, month, before) {
                return Some((place - 1, place + 1));
            }
            if self.is_day(second, month, after) {
                return Some((place, place + 2));
            }
            return self.is_day(before, month, after).then(|| (place - 1, place + 1));
        }
        let first = whole.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let last = whole.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        if first == 0 || last == 0 || first + last >= whole.len() {
            return None;
        }
        let month = month_of(whole.get(first..whole.len() - last)?)?;
        let [front, back] = [whole.get(..first)?, whole.get(whole.len() - last..)?].map(small_number);
        (self.is_day(back, month, front) || self.is_day(front, month, back)).then_some((place, place))
    }

    fn is_day(&self, year: Option<usize>, month: usize, day: Option<usize>) -> bool {
        let (Some(year), Some(day)) = (year, day) else { return false };
        self.days.iter().any(|known| (known.0 == year || known.0 % 100 == year) && (known.1, known.2) == (month, day))
    }

    /// The end of a number that begins with a word, its digits in groups, where that is known.
    fn number(&self, text: &[u8], places: &[(usize, usize)]) -> Option<usize> {
        let mut joined: Vec<u8> = Vec::new();
        let mut before = None;
        for (from, to) in places {
            let word = text.get(*from..*to)?;
            let near = before.is_none_or(|end| from - end <= WIDEST_GAP);
            if !near || !word.iter().all(u8::is_ascii_digit) || joined.len() + word.len() > LONGEST_NUMBER {
                return None;
            }
            joined.extend_from_slice(word);
            before = Some(*to);
            let last = joined.get(joined.len().saturating_sub(SHORTEST_NUMBER)..)?;
            if joined.len() >= SHORTEST_INSIDE && self.numbers.contains(last) {
                return Some(*to);
            }
        }
        None
    }

    fn add(&mut self, phrase: Vec<Vec<u8>>) {
        let Some(first) = phrase.first() else { return };
        let same = self.phrases.entry(first.clone()).or_default();
        if !same.contains(&phrase) {
            same.push(phrase);
        }
    }

    /// The first place where the patient is named in `text`.
    #[must_use]
    pub fn first(&self, text: &[u8]) -> Option<(usize, usize)> {
        let mut found = Vec::new();
        self.find(text, &mut found);
        found.into_iter().min()
    }

    /// Where the patient is named in `text`.
    fn find(&self, text: &[u8], found: &mut Vec<(usize, usize)>) {
        if self.phrases.is_empty() {
            return;
        }
        let text = folded(text);
        let places = words(&text);
        let word = |index: usize| places.get(index).and_then(|(from, to)| text.get(*from..*to));
        for start in 0..places.len() {
            for phrase in word(start).and_then(|first| self.phrases.get(first)).into_iter().flatten() {
                let same = phrase.iter().enumerate().all(|(offset, part)| word(start + offset) == Some(part));
                if let (true, Some((from, _)), Some((_, to))) =
                    (same, places.get(start), places.get(start + phrase.len() - 1))
                {
                    found.push((*from, *to));
                }
            }
            let Some((from, to)) = places.get(start) else { continue };
            if let Some((first, last)) = (!self.days.is_empty()).then(|| self.day(&text, &places, start)).flatten() {
                if let (Some((from, _)), Some((_, to))) = (places.get(first), places.get(last)) {
                    found.push((*from, *to));
                }
            }
            if !self.numbers.is_empty() {
                if let Some(end) = self.number(&text, places.get(start..).unwrap_or_default()) {
                    found.push((*from, end));
                }
            }
            let whole = text.get(*from..*to).unwrap_or_default();
            for term in self.inside.iter().filter(|term| term.len() < whole.len()) {
                if let Some(at) = whole.windows(term.len()).position(|part| part == term.as_slice()) {
                    found.push((from + at, from + at + term.len()));
                }
            }
        }
    }

    /// The text without what identifies; `None` where nothing does. Values of several stay as many.
    #[must_use]
    pub fn clean(&self, text: &[u8], patterns: &[&Regex], plain: &HashSet<Vec<u8>>) -> Option<Vec<u8>> {
        let mut found = Vec::new();
        self.find(text, &mut found);
        for pattern in patterns {
            let hits = pattern.find_iter(text).filter(|hit| !is_repository(hit.as_bytes()));
            found.extend(hits.filter_map(|hit| named(text, hit.start(), hit.end(), plain)));
        }
        if found.is_empty() {
            return None;
        }
        if text.contains(&0x1B) {
            // Bytes of ISO 2022 sets cannot be cut out without knowing which set holds.
            return Some(Vec::new());
        }
        found.sort_unstable();
        let mut out = Vec::with_capacity(text.len());
        let mut at = 0;
        for (from, to) in found {
            if from > at {
                out.extend_from_slice(text.get(at..from).unwrap_or_default());
            }
            at = at.max(to);
        }
        out.extend_from_slice(text.get(at..).unwrap_or_default());
        Some(tidy(&out))
    }

    /// The same bytes with what identifies overwritten; `None` where nothing does.
    #[must_use]
    pub fn blank(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut found = Vec::new();
        self.find(bytes, &mut found);
        if found.is_empty() {
            return None;
        }
        let mut out = bytes.to_vec();
        for (from, to) in found {
            if let Some(part) = out.get_mut(from..to) {
                part.fill(b'X');
            }
        }
        Some(out)
    }
}

/// What of a hit names somebody: "Dr. Smith Thorax" without the plain words at its end, "MR Thorax" not at all.
#[must_use]
pub fn named(text: &[u8], from: usize, to: usize, plain: &HashSet<Vec<u8>>) -> Option<(usize, usize)> {
    let hit = folded(text.get(from..to)?);
    let places = words(&hit);
    let is_plain = |place: &(usize, usize)| hit.get(place.0..place.1).is_some_and(|word| plain.contains(word));
    let last = places.iter().rposition(|place| !is_plain(place))?;
    if last + 1 == places.len() {
        return Some((from, to));
    }
    places.get(last).map(|(_, end)| (from, from + end))
}

/// Without the spaces and marks that are left around what was cut out.
fn tidy(text: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    for part in text.split(|byte| *byte == b'\\') {
        let mut clean: Vec<u8> = Vec::with_capacity(part.len());
        for byte in part {
            let double = *byte == b' ' && clean.last().is_none_or(|last| *last == b' ');
            if !double {
                clean.push(*byte);
            }
        }
        let marks = |byte: &u8| matches!(byte, b' ' | b',' | b';' | b':' | b'-' | b'/' | b'^' | b'=' | b'_' | b'#');
        let end = clean.iter().rposition(|byte| !marks(byte)).map_or(0, |last| last + 1);
        let start = clean.iter().position(|byte| !marks(byte)).unwrap_or(end);
        out.extend_from_slice(clean.get(start.min(end)..end).unwrap_or_default());
        out.push(b'\\');
    }
    out.pop();
    if out.iter().all(|byte| !is_word(*byte)) {
        out.clear();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(text: &str) -> Option<String> {
        let plain: HashSet<Vec<u8>> = [b"chest".to_vec(), b"ct".to_vec()].into_iter().collect();
        let mut terms = Terms::default();
        terms.note(Known::Name, b"M\xC3\x9CLLER^Jo^^Dr.=", &plain);
        terms.note(Known::Name, b"CHEST^CT", &plain);
        terms.note(Known::Identifier, b"PAT-0042", &plain);
        terms.note(Known::Date, b"19600102", &plain);
        terms.note(Known::Identifier, b"+41 44 987 65 43", &plain);
        terms.clean(text.as_bytes(), &[], &plain).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    #[test]
    fn the_patient_is_taken_out_and_the_medicine_stays() {
        assert_eq!(cleaned("CT Chest of Jo Müller"), Some("CT Chest of".into()));
        assert_eq!(cleaned("MÜLLERS Thorax, PAT0042; born 2.1.1960"), Some("S Thorax, ; born".into()));
        assert_eq!(cleaned("CT Thorax"), None);
        assert_eq!(cleaned("Jo\\Abdomen"), Some("\\Abdomen".into()));
        assert_eq!(cleaned("JO (Jo)"), Some(String::new()));
    }

    #[test]
    fn what_is_known_is_found_however_it_is_written() {
        assert_eq!(cleaned("call 0041449876543"), Some("call".into()));
        assert_eq!(cleaned("call (044) 987-65-43 now"), Some("call ( now".into()));
        assert_eq!(cleaned("born 02 JAN 1960, Jan 2, 1960 or 2JAN60"), Some("born , or".into()));
        assert_eq!(cleaned("Mueller and MULLER"), Some("and".into()));
        assert_eq!(cleaned("slices 1 2 3 4 5 6 7 8 9"), None);
        let mut terms = Terms::default();
        let plain = HashSet::new();
        terms.note(Known::Identifier, b"7734991", &plain);
        assert_eq!(terms.clean(b"MRN 773-4991 CT", &[], &plain), Some(b"MRN CT".to_vec()));
        assert_eq!(terms.clean(b"dose 773 CT 4991", &[], &plain), None);
    }

    #[test]
    fn names_are_found_whatever_escape_sequences_stand_before_them() {
        let mut terms = Terms::default();
        let plain = HashSet::new();
        terms.note(Known::Name, b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7", &plain);
        assert_eq!(terms.clean(b"\x1b$)CLook \xd1\xce\xd4\xd7 CT", &[], &plain), Some(Vec::new()));
        assert_eq!(terms.clean(b"\x1b$)CLook \xd1\xce CT", &[], &plain), None);
    }
}
