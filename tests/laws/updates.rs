//! Laws of PEFT's changes of a layer, on arrays that no library recorded.

use adapter_spec::methods::linear::Linear;
use adapter_spec::methods::updates::{
    Bat, Block, Dora, Hira, Kept, LowRank, Replaced, Scaling, Update, affine, circulant, fourier, gralora, hra, lokr,
    miss, oft, scatter,
};
use ndarray::{Array, Array1, Array2, Array3, Dimension, ShapeBuilder, s};
use proptest::prelude::*;

/// Numbers that look drawn, the same for the same seed.
fn numbers<Sh: ShapeBuilder<Dim = D>, D: Dimension>(shape: Sh, seed: u64) -> Array<f64, D> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    Array::from_shape_simple_fn(shape, || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    })
}

fn layer(outputs: usize, inputs: usize, seed: u64) -> Linear<f64> {
    Linear { weight: numbers((outputs, inputs), seed), bias: Some(numbers(outputs, seed + 1)) }
}

fn distance(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    assert_eq!(a.dim(), b.dim());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// Updates of a layer of `4k × 4k`.
fn all(k: usize, seed: u64) -> Vec<(bool, Box<dyn Update<f64>>)> {
    let n = 4 * k;
    let low = || LowRank::new(1.5, numbers((3, n), seed + 2), numbers((n, 3), seed + 3), Some(numbers(n, seed + 4)));
    let kept = |delta: Array2<f64>| -> Box<dyn Update<f64>> { Box::new(Kept { delta, bias: None }) };
    let places: Vec<(usize, usize)> = (0..n).map(|at| (at, (at * 3 + 1) % n)).collect();
    let spectrum: Array1<f64> = numbers(n, seed + 5);
    let blocks: Array3<f64> = numbers((k, 4, 4), seed + 6);
    vec![
        (true, Box::new(low())),
        (true, kept(circulant(&numbers((4, 4, k), seed + 7), (n, n)).expect("it fits"))),
        (true, kept(fourier(3.0, &spectrum, &places, (n, n)).expect("it fits"))),
        (true, kept(scatter(&spectrum, &places, (n, n)).expect("it fits"))),
        (true, kept(miss(&numbers((3, n), seed + 8), (n, n)).expect("it fits"))),
        (true, kept(lokr(0.5, &numbers((4, 4), seed), &numbers((k, k), seed + 1), n * n).expect("it fits"))),
        (true, kept(gralora(&numbers((2, n / 2, 4), seed), &numbers((2, 4, n / 2), seed + 1)).expect("it fits"))),
        (false, Box::new(Dora { update: low(), magnitude: numbers(n, seed + 9).mapv(|m| m + 1.0) })),
        (false, Box::new(Bat { blocks })),
        (false, Box::new(Scaling::Outputs(numbers(n, seed + 10)))),
        (false, Box::new(Scaling::Inputs(numbers(n, seed + 11)))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_merged_layer_computes_what_the_adapted_one_does(k in 1_usize..5, seed in 1_u64..1_000_000) {
        let (base, x) = (layer(4 * k, 4 * k, seed), numbers((3, 4 * k), seed + 20));
        for (at, (_, update)) in all(k, seed).into_iter().enumerate() {
            let adapted = update.forward(&base, &x).expect("it fits");
            let merged = affine(&update.merged(&base).expect("it fits"), &x).expect("it fits");
            prop_assert!(distance(&adapted, &merged) < 1e-12, "update {at}");
        }
    }

    #[test]
    fn the_change_is_what_merging_adds(k in 1_usize..5, seed in 1_u64..1_000_000) {
        let base = layer(4 * k, 4 * k, seed);
        for (at, (_, update)) in all(k, seed).into_iter().enumerate() {
            let added = update.merged(&base).expect("it fits").weight - &base.weight;
            // DoRA's own change has the lengths in it, too.
            prop_assert!(distance(&update.delta(&base).expect("it fits"), &added) < 1e-12, "update {at}");
        }
    }

    #[test]
    fn blocks_of_the_merged_weight_are_those_of_the_whole(k in 1_usize..5, seed in 1_u64..1_000_000, cut in 0_usize..21) {
        let n = 4 * k;
        let base = layer(n, n, seed);
        let others: [Box<dyn Update<f64>>; 4] = [
            Box::new(oft(&numbers((k, 6), seed), None, None).expect("a rotation")),
            Box::new(hra(&numbers((n, 3), seed), false)),
            Box::new(Hira { a: numbers((3, n), seed + 2), b: numbers((n, 3), seed + 3) }),
            Box::new(Replaced::Tokens { tokens: vec![n - 1, 0, n - 1], rows: numbers((3, n), seed + 4) }),
        ];
        let cut = cut.min(n);
        for (at, update) in all(k, seed).into_iter().map(|(_, update)| update).chain(others).enumerate() {
            let merged = update.merged(&base).expect("it fits").weight;
            let mut served = 0;
            for (rows, columns) in [(0..cut, 0..n), (cut..n, 0..n), (0..n, 0..cut), (0..n, cut..n), (0..cut, cut..n)] {
                let of = |weight: &Array2<f64>| weight.slice(s![rows.clone(), columns.clone()]).to_owned();
                let block = Block { rows: rows.clone(), columns: columns.clone(), of: (n, n) };
                if let Some(part) = update.merged_block(&block, of(&base.weight)) {
                    prop_assert!(distance(&part.expect("it fits"), &of(&merged)) < 1e-12, "update {at}, {block:?}");
                    served += 1;
                }
            }
            // All but MiSS's `bat`, which turns blocks by one another; some need whole rows.
            prop_assert!(served >= if at == 8 { 0 } else { 2 }, "update {at} gives {served} blocks");
        }
    }

    #[test]
    fn additive_changes_do_not_know_the_weight(k in 1_usize..5, seed in 1_u64..1_000_000) {
        let (one, two) = (layer(4 * k, 4 * k, seed), layer(4 * k, 4 * k, seed + 99));
        for (at, (is_additive, update)) in all(k, seed).into_iter().enumerate() {
            let (one, two) = (update.delta(&one).expect("it fits"), update.delta(&two).expect("it fits"));
            prop_assert_eq!(is_additive, distance(&one, &two) == 0.0, "update {}", at);
        }
    }

    #[test]
    fn rotations_keep_the_lengths_of_rows(k in 1_usize..5, seed in 1_u64..1_000_000) {
        let base = layer(6, 4 * k, seed);
        let length = |weight: &Array2<f64>| weight.map_axis(ndarray::Axis(1), |row| row.dot(&row).sqrt());
        let turned = [
            oft(&numbers((k, 6), seed), None, None).expect("a rotation"),
            oft(&numbers((1, 6), seed), None, None).expect("a rotation"),
            hra(&numbers((4 * k, 3), seed), false),
            hra(&numbers((4 * k, 3), seed), true),
        ];
        for update in turned {
            let merged = update.merged(&base).expect("it fits").weight;
            let off = (length(&merged) - length(&base.weight)).mapv(f64::abs);
            prop_assert!(off.iter().all(|off| *off < 1e-12), "{off}");
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error(k in 1_usize..4, more in 1_usize..3, seed in 1_u64..1_000_000) {
        let base = layer(4 * k + more, 4 * k + more, seed);
        for (at, (_, update)) in all(k, seed).into_iter().enumerate() {
            prop_assert!(update.merged(&base).is_err(), "update {at}");
        }
    }
}
