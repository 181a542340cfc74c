//! The one place that judges the structure of these files: which keys are missing, of a wrong type, or unknown.
//! The rules only sort what is found here.

use super::keys::{Key, Takes};
use super::object::{Object, Others};
use super::objects::objects;
use super::python;
use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::meant::{Meant, instead_of_loose};
use crate::dialects::adapterhub::uses::Use;
use crate::document::{Member, Span, pointer};
use crate::findings::words::described;
use crate::python::is_true;
use crate::value::Value;

/// The kinds of structural flaw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum FlawKind {
    /// A required key is not there.
    Missing,
    /// The library cannot use a value of this type.
    Type,
    /// The type is right, the number is not.
    Range,
    /// The library takes the value for another.
    Loose,
    /// A key that nothing reads.
    Ignored,
    /// A key that the library's constructor does not take.
    Refused,
}

/// A structural flaw.
#[derive(Debug, Clone)]
pub(in crate::dialects::adapterhub) struct Flaw {
    pub(in super::super) kind: FlawKind,
    pub(in super::super) pointer: String,
    pub(in super::super) span: Span,
    pub(in super::super) message: String,
    pub(in super::super) suggestion: Option<&'static str>,
    /// The value that was meant.
    pub(in super::super) meant: Option<Meant>,
    /// The value that decides which keys there are.
    pub(in super::super) chosen_by: Option<Span>,
}

/// All structural flaws of one kind in a file.
pub(in super::super) fn flaws(subject: &Subject<'_>, kind: FlawKind) -> Vec<Flaw> {
    let all = subject.structure.get_or_init(|| {
        let mut all = Vec::new();
        for object in objects(subject) {
            judge(&object, &mut all);
        }
        all
    });
    all.iter().filter(|flaw| flaw.kind == kind).cloned().collect()
}

/// The member whose key is at fault.
pub(in super::super) fn guilty_member<'a>(subject: &Subject<'a>, flaw: &Flaw) -> Option<&'a Member> {
    let (map, at) = pointer::member_at(subject.document.root.as_ref()?, flaw.span)?;
    map.members().get(at)
}

fn judge(object: &Object<'_>, flaws: &mut Vec<Flaw>) {
    if object.is_absent {
        flaws.extend(object.keys.iter().filter(|key| key.required).map(|key| missing(object, key)));
        return;
    }
    if !object.node.is_map() {
        let found = object.node.to_value();
        flaws.push(Flaw {
            kind: FlawKind::Type,
            pointer: object.pointer.clone(),
            span: object.node.span,
            message: format!("{} must be an object, not {}", object.what, described(&found)),
            suggestion: None,
            meant: None,
            chosen_by: None,
        });
        return;
    }
    for key in object.keys {
        match object.node.member(key.name) {
            None if key.required => flaws.push(missing(object, key)),
            None => {}
            Some(member) => flaws.extend(value_flaw(object, key, member)),
        }
    }
    let absent: Vec<&str> =
        object.keys.iter().map(|key| key.name).filter(|name| object.node.member(name).is_none()).collect();
    for member in object.node.members() {
        if object.keys.iter().all(|key| key.name != member.key) {
            flaws.extend(unknown(object, member, &absent));
        }
    }
}

fn missing(object: &Object<'_>, key: &Key) -> Flaw {
    // Of an object that is missing as a whole the place is the one that lacks it.
    let pointer = if object.is_absent { object.pointer.clone() } else { pointer::push(&object.pointer, key.name) };
    Flaw {
        kind: FlawKind::Missing,
        pointer,
        span: python::opening(object.node),
        message: format!("{} lacks the key `{}`", object.what, key.name),
        suggestion: None,
        meant: None,
        chosen_by: object.chosen_by,
    }
}

/// A key that the object does not have; `absent` are those of its own that are not written.
fn unknown(object: &Object<'_>, member: &Member, absent: &[&str]) -> Option<Flaw> {
    let (kind, message) = match object.others {
        Others::Foreign => return None,
        Others::Ignored => {
            (FlawKind::Ignored, format!("the library does not read the key `{}` of {}", member.key, object.what))
        }
        Others::Refused => (FlawKind::Refused, format!("{} does not accept the key `{}`", object.what, member.key)),
    };
    let suggestion = crate::findings::nearest(&member.key, object.keys.iter().map(|key| key.name))
        .filter(|name| absent.contains(name));
    let pointer = pointer::push(&object.pointer, &member.key);
    Some(Flaw { kind, pointer, span: member.key_span, message, suggestion, meant: None, chosen_by: object.chosen_by })
}

fn value_flaw(object: &Object<'_>, key: &Key, member: &Member) -> Option<Flaw> {
    let value = member.node.to_value();
    let (kind, expected) = mismatch(key.takes, &value)?;
    let message = match kind {
        FlawKind::Loose => {
            format!("`{}` is {}, which Python takes for {}", key.name, described(&value), is_true(&value))
        }
        _ => format!("`{}` must be {expected}, not {}", key.name, described(&value)),
    };
    Some(Flaw {
        kind,
        pointer: pointer::push(&object.pointer, key.name),
        span: member.node.span,
        message,
        suggestion: None,
        meant: instead_of_loose(Use::Truth, &value).filter(|_| kind == FlawKind::Loose),
        chosen_by: object.chosen_by,
    })
}

/// What is wrong with a value, and what was expected.
pub(in super::super) fn mismatch(takes: Takes, value: &Value) -> Option<(FlawKind, String)> {
    use FlawKind::{Loose, Range, Type};
    let type_flaw = |expected: &str| Some((Type, expected.to_owned()));
    match (takes, value) {
        (Takes::Anything, _)
        | (Takes::Truth, Value::Bool(_))
        | (Takes::Text | Takes::TextIfTrue, Value::String(_))
        | (Takes::Object | Takes::ObjectOrNull, Value::Map(_))
        | (Takes::ObjectOrNull | Takes::ProbabilityOrNull | Takes::PathOrNull, Value::Null)
        | (Takes::Mapping, Value::Map(_)) => None,
        (Takes::Index(least), Value::Int(_) | Value::Bool(_)) => {
            let fits = python::index(value).is_none_or(|index| index >= least);
            (!fits).then(|| (Range, format!("at least {least}")))
        }
        (Takes::Mapping, Value::List(items)) if items.is_empty() => None,
        (Takes::Mapping, Value::String(text)) if text.is_empty() => None,
        (Takes::TextIfTrue | Takes::IntegerIfTrue(_) | Takes::ProbabilityIfTrue, other) if !is_true(other) => None,
        (Takes::Integer(least) | Takes::IntegerIfTrue(least), Value::Int(int)) => {
            let fits = int.as_i64().map_or(!int.as_str().starts_with('-'), |int| int >= least);
            (!fits).then(|| (Range, format!("at least {least}")))
        }
        (Takes::ProbabilityOrNull | Takes::ProbabilityIfTrue, Value::Bool(_)) => None,
        (Takes::ProbabilityOrNull | Takes::ProbabilityIfTrue, Value::Int(_) | Value::Float(_)) => {
            let number = value.as_f64().unwrap_or(f64::NAN);
            // Python lets NaN pass.
            let (below, above) = (number < 0.0, number > 1.0);
            (below || above).then(|| (Range, "from 0 to 1".to_owned()))
        }
        (Takes::Path | Takes::PathOrNull, Value::String(path)) => {
            path.split('.').any(str::is_empty).then(|| (Range, "names of modules joined by dots".to_owned()))
        }
        (Takes::Truth, _) => Some((Loose, "true or false".to_owned())),
        (Takes::Text | Takes::TextIfTrue, _) => type_flaw("a string"),
        (Takes::Object | Takes::Mapping, _) => type_flaw("an object"),
        (Takes::ObjectOrNull, _) => type_flaw("an object or null"),
        (Takes::Integer(_) | Takes::IntegerIfTrue(_) | Takes::Index(_), _) => type_flaw("an integer"),
        (Takes::ProbabilityOrNull | Takes::ProbabilityIfTrue, _) => type_flaw("a number from 0 to 1 or null"),
        (Takes::Path, _) => type_flaw("the path of a module"),
        (Takes::PathOrNull, _) => type_flaw("the path of a module or null"),
    }
}
