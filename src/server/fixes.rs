//! What a mended text differs in.

use crate::document::Span;
use crate::lint::Edit;

/// The one edit that makes the second text of the first, without what both begin and end with.
pub(super) fn difference(old: &str, new: &str) -> Edit {
    let start: usize = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum();
    let ends = old[start..].chars().rev().zip(new[start..].chars().rev());
    let end: usize = ends.take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum();
    Edit { span: Span::new(start, old.len() - end), text: new[start..new.len() - end].to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_is_small() {
        let edit = difference("aäb", "aöb");
        assert_eq!((edit.span, edit.text.as_str()), (Span::new(1, 3), "ö"));
        let edit = difference("aa", "aaa");
        assert_eq!((edit.span, edit.text.as_str()), (Span::new(2, 2), "a"));
    }
}
