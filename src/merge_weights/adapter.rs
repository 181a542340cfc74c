use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::MergeError;
use super::base::{Base, object};
use crate::dialects::peft::Does;
use crate::dialects::peft::PeftType::{Adamss, Beft, Glora, Ia3, LnTuning, Lora, Psoft, Road, Shadow, Xlora};
use crate::dialects::peft::checkpoint::{self, Placed};
use crate::dialects::peft::config::PeftMethod;
use crate::dialects::peft::layout::{Layout, TOKENS};
use crate::dialects::peft::lora_init::{Loading, LoraInit};
use crate::dialects::peft::names::DEFAULT;
use crate::dialects::peft::repair::{Repaired, repair};
use crate::dialects::peft::updates::{Lacking, Settings, has_one_direction};
use crate::dialects::peft::{CONFIG_NAME, WEIGHTS_NAMES};
use crate::lint;
use crate::models::Model;
use crate::tensors::{Tensor, TensorFile};
use crate::value::{Map, Value};

/// A folder of PEFT.
#[derive(Debug, Clone)]
pub struct Adapter {
    config: Map,
    weights: Arc<TensorFile>,
    layout: Layout,
    /// Whether tensors have other names than those under which PEFT saves them, which can be told.
    pub(super) is_misnamed: bool,
}

/// A name as PEFT reads it into an adapter that is called as it calls one itself: it finds what has this name in it as the model
/// does. (Not in modules that are saved in full, nor in trained rows of tokens: of these it asks for the plain name.)
fn read_as<'n>(name: &'n str, repaired: &BTreeMap<&str, Repaired>) -> Cow<'n, str> {
    let is_found = |repaired: &&Repaired| {
        let is_asked_for = name.split('.').any(|part| ["modules_to_save", "token_adapter"].contains(&part));
        repaired.adapter.as_deref() == Some(DEFAULT) && !repaired.is_moved() && !is_asked_for
    };
    match repaired.get(name).filter(is_found).and_then(|repaired| repaired.name.clone()) {
        Some(name) => Cow::Owned(name),
        None => Cow::Borrowed(name),
    }
}

impl Adapter {
    /// Opens a folder.
    ///
    /// # Errors
    /// If it has no config or no weights that can be read.
    pub fn open(folder: &Path) -> Result<Self, MergeError> {
        let config = object(&folder.join(CONFIG_NAME))?;
        let weights = WEIGHTS_NAMES.iter().map(|name| folder.join(name)).find(|file| file.is_file());
        let weights = weights.ok_or_else(|| {
            MergeError::file(
                folder.display(),
                format!("it contains no weights of PEFT: neither {}", WEIGHTS_NAMES.join(" nor ")),
            )
        })?;
        let weights = TensorFile::open(weights)?;
        let peft_type = Settings::new(&config).peft_type();
        // Where it cannot be told which names are meant, they are taken as they are.
        let repaired = repair(peft_type, weights.iter().map(|tensor| tensor.name())).unwrap_or_default();
        let is_moved = |name: &str| repaired.get(name).is_some_and(Repaired::is_moved);
        let names = || weights.iter().map(|tensor| tensor.name());
        let read = names().filter(|name| !is_moved(name)).map(|name| (read_as(name, &repaired), name));
        let mut layout = Layout::new(peft_type, read);
        let moved: Vec<String> = names().filter(|name| is_moved(name)).map(str::to_owned).collect();
        let is_misnamed = !moved.is_empty();
        layout.strays.extend(moved);
        Ok(Self { config, weights: Arc::new(weights), layout, is_misnamed })
    }

    /// The same, without what PEFT does not take of it.
    pub(super) fn without(&self, take_out: impl FnOnce(&mut Layout) -> Vec<String>) -> Self {
        let mut taken = self.clone();
        let out = take_out(&mut taken.layout);
        taken.layout.strays.extend(out);
        taken
    }

    /// The names of its tensors, by what they belong to.
    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Why the adapter cannot be merged, whatever the base model.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        refusal(self.settings())
    }

    /// Why PEFT cannot load it on a base model, as far as config and weights tell.
    pub(super) fn refused_by_library(&self, model: Option<&Model>) -> Option<String> {
        let of_config = || lint::refusals(&self.config, model).into_iter().next();
        let reason =
            of_config().or_else(|| checkpoint::refusals(&self.config, model, &self.weights).into_iter().next())?;
        Some(format!("PEFT cannot load it: {reason}"))
    }

    /// Its tensors, held against what its config asks for on a base model. `None` where that is not known.
    pub(super) fn placed_on(&self, base: &Base) -> Option<Placed> {
        checkpoint::placed(&self.config, &base.model()?, &self.weights)
    }

    /// Why the merged model would have other layers than the base model.
    pub(super) fn lost_layers(&self, base: &Base) -> Option<String> {
        let kept = kept_layers(self.settings()).filter(|_| self.settings().truth("layer_replication"))?;
        let layers = ["num_hidden_layers", "n_layer"].iter().find_map(|key| base.config.get(key)?.as_u64());
        match layers {
            Some(layers) if layers == kept => None,
            Some(layers) => Some(format!(
                "`layer_replication` leaves {kept} layers, but the base model has {layers}: what PEFT merges is a model with \
                 different layers"
            )),
            None => Some(
                "`layer_replication` chooses layers, but the base model has no `config.json` that says how many it has"
                    .to_owned(),
            ),
        }
    }

    /// The config.
    #[must_use]
    pub fn settings(&self) -> Settings<'_> {
        Settings::new(&self.config)
    }

    /// What the file lacks, which follows from the base model.
    pub(super) fn lacking(&self) -> Lacking {
        let own = self.layout.sites.values().next().into_iter().flat_map(BTreeMap::keys);
        Lacking::of(self.settings(), self.layout.shared.keys().map(String::as_str), own.map(String::as_str))
    }

    /// The modules that have tensors of their own.
    pub(super) fn modules(&self) -> impl Iterator<Item = &str> {
        self.layout.sites.keys().map(String::as_str)
    }

    /// The tensors whose names are none of PEFT's: it drops them.
    pub(super) fn strays(&self) -> impl Iterator<Item = &str> {
        self.layout.strays.iter().map(String::as_str)
    }

    /// Whether a module is one that is saved in full (`modules_to_save`), or in one.
    pub(super) fn saves_whole(&self, module: &str) -> bool {
        let listed = self.settings().get("modules_to_save").and_then(Value::as_list);
        let mut listed = listed.into_iter().flatten().filter_map(Value::as_str);
        let paths = || module.match_indices('.').map(|(at, _)| &module[..at]).chain([module]);
        listed.any(|entry| paths().any(|path| path.ends_with(entry)))
    }

    /// The tensors that stand for the base model's own, by its names.
    pub(super) fn whole(&self) -> impl Iterator<Item = (&str, Tensor<'_>)> {
        self.layout.whole.iter().filter_map(|(inner, name)| Some((inner.as_str(), self.weights.get(name)?)))
    }

    /// A tensor by the name that it has in the file.
    pub(super) fn tensor(&self, name: &str) -> Option<Tensor<'_>> {
        self.weights.get(name)
    }

    /// The names of tensors with values that are not finite. Of numbers that no `f64` holds nothing is said.
    ///
    /// # Errors
    /// If the file cannot be read any more.
    pub(super) fn not_finite(&self) -> Result<Vec<String>, MergeError> {
        let mut names = Vec::new();
        for tensor in self.weights.iter() {
            match tensor.statistics() {
                Ok(found) if found.nan + found.infinite > 0 => names.push(tensor.name().to_owned()),
                Err(error) if error.is_io() => return Err(error.into()),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(names)
    }

    /// Whether a tensor is one that modules share.
    pub(super) fn is_shared(&self, tensor: Tensor<'_>) -> bool {
        self.layout.shared.values().any(|name| name == tensor.name())
    }

    /// Every tensor of a module, then what modules share, by their names in the update.
    pub(super) fn tensors(&self, module: &str) -> impl Iterator<Item = (&str, Tensor<'_>)> {
        let own = self.layout.sites.get(module).into_iter().flatten();
        let is_own = |name: &str| self.layout.sites.get(module).is_some_and(|own| own.contains_key(name));
        let shared = self.layout.shared.iter().filter(move |(name, _)| !is_own(name));
        own.chain(shared).filter_map(|(role, name)| Some((role.as_str(), self.weights.get(name)?)))
    }

    /// Whether two modules have the same tensors, byte for byte.
    ///
    /// # Errors
    /// If the file cannot be read any more.
    pub(super) fn is_same(&self, module: &str, other: &str) -> Result<bool, MergeError> {
        let sites = self.layout.sites.get(module).zip(self.layout.sites.get(other));
        let Some((one, two)) = sites.filter(|(one, two)| one.keys().eq(two.keys())) else { return Ok(false) };
        for (one, two) in one.values().zip(two.values()) {
            let Some((one, two)) = self.weights.get(one).zip(self.weights.get(two)) else { return Ok(false) };
            if !one.is_same(two)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a module is an embedding that a method changes as a whole.
    pub(super) fn is_embedding(&self, module: &str) -> bool {
        let roles = ["lora_embedding_A", "hira_embedding_A", "oft_embedding_R.weight"];
        self.layout.sites.get(module).is_some_and(|own| roles.iter().any(|role| own.contains_key(*role)))
    }

    /// Whether the bias of a module is changed too.
    pub(super) fn changes_bias(&self, module: &str) -> bool {
        match self.settings().peft_type() {
            Some(Adamss | Beft | Glora | Ia3 | LnTuning | Road) => true,
            _ => self.layout.sites.get(module).is_some_and(|roles| roles.contains_key("lora_B.bias")),
        }
    }

    /// The trained tokens of a module whose rows stand beside another method.
    pub(super) fn tokens(&self, module: &str) -> Option<Vec<u64>> {
        self.layout.sites.get(module)?.get(TOKENS)?;
        trained_tokens(self.settings(), module)
    }
}

/// The trained tokens of a module, of a config of another method (`trainable_token_indices`).
pub(crate) fn trained_tokens(config: Settings<'_>, module: &str) -> Option<Vec<u64>> {
    const KEY: &str = "trainable_token_indices";
    // Other methods do not read the key.
    PeftMethod::of(config.peft_type()?).key(KEY)?;
    let list = match config.get(KEY)? {
        Value::List(list) => list,
        Value::Map(lists) => {
            let is_end =
                |name: &str| module.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('.'));
            lists.iter().find(|(name, _)| is_end(name))?.1.as_list()?
        }
        _ => return None,
    };
    list.iter().map(Value::as_u64).collect()
}

/// Why an adapter stands for no change of weights, or for none that can be had from its files.
pub(crate) fn refusal(config: Settings<'_>) -> Option<String> {
    let name = config.method_name();
    let Some(method) = config.peft_type() else {
        return Some(match name {
            "" => "the config has no `peft_type`".to_owned(),
            other => format!("{other} changes no weight of the base model"),
        });
    };
    match (method, method.does()) {
        (Lora, _) => {}
        (Psoft, _) if !has_one_direction(config) => {
            return Some(format!(
                "{name} cannot be merged: it rotates singular vectors of the base weight, which PEFT computes anew when it \
                 loads the adapter, and whose signs depend on the machine's linear algebra: they differ between single and \
                 double precision, and are in no file"
            ));
        }
        (_, Does::Update) => return None,
        (Xlora, _) | (_, Does::Routed) => {
            return Some(format!("what {name} does depends on the input, so no single weight can represent it"));
        }
        (Shadow, _) => {
            return Some(format!("{name} carries a state beside the model, which no weight can represent"));
        }
        _ => return Some(format!("{name} changes no weight of the base model")),
    }
    let reasons = [
        (
            config.get("alora_invocation_tokens").is_some(),
            "aLoRA acts only from the invocation tokens on, which no weight can represent; PEFT raises a `NotImplementedError`",
        ),
        (config.get("arrow_config").is_some(), "Arrow chooses an adapter for each token"),
        (
            config.truth("layer_replication") && kept_layers(config).is_none(),
            "`layer_replication` makes copies of layers that share one weight, to which PEFT adds the changes of all \
             copies: what it merges is not what the adapter computes, and the base model does not have the layers that \
             could hold it; or it leaves out layers before others, which the base model has",
        ),
    ];
    let reason = reasons.into_iter().find_map(|(is_so, reason)| is_so.then_some(reason));
    reason.or_else(|| unrepeatable(config.lora_init())).map(str::to_owned)
}

/// Why what PEFT loads with such an initialisation cannot be had from files.
fn unrepeatable(init: LoraInit) -> Option<&'static str> {
    match init.loading() {
        Loading::Kept | Loading::Reduced => None,
        Loading::Redrawn => Some(
            "this `init_lora_weights` takes the largest directions, as found by a random draw, out of the base weight: \
             they differ each time PEFT loads the adapter, and the seed is in no file",
        ),
        Loading::Quantised => Some(
            "`init_lora_weights` replaces the base weight with the quantised base weight when the adapter is loaded, \
             which PEFT does only on a GPU with bitsandbytes",
        ),
        Loading::Impossible if init == LoraInit::Corda => Some(
            "PEFT cannot load it, and raises a `ValueError`: `init_lora_weights` needs what CorDA collects from data \
             before training, which is in no file",
        ),
        Loading::Impossible => {
            Some("PEFT cannot load it: it does not know this `init_lora_weights`, and raises an error")
        }
    }
}

/// How many layers, from the first on, `layer_replication` leaves in their places, if it does nothing else.
pub(super) fn kept_layers(config: Settings<'_>) -> Option<u64> {
    let mut kept = 0;
    for range in config.get("layer_replication")?.as_list()? {
        let [start, end] = range.as_list()? else { return None };
        let (start, end) = (start.as_u64()?, end.as_u64()?);
        if start < end {
            if start != kept {
                return None;
            }
            kept = end;
        }
    }
    Some(kept)
}

/// Whether an adapter is more than an update: it takes something out of the base weight when it is loaded.
pub(crate) fn rewrites(config: Settings<'_>) -> bool {
    config.peft_type() == Some(Lora)
        && (config.get("kasa_config").is_some() || !config.lora_init().leaves_the_base_alone())
}
