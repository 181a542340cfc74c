//! What LoRA's `init_lora_weights` decides besides where training begins (`update_layer` in `tuners/lora/layer.py`).
//! Recorded by loading an adapter with each value (`fixtures/peft/inits.jsonl`).

use super::releases::Release;
use crate::python::is_true;
use crate::value::Value;

/// What the tensors of a linear layer begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LoraInit {
    /// A random, B zero: `true`.
    Plain,
    /// Both random: `false`, and whatever else is false to Python.
    Random,
    /// A normally distributed.
    Gaussian,
    /// From the activations of data.
    Eva,
    /// From a QR decomposition of the base weight.
    Olora,
    /// From the largest directions of the base weight.
    Pissa,
    /// The same by an approximation that is drawn.
    PissaNiter,
    /// From the base weight and the activations of data.
    Corda,
    /// From what quantising the base weight loses.
    Loftq,
    /// From gradients.
    LoraGa,
    /// A and B orthogonal to each other.
    Orthogonal,
    /// From the smallest directions of the base weight, which stay as they are.
    Mica,
    /// The same in other letters, upon which PEFT trains the directions, too.
    MicaTrained,
    /// PEFT raises an error.
    Unknown,
}

/// What becomes of the base weight when a saved adapter is loaded: PEFT begins as for training, and then puts the saved
/// tensors in the place of those it began with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loading {
    /// It stays as it is.
    Kept,
    /// A part is taken out of it, always the same.
    Reduced,
    /// A part is taken out of it that is drawn anew each time.
    Redrawn,
    /// It is quantised, which takes a GPU.
    Quantised,
    /// The adapter cannot be loaded.
    Impossible,
}

/// What is asked of the rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RankNeed {
    /// Nothing.
    Any,
    /// To be no larger than the weight; a larger one is cut.
    Cut,
    /// To be no larger than the weight; a larger one is refused.
    InWeight,
    /// To be even.
    Even,
    /// Nobody knows what becomes of one that is larger than the weight.
    Unsure,
}

/// How a name is compared.
#[derive(Debug, Clone, Copy)]
enum Spelling {
    Exactly,
    AnyCase,
    /// A name that begins so.
    Begins,
}

/// A name for `init_lora_weights`.
struct Row {
    init: LoraInit,
    name: &'static str,
    spelling: Spelling,
    loading: Loading,
    rank: RankNeed,
    /// The first release that knows it.
    since: Release,
    /// In words, for the manual of the key.
    manual: &'static str,
}

/// A row, in the order of its columns.
const fn row(
    init: LoraInit,
    (name, spelling): (&'static str, Spelling),
    loading: Loading,
    rank: RankNeed,
    since: &str,
    manual: &'static str,
) -> Row {
    Row { init, name, spelling, loading, rank, since: Release::at(since), manual }
}

use Loading::{Impossible, Kept, Quantised, Redrawn, Reduced};
use RankNeed::{Any, Cut, Even, InWeight, Unsure};
use Spelling::{AnyCase, Begins, Exactly};

/// Every name, as PEFT tells them apart. The approximation by which PiSSA can be had is no row of its own.
#[rustfmt::skip]
const ROWS: [Row; 9] = [
    row(LoraInit::Gaussian, ("gaussian", AnyCase), Kept, Any, "0.7.0",
        "A normally distributed, scaled by the rank, B zero."),
    row(LoraInit::Eva, ("eva", Exactly), Kept, Any, "0.14.0",
        "A from the activations of some data (EVA, arXiv:2410.07170)."),
    row(LoraInit::Olora, ("olora", AnyCase), Reduced, Cut, "0.12.0",
        "A and B from a QR decomposition of the weight, which is taken out of it (OLoRA, arXiv:2406.01775)."),
    row(LoraInit::Pissa, ("pissa", Begins), Reduced, Cut, "0.11.0",
        "A and B from the largest singular values of the weight, which are taken out of it (PiSSA, arXiv:2404.02948)."),
    row(LoraInit::Corda, ("corda", Begins), Impossible, Unsure, "0.15.0",
        "As PiSSA, but taking the activations of some data into account (CorDA, arXiv:2406.05223)."),
    row(LoraInit::Loftq, ("loftq", Exactly), Quantised, Unsure, "0.7.0",
        "A and B from what quantising the weight loses (LoftQ, arXiv:2310.08659)."),
    row(LoraInit::LoraGa, ("lora_ga", Exactly), Kept, Any, "0.19.0",
        "A and B from gradients; a part is taken out of the weight for training, but not when the adapter is loaded \
         (LoRA-GA, arXiv:2407.05000)."),
    row(LoraInit::Orthogonal, ("orthogonal", Exactly), Kept, Even, "0.16.0",
        "A and B orthogonal to each other. The rank has to be even."),
    row(LoraInit::Mica, ("mica", AnyCase), Kept, InWeight, "0.20.0",
        "B from the smallest singular values and fixed, A zero (MiCA, arXiv:2604.01694)."),
];

/// The names, with their manuals.
pub(crate) const NAMES: [(&str, &str); ROWS.len()] = {
    let mut names = [("", ""); ROWS.len()];
    let mut at = 0;
    while at < ROWS.len() {
        names[at] = (ROWS[at].name, ROWS[at].manual);
        at += 1;
    }
    names
};

impl Row {
    fn is(&self, text: &str) -> bool {
        match self.spelling {
            Exactly => text == self.name,
            AnyCase => text.eq_ignore_ascii_case(self.name),
            Begins => text.starts_with(self.name),
        }
    }
}

impl LoraInit {
    /// What a value means; without one it is the default.
    #[must_use]
    pub fn of(value: Option<&Value>) -> Self {
        match value {
            None | Some(Value::Bool(true)) => Self::Plain,
            Some(Value::String(text)) => Self::named(text),
            Some(other) if !is_true(other) => Self::Random,
            Some(_) => Self::Unknown,
        }
    }

    /// What a text means.
    #[must_use]
    pub fn named(text: &str) -> Self {
        if text.is_empty() {
            return Self::Random;
        }
        match ROWS.iter().find(|row| row.is(text)).map(|row| row.init) {
            Some(Self::Pissa) if text != "pissa" => approximation(text),
            Some(Self::Mica) if text != "mica" => Self::MicaTrained,
            Some(init) => init,
            None => Self::Unknown,
        }
    }

    /// The first release that knows a text, if there is one.
    pub(crate) fn since(text: &str) -> Option<Release> {
        ROWS.iter().find(|row| row.is(text)).map(|row| row.since)
    }

    /// The columns that depend on the row, with those of its namesakes.
    fn row(self) -> Option<&'static Row> {
        let of = match self {
            Self::PissaNiter => Self::Pissa,
            Self::MicaTrained => Self::Mica,
            other => other,
        };
        ROWS.iter().find(|row| row.init == of)
    }

    /// The name; `true` and `false` have none.
    pub(crate) fn name(self) -> &'static str {
        self.row().map_or("", |row| row.name)
    }

    /// What becomes of the base weight when an adapter is loaded.
    #[must_use]
    pub fn loading(self) -> Loading {
        match self {
            Self::PissaNiter => Redrawn,
            Self::Plain | Self::Random => Kept,
            other => other.row().map_or(Impossible, |row| row.loading),
        }
    }

    /// Whether an adapter, once loaded, is an update of the base model as it is.
    #[must_use]
    pub fn leaves_the_base_alone(self) -> bool {
        self.loading() == Kept
    }

    /// Whether a module that is not trained yet computes what the base model does: the product of A and B is zero, or just
    /// what was taken out of the base weight.
    #[cfg(feature = "oracle")]
    pub(crate) fn begins_as_nothing(self) -> bool {
        self != Self::Random && matches!(self.loading(), Kept | Reduced | Redrawn)
    }

    /// What is asked of the rank.
    #[must_use]
    pub fn rank_need(self) -> RankNeed {
        match self {
            Self::Unknown => Unsure,
            other => other.row().map_or(Any, |row| row.rank),
        }
    }

    /// Whether training may have begun with a part taken out of the base weight that is not taken out when the adapter is
    /// loaded: LoRA-GA does so where gradients were gathered before (`lora_ga_init` in `tuners/lora/layer.py`).
    pub(crate) fn may_have_trained_beside_another_base(self) -> bool {
        self == Self::LoraGa
    }

    /// Whether B stays as it begins.
    pub(crate) fn freezes_b(self) -> bool {
        self == Self::Mica
    }
}

/// `pissa_niter_4`: PiSSA by so many iterations. Python's `int` takes the number.
fn approximation(text: &str) -> LoraInit {
    match text.split("_niter_").collect::<Vec<_>>()[..] {
        [_, number] if number.trim().parse::<i64>().is_ok() => LoraInit::PissaNiter,
        _ => LoraInit::Unknown,
    }
}
