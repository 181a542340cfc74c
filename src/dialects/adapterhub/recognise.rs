//! Which of the dialect's files this is.

use super::config::Method;
use super::hub;
use super::schemas;
use super::view::fields;
use crate::dialects::{Dialect, FileKind, Recognised};
use crate::document::Node;
use crate::findings::nearest;

/// Names of files that the library writes; a JSON file of another name may still be one of them.
const FILE_NAMES: [(&str, FileKind); 5] = [
    ("adapter_config.json", FileKind::AdapterConfig),
    ("head_config.json", FileKind::HeadConfig),
    ("adapter_fusion_config.json", FileKind::AdapterFusionConfig),
    ("adapter_setup.json", FileKind::AdapterSetup),
    ("adapter_interface.json", FileKind::AdapterInterface),
];

/// Keys that only AdapterFusion has.
const FUSION_KEYS: [&str; 6] = [
    "query_before_ln",
    "regularization",
    "residual_before",
    "temperature",
    "value_before_softmax",
    "value_initialized",
];

/// Keys of adapters that no model's config has.
const OWN_KEYS: [&str; 8] = [
    "architecture",
    "mh_adapter",
    "output_adapter",
    "reduction_factor",
    "selfattn_lora",
    "attn_matrices",
    "prefix_length",
    "prefix_positions",
];

/// Keys that an adapter is saved with, beside `config` and `name`.
const SAVED_KEYS: [&str; 4] = ["hidden_size", "model_class", "model_name", "model_type"];

/// As many keys a file of an interface may have, with some to spare.
const INTERFACE_MEMBERS: usize = 8;

/// With fewer keys, all of which are unknown, a file that was named may still be meant as a config.
const FEW_KEYS: usize = 4;

/// Whether these are the keys of an AdapterFusion. One alone may be another file's.
pub(crate) fn is_fusion(config: &Node) -> bool {
    FUSION_KEYS.iter().filter(|key| config.get(key).is_some()).count() >= 2
}

/// What a file is by its name alone, for texts of which nothing could be read.
pub(crate) fn recognise_by_name(name: &str) -> Recognised {
    match by_name(name).or_else(|| card_by_path(name)) {
        Some(kind) => found(kind, true),
        None => Recognised::unknown(),
    }
}

/// What a file is by its keys, else by its name; a JSON object that says nothing else is taken for a bare config.
pub(crate) fn recognise(root: &Node, name: &str) -> Option<Recognised> {
    if is_yaml(name) {
        return card(root, name).or_else(|| config_in_yaml(root));
    }
    let by_name = by_name(name);
    if !root.is_map() {
        return by_name.map(|kind| found(kind, true)).or(Some(found(FileKind::Config, false)));
    }
    let keys = by_keys(root);
    if by_name == Some(FileKind::AdapterConfig) && !keys.is_some_and(|(_, certain)| certain) && is_nobodys(root) {
        return Some(Recognised { certain: true, ..Recognised::unknown() });
    }
    if let Some((kind, certain)) = keys {
        // Keys that many files share say less than a name that only one file has.
        let is_vague = matches!(kind, FileKind::AdapterConfig | FileKind::Config);
        let named = by_name.filter(|named| is_vague && *named != FileKind::AdapterConfig);
        return Some(found(named.unwrap_or(kind), certain || by_name.is_some()));
    }
    match by_name {
        Some(kind) => Some(found(kind, true)),
        None => (!is_model(root) && !is_foreign(root)).then(|| found(FileKind::Config, false)),
    }
}

/// A config that somebody wrote in YAML. The library does not read it so, but programs pass it on. In a bare one the keys alone
/// are no proof: the settings of a training run have some of them, too.
fn config_in_yaml(root: &Node) -> Option<Recognised> {
    match by_keys(root)? {
        (FileKind::AdapterConfig, true) => Some(found(FileKind::AdapterConfig, true)),
        (FileKind::Config, true) => Some(found(FileKind::Config, false)),
        _ => None,
    }
}

/// Whether an object has several keys, few of which are spelt like one of a config.
fn is_foreign(root: &Node) -> bool {
    let own = || Method::ALL.iter().flat_map(|method| fields(*method)).map(|(field, _)| field.as_str());
    let near = root.members().iter().filter(|member| nearest(&member.key, own()).is_some()).count();
    root.members().len() >= FEW_KEYS && near * 4 < root.members().len()
}

/// Whether an object has nothing of what an adapter is saved with; another library shares the name of the file.
fn is_nobodys(root: &Node) -> bool {
    let has = |key: &&str| root.get(key).is_some();
    let saved = SAVED_KEYS.iter().chain(&["name", "version"]).filter(|key| has(key)).count();
    !root.members().is_empty() && !has(&"config") && saved < 2 && !OWN_KEYS.iter().any(has)
}

/// Whether this is the config of a base model, which has keys such as `dropout` in common with adapters.
fn is_model(root: &Node) -> bool {
    let has = |key: &&str| root.get(key).is_some();
    !OWN_KEYS.iter().any(has) && ["architectures", "transformers_version", "model_type"].iter().any(has)
}

fn found(kind: FileKind, certain: bool) -> Recognised {
    Recognised { dialect: Some(Dialect::AdapterHub), kind, certain }
}

fn is_yaml(name: &str) -> bool {
    name.ends_with(".yaml") || name.ends_with(".yml")
}

/// A card of the Hub: by its folder, as the Hub's own scripts have it, else by its keys. Other projects have folders
/// of these names too, so a mapping must have at least one of the card's keys.
fn card(root: &Node, name: &str) -> Option<Recognised> {
    let Some(kind) = card_by_path(name) else { return card_by_keys(root).map(|kind| found(kind, true)) };
    // No other project has folders named after the Hub's types of adapters.
    let is_sure = matches!(kind, FileKind::HubTask | FileKind::HubSubtask);
    if is_sure || !root.is_map() {
        return Some(found(kind, is_sure));
    }
    let properties = schemas::of_file(kind)?.value().get("properties")?.as_object()?;
    let known = root.members().iter().filter(|member| properties.contains_key(&member.key)).count();
    (known > 0).then(|| found(kind, known > 1))
}

/// The kind of card that lies in such a folder: `adapters/<organisation>/…`, `architectures/…`, `tasks/<type>/…`,
/// `subtasks/<type>/…`, `adapter_types/…`.
fn card_by_path(name: &str) -> Option<FileKind> {
    let parts: Vec<&str> = name.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".").collect();
    if !is_yaml(name) {
        return None;
    }
    match parts[..] {
        [.., "architectures", _] => Some(FileKind::HubArchitecture),
        [.., "adapter_types", _] => Some(FileKind::HubType),
        [.., "tasks", kind, _] if hub::ADAPTER_TYPES.contains(&kind) => Some(FileKind::HubTask),
        [.., "subtasks", kind, _] if hub::ADAPTER_TYPES.contains(&kind) => Some(FileKind::HubSubtask),
        [.., "adapters", _, _] | [.., "adapters", _] => Some(FileKind::HubAdapter),
        _ => None,
    }
}

/// The kind of card with such keys, for cards that lie elsewhere.
fn card_by_keys(root: &Node) -> Option<FileKind> {
    let has = |key: &&str| root.get(key).is_some();
    let all = |keys: &[&str]| keys.iter().all(has);
    let of_adapter = ["model_type", "model_name", "default_version", "files", "subtask"].iter().filter(|key| has(key));
    let uses = root.get("config").is_some_and(|config| config.get("using").is_some());
    if of_adapter.count() + usize::from(uses) >= 3 {
        Some(FileKind::HubAdapter)
    } else if all(&["name", "displayname", "config"]) {
        Some(FileKind::HubArchitecture)
    } else if all(&["task", "subtask", "description"]) {
        Some(FileKind::HubSubtask)
    } else if all(&["task", "displayname", "description"]) {
        Some(FileKind::HubTask)
    } else if all(&["id", "displayname", "description"]) {
        Some(FileKind::HubType)
    } else {
        None
    }
}

fn by_name(name: &str) -> Option<FileKind> {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    FILE_NAMES.iter().find(|(known, _)| *known == base).map(|(_, kind)| *kind)
}

/// What the keys say it is, and whether they leave no doubt: other programs have keys called `config`, `interface` or
/// `alpha`, too.
fn by_keys(root: &Node) -> Option<(FileKind, bool)> {
    let has = |key: &str| root.get(key).is_some();
    let is_map = |key: &str| root.get(key).is_some_and(Node::is_map);
    if has("adapter_setup") {
        return Some((FileKind::AdapterSetup, is_map("adapter_setup")));
    }
    // A vocabulary has a number for every word.
    if is_map("interface") || (has("interface") && root.members().len() <= INTERFACE_MEMBERS) {
        return Some((FileKind::AdapterInterface, is_map("interface")));
    }
    if let Some(adapters) = root.get("adapters")
        && (adapters.get("config_map").is_some() || adapters.get("adapters").is_some())
    {
        return Some((FileKind::ModelAdaptersSection, true));
    }
    // A model's config may have an empty or broken section, or heads without one.
    if (has("model_type") || has("architectures")) && (has("adapters") || has("prediction_heads")) {
        return Some((FileKind::ModelAdaptersSection, true));
    }
    if let Some(config) = root.get("config") {
        let saved = SAVED_KEYS.iter().filter(|key| has(key)).count();
        let is_ours = saved >= 2 || config.get("head_type").is_some() || is_config(config);
        let is_head = config.get("head_type").is_some() || has("label2id") || has("num_labels");
        return Some(match config {
            config if is_fusion(config) || has("adapter_names") => (FileKind::AdapterFusionConfig, true),
            _ if is_head => (FileKind::HeadConfig, is_ours),
            _ => (FileKind::AdapterConfig, is_ours),
        });
    }
    if is_fusion(root) {
        return Some((FileKind::Fusion, true));
    }
    if is_model(root) {
        return None;
    }
    let is_one = has("architecture") || root.members().iter().any(|member| is_known(&member.key));
    is_one.then(|| (FileKind::Config, is_config(root)))
}

/// Whether most keys are those of a method, and not only one that others have as well.
fn is_config(config: &Node) -> bool {
    let of = |method: &Method| {
        let is_own = |key: &str| fields(*method).iter().any(|(field, _)| field == key);
        config.members().iter().filter(|member| is_own(&member.key)).count()
    };
    let known = Method::ALL.iter().map(of).max().unwrap_or_default();
    let is_telling = known >= 2 || OWN_KEYS.iter().any(|key| config.get(key).is_some());
    is_telling && known * 2 >= config.members().len()
}

fn is_known(key: &str) -> bool {
    Method::ALL.iter().any(|method| fields(*method).iter().any(|(field, _)| field == key))
}
