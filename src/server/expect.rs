//! What the schemas expect at a place of a file, given what else is written there.

use serde_json::Value;

use crate::dialects::FileKind;
use crate::dialects::peft::config::PeftMethod;
use crate::document::{Kind, Member, Node};
use crate::schema;

/// A step from a value to one inside of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// To the value of a key.
    Key(String),
    /// To an item of a list.
    Item(usize),
}

/// The schemas that a value has to meet, all of them.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    rules: Vec<Rule>,
}

/// One of the schemas that hold at a place.
#[derive(Debug, Clone, Copy)]
struct Rule {
    /// The document that it is in.
    root: &'static Value,
    /// The name of the innermost published schema that it is in.
    owner: &'static str,
    /// The type of head or of composition block that it is for, if it is for one.
    variant: Option<&'static str>,
    schema: &'static Value,
}

/// A key that an object may have.
#[derive(Debug, Clone)]
pub(super) struct Property {
    /// The key.
    pub(super) key: &'static str,
    /// The name of the published schema that has it.
    pub(super) owner: &'static str,
    /// The type of head or of composition block that has it, if not all have.
    pub(super) variant: Option<&'static str>,
    /// Its schema, the outermost reference resolved.
    pub(super) schema: Value,
    /// Whether it has to be there.
    pub(super) required: bool,
}

/// Schemas may refer to themselves: so many references are followed from one value.
const MAX_REFERENCES: usize = 16;

/// What is expected at a place of a file; `None` if no schema says anything of it.
pub(super) fn at(kind: FileKind, root: &Node, path: &[Step]) -> Option<Expected> {
    // The schema of the method says more than that of any.
    let peft_type = root.get("peft_type").and_then(Node::as_str).filter(|_| kind == FileKind::PeftConfig);
    let wanted = peft_type.and_then(PeftMethod::named).map_or(kind.as_str(), |method| method.schema);
    let owner = schema::library_names().find(|name| *name == wanted)?;
    let schema = schema::loaded(owner)?;
    let (mut node, mut path) = (Some(root), path);
    if kind == FileKind::ModelAdaptersSection {
        // The rest of a model's config is not ours.
        let (first, rest) = path.split_first()?;
        if *first != Step::Key("adapters".to_owned()) {
            return None;
        }
        (node, path) = (root.get("adapters"), rest);
    }
    let mut rules = Vec::new();
    expand(Rule { root: schema, owner, variant: None, schema }, node, 0, &mut rules);
    for step in path {
        let mut inner = Vec::new();
        node = node.and_then(|node| inside(node, step));
        for rule in &rules {
            let schema = match step {
                Step::Key(key) => rule
                    .schema
                    .get("properties")
                    .and_then(|keys| keys.get(key))
                    .or_else(|| rule.schema.get("additionalProperties").filter(|others| others.is_object())),
                Step::Item(_) => rule.schema.get("items"),
            };
            if let Some(schema) = schema {
                expand(Rule { schema, ..*rule }, node, 0, &mut inner);
            }
        }
        rules = inner;
    }
    (!rules.is_empty()).then_some(Expected { rules })
}

impl Expected {
    /// Adds what is expected if the file is another one.
    pub(super) fn or(&mut self, other: Option<Self>) {
        self.rules.extend(other.into_iter().flat_map(|other| other.rules));
    }

    /// The keys that an object may have here, each once.
    pub(super) fn properties(&self) -> Vec<Property> {
        let mut found: Vec<Property> = Vec::new();
        for rule in &self.rules {
            let required = |key: &str| {
                let list = rule.schema.get("required").and_then(Value::as_array);
                list.is_some_and(|list| list.iter().any(|one| one == key))
            };
            for (key, property) in rule.schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                match found.iter_mut().find(|known| known.key == key) {
                    Some(known) => known.required |= required(key),
                    None => found.push(Property {
                        key,
                        owner: rule.owner,
                        variant: rule.variant,
                        schema: schema::resolve(rule.root, property),
                        required: required(key),
                    }),
                }
            }
        }
        found
    }

    /// The schemas themselves, outermost first.
    pub(super) fn schemas(&self) -> impl Iterator<Item = &'static Value> {
        self.rules.iter().map(|rule| rule.schema)
    }
}

/// The value behind a step.
pub(super) fn inside<'a>(node: &'a Node, step: &Step) -> Option<&'a Node> {
    match step {
        Step::Key(key) => node.get(key),
        Step::Item(at) => node.items().get(*at),
    }
}

/// Adds a schema and all that it refers to and that holds for this value.
fn expand(rule: Rule, node: Option<&Node>, depth: usize, rules: &mut Vec<Rule>) {
    if depth > MAX_REFERENCES {
        return;
    }
    rules.push(rule);
    let inner = |schema: &'static Value| Rule { schema, ..rule };
    if let Some(path) = rule.schema.get("$ref").and_then(Value::as_str)
        && let Some(target) = path.strip_prefix('#').and_then(|path| rule.root.pointer(path))
    {
        let name = path.rsplit('/').next().unwrap_or_default();
        let owner = schema::names().find(|known| *known == name).unwrap_or(rule.owner);
        expand(Rule { owner, ..inner(target) }, node, depth + 1, rules);
    }
    let all = rule.schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
    for branch in all.chain([rule.schema].into_iter().filter(|schema| schema.get("if").is_some())) {
        let Some(condition) = branch.get("if") else {
            expand(inner(branch), node, depth + 1, rules);
            continue;
        };
        let holds = node.is_some_and(|node| holds(condition, node));
        let variant = condition.pointer("/properties/head_type/const").or(condition.pointer("/properties/type/const"));
        if let Some(schema) = branch.get(if holds { "then" } else { "else" }) {
            let variant = variant.and_then(Value::as_str).or(rule.variant);
            expand(Rule { variant, ..inner(schema) }, node, depth + 1, rules);
        }
    }
    for choice in ["anyOf", "oneOf"] {
        for branch in rule.schema.get(choice).and_then(Value::as_array).into_iter().flatten() {
            expand(inner(branch), node, depth + 1, rules);
        }
    }
}

/// Whether a value meets a condition. Our schemas only ask for types, and for what keys are equal to.
fn holds(condition: &Value, node: &Node) -> bool {
    let is_object = condition.get("type").is_none_or(|wanted| wanted == "object" && node.is_map());
    let equals = |(key, wanted): (&String, &Value)| match (node.get(key), wanted.get("const")) {
        (Some(written), Some(constant)) => is(written, constant),
        _ => true,
    };
    let has = |key: &Value| key.as_str().is_some_and(|key| node.get(key).is_some());
    is_object
        && condition.get("properties").and_then(Value::as_object).into_iter().flatten().all(equals)
        && condition.get("required").and_then(Value::as_array).into_iter().flatten().all(has)
}

fn is(node: &Node, constant: &Value) -> bool {
    matches!(&node.kind, Kind::Leaf(value) if value.to_json() == *constant)
}

/// What stands at a byte of a text.
#[derive(Debug)]
pub(super) struct Spot<'a> {
    /// The way to the value that holds it, or whose key it is in.
    pub(super) path: Vec<Step>,
    /// The member that the value is of.
    pub(super) member: Option<&'a Member>,
    /// The value.
    pub(super) node: &'a Node,
    /// Whether it is in the key.
    pub(super) on_key: bool,
}

/// The innermost value at a byte.
pub(super) fn spot(root: &Node, offset: usize) -> Spot<'_> {
    let mut spot = Spot { path: Vec::new(), member: None, node: root, on_key: false };
    let holds = |span: crate::document::Span| span.start <= offset && offset <= span.end;
    loop {
        let members = spot.node.members().iter();
        let on_key = members.clone().find(|member| holds(member.key_span));
        if let Some(member) = on_key.or_else(|| members.clone().find(|member| holds(member.node.span))) {
            spot.path.push(Step::Key(member.key.clone()));
            spot = Spot { member: Some(member), node: &member.node, on_key: on_key.is_some(), ..spot };
            if spot.on_key {
                return spot;
            }
            continue;
        }
        let Some((at, item)) = spot.node.items().iter().enumerate().find(|(_, item)| holds(item.span)) else {
            return spot;
        };
        spot.path.push(Step::Item(at));
        spot = Spot { member: None, node: item, ..spot };
    }
}

/// The last key on the way to a value.
pub(super) fn last_key(path: &[Step]) -> Option<&str> {
    match path.last()? {
        Step::Key(key) => Some(key),
        Step::Item(_) => None,
    }
}
