//! What is wrong with the values of single keys: the schema says whether a value is well-formed, the key's use says
//! what the library makes of it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::effect::Idle;
use super::meant::{self, Meant};
use super::schemas;
use super::uses::{Flaw, Judgement, Use, is_wide_enough};
use super::view::{ConfigView, fields};
use crate::document::{Span, pointer};
use crate::findings::words::said;
use crate::json_schema::{Schema, describe};
use crate::models::Model;
use crate::value::Value;

/// A flaw of one value.
#[derive(Debug, Clone)]
pub(crate) struct KeyFlaw {
    /// What the flaw is; `None` if the library takes the value all the same.
    pub(crate) flaw: Option<Flaw>,
    /// The pointer of the config that it is in.
    pub(crate) config: String,
    /// The key.
    pub(crate) key: String,
    /// Where.
    pub(crate) pointer: String,
    /// Where.
    pub(crate) span: Span,
    /// The key that makes the library read this one.
    pub(crate) cause: Option<Span>,
    /// In words.
    pub(crate) message: String,
    /// What would be right.
    pub(crate) expected: String,
    /// The value that was meant.
    pub(crate) meant: Option<Meant>,
}

/// Every flaw of the values in a config.
pub(crate) fn find(config: &ConfigView<'_>, model: Option<&Model>) -> Vec<KeyFlaw> {
    let schema = schemas::of_method(config.method);
    let malformed = malformed_keys(config, schema);
    let mut flaws = Vec::new();
    // An `architecture` that is not the method's own has a rule of its own.
    for (key, _) in fields(config.method).iter().filter(|(key, _)| key != "architecture") {
        let Some(member) = config.written(key) else { continue };
        let value = config.value(key).expect("a written key has a value");
        let used = config.used_part(key, &value, model);
        let judgement = judged(config, key, &used, model);
        // Nearly always: whether the library reads it at all makes no difference then.
        if judgement == Judgement::Fine && !malformed.contains_key(key) {
            continue;
        }
        let idle = config.idle(key, model);
        let is_read = idle.is_none();
        let judgement = match (idle, judgement) {
            (Some(Idle::Unread(_)), _) if !config.differs(key) && !malformed.contains_key(key) => continue,
            (Some(Idle::Unread(reason)), Judgement::Refused(..)) => Judgement::Loose(reason),
            // What is calculated with has to be held as a number all the same.
            (Some(Idle::Inert(reason)), Judgement::Refused(Flaw::Range, _))
                if !matches!(config.use_of(key), Use::Number | Use::Factor | Use::Divisor) =>
            {
                Judgement::Loose(reason)
            }
            (_, judgement) => judgement,
        };
        let (flaw, why) = match judgement {
            // Capitals in an activation's name have a rule of their own.
            Judgement::Fine if key == "non_linearity" => continue,
            Judgement::Fine => (None, "the library accepts it all the same".to_owned()),
            // Null is one of the values of an optional flag.
            Judgement::Loose(_) if *used == Value::Null && !malformed.contains_key(key) => continue,
            Judgement::Loose(how) => (None, how),
            Judgement::Refused(flaw, why) => (Some(flaw), why),
        };
        let expected = schema.property(key).map(describe).unwrap_or_default();
        // An item of a list or an entry of a map is pointed at itself.
        let inner = malformed.get(key).map_or("", String::as_str);
        let place = pointer::find(&member.node, inner).map_or(&member.node, |(node, _)| node);
        let meant = is_read.then(|| meant_at(config.use_of(key), flaw, inner, &place.to_value())).flatten();
        flaws.push(KeyFlaw {
            flaw,
            config: config.pointer.clone(),
            key: key.clone(),
            pointer: config.pointer_of(key) + inner,
            span: place.span,
            cause: cause_of(key).and_then(|cause| config.written(cause)).map(|member| member.node.span),
            message: format!("`{key}` {} {}; {why}", if inner.is_empty() { "is" } else { "holds" }, said(place)),
            expected,
            meant,
        });
    }
    flaws
}

/// What the library makes of a value where it reads it.
fn judged(config: &ConfigView<'_>, key: &str, used: &Value, model: Option<&Model>) -> Judgement {
    match (config.judge(key, used), model.and_then(|model| model.hidden_size)) {
        (Judgement::Refused(Flaw::Range, _), Some(hidden))
            if matches!(config.use_of(key), Use::Reduction | Use::InvertibleReduction)
                && is_wide_enough(used, hidden) =>
        {
            Judgement::Fine
        }
        (judgement, _) => judgement,
    }
}

/// What was meant by a value, or by the item of a list or the entry of a map that is at fault.
fn meant_at(use_: Use, flaw: Option<Flaw>, inner: &str, value: &Value) -> Option<Meant> {
    match flaw {
        Some(Flaw::Range) => None,
        // Each entry of a map of factors is one.
        Some(_) if inner.is_empty() || use_ == Use::Reduction => meant::instead_of_refused(use_, value),
        Some(_) => None,
        None if inner.is_empty() => meant::instead_of_loose(use_, value),
        None => meant::instead_of_item(use_, value),
    }
}

/// The key without which the library would not read this one.
fn cause_of(key: &str) -> Option<&'static str> {
    match key {
        "inv_adapter_reduction_factor" => Some("inv_adapter"),
        "hypercomplex_nonlinearity" => Some("phm_layer"),
        _ if key.contains("phm") && key != "phm_layer" => Some("phm_layer"),
        _ => None,
    }
}

/// The keys whose values the schema refuses, and where in the value it first does.
fn malformed_keys(config: &ConfigView<'_>, schema: &Schema) -> BTreeMap<String, String> {
    let json: Json = config.node.to_json();
    let mut keys = BTreeMap::new();
    // To ask whether there is an error is much quicker than to ask for all.
    if schema.validator().is_valid(&json) {
        return keys;
    }
    for error in schema.validator().iter_errors(&json) {
        let place = error.instance_path().to_string();
        let Some(key) = pointer::tokens(&place).next() else { continue };
        let inner = place[1..].find('/').map_or(String::new(), |at| place[1 + at..].to_owned());
        keys.entry(key).or_insert(inner);
    }
    keys
}
