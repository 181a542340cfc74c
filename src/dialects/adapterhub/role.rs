use super::names::Container;
use crate::dialects::FileKind;

/// What a config and its weights are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// An adapter (`save_adapter`).
    Adapter,
    /// An AdapterFusion (`save_adapter_fusion`).
    Fusion,
    /// A prediction head (`save_head`).
    Head,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Adapter, Self::Fusion, Self::Head];

    /// The role of what is in a container.
    #[must_use]
    pub fn of(container: Container) -> Self {
        match container {
            Container::Fusion => Self::Fusion,
            Container::Heads => Self::Head,
            _ => Self::Adapter,
        }
    }

    /// The role of what a config was saved with.
    pub(crate) fn of_config(kind: FileKind) -> Option<Self> {
        match kind {
            FileKind::AdapterConfig => Some(Self::Adapter),
            FileKind::AdapterFusionConfig => Some(Self::Fusion),
            FileKind::HeadConfig => Some(Self::Head),
            _ => None,
        }
    }

    /// The role's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Adapter => "adapter",
            Self::Fusion => "fusion",
            Self::Head => "head",
        }
    }

    /// The file of the config.
    #[must_use]
    pub fn config_name(self) -> &'static str {
        match self {
            Self::Adapter => "adapter_config.json",
            Self::Fusion => "adapter_fusion_config.json",
            Self::Head => "head_config.json",
        }
    }

    /// The files of weights: safetensors, then torch's.
    #[must_use]
    pub fn weights_names(self) -> [&'static str; 2] {
        match self {
            Self::Adapter => ["adapter.safetensors", "pytorch_adapter.bin"],
            Self::Fusion => ["model_adapter_fusion.safetensors", "pytorch_model_adapter_fusion.bin"],
            Self::Head => ["model_head.safetensors", "pytorch_model_head.bin"],
        }
    }

    /// The role of a file of weights by its name.
    #[must_use]
    pub fn of_weights(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.weights_names().contains(&name))
    }
}
