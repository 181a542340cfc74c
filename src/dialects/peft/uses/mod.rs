//! How PEFT uses the value of each key, and so which values it takes. Read from the sources of PEFT 0.21.2 and held to
//! what it does on recorded configs (`fixtures/verdicts_peft`). PEFT checks no types: a value is refused where some code
//! cannot use it.

mod judge;
mod table;

pub(crate) use crate::dialects::judgement::{Flaw, Judgement};
pub(crate) use table::{COMMON, METHODS};

use super::{PeftType, lora_init};
use crate::value::{Map, Value};

/// What PEFT does with a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Use {
    /// Keeps it, or overwrites it: any value will do.
    Anything,
    /// Tests its truth: any value will do.
    Flag,
    /// The same, but a few texts are told apart.
    FlagOr(&'static [&'static str]),
    /// Tests its truth, after it was put into a set of flags: no list or object.
    HashedFlag,
    /// Compared with true and with false, and nothing else is taken.
    StrictFlag,
    /// An integer of at least so much, a size of a tensor or a count.
    Count(i64),
    /// The same, where torch takes no flag for a number: at the first place of a shape.
    Size(i64),
    /// The same, or null for none.
    SizeOrNull(i64),
    /// A count, or null for none.
    CountOrNull(i64),
    /// The same, where anything that is false to Python stands for none.
    CountIfSet(i64),
    /// As the other use has it, where so much or less leaves nothing to train, for this reason.
    Idle(&'static Use, i64, &'static str),
    /// Counts from the end of a list, by Python's slices: an integer.
    Last,
    /// Seeds a generator of torch, which takes integers only.
    Seed,
    /// The same, or null for a generator that is not seeded.
    SeedOrNull,
    /// The same, where a flag will do.
    SeedOrFlag,
    /// Sizes of modules are divided by it.
    Divisor,
    /// Seeds a generator of numpy: a number of at least 0, or several.
    Seeds,
    /// Given to Python's `int`, which must make at least so much of it; null and other nothings for a default.
    Integral(i64),
    /// The same, where null alone stands for a default.
    IntegralOrNull(i64),
    /// Given to Python's `int`, whatever it makes of it.
    Whole,
    /// Something that has a length.
    Sized,
    /// A size that is split into halves.
    Even,
    /// Compared with 0, and used no further for the rest of a life: a number, but true and false will do.
    Positive,
    /// Compared with numbers and used no further unless something else is set: a number.
    Number,
    /// A number, or anything that is false to Python.
    NumberIfSet,
    /// A number within bounds, both included.
    Between(f64, f64),
    /// A number between bounds, neither included.
    Inside(f64, f64),
    /// The same, or null.
    InsideOrNull(f64, f64),
    /// A number from 0 to below 1.
    Fraction,
    /// A probability, or anything that is false to Python.
    FractionIfSet,
    /// A number above so much.
    Above(f64),
    /// `torch.nn.Dropout` if it is above 0.
    Dropout,
    /// Compared with a random number: any number will do.
    Chance,
    /// The same, or anything that is false to Python; what is kept is divided by its share.
    ChanceScaled,
    /// Compared with a few texts.
    Choice(&'static [&'static str]),
    /// Compared with a few texts; all others do the same, which is this.
    ChoiceElse(&'static [&'static str], &'static str),
    /// Compared with a few texts, or null.
    ChoiceOrNull(&'static [&'static str]),
    /// `bias`: `none`, `all`, or a text that ends with `_only`, of which there is one of the method's own.
    Bias(&'static str),
    /// `init_lora_weights`.
    LoraInit,
    /// `init_weights` where it is true, false, or a text that is compared in lower case.
    Init(&'static [&'static str]),
    /// The same, compared as it is written.
    InitExact(&'static [&'static str]),
    /// `init_weights` of AdaMSS: `orthogonal`, null, or false.
    OrthogonalOrNone,
    /// `target_modules`: names, or a pattern.
    Targets,
    /// `exclude_modules`: names, or a pattern, or nothing.
    Names,
    /// `feedforward_modules`: the same, where a number is not nothing.
    FeedForward,
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
    /// The same, where an unknown key is not passed over.
    StrictSettings(&'static [(&'static str, Use)]),
    /// The same, of which nothing else is ever read.
    UnreadSettings(&'static [(&'static str, Use)]),
    /// Given to Python's `float`.
    Floating,
    /// A probability; torch refuses true and false.
    Probability,
    /// A rank of OSF: an integer above 0, a part of the whole, or null for the half.
    EffectiveRank,
    /// Multiplied with an integer, which texts and lists can be, too.
    Multiplied,
    /// `rank_pattern` of AdaLoRA: lists of flags, of what is kept of a module.
    Kept,
    /// Gone through, whatever is in it.
    Iterated,
    /// Anything but a text.
    NotText,
    /// Anything that is false to Python: the method cannot do what else it would ask for.
    Nothing,
    /// Tokens, or nothing.
    Tokens,
    /// The name or the path of a model.
    Repository,
    /// `adapters` of X-LoRA: folders under `0`, `1` and so on.
    Adapters,
    /// A list of integers that is not empty.
    Integers,
    /// A list of integers, or null.
    IntegersOrNull,
    /// `layer_replication`: pairs of first layer and the layer after the last.
    Replication,
    /// `target_parameters`: a list of names.
    Parameters,
    /// Rows of an embedding: integers, or an object of them by the name of the embedding.
    Rows,
}

/// A method of PEFT.
#[derive(Debug)]
pub(crate) struct MethodUses {
    /// Its `peft_type`.
    pub(crate) peft_type: PeftType,
    /// Its own keys; those of every method are [`COMMON`].
    pub(crate) keys: &'static [(&'static str, Use)],
}

impl MethodUses {
    /// How the keys of a method are used; `None` for one that PEFT 0.21.2 does not have.
    pub(crate) fn of(peft_type: PeftType) -> Option<&'static Self> {
        METHODS.iter().find(|method| method.peft_type == peft_type)
    }

    /// How it uses a key, if it has it.
    pub(crate) fn use_of(&self, key: &str) -> Option<Use> {
        self.all_keys().find(|(name, _)| *name == key).map(|(_, used)| used)
    }

    /// The config without the keys that its method does not have: PEFT drops them before it looks at anything. A config of no
    /// known method stays as it is.
    pub(crate) fn own_keys(config: &Map) -> Map {
        let method = PeftType::of(config).and_then(Self::of);
        let is_own = |key: &str| method.is_none_or(|method| method.use_of(key).is_some());
        config.iter().filter(|(key, _)| is_own(key)).map(|(key, value)| (key.to_owned(), value.clone())).collect()
    }

    /// All keys that its config may have.
    pub(crate) fn all_keys(&self) -> impl Iterator<Item = (&'static str, Use)> {
        self.keys.iter().chain(COMMON).copied()
    }
}

impl Use {
    /// The texts that PEFT knows for such a key, if they are a few.
    pub(crate) fn texts(self) -> Vec<&'static str> {
        match self {
            Self::Choice(texts)
            | Self::ChoiceElse(texts, _)
            | Self::ChoiceOrNull(texts)
            | Self::Init(texts)
            | Self::InitExact(texts)
            | Self::FlagOr(texts) => texts.to_vec(),
            Self::Bias(own) => vec!["none", "all", own],
            Self::LoraInit => lora_init::NAMES.iter().map(|(name, _)| *name).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the value is written in the way that the key is meant to have.
    pub(crate) fn expected(self) -> String {
        match self {
            Self::Anything | Self::NotText => String::new(),
            Self::Floating | Self::Multiplied => "a number".to_owned(),
            Self::Probability => "a number from 0 to 1".to_owned(),
            Self::EffectiveRank => "null, an integer above 0, or a fraction of the full rank".to_owned(),
            Self::Kept => "null, or an object whose values are lists of true and false".to_owned(),
            Self::Iterated => "an object".to_owned(),
            Self::Nothing => "null".to_owned(),
            Self::Tokens => "null, or a list of tokens".to_owned(),
            Self::Repository => "\"mirror\", or the name or path of a model".to_owned(),
            Self::Adapters => "an object with folders under \"0\", \"1\" and so on".to_owned(),
            Self::Flag | Self::HashedFlag | Self::StrictFlag => "true or false".to_owned(),
            Self::SeedOrNull => "an integer, or null".to_owned(),
            Self::Even => "an even integer above 0".to_owned(),
            Self::Seeds => "an integer of at least 0".to_owned(),
            Self::Divisor => "an integer".to_owned(),
            Self::Sized => "null, or a list".to_owned(),
            Self::Seed | Self::SeedOrFlag | Self::Integral(_) | Self::Whole => "an integer".to_owned(),
            Self::IntegralOrNull(least) => format!("an integer of at least {least}, or null"),
            Self::Positive => "a number above 0".to_owned(),
            Self::Last => "an integer of at least 1".to_owned(),
            Self::Idle(_, idle, _) => format!("an integer of at least {}", idle + 1),
            Self::Size(least) | Self::Count(least) => format!("an integer of at least {least}"),
            Self::CountOrNull(least) | Self::SizeOrNull(least) | Self::CountIfSet(least) => {
                format!("an integer of at least {least}, or null")
            }
            Self::Number => "a number".to_owned(),
            Self::NumberIfSet => "a number, or null".to_owned(),
            Self::Between(least, most) => format!("a number from {least} to {most}"),
            Self::Inside(least, most) => format!("a number between {least} and {most}"),
            Self::InsideOrNull(least, most) => format!("null, or a number between {least} and {most}"),
            Self::Fraction | Self::Chance => "a number of at least 0 and below 1".to_owned(),
            Self::ChanceScaled => "a number of at least 0 and below 1, or null".to_owned(),
            Self::FractionIfSet => "a number from 0 to 1".to_owned(),
            Self::Above(least) => format!("a number above {least}"),
            Self::Dropout => "a number from 0 to 1".to_owned(),
            Self::Choice(_) | Self::ChoiceElse(..) | Self::Bias(_) => format!("one of {}", listed(&self.texts())),
            Self::ChoiceOrNull(_) => format!("null, or one of {}", listed(&self.texts())),
            Self::OrthogonalOrNone => "\"orthogonal\", null or false".to_owned(),
            Self::Init(_) | Self::InitExact(_) | Self::FlagOr(_) | Self::LoraInit => {
                format!("true, false, or one of {}", listed(&self.texts()))
            }
            Self::Targets => "a list of module names, or a regular expression for whole names".to_owned(),
            Self::Names | Self::FeedForward => {
                "null, a list of module names, or a regular expression for whole names".to_owned()
            }
            Self::Saved => "null, or a list of module names".to_owned(),
            Self::Layers => "null, a layer number, or a list of layer numbers".to_owned(),
            Self::LayersPattern => "null, the name of the list of layers, or a list of such names".to_owned(),
            Self::Patterns(of) => format!("an object with module names as keys; each value must be {}", of.expected()),
            Self::Settings(_) | Self::StrictSettings(_) | Self::UnreadSettings(_) => "null, or an object".to_owned(),
            Self::IntegersOrNull => "null, or a list of integers".to_owned(),
            Self::Replication => "null, or a list of pairs: the first layer, and the one after the last".to_owned(),
            Self::Parameters => "null, or a list of parameter names".to_owned(),
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::dialects::peft::{config, releases};

    #[test]
    fn every_key_has_a_use_and_every_use_a_key() {
        // Of methods that are gone PEFT 0.21.2 uses nothing.
        let is_there =
            |method: PeftType| releases::method(method.name()).is_some_and(|lifetime| lifetime.until.is_none());
        for method in config::PeftMethod::all().filter(|method| is_there(method.peft_type)) {
            let keys: BTreeSet<&str> = method.keys().map(|key| key.name).collect();
            let uses: BTreeSet<&str> = MethodUses::of(method.peft_type)
                .unwrap_or_else(|| panic!("nobody says how {} uses its keys", method.peft_type))
                .all_keys()
                .map(|(name, _)| name)
                .collect();
            let odd: Vec<_> = keys.symmetric_difference(&uses).collect();
            assert!(odd.is_empty(), "{}: {odd:?}", method.peft_type);
        }
    }
}
