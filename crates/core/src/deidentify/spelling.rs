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

/// Names of a month, from two digits.
pub fn months(month: &[u8]) -> &'static [&'static str] {
    let number = std::str::from_utf8(month).ok().and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
    number.checked_sub(1).and_then(|at| MONTHS.get(at)).copied().unwrap_or(&[])
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
        assert!(months(b"05").contains(&"may"));
        assert!(months(b"00").is_empty() && months(b"13").is_empty() && months(b"x").is_empty());
    }
}
