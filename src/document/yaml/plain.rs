//! Texts in the author's way: without quotes where there were none and YAML needs none.

use super::scalar::{self, Scalar};
use crate::document::Edit;
use crate::value::Value;

/// Takes the quotes off what an edit writes in place of a scalar without quotes, if YAML reads the same without them.
pub(crate) fn unquote(text: &str, edit: &mut Edit) {
    let is_plain = text.get(edit.span.start..edit.span.end).is_some_and(|old| {
        !old.is_empty() && !old.contains('\n') && !old.starts_with(['"', '\'', '[', '{', '|', '>', '&', '*', '!'])
    });
    let word = edit.text.strip_prefix('"').and_then(|word| word.strip_suffix('"'));
    if let Some(word) = word.filter(|word| is_plain && needs_no_quotes(word)) {
        edit.text = word.to_owned();
    }
}

/// Whether a word is the same text with and without quotes, wherever it stands.
fn needs_no_quotes(word: &str) -> bool {
    let is_of_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/');
    word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && word.bytes().all(is_of_word)
        && matches!(scalar::plain(word), Scalar::Value(Value::String(text)) if text == word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Span;

    #[test]
    fn quotes_go_where_there_were_none_and_none_are_needed() {
        let text = "bias: None\nquoted: 'None'\nlist: [a]\n";
        let written = |old: &str, new: &str| {
            let at = text.find(old).expect("it is there");
            let mut edit = Edit::new(Span::new(at, at + old.len()), new);
            unquote(text, &mut edit);
            edit.text
        };
        assert_eq!(written("None", "\"none\""), "none");
        assert_eq!(written("bias", "\"lora_bias\""), "lora_bias");
        for (old, new) in [("'None'", "\"none\""), ("None", "\"null\""), ("None", "\"1e-3\""), ("None", "\"a b\"")] {
            assert_eq!(written(old, new), new);
        }
        assert_eq!(written("[a]", "\"all-linear\""), "\"all-linear\"");
        assert_eq!(written("None", "[\"a\"]"), "[\"a\"]");
    }
}
