//! How each library writes adapters down: which file is whose, and who judges it.

pub mod adapterhub;
mod beside;
mod foreign;
mod judgement;
pub mod peft;
mod place;
pub mod spec;
mod target;

pub(crate) use place::{is_same, place_of};
pub use target::{SecondTarget, Target, Targets, UnknownTarget};

use crate::document::{Document, Node};
use crate::findings::{Report, RuleInfo};
use crate::models::Model;

/// A library's way of writing adapters down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Dialect {
    /// `adapters` and `adapter-transformers`.
    AdapterHub,
    /// Hugging Face PEFT.
    Peft,
    /// Apple's MLX.
    Mlx,
    /// OpenDelta.
    OpenDelta,
    /// LLM-Adapters' fork of PEFT.
    LlmAdapters,
}

impl Dialect {
    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AdapterHub => "adapterhub",
            Self::Peft => "peft",
            Self::Mlx => "mlx",
            Self::OpenDelta => "opendelta",
            Self::LlmAdapters => "llm-adapters",
        }
    }

    /// The library's own name.
    #[must_use]
    pub fn display_name(self) -> &'static str {
        match self {
            Self::AdapterHub => "AdapterHub",
            Self::Peft => "Hugging Face PEFT",
            Self::Mlx => "MLX",
            Self::OpenDelta => "OpenDelta",
            Self::LlmAdapters => "LLM-Adapters",
        }
    }
}

/// What a file is. Those that have a schema are named as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FileKind {
    /// A whole `adapter_config.json`, the config under `config`.
    AdapterConfig,
    /// A bare config object.
    Config,
    /// `head_config.json`.
    HeadConfig,
    /// A whole `adapter_fusion_config.json`.
    AdapterFusionConfig,
    /// A bare AdapterFusion config.
    Fusion,
    /// `adapter_setup.json`.
    AdapterSetup,
    /// `adapter_interface.json`.
    AdapterInterface,
    /// A model's `config.json` with an `adapters` section.
    ModelAdaptersSection,
    /// Weights of an adapter.
    AdapterWeights,
    /// Weights of an AdapterFusion.
    FusionWeights,
    /// Weights of a prediction head.
    HeadWeights,
    /// The Hub's card of an adapter.
    HubAdapter,
    /// The Hub's card of an architecture.
    HubArchitecture,
    /// The Hub's card of a task.
    HubTask,
    /// The Hub's card of a subtask.
    HubSubtask,
    /// The Hub's card of an adapter type.
    HubType,
    /// PEFT's `adapter_config.json`.
    PeftConfig,
    /// The config of a library whose rules are not here.
    Foreign,
    /// The linter's own `adapter-lint.toml`.
    Settings,
    /// Not recognised.
    Unknown,
}

impl FileKind {
    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AdapterConfig => "adapter-config",
            Self::Config => "config",
            Self::HeadConfig => "head-config",
            Self::AdapterFusionConfig => "adapter-fusion-config",
            Self::Fusion => "fusion",
            Self::AdapterSetup => "adapter-setup",
            Self::AdapterInterface => "adapter-interface",
            Self::ModelAdaptersSection => "model-adapters-section",
            Self::AdapterWeights => "adapter-weights",
            Self::FusionWeights => "fusion-weights",
            Self::HeadWeights => "head-weights",
            Self::HubAdapter => "hub-adapter",
            Self::HubArchitecture => "hub-architecture",
            Self::HubTask => "hub-task",
            Self::HubSubtask => "hub-subtask",
            Self::HubType => "hub-type",
            Self::PeftConfig => "peft-config",
            Self::Foreign => "foreign",
            Self::Settings => "settings",
            Self::Unknown => "unknown",
        }
    }
}

impl FileKind {
    /// Whether it is a file of weights, which has no text.
    #[must_use]
    pub fn is_weights(self) -> bool {
        matches!(self, Self::AdapterWeights | Self::FusionWeights | Self::HeadWeights)
    }

    /// Whether it is one of the Hub's cards, which refer to each other.
    #[must_use]
    pub fn is_hub_card(self) -> bool {
        matches!(self, Self::HubAdapter | Self::HubArchitecture | Self::HubTask | Self::HubSubtask | Self::HubType)
    }
}

/// What a file was recognised as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recognised {
    /// Whose it is; `None` if nobody's.
    pub dialect: Option<Dialect>,
    /// What it is.
    pub kind: FileKind,
    /// Whether the content (or the file's name) says so, or it is only assumed.
    pub certain: bool,
}

impl Recognised {
    /// Nobody's file.
    #[must_use]
    pub fn unknown() -> Self {
        Self { dialect: None, kind: FileKind::Unknown, certain: false }
    }

    /// Whether it is certain what the file is and known how it is judged, so that mending it makes sense.
    #[must_use]
    pub fn is_mendable(&self) -> bool {
        self.certain && self.is_judged()
    }

    /// Whether it is known how the file is judged, if it is what it seems to be.
    #[must_use]
    pub fn is_judged(&self) -> bool {
        self.dialect.is_some() && self.kind != FileKind::Foreign
    }
}

/// Recognises a file by its content, and by its name where the content leaves it open. Two libraries share the name
/// `adapter_config.json`, so the name alone says little.
#[must_use]
pub fn recognise(document: &Document, name: &str) -> Recognised {
    let Some(root) = &document.root else { return adapterhub::recognise_by_name(name) };
    let found = foreign::recognise(root).or_else(|| peft::recognise(root, name));
    found.or_else(|| adapterhub::recognise(root, name)).unwrap_or_else(Recognised::unknown)
}

/// The base model that a config names, and the revision of it.
#[must_use]
pub fn base_model(config: &Node) -> Option<(&str, Option<&str>)> {
    let text = |key: &str| config.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
    text("base_model_name_or_path").map(|name| (name, text("revision"))).or_else(|| Some((text("model_name")?, None)))
}

/// Whether a file of this name is looked at whatever is in it.
#[must_use]
pub fn is_known_name(name: &str) -> bool {
    adapterhub::recognise_by_name(name).dialect.is_some()
}

/// Whether weights of an adapter, an AdapterFusion or a head are called so: a library finds them by this name.
#[must_use]
pub fn is_weights_name(name: &str) -> bool {
    adapterhub::Role::of_weights(name).is_some() || peft::WEIGHTS_NAMES.contains(&name)
}

/// Whose names some tensors have, if any of them is telling.
#[cfg(feature = "oracle")]
pub(crate) fn of_tensor_names(names: &[&str]) -> Option<Dialect> {
    if names.iter().any(|name| adapterhub::checkpoint::names::is_adapters(name)) {
        return Some(Dialect::AdapterHub);
    }
    names.iter().any(|name| name.starts_with(peft::names::BASE)).then_some(Dialect::Peft)
}

/// Every rule of every dialect.
pub(crate) fn rules() -> impl Iterator<Item = &'static &'static RuleInfo> {
    foreign::RULES.iter().chain(foreign::unknown::RULES).chain(adapterhub::all_rules()).chain(peft::all_rules())
}

/// A file to be judged.
#[derive(Clone, Copy)]
pub(crate) struct File<'a> {
    /// Its text.
    pub(crate) document: &'a Document,
    /// Its outermost value.
    pub(crate) root: &'a Node,
    /// Its name or path.
    pub(crate) name: &'a str,
    /// The base model, if the caller named one.
    pub(crate) model: Option<&'a Model>,
    /// The releases that the file is for.
    pub(crate) targets: Targets,
}

/// Runs the rules of the file's dialect.
pub(crate) fn check(recognised: &Recognised, file: File<'_>, report: &mut Report) {
    match recognised.dialect {
        Some(Dialect::AdapterHub) => adapterhub::check(recognised.kind, file, report),
        Some(Dialect::Peft) => peft::check(recognised.kind, file, report),
        Some(dialect) => foreign::check_all((dialect, file.root), report),
        None => foreign::unknown::check_all(file, report),
    }
}

/// Judges what lies beside a config that is called as its library calls it, by the names in its folder.
pub(crate) fn check_beside(
    recognised: &Recognised,
    root: &Node,
    files: &dyn Fn() -> Option<Vec<String>>,
    report: &mut Report,
) {
    let beside = beside::Beside::new(root, files);
    let mut own = Report::default();
    match (recognised.kind, adapterhub::Role::of_config(recognised.kind)) {
        (FileKind::PeftConfig, _) => peft::lone::check_all(&beside, &mut own),
        (_, Some(role)) => adapterhub::lone::check_all((role, &beside), &mut own),
        (_, None) => {}
    }
    if !beside.is_unlisted() {
        report.take(own);
    }
}
