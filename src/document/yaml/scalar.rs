//! What PyYAML makes of one scalar: YAML 1.1's words, numbers and dates (`resolver.py` and `constructor.py`, 6.0.3).

use crate::value::{Int, MAX_INT_DIGITS, Value};

/// What a scalar becomes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    /// A value that JSON has too.
    Value(Value),
    /// A value of a type that JSON lacks, with the type's name.
    NoJson(&'static str),
    /// PyYAML raises; why.
    Refused(String),
}

/// A plain scalar without a tag.
pub(super) fn plain(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Value(Value::Null),
        "=" => {
            return Scalar::Refused("a bare `=` is a YAML 1.1 tag of its own, for which there is no value".to_owned());
        }
        _ => {}
    }
    if let Some(integer) = integer(text) {
        return integer;
    }
    if let Some(value) = boolean(text).map(Value::Bool).or_else(|| float(text)) {
        return Scalar::Value(value);
    }
    match date(text) {
        Some(Ok(kind)) => Scalar::NoJson(kind),
        Some(Err(why)) => Scalar::Refused(why),
        None => Scalar::Value(Value::String(text.to_owned())),
    }
}

/// A scalar with a tag of YAML's own: `!!str`, `!!int` …
pub(super) fn tagged(tag: &str, text: &str) -> Scalar {
    let wanted = match tag {
        "str" => Some(Value::String(text.to_owned())),
        "null" => Some(Value::Null),
        "bool" => boolean(text).map(Value::Bool),
        "int" => match integer(text) {
            Some(integer) => return integer,
            None => None,
        },
        "float" => float(text).or_else(|| text.parse().ok().map(Value::Float)),
        "binary" => return Scalar::NoJson("bytes"),
        "timestamp" => {
            return match date(text) {
                Some(Ok(kind)) => Scalar::NoJson(kind),
                Some(Err(why)) => Scalar::Refused(why),
                None => Scalar::Refused(format!("`{text}` is not a date")),
            };
        }
        _ if tag.starts_with("python/") => return Scalar::NoJson("Python object"),
        _ => return Scalar::Refused(format!("PyYAML does not know the tag `!!{tag}` for a scalar")),
    };
    wanted.map_or_else(|| Scalar::Refused(format!("`{text}` cannot be read as `!!{tag}`")), Scalar::Value)
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// Whether `text` has an ASCII digit at its start and from there only digits and underscores.
fn is_digits(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

fn integer(text: &str) -> Option<Scalar> {
    let (sign, unsigned) = split_sign(text);
    let in_radix = |digits: &str, radix: u32| {
        let well_formed = digits.chars().all(|c| c == '_' || c.is_digit(radix)) && digits.contains(|c| c != '_');
        well_formed.then(|| Int::from_radix(digits, radix, MAX_INT_DIGITS))
    };
    let int = if let Some(binary) = unsigned.strip_prefix("0b") {
        in_radix(binary, 2)?
    } else if let Some(hex) = unsigned.strip_prefix("0x") {
        in_radix(hex, 16)?
    } else if unsigned == "0" {
        Some(0.into())
    } else if let Some(octal) = unsigned.strip_prefix('0') {
        if octal.chars().all(|c| c == '_') && !octal.is_empty() { Some(0.into()) } else { in_radix(octal, 8)? }
    } else if is_digits(unsigned) {
        let digits = unsigned.replace('_', "");
        if digits.len() > MAX_INT_DIGITS {
            return Some(Scalar::Refused(format!("Python reads no integer of more than {MAX_INT_DIGITS} digits")));
        }
        Int::parse(&digits)
    } else {
        sexagesimal(unsigned).map(Int::from).map(Some)?
    };
    // Python reads what is written in a base of powers of two, but prints no more digits than these.
    let Some(int) = int else { return Some(Scalar::NoJson("whole number too long to be written")) };
    Int::parse(&format!("{sign}{int}")).map(Value::Int).map(Scalar::Value)
}

/// `-` or nothing, and the rest.
fn split_sign(text: &str) -> (&'static str, &str) {
    match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    }
}

/// `1:30` is 90: numbers to the base of sixty.
fn sexagesimal(unsigned: &str) -> Option<i64> {
    let (first, rest) = unsigned.split_once(':')?;
    if !is_digits(first) || first.starts_with('0') {
        return None;
    }
    let mut value = first.replace('_', "").parse::<i64>().ok()?;
    for part in rest.split(':') {
        value = value.checked_mul(60)?.checked_add(sixtieth(part)?)?;
    }
    Some(value)
}

/// One or two digits below sixty.
fn sixtieth(part: &str) -> Option<i64> {
    let well_formed = matches!(part.len(), 1 | 2) && part.bytes().all(|b| b.is_ascii_digit());
    part.parse().ok().filter(|value| well_formed && *value < 60)
}

/// YAML 1.1 wants a dot in a float, a sign in its exponent, and a digit before the dot if there is a sign.
fn float(text: &str) -> Option<Value> {
    match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Some(Value::Float(f64::INFINITY)),
        "-.inf" | "-.Inf" | "-.INF" => return Some(Value::Float(f64::NEG_INFINITY)),
        ".nan" | ".NaN" | ".NAN" => return Some(Value::Float(f64::NAN)),
        _ => {}
    }
    let (sign, unsigned) = split_sign(text);
    let (whole, rest) = unsigned.split_once('.')?;
    if whole.contains(':') {
        let seconds = sexagesimal_float(whole, rest)?;
        return Some(Value::Float(if sign == "-" { -seconds } else { seconds }));
    }
    let (fraction, exponent) = match rest.split_once(['e', 'E']) {
        Some((fraction, exponent)) => (fraction, Some(exponent)),
        None => (rest, None),
    };
    let mantissa = if whole.is_empty() {
        unsigned.len() == text.len() && is_digits(fraction)
    } else {
        is_digits(whole) && fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_')
    };
    let exponent = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    });
    if !mantissa || !exponent {
        return None;
    }
    text.replace('_', "").parse().ok().map(Value::Float)
}

fn sexagesimal_float(whole: &str, fraction: &str) -> Option<f64> {
    let (first, rest) = whole.split_once(':')?;
    if !is_digits(first) || !fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
        return None;
    }
    let mut value = first.replace('_', "").parse::<f64>().ok()?;
    for part in rest.split(':') {
        value = value * 60.0 + f64::from(i32::try_from(sixtieth(part)?).ok()?);
    }
    format!("0.{}0", fraction.replace('_', "")).parse::<f64>().ok().map(|fraction| value + fraction)
}

/// The kind of date, or why there is no such day or hour; `None` if the text is no date.
fn date(text: &str) -> Option<Result<&'static str, String>> {
    let (day, time) = match text.find(['T', 't', ' ', '\t']) {
        Some(at) => (&text[..at], Some(text[at + 1..].trim_start_matches([' ', '\t']))),
        None => (text, None),
    };
    let numbers = |text: &str, separator: char| -> Option<Vec<u32>> {
        text.split(separator)
            .map(|part| part.parse().ok().filter(|_| part.bytes().all(|b| b.is_ascii_digit())))
            .collect()
    };
    let widths = |text: &str, separator: char| text.split(separator).map(str::len).collect::<Vec<_>>();
    let [year, month, dom] = numbers(day, '-')?[..] else { return None };
    let well_formed = match widths(day, '-')[..] {
        [4, 2, 2] => true,
        [4, 1 | 2, 1 | 2] => time.is_some(),
        _ => false,
    };
    if !well_formed {
        return None;
    }
    let clock = match time {
        None => None,
        Some(time) => {
            let (clock, zone) = time.find(['Z', '+', '-', ' ', '\t']).map_or((time, ""), |at| time.split_at(at));
            let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
            let [1 | 2, 2, 2] = widths(clock, ':')[..] else { return None };
            if !fraction.bytes().all(|b| b.is_ascii_digit()) || !is_zone(zone.trim_start_matches([' ', '\t'])) {
                return None;
            }
            Some(numbers(clock, ':')?)
        }
    };
    if !(1..=12).contains(&month) {
        return Some(Err(format!("PyYAML reads `{text}` as a date, and there is no month {month}")));
    }
    if year == 0 || dom == 0 || dom > days(year, month) {
        return Some(Err(format!("PyYAML reads `{text}` as a date, and there is no such day")));
    }
    Some(match clock.as_deref() {
        None => Ok("date"),
        Some([hour, minute, second]) if *hour < 24 && *minute < 60 && *second < 60 => Ok("date and time"),
        Some(_) => Err(format!("PyYAML reads `{text}` as a date, and there is no such time of day")),
    })
}

fn is_zone(zone: &str) -> bool {
    let two = |text: &str| matches!(text.len(), 1 | 2) && text.bytes().all(|b| b.is_ascii_digit());
    match zone.strip_prefix(['+', '-']) {
        None => matches!(zone, "" | "Z"),
        Some(offset) => match offset.split_once(':') {
            None => two(offset),
            Some((hours, minutes)) => two(hours) && minutes.len() == 2 && two(minutes),
        },
    }
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_other_bases_are_exact_or_said_to_be_too_long() {
        let read = |text: &str| match plain(text) {
            Scalar::Value(Value::Int(int)) => int.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(read("0xffff_ffff_ffff_ffff_ffff"), "1208925819614629174706175");
        assert_eq!(read("-0b1_0000"), "-16");
        assert_eq!(read("0777"), "511");
        assert_eq!(read("-1:30"), "-90");
        // The largest power of two of 4300 digits.
        let most = read(&format!("0b1{}", "0".repeat(14_284)));
        assert_eq!((most.len(), &most[..8], &most[4292..]), (4300, "81744410", "23010816"));
        for long in [format!("0b1{}", "0".repeat(14_285)), format!("-0x{}", "f".repeat(1 << 20))] {
            assert_eq!(plain(&long), Scalar::NoJson("whole number too long to be written"));
        }
        assert_eq!(read(&format!("0x{}1", "0".repeat(1 << 20))), "1");
        // Python refuses those of ten.
        assert!(matches!(plain(&"1".repeat(4301)), Scalar::Refused(_)));
        assert_eq!(read(&"1".repeat(4300)), "1".repeat(4300));
    }
}
