//! What is wrong with the values of single keys: the schema says whether a value is well-formed, the key's use says
//! what the library makes of it.

use serde_json::Value as Json;

use super::config::Method;
use super::effect::Idle;
use super::uses::{Flaw, Judgement};
use super::view::{ConfigView, fields};
use crate::document::{Node, Span, pointer};
use crate::models::Model;
use crate::schema;

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
    /// In words.
    pub(crate) message: String,
    /// What would be right.
    pub(crate) expected: String,
}

/// The schema of a method's config.
pub(crate) fn schema_name(method: Method) -> &'static str {
    match method {
        Method::Bottleneck => "bottleneck",
        Method::PrefixTuning => "prefix-tuning",
        Method::PromptTuning => "prompt-tuning",
        Method::Lora => "lora",
        Method::MtlLora => "mtl-lora",
        Method::Reft => "reft",
        Method::Union => "union",
    }
}

/// Every flaw of the values in a config.
pub(crate) fn find(config: &ConfigView<'_>, model: Option<&Model>) -> Vec<KeyFlaw> {
    let name = schema_name(config.method);
    let malformed = malformed_keys(config, name);
    let mut flaws = Vec::new();
    for (key, _) in fields(config.method) {
        let Some(member) = config.written(key) else { continue };
        let value = config.value(key).expect("a written key has a value");
        let idle = config.idle(key, model);
        let used = config.used_part(key, &value, model);
        let judgement = match (idle, config.use_of(key).judge(&used)) {
            (Some(Idle::Unread(_)), _) if !config.differs(key) => continue,
            (Some(Idle::Unread(reason)), Judgement::Refused(..)) => Judgement::Loose(reason),
            (Some(Idle::Inert(reason)), Judgement::Refused(Flaw::Range, _)) => Judgement::Loose(reason),
            (_, judgement) => judgement,
        };
        let (flaw, why) = match judgement {
            Judgement::Fine if malformed.contains(key) => (None, "the library takes it all the same".to_owned()),
            Judgement::Fine => continue,
            Judgement::Loose(how) => (None, how),
            Judgement::Refused(flaw, why) => (Some(flaw), why),
        };
        let expected = schema::property(name, key).map(schema::describe).unwrap_or_default();
        flaws.push(KeyFlaw {
            flaw,
            config: config.pointer.clone(),
            key: key.clone(),
            pointer: config.pointer_of(key),
            span: member.node.span,
            message: format!("`{key}` is {}: {why}", said(&member.node)),
            expected,
        });
    }
    flaws
}

/// The keys whose values the schema refuses.
fn malformed_keys(config: &ConfigView<'_>, name: &str) -> Vec<String> {
    let json: Json = config.node.to_value().to_json();
    let errors = schema::validator(name).iter_errors(&json);
    let key = |error: jsonschema::ValidationError<'_>| pointer::tokens(error.instance_path().as_str()).next();
    errors.filter_map(key).collect()
}

/// A value as a message names it.
pub(crate) fn said(node: &Node) -> String {
    let value = node.to_value();
    match &value {
        crate::value::Value::String(text) if text.chars().count() > 40 => {
            format!("\"{}…\"", text.chars().take(37).collect::<String>())
        }
        crate::value::Value::String(text) => format!("\"{text}\""),
        crate::value::Value::List(items) => match items.len() {
            0 => "an empty list".to_owned(),
            1 => "a list of one".to_owned(),
            n => format!("a list of {n}"),
        },
        crate::value::Value::Map(_) => "an object".to_owned(),
        crate::value::Value::Null => "null".to_owned(),
        crate::value::Value::Bool(b) => b.to_string(),
        crate::value::Value::Int(int) => format!("the integer {int}"),
        crate::value::Value::Float(float) => format!("the number {float:?}"),
    }
}
