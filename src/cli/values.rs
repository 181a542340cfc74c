//! Values of the library under the names that they have as arguments.

use adapter_spec::convert::{Container, Reft};
use adapter_spec::dialects::adapterhub::load::Kind;
use adapter_spec::draw::Theme;
use adapter_spec::oracle::Attention;
use adapter_spec::schema::Draft;
use adapter_spec::tensors::Dtype;

/// A row names a value on the command line, with its help, and the value that it stands for.
macro_rules! values {
    ($($(#[$doc:meta])* $name:ident for $type:ident { $($(#[$help:meta])* $variant:ident => $value:ident,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, clap::ValueEnum)]
        pub(super) enum $name {
            $($(#[$help])* $variant,)*
        }

        impl From<$name> for $type {
            fn from(name: $name) -> Self {
                match name {
                    $($name::$variant => Self::$value,)*
                }
            }
        }
    )*};
}

values! {
    /// Formats of weights.
    ContainerName for Container {
        /// safetensors.
        Safetensors => Safetensors,
        /// A file as `torch.save` writes it, which the libraries call `.bin`.
        #[value(alias = "bin")]
        Torch => Torch,
    }

    /// Types of tensors.
    DtypeName for Dtype {
        /// IEEE double precision.
        F64 => F64,
        /// IEEE single precision.
        F32 => F32,
        /// IEEE half precision.
        F16 => F16,
        /// The upper half of a float32.
        Bf16 => Bf16,
    }

    /// The methods of ReFT that files do not distinguish.
    ReftName for Reft {
        /// The projection is subtracted.
        Noreft => NoReft,
        /// The projection is not subtracted.
        Direft => DiReft,
    }

    /// What a config is for.
    KindName for Kind {
        Adapter => Adapter,
        Fusion => Fusion,
    }

    /// The colours of a picture.
    ThemeName for Theme {
        Light => Light,
        Dark => Dark,
    }

    /// How attention is computed, by transformers' names.
    AttentionName for Attention {
        /// PyTorch's fused function, if the model has it.
        Sdpa => Fused,
        /// Step by step.
        Eager => Eager,
    }

    /// The versions of JSON Schema.
    DraftName for Draft {
        /// Draft 7, which every editor knows.
        #[value(name = "7")]
        Draft07 => Draft07,
        /// Draft 2020-12.
        #[value(name = "2020-12")]
        Draft202012 => Draft202012,
    }
}
