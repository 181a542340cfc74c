//! What each use makes of a value.

mod flags;
mod names;
mod numbers;
mod objects;
mod texts;

use flags::{flag, flag_or, hashed_flag, iterated, not_text, nothing_else, sized, strict_flag};
use names::{feed_forward, layers, layers_pattern, names, parameters, replication, saved, targets};
use numbers::{
    bounded, chance, chance_scaled, count, divisor, dropout, effective_rank, even, floating, idle, integers_or_null,
    integral, integral_or_null, last, multiplied, number, probability, rows, seed, seed_or_flag, seeds, size, tokens,
    tokens_or_nothing, unset_number, whole,
};
use objects::{adapters, kept, patterns, settings, strict_settings, unread};
use texts::{bias, choice, choice_else, init, init_exact, lora_init, orthogonal_or_none, repository};

use super::{Flaw, Judgement, Use};
use crate::python::is_true;
use crate::value::Value;
use Judgement::{Fine, Loose, Refused};

/// One line for each use; where two lines are of the same, the first is of values that are told apart from the rest.
pub(super) fn judge(used: Use, value: &Value) -> Judgement {
    if *value == Value::Null && may_be_null(used) {
        return Fine;
    }
    match used {
        Use::Anything => Fine,
        Use::Flag => flag(value),
        Use::FlagOr(texts) => flag_or(texts, value),
        Use::HashedFlag => hashed_flag(value),
        Use::StrictFlag => strict_flag(value),
        Use::Init(texts) => init(texts, value),
        Use::InitExact(texts) => init_exact(texts, value),
        Use::OrthogonalOrNone => orthogonal_or_none(value),
        Use::NumberIfSet | Use::CountIfSet(_) | Use::FractionIfSet | Use::ChanceScaled if !is_true(value) => {
            unset_number(value)
        }
        Use::CountIfSet(least) | Use::CountOrNull(least) | Use::Count(least) => count(least, value),
        Use::Last => last(value),
        Use::Idle(used, most, why) => idle(judge(*used, value), most, why, value),
        Use::Size(least) | Use::SizeOrNull(least) => size(least, value),
        Use::Integral(least) => integral(least, value),
        Use::IntegralOrNull(least) => integral_or_null(least, value),
        Use::Whole => whole(value),
        Use::Even => even(value),
        Use::EffectiveRank => effective_rank(value),
        Use::Seed | Use::SeedOrNull => seed(value),
        Use::SeedOrFlag => seed_or_flag(value),
        Use::Seeds => seeds(value),
        Use::Divisor => divisor(value),
        Use::Number | Use::NumberIfSet => number(value),
        Use::Chance => chance(value),
        Use::ChanceScaled => chance_scaled(value),
        Use::Floating => floating(value),
        Use::Multiplied => multiplied(value),
        Use::Probability => probability(value),
        Use::Dropout => dropout(value),
        Use::Positive => bounded(value, |number| number > 0.0, "it must be above 0"),
        Use::Above(least) => bounded(value, |number| number > least, "it is too small"),
        Use::Fraction => bounded(value, |number| (0.0..1.0).contains(&number), OUT),
        Use::FractionIfSet => bounded(value, |number| (0.0..=1.0).contains(&number), OUT),
        Use::Between(least, most) => bounded(value, |number| (least..=most).contains(&number), OUT),
        Use::Inside(least, most) | Use::InsideOrNull(least, most) => {
            bounded(value, |number| number > least && number < most, OUT)
        }
        Use::Sized => sized(value),
        Use::Iterated => iterated(value),
        Use::NotText => not_text(value),
        Use::Nothing => nothing_else(value),
        Use::Choice(texts) | Use::ChoiceOrNull(texts) => choice(texts, value),
        Use::ChoiceElse(texts, other) => choice_else(texts, other, value),
        Use::Bias(own) => bias(own, value),
        Use::LoraInit => lora_init(value),
        Use::Repository => repository(value),
        Use::Integers => tokens(value),
        Use::IntegersOrNull => integers_or_null(value),
        Use::Tokens => tokens_or_nothing(value),
        Use::Rows => rows(value),
        Use::Names if !is_true(value) => nothing(value),
        Use::Names => names(value),
        Use::Targets => targets(value),
        Use::FeedForward => feed_forward(value),
        Use::Saved => saved(value),
        Use::Parameters => parameters(value),
        Use::Layers => layers(value),
        Use::LayersPattern => layers_pattern(value),
        Use::Replication => replication(value),
        Use::Patterns(of) => patterns(*of, value),
        Use::Kept => kept(value),
        Use::Adapters => adapters(value),
        Use::Settings(keys) => settings(keys, value),
        Use::UnreadSettings(_) if value.as_map().is_none() => unread(value),
        Use::StrictSettings(keys) | Use::UnreadSettings(keys) => strict_settings(keys, value),
    }
}

/// Why a number is refused that is not within its bounds.
const OUT: &str = "it is out of bounds";

/// Whether null is as good as no value, whatever the use makes of others.
fn may_be_null(used: Use) -> bool {
    matches!(
        used,
        Use::InsideOrNull(..)
            | Use::SeedOrNull
            | Use::IntegersOrNull
            | Use::CountOrNull(_)
            | Use::SizeOrNull(_)
            | Use::ChoiceOrNull(_)
            | Use::ChoiceElse(..)
    )
}

fn wrong(why: &str) -> Judgement {
    Refused(Flaw::Type, why.to_owned())
}

/// Null is meant where nothing is; other empty values do the same.
fn nothing(value: &Value) -> Judgement {
    match value {
        Value::Null | Value::List(_) => Fine,
        _ => Loose("PEFT treats it as not set".to_owned()),
    }
}
