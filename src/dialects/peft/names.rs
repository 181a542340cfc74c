//! The names under which PEFT saves tensors, read in both directions.
//!
//! A name is the path of the wrapped model, the path of a module in it, and what the method keeps at the module. The
//! name of the adapter stands in the model's own names, and is taken out when it is saved:
//!
//! ```text
//! base_model.model . encoder.layer.0.attention.self.query . lora_A.weight            saved
//! base_model.model . encoder.layer.0.attention.self.query . lora_A.default.weight    in the model, and in old files
//! ```
//!
//! Names are taken apart by structure: a module may be called `lora_A`.

use std::fmt;

/// What names of the base model's modules begin with: the path that PEFT's own wrappers have to them.
pub(crate) const BASE: &str = "base_model.model.";

/// What names of tensors begin with that belong to no module of the base model.
pub(crate) const SHARED: &str = "base_model.";

/// The name that `from_pretrained` gives an adapter.
pub(crate) const DEFAULT: &str = "default";

/// Modules that torch puts around others, wherever they stand: `torch.compile`, FSDP, checkpointed activations.
pub(crate) const WRAPPERS: [&str; 3] = ["_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"];

/// Declares the parts: a row is the variant, its attribute, and the parameter below it, if there is one.
macro_rules! parts {
    ($($(#[doc = $doc:literal])* $variant:ident $attribute:literal $parameter:expr;)*) => {
        /// What a method keeps at a module.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Part {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Part {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The attribute of the module, and the parameter in it.
            fn spelling(self) -> (&'static str, Option<&'static str>) {
                match self {
                    $(Self::$variant => ($attribute, $parameter),)*
                }
            }
        }
    };
}

parts! {
    /// LoRA's A, `[r, inputs]`.
    LoraA "lora_A" Some("weight");
    /// LoRA's B, `[outputs, r]`.
    LoraB "lora_B" Some("weight");
    /// What `lora_bias` adds, `[outputs]`.
    LoraBias "lora_B" Some("bias");
    /// DoRA's lengths, `[outputs]`.
    Magnitude "lora_magnitude_vector" None;
    /// LoRA's A of an embedding, `[r, tokens]`.
    EmbeddingA "lora_embedding_A" None;
    /// LoRA's B of an embedding, `[width, r]`.
    EmbeddingB "lora_embedding_B" None;
    /// (IA)³'s factors, `[outputs, 1]`, or `[1, inputs]` in a feed-forward module.
    Ia3 "ia3_l" None;
    /// VeRA's factors of the outputs, `[outputs]`.
    VeraB "vera_lambda_b" None;
    /// VeRA's factors of the rank, `[r]`.
    VeraD "vera_lambda_d" None;
}

/// Whose a tensor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner<'a> {
    /// A method's part at a module.
    Part {
        /// The path of the module in the model that PEFT wraps.
        module: &'a str,
        /// The part.
        part: Part,
    },
    /// A parameter of an adapted module itself: the bias that `bias` trains, the embeddings of an adapted embedding.
    BaseLayer {
        /// The path of the module.
        module: &'a str,
        /// The parameter.
        parameter: &'a str,
    },
    /// A parameter of a module that is kept as a whole (`modules_to_save`), or that is no part known here.
    Whole {
        /// The path of the parameter.
        path: &'a str,
    },
    /// VeRA's A, `[r, most inputs]`, which all modules share.
    SharedA,
    /// VeRA's B, `[most outputs, r]`, which all modules share.
    SharedB,
    /// The prompt of prompt tuning and its kin, the flat prefix of prefix tuning: `[tokens, …]`.
    Prompt,
}

/// A tensor's name, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name<'a> {
    /// Whether the path of the wrapper stands before it. PEFT does not find a module's tensor without it.
    pub wrapped: bool,
    /// Whose it is.
    pub owner: Owner<'a>,
    /// The name of the adapter, where it was left in. PEFT finds such a tensor only if the adapter is loaded under it.
    pub adapter: Option<&'a str>,
}

impl<'a> Name<'a> {
    /// The name of a part, as it is saved.
    #[must_use]
    pub fn of(module: &'a str, part: Part) -> Self {
        Self { wrapped: true, owner: Owner::Part { module, part }, adapter: None }
    }

    /// Takes a name apart. Every name has a reading.
    ///
    /// ```
    /// use adapter_spec::dialects::peft::names::{Name, Owner, Part};
    ///
    /// let name = Name::parse("base_model.model.h.0.attn.c_attn.lora_A.default.weight");
    /// assert_eq!(name.owner, Owner::Part { module: "h.0.attn.c_attn", part: Part::LoraA });
    /// assert_eq!(name.adapter, Some("default"));
    /// ```
    #[must_use]
    pub fn parse(name: &'a str) -> Self {
        for (owner, path) in WHOLE_FILE {
            let rest = name.strip_prefix(path);
            if let Some(rest) = rest
                && let Some(adapter) = own_name(rest)
            {
                return Self { wrapped: true, owner, adapter };
            }
        }
        let (wrapped, path) = name.strip_prefix(BASE).map_or((false, name), |path| (true, path));
        let parts = || {
            Part::ALL.iter().filter_map(move |&part| {
                let (attribute, parameter) = part.spelling();
                let before = parameter.map_or(Some(path), |parameter| parent(path, parameter))?;
                Some((part, attribute, before))
            })
        };
        // The names as they are saved come first: an adapter may be called `lora_A`, too.
        for (part, attribute, before) in parts() {
            if let Some(module) = parent(before, attribute) {
                return Self { wrapped, owner: Owner::Part { module, part }, adapter: None };
            }
        }
        if let Some((before, parameter)) = path.rsplit_once('.')
            && let Some(module) = parent(before, "base_layer")
        {
            return Self { wrapped, owner: Owner::BaseLayer { module, parameter }, adapter: None };
        }
        for (part, attribute, before) in parts() {
            if let Some((before, adapter)) = before.rsplit_once('.')
                && let Some(module) = parent(before, attribute)
            {
                return Self { wrapped, owner: Owner::Part { module, part }, adapter: Some(adapter) };
            }
        }
        Self { wrapped, owner: Owner::Whole { path }, adapter: None }
    }
}

/// What belongs to no module, and where it stands.
const WHOLE_FILE: [(Owner<'static>, &str); 3] = [
    (Owner::SharedA, "base_model.vera_A"),
    (Owner::SharedB, "base_model.vera_B"),
    (Owner::Prompt, "prompt_embeddings"),
];

/// The adapter in what follows a path: nothing, or one part behind a dot.
fn own_name(rest: &str) -> Option<Option<&str>> {
    if rest.is_empty() {
        return Some(None);
    }
    let adapter = rest.strip_prefix('.')?;
    (!adapter.is_empty() && !adapter.contains('.')).then_some(Some(adapter))
}

/// What stands before the last part of a path, if that is `last`.
fn parent<'a>(path: &'a str, last: &str) -> Option<&'a str> {
    let before = path.strip_suffix(last)?.strip_suffix('.')?;
    (!before.is_empty()).then_some(before)
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = WHOLE_FILE.into_iter().find(|(owner, _)| *owner == self.owner);
        if let Some((_, path)) = whole {
            f.write_str(path)?;
            return self.adapter.map_or(Ok(()), |adapter| write!(f, ".{adapter}"));
        }
        if self.wrapped {
            f.write_str(BASE)?;
        }
        match self.owner {
            Owner::Part { module, part } => {
                let (attribute, parameter) = part.spelling();
                write!(f, "{module}.{attribute}")?;
                if let Some(adapter) = self.adapter {
                    write!(f, ".{adapter}")?;
                }
                parameter.map_or(Ok(()), |parameter| write!(f, ".{parameter}"))
            }
            Owner::BaseLayer { module, parameter } => write!(f, "{module}.base_layer.{parameter}"),
            Owner::Whole { path } => f.write_str(path),
            Owner::SharedA | Owner::SharedB | Owner::Prompt => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Name, Owner, Part};

    #[test]
    fn names_are_taken_apart_by_structure() {
        let rows = [
            ("base_model.model.a.lora_A.weight", Owner::Part { module: "a", part: Part::LoraA }, None),
            ("base_model.model.lora_A.lora_A.weight", Owner::Part { module: "lora_A", part: Part::LoraA }, None),
            ("base_model.model.a.lora_B.x.bias", Owner::Part { module: "a", part: Part::LoraBias }, Some("x")),
            ("base_model.model.a.ia3_l", Owner::Part { module: "a", part: Part::Ia3 }, None),
            ("base_model.model.a.ia3_l.default", Owner::Part { module: "a", part: Part::Ia3 }, Some("default")),
            ("base_model.model.a.base_layer.bias", Owner::BaseLayer { module: "a", parameter: "bias" }, None),
            ("base_model.model.classifier.weight", Owner::Whole { path: "classifier.weight" }, None),
            ("base_model.vera_A", Owner::SharedA, None),
            ("base_model.vera_B.default", Owner::SharedB, Some("default")),
            ("prompt_embeddings", Owner::Prompt, None),
        ];
        for (name, owner, adapter) in rows {
            let parsed = Name::parse(name);
            assert_eq!((parsed.owner, parsed.adapter, parsed.wrapped), (owner, adapter, true), "{name}");
            assert_eq!(parsed.to_string(), name);
        }
    }
}
