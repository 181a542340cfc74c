//! How PEFT uses the value of each key, and so which values it takes. Read from the sources of PEFT 0.21.2 and held to
//! what it does on recorded configs (`fixtures/verdicts_peft`). PEFT checks no types: a value is refused where some code
//! cannot use it.

mod judge;
mod table;

pub(crate) use table::{COMMON, METHODS};

use crate::value::Value;

/// What PEFT does with a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Use {
    /// Keeps it, or overwrites it: any value will do.
    Anything,
    /// Tests its truth: any value will do.
    Flag,
    /// An integer of at least so much, a size of a tensor or a count.
    Count(i64),
    /// The same, where torch takes no flag for a number.
    Size(i64),
    /// A count, or null for none.
    CountOrNull(i64),
    /// Seeds a generator of torch.
    Seed,
    /// Compared with 0, and used no further for the rest of a life: a number, but true and false will do.
    Positive,
    /// Compared with numbers and used no further unless something else is set: a number.
    Number,
    /// A number, or null.
    NumberOrNull,
    /// A number within bounds, both included.
    Between(f64, f64),
    /// A number above so much.
    Above(f64),
    /// `torch.nn.Dropout` if it is above 0.
    Dropout,
    /// Compared with a random number: any number will do.
    Chance,
    /// Compared with a few texts.
    Choice(&'static [&'static str]),
    /// Compared with a few texts, or null.
    ChoiceOrNull(&'static [&'static str]),
    /// `bias`: `none`, `all`, or a text that ends with `_only`, of which there is one of the method's own.
    Bias(&'static str),
    /// `init_lora_weights`.
    LoraInit,
    /// `target_modules`: names, or a pattern.
    Targets,
    /// `exclude_modules`, `feedforward_modules`: names, or a pattern, or nothing.
    Names,
    /// `modules_to_save`: names that are put into a pattern.
    Saved,
    /// `layers_to_transform`: a number, or numbers.
    Layers,
    /// `layers_pattern`: a pattern, or patterns; read only where layers are chosen.
    LayersPattern,
    /// An object of patterns; the values are used as this.
    Patterns(&'static Use),
    /// An object, null for none; PEFT makes a nested config of it.
    Settings(&'static [(&'static str, Use)]),
    /// A list of integers.
    Integers,
    /// Rows of an embedding: integers, or an object of them by the name of the embedding.
    Rows,
}

/// A method of PEFT.
#[derive(Debug)]
pub(crate) struct Method {
    /// Its `peft_type`.
    pub(crate) name: &'static str,
    /// Its own keys; those of every method are [`COMMON`].
    pub(crate) keys: &'static [(&'static str, Use)],
}

impl Method {
    /// The method of a `peft_type`, spelt as PEFT spells it.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        METHODS.iter().find(|method| method.name == name)
    }

    /// How it uses a key, if it has it.
    pub(crate) fn use_of(&self, key: &str) -> Option<Use> {
        self.all_keys().find(|(name, _)| *name == key).map(|(_, used)| used)
    }

    /// All keys that its config may have.
    pub(crate) fn all_keys(&self) -> impl Iterator<Item = (&'static str, Use)> {
        self.keys.iter().chain(COMMON).copied()
    }

    /// Whether it puts virtual tokens before the input, and so needs to know the task.
    pub(crate) fn is_prompt(&self) -> bool {
        self.use_of("num_virtual_tokens").is_some()
    }
}

/// Whether PEFT takes a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// As it is meant.
    Fine,
    /// It runs, but the value is not of the kind that it should be; what happens instead.
    Loose(String),
    /// It does not run; why.
    Refused(Flaw, String),
}

/// What is wrong with a refused value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Its type.
    Type,
    /// Its size.
    Range,
    /// It is none of a few.
    Choice,
    /// It is no regular expression.
    Pattern,
}

impl Use {
    /// The texts that PEFT knows for such a key, if they are a few.
    pub(crate) fn texts(self) -> Vec<&'static str> {
        match self {
            Self::Choice(texts) | Self::ChoiceOrNull(texts) => texts.to_vec(),
            Self::Bias(own) => vec!["none", "all", own],
            Self::LoraInit => {
                vec!["gaussian", "olora", "pissa", "corda", "eva", "loftq", "orthogonal", "mica", "lora_ga"]
            }
            _ => Vec::new(),
        }
    }

    /// Whether the value is written in the way that the key is meant to have.
    pub(crate) fn expected(self) -> String {
        match self {
            Self::Anything => String::new(),
            Self::Flag => "true or false".to_owned(),
            Self::Seed => "an integer".to_owned(),
            Self::Positive => "a number above 0".to_owned(),
            Self::Size(least) | Self::Count(least) => format!("an integer of at least {least}"),
            Self::CountOrNull(least) => format!("an integer of at least {least}, or null"),
            Self::Number | Self::Chance => "a number".to_owned(),
            Self::NumberOrNull => "a number, or null".to_owned(),
            Self::Between(least, most) => format!("a number from {least} to {most}"),
            Self::Above(least) => format!("a number above {least}"),
            Self::Dropout => "a number from 0 to 1".to_owned(),
            Self::Choice(_) | Self::Bias(_) => format!("one of {}", listed(&self.texts())),
            Self::ChoiceOrNull(_) => format!("null, or one of {}", listed(&self.texts())),
            Self::LoraInit => format!("true, false, or one of {}", listed(&self.texts())),
            Self::Targets => "a list of names of modules, or a regular expression of whole names".to_owned(),
            Self::Names => "null, a list of names of modules, or a regular expression of whole names".to_owned(),
            Self::Saved => "null, or a list of names of modules".to_owned(),
            Self::Layers => "null, a number of a layer, or a list of them".to_owned(),
            Self::LayersPattern => "null, the name of the list of layers, or a list of such names".to_owned(),
            Self::Patterns(of) => format!("an object from names of modules; each value must be {}", of.expected()),
            Self::Settings(_) => "null, or an object".to_owned(),
            Self::Integers => "a list of integers".to_owned(),
            Self::Rows => "null, a list of integers, or an object of such lists".to_owned(),
        }
    }

    /// Whether PEFT takes this value, where it reads the key at all.
    pub(crate) fn judge(self, value: &Value) -> Judgement {
        judge::judge(self, value)
    }
}

fn listed(texts: &[&str]) -> String {
    texts.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>().join(", ")
}
