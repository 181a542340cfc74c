//! What tells an update of PEFT where the weight that it is for is not known: numbers that make the same update of every
//! weight wherever they are the same.

use ndarray::{Array1, Array2, Axis};

use super::sizes::MOST;
use crate::dialects::peft::PeftType::{Adamss, Fourierft, LnTuning, Psoft, TrainableTokens, Waveft};
use crate::dialects::peft::layout::TOKENS;
use crate::dialects::peft::updates::{Given, Settings, Site, update};
use crate::merge_weights::trained_tokens;
use crate::methods::linear::Linear;
use crate::methods::parameters::Parameters;
use crate::methods::updates::matrix::{dot, flat, vector};
use crate::ordered;
use crate::value::Value;

/// For two adapters of one method, a matrix and a vector each.
///
/// - FourierFT, WaveFT: the numbers of the spectrum, times the factor. Their places follow from the seed and the size.
/// - LN tuning: the tensors of the layer that is put in the place of the other.
/// - Trained tokens: the rows, in the order of the tokens.
/// - AdaMSS: `B_k · A_k · N` of each cluster. Which rows these are follows from the weight.
/// - PSOFT: `diag(b) · R · diag(a) - I` between directions of the weight. The factor is divided out again.
pub(super) fn of(config: Settings<'_>, module: &str, tensors: &Parameters<f64>) -> Option<(Array2<f64>, Array1<f64>)> {
    let none = || Array1::zeros(0);
    if tensors.get(TOKENS).is_some() {
        let tokens = trained_tokens(config, module)?;
        return Some((by_token(&tokens, &flat(tensors, TOKENS).ok()?)?, none()));
    }
    let row = |role: &str, factor: f64| Some((vector(tensors, role).ok()? * factor).insert_axis(Axis(0)));
    match config.peft_type() {
        Some(Fourierft) => Some((row("fourierft_spectrum", config.number("scaling"))?, none())),
        Some(Waveft) => Some((row("waveft_spectrum", config.number("scaling"))?, none())),
        Some(LnTuning) => {
            let bias = match tensors.get("ln_tuning_layers.bias") {
                Some(_) => vector(tensors, "ln_tuning_layers.bias").ok()?,
                None => none(),
            };
            Some((row("ln_tuning_layers.weight", 1.0)?, bias))
        }
        Some(TrainableTokens) => {
            let tokens = config.get("token_indices")?.as_list()?;
            let tokens: Vec<u64> = tokens.iter().map(Value::as_u64).collect::<Option<_>>()?;
            Some((by_token(&tokens, &flat(tensors, "trainable_tokens_delta").ok()?)?, none()))
        }
        Some(Adamss) => adamss(tensors),
        Some(Psoft) => Some((psoft(config, module, tensors)?, none())),
        _ => None,
    }
}

/// The change of each cluster's rows, and how many rows it has.
fn adamss(tensors: &Parameters<f64>) -> Option<(Array2<f64>, Array1<f64>)> {
    let basis = flat(tensors, "adamss_newB").ok()?;
    let part = |cluster: usize| {
        let (a, b) = (format!("adamss_A.{cluster}"), format!("adamss_B.{cluster}"));
        tensors.get(&a)?;
        Some((flat(tensors, &a).ok()?, flat(tensors, &b).ok()?))
    };
    let mut all = Array2::zeros((0, basis.ncols()));
    let mut sizes = Vec::new();
    for (a, b) in (0..).map_while(part) {
        let is_small = |columns: usize| b.nrows().checked_mul(columns).is_some_and(|count| count <= MOST);
        if ![a.ncols(), basis.ncols()].into_iter().all(is_small) {
            return None;
        }
        let change = dot(&dot(&b, &a).ok()?, &basis).ok()?;
        sizes.push(change.nrows() as f64);
        all.append(Axis(0), change.view()).ok()?;
    }
    Some((all, Array1::from_vec(sizes)))
}

/// What is learned between directions of the weight, at unit directions in their place.
fn psoft(config: Settings<'_>, module: &str, tensors: &Parameters<f64>) -> Option<Array2<f64>> {
    let rank = match tensors.get("psoft_R.vector_b").or(tensors.get("psoft_R.vector_a")) {
        Some(lengths) => lengths.len(),
        None => config.size("r"),
    };
    let numbers = tensors.get("psoft_R.weight")?.len();
    let fits = [rank.checked_mul(rank)?, rank.checked_mul(rank.checked_sub(1)?)? / 2].contains(&numbers);
    if !fits {
        return None;
    }
    let scaling = config.number("psoft_alpha") / rank as f64;
    let mut drawn = Parameters::new();
    drawn.insert("A", Array2::eye(rank).into_dyn());
    drawn.insert("B", (Array2::eye(rank) / scaling).into_dyn());
    let base = Linear { weight: Array2::zeros((rank, rank)), bias: None };
    let update = update(config, &Site { module, layer: Given::Whole(&base), tensors, drawn: &drawn }).ok()?;
    update.delta(&base).ok()
}

/// Rows in the order of their tokens; of one token the last counts.
fn by_token(tokens: &[u64], rows: &Array2<f64>) -> Option<Array2<f64>> {
    if tokens.len() != rows.nrows() {
        return None;
    }
    let sorted = ordered::map(tokens.iter().enumerate().map(|(at, token)| (*token, at)));
    let mut all = Array2::zeros((sorted.len(), rows.ncols()));
    for ((_, at), mut line) in sorted.iter().zip(all.rows_mut()) {
        line.assign(&rows.row(*at));
    }
    Some(all)
}

/// The tokens that are trained, sorted.
pub(super) fn tokens(config: Settings<'_>, module: &str) -> Option<Vec<u64>> {
    let mut tokens = match config.peft_type() {
        Some(TrainableTokens) => {
            config.get("token_indices")?.as_list()?.iter().map(Value::as_u64).collect::<Option<Vec<_>>>()?
        }
        _ => trained_tokens(config, module)?,
    };
    tokens.sort_unstable();
    tokens.dedup();
    Some(tokens)
}
