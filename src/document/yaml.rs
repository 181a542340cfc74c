//! YAML with places, over the events of `saphyr-parser`. Scalars are typed as PyYAML types them (YAML 1.1), because
//! that is what reads the Hub's cards: `yes` is a boolean there, `1_000` an integer, `2020-01-01` a date.

use saphyr_parser::{Event, Parser, ScalarStyle, Span as YamlSpan};

use super::{Kind, MAX_DEPTH, Member, Node, Problem, ProblemKind, Span};
use crate::value::{Int, Value};

/// How many values all aliases of a text together may repeat.
const MAX_ALIASED: usize = 10_000;

/// Reads a YAML text: the value of its first document, and every problem.
#[must_use]
pub fn parse(text: &str) -> (Option<Node>, Vec<Problem>) {
    let mut builder = Builder::new(text);
    if let Some(too_deep) = deep_flow(text) {
        builder.problem(
            ProblemKind::NestingTooDeep,
            too_deep,
            format!("more than {MAX_DEPTH} lists and mappings inside one another"),
        );
        return (None, builder.problems);
    }
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => {
                let span = builder.bytes(span);
                builder.feed(&event, span);
            }
            Err(error) => {
                let at = builder.byte(error.marker().index());
                let span = Span::new(at, (at + 1).min(text.len()));
                builder.problem(ProblemKind::Syntax, span, error.info().to_owned());
                break;
            }
        }
        if builder.stopped {
            break;
        }
    }
    builder.finish()
}

/// Bounds brackets before the parser sees them.
fn deep_flow(text: &str) -> Option<Span> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH * 4 {
            return Some(Span::new(at, at + 1));
        }
    }
    None
}

struct Frame {
    start: usize,
    anchor: usize,
    key: Option<(String, Span)>,
    body: Kind,
}

struct Builder<'a> {
    text: &'a str,
    /// Byte of every character, when characters and bytes differ.
    char_starts: Option<Vec<usize>>,
    stack: Vec<Frame>,
    root: Option<Node>,
    documents: usize,
    anchors: std::collections::BTreeMap<usize, Node>,
    aliased: usize,
    problems: Vec<Problem>,
    stopped: bool,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str) -> Self {
        let char_starts = (!text.is_ascii()).then(|| text.char_indices().map(|(at, _)| at).collect());
        Self {
            text,
            char_starts,
            stack: Vec::new(),
            root: None,
            documents: 0,
            anchors: std::collections::BTreeMap::new(),
            aliased: 0,
            problems: Vec::new(),
            stopped: false,
        }
    }

    fn byte(&self, index: usize) -> usize {
        match &self.char_starts {
            Some(starts) => starts.get(index).copied().unwrap_or(self.text.len()),
            None => index.min(self.text.len()),
        }
    }

    fn bytes(&self, span: YamlSpan) -> Span {
        Span::new(self.byte(span.start.index()), self.byte(span.end.index()))
    }

    fn problem(&mut self, kind: ProblemKind, span: Span, detail: String) {
        self.problems.push(Problem { kind, span, related: None, detail });
    }

    fn feed(&mut self, event: &Event<'_>, span: Span) {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.problem(ProblemKind::SecondDocument, span, "a second document starts here".to_owned());
                    self.stopped = true;
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let is_str = tag.as_ref().is_some_and(|tag| tag.suffix == "str");
                let value = match style {
                    ScalarStyle::Plain if !is_str => plain(text),
                    _ => Value::String(text.to_string()),
                };
                self.place(Node { span, kind: Kind::Leaf(value) }, *anchor, Some(text));
            }
            Event::SequenceStart(anchor, _) => self.open(span, *anchor, Kind::List(Vec::new())),
            Event::MappingStart(anchor, _) => self.open(span, *anchor, Kind::Map(Vec::new())),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(frame) = self.stack.pop() {
                    let end = trim_end(self.text, frame.start, span.end);
                    self.place(Node { span: Span::new(frame.start, end), kind: frame.body }, frame.anchor, None);
                }
            }
            Event::Alias(anchor) => self.alias(*anchor, span),
            _ => {}
        }
    }

    fn open(&mut self, span: Span, anchor: usize, body: Kind) {
        if self.stack.len() >= MAX_DEPTH {
            let detail = format!("more than {MAX_DEPTH} lists and mappings inside one another");
            self.problem(ProblemKind::NestingTooDeep, span, detail);
            self.stopped = true;
            return;
        }
        self.stack.push(Frame { start: span.start, anchor, key: None, body });
    }

    fn alias(&mut self, anchor: usize, span: Span) {
        let Some(node) = self.anchors.get(&anchor) else {
            self.problem(ProblemKind::Syntax, span, "an alias to something that is not complete yet".to_owned());
            return;
        };
        self.aliased += count(node);
        if self.aliased > MAX_ALIASED {
            let detail = format!("the aliases of this text repeat more than {MAX_ALIASED} values");
            self.problem(ProblemKind::AliasExpansion, span, detail);
            self.stopped = true;
            return;
        }
        let mut copy = node.clone();
        copy.span = span;
        let text = copy.as_str().map(str::to_owned);
        self.place(copy, 0, text.as_deref());
    }

    fn place(&mut self, node: Node, anchor: usize, key_text: Option<&str>) {
        if let Kind::Map(members) = &node.kind {
            self.problems.extend(super::json::repeated_keys(members));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.stack.last_mut() {
            None if self.root.is_none() => self.root = Some(node),
            None => {}
            Some(frame) => match &mut frame.body {
                Kind::List(items) => items.push(node),
                Kind::Map(members) => match frame.key.take() {
                    Some((key, key_span)) => members.push(Member { key, key_span, node }),
                    None => frame.key = Some((key_text.unwrap_or("?").to_owned(), node.span)),
                },
                Kind::Leaf(_) => {}
            },
        }
    }

    fn finish(mut self) -> (Option<Node>, Vec<Problem>) {
        if self.root.is_none() && self.problems.is_empty() {
            let span = Span::new(0, self.text.len());
            self.problem(ProblemKind::Empty, span, "there is no value in it".to_owned());
        }
        (self.root, self.problems)
    }
}

fn count(node: &Node) -> usize {
    match &node.kind {
        Kind::Leaf(_) => 1,
        Kind::List(items) => 1 + items.iter().map(count).sum::<usize>(),
        Kind::Map(members) => 1 + members.iter().map(|member| count(&member.node)).sum::<usize>(),
    }
}

fn trim_end(text: &str, start: usize, end: usize) -> usize {
    text.get(start..end).map_or(end, |slice| start + slice.trim_end().len())
}

/// A plain scalar's value by YAML 1.1, as PyYAML's safe loader resolves it.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Value::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => return Value::Bool(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Value::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Value::Float(f64::NAN),
        _ => {}
    }
    integer(text).or_else(|| float(text)).unwrap_or_else(|| Value::String(text.to_owned()))
}

fn integer(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let negative = text.starts_with('-');
    if !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let digits = unsigned.replace('_', "");
    let radix = |prefix: &str, radix: u32| {
        let digits = digits.strip_prefix(prefix).filter(|digits| !digits.is_empty())?;
        i64::from_str_radix(digits, radix).ok()
    };
    if let Some(value) = radix("0x", 16).or_else(|| radix("0b", 2)) {
        return Some(Value::Int(Int::from(if negative { -value } else { value })));
    }
    if digits.len() > 1 && digits.starts_with('0') {
        let value = i64::from_str_radix(&digits, 8).ok()?;
        return Some(Value::Int(Int::from(if negative { -value } else { value })));
    }
    Int::parse(&format!("{}{digits}", if negative { "-" } else { "" })).map(Value::Int)
}

/// YAML 1.1 wants a dot in a float, and a sign in its exponent.
fn float(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') || !unsigned.contains('.') {
        return None;
    }
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, e)| (m, Some(e)));
    if mantissa.bytes().any(|b| !b.is_ascii_digit() && !matches!(b, b'.' | b'_')) || mantissa == "." {
        return None;
    }
    if exponent
        .is_some_and(|e| !e.starts_with(['+', '-']) || e[1..].is_empty() || !e[1..].bytes().all(|b| b.is_ascii_digit()))
    {
        return None;
    }
    text.replace('_', "").parse().ok().map(Value::Float)
}
