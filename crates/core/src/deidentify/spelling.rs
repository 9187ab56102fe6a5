//! Other ways of writing what is known of a patient: names without accents, dates with the month as a word.

/// Names of the months as people write them: English, German, French, Spanish, Italian; without accents, too.
const MONTHS: [&[&str]; 12] = [
    &["jan", "january", "januar", "janvier", "enero", "gennaio"],
    &["feb", "february", "februar", "fevrier", "f\u{e9}vrier", "febrero", "febbraio"],
    &["mar", "march", "maerz", "m\u{e4}rz", "mrz", "mars", "marzo"],
    &["apr", "april", "avril", "abril", "aprile"],
    &["may", "mai", "mayo", "maggio"],
    &["jun", "june", "juni", "juin", "junio", "giugno"],
    &["jul", "july", "juli", "juillet", "julio", "luglio"],
    &["aug", "august", "aout", "ao\u{fb}t", "agosto"],
    &["sep", "sept", "september", "septembre", "septiembre", "settembre"],
    &["oct", "okt", "october", "oktober", "octobre", "octubre", "ottobre"],
    &["nov", "november", "novembre", "noviembre"],
    &["dec", "dez", "december", "dezember", "decembre", "d\u{e9}cembre", "diciembre", "dicembre"],
];

/// Number of the month that a word in small letters names, from 1.
pub fn month_of(word: &[u8]) -> Option<usize> {
    // Most words are none, and are looked at in every text.
    if !(3..=10).contains(&word.len()) || !word.first().is_some_and(|first| b"adefgjlmnos".contains(first)) {
        return None;
    }
    MONTHS.iter().position(|names| names.iter().any(|name| name.as_bytes() == word)).map(|at| at + 1)
}

/// A name without accents, and in the letters that stand for them ("ue" for "ü"); nothing where it has none.
/// Bytes that are no UTF-8 are taken for ISO 8859-1.
pub fn without_accents(name: &[u8]) -> Vec<Vec<u8>> {
    if name.is_ascii() || name.contains(&0x1B) {
        return Vec::new();
    }
    let text = match std::str::from_utf8(name) {
        Ok(text) => text.to_lowercase(),
        Err(_) => name.iter().map(|byte| char::from(*byte)).collect::<String>().to_lowercase(),
    };
    let mut found: Vec<Vec<u8>> = Vec::new();
    for transcribed in [false, true] {
        let written: String =
            text.chars().map(|letter| spelled(letter, transcribed).unwrap_or(letter.into())).collect();
        if written.is_ascii() && !found.contains(&written.clone().into_bytes()) {
            found.push(written.into_bytes());
        }
    }
    found
}

/// What is written for a letter with an accent.
fn spelled(letter: char, transcribed: bool) -> Option<String> {
    let (plain, long) = match letter {
        'ä' | 'æ' => ("a", "ae"),
        'à' | 'á' | 'â' | 'ã' | 'ă' | 'ą' => ("a", "a"),
        'å' => ("a", "aa"),
        'ç' | 'ć' | 'č' => ("c", "c"),
        'ď' | 'đ' => ("d", "d"),
        'è' | 'é' | 'ê' | 'ë' | 'ě' | 'ę' => ("e", "e"),
        'ğ' => ("g", "g"),
        'ì' | 'í' | 'î' | 'ï' | 'ı' => ("i", "i"),
        'ł' => ("l", "l"),
        'ñ' | 'ń' | 'ň' => ("n", "n"),
        'ö' | 'ø' | 'œ' => ("o", "oe"),
        'ò' | 'ó' | 'ô' | 'õ' | 'ő' => ("o", "o"),
        'ř' => ("r", "r"),
        'ß' => ("s", "ss"),
        'ś' | 'š' | 'ş' | 'ș' => ("s", "s"),
        'ť' | 'ț' | 'ţ' => ("t", "t"),
        'ü' => ("u", "ue"),
        'ù' | 'ú' | 'û' | 'ů' | 'ű' => ("u", "u"),
        'ý' | 'ÿ' => ("y", "y"),
        'ź' | 'ż' | 'ž' => ("z", "z"),
        _ => return None,
    };
    Some(if transcribed { long } else { plain }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_accents_in_either_encoding() {
        let both = vec![b"rudigor".to_vec(), b"ruedigoer".to_vec()];
        assert_eq!(without_accents("Rüdigör".as_bytes()), both);
        assert_eq!(without_accents(b"R\xFCdig\xF6r"), both);
        assert!(without_accents(b"Plain").is_empty());
        assert!(without_accents("山田".as_bytes()).is_empty());
    }

    #[test]
    fn months_have_names() {
        let found = [&b"may"[..], b"december", "m\u{e4}rz".as_bytes(), b"thorax", b"12"].map(month_of);
        assert_eq!(found, [Some(5), Some(12), Some(3), None, None]);
    }
}
