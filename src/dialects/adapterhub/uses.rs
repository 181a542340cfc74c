//! How the library uses the value of each key, and so which values it takes. Read from the sources of `adapters`
//! 1.3.0 and held to what it does on recorded configs (`fixtures/verdicts`).

use std::collections::BTreeSet;

use super::config::{Activation, Method};
pub(crate) use crate::dialects::judgement::{Flaw, Judgement};
use crate::python::{int_of, is_true};
use crate::value::Value;
use Judgement::{Fine, Loose, Refused};

/// What the library does with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Tests its truth: any value will do.
    Truth,
    /// Gives it to torch, which takes nothing but true and false.
    StrictFlag,
    /// Compares it with a few texts.
    Choice(&'static [&'static str]),
    /// Compares it with a few texts, or takes it as false.
    OptionalChoice(&'static [&'static str]),
    /// Looks up an activation by its lower-case name.
    Activation,
    /// The same, where null means none.
    OptionalActivation,
    /// `residual_before_ln`: `is True`, then its truth, then `== "post_add"`.
    Residual,
    /// `reduction_factor`: divides the hidden size by it, or by its entry for the layer.
    Reduction,
    /// Divides half of the embedding size by it.
    InvertibleReduction,
    /// `scaling`: wants a Python float, or one of two texts.
    Scaling,
    /// Gives it to `torch.nn.Dropout`, which wants 0 to 1.
    Dropout,
    /// Gives it to `torch.nn.Dropout` if it is above 0.
    DropoutAboveZero,
    /// Drops whole paths with this probability if it is above 0.
    StochasticDepth,
    /// Seeds torch with `int(value)` if it is true.
    Seed,
    /// Looks for layer numbers in it.
    LayerList,
    /// `"all"`, or looks for layer numbers in it.
    ReftLayers,
    /// A size of a tensor: an integer of at least 1.
    Size,
    /// A size of a tensor that may be 0, to no purpose.
    SizeOrZero,
    /// A size in a later place of a tensor's shape, where torch takes flags for numbers too.
    InnerSize,
    /// The rank of (IA)³, in a later place of a tensor's shape; a flag is taken for a number.
    ScaleRank,
    /// The rank of LoRA: a size, by which alpha is divided.
    Rank,
    /// A count of positions: compared with 0, then a size.
    Positions,
    /// Calculates with it.
    Number,
    /// Multiplies or divides tensors by it: torch takes no integer beyond 64 bits.
    Factor,
    /// A number that tensors are divided by.
    Divisor,
    /// A standard deviation: a number of at least 0.
    Deviation,
    /// VeRA's initial values: only a Python float makes the layer a VeRA layer.
    FloatOrNone,
    /// `attn_matrices`: looks for `"q"`, `"k"`, `"v"` in it.
    AttentionMatrices,
    /// Takes `torch.<dtype>` for the parameters.
    DType,
    /// Keeps it.
    Anything,
}

impl Use {
    /// How a method uses one of its keys.
    #[must_use]
    pub fn of(method: Method, key: &str) -> Self {
        match (method, key) {
            (Method::Reft, "non_linearity") => Self::OptionalActivation,
            (_, "non_linearity") => Self::Activation,
            (Method::Bottleneck, "init_weights") => Self::Choice(&["bert", "mam_adapter", "houlsby"]),
            (_, "init_weights") => Self::Choice(&["lora", "bert", "ia3", "vera"]),
            (_, "init_weights_seed") => Self::Seed,
            (_, "leave_out") => Self::LayerList,
            (_, "residual_before_ln") => Self::Residual,
            (_, "reduction_factor") => Self::Reduction,
            (_, "inv_adapter") => Self::OptionalChoice(&["nice", "glow"]),
            (_, "inv_adapter_reduction_factor") => Self::InvertibleReduction,
            (_, "scaling") => Self::Scaling,
            (Method::Lora | Method::MtlLora, "dropout") => Self::DropoutAboveZero,
            (_, "dropout") => Self::Dropout,
            (_, "stochastic_depth") => Self::StochasticDepth,
            (_, "learn_phm") => Self::StrictFlag,
            (_, "phm_dim") => Self::Size,
            (_, "phm_rank") => Self::InnerSize,
            (_, "phm_c_init") => Self::Choice(&["normal", "uniform"]),
            (_, "phm_init_range") => Self::Deviation,
            (_, "hypercomplex_nonlinearity") => Self::Choice(&["phm", "glorot-normal", "glorot-uniform", "normal"]),
            (Method::Reft, "r") => Self::SizeOrZero,
            (_, "r") => Self::Rank,
            (_, "alpha") => Self::Number,
            (_, "weights_sharpness") => Self::Divisor,
            (_, "attn_matrices") => Self::AttentionMatrices,
            (_, "composition_mode") => Self::Choice(&["add", "scale"]),
            (_, "vera_d" | "vera_b") => Self::FloatOrNone,
            (_, "dtype") => Self::DType,
            (_, "n_up_projection") => Self::SizeOrZero,
            (_, "task_specific_matrix_type") => Self::Choice(&["singular_values", "linear"]),
            (_, "layers") => Self::ReftLayers,
            (_, "prefix_positions" | "suffix_positions") => Self::Positions,
            (_, "prefix_length" | "bottleneck_size" | "prompt_length") => Self::SizeOrZero,
            (_, "prompt_init") => Self::Choice(&["random_uniform", "from_string"]),
            (_, "combine") => Self::Choice(&["prefix", "prefix_after_bos"]),
            (_, "prompt_init_text" | "architecture" | "configs") => Self::Anything,
            _ => Self::Truth,
        }
    }

    /// The texts that the library knows for such a key, if they are a few.
    pub(crate) fn texts(self) -> Vec<&'static str> {
        match self {
            Self::Choice(texts) | Self::OptionalChoice(texts) => texts.to_vec(),
            Self::Activation | Self::OptionalActivation => Activation::names().collect(),
            Self::Scaling => vec!["learned", "channel"],
            Self::ReftLayers => vec!["all"],
            _ => Vec::new(),
        }
    }

    /// Whether the library takes this value, where it reads the key at all.
    pub(crate) fn judge(self, value: &Value) -> Judgement {
        match self {
            Self::Anything => Fine,
            Self::Truth | Self::Residual => truth(self, value),
            Self::StrictFlag if matches!(value, Value::Bool(_)) => Fine,
            Self::StrictFlag => type_error("torch requires true or false"),
            Self::Choice(texts) => choice(texts, value),
            Self::OptionalChoice(texts) => optional_choice(texts, value),
            Self::Activation => activation(value),
            Self::OptionalActivation if *value == Value::Null => Fine,
            Self::OptionalActivation => activation(value),
            Self::Reduction => reduction(value),
            Self::InvertibleReduction => divisor(value, true),
            Self::Scaling => scaling(value),
            Self::Dropout => probability(value, false),
            Self::DropoutAboveZero => probability(value, true),
            Self::StochasticDepth => probability(value, true),
            Self::Seed => seed(value),
            Self::LayerList => layer_list(value),
            Self::ReftLayers if value.as_str() == Some("all") => Fine,
            Self::ReftLayers => layer_list(value),
            Self::Size => size(value, 1),
            Self::SizeOrZero => size(value, 0),
            Self::Rank => size(value, 1),
            Self::ScaleRank => scale_rank(value),
            Self::InnerSize => inner_size(value),
            Self::Positions => positions(value),
            Self::Number => number(value),
            Self::Factor => factor(value),
            Self::Divisor => divided_by(value),
            Self::Deviation => deviation(value),
            Self::FloatOrNone => float_or_none(value),
            Self::AttentionMatrices => attention_matrices(value),
            Self::DType => dtype(value),
        }
    }
}

fn optional_choice(texts: &[&str], value: &Value) -> Judgement {
    match value {
        Value::Null => Fine,
        falsy if !is_true(falsy) => Loose("the library treats it as false, as if it were null".to_owned()),
        _ => choice(texts, value),
    }
}

/// One factor, or one of each layer.
fn reduction(value: &Value) -> Judgement {
    match value {
        Value::Map(map) => map.iter().map(|(_, factor)| divisor(factor, false)).find(|j| *j != Fine).unwrap_or(Fine),
        _ => divisor(value, false),
    }
}

fn scale_rank(value: &Value) -> Judgement {
    match value {
        Value::Bool(true) => Loose("the library calculates with 1".to_owned()),
        Value::Bool(false) => size(&Value::Int(0.into()), 1),
        _ => size(value, 1),
    }
}

fn inner_size(value: &Value) -> Judgement {
    match value {
        Value::Bool(flag) => Loose(format!("the library calculates with {}", u8::from(*flag))),
        _ => size(value, 0),
    }
}

fn divided_by(value: &Value) -> Judgement {
    match factor(value) {
        Fine if value.as_f64() == Some(0.0) => {
            Loose("the library divides by it, and all that is computed is NaN".to_owned())
        }
        judgement => judgement,
    }
}

fn deviation(value: &Value) -> Judgement {
    match number(value) {
        Fine if value.as_f64().is_some_and(|deviation| deviation.is_nan() || deviation < 0.0) => {
            Refused(Flaw::Range, "a standard deviation cannot be negative: torch raises a `RuntimeError`".to_owned())
        }
        judgement => judgement,
    }
}

fn type_error(what: &str) -> Judgement {
    Refused(Flaw::Type, format!("the library raises a `TypeError`: {what}"))
}

fn truth(how: Use, value: &Value) -> Judgement {
    match value {
        Value::Bool(_) => Fine,
        Value::String(text) if how == Use::Residual && text == "post_add" => Fine,
        _ => Loose(format!("the library reads it as {}", is_true(value))),
    }
}

fn choice(texts: &[&str], value: &Value) -> Judgement {
    match value.as_str() {
        Some(text) if texts.contains(&text) => Fine,
        _ => Refused(Flaw::Choice, "the library does not know this value".to_owned()),
    }
}

fn activation(value: &Value) -> Judgement {
    match value {
        Value::String(name) if name.parse::<Activation>().is_ok() => Fine,
        Value::String(_) => {
            Refused(Flaw::Choice, "the library raises a `KeyError`: transformers has no such activation".to_owned())
        }
        _ => Refused(Flaw::Type, "the library raises an `AttributeError`: it calls `.lower()` on the name".to_owned()),
    }
}

/// A smaller one would make a layer of a model of hidden size 768 take gigabytes.
const LEAST_DIVISOR: f64 = 2e-3;

/// Whether a divisor that is refused for that reason makes layers of this model that fit into memory after all.
pub(crate) fn is_wide_enough(divisor: &Value, hidden: u64) -> bool {
    const MOST_NUMBERS: f64 = 768.0 * 768.0 / LEAST_DIVISOR;
    let factors: Vec<_> = match divisor {
        Value::Map(map) => map.iter().map(|(_, factor)| factor.as_f64()).collect(),
        other => vec![other.as_f64()],
    };
    let hidden = hidden as f64;
    factors.iter().all(|factor| factor.is_some_and(|factor| factor > 0.0 && hidden * hidden / factor <= MOST_NUMBERS))
}

/// A number that something is floor-divided by, the result being a width.
fn divisor(value: &Value, strict: bool) -> Judgement {
    let number = match value {
        Value::Bool(true) => return Loose("the library calculates with 1".to_owned()),
        Value::Bool(false) => 0.0,
        Value::Int(_) | Value::Float(_) => value.as_f64().unwrap_or(f64::NAN),
        _ => return type_error("it divides a width by this value"),
    };
    if number == 0.0 {
        Refused(Flaw::Range, "the library divides by it, which raises a `ZeroDivisionError`".to_owned())
    } else if number.is_nan() {
        Refused(Flaw::Range, "the width would not be a number: the library raises a `ValueError`".to_owned())
    } else if number < 0.0 && strict {
        Refused(Flaw::Range, "the width would be negative: torch raises a `RuntimeError`".to_owned())
    } else if number < 0.0 {
        Loose("the width would be negative, and the library silently uses 1 instead".to_owned())
    } else if number < LEAST_DIVISOR {
        Refused(Flaw::Range, "the bottleneck would have millions of units, too many to fit into memory".to_owned())
    } else {
        Fine
    }
}

fn scaling(value: &Value) -> Judgement {
    match value {
        Value::Float(_) => Fine,
        Value::String(text) if text == "learned" || text == "channel" => Fine,
        Value::Int(_) => Refused(
            Flaw::Type,
            "the library requires a Python float and raises a `ValueError` for an integer".to_owned(),
        ),
        _ => Refused(Flaw::Choice, "the library raises a `ValueError`".to_owned()),
    }
}

/// What `torch.nn.Dropout` takes; behind `> 0.0` if `guarded`.
fn probability(value: &Value, guarded: bool) -> Judgement {
    let p = match value {
        Value::Bool(b) => return Loose(format!("the library calculates with {}", u8::from(*b))),
        Value::Int(_) | Value::Float(_) => value.as_f64().unwrap_or(f64::NAN),
        _ => return type_error("it compares this value with a number"),
    };
    if p > 1.0 || (!guarded && (p < 0.0 || p.is_nan())) {
        Refused(Flaw::Range, "torch raises a `ValueError`: a probability must be between 0 and 1".to_owned())
    } else if p < 0.0 || p.is_nan() {
        Loose("the library treats anything that is not above 0 as no dropout".to_owned())
    } else {
        Fine
    }
}

fn seed(value: &Value) -> Judgement {
    let too_large = || Refused(Flaw::Range, "torch raises a `RuntimeError`: a seed must fit into 64 bits".to_owned());
    match value {
        Value::Null => Fine,
        falsy if !is_true(falsy) => Loose("the library treats it as no seed".to_owned()),
        Value::Int(int) if fits_64_bits(int.as_str()) => Fine,
        Value::Int(_) => too_large(),
        Value::Bool(_) => Loose("the library uses 1 as the seed".to_owned()),
        Value::Float(f) if !f.is_finite() => Refused(Flaw::Range, "Python cannot convert it to an integer".to_owned()),
        Value::Float(f) if fits_64_bits(&format!("{:.0}", f.trunc())) => {
            Loose("the library truncates it to an integer".to_owned())
        }
        Value::Float(_) => too_large(),
        Value::String(text) => match int_of(text) {
            Some(digits) if fits_64_bits(&digits) => Loose("the library converts it to an integer".to_owned()),
            Some(_) => too_large(),
            None => Refused(Flaw::Type, "the library raises a `ValueError`: it is not an integer".to_owned()),
        },
        Value::List(_) | Value::Map(_) => type_error("it is not an integer"),
    }
}

/// Whether torch holds this integer: with a sign or without one.
fn fits_64_bits(digits: &str) -> bool {
    let held = i128::from(i64::MIN)..=i128::from(u64::MAX);
    digits.parse().is_ok_and(|number: i128| held.contains(&number))
}

/// The layers whose numbers the library finds in a value; `None` if it cannot look for them there.
pub(crate) fn listed_layers(value: &Value) -> Option<BTreeSet<u64>> {
    // Python's `in` compares: 1.0 and true name layer 1.
    let layer = |item: &Value| match item {
        Value::Bool(flag) => Some(u64::from(*flag)),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, and in the range")]
        Value::Float(float) if float.fract() == 0.0 && (0.0..1e15).contains(float) => Some(*float as u64),
        other => other.as_i64().and_then(|layer| u64::try_from(layer).ok()),
    };
    match value {
        Value::List(items) => Some(items.iter().filter_map(layer).collect()),
        // Of a map `in` asks the keys, and those of JSON are texts.
        Value::Map(_) => Some(BTreeSet::new()),
        _ => None,
    }
}

fn layer_list(value: &Value) -> Judgement {
    match value {
        Value::List(items) if items.iter().all(|item| matches!(item, Value::Int(_))) => Fine,
        Value::List(_) => Loose("only integers name layers".to_owned()),
        Value::Map(_) => Loose("none of its keys names a layer".to_owned()),
        _ => type_error("it looks for layer numbers in it"),
    }
}

/// Sizes beyond this ask for gigabytes in every layer.
const TOO_LARGE: i64 = 1_000_000;

fn size(value: &Value, least: i64) -> Judgement {
    match value {
        Value::Int(int) => match int.as_i64() {
            Some(size) if size >= TOO_LARGE => {
                Refused(Flaw::Range, "a tensor of this size does not fit into memory".to_owned())
            }
            Some(size) if size >= 1 => Fine,
            Some(0) if least == 0 => Loose("nothing is left of the layer".to_owned()),
            Some(0) => Refused(Flaw::Range, "the library divides by it, or builds a layer without width".to_owned()),
            _ => Refused(Flaw::Range, "torch raises a `RuntimeError`: a tensor cannot have this size".to_owned()),
        },
        _ => type_error("the size of a tensor must be an integer"),
    }
}

fn positions(value: &Value) -> Judgement {
    match value {
        Value::Int(_) if value.as_f64().is_some_and(|n| n < 0.0) => Loose("the library treats it as none".to_owned()),
        Value::Int(_) => Fine,
        Value::Bool(b) => Loose(format!("the library calculates with {}", u8::from(*b))),
        Value::Float(f) if *f <= 0.0 || f.is_nan() => Loose("the library treats it as none".to_owned()),
        Value::Float(_) => type_error("the number of positions must be an integer"),
        _ => type_error("it compares this value with a number"),
    }
}

fn number(value: &Value) -> Judgement {
    match value {
        Value::Int(_) if value.as_f64().is_none_or(f64::is_infinite) => {
            Refused(Flaw::Range, "Python raises an `OverflowError`: it is too large for a float".to_owned())
        }
        Value::Int(_) | Value::Float(_) => Fine,
        Value::Bool(b) => Loose(format!("the library calculates with {}", u8::from(*b))),
        _ => type_error("it calculates with this value"),
    }
}

fn factor(value: &Value) -> Judgement {
    match value {
        Value::Int(int) if !fits_64_bits(int.as_str()) => Refused(
            Flaw::Range,
            "torch raises an `OverflowError`: an integer by which tensors are multiplied must fit into 64 bits"
                .to_owned(),
        ),
        _ => number(value),
    }
}

fn float_or_none(value: &Value) -> Judgement {
    match value {
        Value::Null | Value::Float(_) => Fine,
        _ => Loose(
            "the library builds a LoRA layer: only a float (with a decimal point) makes it a VeRA layer".to_owned(),
        ),
    }
}

fn attention_matrices(value: &Value) -> Judgement {
    let known = |text: &str| matches!(text, "q" | "k" | "v");
    match value {
        Value::List(items) => match items.iter().find(|item| !item.as_str().is_some_and(known)) {
            None => Fine,
            Some(Value::String(other)) => Loose(format!("the library adapts no matrix called `{other}`")),
            Some(_) => Loose("only strings name matrices".to_owned()),
        },
        Value::String(_) => Loose("the library looks for the letters in the string".to_owned()),
        Value::Map(_) => Loose("the library looks for the letters among the keys".to_owned()),
        _ => type_error("it looks for `\"q\"`, `\"k\"` and `\"v\"` in it"),
    }
}

/// `getattr(torch, dtype)`; the forward pass multiplies with the base model's float32.
fn dtype(value: &Value) -> Judgement {
    match value {
        Value::Null => Fine,
        Value::String(name) if matches!(name.as_str(), "float32" | "float") => Fine,
        Value::String(name) if matches!(name.as_str(), "float16" | "half" | "bfloat16" | "float64" | "double") => Fine,
        falsy if !is_true(falsy) => Loose("the library treats it as null".to_owned()),
        Value::String(_) => Refused(Flaw::Choice, "it is not a floating-point type of torch".to_owned()),
        _ => type_error("it is not the name of a type"),
    }
}
