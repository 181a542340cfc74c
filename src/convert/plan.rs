use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use super::write::Container;
use super::{Carried, ConvertError, Holds, Source, adapterhub, cast, peft, through};
use crate::dialects;
use crate::dialects::adapterhub::release::Release;
use crate::dialects::adapterhub::{Role, module_name_flaw};
use crate::dialects::peft::{CONFIG_NAME, RELEASE, WEIGHTS_NAMES};
use crate::findings::words::counted;
use crate::models::Model;
use crate::tensors::{Dtype, Tensor};
use crate::value::Map;

/// What files are written for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// A release of AdapterHub's libraries.
    AdapterHub(Release),
    /// PEFT.
    Peft,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AdapterHub(release) => release.fmt(f),
            Self::Peft => write!(f, "PEFT {RELEASE}"),
        }
    }
}

/// A text that names nothing to convert to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnknownTarget {
    /// It names no release.
    Unknown(dialects::UnknownTarget),
    /// A release that is not written for.
    Unsupported(dialects::Target),
}

impl fmt::Display for UnknownTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(error) => write!(f, "{error} (of PEFT, only {RELEASE} is written)"),
            Self::Unsupported(dialects::Target::Vllm(_)) => write!(f, "vLLM reads adapters of PEFT: convert to `peft`"),
            Self::Unsupported(release) => write!(f, "{release} is not supported: of PEFT, only {RELEASE} is"),
        }
    }
}

impl std::error::Error for UnknownTarget {}

impl FromStr for Target {
    type Err = UnknownTarget;

    /// Reads `adapters@1.0.1`, `adapter-transformers@2.3.0` or `peft`; a library alone means its newest release.
    fn from_str(text: &str) -> Result<Self, UnknownTarget> {
        let named: dialects::Target = text.parse().map_err(UnknownTarget::Unknown)?;
        let target = match named {
            dialects::Target::AdapterHub(release) => Some(Self::AdapterHub(release)),
            dialects::Target::Peft(release) => (release.number() == RELEASE).then_some(Self::Peft),
            dialects::Target::Vllm(_) => None,
        };
        target.ok_or(UnknownTarget::Unsupported(named))
    }
}

/// The two methods of ReFT that look the same in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reft {
    /// NoReFT.
    NoReft,
    /// DiReFT.
    DiReft,
}

/// What is asked of a conversion.
#[derive(Debug, Clone)]
pub struct Options {
    /// What for.
    pub target: Target,
    /// Another name for the adapter.
    pub name: Option<String>,
    /// The type of all tensors; none leaves each as it is.
    pub dtype: Option<Dtype>,
    /// The base model, where the files do not say enough of it.
    pub model: Option<Model>,
    /// Which ReFT it is, where a file cannot tell.
    pub reft: Option<Reft>,
}

impl Options {
    /// For this target, and everything else as it is.
    #[must_use]
    pub fn to(target: Target) -> Self {
        Self { target, name: None, dtype: None, model: None, reft: None }
    }
}

/// How much a change matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// The function is kept.
    Note,
    /// The result says the same, but the release would not load or run it.
    Refusal,
    /// The function is not kept.
    Loss,
}

/// Something to know about a conversion.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// How much it matters.
    pub kind: ChangeKind,
    /// What, and why.
    pub what: String,
    /// The tensor that is left out, if it is about one.
    pub leaves_out: Option<String>,
}

impl Change {
    /// Whether what is written would not do what was read does.
    #[must_use]
    pub fn loses(&self) -> bool {
        self.kind != ChangeKind::Note
    }

    pub(super) fn note(what: impl Into<String>) -> Self {
        Self { kind: ChangeKind::Note, what: what.into(), leaves_out: None }
    }

    pub(super) fn loss(what: impl Into<String>) -> Self {
        Self { kind: ChangeKind::Loss, ..Self::note(what) }
    }

    pub(super) fn refusal(what: impl Into<String>) -> Self {
        Self { kind: ChangeKind::Refusal, ..Self::note(what) }
    }

    pub(super) fn leaving_out(tensor: &str, what: impl Into<String>) -> Self {
        Self { leaves_out: Some(tensor.to_owned()), ..Self::loss(what) }
    }
}

/// What a config and its weights are, which is what their files are called by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutputKind {
    /// A part of AdapterHub's folders.
    AdapterHub(Role),
    /// PEFT's adapter.
    Peft,
}

impl OutputKind {
    /// The file of the config.
    #[must_use]
    pub fn config_name(self) -> &'static str {
        match self {
            Self::AdapterHub(role) => role.config_name(),
            Self::Peft => CONFIG_NAME,
        }
    }

    /// The file of the weights: as safetensors, and as a file of torch.
    #[must_use]
    pub fn weights_names(self) -> [&'static str; 2] {
        match self {
            Self::AdapterHub(role) => role.weights_names(),
            Self::Peft => WEIGHTS_NAMES,
        }
    }
}

/// A config and a file of weights that are written.
#[derive(Debug, Clone)]
pub struct Output {
    /// What they are.
    pub kind: OutputKind,
    /// The whole of the config.
    pub config: Map,
    /// What stands in safetensors beside the tensors.
    pub metadata: BTreeMap<String, String>,
    /// Which of the source's [`weights`](Source::weights) the tensors are made from.
    pub reads: usize,
    /// The tensors.
    pub tensors: Vec<Carried>,
    /// Tensors of the source that change nothing and have no place here.
    pub idle: BTreeSet<String>,
    /// The containers that what it is for can read, the usual one first.
    pub containers: &'static [Container],
}

/// What a conversion does.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What is written.
    pub outputs: Vec<Output>,
    /// What is worth knowing, and what would be lost.
    pub changes: Vec<Change>,
}

impl Plan {
    /// Plans a conversion.
    ///
    /// # Errors
    /// If the files do not hold together, so that there is nothing to plan.
    pub fn new(source: &Source, options: &Options) -> Result<Self, ConvertError> {
        if let Some((name, flaw)) = options.name.as_ref().and_then(|name| Some((name, module_name_flaw(name)?))) {
            return Err(ConvertError::Name { name: name.clone(), flaw });
        }
        let mut plan = source.with_refusals(Self::of(source, options), options.model.as_ref())?;
        for name in &source.ignored {
            let what = format!("{name} is ignored: the weights are read from safetensors");
            plan.changes.insert(0, Change::note(what));
        }
        for name in &source.beside {
            plan.changes.push(Change::note(format!("{name} is not part of the adapter and is not converted")));
        }
        if let [first, rest @ ..] = &source.strangers[..] {
            let more =
                if rest.is_empty() { String::new() } else { format!(" and {}", counted(rest.len(), "other file")) };
            plan.changes.push(Change::note(format!("{first}{more} in the folder: no part of the adapter, not copied")));
        }
        if let Some(dtype) = options.dtype {
            cast::apply(&mut plan, source, dtype)?;
        }
        plan.changes.extend(cast::unwritable(&plan, source));
        Ok(plan)
    }

    /// From the one library to the other, as what is read says.
    fn of(source: &Source, options: &Options) -> Result<Self, ConvertError> {
        match (&source.holds, &options.target) {
            (Holds::AdapterHub(parts), Target::AdapterHub(release)) => {
                adapterhub::plan(parts, &source.weights, *release, options)
            }
            (Holds::AdapterHub(parts), Target::Peft) => {
                let newest = adapterhub::plan(parts, &source.weights, Release::NEWEST, options)?;
                peft::to_peft(newest, &source.weights, options)
            }
            (Holds::Peft(part), Target::AdapterHub(release)) => {
                let newest = peft::from_peft(part, &source.weights[0], options)?;
                if *release == Release::NEWEST { Ok(newest) } else { through::plan(newest, source, *release, options) }
            }
            (Holds::Peft(part), Target::Peft) => peft::same(part, &source.weights[0], options),
        }
    }

    /// Whether the function would not be kept.
    #[must_use]
    pub fn loses(&self) -> bool {
        self.changes.iter().any(Change::loses)
    }

    /// The container that all outputs can be read from: this one, or the usual one.
    ///
    /// # Errors
    /// The container, if it cannot be read.
    pub fn container(&self, asked: Option<Container>) -> Result<Container, Container> {
        let can = |container: &Container| self.outputs.iter().all(|output| output.containers.contains(container));
        let usual = self.outputs.first().and_then(|output| output.containers.iter().copied().find(can));
        match asked {
            Some(asked) if can(&asked) => Ok(asked),
            Some(asked) => Err(asked),
            None => Ok(usual.unwrap_or(Container::Safetensors)),
        }
    }

    /// The first tensor of the source that nothing is made from.
    #[must_use]
    pub fn unused<'s>(&self, source: &'s Source) -> Option<Tensor<'s>> {
        source.weights.iter().enumerate().find_map(|(number, weights)| {
            let outputs = self.outputs.iter().filter(|output| output.reads == number);
            let used: BTreeSet<&str> =
                outputs.flat_map(|output| &output.tensors).flat_map(|carried| carried.recipe.from()).collect();
            weights.iter().find(|tensor| !used.contains(tensor.name()))
        })
    }
}
