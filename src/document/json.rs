//! JSON with places, judged as Python's `json` module judges it, but read on after a flaw so that all flaws show in
//! one run. Tokens come from `jsonc-parser`; the tree is built with a stack of its own, so that no nesting can
//! overflow the thread's.

use jsonc_parser::tokens::Token;
use jsonc_parser::{Scanner, ScannerOptions};

use super::{Counted, Kind, MAX_DEPTH, Member, Node, Problem, ProblemKind, Span};
use super::{foreign, spelling};
use crate::value::{Int, Value};

/// After so many syntax errors the rest of a text says nothing more.
const MAX_SYNTAX_ERRORS: usize = 20;

/// Reads a JSON text: its value, as far as it can be understood, and every problem.
#[must_use]
pub fn parse(text: &str) -> (Option<Node>, Vec<Problem>) {
    let mut builder = Builder::new(text);
    if let Some((span, detail)) = foreign::instead_of_json(text) {
        builder.problem(ProblemKind::Syntax, span, detail);
        return (None, builder.problems);
    }
    let mut tokens = Tokens::new(text);
    let mut counted = Counted::default();
    while let Some((token, span)) = tokens.next(&mut builder) {
        // Comments count too: each may be told of.
        if !matches!(token, Token::Comma | Token::Colon | Token::CloseBrace | Token::CloseBracket)
            && let Some(too_large) = counted.add(span)
        {
            return (None, vec![too_large]);
        }
        if builder.is_out_of_step(&token, span) {
            break;
        }
        builder.feed(token, span);
        if builder.stopped {
            break;
        }
    }
    builder.finish()
}

/// The scanner, restarted behind what it cannot read.
struct Tokens<'a> {
    text: &'a str,
    base: usize,
    scanner: Scanner<'a>,
    last_end: usize,
}

impl<'a> Tokens<'a> {
    fn new(text: &'a str) -> Self {
        let base = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { text, base, scanner: Self::scanner(&text[base..]), last_end: base }
    }

    fn scanner(text: &'a str) -> Scanner<'a> {
        let options = ScannerOptions { allow_extended_string_escapes: false, ..ScannerOptions::default() };
        Scanner::new(text, &options)
    }

    /// The next token, and reports what is wrong with its spelling.
    fn next(&mut self, builder: &mut Builder<'_>) -> Option<(Token<'a>, Span)> {
        while !builder.stopped {
            let scanned = self.scanner.scan();
            let start = self.base + self.scanner.token_start();
            self.check_gap(start, builder);
            match scanned {
                Ok(Some(token)) => {
                    let span = Span::new(start, self.base + self.scanner.token_end());
                    let (token, span) = self.whole_number(token, span);
                    self.last_end = span.end;
                    if let Some((kind, detail)) = spelling::flaw(&token, &self.text[span.start..span.end]) {
                        builder.problem(kind, span, detail);
                    }
                    return Some((token, span));
                }
                Ok(None) => return None,
                Err(error) => {
                    let (refused, span) = self.step_over(start);
                    let raw = &self.text[span.start..span.end];
                    match refused {
                        Refused::String => {
                            let (kind, detail) = spelling::string_flaw(raw);
                            builder.problem(kind, span, detail);
                            return Some((Token::String(spelling::unescape(raw).into()), span));
                        }
                        Refused::Word => return Some((Token::Word(raw), span)),
                        Refused::Comment => {
                            builder.problem(ProblemKind::Comment, span, "JSON has no comments");
                            return Some((Token::CommentLine(raw), span));
                        }
                        Refused::Rest => {
                            let opening = Span::new(span.start, span.start + 1);
                            builder.problem(ProblemKind::Syntax, opening, decapitalise(&error.kind().to_string()));
                            builder.stop_outside();
                        }
                        Refused::Other => {
                            if let Some(detail) = foreign::quotation_mark(raw) {
                                // There are more of them, and what they enclose is not known.
                                builder.problem(ProblemKind::Syntax, span, detail);
                                builder.give_up();
                                return None;
                            }
                            let shown: String = raw.chars().take(20).collect();
                            builder.problem(ProblemKind::Syntax, span, format!("`{shown}` does not belong here"));
                            builder.stop_outside();
                            builder.garbage(raw, span);
                        }
                    }
                }
            }
        }
        None
    }

    /// The scanner ends a number where its grammar does; what adjoins it, as in `007` or `8bit`, belongs to it.
    fn whole_number(&mut self, token: Token<'a>, span: Span) -> (Token<'a>, Span) {
        let adjoins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        let rest = &self.text[span.end..];
        if !matches!(token, Token::Number(_)) || !rest.starts_with(adjoins) {
            return (token, span);
        }
        let end = span.end + rest.find(|c| !adjoins(c)).unwrap_or(rest.len());
        self.restart_at(end);
        (Token::Number(&self.text[span.start..end]), Span::new(span.start, end))
    }

    fn restart_at(&mut self, at: usize) {
        self.base = at;
        self.scanner = Self::scanner(&self.text[at..]);
    }

    /// JSON knows four white space characters; the scanner knows more.
    fn check_gap(&self, start: usize, builder: &mut Builder<'_>) {
        let gap = self.text.get(self.last_end..start).unwrap_or_default();
        if gap.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
            return;
        }
        if let Some((at, c)) = gap.char_indices().find(|(_, c)| !matches!(c, ' ' | '\t' | '\n' | '\r')) {
            let at = self.last_end + at;
            let detail = format!("the character U+{:04X} is not JSON white space", u32::from(c));
            builder.problem(ProblemKind::Syntax, Span::new(at, at + c.len_utf8()), detail);
        }
    }

    /// Steps over the text that starts at `start` and that the scanner refused, and starts a new scanner behind it.
    fn step_over(&mut self, start: usize) -> (Refused, Span) {
        let rest = &self.text[start..];
        let (refused, length) = match rest.as_bytes().first() {
            Some(quote @ (b'"' | b'\'')) => match closing_quote(rest.as_bytes(), *quote) {
                Some(end) => (Refused::String, end),
                None => (Refused::Rest, rest.len()),
            },
            Some(b'/') if rest.starts_with("/*") => (Refused::Rest, rest.len()),
            Some(b'#') => (Refused::Comment, rest.find(['\r', '\n']).unwrap_or(rest.len())),
            _ => {
                let first = rest.chars().next();
                let is_word = first.is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | '$'));
                let first = first.map_or(0, char::len_utf8);
                let end =
                    rest[first..].find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.' | '+' | '-' | '$'));
                (if is_word { Refused::Word } else { Refused::Other }, first + end.unwrap_or(rest.len() - first))
            }
        };
        let end = start + length;
        self.last_end = end;
        self.restart_at(end);
        (refused, Span::new(start, end))
    }
}

/// What the scanner refused.
enum Refused {
    /// A string with a flaw inside.
    String,
    /// A word that is no JSON value, up to where it ends.
    Word,
    /// A comment as Python and YAML have them.
    Comment,
    /// A string or comment that nothing closes: all the rest of the text.
    Rest,
    /// Something else.
    Other,
}

fn closing_quote(bytes: &[u8], quote: u8) -> Option<usize> {
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            byte if *byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

fn decapitalise(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// What may come next inside a list or mapping.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    /// A value or the end (just behind the opening bracket).
    First,
    /// A value (behind a comma); the comma's place in case a bracket follows.
    Next(Span),
    /// A colon behind a key.
    Colon,
    /// A value behind a colon.
    Value,
    /// A comma or the end.
    CommaOrEnd,
}

struct Frame {
    start: usize,
    expect: Expect,
    key: Option<(String, Span)>,
    body: Kind,
}

struct Builder<'a> {
    text: &'a str,
    stack: Vec<Frame>,
    root: Option<Node>,
    problems: Vec<Problem>,
    syntax_errors: usize,
    last_end: usize,
    stopped: bool,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            stack: Vec::new(),
            root: None,
            problems: Vec::new(),
            syntax_errors: 0,
            last_end: 0,
            stopped: false,
        }
    }

    fn problem(&mut self, kind: ProblemKind, span: Span, detail: impl Into<String>) {
        self.problems.push(Problem { kind, span, related: None, detail: detail.into() });
        let is_syntax = matches!(kind, ProblemKind::Syntax | ProblemKind::MissingComma | ProblemKind::MissingColon);
        self.syntax_errors += usize::from(is_syntax);
        self.stopped |= self.syntax_errors >= MAX_SYNTAX_ERRORS;
    }

    /// Stops where no list or object has begun: after a flaw there, the text is no JSON at all. Only the problem that
    /// was found last is kept.
    fn stop_outside(&mut self) {
        let outside = self.stack.is_empty() && self.root.as_ref().is_none_or(|root| matches!(root.kind, Kind::Leaf(_)));
        if outside && let Some(problem) = self.problems.pop() {
            self.problems = vec![problem];
            self.root = None;
            self.stopped = true;
        }
    }

    /// Stops, and keeps nothing of what was read.
    fn give_up(&mut self) {
        (self.stopped, self.root, self.stack) = (true, None, Vec::new());
    }

    fn feed(&mut self, token: Token<'_>, span: Span) {
        match token {
            Token::Comma => self.comma(span),
            Token::Colon => self.colon(span),
            Token::CloseBrace | Token::CloseBracket => self.close(span, matches!(token, Token::CloseBrace)),
            Token::OpenBrace => self.open(span, Kind::Map(Vec::new())),
            Token::OpenBracket => self.open(span, Kind::List(Vec::new())),
            Token::String(text) => self.string(text.into_owned(), span),
            Token::Word(word) => self.word(word, span),
            Token::Number(raw) => self.value(number(raw), span),
            Token::Boolean(value) => self.value(Value::Bool(value), span),
            Token::Null => self.value(Value::Null, span),
            Token::CommentLine(_) | Token::CommentBlock(_) => return,
        }
        self.last_end = span.end;
    }

    /// Whether a word adjoins a string, so that what is inside and what is outside of quotes has been taken for each other:
    /// a quote is missing, or there is one too many. Nothing is read from there on; all of it would be a guess.
    fn is_out_of_step(&mut self, token: &Token<'_>, span: Span) -> bool {
        if !matches!(token, Token::Word(_) | Token::Number(_) | Token::Boolean(_) | Token::Null) {
            return false;
        }
        let is_quote = |c: Option<char>| matches!(c, Some('"' | '\''));
        let before = self.last_end == span.start && is_quote(self.text[..span.start].chars().next_back());
        if !before && !is_quote(self.text[span.end..].chars().next()) {
            return false;
        }
        if let Some(Frame { body: Kind::Map(members), .. }) = self.stack.last_mut() {
            // It has more or less in it than was meant.
            members.pop_if(|member| member.node.span.end == span.start);
        }
        let detail = "a quote is missing before this, or there is one too many: strings and what stands between them have \
                      changed places";
        self.problem(ProblemKind::Syntax, span, detail);
        self.stopped = true;
        if let [Frame { body: Kind::Map(members), .. }] = &self.stack[..]
            && members.is_empty()
        {
            self.give_up();
        }
        true
    }

    fn comma(&mut self, span: Span) {
        match self.stack.last_mut() {
            Some(frame) if frame.expect == Expect::CommaOrEnd => frame.expect = Expect::Next(span),
            Some(frame) if frame.expect == Expect::Value => {
                frame.expect = Expect::Next(span);
                let key = frame.key.take();
                self.no_value(key.as_ref(), span);
            }
            _ => {
                self.problem(ProblemKind::Syntax, span, "a comma has nothing before it");
                self.stop_outside();
            }
        }
    }

    fn colon(&mut self, span: Span) {
        match self.stack.last_mut() {
            Some(frame) if frame.expect == Expect::Colon => frame.expect = Expect::Value,
            Some(Frame { expect: expect @ Expect::CommaOrEnd, key, body: Kind::Map(members), .. })
                if members.last().is_some_and(|member| is_text(&member.node)) =>
            {
                // What was taken for the value is the next key.
                if let Some(Member { key: before, key_span, node }) = members.pop()
                    && let Kind::Leaf(Value::String(text)) = node.kind
                {
                    (*expect, *key) = (Expect::Value, Some((text, node.span)));
                    self.no_value(Some(&(before, key_span)), span);
                }
            }
            _ => {
                self.problem(ProblemKind::Syntax, span, "a colon does not belong here");
                self.stop_outside();
            }
        }
    }

    fn no_value(&mut self, key: Option<&(String, Span)>, here: Span) {
        match key {
            Some((key, at)) => self.problem(ProblemKind::Syntax, *at, format!("`{key}` has no value")),
            None => self.problem(ProblemKind::Syntax, here, "a key has no value"),
        }
    }

    fn open(&mut self, span: Span, body: Kind) {
        if !self.ready_for_value(span) {
            return;
        }
        if self.stack.len() >= MAX_DEPTH {
            self.problem(
                ProblemKind::NestingTooDeep,
                span,
                format!("lists and objects are nested more than {MAX_DEPTH} levels deep"),
            );
            self.stopped = true;
            return;
        }
        self.stack.push(Frame { start: span.start, expect: Expect::First, key: None, body });
    }

    fn close(&mut self, span: Span, brace: bool) {
        let Some(frame) = self.stack.pop() else {
            self.problem(ProblemKind::Syntax, span, "a closing bracket has no opening bracket");
            self.stop_outside();
            return;
        };
        if matches!(frame.body, Kind::Map(_)) != brace {
            let (opened, expected) = if brace { ("[", "]") } else { ("{", "}") };
            self.problem(ProblemKind::Syntax, span, format!("`{opened}` must be closed by `{expected}`"));
        }
        match frame.expect {
            Expect::Next(comma) => {
                self.problem(ProblemKind::TrailingComma, comma, "there is a comma before the closing bracket");
            }
            Expect::Colon | Expect::Value => self.no_value(frame.key.as_ref(), span),
            Expect::First | Expect::CommaOrEnd => {}
        }
        self.place(Node { span: Span::new(frame.start, span.end), kind: frame.body });
    }

    fn string(&mut self, text: String, span: Span) {
        match self.stack.last_mut() {
            Some(Frame { body: Kind::Map(_), expect, key, .. })
                if matches!(expect, Expect::First | Expect::Next(_) | Expect::CommaOrEnd) =>
            {
                let missing_comma = *expect == Expect::CommaOrEnd;
                *expect = Expect::Colon;
                *key = Some((text, span));
                if missing_comma {
                    self.missing_comma();
                }
            }
            _ => self.value(Value::String(text), span),
        }
    }

    fn word(&mut self, word: &str, span: Span) {
        let key_place = matches!(
            self.stack.last(),
            Some(Frame { body: Kind::Map(_), expect: Expect::First | Expect::Next(_) | Expect::CommaOrEnd, .. })
        );
        if key_place {
            self.problem(ProblemKind::UnquotedKey, span, format!("the key `{word}` is not in quotes"));
            self.string(word.to_owned(), span);
            return;
        }
        self.problem(ProblemKind::Syntax, span, format!("`{word}` is not a JSON value"));
        self.stop_outside();
        if self.stopped {
            return;
        }
        let value = match word {
            "True" => Value::Bool(true),
            "False" => Value::Bool(false),
            "None" => Value::Null,
            _ => Value::String(word.to_owned()),
        };
        self.value(value, span);
    }

    /// Takes what cannot be read, and was reported, for what belongs in its place.
    fn garbage(&mut self, raw: &str, span: Span) {
        let Some(frame) = self.stack.last_mut() else { return };
        match frame.expect {
            Expect::Colon => frame.expect = Expect::Value,
            Expect::CommaOrEnd => frame.expect = Expect::First,
            Expect::Value => self.value(Value::String(raw.to_owned()), span),
            Expect::First | Expect::Next(_) => self.string(raw.to_owned(), span),
        }
        self.last_end = span.end;
    }

    fn value(&mut self, value: Value, span: Span) {
        if self.ready_for_value(span) {
            self.place(Node { span, kind: Kind::Leaf(value) });
        }
    }

    /// Whether a value may stand here; reports what is missing and goes on where the intent is plain.
    fn ready_for_value(&mut self, span: Span) -> bool {
        let Some(frame) = self.stack.last_mut() else {
            if self.root.is_some() {
                self.problem(ProblemKind::Syntax, span, "something follows the end of the JSON value");
                self.stopped = true;
                self.stop_outside();
                return false;
            }
            return true;
        };
        let in_map = matches!(frame.body, Kind::Map(_));
        match frame.expect {
            Expect::Value => true,
            Expect::First | Expect::Next(_) if !in_map => true,
            Expect::Colon => {
                frame.expect = Expect::Value;
                self.problem(ProblemKind::MissingColon, span, "a colon is missing before this value");
                true
            }
            Expect::CommaOrEnd if !in_map => {
                self.missing_comma();
                true
            }
            Expect::First | Expect::Next(_) | Expect::CommaOrEnd => {
                self.problem(ProblemKind::Syntax, span, "a key in double quotes is expected here");
                self.stopped = true;
                false
            }
        }
    }

    fn missing_comma(&mut self) {
        let at = Span::new(self.last_end, self.last_end);
        self.problem(ProblemKind::MissingComma, at, "a comma is missing here");
    }

    fn place(&mut self, node: Node) {
        let mut repeated = None;
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(frame) => {
                frame.expect = Expect::CommaOrEnd;
                match &mut frame.body {
                    Kind::List(items) => items.push(node),
                    Kind::Map(members) => {
                        if let Some((key, key_span)) = frame.key.take() {
                            members.push(Member { key, key_span, node });
                        }
                    }
                    Kind::Leaf(_) => {}
                }
            }
        }
        if let Some(Node { kind: Kind::Map(members), .. }) = self.last_closed() {
            repeated = Some(repeated_keys(members));
        }
        self.problems.extend(repeated.into_iter().flatten());
    }

    /// The mapping that was placed last, if it was a mapping.
    fn last_closed(&self) -> Option<&Node> {
        match self.stack.last() {
            None => self.root.as_ref(),
            Some(Frame { body: Kind::List(items), .. }) => items.last(),
            Some(Frame { body: Kind::Map(members), .. }) => members.last().map(|member| &member.node),
            Some(Frame { body: Kind::Leaf(_), .. }) => None,
        }
    }

    fn finish(mut self) -> (Option<Node>, Vec<Problem>) {
        let end = self.text.len();
        if !self.stopped {
            if let Some(frame) = self.stack.last() {
                let opened = if matches!(frame.body, Kind::Map(_)) { "{" } else { "[" };
                let detail = format!("the text ends before this `{opened}` is closed");
                let start = frame.start;
                self.problem(ProblemKind::Syntax, Span::new(start, start + 1), detail);
            } else if self.root.is_none() && self.syntax_errors == 0 {
                self.problem(ProblemKind::Empty, Span::new(0, end), "the file contains no value");
            }
        }
        self.stopped = true;
        while let Some(frame) = self.stack.pop() {
            self.place(Node { span: Span::new(frame.start, self.last_end.max(frame.start)), kind: frame.body });
        }
        (self.root, self.problems)
    }
}

fn is_text(node: &Node) -> bool {
    matches!(node.kind, Kind::Leaf(Value::String(_)))
}

/// So many keys are compared with each other in no time.
const FEW_MEMBERS: usize = 32;

/// A problem for every key that stands in the mapping a second time.
pub(super) fn repeated_keys(members: &[Member]) -> Vec<Problem> {
    // The usual case costs no table.
    let stands_before = |(at, member): (usize, &Member)| members[..at].iter().any(|before| before.key == member.key);
    if members.len() <= FEW_MEMBERS && !members.iter().enumerate().any(stands_before) {
        return Vec::new();
    }
    let mut before = std::collections::HashMap::with_capacity(members.len());
    let mut problems = Vec::new();
    for member in members {
        match before.entry(member.key.as_str()) {
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(member.key_span);
            }
            std::collections::hash_map::Entry::Occupied(mut place) => problems.push(Problem {
                kind: ProblemKind::DuplicateKey,
                span: member.key_span,
                related: Some(place.insert(member.key_span)),
                detail: format!("the key `{}` occurs a second time here; the last one counts", member.key),
            }),
        }
    }
    problems
}

/// A number as Python's `json` reads it: an integer unless it has a fraction or exponent. What Python does not read is
/// taken for what was meant, or else kept as text.
pub(crate) fn number(raw: &str) -> Value {
    match raw {
        "NaN" => return Value::Float(f64::NAN),
        "Infinity" => return Value::Float(f64::INFINITY),
        "-Infinity" => return Value::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let hexadecimal = raw.strip_prefix("0x").or_else(|| raw.strip_prefix("0X"));
    let int = Int::parse(raw).or_else(|| i64::from_str_radix(hexadecimal?, 16).ok().map(Int::from));
    let value = int.map(Value::Int).or_else(|| raw.parse().ok().map(Value::Float));
    value.unwrap_or_else(|| Value::String(raw.to_owned()))
}
