//! Virtual tokens: what PEFT's prompt methods put before the input.
//!
//! Prompt tuning (Lester et al. 2021, arXiv:2104.08691) puts its vectors [before] the embeddings. P-tuning (Liu et al.
//! 2021, arXiv:2103.10385) puts there what an encoder makes of vectors; the file has what the encoder made, so that it
//! loads as prompt tuning does (`tuners/p_tuning/model.py`, `peft_model.py`, `get_prompt`, PEFT 0.21.2).
//!
//! | tensor | shape | |
//! |---|---|---|
//! | `prompt_embeddings` | `[tokens, width]`; of prefix tuning and cartridges `[tokens, 2 · layers · heads · head size]` | the prompt |
//! | `prefix_task_cols` | `[tasks, tokens, r]` | `U` of multitask prompt tuning |
//! | `prefix_task_rows` | `[tasks, r, width]` | `V` of multitask prompt tuning |

use ndarray::{Array2, Array3, Axis, concatenate, s};

use super::{MethodError, Scalar};

/// Prompts before the embeddings of each example, `[batch, tokens + sequence, width]`.
///
/// # Errors
/// If there is another number of prompts than of examples, or they have another width.
pub fn before<T: Scalar>(prompts: &[Array2<T>], x: &Array3<T>) -> Result<Array3<T>, MethodError> {
    if prompts.len() != x.len_of(Axis(0)) {
        return Err(MethodError::input(format!("{} prompts for {} examples", prompts.len(), x.len_of(Axis(0)))));
    }
    let failed = |error: ndarray::ShapeError| MethodError::input(error.to_string());
    let joined = prompts.iter().zip(x.outer_iter()).map(|(prompt, x)| concatenate(Axis(0), &[prompt.view(), x]));
    let joined = joined.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let views: Vec<_> = joined.iter().map(|example| example.view()).collect();
    ndarray::stack(Axis(0), &views).map_err(failed)
}

/// The prompt of a task in multitask prompt tuning (Wang et al. 2023, arXiv:2303.02861, equation 1): the shared one
/// times a matrix of low rank, element by element (`tuners/multitask_prompt_tuning/model.py`):
///
/// ```text
/// P_k = P ⊙ (U_k · V_k)        P [tokens, width], U [tasks, tokens, r], V [tasks, r, width]
/// ```
///
/// # Errors
/// If there is no such task, or shapes do not meet.
pub fn multitask<T: Scalar>(
    shared: &Array2<T>,
    columns: &Array3<T>,
    rows: &Array3<T>,
    task: usize,
) -> Result<Array2<T>, MethodError> {
    if task >= columns.len_of(Axis(0)) || task >= rows.len_of(Axis(0)) {
        return Err(MethodError::input(format!("there is no task {task}")));
    }
    let (u, v) = (columns.index_axis(Axis(0), task), rows.index_axis(Axis(0), task));
    if u.ncols() != v.nrows() || (u.nrows(), v.ncols()) != shared.dim() {
        return Err(MethodError::input(format!("a task's prompt of {:?} and {:?}", u.dim(), v.dim())));
    }
    Ok(T::product(&u, &v) * shared)
}

/// How far CPT may move tokens, before it is set off against the width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CptLimits {
    /// Those of inputs: `opt_projection_epsilon`.
    pub input: f64,
    /// Those of the template: `opt_projection_format_epsilon`.
    pub format: f64,
}

/// The prompt of context-aware prompt tuning (Blau et al. 2024, arXiv:2410.17222): embeddings of tokens, each moved by
/// no more than its kind may be (`tuners/cpt/model.py`):
///
/// ```text
/// e_i + δ_i · min(1, ε_i / ‖δ_i‖)        ε_i = limit · √(width / 2048)
/// ```
///
/// The kind of a token is the remainder of its number by 4: 1 and 3 are the template, 2 is input, and what is 0 may move
/// by `10⁻¹⁰`, as may all that is not above 0. The file has this prompt, so that it too loads as prompt tuning does.
///
/// # Errors
/// If shapes do not meet.
pub fn cpt<T: Scalar>(
    embeddings: &Array2<T>,
    moves: &Array2<T>,
    kinds: &[i64],
    limits: CptLimits,
) -> Result<Array2<T>, MethodError> {
    if embeddings.dim() != moves.dim() || kinds.len() != moves.nrows() {
        return Err(MethodError::input(format!("{} kinds of tokens for moves of {:?}", kinds.len(), moves.dim())));
    }
    let width = (T::of(moves.ncols() as f64) / T::of(2048.0)).sqrt();
    let mut prompt = embeddings.clone();
    for ((mut row, moved), kind) in prompt.outer_iter_mut().zip(moves.outer_iter()).zip(kinds) {
        let limit = match kind % 4 {
            1 | 3 if *kind > 0 => T::of(limits.format) * width,
            2 if *kind > 0 => T::of(limits.input) * width,
            _ => T::of(1e-10),
        };
        let length = moved.dot(&moved).sqrt();
        if length > T::zero() {
            row.scaled_add(limit / length.max(limit), &moved);
        }
    }
    Ok(prompt)
}

/// The keys and values of every layer, key before value, each `[heads, tokens, head size]`: prefix tuning (Li and Liang
/// 2021, arXiv:2101.00190) and Cartridges (Eyuboglu et al. 2025, arXiv:2506.06266) keep them side by side for each
/// token, `[tokens, 2 · layers · heads · head size]` (`peft_model.py`, `get_prompt`).
///
/// # Errors
/// If they do not divide.
pub fn cached<T: Scalar>(own: &Array2<T>, layers: usize, heads: usize) -> Result<Vec<Array3<T>>, MethodError> {
    let parts = layers.checked_mul(2).and_then(|parts| parts.checked_mul(heads)).unwrap_or_default();
    if parts == 0 || !own.ncols().is_multiple_of(parts) {
        return Err(MethodError::input(format!(
            "{} numbers a token for {layers} layers of {heads} heads",
            own.ncols()
        )));
    }
    let size = own.ncols() / parts;
    let part = |at: usize| {
        let part = own.slice(s![.., at * heads * size..(at + 1) * heads * size]);
        Array3::from_shape_fn((heads, own.nrows(), size), |(head, token, unit)| part[(token, head * size + unit)])
    };
    Ok((0..layers * 2).map(part).collect())
}
