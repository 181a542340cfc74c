//! JSON. Strings end with their line at the latest, so that one that is not closed yet spoils no other.

use super::{Cursor, MARK, Place, What};
use crate::document::{Document, Format, Span};

/// What may come next in a list or an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// A key, or the end.
    Key,
    /// The colon behind a key.
    Colon,
    /// A value.
    Value,
    /// A comma, or the end.
    Comma,
}

/// Where something is being typed; `None` in comments, and where only punctuation may follow.
pub(super) fn place(text: &str, offset: usize) -> Option<Place> {
    let mut reader = Reader { text, at: 0, stack: Vec::new(), root: Next::Value, last_end: 0 };
    loop {
        let token = reader.token();
        match token {
            Some(Token { kind: Of::Comment, span }) if span.start < offset && offset <= span.end => return None,
            Some(Token { kind: Of::Comment, .. }) => {}
            Some(token) if token.is_typed_at(offset) => return reader.place(token, offset),
            Some(token) if token.span.start < offset => reader.step(token),
            _ => return reader.gap(offset),
        }
    }
}

/// The text around a place.
pub(super) fn cursor(text: &str, place: Place) -> Option<Cursor> {
    let Span { start, end } = place.replaced;
    let before = if place.comma_before.is_some() { "," } else { "" };
    let value = match place.what {
        What::Key { has_value: false } => ": null",
        What::Key { has_value: true } | What::Value => "",
    };
    let behind = if place.comma_behind { "," } else { "" };
    let marked = format!("{}{before} \"{MARK}\"{value}{behind} {}", &text[..start], &text[end..]);
    place.within(Document::read(marked.into_bytes(), Format::Json))
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Punctuation(u8),
    /// A string; whether it is closed.
    String(bool),
    /// Anything else: a number, a word.
    Word,
    Comment,
}

#[derive(Debug, Clone, Copy)]
struct Token {
    kind: Of,
    span: Span,
}

impl Token {
    /// Whether someone whose cursor is there is typing this token.
    fn is_typed_at(self, offset: usize) -> bool {
        let Span { start, end } = self.span;
        match self.kind {
            Of::String(true) => start < offset && offset < end,
            Of::String(false) => start < offset && offset <= end,
            Of::Word => start <= offset && offset <= end,
            Of::Punctuation(_) | Of::Comment => false,
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// For every bracket that is open: whether it is an object, and what comes next in it.
    stack: Vec<(bool, Next)>,
    root: Next,
    /// Where the last token ended.
    last_end: usize,
}

impl Reader<'_> {
    fn token(&mut self) -> Option<Token> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        let start = self.at;
        let kind = match bytes.get(start)? {
            b'"' | b'\'' => self.string(bytes[start]),
            b'/' if bytes.get(start + 1) == Some(&b'/') => {
                self.at = self.find(start, "\n");
                Of::Comment
            }
            b'/' if bytes.get(start + 1) == Some(&b'*') => {
                self.at = (self.find(start + 2, "*/") + 2).min(bytes.len());
                Of::Comment
            }
            byte @ (b'{' | b'}' | b'[' | b']' | b',' | b':') => {
                self.at += 1;
                Of::Punctuation(*byte)
            }
            _ => {
                let ends = |byte: &u8| byte.is_ascii_whitespace() || b"{}[],:\"'".contains(byte);
                self.at = bytes[start + 1..].iter().position(ends).map_or(bytes.len(), |end| start + 1 + end);
                Of::Word
            }
        };
        Some(Token { kind, span: Span::new(start, self.at) })
    }

    fn find(&self, from: usize, what: &str) -> usize {
        self.text[from..].find(what).map_or(self.text.len(), |at| from + at)
    }

    fn string(&mut self, quote: u8) -> Of {
        let bytes = self.text.as_bytes();
        let mut at = self.at + 1;
        loop {
            match bytes.get(at) {
                None | Some(b'\n' | b'\r') => {
                    self.at = at;
                    return Of::String(false);
                }
                Some(b'\\') if !matches!(bytes.get(at + 1), None | Some(b'\n' | b'\r')) => at += 2,
                Some(byte) if *byte == quote => {
                    self.at = at + 1;
                    return Of::String(true);
                }
                Some(_) => at += 1,
            }
        }
    }

    fn next(&self) -> (bool, Next) {
        self.stack.last().copied().unwrap_or((false, self.root))
    }

    fn set(&mut self, next: Next) {
        match self.stack.last_mut() {
            Some((_, now)) => *now = next,
            None => self.root = next,
        }
    }

    fn step(&mut self, token: Token) {
        self.last_end = token.span.end;
        let (in_object, next) = self.next();
        match token.kind {
            Of::Punctuation(b'{') => self.stack.push((true, Next::Key)),
            Of::Punctuation(b'[') => self.stack.push((false, Next::Value)),
            Of::Punctuation(b'}' | b']') => {
                self.stack.pop();
                self.set(Next::Comma);
            }
            Of::Punctuation(b',') => self.set(if in_object { Next::Key } else { Next::Value }),
            Of::Punctuation(_) => self.set(Next::Value),
            Of::String(_) | Of::Word => {
                let is_key = in_object && matches!(next, Next::Key | Next::Comma);
                self.set(if is_key { Next::Colon } else { Next::Comma });
            }
            Of::Comment => {}
        }
    }

    /// A place inside of a token.
    fn place(&mut self, token: Token, offset: usize) -> Option<Place> {
        let mut replaced = token.span;
        if token.kind == Of::String(false) {
            // What follows on the line of a string that is not closed is not of it.
            let rest = &self.text[offset..replaced.end];
            let of_the_word =
                rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-')).unwrap_or(rest.len());
            replaced.end = offset + of_the_word;
            self.at = replaced.end;
        }
        self.typed(replaced, matches!(token.kind, Of::String(_)))
    }

    /// A place between tokens.
    fn gap(&mut self, offset: usize) -> Option<Place> {
        self.at = offset;
        self.typed(Span::new(offset, offset), false)
    }

    fn typed(&mut self, replaced: Span, is_quoted: bool) -> Option<Place> {
        let (in_object, next) = self.next();
        let what = match (in_object, next) {
            (_, Next::Colon) => return None,
            // A second value at the root.
            (false, Next::Comma) if self.stack.is_empty() => return None,
            (true, Next::Key | Next::Comma) => What::Key { has_value: false },
            (_, Next::Value | Next::Comma | Next::Key) => What::Value,
        };
        let before = (next == Next::Comma).then_some(self.last_end);
        let follows =
            std::iter::from_fn(|| self.token()).find(|token| token.kind != Of::Comment).map(|token| token.kind);
        let has_value = follows == Some(Of::Punctuation(b':'));
        let closes = matches!(follows, None | Some(Of::Punctuation(b',' | b'}' | b']' | b':')));
        let what = if what == What::Value { what } else { What::Key { has_value } };
        let comma_behind = !closes && !self.stack.is_empty();
        Some(Place { what, replaced, is_quoted, blank_before: false, comma_before: before, comma_behind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is typed at the bar in a text: a summary.
    fn typed(text: &str) -> String {
        let offset = text.find('|').expect("the bar is there");
        let text = text.replacen('|', "", 1);
        let Some(cursor) = place(&text, offset).and_then(|place| cursor(&text, place)) else { return "-".to_owned() };
        let what = match cursor.what {
            What::Key { has_value } => format!("key{}", if has_value { ":" } else { "" }),
            What::Value => "value".to_owned(),
        };
        let commas = format!(
            "{}{}",
            if cursor.comma_before.is_some() { " ,before" } else { "" },
            if cursor.comma_behind { " behind," } else { "" }
        );
        format!("{what} {:?} {:?}{commas}", &text[cursor.replaced.start..cursor.replaced.end], cursor.path)
    }

    #[test]
    fn keys_are_known_as_such() {
        assert_eq!(typed("{|}"), r#"key "" []"#);
        assert_eq!(typed(r#"{"ar|"#), r#"key "\"ar" []"#);
        assert_eq!(typed(r#"{"config": {"ar|chi": 1}}"#), r#"key: "\"archi\"" [Key("config")]"#);
        assert_eq!(typed(r#"{"a": 1 |}"#), r#"key "" [] ,before"#);
        assert_eq!(typed("{\"a\": 1,\n  \"b|\n  \"c\": 2}"), r#"key "\"b" [] behind,"#);
        assert_eq!(typed("{\"a\": [{}, {re|"), r#"key "re" [Key("a"), Item(1)]"#);
        assert_eq!(typed("{|\"a\": 1}"), r#"key "" [] behind,"#);
    }

    #[test]
    fn values_are_known_as_such() {
        assert_eq!(typed(r#"{"a": |}"#), r#"value "" [Key("a")]"#);
        assert_eq!(typed(r#"{"a": "re|lu", "b": 1}"#), r#"value "\"relu\"" [Key("a")]"#);
        assert_eq!(typed("{\"a\": tr|\n \"b\": 1}"), r#"value "tr" [Key("a")] behind,"#);
        assert_eq!(typed(r#"{"a": ["q", |]}"#), r#"value "" [Key("a"), Item(1)]"#);
        assert_eq!(typed(r#"{"a": ["q" "|"#), r#"value "\"" [Key("a"), Item(1)] ,before"#);
        assert_eq!(typed("|"), r#"value "" []"#);
    }

    #[test]
    fn nothing_is_typed_in_comments_and_before_colons() {
        assert_eq!(typed("{\"a\" |"), "-");
        assert_eq!(typed("{ // a|\n}"), "-");
        assert_eq!(typed("{ /* a| */ }"), "-");
        assert_eq!(typed("{} |"), "-");
    }
}
