//! What PEFT takes of an adapter's file: the tensors of the modules that the config names in the base model. Others it drops
//! with a warning, and modules that have none in the file begin as for training.

use std::collections::BTreeSet;

use super::Does;
use super::PeftType::{self, AdaptionPrompt, C3a, Shadow, Tinylora, TrainableTokens, Unilora, Vblora, Xlora};
use super::config::PeftMethod;
use super::expected::{Adapted, Refusal, expect};
use super::layout::Layout;
use super::targets::Targets;
use super::updates::Settings;
use super::uses::MethodUses;
use crate::models::Tree;
use crate::python::is_true;
use crate::value::{Map, Value};

/// What stands between the path of a module and a tensor of one of its parameters, once for each that is adapted later.
const NESTED: &str = ".base_layer";

/// The modules that PEFT adapts in a base model.
pub(crate) struct Taken {
    /// Those of any of the classes that it may be of.
    modules: BTreeSet<String>,
    /// The first that has no tensors in the file, of the class that the file fits best.
    pub(crate) lacking: Option<String>,
}

impl Taken {
    /// Of the classes that the base model may be of. `None` where nobody can tell, or none of them has a module of the file.
    ///
    /// # Errors
    /// If PEFT refuses each of them.
    pub(crate) fn of(config: &Map, trees: &[Tree], layout: &Layout) -> Result<Option<Self>, Refusal> {
        let outcomes: Vec<_> = trees.iter().map(|tree| expect(config, tree)).collect();
        if let Some(refusal) = refused_by_all(&outcomes) {
            return Err(refusal.clone());
        }
        let known = || outcomes.iter().flatten().flatten();
        let in_file = |adapted: &Adapted| adapted.wrapped().filter(|module| layout.has(module)).count();
        let Some(best) = known().max_by_key(|adapted| in_file(adapted)).filter(|adapted| in_file(adapted) > 0) else {
            return Ok(None);
        };
        let modules = known().flat_map(Adapted::wrapped).map(str::to_owned).collect();
        Ok(Some(Self { modules, lacking: best.modules.iter().find(|module| !layout.has(module)).cloned() }))
    }

    /// Whether tensors of a module are taken.
    pub(crate) fn has(&self, module: &str) -> bool {
        self.modules.contains(module.split(NESTED).next().unwrap_or(module))
    }
}

/// Why PEFT refuses, whichever class the base model is of.
fn refused_by_all(outcomes: &[Option<Result<Adapted, Refusal>>]) -> Option<&Refusal> {
    let refusals: Option<Vec<_>> = outcomes.iter().map(|outcome| outcome.as_ref()?.as_ref().err()).collect();
    refusals?.first().copied()
}

/// Takes those modules out of which the path alone tells that the config does not name them, and gives back the names of their
/// tensors. `None` where tensors belong to no module that is named, or to one that is tied to it, which only the model tells.
pub(crate) fn take_out_unnamed(config: &Map, layout: &mut Layout) -> Option<Vec<String>> {
    let is_elsewhere =
        |method: PeftType| method.is_prompt() || matches!(method, Xlora | AdaptionPrompt | Shadow | TrainableTokens);
    let config = MethodUses::own_keys(config);
    let is_tied = config.get("ensure_weight_tying").is_some_and(is_true);
    if is_tied || PeftType::of(&config).is_none_or(is_elsewhere) {
        return None;
    }
    let targets = Targets::of(&config)?;
    Some(layout.keep(|module| targets.matches(module) != Ok(Some(false))))
}

/// Whether a module that has no tensors in the file does nothing, since the method begins there.
pub(crate) fn begins_as_nothing(config: Settings<'_>) -> bool {
    let Some(method) = config.peft_type().filter(|method| method.does() == Does::Update) else { return false };
    let is_init = |key: &&str| key.starts_with("init_") && key.ends_with("weights");
    match method {
        // The tensors that all modules share are in the file, and do something in this one, too.
        Tinylora | Unilora | Vblora => false,
        // The name of a distribution is no start at zero.
        C3a => config.get("init_weights") == Some(&Value::Bool(true)),
        _ => match PeftMethod::of(method).keys().map(|key| key.name).find(is_init) {
            Some("init_lora_weights") => config.lora_init().begins_as_nothing(),
            Some(key) => config.truth(key),
            None => true,
        },
    }
}
