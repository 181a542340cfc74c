/// The decimal digits of what `int(text)` makes of a text, with a sign only if negative; `None` where it raises a
/// `ValueError`.
pub(crate) fn int_of(text: &str) -> Option<String> {
    let text = text.trim_matches(is_space);
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    // An underscore stands between two digits only.
    if !digits.split('_').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let digits: String = digits.split('_').collect();
    Some(format!("{sign}{digits}"))
}

/// What Python strips from both ends: what Unicode calls white space, and four separators of ASCII.
fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_integers_as_python_reads_them() {
        for (text, digits) in [("42", "42"), (" -7\n", "-7"), ("+5", "5"), ("1_000", "1000"), ("007", "007")] {
            assert_eq!(int_of(text).as_deref(), Some(digits), "{text:?}");
        }
        for text in ["", " ", "_1", "1_", "1__0", "--5", "+ 5", "0x10", "1e3", "1.0", "-"] {
            assert_eq!(int_of(text), None, "{text:?}");
        }
    }
}
