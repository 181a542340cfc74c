use super::{Boxed, Settings, Site, UpdateError, family};
use crate::methods::Scalar;

/// A method that changes single layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method {
    /// Its `peft_type`.
    pub peft_type: &'static str,
    /// Why PEFT cannot merge it into the layer, or why that cannot be done here.
    pub unmergeable: Option<&'static str>,
}

/// Declares the methods: a row is the `peft_type`, the function that makes the update, and
/// why it cannot be merged.
macro_rules! methods {
    ($($peft_type:literal $build:ident $unmergeable:expr;)*) => {
        /// The methods that change single layers.
        pub const METHODS: &[Method] =
            &[$(Method { peft_type: $peft_type, unmergeable: $unmergeable }),*];

        pub(super) fn update<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Result<Boxed<T>, UpdateError> {
            match config.peft_type() {
                $($peft_type => family::$build(config, site),)*
                other => Err(UpdateError::NoUpdate { peft_type: other.to_owned() }),
            }
        }
    };
}

methods! {
    "ADALORA" adalora None;
    "ADAMSS" adamss None;
    "BEFT" beft None;
    "BOFT" boft None;
    "C3A" c3a None;
    "DEFT" deft None;
    "DELORA" delora None;
    "FOURIERFT" fourierft None;
    "FROD" frod None;
    "GLORA" glora None;
    "GRALORA" gralora None;
    "HIRA" hira None;
    "HRA" hra None;
    "IA3" ia3 None;
    "LN_TUNING" ln_tuning None;
    "LOHA" loha None;
    "LOKR" lokr None;
    "LORA" lora None;
    "MISS" miss None;
    "OFT" oft None;
    "OSF" osf None;
    "PEANUT" peanut None;
    "PSOFT" psoft Some("it rotates singular vectors of the base weight, which PEFT computes anew when it loads the adapter, and whose signs depend on the machine's linear algebra: they differ between single and double precision, and are in no file");
    "PVERA" pvera None;
    "RANDLORA" randlora None;
    "ROAD" road None;
    "SHIRA" shira None;
    "SUPERTUNING" supertuning None;
    "TINYLORA" tinylora None;
    "TRAINABLE_TOKENS" trainable_tokens None;
    "UNILORA" unilora None;
    "VBLORA" vblora None;
    "VERA" vera None;
    "WAVEFT" waveft None;
}
