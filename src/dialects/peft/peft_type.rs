//! The methods of PEFT, and in one table what others ask of them all.

use std::fmt;

use crate::models::tree::Kind::{self, Conv1D, Conv2d, Conv3d, Embedding, Linear, MultiheadAttention, TorchConv1d};
use crate::value::{Map, Value};

/// Declares the methods, in the order in which PEFT got them. A row is the name and the `peft_type`; what the method
/// [does](Does); what it refuses of the keys for [layers](Layers); what the names of its tensors begin with behind the path
/// of the layer (`prefix` of its tuner); and the kinds of modules that it can adapt (`_create_new_module` of its tuner).
macro_rules! peft_types {
    ($($variant:ident $name:literal $does:ident $layers:ident $prefix:literal $kinds:tt;)*) => {
        /// A method of PEFT, by its `peft_type`. Those of older releases are there, too, if their configs are known.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum PeftType {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl PeftType {
            /// All methods.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            const fn row(self) -> Row {
                match self {
                    $(Self::$variant => {
                        Row { name: $name, does: Does::$does, layers: Layers::$layers, prefix: $prefix, kinds: kinds!($kinds) }
                    })*
                }
            }
        }
    };
}

/// Kinds of modules: a list, or whatever there is.
macro_rules! kinds {
    (any) => {
        None
    };
    ([$($kind:ident)*]) => {
        Some(&[$($kind),*])
    };
}

#[rustfmt::skip]
peft_types! {
    PromptTuning          "PROMPT_TUNING"           Prompt    Free           ""                  [];
    PrefixTuning          "PREFIX_TUNING"           Cache     Free           ""                  [];
    PTuning               "P_TUNING"                Prompt    Free           ""                  [];
    Lora                  "LORA"                    Update    Both           "lora_"             [Linear Conv1D Embedding TorchConv1d Conv2d Conv3d MultiheadAttention];
    AdaptionPrompt        "ADAPTION_PROMPT"         Attention Free           ""                  [];
    Adalora               "ADALORA"                 Update    Both           "lora_"             [Linear Conv1D Conv2d];
    Ia3                   "IA3"                     Update    Free           "ia3_"              [Linear Conv1D Conv2d Conv3d];
    Loha                  "LOHA"                    Update    Alone          "hada_"             [Linear TorchConv1d Conv2d];
    Lokr                  "LOKR"                    Update    Alone          "lokr_"             [Linear TorchConv1d Conv2d];
    MultitaskPromptTuning "MULTITASK_PROMPT_TUNING" Prompt    Free           ""                  [];
    Oft                   "OFT"                     Update    Alone          "oft_"              [Linear Conv2d Embedding];
    Poly                  "POLY"                    Routed    Free           "poly_"             [Linear];
    Boft                  "BOFT"                    Update    Alone          "boft_"             [Linear Conv2d];
    LnTuning              "LN_TUNING"               Update    Free           "ln_tuning_"        any;
    Vera                  "VERA"                    Update    Alone          "vera_"             [Linear Conv1D];
    Fourierft             "FOURIERFT"               Update    Both           "fourierft_"        [Linear Conv1D];
    Xlora                 "XLORA"                   Whole     Free           ""                  [];
    Hra                   "HRA"                     Update    Both           "hra_"              [Linear Conv2d];
    Vblora                "VBLORA"                  Update    Alone          "vblora_"           [Linear Conv1D];
    Cpt                   "CPT"                     Prompt    Free           ""                  [];
    Bone                  "BONE"                    Gone      Free           ""                  [];
    TrainableTokens       "TRAINABLE_TOKENS"        Update    Free           "trainable_tokens_" [Linear Embedding];
    C3a                   "C3A"                     Update    Beside         "c3a_"              [Linear];
    Randlora              "RANDLORA"                Update    Free           "randlora_"         [Linear Conv1D];
    Miss                  "MISS"                    Update    Beside         "miss_"             [Linear];
    Shira                 "SHIRA"                   Update    Free           "shira_"            [Linear];
    Delora                "DELORA"                  Update    BothInPart     "delora_"           [Linear];
    Osf                   "OSF"                     Update    Free           "osf_"              any;
    Road                  "ROAD"                    Update    Free           "road_"             [Linear];
    Waveft                "WAVEFT"                  Update    Both           "waveft_"           [Linear Conv1D];
    Adamss                "ADAMSS"                  Update    Free           "adamss_"           [Linear];
    Cartridge             "CARTRIDGE"               Cache     Free           ""                  [];
    Gralora               "GRALORA"                 Update    Free           "gralora_"          [Linear Conv1D];
    Lily                  "LILY"                    Routed    Alone          "lily_"             [Linear];
    Peanut                "PEANUT"                  Update    Alone          "peanut_"           [Linear];
    Psoft                 "PSOFT"                   Update    Both           "psoft_"            [Linear];
    Pvera                 "PVERA"                   Update    Alone          "pvera_"            [Linear Conv1D];
    Tinylora              "TINYLORA"                Update    Alone          "tinylora_"         [Linear Conv1D Embedding];
    Beft                  "BEFT"                    Update    Free           "beft_"             [Linear];
    Deft                  "DEFT"                    Update    Both           "deft_"             [Linear Conv1D];
    Frod                  "FROD"                    Update    Alone          "frod_"             [Linear Conv1D];
    Glora                 "GLORA"                   Update    Free           "glora_"            [Linear];
    Hira                  "HIRA"                    Update    Beside         "hira_"             [Linear Conv1D Embedding TorchConv1d Conv2d Conv3d];
    Unilora               "UNILORA"                 Update    Beside         "unilora_"          [Linear Conv1D];
    Shadow                "SHADOW"                  Whole     Both           ""                  any;
    Supertuning           "SUPERTUNING"             Update    Free           "supertuning_"      [Linear];
}

/// What a method does to a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// It changes the weights of single layers, each in a way that does not depend on the input.
    Update,
    /// It changes what single layers compute, each input in another way.
    Routed,
    /// It puts virtual tokens before the input.
    Prompt,
    /// It puts keys and values before those of every attention.
    Cache,
    /// It adds an attention of its own to those of some layers.
    Attention,
    /// It changes the model as a whole.
    Whole,
    /// Nothing any more: PEFT 0.21.2 does not have it.
    Gone,
}

/// What the class of a config refuses of `layers_to_transform` and `layers_pattern` (`__post_init__`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layers {
    /// Nothing.
    Free,
    /// `layers_pattern` without `layers_to_transform`.
    Alone,
    /// Either beside a text as `target_modules`.
    Beside,
    /// `layers_pattern` alone, and either beside a text.
    Both,
    /// `layers_pattern` alone, and `layers_to_transform` beside a text.
    BothInPart,
}

/// A row of the table.
struct Row {
    name: &'static str,
    does: Does,
    layers: Layers,
    prefix: &'static str,
    kinds: Option<&'static [Kind]>,
}

impl PeftType {
    /// The method of this name, spelt as PEFT spells it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|method| method.name() == name)
    }

    /// The method that a config names.
    #[must_use]
    pub fn of(config: &Map) -> Option<Self> {
        config.get("peft_type").and_then(Value::as_str).and_then(Self::named)
    }

    /// The value of `peft_type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// What it does to a model.
    #[must_use]
    pub const fn does(self) -> Does {
        self.row().does
    }

    /// Whether it puts something before the tokens, or before their keys and values: its tensors belong to no module.
    #[must_use]
    pub const fn is_prompt(self) -> bool {
        matches!(self.does(), Does::Prompt | Does::Cache)
    }

    /// Whether it refuses `layers_pattern` without `layers_to_transform`.
    pub(super) const fn refuses_pattern_alone(self) -> bool {
        matches!(self.row().layers, Layers::Alone | Layers::Both | Layers::BothInPart)
    }

    /// Whether it refuses `layers_to_transform` beside a text as `target_modules`.
    pub(super) const fn refuses_layers_beside_text(self) -> bool {
        matches!(self.row().layers, Layers::Beside | Layers::Both | Layers::BothInPart)
    }

    /// Whether it refuses `layers_pattern` there.
    pub(super) const fn refuses_pattern_beside_text(self) -> bool {
        matches!(self.row().layers, Layers::Beside | Layers::Both)
    }

    /// What the names of its tensors begin with behind the path of a layer; none for what adapts no single layers.
    #[must_use]
    pub fn prefix(self) -> Option<&'static str> {
        Some(self.row().prefix).filter(|prefix| !prefix.is_empty())
    }

    /// The kinds of modules that it can adapt; `None` for any. There are none for what adapts no single layers.
    #[must_use]
    pub const fn kinds(self) -> Option<&'static [Kind]> {
        self.row().kinds
    }
}

impl fmt::Display for PeftType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
