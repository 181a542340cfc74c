use std::collections::BTreeSet;

use super::{Expected, Role, SavedBy, Unknown, by_name, expected, fusion, head, names};
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::load::{Kind, LoadError, Loader, Names, Reading, Resolved};
use crate::dialects::adapterhub::modules;
use crate::dialects::adapterhub::release::Release;
use crate::dialects::adapterhub::sites::Sites;
use crate::dialects::adapterhub::slots::Site;
use crate::dialects::adapterhub::view::default_of;
use crate::document::{Document, Node};
use crate::models::Model;
use crate::python::is_true;
use crate::tensors::TensorFile;
use crate::value::{Map, Value};

/// What a config says of the weights beside it.
#[derive(Debug)]
pub struct Saved {
    /// The name of the adapter, the AdapterFusion or the head.
    pub name: Option<String>,
    /// The release that wrote it.
    pub release: Option<SavedBy>,
    /// The config as the library loads it; none for heads, and where there is no config.
    pub resolved: Option<Result<Resolved, LoadError>>,
    /// What the config says of the base model.
    pub base: Option<Model>,
    /// What stands before the names of all tensors and has to go for any to have a place, such as `module.`.
    pub wrapper: Option<String>,
    /// The tensors that should be there; none without a config that says so.
    pub expected: Option<Result<Vec<Expected>, Unknown>>,
}

impl Saved {
    /// Reads a config, with the weights beside it for what it leaves open. `model` is the base model, if it is known.
    #[must_use]
    pub fn read(
        role: Role,
        config: Option<(&str, &Document)>,
        weights: Option<&TensorFile>,
        model: Option<&Model>,
    ) -> Self {
        Self::read_for(Release::NEWEST, role, config, weights, model)
    }

    /// [`Self::read`] for the release that is to load it.
    pub(super) fn read_for(
        loader: Release,
        role: Role,
        config: Option<(&str, &Document)>,
        weights: Option<&TensorFile>,
        model: Option<&Model>,
    ) -> Self {
        let found = weights.into_iter().flat_map(TensorFile::iter).map(|tensor| tensor.name());
        Self::of_names(loader, role, config, found.collect(), model)
    }

    /// [`Self::read_for`] with the names of the tensors, which is all that is looked at of them.
    pub(crate) fn of_names(
        loader: Release,
        role: Role,
        config: Option<(&str, &Document)>,
        found: Vec<&str>,
        model: Option<&Model>,
    ) -> Self {
        let root = config.and_then(|(_, document)| document.root.as_ref());
        let name = root.and_then(|root| root.get("name")).and_then(Node::as_str).map(str::to_owned);
        let resolved = config.and_then(|(path, document)| resolve(role, path, document));
        let base = root.and_then(Model::of_adapter);
        let mut saved = Self {
            release: SavedBy::of(root, found.iter().copied()),
            name: name.or_else(|| name_of(role, &found)),
            resolved,
            wrapper: base.as_ref().and_then(|base| put_around(base, &found).or_else(|| wrapper(base, &found))),
            base,
            expected: None,
        };
        let found: Vec<&str> = match &saved.wrapper {
            None => found,
            Some(wrapper) => found.iter().filter_map(|name| name.strip_prefix(wrapper.as_str())).collect(),
        };
        let (name, base) = (saved.name.as_deref().unwrap_or_default(), saved.base.as_ref());
        let is_task = root.and_then(|root| root.get("type")).and_then(Node::as_str) == Some("text_task");
        saved.expected = match (role, &saved.resolved) {
            (Role::Adapter, Some(Ok(config))) => {
                let members = modules::members(config).ok();
                members.map(|members| expected::expected(&members, name, model, base, &found))
            }
            (Role::Fusion, Some(Ok(config))) => {
                let mut expected = fusion::expected(config, name, model, base, &found);
                let class = root.and_then(|root| root.get("model_class")).and_then(Node::as_str);
                if let (Ok(expected), Some(base)) = (&mut expected, base.filter(|_| has_heads(class))) {
                    put_in_class(expected, base);
                }
                Some(expected)
            }
            (Role::Head, _) => root.and_then(|root| head::expected(root, name, model, loader, &found)).map(Ok),
            _ => None,
        };
        if let Some(Ok(expected)) = &mut saved.expected
            && is_task
        {
            forget_invertible(expected, &found);
        }
        saved
    }

    /// Whether the config may adapt nothing, so that there are no tensors: each member has all its places switched off, or leaves
    /// out some layers, and no tensor is known to be asked for. Without a model nothing tells how many layers there are, but a
    /// model with one stack of layers has the first.
    #[must_use]
    pub(crate) fn may_adapt_nothing(&self) -> bool {
        let Some(Ok(config)) = &self.resolved else { return false };
        let config = config.config().value();
        let has_one_stack = self.base.as_ref().and_then(|base| base.support).is_some_and(|row| row.layers.len() == 1);
        let may_be_all = |layers: &[Value]| {
            !layers.is_empty() && (!has_one_stack || layers.iter().any(|layer| layer.as_i64() == Some(0)))
        };
        let leaves_out = |member: &Map| member.get("leave_out").and_then(Value::as_list).is_some_and(may_be_all);
        let is_idle = |member: &Map| leaves_out(member) || is_switched_off(member);
        let all = match config.get("configs").and_then(Value::as_list) {
            Some(members) => members.iter().filter_map(Value::as_map).all(is_idle),
            None => is_idle(&config),
        };
        all && self.tensors().is_none_or(<[Expected]>::is_empty)
    }

    /// The tensors that should be there, if they are known.
    #[must_use]
    pub fn tensors(&self) -> Option<&[Expected]> {
        self.expected.as_ref()?.as_deref().ok()
    }
}

/// Whether a config has no place in any layer. Members of a union need not have all keys.
fn is_switched_off(config: &Map) -> bool {
    let Some(method) = Method::of_architecture(config.get("architecture").and_then(Value::as_str)) else {
        return false;
    };
    let is_on = |key: &str| config.get(key).or_else(|| default_of(method, key)).is_some_and(is_true);
    let is_nowhere = |keys: &[&str]| !keys.iter().any(|key| is_on(key));
    match method {
        Method::Bottleneck => is_nowhere(&["mh_adapter", "output_adapter", "cross_adapter", "inv_adapter"]),
        Method::Lora | Method::MtlLora => is_nowhere(&["selfattn_lora", "intermediate_lora", "output_lora"]),
        Method::Reft => {
            is_nowhere(&["output_reft"]) || config.get("layers").and_then(Value::as_list).is_some_and(<[_]>::is_empty)
        }
        _ => false,
    }
}

/// Whether a class is one of the library's own, which holds the base model under an attribute.
fn has_heads(class: Option<&str>) -> bool {
    class.is_some_and(|class| class.ends_with("AdapterModel") || class.ends_with("ModelWithHeads"))
}

/// Into such a class the library loads an AdapterFusion only by its names there; an adapter it loads by those of the bare
/// base model, too (`loading.py`, `in_base_model`).
fn put_in_class(expected: &mut [Expected], base: &Model) {
    let attribute = Sites::of(&base.model_type).map_or("", |sites| sites.attribute);
    for name in expected.iter_mut().flat_map(|expected| &mut expected.names) {
        let inside = name.strip_prefix(attribute).is_some_and(|rest| attribute.is_empty() || rest.starts_with('.'));
        if !inside {
            *name = format!("{attribute}.{name}");
        }
    }
}

/// What wrappers that have no part in the library put before every name: `DataParallel` and `torch.compile`. No model of
/// a known type has a module that is called so.
const WRAPPERS: [&str; 2] = ["module.", "_orig_mod."];

/// The names of wrappers that all names begin with.
fn put_around(base: &Model, found: &[&str]) -> Option<String> {
    let first = found.first().filter(|_| Sites::of(&base.model_type).is_some())?;
    let mut length = 0;
    while let Some(wrapper) = WRAPPERS.iter().find(|wrapper| first[length..].starts_with(**wrapper)) {
        length += wrapper.len();
    }
    let around = &first[..length];
    (length > 0 && found.iter().all(|name| name.starts_with(around))).then(|| around.to_owned())
}

/// What stands before the attribute of a class with heads in the names of an adapter's tensors, where no name begins
/// with it.
fn wrapper(base: &Model, found: &[&str]) -> Option<String> {
    let attribute = Sites::of(&base.model_type)?.attribute;
    let inside = |name: &str| name.strip_prefix(attribute).is_some_and(|rest| rest.starts_with('.'));
    if found.iter().any(|name| inside(name)) {
        return None;
    }
    found.iter().find_map(|name| {
        let (parts, _) = names::split(name)?;
        let place = format!("{}.", parts.place);
        let dot = place.rfind(&format!(".{attribute}."))?;
        Some(place[..=dot].to_owned())
    })
}

/// Task adapters of 1.x name an invertible adapter in their config and have none; the library forgets it then
/// (`loading.py`, `_fix_legacy_config`).
fn forget_invertible(expected: &mut Vec<Expected>, found: &[&str]) {
    let known = by_name(expected);
    let present: BTreeSet<_> = found.iter().filter_map(|name| known.get(&*names::current(name)).copied()).collect();
    let mut number = 0;
    expected.retain(|expected| {
        number += 1;
        let is_invertible = expected.slot.as_ref().is_some_and(|slot| slot.site == Site::Invertible);
        !is_invertible || present.contains(&(number - 1))
    });
}

/// What the library makes of a file whose `config` is null or empty.
const DEFAULT: &str = "seq_bn";

fn resolve(role: Role, path: &str, document: &Document) -> Option<Result<Resolved, LoadError>> {
    let (kind, reading) = match role {
        Role::Adapter => (Kind::Adapter, Reading::Adapter),
        Role::Fusion => (Kind::Fusion, Reading::Config),
        Role::Head => return None,
    };
    let loader = Loader { kind, names: Names::Library, ..Loader::default() };
    match loader.load_document(document, path, reading, &[]) {
        // The library's default, for an adapter that says nothing.
        Ok(None) if role == Role::Adapter => loader.load_text(DEFAULT, &[]).transpose(),
        loaded => loaded.transpose(),
    }
}

/// The only name under which all tensors are kept.
fn name_of(role: Role, found: &[&str]) -> Option<String> {
    let mut all =
        found.iter().filter_map(|name| names::split(name)).filter(|(name, _)| Role::of(name.container) == role);
    let (first, _) = all.next()?;
    all.all(|(name, _)| name.adapter == first.adapter).then(|| first.adapter.to_owned())
}

#[cfg(test)]
mod tests {
    use super::Saved;
    use crate::dialects::adapterhub::Role;
    use crate::document::{Document, Format};
    use crate::models::Model;

    #[test]
    fn an_adapter_that_leaves_out_every_layer_has_no_tensors() {
        let document = |text: &str| Document::read(text.as_bytes().to_vec(), Format::Json);
        let leaves_out = |layers: &str, of: Option<u64>| {
            let config = document(&format!(
                r#"{{"config": {{"architecture": "lora", "leave_out": {layers}}}, "model_type": "bert", "name": "a",
                     "hidden_size": 8, "version": "adapters.1.3.0"}}"#
            ));
            let model = of.map(|layers| {
                let text = format!(
                    r#"{{"model_type": "bert", "hidden_size": 8, "num_hidden_layers": {layers}, "num_attention_heads": 2,
                         "intermediate_size": 12}}"#
                );
                Model::from_config(document(&text).root.as_ref().expect("an object")).expect("a model")
            });
            Saved::read(Role::Adapter, Some(("a", &config)), None, model.as_ref()).may_adapt_nothing()
        };
        assert!(leaves_out("[0, 1]", Some(2)));
        assert!(!leaves_out("[0, 1]", Some(3)));
        assert!(leaves_out("[0, 1]", None));
        assert!(!leaves_out("[]", None));
        assert!(!leaves_out("[1]", None));
    }

    #[test]
    fn an_adapter_without_a_place_has_no_tensors() {
        let is_idle = |config: &str| {
            let text = format!(
                r#"{{"config": {config}, "model_type": "bert", "name": "a", "hidden_size": 8, "version": "adapters.1.3.0"}}"#
            );
            let document = Document::read(text.into_bytes(), Format::Json);
            Saved::read(Role::Adapter, Some(("a", &document)), None, None).may_adapt_nothing()
        };
        let reft = |more: &str| {
            format!(
                r#"{{"architecture": "reft", "prefix_positions": 1, "suffix_positions": 0, "r": 1, "orthogonality": true, {more}}}"#
            )
        };
        assert!(is_idle(&reft(r#""layers": "all", "output_reft": false"#)));
        assert!(is_idle(&reft(r#""layers": []"#)) && !is_idle(&reft(r#""layers": "all""#)));
        let places = r#""reduction_factor": 2, "non_linearity": "relu", "mh_adapter": false, "output_adapter": false"#;
        assert!(is_idle(&format!("{{{places}}}")));
        assert!(!is_idle(&format!(r#"{{{places}, "inv_adapter": "nice", "inv_adapter_reduction_factor": 2}}"#)));
        assert!(
            is_idle(r#"{"architecture": "lora", "selfattn_lora": false}"#) && !is_idle(r#"{"architecture": "lora"}"#)
        );
        let both = |one: &str, other: &str| format!(r#"{{"architecture": "union", "configs": [{one}, {other}]}}"#);
        let (idle, lora) = (r#"{"architecture": "lora", "selfattn_lora": false}"#, r#"{"architecture": "lora"}"#);
        let nowhere = reft(r#""layers": []"#);
        assert!(is_idle(&both(idle, &nowhere)) && !is_idle(&both(lora, &nowhere)));
    }

    #[test]
    fn an_adapter_without_a_config_has_the_tensors_of_the_default() {
        for config in ["{}", "null"] {
            let text = format!(
                r#"{{"config": {config}, "model_type": "bert", "name": "a", "hidden_size": 32, "version": "adapters.1.3.0"}}"#
            );
            let document = Document::read(text.into_bytes(), Format::Json);
            let model = r#"{"model_type": "bert", "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
                            "intermediate_size": 12}"#;
            let model = Document::read(model.as_bytes().to_vec(), Format::Json);
            let model = Model::from_config(model.root.as_ref().expect("an object"));
            let saved = Saved::read(Role::Adapter, Some(("a", &document)), None, model.as_ref());
            assert_eq!(saved.tensors().map(<[_]>::len), Some(8), "{config}");
        }
    }
}
