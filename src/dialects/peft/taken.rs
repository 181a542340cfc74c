//! What PEFT takes of an adapter's file: the tensors of the modules that the config names in the base model. Others it drops
//! with a warning, and modules that have none in the file begin as for training.

use std::collections::BTreeSet;

use super::PeftType::{
    self, AdaptionPrompt, C3a, Lily, Lora, Osf, Pvera, Randlora, Road, Shadow, Tinylora, TrainableTokens, Unilora,
    Vblora, Vera, Xlora,
};
use super::config::{Key, PeftMethod};
use super::expected::{Adapted, Refusal, expect};
use super::layout::Layout;
use super::lora_init::LoraInit;
use super::targets::Targets;
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
        // The config may mean other modules of the class than those in the file.
        let is_of =
            |tree: &Tree| !layout.sites.is_empty() && layout.sites.keys().all(|module| tree.module(module).is_some());
        let fitting = trees.iter().zip(&outcomes).filter_map(|(tree, outcome)| {
            let adapted = outcome.as_ref()?.as_ref().ok()?;
            (in_file(adapted) > 0 || is_of(tree)).then_some(adapted)
        });
        let Some(best) = fitting.max_by_key(|adapted| in_file(adapted)) else { return Ok(None) };
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
    Some(layout.keep(&config, |module| targets.matches(module).ok().flatten()))
}

/// What a module computes that the config names and the file has no tensors for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// What the base model does.
    Nothing,
    /// Something else, the same each time: by a seed of the config, or by what modules share.
    Seeded,
    /// Something else each time.
    Drawn,
}

impl Start {
    /// Of the method of a config. Null is a value like others: no default stands in for it.
    pub(crate) fn of(config: &Map) -> Self {
        let Some(method) = PeftType::of(config) else { return Self::Drawn };
        let flag = |key: &'static Key| {
            let written = config.get(key.name).cloned();
            written.unwrap_or_else(|| Value::from(&key.default_value()))
        };
        let is_init = |key: &&Key| key.name.starts_with("init_") && key.name.ends_with("weights");
        let init = PeftMethod::of(method).keys().find(is_init).map(flag);
        let begins_at_zero = match method {
            Vblora => false,
            Unilora => return Self::Seeded,
            // KaSA takes the smallest directions out of the weight of every module that it adapts.
            Lora if config.get("kasa_config").is_some_and(is_true) => return Self::Seeded,
            // What is trained may be that of other modules, too.
            Tinylora if init == Some(Value::Bool(true)) => return Self::Seeded,
            Tinylora => false,
            // Nothing but this word is held against it.
            Osf | Road => init != Some(Value::Bool(false)),
            // The name of a distribution is no start at zero.
            C3a => init == Some(Value::Bool(true)),
            Lora => LoraInit::of(init.as_ref()).begins_as_nothing(),
            _ => init.as_ref().is_none_or(is_true),
        };
        if begins_at_zero { Self::Nothing } else { Self::Drawn }
    }
}

/// Whether what a module computes depends on which others are adapted: matrices are shared by those that follow each other,
/// numbers are dealt out to them in turn, or cut from a matrix as large as the largest of them needs, and are made again
/// instead of being saved.
pub(crate) fn hang_together(config: &Map) -> bool {
    match PeftType::of(config) {
        Some(Lily | Tinylora | Unilora) => true,
        Some(method @ (Pvera | Randlora | Vera)) => match config.get("save_projection") {
            Some(value) => !is_true(value),
            None => !is_true(&PeftMethod::of(method).default_of("save_projection")),
        },
        _ => false,
    }
}
