//! The names under which the releases save tensors, read in both directions.
//!
//! A name is the attribute of a class with heads (`bert`, none for a bare base model), the path of a module of the
//! model, the module that holds the adapters there (a [`Container`]), the adapter, and a last part that belongs to the
//! method:
//!
//! ```text
//! bert . encoder.layer.0.output . adapters                 . sst2 . adapter_up.weight       2.0 and later
//! bert . encoder.layer.0.output . layer_text_task_adapters . sst2 . adapter_up.weight       1.x
//! ```
//!
//! Names are taken apart by structure: an adapter may be called `adapters`.

use std::fmt;

/// How names are spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layout {
    /// adapter-transformers 1.x: the kind of adapter is part of the name.
    Typed,
    /// adapter-transformers 2.0 and later, and `adapters`.
    Plain,
}

/// The kind of adapter in 1.x.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdapterKind {
    /// `text_task`.
    Task,
    /// `text_lang`.
    Language,
}

/// Declares the containers: a row is the variant, its path today, and its spellings in 1.x with the kind they mean.
macro_rules! containers {
    ($($(#[doc = $doc:literal])* $variant:ident $path:literal [$($typed:literal $kind:ident),*];)*) => {
        /// What holds the adapters of a place.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Container {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Container {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its path from the module it belongs to.
            #[must_use]
            pub fn path(self) -> &'static str {
                match self {
                    $(Self::$variant => $path,)*
                }
            }

            /// Its spellings in 1.x, if they were others.
            fn typed(self) -> &'static [(&'static str, AdapterKind)] {
                match self {
                    $(Self::$variant => &[$(($typed, AdapterKind::$kind)),*],)*
                }
            }
        }
    };
}

containers! {
    /// Bottleneck adapters.
    Adapters "adapters" [
        "attention_text_task_adapters" Task, "layer_text_task_adapters" Task,
        "attention_text_lang_adapters" Language, "layer_text_lang_adapters" Language
    ];
    /// AdapterFusions of them.
    Fusion "adapter_fusion_layer" [];
    /// LoRA and its kin.
    Loras "loras" [];
    /// Gates of prefixes.
    PrefixGates "prefix_tuning.prefix_gates" [];
    /// The prefixes of all layers, as every layer has them once more.
    PooledPrefixes "prefix_tuning.pool.prefix_tunings" [];
    /// The prefixes of all layers.
    Prefixes "prefix_tuning.prefix_tunings" [];
    /// Interventions of ReFT.
    Refts "reft_layer.refts" [];
    /// Invertible adapters.
    Invertible "invertible_adapters" ["invertible_lang_adapters" Language];
    /// Prompts.
    Prompts "prompt_tuning.prompt_tunings" [];
    /// What the modules of an adapter share.
    Shared "shared_parameters" [];
    /// Prediction heads.
    Heads "heads" [];
}

/// A tensor's name, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name<'a> {
    /// The path of the model's module, with the attribute of a class with heads; empty for the model itself.
    pub place: &'a str,
    /// What holds the adapters there.
    pub container: Container,
    /// The adapter, or the fusion.
    pub adapter: &'a str,
    /// The rest: what the method calls it.
    pub leaf: &'a str,
}

impl<'a> Name<'a> {
    /// Takes apart the name of a tensor of this adapter; `None` if it is not one.
    ///
    /// ```
    /// use adapter_spec::dialects::adapterhub::names::{Container, Layout, Name};
    ///
    /// let (name, layout) = Name::parse("h.0.output_adapters.adapters.adapters.adapter_up.bias", "adapters").unwrap();
    /// assert_eq!((name.place, name.container, layout), ("h.0.output_adapters", Container::Adapters, Layout::Plain));
    /// assert_eq!((name.adapter, name.leaf), ("adapters", "adapter_up.bias"));
    /// ```
    #[must_use]
    pub fn parse(name: &'a str, adapter: &'a str) -> Option<(Self, Layout)> {
        let whole = format!(".{adapter}.");
        // The first place where the adapter's name stands behind a container is the right one: a module of a method
        // has no container inside.
        let mut from = 0;
        while let Some(found) = name[from..].find(&whole) {
            let (before, leaf) = (&name[..from + found], &name[from + found + whole.len()..]);
            if let Some((place, container, layout)) = container_at_end(before)
                && !leaf.is_empty()
            {
                return Some((Self { place, container, adapter, leaf }, layout));
            }
            // The next candidate may begin within this one.
            from += found + 1;
        }
        None
    }

    /// The kind of adapter that a name of 1.x tells.
    #[must_use]
    pub fn kind(name: &str) -> Option<AdapterKind> {
        let typed = Container::ALL.iter().flat_map(|container| container.typed());
        typed.into_iter().find(|(spelling, _)| name.split('.').any(|part| part == *spelling)).map(|(_, kind)| *kind)
    }

    /// The name in 1.x; `None` for what 1.x does not have. Behind the attention and behind the feed-forward block the
    /// containers had other names.
    #[must_use]
    pub fn typed(&self, kind: AdapterKind) -> Option<String> {
        let part = if self.place.rsplit('.').any(|part| part.contains("attention")) { "attention_" } else { "layer_" };
        let is_meant = |spelling: &str| !spelling.contains("text_") || spelling.starts_with(part);
        let container = match self.container.typed() {
            [] if matches!(self.container, Container::Fusion | Container::Heads) => self.container.path(),
            typed => typed.iter().find(|(spelling, of)| *of == kind && is_meant(spelling))?.0,
        };
        Some(self.joined(container))
    }

    fn joined(&self, container: &str) -> String {
        let dot = if self.place.is_empty() { "" } else { "." };
        format!("{}{dot}{container}.{}.{}", self.place, self.adapter, self.leaf)
    }
}

/// The name in 2.0 and later.
impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.joined(self.container.path()))
    }
}

/// The container that a path ends with, and what stands before it.
fn container_at_end(path: &str) -> Option<(&str, Container, Layout)> {
    let before = |ending: &str| {
        let rest = path.strip_suffix(ending)?;
        // A dot has a module before it.
        if rest.is_empty() { Some("") } else { rest.strip_suffix('.').filter(|place| !place.is_empty()) }
    };
    for &container in Container::ALL {
        if let Some(place) = before(container.path()) {
            return Some((place, container, Layout::Plain));
        }
        for (spelling, _) in container.typed() {
            if let Some(place) = before(spelling) {
                return Some((place, container, Layout::Typed));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{AdapterKind, Container, Layout, Name};

    #[test]
    fn a_name_of_1x_is_spelled_as_today_and_back() {
        let rows = [
            ("bert.encoder.layer.0.attention.output.attention_text_task_adapters.a.adapter_up.bias", AdapterKind::Task),
            ("bert.encoder.layer.0.output.layer_text_task_adapters.a.adapter_up.bias", AdapterKind::Task),
            (
                "distilbert.transformer.layer.1.attention_adapters.attention_text_lang_adapters.a.adapter_up.bias",
                AdapterKind::Language,
            ),
            (
                "distilbert.transformer.layer.1.output_adapters.layer_text_lang_adapters.a.adapter_up.bias",
                AdapterKind::Language,
            ),
            ("bert.invertible_lang_adapters.a.F.0.bias", AdapterKind::Language),
            ("invertible_lang_adapters.a.F.0.bias", AdapterKind::Language),
        ];
        for (old, kind) in rows {
            let (name, layout) = Name::parse(old, "a").expect("it is a name");
            assert_eq!((layout, Name::kind(old)), (Layout::Typed, Some(kind)), "{old}");
            let new = name.to_string();
            assert_eq!(Name::parse(&new, "a"), Some((name, Layout::Plain)), "{new}");
            assert_eq!(name.typed(kind).as_deref(), Some(old));
        }
    }

    #[test]
    fn odd_names_of_adapters_are_told_from_containers() {
        for adapter in ["adapters", "loras", "prefix_tunings", "output", "0", "weight"] {
            for (container, leaf) in [(Container::Adapters, "adapter_down.0.weight"), (Container::Loras, "lora_A")] {
                let place = "h.0.output_adapters";
                let name = Name { place, container, adapter, leaf }.to_string();
                let parsed = Name::parse(&name, adapter);
                assert_eq!(
                    parsed.map(|(name, _)| (name.place, name.container, name.leaf)),
                    Some((place, container, leaf))
                );
            }
        }
        assert_eq!(Name::parse("bert.encoder.layer.0.output.adapters.b.adapter_up.bias", "a"), None);
        assert_eq!(Name::parse("bert.encoder.layer.0.output.a.adapter_up.bias", "a"), None);
        assert_eq!(Name::parse(".adapters.a.adapter_up.bias", "a"), None);
    }
}
