use std::collections::{BTreeMap, BTreeSet};

use super::MendError;
use super::comparison::Comparison;
use super::lora::{Site, sites};
use crate::checkpoint::{CheckpointError, Container, Numbers, Weights};
use crate::dialects::peft::PeftType::{self, Lora};
use crate::dialects::peft::targets::Targets;
use crate::dialects::peft::uses::MethodUses;
use crate::dialects::peft::{CONFIG_NAME, WEIGHTS_NAMES};
use crate::dialects::{FileKind, recognise};
use crate::models::Model;
use crate::python::is_true;
use crate::tensors::{Cause, Statistics, Tensor, TensorFile};
use crate::value::{Map, Value};

/// A file of weights with the config beside it.
pub(crate) struct Subject<'m> {
    weights: Weights,
    other: Option<Weights>,
    has_config: bool,
    config: Option<Map>,
    model: Option<&'m Model>,
    reads_numbers: bool,
}

impl<'m> Subject<'m> {
    /// Reads what lies beside each other.
    pub(super) fn read(
        container: &Container,
        name: &str,
        model: Option<&'m Model>,
        all_numbers: bool,
    ) -> Result<Self, CheckpointError> {
        let is_there = |name: &str| container.has(name);
        let weights = |name: &str| Weights::open(container, name);
        let own = weights(name);
        own.opened(container)?;
        let has_config = is_there(CONFIG_NAME);
        let config = if has_config { Some(container.document(CONFIG_NAME)?) } else { None };
        let config = config.filter(|text| recognise(text, CONFIG_NAME).kind == FileKind::PeftConfig);
        let config = config.and_then(|text| Some(MethodUses::own_keys(text.root.as_ref()?.to_value().as_map()?)));
        Ok(Self {
            other: WEIGHTS_NAMES.into_iter().find(|other| *other != name && is_there(other)).map(weights),
            reads_numbers: all_numbers || Numbers::are_few(&own),
            weights: own,
            has_config,
            config,
            model,
        })
    }

    /// The weights at hand, and those beside them.
    pub(super) fn into_weights(self) -> impl Iterator<Item = Weights> {
        std::iter::once(self.weights).chain(self.other)
    }

    /// The same with other weights for those at hand and those beside them; the numbers in them are not looked at.
    pub(super) fn with(
        &self,
        mut other: impl FnMut(&Weights) -> Result<Weights, MendError>,
    ) -> Result<Self, MendError> {
        Ok(Self {
            weights: other(&self.weights)?,
            other: self.other.as_ref().map(other).transpose()?,
            has_config: self.has_config,
            config: self.config.clone(),
            model: self.model,
            reads_numbers: false,
        })
    }
}

/// What the rules of this folder look at.
pub(crate) struct Facts<'a> {
    /// The weights of the same adapter in the other format.
    pub(super) other: Option<&'a Weights>,
    /// Whether any file of the config's name is beside the weights.
    pub(super) has_config: bool,
    /// Whether the numbers are looked at, not only the headers.
    pub(super) reads_numbers: bool,
    /// Whether PEFT loads the file: not where the other is beside it that it takes first.
    pub(super) is_read: bool,
    /// The file of weights; none where only the tensors are at hand.
    weights: Option<&'a Weights>,
    file: Option<&'a TensorFile>,
    config: Option<&'a Map>,
    sites: BTreeMap<&'a str, Site<'a>>,
    comparison: Option<Comparison<'a>>,
    labels: Option<u64>,
    numbers: Numbers<'a>,
}

impl<'a> Facts<'a> {
    pub(super) fn new(subject: &'a Subject<'_>) -> Self {
        let file = subject.weights.file();
        // PEFT takes the other file where both are there.
        let is_read = subject.weights.name == WEIGHTS_NAMES[0] || subject.other.is_none();
        let config = subject.config.as_ref().filter(|_| is_read);
        let facts = Self {
            other: subject.other.as_ref(),
            has_config: subject.has_config,
            reads_numbers: subject.reads_numbers,
            is_read,
            weights: Some(&subject.weights),
            file,
            config,
            sites: BTreeMap::new(),
            comparison: None,
            labels: subject.model.and_then(|model| model.config.as_ref()).and_then(labels),
            numbers: Numbers::new(file.filter(|_| subject.reads_numbers)),
        };
        facts.compared(subject.model)
    }

    /// Of a config and tensors whose names and sizes alone are looked at.
    pub(super) fn of_sizes(config: &'a Map, model: Option<&Model>, file: &'a TensorFile) -> Self {
        let facts = Self {
            other: None,
            has_config: true,
            reads_numbers: false,
            is_read: true,
            weights: None,
            file: Some(file),
            config: Some(config),
            sites: BTreeMap::new(),
            comparison: None,
            labels: None,
            numbers: Numbers::new(None),
        };
        facts.compared(model)
    }

    /// With what the config asks for on the model, and the modules of LoRA.
    fn compared(mut self, model: Option<&Model>) -> Self {
        let (config, file) = (self.config, self.file);
        let all = config.zip(model).zip(file.filter(|file| !file.is_empty()));
        self.comparison = all.and_then(|((config, model), file)| Comparison::new(config, model, file));
        // The halves of BD-LoRA are blocks of a diagonal, which follow other sizes.
        let is_blocks = config.and_then(|config| config.get("use_bdlora")).is_some_and(is_true);
        if self.is(Lora) && !is_blocks {
            self.sites = file.map(sites).unwrap_or_default();
            self.drop_sites_without_place();
        }
        self
    }

    /// Leaves out what is of modules that the model does not have or the config does not target, or of another name than
    /// PEFT looks for: it drops that, in whatever state it is. Where only the beginning of the names is wrong, all of them
    /// are kept.
    fn drop_sites_without_place(&mut self) {
        let Some(comparison) = self.comparison.as_ref().filter(|found| found.shift.is_none() && found.placed > 0)
        else {
            return;
        };
        let dropped: BTreeSet<&str> = comparison.unexpected.iter().map(|tensor| tensor.name()).collect();
        self.sites.values_mut().for_each(|site| site.leave_out(|name| dropped.contains(name)));
        self.sites.retain(|_, site| site.tensors().next().is_some());
    }

    /// How many labels the base model has by its config.
    pub(super) fn labels(&self) -> Option<u64> {
        self.labels
    }

    /// The name of the file.
    pub(super) fn name(&self) -> &'a str {
        self.weights.map_or("", |weights| &weights.name)
    }

    /// The tensors; none if the file cannot be read.
    pub(super) fn file(&self) -> Option<&'a TensorFile> {
        self.file
    }

    /// Why the file cannot be read.
    pub(super) fn cause(&self) -> Option<&'a Cause> {
        self.weights?.cause()
    }

    /// Why the file cannot be read, in words.
    pub(super) fn flaw(&self) -> String {
        self.weights.map(Weights::flaw).unwrap_or_default()
    }

    /// The config, if the file is the one that is read with it.
    pub(super) fn config(&self) -> Option<&'a Map> {
        self.config
    }

    /// The method, if it is known.
    pub(super) fn method(&self) -> Option<PeftType> {
        PeftType::of(self.config?)
    }

    /// Whether it is this method.
    pub(super) fn is(&self, method: PeftType) -> bool {
        self.method() == Some(method)
    }

    /// Whether the method puts virtual tokens before the input: its tensors belong to no module.
    pub(super) fn is_prompt(&self) -> bool {
        self.method().is_some_and(PeftType::is_prompt)
    }

    /// The modules with tensors of LoRA; none for another method.
    pub(super) fn sites(&self) -> &BTreeMap<&'a str, Site<'a>> {
        &self.sites
    }

    /// What should be there on the base model, if that is known.
    pub(super) fn comparison(&self) -> Option<&Comparison<'a>> {
        self.comparison.as_ref()
    }

    /// Which modules the config means; `None` where it does not say, or means parameters, or cannot be followed.
    pub(super) fn targets(&self) -> Option<Targets> {
        Targets::of(self.config?)
    }

    /// What the numbers of every tensor are like, those that share memory once. Without those that cannot be told.
    pub(super) fn statistics(&self) -> &[(Tensor<'a>, Statistics)] {
        self.numbers.all()
    }

    /// What the numbers of a tensor are like.
    pub(super) fn statistics_of(&self, tensor: Tensor<'_>) -> Option<Statistics> {
        self.numbers.of(tensor)
    }

    /// Whether two tensors have other types, shapes or bytes.
    pub(super) fn differ(&self, tensor: Tensor<'_>, other: Tensor<'_>) -> bool {
        self.numbers.differ(tensor, other)
    }

    /// That all numbers that were asked for could be read.
    ///
    /// # Errors
    /// What the system said.
    pub(super) fn finish(self) -> Result<(), CheckpointError> {
        self.numbers.finish()
    }
}

/// The labels in a model's config. Two are the default, which transformers does not write; of a model that is no classifier
/// nobody knows how many it is loaded with.
fn labels(config: &Map) -> Option<u64> {
    let class = || config.get("architectures").and_then(Value::as_list)?.first()?.as_str();
    match (config.get("id2label"), config.get("num_labels")) {
        (Some(Value::Map(labels)), _) => u64::try_from(labels.len()).ok(),
        (_, Some(Value::Int(count))) => u64::try_from(count.as_i64()?).ok(),
        (None | Some(Value::Null), None | Some(Value::Null)) => {
            class().filter(|class| class.ends_with("Classification")).map(|_| 2)
        }
        _ => None,
    }
}
