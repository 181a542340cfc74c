//! How single JSON tokens may be spelt, as Python's `json` module has it.

use jsonc_parser::tokens::Token;

use super::ProblemKind;
use crate::value::MAX_INT_DIGITS;

/// What is wrong with the spelling of a token that could be read all the same.
pub(super) fn flaw(token: &Token<'_>, raw: &str) -> Option<(ProblemKind, String)> {
    match token {
        Token::String(_) if raw.starts_with('\'') => {
            Some((ProblemKind::SingleQuotedString, "this string is in single quotes".to_owned()))
        }
        Token::String(_) => control_character_in(raw),
        Token::Number("NaN" | "Infinity" | "-Infinity") => {
            Some((ProblemKind::NonFiniteNumber, format!("`{raw}` is not a JSON number")))
        }
        Token::Number(_) => number_flaw(raw),
        Token::CommentLine(_) | Token::CommentBlock(_) => {
            Some((ProblemKind::Comment, "JSON has no comments".to_owned()))
        }
        _ => None,
    }
}

/// In UTF-8 no byte of another character is as small as these.
fn control_character_in(raw: &str) -> Option<(ProblemKind, String)> {
    raw.bytes().find(|byte| *byte < b' ').map(|byte| control_character(char::from(byte)))
}

fn control_character(c: char) -> (ProblemKind, String) {
    (ProblemKind::InvalidString, format!("the control character U+{:04X} in a string is not escaped", u32::from(c)))
}

fn number_flaw(raw: &str) -> Option<(ProblemKind, String)> {
    if !is_json_number(raw) {
        return Some((
            ProblemKind::InvalidNumber,
            format!("`{}` is not in JSON's notation for numbers", shortened(raw)),
        ));
    }
    let digits = raw.bytes().filter(u8::is_ascii_digit).count();
    if raw.contains(['.', 'e', 'E']) {
        let is_finite = raw.parse::<f64>().is_ok_and(f64::is_finite);
        return (!is_finite).then(|| {
            let detail = format!("`{}` is too large for a float and is read as infinity", shortened(raw));
            (ProblemKind::NonFiniteNumber, detail)
        });
    }
    (digits > MAX_INT_DIGITS).then(|| {
        let detail = format!("the integer has {digits} digits, but Python reads at most {MAX_INT_DIGITS}");
        (ProblemKind::InvalidNumber, detail)
    })
}

/// Enough of a number to know it again.
fn shortened(raw: &str) -> String {
    match raw.get(..32) {
        Some(start) if raw.len() > 40 => format!("{start}…"),
        _ => raw.to_owned(),
    }
}

/// Whether JSON's grammar has this number.
pub(crate) fn is_json_number(raw: &str) -> bool {
    let raw = raw.strip_prefix('-').unwrap_or(raw);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (mantissa, exponent) = raw.split_once(['e', 'E']).map_or((raw, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}

/// What is wrong with a string that the scanner refused, quotes included.
pub(super) fn string_flaw(raw: &str) -> (ProblemKind, String) {
    if let Some(flaw) = control_character_in(raw) {
        return flaw;
    }
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        let escape = &rest[at + 1..];
        let known = escape.starts_with(['"', '\\', '/', 'b', 'f', 'n', 'r', 't']);
        if !known && hex4(escape).is_none() {
            let shown: String = escape.chars().take(1).collect();
            return (ProblemKind::InvalidString, format!("`\\{shown}` is not an escape that JSON knows"));
        }
        rest = &escape[escape.chars().next().map_or(0, char::len_utf8)..];
    }
    (ProblemKind::LoneSurrogate, "the string contains a lone surrogate".to_owned())
}

/// The code unit of `uXXXX`.
fn hex4(escape: &str) -> Option<u32> {
    let digits = escape.strip_prefix('u')?.get(..4)?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

/// The content of a flawed string: escapes that are known are resolved, the rest stays as it is written, and half a
/// surrogate pair becomes U+FFFD.
pub(super) fn unescape(raw: &str) -> String {
    let mut content = String::with_capacity(raw.len());
    let mut rest = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    while let Some(at) = rest.find('\\') {
        content.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let simple = rest.chars().next().map(|c| match c {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            other => other,
        });
        if let Some(unit) = hex4(rest) {
            let low = rest[5..].strip_prefix('\\').and_then(hex4);
            let pair = low.filter(|low| (0xd800..0xdc00).contains(&unit) && (0xdc00..0xe000).contains(low));
            let code = pair.map_or(unit, |low| 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
            content.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            rest = &rest[if pair.is_some() { 11 } else { 5 }..];
        } else if let Some(c) = simple {
            if !rest.starts_with(['"', '\'', '\\', '/', 'b', 'f', 'n', 'r', 't']) {
                content.push('\\');
            }
            content.push(c);
            rest = &rest[rest.chars().next().map_or(0, char::len_utf8)..];
        }
    }
    content.push_str(rest);
    content
}
