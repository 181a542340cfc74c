use super::{Boxed, Settings, Site, UpdateError, family};
use crate::methods::Scalar;

/// A method that changes single layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method {
    /// Its `peft_type`.
    pub peft_type: &'static str,
    /// What the names of its tensors begin with behind the path of the layer.
    pub prefix: &'static str,
    /// Why PEFT cannot merge it into the layer, or why that cannot be done here.
    pub unmergeable: Option<&'static str>,
}

/// Declares the methods: a row is the `peft_type`, what its tensors begin with, the function that makes the update, and
/// why it cannot be merged.
macro_rules! methods {
    ($($peft_type:literal $prefix:literal $build:ident $unmergeable:expr;)*) => {
        /// The methods that change single layers.
        pub const METHODS: &[Method] =
            &[$(Method { peft_type: $peft_type, prefix: $prefix, unmergeable: $unmergeable }),*];

        pub(super) fn update<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Result<Boxed<T>, UpdateError> {
            match config.peft_type() {
                $($peft_type => family::$build(config, site),)*
                other => Err(UpdateError::NoUpdate { peft_type: other.to_owned() }),
            }
        }
    };
}

methods! {
    "ADALORA" "lora_" adalora None;
    "ADAMSS" "adamss_" adamss Some("its clusters of rows are found again by k-means when it is loaded, and are not in the file");
    "BEFT" "beft_" beft None;
    "BOFT" "boft_" boft None;
    "C3A" "c3a_" c3a None;
    "DEFT" "deft_" deft None;
    "DELORA" "delora_" delora None;
    "FOURIERFT" "fourierft_" fourierft None;
    "FROD" "frod_" frod None;
    "GLORA" "glora_" glora None;
    "GRALORA" "gralora_" gralora None;
    "HIRA" "hira_" hira None;
    "HRA" "hra_" hra None;
    "IA3" "ia3_" ia3 None;
    "LN_TUNING" "ln_tuning_" ln_tuning None;
    "LOHA" "hada_" loha None;
    "LOKR" "lokr_" lokr None;
    "LORA" "lora_" lora None;
    "MISS" "miss_" miss None;
    "OFT" "oft_" oft None;
    "OSF" "osf_" osf Some("it begins at singular vectors of the base weight, which are not in the file");
    "PEANUT" "peanut_" peanut None;
    "PSOFT" "psoft_" psoft Some("it turns singular vectors of the base weight, whose signs are not in the file");
    "PVERA" "pvera_" pvera None;
    "RANDLORA" "randlora_" randlora None;
    "ROAD" "road_" road None;
    "SHIRA" "shira_" shira None;
    "SUPERTUNING" "supertuning_" supertuning None;
    "TINYLORA" "tinylora_" tinylora None;
    "TRAINABLE_TOKENS" "trainable_tokens_" trainable_tokens None;
    "UNILORA" "unilora_" unilora None;
    "VBLORA" "vblora_" vblora None;
    "VERA" "vera_" vera None;
    "WAVEFT" "waveft_" waveft None;
}
