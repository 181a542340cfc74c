//! The tensors of a file, held against those that PEFT saves for the config on the base model.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::dialects::peft::PeftType;
use crate::dialects::peft::expected::{Adapted, Expected, HEADS, expect, fits};
use crate::dialects::peft::names::{BASE, DEFAULT, Name, Owner, SHARED};
use crate::dialects::peft::repair::{Repaired, repair};
use crate::models::former;
use crate::models::{Model, Tree};
use crate::ordered;
use crate::python::is_true;
use crate::tensors::{Tensor, TensorFile};
use crate::value::{Map, Value};

/// The name of the virtual tokens.
pub(super) const PROMPT: &str = "prompt_embeddings";

/// The tensors that should be there, and those that are.
#[derive(Debug, Default)]
pub(super) struct Comparison<'a> {
    /// What should be there and is not.
    pub(super) missing: Vec<Expected>,
    /// Whether at a module some of the adapter's tensors are missing, and some are there.
    pub(super) is_torn: bool,
    /// What is there and has no place in the model.
    pub(super) unexpected: Vec<Tensor<'a>>,
    /// Weights of the base model that the config does not train, and that PEFT takes over.
    pub(super) of_base: Vec<Tensor<'a>>,
    /// What has another shape than it should.
    pub(super) misshapen: Vec<(Tensor<'a>, Vec<Option<u64>>)>,
    /// Those of heads that have as many rows as there are labels.
    pub(super) heads: Vec<Tensor<'a>>,
    /// Tensors with the name of an adapter in theirs, and that name.
    pub(super) adapters: Vec<(Tensor<'a>, &'a str)>,
    /// How many tensors are where they should be.
    pub(super) placed: usize,
    /// Whether the method has tensors, and none of them is there: modules that are saved whole, biases and trained rows of
    /// embeddings do not count.
    pub(super) lacks_method: bool,
    /// What all names begin with, and what they should begin with, if that alone keeps them from their places.
    pub(super) shift: Option<(String, String)>,
    /// Where that is not so: what would have a place under the name as PEFT saves it. Neither it nor its place is counted
    /// as unexpected or missing.
    pub(super) misnamed: Vec<Tensor<'a>>,
}

/// The config that a file was saved with, where PEFT loads it all the same: of VB-LoRA's logits it makes whole ones where it
/// finds the largest, and takes those that are whole as they are, whatever `save_only_topk_weights` says.
fn as_saved<'c>(config: &'c Map, file: &TensorFile) -> Cow<'c, Map> {
    let has = |part: &str| file.iter().any(|tensor| tensor.name().contains(part));
    let key = "save_only_topk_weights";
    let is_whole = || has("vblora_logits_") && !has("_topk_indices");
    if PeftType::of(config) != Some(PeftType::Vblora) || !config.get(key).is_some_and(is_true) || !is_whole() {
        return Cow::Borrowed(config);
    }
    let mut config = config.clone();
    config.insert(key.to_owned(), Value::Bool(false));
    Cow::Owned(config)
}

impl<'a> Comparison<'a> {
    /// `None` where it is not known what PEFT saves. Of several models that the config may be meant for, the one that
    /// the file fits best is taken.
    pub(super) fn new(config: &Map, model: &Model, file: &'a TensorFile) -> Option<Self> {
        let config = &*as_saved(config, file);
        let task = config.get("task_type").and_then(Value::as_str);
        let model = model.config.as_ref()?;
        let trees = match Tree::of(model, None).filter(|_| task.is_none() && is_class_named(config, model)) {
            Some(tree) => vec![tree],
            None => with_named(Tree::candidates(model, task), model),
        };
        let mut best: Option<Self> = None;
        for tree in &trees {
            let Ok(Adapted { tensors, .. }) = expect(config, tree)? else { continue };
            let compared = Self::of(&tensors?, tree, file, PeftType::of(config));
            let fit = |found: &Self| (found.placed, std::cmp::Reverse(found.flaws()));
            if best.as_ref().is_none_or(|best| fit(best) < fit(&compared)) {
                best = Some(compared);
            }
        }
        // The task may be another one than that of the class that was adapted, which its names tell.
        let named = best.as_ref().filter(|best| best.flaws() > 0).and_then(|_| Self::of_named(config, model, file));
        match (best, named) {
            (Some(best), Some(named)) if named.placed > best.placed => Some(named),
            (best, _) => best,
        }
    }

    /// On the class that the model's config names, if all is in its place there.
    fn of_named(config: &Map, model: &Map, file: &'a TensorFile) -> Option<Self> {
        let tree = Tree::of(model, None)?;
        let Ok(Adapted { tensors, .. }) = expect(config, &tree)? else { return None };
        Some(Self::of(&tensors?, &tree, file, PeftType::of(config))).filter(|compared| compared.flaws() == 0)
    }

    fn flaws(&self) -> usize {
        self.missing.len() + self.unexpected.len() + self.misshapen.len() + self.adapters.len() + self.misnamed.len()
    }

    fn of(expected: &[Expected], tree: &Tree, file: &'a TensorFile, peft_type: Option<PeftType>) -> Self {
        let known = ordered::map(expected.iter().map(|expected| (expected.name.as_str(), expected)));
        let mut found = BTreeSet::new();
        let mut all = Self::default();
        let is_prompt = known.contains_key(PROMPT);
        let is_dropped_copy = |tensor: &Tensor<'_>| {
            !known.contains_key(&*today(tensor.name(), tree, is_prompt)) && is_copy(tensor.name(), file)
        };
        let mut open = Vec::new();
        for tensor in file.iter().filter(|tensor| !is_dropped_copy(tensor)) {
            let today = today(tensor.name(), tree, is_prompt);
            let mut place = known.get(saved(&today)).or_else(|| known.get(prompt(tensor.name(), tree)?)).copied();
            if place.is_none()
                && let Some((name, adapter)) = without_adapter(&today, |name| known.contains_key(name))
                && let Some(adapter) = tensor.name().rsplit('.').find(|part| *part == adapter)
            {
                let is_alone = file.get(&name).is_none();
                if is_alone || adapter == DEFAULT {
                    all.adapters.push((tensor, adapter));
                }
                // PEFT reads one of the two under the same name then, the one that comes last.
                if !is_alone && adapter == DEFAULT {
                    continue;
                }
                place = known.get(name.as_str()).copied().filter(|_| is_alone);
            }
            match place {
                Some(place) => {
                    found.insert(place.name.as_str());
                    all.placed += 1;
                    if !fits(tensor.shape(), &place.shape) {
                        all.misshapen.push((tensor, place.shape.clone()));
                    } else if place.shape.first() == Some(&None) && is_own(&place.name, tree) {
                        open.push(tensor);
                        all.heads.extend(is_of_head(&place.name).then_some(tensor));
                    }
                }
                None => match parameter(&today, tree, &known) {
                    // A parameter of the base model is taken over, whatever the config says of it.
                    Some((_, shape)) if !fits(tensor.shape(), shape) => all.misshapen.push((tensor, shape.to_vec())),
                    Some((module, _)) if !is_saved_beside(tensor.name(), module, tree, file) => {
                        all.of_base.push(tensor)
                    }
                    Some(_) => {}
                    None if is_buffer(&today, tree, &known) => all.placed += 1,
                    None => all.unexpected.push(tensor),
                },
            }
        }
        all.misshapen.extend(clusters(file, tree, &known));
        all.misshapen.extend(apart(&open, file));
        all.missing = expected.iter().filter(|expected| !found.contains(expected.name.as_str())).cloned().collect();
        all.shift = shift(&all.unexpected, &all.missing);
        if all.shift.is_none() {
            all.take_misnamed(file, peft_type);
        }
        all.is_torn = is_torn(&all.missing, &found, tree);
        all.lacks_method = lacks_method(&all.missing, &found, tree);
        all
    }

    /// Sets apart what has a place that is still free under the name as PEFT saves it, and where it is an adapter's name
    /// alone that keeps it from there.
    fn take_misnamed(&mut self, file: &TensorFile, peft_type: Option<PeftType>) {
        if self.unexpected.is_empty() || self.missing.is_empty() {
            return;
        }
        let Ok(names) = repair(peft_type, file.iter().map(|tensor| tensor.name())) else { return };
        let mut places = BTreeSet::new();
        let free: BTreeSet<&str> = self.missing.iter().map(|expected| expected.name.as_str()).collect();
        for tensor in std::mem::take(&mut self.unexpected) {
            let repaired = names.get(tensor.name());
            let place = repaired.and_then(|repaired| Some((repaired, *free.get(repaired.name.as_deref()?)?)));
            let adapter =
                |repaired: &Repaired| tensor.name().split('.').find(|part| repaired.adapter.as_deref() == Some(*part));
            match place {
                None => self.unexpected.push(tensor),
                Some((repaired, place)) => {
                    places.insert(place.to_owned());
                    match adapter(repaired).filter(|_| !repaired.is_moved()) {
                        Some(adapter) => self.adapters.push((tensor, adapter)),
                        None => self.misnamed.push(tensor),
                    }
                }
            }
        }
        self.missing.retain(|expected| !places.contains(expected.name.as_str()));
    }
}

/// Of tensors that have as many rows as the user wants, the biases of another length than the weight beside them.
fn apart<'a>(open: &[Tensor<'a>], file: &'a TensorFile) -> Vec<(Tensor<'a>, Vec<Option<u64>>)> {
    let wanted = |bias: &Tensor<'a>| {
        let weight = file.get(&format!("{}.weight", bias.name().strip_suffix(".bias")?))?;
        let rows = *weight.shape().first()?;
        (bias.shape() != [rows]).then(|| (*bias, vec![u64::try_from(rows).ok()]))
    };
    open.iter().filter_map(wanted).collect()
}

/// The matrices of AdaMSS's clusters that do not go with each other. How large each is the numbers of the weight say alone, but the
/// two of a cluster have a width in common, and all clusters together the rows of the weight.
fn clusters<'a>(
    file: &'a TensorFile,
    tree: &Tree,
    known: &BTreeMap<&str, &Expected>,
) -> Vec<(Tensor<'a>, Vec<Option<u64>>)> {
    const OUTER: &str = ".adamss_B.";
    let size = |size: usize| u64::try_from(size).ok();
    let mut flaws = Vec::new();
    let mut by_module: BTreeMap<&str, Vec<(Tensor<'a>, u64)>> = BTreeMap::new();
    for tensor in file.iter().filter(|tensor| known.contains_key(tensor.name())) {
        let Some((module, cluster)) = tensor.name().split_once(OUTER) else { continue };
        let &[rows, columns] = tensor.shape() else { continue };
        let inner = file.get(&format!("{module}.adamss_A.{cluster}"));
        if let Some(&[directions, _]) = inner.as_ref().map(|inner| inner.shape())
            && directions != columns
        {
            flaws.push((tensor, vec![None, size(directions)]));
        }
        by_module.entry(module).or_default().extend(size(rows).map(|rows| (tensor, rows)));
    }
    for (module, clusters) in by_module {
        let prefix = format!("{module}{OUTER}");
        let count = known.keys().filter(|name| name.starts_with(&prefix)).count();
        let weight = module.strip_prefix(BASE).and_then(|module| tree.module(module)?.widths());
        let sum: u64 = clusters.iter().map(|(_, rows)| rows).sum();
        let Some((_, rows)) = weight.filter(|(_, rows)| clusters.len() == count && sum < *rows) else { continue };
        if let Some((last, own)) = clusters.last() {
            flaws.push((*last, vec![Some((rows + own).saturating_sub(sum)), None]));
        }
    }
    flaws
}

/// Whether a tensor is a classifier's own, saved whole.
fn is_of_head(name: &str) -> bool {
    let is_whole = matches!(Name::parse(name).owner, Owner::Whole { .. });
    is_whole && name.split('.').any(|part| HEADS.contains(&part))
}

/// Whether a tensor is a parameter that the model has without the adapter.
fn is_own(name: &str, tree: &Tree) -> bool {
    // Virtual tokens leave the base model as it is, one step nearer.
    [BASE, SHARED]
        .iter()
        .filter_map(|prefix| name.strip_prefix(prefix)?.rsplit_once('.'))
        .any(|(module, parameter)| tree.module(module).is_some_and(|module| module.parameter(parameter).is_some()))
}

/// Whether all that a method computes with is missing, whatever is there of what is trained beside it.
fn lacks_method(missing: &[Expected], found: &BTreeSet<&str>, tree: &Tree) -> bool {
    let is_beside = |name: &str| [".base_layer.", ".token_adapter."].iter().any(|part| name.contains(part));
    let is_of_method = |name: &str| !is_own(name, tree) && !is_beside(name);
    !found.iter().any(|name| is_of_method(name)) && missing.iter().any(|expected| is_of_method(&expected.name))
}

/// The models that an adapter may have been made for, and the one that the model's config names if that is another classifier:
/// of what a head looks like the task of the adapter says nothing then.
fn with_named(mut trees: Vec<Tree>, model: &Map) -> Vec<Tree> {
    const CLASSIFIERS: [&str; 3] = ["ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering"];
    let is_classifier = |tree: &Tree| CLASSIFIERS.iter().any(|end| tree.class.ends_with(end));
    let named = Tree::of(model, None).filter(is_classifier);
    trees.extend(named.filter(|named| trees.iter().all(|tree| tree.class != named.class)));
    trees
}

/// Whether the adapter was made on the very class that the model's config names. Without a task PEFT writes it down.
fn is_class_named(config: &Map, model: &Map) -> bool {
    let mapping = config.get("auto_mapping").and_then(Value::as_map);
    let own = mapping.and_then(|mapping| mapping.get("base_model_class")).and_then(Value::as_str);
    let of_model = model.get("architectures").and_then(Value::as_list).and_then(|list| list.first());
    own.is_some() && own == of_model.and_then(Value::as_str)
}

/// A name as PEFT reads it: that of DoRA's lengths has two forms.
fn saved(name: &str) -> &str {
    match name.strip_suffix(".weight") {
        Some(path) if path.ends_with(".lora_magnitude_vector") => path,
        _ => name,
    }
}

/// A name as PEFT reads it into a model some of whose parts were elsewhere once. Those of prompts it takes as they are.
fn today<'n>(name: &'n str, tree: &Tree, is_prompt: bool) -> Cow<'n, str> {
    let inner = name.strip_prefix(BASE).filter(|_| !is_prompt);
    match inner.map(|inner| former::today(tree.model_type, tree.class, inner)) {
        Some(Cow::Owned(inner)) => format!("{BASE}{inner}").into(),
        _ => name.into(),
    }
}

/// The name without its last part or the one before it, if that is one that is known; and the part. Behind the parameter of
/// a module no adapter's name ever stands.
fn without_adapter(name: &str, is_known: impl Fn(&str) -> bool) -> Option<(String, &str)> {
    let (path, last) = name.rsplit_once('.')?;
    if is_known(path) {
        if path.ends_with(".weight") || path.ends_with(".bias") {
            return None;
        }
        return Some((path.to_owned(), last));
    }
    let (path, adapter) = path.rsplit_once('.')?;
    let joined = format!("{path}.{last}");
    let plain = saved(&joined);
    is_known(plain).then(|| (plain.to_owned(), adapter))
}

/// The parameter of the base model that PEFT loads a tensor into, as its module and its shape. That of an adapted module is
/// behind `base_layer`, and under the plain name nothing is found.
fn parameter<'t>(
    name: &str,
    tree: &'t Tree,
    known: &BTreeMap<&str, &Expected>,
) -> Option<(&'t str, &'t [Option<u64>])> {
    // Prompts are put beside the model, whose names then begin in another way.
    if known.contains_key(PROMPT) {
        return None;
    }
    let (path, parameter) = name.strip_prefix(BASE)?.rsplit_once('.')?;
    let plain = path.strip_suffix(".base_layer").unwrap_or(path);
    // An embedding with trained rows is wrapped once more.
    let plain = plain.strip_suffix(".token_adapter").filter(|_| plain != path).unwrap_or(plain);
    let module = tree.module(plain)?;
    let shape = module.parameter(parameter)?;
    let own = format!("{BASE}{plain}.");
    let is_adapter = |end: &str| end.starts_with("base_layer.") || module.parameter(end).is_none();
    let mut below = known.range(own.as_str()..).map_while(|(name, _)| name.strip_prefix(own.as_str()));
    (below.any(is_adapter) == (plain != path)).then_some((module.name.as_str(), shape))
}

/// Whether a tensor is what the norm of batches counts in a module that is saved whole, and saved with it.
fn is_buffer(name: &str, tree: &Tree, known: &BTreeMap<&str, &Expected>) -> bool {
    const BUFFERS: [&str; 3] = ["running_mean", "running_var", "num_batches_tracked"];
    let Some((path, _)) = name.rsplit_once('.').filter(|(_, last)| BUFFERS.contains(last)) else { return false };
    let is_of_model = path.strip_prefix(BASE).is_some_and(|module| tree.module(module).is_some());
    is_of_model && known.contains_key(format!("{path}.weight").as_str())
}

/// Whether PEFT itself saves a parameter of the base model beside the adapter: biases, heads, and embeddings that were resized,
/// which it saves together with the output layer (`utils/save_and_load.py`, `save_embedding_layers`).
fn is_saved_beside(name: &str, module: &str, tree: &Tree, file: &TensorFile) -> bool {
    let ends = [tree.input, tree.output];
    let is_of = |name: &str, module: &str| {
        let inner = name.strip_prefix(BASE).and_then(|name| name.strip_prefix(module));
        inner.is_some_and(|rest| rest.starts_with('.') && rest.ends_with(".weight"))
    };
    let is_there = |module: &str| file.iter().any(|tensor| is_of(&today(tensor.name(), tree, false), module));
    name.ends_with(".bias")
        || is_of_head(name)
        || ends.contains(&Some(module)) && ends.into_iter().flatten().all(is_there)
}

/// The name of the virtual tokens in that of a tensor. PEFT takes `base_model.model.` off names if no parameter's begins so:
/// in a model with prompts that is the case if it has no part called `model`.
fn prompt<'n>(name: &'n str, tree: &Tree) -> Option<&'n str> {
    let has_part = || tree.modules.iter().any(|module| module.name.starts_with("model."));
    name.strip_prefix(BASE).filter(|rest| *rest == PROMPT && !has_part())
}

/// Whether a tensor is one of the copies that a module saved whole has of its own, beside that which PEFT reads: where it saves
/// the embeddings, too, it takes everything in them, and drops the copies when it loads the file
/// (`utils/save_and_load.py`, `get_peft_model_state_dict`).
fn is_copy(name: &str, file: &TensorFile) -> bool {
    ["modules_to_save", "original_module"].iter().any(|copy| {
        let plain = name.rsplit_once('.').and_then(|(path, last)| Some((path.strip_suffix(copy)?, last)));
        plain.is_some_and(|(module, last)| module.ends_with('.') && file.get(&format!("{module}{last}")).is_some())
    })
}

/// Whether a module of the model has some of the adapter's tensors, but not all of them.
fn is_torn(missing: &[Expected], found: &BTreeSet<&str>, tree: &Tree) -> bool {
    if missing.is_empty() {
        return false;
    }
    let modules = ordered::map(tree.modules.iter().map(|module| (module.name.as_str(), module)));
    let adapted = |name: &str| -> Option<&str> {
        let path = name.strip_prefix(BASE)?;
        let dots = path.rmatch_indices('.').map(|(at, _)| at);
        let (at, module) = dots.filter_map(|at| Some((at, modules.get(&path[..at])?))).next()?;
        // Biases and modules saved whole have the names that they have without an adapter.
        let is_own = path.contains(".base_layer.") || module.parameter(&path[at + 1..]).is_some();
        (!is_own).then_some(module.name.as_str())
    };
    let partly: BTreeSet<&str> = found.iter().filter_map(|name| adapted(name)).collect();
    missing.iter().filter_map(|expected| adapted(&expected.name)).any(|module| partly.contains(module))
}

/// What has to be changed at the beginning of the names for at least half of them to have a place that is still free.
fn shift(unplaced: &[Tensor<'_>], missing: &[Expected]) -> Option<(String, String)> {
    let first = unplaced.first()?.name();
    let free: BTreeSet<&str> = missing.iter().map(|expected| expected.name.as_str()).collect();
    let common = |name: &str| {
        let ends = name.rsplit('.').zip(first.rsplit('.'));
        ends.take_while(|(a, b)| a == b).count()
    };
    let nearest = free.iter().max_by_key(|name| common(name))?;
    // The layer's number and what is below it have to be the same, or the whole of one of them.
    let shared = common(nearest);
    let begin = |name: &str| {
        let parts: Vec<_> = name.split('.').collect();
        let kept = parts.len() - shared;
        parts[..kept].iter().map(|part| format!("{part}.")).collect::<String>()
    };
    let (from, to) = (begin(first), begin(nearest));
    let has_number =
        |path: &str| path.split('.').any(|part| part.bytes().all(|byte| byte.is_ascii_digit()) && !part.is_empty());
    let is_other_layer = !from.is_empty() && !to.is_empty() && (has_number(&from) || has_number(&to));
    if from == to || shared < 2 || is_other_layer {
        return None;
    }
    let is_moved = |tensor: &&Tensor<'_>| {
        tensor.name().strip_prefix(from.as_str()).is_some_and(|rest| free.contains(format!("{to}{rest}").as_str()))
    };
    let moved = unplaced.iter().filter(is_moved).count();
    (moved > 1 && moved * 2 >= unplaced.len()).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_may_be_that_of_the_classifier_that_the_model_names() {
        let classes = |model: serde_json::Value, task: &str| {
            let model = Value::from(&model).as_map().cloned().unwrap_or_default();
            let trees = with_named(Tree::candidates(&model, Some(task)), &model);
            trees.into_iter().map(|tree| tree.class).collect::<Vec<_>>()
        };
        let roberta =
            serde_json::json!({"model_type": "roberta", "architectures": ["RobertaForSequenceClassification"]});
        let both = ["RobertaForTokenClassification", "RobertaForSequenceClassification"];
        assert_eq!(classes(roberta.clone(), "TOKEN_CLS"), both);
        assert_eq!(classes(roberta, "SEQ_CLS"), [both[1]]);
        let llama = serde_json::json!({"model_type": "llama", "architectures": ["LlamaForCausalLM"]});
        assert_eq!(classes(llama, "SEQ_CLS"), ["LlamaForSequenceClassification"]);
    }
}
