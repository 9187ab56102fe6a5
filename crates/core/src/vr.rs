//! Value representations (PS3.5 6.2) and how each encodes its length (PS3.5 7.1.2).

/// Two letters as they stand in the file; zeros where the file states none (implicit VR).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Vr(pub [u8; 2]);

impl Vr {
    /// The file states no VR.
    pub const NONE: Self = Self([0, 0]);
    /// Sequence of items.
    pub const SQ: Self = Self(*b"SQ");
    /// Unknown.
    pub const UN: Self = Self(*b"UN");
    /// Other byte.
    pub const OB: Self = Self(*b"OB");
    /// Other word.
    pub const OW: Self = Self(*b"OW");

    /// One of the 34 VRs of the standard.
    #[must_use]
    #[inline]
    pub const fn is_known(self) -> bool {
        self.form() != UNKNOWN
    }

    /// VRs whose explicit form has two reserved bytes and a 32-bit length (PS3.5 table 7.1-1).
    #[must_use]
    #[inline]
    pub const fn has_long_length(self) -> bool {
        self.form() == LONG
    }

    #[inline]
    const fn form(self) -> u8 {
        let index = place(self.0);
        if index < FORMS.len() {
            FORMS[index]
        } else {
            UNKNOWN
        }
    }

    /// Two capital letters: may be a VR that a later edition defines.
    #[must_use]
    pub const fn looks_like_one(self) -> bool {
        self.0[0].is_ascii_uppercase() && self.0[1].is_ascii_uppercase()
    }

    /// Text for messages and tables; empty where the file states none.
    #[must_use]
    pub fn as_str(&self) -> &str {
        if self.0[0] == 0 {
            return "";
        }
        std::str::from_utf8(&self.0).unwrap_or("??")
    }

    /// Bytes of one binary number, for byte order and for splitting values; 1 for text and bytes.
    #[must_use]
    pub const fn word(self) -> usize {
        match &self.0 {
            b"AT" | b"OW" | b"SS" | b"US" => 2,
            b"FL" | b"OF" | b"OL" | b"SL" | b"UL" => 4,
            b"FD" | b"OD" | b"OV" | b"SV" | b"UV" => 8,
            _ => 1,
        }
    }
}

const UNKNOWN: u8 = 0;
const SHORT: u8 = 1;
const LONG: u8 = 2;

const SHORTS: [&[u8; 2]; 21] = [
    b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL", b"SS",
    b"ST", b"TM", b"UI", b"UL", b"US",
];
const LONGS: [&[u8; 2]; 13] =
    [b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"];

/// A form for each pair of capital letters: this is asked for every element that is read.
static FORMS: [u8; 26 * 26] = forms();

const fn place(letters: [u8; 2]) -> usize {
    if letters[0].is_ascii_uppercase() && letters[1].is_ascii_uppercase() {
        (letters[0] - b'A') as usize * 26 + (letters[1] - b'A') as usize
    } else {
        usize::MAX
    }
}

const fn forms() -> [u8; 26 * 26] {
    let mut table = [UNKNOWN; 26 * 26];
    let mut index = 0;
    while index < SHORTS.len() {
        table[place(*SHORTS[index])] = SHORT;
        index += 1;
    }
    index = 0;
    while index < LONGS.len() {
        table[place(*LONGS[index])] = LONG;
        index += 1;
    }
    table
}
