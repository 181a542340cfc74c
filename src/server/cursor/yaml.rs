//! YAML: in block style, line by line; what is in brackets is left to [`flow`].

use super::{Cursor, MARK, Place, What, flow};
use crate::document::{Document, Format, Span};

/// What may be being typed at a place, and what can be read around it.
pub(super) fn cursors(text: &str, offset: usize) -> Vec<Cursor> {
    if let Some((place, closing)) = flow::place(text, offset) {
        let found = cursor(text, place, &closing);
        return found.into_iter().collect();
    }
    places(text, offset).into_iter().filter_map(|place| cursor(text, place, "")).collect()
}

/// Where something may be being typed: in a list it may be a key or a value.
fn places(text: &str, offset: usize) -> Vec<Place> {
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let end = text[offset..].find(['\n', '\r']).map_or(text.len(), |at| offset + at);
    let line = &text[start..end];
    let column = offset - start;
    let content = comment(line).unwrap_or(line.len());
    if column > content {
        return Vec::new();
    }
    let line = line[..content].trim_end();
    let (mut entry, in_list) = entry(line, column);
    if line[entry..].is_empty() {
        entry = column;
    }
    if entry > column {
        return Vec::new();
    }
    let separator = separator(line.get(entry..).unwrap_or_default()).map(|at| entry + at);
    let place = |what, from: usize, to: usize, blank_before| {
        let replaced = Span::new(start + from, start + to.max(column));
        let is_quoted = text[replaced.start..].starts_with(['"', '\'']);
        Place { what, replaced, is_quoted, blank_before, comma_before: None, comma_behind: false }
    };
    match separator {
        Some(colon) if column > colon => {
            let written = line[colon + 1..].trim_start();
            if written.starts_with(['{', '[', '&', '*', '!', '|', '>']) {
                return Vec::new();
            }
            let from = if written.is_empty() { column } else { (line.len() - written.len()).min(column) };
            vec![place(What::Value, from, line.len(), from == colon + 1)]
        }
        Some(colon) => vec![place(What::Key { has_value: true }, entry, colon, false)],
        None => {
            let blank_before = in_list && text[..start + entry].ends_with('-');
            let key = place(What::Key { has_value: false }, entry, line.len(), blank_before);
            let value = place(What::Value, entry, line.len(), blank_before);
            if in_list { vec![key, value] } else { vec![key] }
        }
    }
}

/// The text around a place; without what follows if that cannot be read, with the brackets closed that are open.
fn cursor(text: &str, place: Place, closing: &str) -> Option<Cursor> {
    let Span { start, end } = place.replaced;
    let blank = if place.blank_before { " " } else { "" };
    let value = match place.what {
        What::Key { has_value: false } => ": null",
        What::Key { has_value: true } | What::Value => "",
    };
    let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at);
    let read = |rest: &str| {
        let marked = format!("{}{blank}{MARK}{value}{rest}", &text[..start]);
        place.clone().within(Document::read(marked.into_bytes(), Format::Yaml))
    };
    read(&text[end..]).or_else(|| read(&text[end..line_end])).or_else(|| {
        // The lines behind belong to what is open, or do not.
        let rest = text.get(line_end..).unwrap_or_default();
        read(&format!("{closing}{rest}")).or_else(|| read(closing)).filter(|_| !closing.is_empty())
    })
}

/// Where the comment of a line begins.
fn comment(line: &str) -> Option<usize> {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (None, '#') if before.is_whitespace() => return Some(at),
            (None, '"' | '\'') if !before.is_alphanumeric() => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
        before = c;
    }
    None
}

/// Where the entry of a line begins, behind blanks and dashes; whether it is an item of a list.
fn entry(line: &str, column: usize) -> (usize, bool) {
    let bytes = line.as_bytes();
    let (mut at, mut in_list) = (0, false);
    loop {
        while bytes.get(at) == Some(&b' ') {
            at += 1;
        }
        if bytes.get(at) == Some(&b'-') && matches!(bytes.get(at + 1), None | Some(b' ')) && at < column {
            in_list = true;
            at += 1;
        } else {
            return (at, in_list);
        }
    }
}

/// The colon between key and value.
fn separator(entry: &str) -> Option<usize> {
    let skipped = match entry.chars().next() {
        Some(quote @ ('"' | '\'')) => entry[1..].find(quote).map_or(entry.len(), |end| end + 2),
        _ => 0,
    };
    let rest = &entry[skipped..];
    let is_separator = |at: &usize| rest[at + 1..].chars().next().is_none_or(char::is_whitespace);
    rest.match_indices(':').map(|(at, _)| at).find(is_separator).map(|at| skipped + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Vec<String> {
        let offset = text.find('|').expect("the bar is there");
        let text = text.replacen('|', "", 1);
        let told = cursors(&text, offset).into_iter().map(|cursor| {
            let what = match cursor.what {
                What::Key { has_value } => format!("key{}", if has_value { ":" } else { "" }),
                What::Value => "value".to_owned(),
            };
            format!("{what} {:?} {:?}", &text[cursor.replaced.start..cursor.replaced.end], cursor.path)
        });
        told.collect()
    }

    #[test]
    fn keys_and_values() {
        assert_eq!(typed("ty|"), [r#"key "ty" []"#]);
        assert_eq!(typed("ty|pe: a\n"), [r#"key: "type" []"#]);
        assert_eq!(typed("type: |\ntask: a"), [r#"value "" [Key("type")]"#]);
        assert_eq!(typed("type:| # why"), [r#"value "" [Key("type")]"#]);
        assert_eq!(typed("type: text_|  # why"), [r#"value "text_" [Key("type")]"#]);
        assert_eq!(typed("config:\n  using: a\n  |\nx: 1"), [r#"key "" [Key("config")]"#]);
        assert_eq!(typed("files:\n  - version: 1\n    u|"), [r#"key "u" [Key("files"), Item(0)]"#]);
        assert_eq!(
            typed("files:\n  - |"),
            [r#"key "" [Key("files"), Item(0)]"#, r#"value "" [Key("files"), Item(0)]"#]
        );
    }

    #[test]
    fn what_follows_may_be_broken() {
        assert_eq!(typed("a: 1\nty|\nb: [}\n"), [r#"key "ty" []"#]);
    }

    #[test]
    fn nothing_is_typed_in_comments() {
        assert!(typed("a: 1 # x|").is_empty());
        assert!(typed("a: [1, # x|\n2]").is_empty());
    }

    #[test]
    fn brackets_hold_keys_values_and_items() {
        assert_eq!(typed("a: [|]"), [r#"value "" [Key("a"), Item(0)]"#]);
        assert_eq!(typed("a: [b, c|]"), [r#"value "c" [Key("a"), Item(1)]"#]);
        assert_eq!(typed("config: {us|}\nx: 1"), [r#"key "us" [Key("config")]"#]);
        assert_eq!(typed("config: {us|ing: a, b: 2}"), [r#"key: "using" [Key("config")]"#]);
        assert_eq!(typed("config: {using: |, b: 2}"), [r#"value "" [Key("config"), Key("using")]"#]);
        assert_eq!(typed("config: {using:|}"), [r#"value "" [Key("config"), Key("using")]"#]);
        assert_eq!(typed("config: {\"using\": \"b|c\"}"), [r#"value "\"bc\"" [Key("config"), Key("using")]"#]);
        assert_eq!(typed("files:\n  - {version: 1, u|}\n"), [r#"key "u" [Key("files"), Item(0)]"#]);
        assert_eq!(typed("config: {a: 1,\n  |\n}"), [r#"key "" [Key("config")]"#]);
        assert_eq!(typed("a: {b: [1, {|}]}"), [r#"key "" [Key("a"), Key("b"), Item(1)]"#]);
    }

    #[test]
    fn brackets_may_be_open() {
        assert_eq!(typed("a: 1\nconfig: {us|"), [r#"key "us" [Key("config")]"#]);
        assert_eq!(typed("config: {using: a, |\nb: 1"), [r#"key "" [Key("config")]"#]);
        assert_eq!(typed("a: [b, |"), [r#"value "" [Key("a"), Item(1)]"#]);
    }

    #[test]
    fn a_bracket_in_a_word_is_a_letter() {
        assert_eq!(typed("a: b[0\nty|"), [r#"key "ty" []"#]);
        assert_eq!(typed("a: \"[{\"\nty|"), [r#"key "ty" []"#]);
        assert_eq!(typed("a: it's [\nty|"), [r#"key "ty" []"#]);
    }
}
