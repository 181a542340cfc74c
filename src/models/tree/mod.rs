//! The modules of base models: their names, kinds and parameters, as transformers 4.57.6 builds them. The table
//! (`trees.txt`) is recorded on the meta device by `fixtures/record/peft/trees.py`, whose head says how to read it; the
//! recordings in `fixtures/peft/trees.jsonl` are of other sizes than those that it was made from.

mod condition;
mod expand;
mod sizes;
mod table;

use std::fmt;

use self::sizes::Sizes;
use self::table::{Class, Section};
use crate::value::{Map, Value};

/// The modules of a base model.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// `model_type`.
    pub model_type: &'static str,
    /// The class of transformers.
    pub class: &'static str,
    /// The name of the input embeddings.
    pub input: Option<&'static str>,
    /// The name of the output layer, where the library calls one so.
    pub output: Option<&'static str>,
    /// Whether the output layer shares the weight of the input embeddings.
    pub is_tied: bool,
    /// The modules that take the weight of the input embeddings; none where the config says that they have their own.
    pub tied: Vec<&'static str>,
    /// What the model takes from modules beside their weights and biases: the end of a module's name, and the attribute.
    pub reads: Vec<(&'static str, &'static str)>,
    /// The model's config.
    pub config: Map,
    /// Every module but the model itself, in the order of `named_modules`.
    pub modules: Vec<Module>,
}

impl Tree {
    /// A model of these modules, of which nothing else is known.
    #[cfg(feature = "oracle")]
    pub(crate) fn of_modules(modules: Vec<Module>) -> Self {
        Self {
            model_type: "",
            class: "",
            input: None,
            output: None,
            is_tied: false,
            tied: Vec::new(),
            reads: Vec::new(),
            config: Map::new(),
            modules,
        }
    }
}

/// One module of a base model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Its full name, such as `model.layers.0.self_attn.q_proj`.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Its own parameters, with shapes. A dimension that does not follow from the config is `None`.
    pub parameters: Vec<(&'static str, Vec<Option<u64>>)>,
    /// In how many groups a convolution splits its channels; 1 for all else. `None` where the config leaves it open.
    pub groups: Option<u64>,
}

/// The kinds of modules that PEFT tells apart. A subclass counts as what it is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// `torch.nn.Linear`, weight `[out, in]`.
    Linear,
    /// `transformers.pytorch_utils.Conv1D`, weight `[in, out]`.
    Conv1D,
    /// `torch.nn.Embedding`, weight `[rows, width]`.
    Embedding,
    /// `torch.nn.Conv1d`.
    TorchConv1d,
    /// `torch.nn.Conv2d`.
    Conv2d,
    /// `torch.nn.Conv3d`.
    Conv3d,
    /// `torch.nn.LayerNorm`.
    LayerNorm,
    /// `torch.nn.MultiheadAttention`.
    MultiheadAttention,
    /// `torch.nn.ModuleList`.
    ModuleList,
    /// `torch.nn.ModuleDict`.
    ModuleDict,
    /// Any other class, by its name.
    Other(&'static str),
}

impl Kind {
    /// The kind of this name in the table.
    fn of(name: &'static str) -> Self {
        match name {
            "Linear" => Self::Linear,
            "Conv1D" => Self::Conv1D,
            "Embedding" => Self::Embedding,
            "Conv1d" => Self::TorchConv1d,
            "Conv2d" => Self::Conv2d,
            "Conv3d" => Self::Conv3d,
            "LayerNorm" => Self::LayerNorm,
            "MultiheadAttention" => Self::MultiheadAttention,
            "ModuleList" => Self::ModuleList,
            "ModuleDict" => Self::ModuleDict,
            other => Self::Other(other),
        }
    }

    /// Its name in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear => "Linear",
            Self::Conv1D => "Conv1D",
            Self::Embedding => "Embedding",
            Self::TorchConv1d => "Conv1d",
            Self::Conv2d => "Conv2d",
            Self::Conv3d => "Conv3d",
            Self::LayerNorm => "LayerNorm",
            Self::MultiheadAttention => "MultiheadAttention",
            Self::ModuleList => "ModuleList",
            Self::ModuleDict => "ModuleDict",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Module {
    /// The shape of one of its own parameters.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&[Option<u64>]> {
        self.parameters.iter().find(|(known, _)| *known == name).map(|(_, shape)| shape.as_slice())
    }

    /// Whether it has a bias.
    #[must_use]
    pub fn has_bias(&self) -> bool {
        self.parameter("bias").is_some()
    }

    /// The widths of its input and its output, of a linear layer: `(in, out)`.
    #[must_use]
    pub fn widths(&self) -> Option<(u64, u64)> {
        match (self.kind, self.parameter("weight")?) {
            (Kind::Linear, &[Some(out), Some(inner)]) | (Kind::Conv1D, &[Some(inner), Some(out)]) => Some((inner, out)),
            _ => None,
        }
    }

    /// The last part of its name.
    #[must_use]
    pub fn last_part(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }
}

impl Tree {
    /// The modules of the model that a config describes, as the class that `AutoModelFor…` builds for a task of PEFT
    /// (`task_type`), or else as the one that `architectures` names. `None` for a type or a class that is not known, or
    /// if the config says something that nothing is known about.
    #[must_use]
    pub fn of(config: &Map, task: Option<&str>) -> Option<Self> {
        let (section, class) = Self::class_of(config, task)?;
        expand::tree(section, class, config)
    }

    fn class_of(config: &Map, task: Option<&str>) -> Option<(&'static Section, &'static Class)> {
        let section = table::section(config.get("model_type")?.as_str()?)?;
        let class = match task {
            Some(task) => section.class_for(task)?,
            None => section.class_named(config.get("architectures").and_then(Value::as_list)?.first()?.as_str()?)?,
        };
        Some((section, class))
    }

    /// Whether the class is known that [`Tree::of`] looks for, whatever else the config says.
    #[must_use]
    pub fn knows_class(config: &Map, task: Option<&str>) -> bool {
        Self::class_of(config, task).is_some()
    }

    /// Every model that a PEFT adapter with this task may have been made for: the one that [`Tree::of`] builds for the
    /// task; else, where PEFT leaves the class to the user, each class of the type. Empty for an unknown type.
    #[must_use]
    pub fn candidates(config: &Map, task: Option<&str>) -> Vec<Self> {
        if let Some(tree) = task.and_then(|task| Self::of(config, Some(task))) {
            return vec![tree];
        }
        let section = config.get("model_type").and_then(Value::as_str).and_then(table::section);
        let Some(section) = section else { return Vec::new() };
        let trees = section.classes.iter().map(|class| expand::tree(section, class, config));
        // A model that is only known in part is not judged.
        trees.collect::<Option<_>>().unwrap_or_default()
    }

    /// Whether `AutoModelFor…` builds another class of the type for a task of PEFT.
    pub(crate) fn is_other_than_for(&self, task: &str) -> bool {
        table::section(self.model_type)
            .is_some_and(|section| section.class_for(task).is_some_and(|class| class.name != self.class))
    }

    /// Whether a class of this type generates text; of an unknown type one may.
    #[must_use]
    pub fn generates(model_type: &str) -> bool {
        const TASKS: [&str; 4] = ["CAUSAL_LM", "IMAGE_TEXT", "SEQ_2_SEQ_LM", "SPEECH"];
        table::section(model_type).is_none_or(|section| {
            section.classes.iter().any(|class| TASKS.iter().any(|task| class.tasks.contains(task)))
        })
    }

    /// Whether a class of this type makes a text of speech.
    pub(crate) fn listens(model_type: &str, class: &str) -> bool {
        table::section(model_type)
            .is_some_and(|section| section.class_named(class).is_some_and(|class| class.tasks.contains(&"SPEECH")))
    }

    /// The model types in the table.
    pub fn model_types() -> impl Iterator<Item = &'static str> {
        table::model_types()
    }

    /// Whether the model's config has a key, written or by its class.
    #[must_use]
    pub fn has_key(&self, key: &str) -> bool {
        let by_class = || table::section(self.model_type).is_some_and(|section| section.has_key(key));
        self.config.get(key).is_some() || by_class()
    }

    /// The number that the model's config has under a key, or that its class makes of others.
    #[must_use]
    pub fn size(&self, key: &str) -> Option<u64> {
        let section = table::section(self.model_type)?;
        Sizes::new(section, &self.config).size(section.meant(key))
    }

    /// The same class of other sizes. Of each list of keys, the first that the config has gets the number. `None` if it
    /// has none of a list, or has a list of its layers that is too short.
    #[must_use]
    pub fn resized(&self, sizes: &[(&[&str], u64)]) -> Option<Self> {
        let section = table::section(self.model_type)?;
        let mut config = self.config.clone();
        for (keys, size) in sizes {
            let is_there = |key: &&&str| section.has_key(section.meant(key)) || self.config.get(key).is_some();
            let key = section.meant(keys.iter().find(is_there)?);
            for (other, _) in section.aliases.iter().filter(|(_, meant)| *meant == key) {
                config.remove(other);
            }
            config.insert(key, Value::from(&serde_json::json!(size)));
            let layers = config.get("layer_types").and_then(Value::as_list).filter(|_| key.contains("layer"));
            if layers.is_some_and(|layers| u64::try_from(layers.len()).is_ok_and(|count| count < *size)) {
                return None;
            }
        }
        expand::tree(section, section.class_named(self.class)?, &config)
    }

    /// Whether no part of the model looks its tokens up in what the library calls the input embeddings: encoder and decoder
    /// have embeddings of their own, and here these share no weight with them.
    #[must_use]
    pub fn has_idle_input(&self) -> bool {
        self.tied.is_empty() && self.input.is_some_and(|name| name == "shared" || name.ends_with(".shared"))
    }

    /// How many parameters the model has, the shared ones counted once. `None` if the config leaves the size of one open,
    /// and of a bare base model: what it has beside its modules is not known.
    #[must_use]
    pub fn parameters(&self) -> Option<u64> {
        // What is tied in FSMT and in BLIP's language models is not told by the table, and TAPAS has parameters beside its
        // modules.
        const OTHERWISE: [&str; 4] = ["blip-2", "fsmt", "instructblip", "tapas"];
        let section = table::section(self.model_type)?;
        let is_bare = section.class_named(self.class)?.tasks.contains(&"BASE");
        if is_bare || OTHERWISE.contains(&self.model_type) {
            return None;
        }
        let shares = |module: &Module| {
            let name = module.name.as_str();
            // Some classes name what is tied without the model around it.
            let is_tied =
                |tied: &&str| name.strip_suffix(tied).is_some_and(|path| path.is_empty() || path.ends_with('.'));
            self.tied.iter().any(is_tied) || (self.is_tied && self.output == Some(name))
        };
        // The head of a masked language model has the bias of its output layer as its own, too.
        let is_parents = |module: &Module| {
            let parent = module.name.rsplit_once('.').and_then(|(parent, _)| self.module(parent));
            parent.is_some_and(|parent| parent.has_bias() && parent.parameter("bias") == module.parameter("bias"))
        };
        let is_head = |module: &Module| shares(module) || self.output == Some(module.name.as_str());
        let mut total: u64 = 0;
        for module in &self.modules {
            for (name, shape) in &module.parameters {
                let is_counted = match *name {
                    "weight" => !shares(module),
                    "bias" => !(is_head(module) && is_parents(module)),
                    _ => true,
                };
                if !is_counted {
                    continue;
                }
                let elements = shape.iter().try_fold(1, |product: u64, size| product.checked_mul((*size)?))?;
                total = total.checked_add(elements)?;
            }
        }
        Some(total)
    }

    /// The attribute that the model takes from a module, if it takes one.
    #[must_use]
    pub fn read_of(&self, module: &Module) -> Option<&'static str> {
        let is_it = |name: &str| {
            module.name.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('.'))
        };
        self.reads.iter().find(|(name, _)| is_it(name)).map(|(_, attribute)| *attribute)
    }

    /// The module of this name.
    #[must_use]
    pub fn module(&self, name: &str) -> Option<&Module> {
        self.modules.iter().find(|module| module.name == name)
    }

    /// The modules of this name, or whose names end with it: some classes name what is tied without the model around it.
    pub(crate) fn under<'t>(&'t self, name: &str) -> impl Iterator<Item = &'t str> {
        let is_it = move |own: &&str| own.strip_suffix(name).is_some_and(|path| path.is_empty() || path.ends_with('.'));
        self.names().filter(is_it)
    }

    /// What has the weight of the input embeddings, too: modules, and names under which no module is gone through, since it is
    /// the same as another.
    pub(crate) fn sharing(&self) -> Vec<&str> {
        let of = |name: &&'static str| {
            let found: Vec<&str> = self.under(name).collect();
            if found.is_empty() { vec![*name] } else { found }
        };
        self.tied.iter().flat_map(of).collect()
    }

    /// The names of all modules.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.modules.iter().map(|module| module.name.as_str())
    }
}
