use crate::dialects::peft::expected::expect;
use crate::dialects::peft::release::Subject;
use crate::dialects::peft::releases::key as lifetime;
use crate::dialects::peft::targets::{LayersBefore, Written};
use crate::dialects::peft::uses::MethodUses;
use crate::document::Node;
use crate::findings::{Report, Severity, rule};
use crate::models::Tree;
use crate::value::{Map, Value};

rule! {
    /// Layers that the target release does not find where the newest finds them.
    ///
    /// ## Why is this bad
    /// PEFT reads the number of a module's layer from its name. Older releases read it in another way:
    ///
    /// - before 0.21.0, what `layers_pattern` names must not stand at the very beginning of the name, as it does in a
    ///   bare GPT-2 (`h.0.attn.c_attn`);
    /// - before 0.20.0, the last number in the name counts and not the first, which may be that of an expert;
    /// - before 0.8.0, without `layers_pattern`, only the number behind `layers`, `h`, `block`, `blocks` or `layer`
    ///   counts; an empty list of layers means none of them, and an empty list of patterns all of them.
    ///
    /// If no module is found, PEFT raises a `ValueError`. If other modules are adapted, this is a warning.
    ///
    /// ## Example
    /// On a bare GPT-2 (`GPT2Model`):
    /// ```json
    /// {
    ///   "peft_type": "LORA",
    ///   "r": 8,
    ///   "auto_mapping": {"base_model_class": "GPT2Model"},
    ///   "target_modules": ["c_attn"],
    ///   "layers_to_transform": [0],
    ///   "layers_pattern": "h"
    /// }
    /// ```
    ///
    /// for `peft@0.19.1`.
    ///
    /// ## Fix safety
    /// There is no fix: `target_modules` can name the modules with their layers.
    LayersFoundOtherwiseByPeftRelease, Error
}

/// The keys that choose layers.
const LAYERS: &str = "layers_to_transform";
const PATTERN: &str = "layers_pattern";

impl LayersFoundOtherwiseByPeftRelease {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let has_key = || lifetime(subject.peft_type, LAYERS).is_some_and(|lifetime| lifetime.has(subject.release));
        if !subject.has_method() || !has_key() {
            return;
        }
        let Some(found) = found(subject) else { return };
        let key = if subject.root.get(PATTERN).is_some_and(|node| !node.is_nothing()) { PATTERN } else { LAYERS };
        let Some(member) = subject.root.member(key) else { return };
        let release = subject.release;
        let (message, severity) = match found {
            Found::None => {
                (format!("{release} finds no layer with this number, and raises a `ValueError`"), Severity::Error)
            }
            Found::Lost(module) => (format!("{release} does not adapt `{module}`"), Severity::Warning),
            Found::Gained(module) => (format!("{release} also adapts `{module}`"), Severity::Warning),
        };
        let message = format!("{message}: it looks for the number elsewhere in the name");
        let finding = report.add(Self::INFO, format!("/{key}"), member.node.span, message);
        finding.help("name the modules with their layers in `target_modules`, or load it with the newest release");
        finding.severity = severity;
    }
}

/// What a release adapts, held against what the newest does.
enum Found {
    /// Nothing.
    None,
    /// Not this module.
    Lost(String),
    /// This one, too.
    Gained(String),
}

/// What the release does otherwise, on every model that the config may be for.
fn found(subject: &Subject<'_>) -> Option<Found> {
    let config = MethodUses::own_keys(subject.root.to_value().as_map()?);
    let names: Vec<String> =
        subject.root.get("target_modules")?.items().iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect();
    let numbers = match config.get(LAYERS)? {
        Value::List(items) => items.iter().map(Value::as_i64).collect::<Option<Vec<_>>>()?,
        one => vec![one.as_i64()?],
    };
    let written = match config.get(PATTERN) {
        Some(Value::String(text)) => Some(Written::Text(text.clone())),
        Some(Value::List(items)) => {
            Some(Written::List(items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>()?))
        }
        _ => None,
    };
    if names.is_empty() {
        return None;
    }
    let before = LayersBefore::new(subject.release, &numbers, written.as_ref())?.ok()?;
    let trees = trees(subject, &config)?;
    let found = trees.iter().map(|tree| compare(&config, tree, &before, &names));
    found.collect::<Option<Vec<_>>>()?.pop()
}

/// The models that the config may be for: the class that it names, or each that goes with its task.
fn trees(subject: &Subject<'_>, config: &Map) -> Option<Vec<Tree>> {
    let model = subject.model?.config.as_ref()?;
    let task = subject.root.get("task_type").and_then(Node::as_str);
    let class = config.get("auto_mapping").and_then(Value::as_map).and_then(|mapping| mapping.get("base_model_class"));
    let mut trees = Tree::candidates(model, task);
    if let Some(class) = class.and_then(Value::as_str).filter(|_| task.is_none()) {
        trees.retain(|tree| tree.class == class);
    }
    Some(trees)
}

/// What is adapted otherwise in a model, if anything is.
fn compare(config: &Map, tree: &Tree, before: &LayersBefore, names: &[String]) -> Option<Found> {
    let newest = expect(config, tree)?.ok()?.modules;
    let mut anywhere = config.clone();
    anywhere.insert(LAYERS.to_owned(), Value::Null);
    anywhere.insert(PATTERN.to_owned(), Value::Null);
    let mut then = expect(&anywhere, tree)?.ok()?.modules;
    let is_in: Vec<bool> = then.iter().map(|module| before.has(module, names)).collect::<Result<_, _>>().ok()?;
    let mut is_in = is_in.into_iter();
    then.retain(|_| is_in.next() == Some(true));
    if then.is_empty() {
        return (!newest.is_empty()).then_some(Found::None);
    }
    let lost = newest.iter().find(|module| !then.contains(module)).cloned().map(Found::Lost);
    lost.or_else(|| then.iter().find(|module| !newest.contains(module)).cloned().map(Found::Gained))
}
