//! YAML with places, over the events of `saphyr-parser`. Scalars are typed as PyYAML types them (YAML 1.1), because
//! that is what reads the Hub's cards: `yes` is a boolean there, `1_000` an integer, `2020-01-01` a date.

mod indent;
mod merge;
pub(crate) mod plain;
mod pyyaml;
mod scalar;
mod words;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

use self::indent::Indented;
use self::scalar::Scalar;
use super::{Counted, Kind, MAX_DEPTH, Member, Node, Problem, ProblemKind, Span};
use crate::value::Value;

/// How many values all aliases of a text together may repeat.
const MAX_ALIASED: usize = 10_000;

/// How many values are kept for aliases, those within others again.
const MAX_ANCHORED: usize = 1 << 18;

/// Reads a YAML text: the value of its first document, and every problem.
#[must_use]
pub fn parse(text: &str) -> (Option<Node>, Vec<Problem>) {
    let mut builder = Builder::new(text);
    if let Some(too_deep) = deep_flow(text) {
        builder.problem(
            ProblemKind::NestingTooDeep,
            too_deep,
            format!("lists and mappings are nested more than {MAX_DEPTH} levels deep"),
        );
        return (None, builder.problems);
    }
    if let Some(refused) = pyyaml::refused_character(text) {
        builder.problems.push(refused);
        return (None, builder.problems);
    }
    let mut indented = Indented::new(text);
    loop {
        let mut builder = Builder::new(text);
        let Some(error) = builder.read(&indented) else { return builder.finish() };
        let characters = Characters::of(&indented.text);
        let at = characters.byte(error.marker().index());
        let outermost = builder.outermost;
        if indented.mend(&error, at, outermost) {
            continue;
        }
        let outermost = outermost.map(|at| indented.original(at));
        let (span, what) = words::told(text, indented.original(at), error.info(), outermost);
        builder.problem(ProblemKind::Syntax, span, what);
        return builder.finish();
    }
}

/// The byte that every character begins at.
struct Characters<'a> {
    text: &'a str,
    /// None where characters are bytes.
    starts: Option<Vec<usize>>,
}

impl<'a> Characters<'a> {
    fn of(text: &'a str) -> Self {
        let starts = (!text.is_ascii()).then(|| text.char_indices().map(|(at, _)| at).collect());
        Self { text, starts }
    }

    fn byte(&self, index: usize) -> usize {
        match &self.starts {
            Some(starts) => starts.get(index).copied().unwrap_or(self.text.len()),
            None => index.min(self.text.len()),
        }
    }
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
    stack: Vec<Frame>,
    root: Option<Node>,
    documents: usize,
    /// What aliases may repeat; none where it is more than all of them may.
    anchors: std::collections::BTreeMap<usize, Option<Node>>,
    anchored: usize,
    aliased: usize,
    problems: Vec<Problem>,
    /// Quoted scalars and block scalars.
    opaque: Vec<Span>,
    stopped: bool,
    /// The outermost bracket that is open, in the text that is parsed.
    outermost: Option<usize>,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            stack: Vec::new(),
            root: None,
            documents: 0,
            anchors: std::collections::BTreeMap::new(),
            anchored: 0,
            aliased: 0,
            problems: Vec::new(),
            opaque: Vec::new(),
            stopped: false,
            outermost: None,
        }
    }

    /// Reads all that there is; an error of the parser, where it ends early.
    fn read(&mut self, indented: &Indented<'_>) -> Option<ScanError> {
        let characters = Characters::of(&indented.text);
        let mut counted = Counted::default();
        // Where the lists and mappings that are open begin, in the text that is parsed.
        let mut open = Vec::new();
        for event in Parser::new_from_str(&indented.text) {
            let (event, span) = match event {
                Ok(event) => event,
                Err(error) => {
                    let is_bracket = |at: &&usize| indented.text[**at..].starts_with(['[', '{']);
                    self.outermost = open.iter().find(is_bracket).copied();
                    return Some(error);
                }
            };
            let [start, end] = [span.start, span.end].map(|marker| characters.byte(marker.index()));
            match event {
                Event::SequenceStart(..) | Event::MappingStart(..) => open.push(start),
                Event::SequenceEnd | Event::MappingEnd => _ = open.pop(),
                _ => {}
            }
            let span = Span::new(indented.original(start), indented.original(end));
            if let Some(too_large) = counted.add(span) {
                (self.root, self.stack, self.problems) = (None, Vec::new(), vec![too_large]);
                self.stopped = true;
                return None;
            }
            self.feed(&event, span);
            if self.stopped {
                return None;
            }
        }
        None
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
                let trimmed = Span::new(span.start, trim_end(self.text, span.start, span.end));
                match style {
                    ScalarStyle::Plain => {}
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => self.opaque.push(trimmed),
                    ScalarStyle::Literal | ScalarStyle::Folded => self.opaque.push(span),
                }
                let span = trimmed;
                let text = match style {
                    // A block that the text's end cuts off has no last line break.
                    ScalarStyle::Literal | ScalarStyle::Folded if !self.text.ends_with(['\n', '\r']) => {
                        let is_last = self.text.get(span.end..).is_some_and(|rest| rest.trim().is_empty());
                        if is_last { text.strip_suffix('\n').unwrap_or(text) } else { text }
                    }
                    _ => &**text,
                };
                let value = self.scalar(text, *style == ScalarStyle::Plain, tag.as_deref(), span);
                let key = key_text(&value, text);
                self.place(Node { span, kind: Kind::Leaf(value) }, *anchor, Some(key));
            }
            Event::SequenceStart(anchor, tag) => {
                self.check_container_tag("seq", tag.as_deref(), span);
                self.open(span, *anchor, Kind::List(Vec::new()));
            }
            Event::MappingStart(anchor, tag) => {
                self.check_container_tag("map", tag.as_deref(), span);
                self.open(span, *anchor, Kind::Map(Vec::new()));
            }
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

    /// The value of a scalar, as far as JSON has it.
    fn scalar(&mut self, text: &str, is_plain: bool, tag: Option<&Tag>, span: Span) -> Value {
        let made = match tag {
            Some(tag) if tag.is_yaml_core_schema() => scalar::tagged(&tag.suffix, text),
            Some(tag) if !tag.handle.is_empty() => Scalar::Refused(format!("PyYAML does not know the tag `{tag}`")),
            None if is_plain && self.text.get(span.start..span.end) == Some("<<") && !self.expects_key() => {
                Scalar::Refused("`<<` is only allowed as a key".to_owned())
            }
            None if is_plain && text.starts_with(['|', '>']) => {
                Scalar::Refused(format!("a string without quotes cannot start with `{}`", &text[..1]))
            }
            None if is_plain => scalar::plain(text),
            _ => Scalar::Value(Value::String(text.to_owned())),
        };
        match made {
            Scalar::Value(value) => return value,
            Scalar::NoJson(kind) => {
                self.problem(ProblemKind::NoJsonType, span, format!("YAML reads this as a {kind}"));
            }
            Scalar::Refused(why) => self.problem(ProblemKind::Syntax, span, why),
        }
        Value::String(text.to_owned())
    }

    /// Whether the next scalar is a key.
    fn expects_key(&self) -> bool {
        self.stack.last().is_some_and(|frame| matches!(frame.body, Kind::Map(_)) && frame.key.is_none())
    }

    fn check_container_tag(&mut self, own: &str, tag: Option<&Tag>, span: Span) {
        let Some(tag) = tag.filter(|tag| !tag.handle.is_empty()) else { return };
        let core = tag.is_yaml_core_schema();
        if core && (matches!(tag.suffix.as_str(), "set" | "omap" | "pairs") || tag.suffix.starts_with("python/")) {
            self.problem(ProblemKind::NoJsonType, span, format!("YAML reads this as a `!!{}`", tag.suffix));
        } else if !core || tag.suffix != own {
            self.problem(ProblemKind::Syntax, span, format!("PyYAML cannot make a `{tag}` of this"));
        }
    }

    fn open(&mut self, span: Span, anchor: usize, body: Kind) {
        if self.stack.len() >= MAX_DEPTH {
            let detail = format!("lists and mappings are nested more than {MAX_DEPTH} levels deep");
            self.problem(ProblemKind::NestingTooDeep, span, detail);
            self.stopped = true;
            return;
        }
        self.stack.push(Frame { start: span.start, anchor, key: None, body });
    }

    fn alias(&mut self, anchor: usize, span: Span) {
        let Some(node) = self.anchors.get(&anchor) else {
            self.problem(ProblemKind::Syntax, span, "an alias refers to something that is not complete yet".to_owned());
            return;
        };
        self.aliased += node.as_ref().map_or(0, count);
        let Some(node) = node.as_ref().filter(|_| self.aliased <= MAX_ALIASED) else {
            let detail = format!("the aliases in this file expand to more than {MAX_ALIASED} values");
            self.problem(ProblemKind::AliasExpansion, span, detail);
            self.stopped = true;
            return;
        };
        let mut copy = node.clone();
        let original = std::mem::replace(&mut copy.span, span);
        let foreign = self.problems.iter().find(|p| p.kind == ProblemKind::NoJsonType && p.span == original).cloned();
        self.problems.extend(foreign.map(|problem| Problem { span, ..problem }));
        let key = match &copy.kind {
            Kind::Leaf(value) => Some(key_text(value, value.as_str().unwrap_or_default())),
            _ => None,
        };
        self.place(copy, 0, key);
    }

    /// Keeps a node for its aliases. Nodes in nodes may all have anchors, and each is kept with all that is in it.
    fn keep(&mut self, anchor: usize, node: &Node) {
        let values = count(node);
        let kept = (values <= MAX_ALIASED).then(|| node.clone());
        self.anchored += kept.as_ref().map_or(0, |_| values);
        self.anchors.insert(anchor, kept);
        if self.anchored > MAX_ANCHORED {
            let detail =
                format!("the anchors of this text name more than {MAX_ANCHORED} values, those within others again");
            self.problem(ProblemKind::AliasExpansion, node.span, detail);
            self.stopped = true;
        }
    }

    fn place(&mut self, mut node: Node, anchor: usize, key: Option<String>) {
        if let Kind::Map(members) = &mut node.kind {
            self.problems.extend(super::json::repeated_keys(members));
            if let Err(span) = merge::merge(self.text, members) {
                let detail = "only a mapping or a list of mappings can be merged".to_owned();
                self.problem(ProblemKind::Syntax, span, detail);
            }
        }
        if anchor != 0 {
            self.keep(anchor, &node);
        }
        if self.expects_key() && key.is_none() {
            self.problem(ProblemKind::Syntax, node.span, "a list or mapping cannot be a key".to_owned());
        }
        match self.stack.last_mut() {
            None if self.root.is_none() => self.root = Some(node),
            None => {}
            Some(frame) => match &mut frame.body {
                Kind::List(items) => items.push(node),
                Kind::Map(members) => match frame.key.take() {
                    Some((key, key_span)) => members.push(Member { key, key_span, node }),
                    None => frame.key = Some((key.unwrap_or_default(), node.span)),
                },
                Kind::Leaf(_) => {}
            },
        }
    }

    fn finish(mut self) -> (Option<Node>, Vec<Problem>) {
        let read_to = self.problems.iter().filter(|p| !p.kind.is_readable()).map(|p| p.span.start).min();
        let tab = pyyaml::refused_tab(self.text, &self.opaque, read_to.unwrap_or(self.text.len()));
        self.problems.extend(tab);
        if self.root.is_none() && self.problems.is_empty() {
            let span = Span::new(0, self.text.len());
            self.problem(ProblemKind::Empty, span, "the file contains no value".to_owned());
        }
        (self.root, self.problems)
    }
}

/// A key as JSON would spell it: `on` is `true`, `016` is `14`.
fn key_text(value: &Value, text: &str) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Int(int) => int.to_string(),
        _ => text.to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_anchors_keep_has_a_bound() {
        let nested = |depth: usize, numbers: usize| {
            let anchors: String = (0..depth).map(|number| format!("&a{number} [")).collect();
            format!("- {anchors}{}{}\n", "1,".repeat(numbers), "]".repeat(depth))
        };
        let is_refused = |text: &str| parse(text).1.iter().any(|problem| problem.kind == ProblemKind::AliasExpansion);
        // More than aliases may repeat is not kept at all; what is, is counted.
        assert_eq!(parse(&nested(100, 20_000)).1, []);
        assert!(is_refused(&format!("{}- *a0\n", nested(100, 20_000))));
        assert!(!is_refused(&nested(100, 1000)));
        assert!(is_refused(&nested(100, 1000).repeat(3)));
        assert!(!is_refused(&format!("{}- *a99\n", nested(100, 1000))));
    }
}
