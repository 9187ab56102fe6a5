//! Moving dates by whole days (PS3.5 6.2: DA, DT): times of day and intervals stay as they are, over midnight too.

/// Days since 1970-01-01 in the proleptic Gregorian calendar.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days - era * 146_097;
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + i64::from(month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1)
}

fn number(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
}

fn moved(year: i64, month: i64, day: i64, by: i64) -> Option<(i64, i64, i64)> {
    let days = days_of(year, month, day);
    if !(1..=12).contains(&month) || date_of(days) != (year, month, day) {
        return None;
    }
    let found = date_of(days + by);
    (1..=9999).contains(&found.0).then_some(found)
}

/// `19970204`, or `1997.02.04` as ACR-NEMA wrote it, moved; `None` where it is no date.
fn date(value: &[u8], by: i64) -> Option<Vec<u8>> {
    let digits: Vec<u8> = match value.len() {
        8 => value.to_vec(),
        10 if matches!((value.get(4), value.get(7)), (Some(b'.'), Some(b'.')) | (Some(b'-'), Some(b'-'))) => {
            value.iter().copied().filter(u8::is_ascii_digit).collect()
        }
        _ => return None,
    };
    if digits.len() != 8 {
        return None;
    }
    let (year, month, day) =
        moved(number(digits.get(..4)?)?, number(digits.get(4..6)?)?, number(digits.get(6..)?)?, by)?;
    Some(format!("{year:04}{month:02}{day:02}").into_bytes())
}

/// A DT value moved; what it leaves out stays left out.
fn date_time(value: &[u8], by: i64) -> Option<Vec<u8>> {
    let length = value.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(value.len());
    let (digits, rest) = value.split_at_checked(length)?;
    let rest_is_time = rest.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'+' | b'-'));
    if !rest_is_time || rest.len() > 12 {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to).map_or(Some(1), number);
    let known = length.min(8);
    if !(4..=14).contains(&length) || length % 2 == 1 {
        return None;
    }
    let (year, month, day) = moved(part(0, 4)?, part(4, 6)?, part(6, 8)?, by)?;
    let text = format!("{year:04}{month:02}{day:02}");
    let mut out = text.as_bytes().get(..known)?.to_vec();
    out.extend_from_slice(digits.get(known..)?);
    out.extend_from_slice(rest);
    Some(out)
}

/// All dates of a value of VR DA or DT moved by `by` days; `None` where one of them is no date.
#[must_use]
pub fn shift(value: &[u8], time: bool, by: i64) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(value.len());
    for (index, part) in value.split(|byte| *byte == b'\\').enumerate() {
        if index > 0 {
            out.push(b'\\');
        }
        let part = part.trim_ascii();
        if part.is_empty() {
            continue;
        }
        let moved = if time { date_time(part, by) } else { date(part, by).or_else(|| date_time(part, by)) };
        out.extend(moved?);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str, time: bool, by: i64) -> Option<String> {
        shift(value.as_bytes(), time, by).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    #[test]
    fn days_are_counted_over_leap_years_and_centuries() {
        assert_eq!(text("20000301", false, -1).as_deref(), Some("20000229"));
        assert_eq!(text("1900.03.01", false, -1).as_deref(), Some("19000228"));
        assert_eq!(text("20240101\\20231231", false, -366).as_deref(), Some("20221231\\20221230"));
    }

    #[test]
    fn times_of_day_and_zones_stay() {
        assert_eq!(text("20240101235959.123456+0100", true, -1).as_deref(), Some("20231231235959.123456+0100"));
        assert_eq!(text("202403", true, -1).as_deref(), Some("202402"));
        assert_eq!(text("2024-0500", true, -1).as_deref(), Some("2023-0500"));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for value in ["20241301", "SMITH", "20240230", "00000000", "2024010"] {
            assert_eq!(text(value, false, -1), None, "{value}");
        }
        assert_eq!(text("2024SMITH", true, -1), None);
    }
}
