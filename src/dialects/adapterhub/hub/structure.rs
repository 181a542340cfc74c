//! Where a card breaks its schema: the very schema that is published judges, so that the two cannot disagree.

use jsonschema::error::{TypeKind, ValidationError, ValidationErrorKind};
use serde_json::Value as Json;

use super::super::schemas;
use crate::dialects::FileKind;
use crate::document::{Document, Kind, Node, ProblemKind, Span, pointer};

/// One breach of the schema.
pub(super) struct Violation {
    /// The guilty value; for a missing or surplus key, that key.
    pub(super) pointer: String,
    /// The guilty bytes.
    pub(super) span: Span,
    /// In which way.
    pub(super) flaw: Flaw,
}

/// The ways to break a card's schema.
pub(super) enum Flaw {
    /// A required key is not there.
    Missing(String),
    /// A key that the card does not have.
    Unknown {
        /// The key.
        key: String,
        /// The keys that there are.
        known: Vec<String>,
    },
    /// A value of another type than this.
    WrongType(String),
    /// A text, list or mapping with nothing in it.
    Empty,
    /// A text of more characters than this.
    TooLong(u64),
    /// None of several keys is there of which one must be.
    NoneOf,
    /// A text that is none of a few.
    NotOneOf,
}

/// All breaches, in the schema's order.
pub(super) fn violations(kind: FileKind, document: &Document, root: &Node) -> Vec<Violation> {
    let Some(schema) = schemas::of_file(kind) else { return Vec::new() };
    let json = to_json(document, root);
    let errors = schema.validator().iter_errors(&json);
    errors.flat_map(|error| from_error(&error, document, root, schema.value())).collect()
}

/// The card as JSON. What JSON has no type for becomes null, which no key of a card takes.
fn to_json(document: &Document, node: &Node) -> Json {
    if foreign_type(document, node.span).is_some() {
        return Json::Null;
    }
    match &node.kind {
        Kind::Leaf(value) => value.to_json(),
        Kind::List(items) => items.iter().map(|item| to_json(document, item)).collect(),
        Kind::Map(members) => {
            members.iter().map(|member| (member.key.clone(), to_json(document, &member.node))).collect()
        }
    }
}

fn from_error(error: &ValidationError<'_>, document: &Document, root: &Node, schema: &Json) -> Vec<Violation> {
    let at = error.instance_path().as_str();
    let node = pointer::find(root, at).map_or(root, |(node, _)| node);
    let here = |flaw| vec![Violation { pointer: at.to_owned(), span: node.span, flaw }];
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            vec![Violation {
                pointer: pointer::push(at, key),
                span: opening(node),
                flaw: Flaw::Missing(key.to_owned()),
            }]
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let known = known_keys(schema, &error.schema_path().to_string());
            let unknown = |key: &String| Violation {
                pointer: pointer::push(at, key),
                span: node.member(key).map_or(node.span, |member| member.key_span),
                flaw: Flaw::Unknown { key: key.clone(), known: known.clone() },
            };
            unexpected.iter().map(unknown).collect()
        }
        ValidationErrorKind::Type { kind } => here(Flaw::WrongType(match kind {
            TypeKind::Single(wanted) => wanted.to_string(),
            TypeKind::Multiple(_) => "another type".to_owned(),
        })),
        ValidationErrorKind::MaxLength { limit } => here(Flaw::TooLong(*limit)),
        ValidationErrorKind::AnyOf { .. } => {
            vec![Violation { pointer: at.to_owned(), span: opening(node), flaw: Flaw::NoneOf }]
        }
        ValidationErrorKind::Enum { .. } => here(match node.as_str() {
            Some("") => Flaw::Empty,
            Some(_) if foreign_type(document, node.span).is_none() => Flaw::NotOneOf,
            _ => Flaw::WrongType("string".to_owned()),
        }),
        _ => here(Flaw::Empty),
    }
}

/// The keys beside the `additionalProperties` at a place in the schema; references are followed.
fn known_keys(schema: &Json, path: &str) -> Vec<String> {
    let mut found = schema;
    for token in pointer::tokens(path).filter(|token| token != "additionalProperties") {
        found = if token == "$ref" {
            let target = found["$ref"].as_str().unwrap_or_default();
            schema.pointer(target.trim_start_matches('#')).unwrap_or(&Json::Null)
        } else {
            match token.parse::<usize>() {
                Ok(at) if found.is_array() => &found[at],
                _ => &found[&token],
            }
        };
    }
    found["properties"].as_object().map(|keys| keys.keys().cloned().collect()).unwrap_or_default()
}

/// What YAML makes of the value at a place, if it is a date or another thing that JSON lacks.
pub(super) fn foreign_type(document: &Document, span: Span) -> Option<&str> {
    let found =
        document.problems.iter().find(|problem| problem.kind == ProblemKind::NoJsonType && problem.span == span);
    found.map(|problem| problem.detail.as_str())
}

/// Where a finding about a whole list or mapping is shown: at its first key or item.
pub(in crate::dialects::adapterhub::hub) fn opening(node: &Node) -> Span {
    match &node.kind {
        Kind::Map(members) => members.first().map_or(node.span, |member| member.key_span),
        Kind::List(items) => items.first().map_or(node.span, opening),
        Kind::Leaf(_) => node.span,
    }
}
