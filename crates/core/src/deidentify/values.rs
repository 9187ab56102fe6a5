//! What a single value becomes.

use std::collections::HashMap;

use regex::bytes::Regex;

use super::dates;
use super::plan::{Action, Plan, Rule};
use super::subject::{until_nul, Subject};
use super::types;
use crate::tag::Tag;
use crate::text::trim;
use crate::vr::Vr;

/// One value and what surrounds it.
pub struct Call<'a> {
    /// The profile.
    pub plan: &'a Plan,
    /// The file.
    pub subject: &'a Subject,
    /// Whose it is.
    pub patient: &'a [u8],
    /// Days that the dates of the patient move by.
    pub days: i64,
    /// The element.
    pub tag: Tag,
    /// Its VR.
    pub vr: Vr,
    /// Its rule.
    pub rule: &'a Rule,
    /// Its type in the object, as [`types::find`] gives it.
    pub required: u8,
    /// It stands in a sequence that is a dummy as a whole.
    pub scrub: bool,
    /// Numbers of its data set are big endian.
    pub big_endian: bool,
}

/// What a value becomes.
#[derive(PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It stays as it is, byte for byte.
    Same,
    /// This.
    Value(Vec<u8>),
    /// The element is left out.
    Gone,
}

/// Originals and what they became.
pub type Pairs = HashMap<(u32, Vec<u8>), Vec<u8>>;

const PATIENT_ID: u32 = 0x0010_0020;

/// VRs whose values are words.
#[must_use]
pub fn is_text(vr: Vr) -> bool {
    matches!(&vr.0, b"AE" | b"CS" | b"LO" | b"LT" | b"PN" | b"SH" | b"ST" | b"UC" | b"UR" | b"UT")
}

/// VRs whose values have a form that is checked, so that nothing else hides in them.
#[must_use]
pub fn is_checked(vr: Vr) -> bool {
    matches!(&vr.0, b"AS" | b"DA" | b"DS" | b"DT" | b"IS" | b"TM" | b"UI")
}

fn is_wordy(vr: Vr) -> bool {
    matches!(&vr.0, b"LO" | b"LT" | b"SH" | b"ST" | b"UC" | b"UT")
}

fn is_prose(vr: Vr) -> bool {
    matches!(&vr.0, b"LT" | b"ST" | b"UC" | b"UT")
}

/// The days of a patient: given, or made of the key.
#[must_use]
pub fn days(plan: &Plan, patient: &[u8]) -> i64 {
    let given = plan.mapping.get(&(1, patient.to_vec())).and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
    given.unwrap_or_else(|| plan.key.days(patient))
}

/// Words that say how structured content and graphics are built.
const STRUCTURE: [&[u8]; 49] = [
    b"BEGIN",
    b"CIRCLE",
    b"CODE",
    b"COMPOSITE",
    b"CONTAINER",
    b"CONTAINS",
    b"CONTINUOUS",
    b"DATE",
    b"DATETIME",
    b"DCMR",
    b"DISPLAY",
    b"ELLIPSE",
    b"ELLIPSOID",
    b"END",
    b"FRAME",
    b"HAS ACQ CONTEXT",
    b"HAS CONCEPT MOD",
    b"HAS OBS CONTEXT",
    b"HAS PROPERTIES",
    b"IMAGE",
    b"INFERRED FROM",
    b"INTERPOLATED",
    b"MATRIX",
    b"MULTIPOINT",
    b"MULTISEGMENT",
    b"N",
    b"NO",
    b"NUM",
    b"NUMERIC",
    b"PIXEL",
    b"PNAME",
    b"POINT",
    b"POLYGON",
    b"POLYLINE",
    b"SCOORD",
    b"SCOORD3D",
    b"SEGMENT",
    b"SELECTED FROM",
    b"SEPARATE",
    b"TABLE",
    b"TCOORD",
    b"TEXT",
    b"TIME",
    b"UIDREF",
    b"UNVERIFIED",
    b"VERIFIED",
    b"VOLUME",
    b"WAVEFORM",
    b"Y",
];

/// What becomes of an element in a sequence that is a dummy as a whole.
#[must_use]
pub fn scrubbed(tag: Tag, vr: Vr, action: Action) -> Action {
    let class = tag.0 == 0x0008_1150;
    match action {
        Action::Remove | Action::Uid | Action::Empty | Action::Verbatim => action,
        _ if tag.is_private() => Action::Remove,
        _ if class || vr == Vr(*b"CS") => Action::Keep,
        _ if vr == Vr(*b"UI") => Action::Uid,
        _ => Action::Dummy,
    }
}

/// What becomes of an element in a sequence of references.
#[must_use]
pub fn referenced(parent: Tag, tag: Tag, action: Action) -> Action {
    match (parent.0, tag.0) {
        (_, 0x0008_1155) => action,
        (_, 0x0008_1150 | 0x0008_1160 | 0x0062_000B) => Action::Keep,
        (0x0008_1140 | 0x0008_2112, 0x0040_A170) => Action::Keep,
        (0x0040_A170, 0x0008_0100 | 0x0008_0102 | 0x0008_0104) => Action::Keep,
        _ => Action::Remove,
    }
}

const BLANK_PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n\
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n\
trailer<</Root 1 0 R>>\n%%EOF\n";

/// A value that means nothing, valid for its VR; as many values as there were.
#[must_use]
pub fn dummy(vr: Vr, bytes: &[u8], big_endian: bool) -> Vec<u8> {
    let text: &[u8] = match &vr.0 {
        b"PN" => b"Anonymous",
        b"LO" | b"LT" | b"SH" | b"ST" | b"UC" | b"UT" => b"REMOVED",
        b"AE" | b"CS" => b"ANON",
        b"UR" => b"urn:removed",
        b"DA" => b"19000101",
        b"DT" => b"19000101000000",
        b"TM" => b"000000",
        b"AS" => b"000Y",
        b"DS" | b"IS" => {
            let count = bytes.split(|byte| *byte == b'\\').count();
            // Numbers of frames, items and the like begin with one.
            let mut ones = b"1\\".repeat(count);
            ones.pop();
            return ones;
        }
        b"UI" => b"2.25.0",
        _ if bytes.starts_with(b"%PDF") => BLANK_PDF,
        b"OB" | b"OW" | b"UN" => &[0, 0],
        b"UL" | b"US" => {
            let mut one = vec![0; vr.word()];
            let last = if big_endian { one.last_mut() } else { one.first_mut() };
            if let Some(last) = last {
                *last = 1;
            }
            return one.repeat((bytes.len() / vr.word()).max(1));
        }
        _ => return vec![0; bytes.len().max(vr.word())],
    };
    text.to_vec()
}

/// What `bytes` becomes by `action`; pseudonyms are noted in `pairs`.
pub fn become_of(call: &Call<'_>, action: Action, bytes: &[u8], pairs: &mut Pairs) -> Outcome {
    match action {
        Action::Verbatim => Outcome::Same,
        Action::Keep if call.scrub && call.vr == Vr(*b"CS") && !structural(value_of(bytes)) => {
            Outcome::Value(dummy(call.vr, bytes, call.big_endian))
        }
        Action::Keep => kept(call, bytes),
        Action::Remove | Action::References => Outcome::Gone,
        Action::Empty => Outcome::Value(Vec::new()),
        Action::Dummy if call.vr == Vr(*b"UI") => uids(call, bytes, pairs),
        Action::Dummy => Outcome::Value(dummy(call.vr, bytes, call.big_endian)),
        Action::Uid => uids(call, bytes, pairs),
        Action::Shift => shifted(call, bytes, pairs),
        Action::Clean => cleaned(call, bytes, pairs),
        Action::Hash => hashed(call, bytes, pairs),
        Action::Patient => patient(call, bytes, pairs),
        Action::Replace => {
            Outcome::Value(call.rule.text.and_then(|index| call.plan.texts.get(index)).cloned().unwrap_or_default())
        }
    }
}

fn value_of(bytes: &[u8]) -> &[u8] {
    until_nul(trim(bytes))
}

/// What stands for a value that does not fit and cannot be trusted.
fn unfit(call: &Call<'_>) -> Outcome {
    match call.required {
        types::ONE => Outcome::Value(dummy(call.vr, b"", call.big_endian)),
        types::TWO => Outcome::Value(Vec::new()),
        _ => Outcome::Gone,
    }
}

/// Unchanged, but for what hides behind the first null.
fn plain(bytes: &[u8]) -> Outcome {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let shown = until_nul(bytes);
    if shown.len() < end {
        Outcome::Value(shown.to_vec())
    } else {
        Outcome::Same
    }
}

fn consists_of(bytes: &[u8], also: &[u8]) -> bool {
    value_of(bytes).iter().all(|byte| byte.is_ascii_digit() || *byte == b'\\' || *byte == b' ' || also.contains(byte))
}

fn kept(call: &Call<'_>, bytes: &[u8]) -> Outcome {
    let fits = match &call.vr.0 {
        b"AS" => return aged(call, bytes),
        b"DA" => consists_of(bytes, b".-"),
        b"DS" => consists_of(bytes, b"+-.,eEnNaAiIfF"),
        b"DT" => consists_of(bytes, b"+-."),
        b"IS" => consists_of(bytes, b"+-."),
        b"TM" => consists_of(bytes, b".:-"),
        b"UI" => consists_of(bytes, b"."),
        _ if is_text(call.vr) => {
            // Nearly no text has the sign that all of the certain ones have.
            let certain = call.plan.certain.iter().filter(|_| bytes.contains(&b'@'));
            let prose = call.plan.pattern.iter().filter(|_| is_prose(call.vr));
            let patterns: Vec<&Regex> = prose.chain(certain).collect();
            return words(call, bytes, &patterns);
        }
        _ if call.tag.is_private() => return blanked(call, bytes),
        _ => return Outcome::Same,
    };
    if fits {
        plain(bytes)
    } else {
        unfit(call)
    }
}

fn blanked(call: &Call<'_>, bytes: &[u8]) -> Outcome {
    if call.vr.word() > 1 {
        return Outcome::Same;
    }
    call.subject.terms.blank(bytes).map_or(Outcome::Same, Outcome::Value)
}

/// An age, or the highest that is said.
fn aged(call: &Call<'_>, bytes: &[u8]) -> Outcome {
    let value = value_of(bytes);
    let (number, unit) = value.split_at(value.len().min(3));
    if number.len() != 3 || !number.iter().all(u8::is_ascii_digit) || !matches!(unit, b"D" | b"W" | b"M" | b"Y") {
        return if value.is_empty() { Outcome::Same } else { unfit(call) };
    }
    let count = number.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    let years = match unit {
        b"D" => count / 365,
        b"W" => count / 52,
        b"M" => count / 12,
        _ => count,
    };
    if years > call.plan.oldest {
        return Outcome::Value(format!("{:03}Y", call.plan.oldest).into_bytes());
    }
    plain(bytes)
}

/// Text without what identifies.
fn words(call: &Call<'_>, bytes: &[u8], patterns: &[&Regex]) -> Outcome {
    let shown = until_nul(bytes);
    if call.vr == Vr(*b"CS") && structural(trim(shown)) {
        return plain(bytes);
    }
    match call.subject.terms.clean(shown, patterns, &call.plan.plain) {
        None => plain(bytes),
        // Nothing says whether a text that stays as a rule may be empty.
        Some(rest) if rest.is_empty() && (call.required == types::ONE || is_wordy(call.vr)) => {
            Outcome::Value(dummy(call.vr, b"", false))
        }
        Some(rest) => Outcome::Value(rest),
    }
}

fn cleaned(call: &Call<'_>, bytes: &[u8], pairs: &mut Pairs) -> Outcome {
    match &call.vr.0 {
        b"DA" | b"DT" => shifted(call, bytes, pairs),
        b"UI" => uids(call, bytes, pairs),
        b"PN" if call.rule.text.is_none() => unfit(call),
        b"AE" if call.rule.text.is_none() => hashed(call, bytes, pairs),
        _ if is_text(call.vr) => {
            let own = call.rule.text.and_then(|index| call.plan.patterns.get(index)).and_then(Option::as_ref);
            let patterns: Vec<&Regex> = own.or(call.plan.pattern.as_ref()).into_iter().collect();
            words(call, bytes, &patterns)
        }
        b"OB" | b"UN" if !call.tag.is_private() => unfit(call),
        _ => kept(call, bytes),
    }
}

fn shifted(call: &Call<'_>, bytes: &[u8], pairs: &mut Pairs) -> Outcome {
    let value = value_of(bytes);
    if !matches!(&call.vr.0, b"DA" | b"DT") {
        // A time of day, or a zone, tells no day; anything else may hold one and cannot be moved.
        let plain = call.vr == Vr(*b"TM") || consists_of(bytes, b"+-.:");
        return if plain { kept(call, bytes) } else { unfit(call) };
    }
    if value.is_empty() {
        return Outcome::Value(Vec::new());
    }
    match dates::shift(value, call.vr == Vr(*b"DT"), call.days) {
        Some(moved) => {
            pairs.entry((1, call.patient.to_vec())).or_insert_with(|| call.days.to_string().into_bytes());
            Outcome::Value(moved)
        }
        None => unfit(call),
    }
}

fn uids(call: &Call<'_>, bytes: &[u8], pairs: &mut Pairs) -> Outcome {
    let value = value_of(bytes);
    let mut out = Vec::with_capacity(value.len());
    for (index, part) in value.split(|byte| *byte == b'\\').enumerate() {
        if index > 0 {
            out.push(b'\\');
        }
        let part = part.trim_ascii();
        let new = call.plan.uid(part);
        if !part.is_empty() && new != part && !pairs.contains_key(&(0, part.to_vec())) {
            pairs.insert((0, part.to_vec()), new.clone());
        }
        out.extend(new);
    }
    if out == value {
        plain(bytes)
    } else {
        Outcome::Value(out)
    }
}

fn hashed(call: &Call<'_>, bytes: &[u8], pairs: &mut Pairs) -> Outcome {
    if call.vr == Vr(*b"UI") {
        return uids(call, bytes, pairs);
    }
    if !is_text(call.vr) {
        return Outcome::Value(dummy(call.vr, bytes, call.big_endian));
    }
    let value = value_of(bytes);
    if value.is_empty() {
        return Outcome::Value(Vec::new());
    }
    let key = (call.tag.0, value.to_vec());
    let new = match call.plan.mapping.get(&key) {
        Some(given) => given.clone(),
        None => call.plan.key.word("value", &[&call.tag.0.to_be_bytes(), value]).into_bytes(),
    };
    pairs.entry(key).or_insert_with(|| new.clone());
    Outcome::Value(new)
}

/// What the patient is called from now on.
#[must_use]
pub fn pseudonym(plan: &Plan, patient: &[u8]) -> Vec<u8> {
    let id = patient.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let given = plan
        .mapping
        .get(&(PATIENT_ID, patient.to_vec()))
        .or_else(|| plan.mapping.get(&(PATIENT_ID, id.to_vec())).filter(|_| !id.is_empty()));
    given.cloned().unwrap_or_else(|| plan.key.word("patient", &[patient]).into_bytes())
}

fn patient(call: &Call<'_>, bytes: &[u8], pairs: &mut Pairs) -> Outcome {
    let value = value_of(bytes);
    let other = call.tag.0 == PATIENT_ID && !value.is_empty() && value != call.subject.patient_id.as_slice();
    let whose = if other { value } else { call.patient };
    let new = pseudonym(call.plan, whose);
    pairs.entry((PATIENT_ID, whose.to_vec())).or_insert_with(|| new.clone());
    Outcome::Value(new)
}

/// Whether a code string says only how content is built.
fn structural(value: &[u8]) -> bool {
    value.split(|byte| *byte == b'\\').all(|part| STRUCTURE.contains(&trim(part)))
}
