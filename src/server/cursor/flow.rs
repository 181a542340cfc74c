//! YAML in flow style: what is in brackets, `{key: value}` or `[item]`.

use super::{Place, What};
use crate::document::Span;

/// A bracket that is open at the place, and what stands in it since its last comma.
struct Open {
    bracket: char,
    /// Where what is being written begins: behind the bracket, its last comma or its last colon.
    from: usize,
    /// Whether a colon stands since the last comma.
    has_key: bool,
}

/// What may be typed inside of brackets, and what would close them; `None` outside of any, and in comments.
pub(super) fn place(text: &str, offset: usize) -> Option<(Place, String)> {
    let stack = open_brackets(text, offset)?;
    let inner = stack.last()?;
    let gap = text[inner.from..offset].find(|c: char| !c.is_whitespace()).unwrap_or(offset - inner.from);
    let start = inner.from + gap;
    let end = end_of_word(text, start, offset);
    let has_colon = text[end..].trim_start_matches(' ').starts_with(':');
    let what = match (inner.bracket, inner.has_key) {
        ('{', false) => What::Key { has_value: has_colon },
        _ => What::Value,
    };
    let is_quoted = text[start..].starts_with(['"', '\'']);
    let blank_before = start == inner.from && text[..start].ends_with(':');
    let replaced = Span::new(start, end);
    let closing = stack.iter().rev().map(|open| if open.bracket == '{' { '}' } else { ']' }).collect();
    Some((Place { what, replaced, is_quoted, blank_before, comma_before: None, comma_behind: false }, closing))
}

/// The brackets that are open before a place, the outermost first; `None` in a comment. A bracket opens something where a
/// value may begin; inside of words it is a letter.
fn open_brackets(text: &str, offset: usize) -> Option<Vec<Open>> {
    let mut stack: Vec<Open> = Vec::new();
    let mut characters = text[..offset].char_indices().peekable();
    // What stands before, blanks left out; a line begins anew outside of brackets.
    let (mut before, mut is_adjoined) = ('\n', false);
    while let Some((at, c)) = characters.next() {
        let begins =
            if stack.is_empty() { matches!(before, '\n' | ':' | '-') } else { matches!(before, '[' | '{' | ',' | ':') };
        match c {
            '#' if !is_adjoined => {
                let end = characters.find(|(_, c)| *c == '\n');
                end?;
                is_adjoined = false;
                if stack.is_empty() {
                    before = '\n';
                }
                continue;
            }
            '"' | '\'' if begins => {
                while let Some((_, inside)) = characters.next() {
                    match inside {
                        '\\' if c == '"' => _ = characters.next(),
                        inside if inside == c => break,
                        _ => {}
                    }
                }
            }
            '[' | '{' if begins => stack.push(Open { bracket: c, from: at + 1, has_key: false }),
            ']' | '}' if !stack.is_empty() => _ = stack.pop(),
            ',' => {
                if let Some(open) = stack.last_mut() {
                    (open.from, open.has_key) = (at + 1, false);
                }
            }
            ':' => {
                let follows = characters.peek().map(|(_, next)| *next);
                let is_separator = matches!(before, '"' | '\'')
                    || follows.is_none_or(|next| next.is_whitespace() || matches!(next, ',' | '[' | ']' | '{' | '}'));
                if !is_separator {
                    (before, is_adjoined) = ('a', true);
                    continue;
                }
                if let Some(open) = stack.last_mut() {
                    (open.from, open.has_key) = (at + 1, true);
                }
            }
            _ => {}
        }
        is_adjoined = !c.is_whitespace();
        if is_adjoined || (c == '\n' && stack.is_empty()) {
            before = c;
        }
    }
    Some(stack)
}

/// Where what stands at a place ends, which is not before the cursor.
fn end_of_word(text: &str, start: usize, offset: usize) -> usize {
    let rest = &text[start..];
    if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let line = rest.find('\n').unwrap_or(rest.len());
        let closed = rest[1..line].find(quote).map(|end| end + 2);
        return (start + closed.unwrap_or(line)).max(offset);
    }
    let rest = &text[offset..];
    let ends = |(at, c): &(usize, char)| match c {
        ',' | '[' | ']' | '{' | '}' | '\n' => true,
        ':' => rest[at + 1..].chars().next().is_none_or(|next| next.is_whitespace() || matches!(next, ',' | ']' | '}')),
        '#' => rest[..*at].ends_with(' '),
        _ => false,
    };
    let end = rest.char_indices().find(ends).map_or(rest.len(), |(at, _)| at);
    offset + rest[..end].trim_end().len()
}
