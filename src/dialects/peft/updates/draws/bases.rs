use ndarray::Array3;

use super::{Drawn, Place, bounded, seed, torch, wide};
use crate::dialects::peft::updates::{Settings, UpdateError};
use crate::methods::MethodError;

/// RandLoRA (`tuners/randlora/model.py`): both bases from one generator, as large as the largest module asks for, and
/// divided by their deviation. They are of bfloat16, which torch has on every processor and on all but old GPUs; sparse
/// ones are of single precision.
pub(super) fn bases(config: Settings<'_>, places: &[Place]) -> Result<Drawn, UpdateError> {
    // Where the file has both, nothing is asked for.
    if places.is_empty() {
        return Ok(Drawn::default());
    }
    let rank = config.size("r").max(1);
    let outputs = places.iter().map(|place| place.shape.0).max().unwrap_or_default();
    let inputs = places.iter().map(|place| place.shape.1).max().unwrap_or_default();
    let (least, most) = (outputs.min(inputs), outputs.max(inputs));
    let count = least.div_ceil(rank);
    let mut twister = torch::Twister::new(seed(config, "projection_prng_key")?);
    let (first, second) = (bounded(&[rank, least])?, bounded(&[most, count, rank])?);
    let sparsity = match (config.truth("very_sparse"), config.truth("sparse")) {
        (true, _) => Some((least as f64).sqrt()),
        (_, true) => Some(3.0),
        _ => None,
    };
    let (a, b) = match sparsity {
        Some(sparsity) => {
            let mut signs = |count: usize| signs(twister.uniform(count, 0.0, 1.0), sparsity);
            (signs(first), signs(second))
        }
        None => (kaiming(&mut twister, first, least), dense(&mut twister, (most, count, rank))),
    };
    let round = if sparsity.is_some() { |value: f64| value } else { half };
    let (a, b) = (wide(scaled(a, round)?, (rank, 1, least))?, wide(scaled(b, round)?, (most, count, rank))?);
    Ok(Drawn {
        shared: vec![("randlora_A".to_owned(), a.into()), ("randlora_B".to_owned(), b.into())],
        ..Drawn::default()
    })
}

/// The second matrix, one base after the other.
fn dense(twister: &mut torch::Twister, (rows, count, rank): (usize, usize, usize)) -> Vec<f32> {
    let parts: Vec<Vec<f32>> = (0..count).map(|_| kaiming(twister, rows * rank, rank)).collect();
    Array3::from_shape_fn((rows, count, rank), |(row, base, at)| parts[base][row * rank + at]).into_iter().collect()
}

/// He's uniform initialisation (2015, arXiv:1502.01852) with the slope √5, for so many inputs.
fn kaiming(twister: &mut torch::Twister, count: usize, inputs: usize) -> Vec<f32> {
    let bound = 3.0_f64.sqrt() * ((2.0_f64 / 6.0).sqrt() / (inputs as f64).sqrt());
    twister.uniform_half(count, half::bf16::from_f64(-bound), half::bf16::from_f64(bound))
}

/// Minus one, zero or one, more of zero the larger the sparsity is (Achlioptas 2003, doi:10.1016/S0022-0000(03)00025-4).
fn signs(values: Vec<f32>, sparsity: f64) -> Vec<f32> {
    #[expect(clippy::cast_possible_truncation, reason = "the tensors are of single precision")]
    let (low, high) = ((1.0 / (2.0 * sparsity)) as f32, (1.0 - 1.0 / (2.0 * sparsity)) as f32);
    let sign = |value: f32| f32::from(i8::from(value > high) - i8::from(value < low));
    values.into_iter().map(sign).collect()
}

fn half(value: f64) -> f64 {
    half::bf16::from_f64(value).to_f64()
}

/// Divided by the deviation, every step rounded to the type.
fn scaled(values: Vec<f32>, round: impl Fn(f64) -> f64) -> Result<Vec<f32>, MethodError> {
    let count = values.len() as f64;
    let mean = values.iter().map(|value| f64::from(*value)).sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (f64::from(*value) - mean).powi(2)).sum();
    let deviation = round((squares / (count - 1.0)).sqrt());
    if !deviation.is_finite() || deviation <= 0.0 {
        return Err(MethodError::undefined("all numbers that RandLoRA draws for a base are the same"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "the tensors are of single precision at most")]
    let divided = |value: f32| round(f64::from(value) / f64::from(deviation as f32)) as f32;
    Ok(values.into_iter().map(divided).collect())
}
