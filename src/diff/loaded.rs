//! Which of an adapter's tensors the library loads with its config, and whether these are all that the config asks for. What it
//! drops is no part of the adapter.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::convert::{Carried, Weights};
use crate::dialects::adapterhub::Role;
use crate::dialects::adapterhub::checkpoint::rules::fits;
use crate::dialects::adapterhub::checkpoint::{Saved, by_name, current};
use crate::dialects::adapterhub::release::Release;
use crate::dialects::peft::PeftType::{AdaptionPrompt, Ia3, Lora, Shadow, TrainableTokens, Xlora};
use crate::dialects::peft::checkpoint::placed;
use crate::dialects::peft::targets::Targets;
use crate::dialects::peft::uses::MethodUses;
use crate::dialects::peft::{LoraInit, PeftType};
use crate::document::write::to_json;
use crate::document::{Document, Format};
use crate::findings::words::counted;
use crate::merge_weights::{Layout, TOKENS};
use crate::models::Model;
use crate::python::is_true;
use crate::value::{Map, Value};

/// What the library makes of an adapter's tensors.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// Those that it drops.
    pub(super) dropped: BTreeSet<String>,
    /// Why it loads none, where one has other sizes than the config asks for.
    pub(super) misfit: Option<String>,
    /// Whether the others are what the config asks for.
    pub(super) asked: Asked,
    /// Whether that holds of the base model, and not only of the layers that the names tell.
    pub(super) knows_layers: bool,
    /// The layers that have a place for tensors.
    pub(super) layers: BTreeSet<u64>,
}

/// Whether the tensors that are loaded are those that the config asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Asked {
    /// All of them; or what is missing does nothing.
    All,
    /// Not all of them, for this reason.
    Not(String),
    /// That cannot be told.
    #[default]
    Untold,
}

impl Loaded {
    /// Where nothing but the tensors counts.
    pub(super) fn all() -> Self {
        Self { asked: Asked::All, knows_layers: true, ..Self::default() }
    }

    /// What is to be said of the tensors that are dropped.
    pub(super) fn told(&self, library: &str) -> Option<String> {
        let first = self.dropped.first()?;
        let count = counted(self.dropped.len(), "tensor");
        Some(format!(
            "{count}, such as `{first}`, left out of the comparison: the config does not ask for them, and {library} drops them"
        ))
    }

    /// Of an adapter as AdapterHub's newest release has it.
    pub(super) fn of_adapterhub(file: &Map, tensors: &[Carried], model: Option<&Model>) -> Self {
        let text = to_json(&Value::Map(file.clone()));
        let document = Document::read(text.into_bytes(), Format::Json);
        let config = Some((Role::Adapter.config_name(), &document));
        let names: Vec<&str> = tensors.iter().map(|carried| carried.to.as_str()).collect();
        let saved = Saved::of_names(Release::NEWEST, Role::Adapter, config, names, model);
        let Some(expected) = saved.tensors().filter(|_| saved.wrapper.is_none()) else { return Self::default() };
        let known = by_name(expected);
        let mut loaded = Self { asked: Asked::All, knows_layers: model.is_some(), ..Self::default() };
        let mut misshapen = None;
        let mut found = BTreeSet::new();
        for carried in tensors {
            let Some(number) = known.get(&*current(&carried.to)) else {
                loaded.dropped.insert(carried.to.clone());
                continue;
            };
            found.insert(*number);
            let sizes = &expected[*number].sizes;
            if !fits(sizes, &carried.shape) {
                misshapen = misshapen.or(Some(&carried.to));
            }
        }
        // What has none of the names that the config asks for is not called so, whatever the config is.
        if found.is_empty() && !expected.is_empty() {
            return Self::default();
        }
        loaded.layers = expected.iter().filter_map(|expected| expected.slot.as_ref()?.layer).collect();
        let mut missing = expected.iter().enumerate().filter(|(number, _)| !found.contains(number));
        loaded.misfit = misshapen.map(|name| format!("`{name}` has other sizes than the config asks for"));
        if let Some((_, first)) = missing.next() {
            loaded.asked = lacking(first.name(), missing.count() + 1);
        }
        loaded
    }

    /// Of an adapter of PEFT: its tensors by the names that are meant, and as they are in the file.
    pub(super) fn of_peft(
        file: &Map,
        names: &BTreeMap<String, String>,
        weights: &Weights,
        model: Option<&Model>,
    ) -> Self {
        let method = PeftType::of(file);
        if let (Some(model), Weights::File(tensors)) = (model, weights)
            && let Some(placed) = placed(file, model, tensors)
        {
            let asked = match placed.missing.first() {
                Some(first) if !begins_idle(method, file) => lacking(first, placed.missing.len()),
                _ => Asked::All,
            };
            let dropped = placed.unexpected.into_iter().collect();
            return Self { dropped, asked, knows_layers: true, ..Self::default() };
        }
        // Their tensors belong to no module that is targeted, or to one that is tied to it, too.
        let is_other = |method: PeftType| matches!(method, Xlora | AdaptionPrompt | Shadow | TrainableTokens);
        if names.is_empty() || method.is_none_or(|method| method.is_prompt() || is_other(method)) {
            return Self::default();
        }
        let config = MethodUses::own_keys(file);
        // Which layers share a weight with what is meant is for the model to say.
        let is_tied = config.get("ensure_weight_tying").is_some_and(is_true);
        let Some(targets) = Targets::of(&config).filter(|_| !is_tied) else { return Self::default() };
        let layout = Layout::new(method, names.iter().map(|(read, own)| (Cow::Borrowed(read.as_str()), own.as_str())));
        let is_out = |module: &str| targets.matches(module) == Ok(Some(false));
        let out = layout.sites.iter().filter(|(module, _)| is_out(module)).flat_map(|(_, own)| own);
        let dropped = out.filter(|(role, _)| *role != TOKENS).map(|(_, name)| name.clone()).collect();
        let asked = if begins_idle(method, file) { Asked::All } else { Asked::Untold };
        Self { dropped, asked, ..Self::default() }
    }
}

/// Whether a module that has no tensors in the file does nothing.
fn begins_idle(method: Option<PeftType>, config: &Map) -> bool {
    match method {
        Some(Lora) => LoraInit::of(config.get("init_lora_weights")).leaves_the_base_alone(),
        Some(Ia3) => config.get("init_ia3_weights").is_none_or(is_true),
        _ => false,
    }
}

fn lacking(first: &str, count: usize) -> Asked {
    let count = counted(count, "tensor");
    Asked::Not(format!("the config asks for {count} more, such as `{first}`, of which the library makes some itself"))
}
