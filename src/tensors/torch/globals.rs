//! The functions and classes that a pickle of tensors may name. All others are refused.

use super::super::dtype::Dtype;
use super::super::error::Cause;

/// A known function or class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Global {
    Known(Known),
    /// A class of storages with the type of their elements; without one, they hold bytes.
    Storage(Option<Dtype>),
    /// A type of elements.
    Dtype(Dtype),
}

/// Makes [`Known`] and its names, and [`REFUSED`]. A row: variant, modules and name; then module, name, and what it is.
macro_rules! globals {
    (
        known { $($variant:ident [$($module:literal)+] $name:literal)+ }
        refused { $($refused:literal $what:literal)+ }
    ) => {
        /// A function or class that is interpreted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Known {
            $(#[doc = $name] $variant,)+
        }

        impl Known {
            fn find(module: &str, name: &str) -> Option<Self> {
                match (module, name) {
                    $(($($module)|+, $name) => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// The name, without the module.
            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        /// What torch makes of tensors that are more than a view of a storage.
        const REFUSED: &[(&str, &str)] = &[$(($refused, $what)),+];
    };
}

globals! {
    known {
        OrderedDict     ["collections"]                          "OrderedDict"
        Set             ["builtins" "__builtin__"]               "set"
        Encode          ["_codecs"]                              "encode"
        Size            ["torch"]                                "Size"
        Device          ["torch"]                                "device"
        Tensor          ["torch" "torch._tensor"]                "Tensor"
        Parameter       ["torch.nn.parameter" "torch.nn"]        "Parameter"
        Layout          ["torch.serialization"]                  "_get_layout"
        RebuildTensor   ["torch._utils"]                         "_rebuild_tensor"
        RebuildTensorV2 ["torch._utils"]                         "_rebuild_tensor_v2"
        RebuildTensorV3 ["torch._utils"]                         "_rebuild_tensor_v3"
        RebuildParameter ["torch._utils"]                        "_rebuild_parameter"
        RebuildParameterWithState ["torch._utils"]               "_rebuild_parameter_with_state"
        RebuildFromType ["torch._tensor"]                        "_rebuild_from_type_v2"
    }
    refused {
        "torch.storage.TypedStorage"                             "a storage that does not say its type"
        "torch._utils._rebuild_qtensor"                          "a quantised tensor"
        "torch._utils._rebuild_sparse_tensor"                    "a sparse tensor"
        "torch._utils._rebuild_nested_tensor"                    "a nested tensor"
        "torch._utils._rebuild_meta_tensor_no_storage"           "a tensor of the meta device, which has no values"
        "torch._utils._rebuild_wrapper_subclass"                 "a tensor of a class of its own"
        "torch._utils._rebuild_device_tensor_from_numpy"         "a tensor that was kept as a NumPy array"
        "torch._utils._rebuild_device_tensor_from_cpu_tensor"    "a tensor of a device without storages"
    }
}

impl Global {
    /// What a pickle means by a name, or why it may not.
    pub(super) fn find(module: &str, name: &str) -> Result<Self, Cause> {
        if let Some(known) = Known::find(module, name) {
            return Ok(Self::Known(known));
        }
        if matches!(module, "torch" | "torch.cuda" | "torch.storage") {
            if matches!(name, "UntypedStorage" | "_UntypedStorage") {
                return Ok(Self::Storage(None));
            }
            if let Some(dtype) = Dtype::from_torch_storage(name) {
                return Ok(Self::Storage(Some(dtype)));
            }
            if let Some(dtype) = Dtype::from_name(name).filter(|_| module == "torch") {
                return Ok(Self::Dtype(dtype));
            }
        }
        let callable = format!("{module}.{name}");
        Err(match REFUSED.iter().find(|(refused, _)| *refused == callable) {
            Some((_, what)) => Cause::unsupported(format!("{what} (`{callable}`)")),
            None if module == "torch" && name.ends_with("Storage") => Cause::UnknownDtype { name: callable },
            None => Cause::WouldRun { callable },
        })
    }

    /// A name for what it is.
    pub(super) fn describe(self) -> String {
        match self {
            Self::Known(known) => known.name().to_owned(),
            Self::Storage(None) => "UntypedStorage".to_owned(),
            Self::Storage(Some(dtype)) => dtype.torch_storage().unwrap_or_default().to_owned(),
            Self::Dtype(dtype) => format!("torch.{dtype}"),
        }
    }
}
