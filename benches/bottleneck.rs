//! One bottleneck layer at BERT-base's size: hidden 768, batch 8 × 128, single precision, one thread.
//!
//! `cargo bench --bench bottleneck` prints the median of many runs in milliseconds for each reduction factor.
//! `benches/against_pytorch.py` runs it beside PyTorch and prints the ratio.

use std::io::Write as _;
use std::time::Instant;

use adapter_spec::methods::States;
use adapter_spec::methods::activation::Function;
use adapter_spec::methods::bottleneck::{Architecture, Bottleneck, Residual, Scaling};
use adapter_spec::methods::bottleneck_place::BottleneckPlace;
use adapter_spec::methods::composition::{Pass, Setup};
use adapter_spec::methods::layer_norm::LayerNorm;
use adapter_spec::methods::parameters::Parameters;
use ndarray::{Array, Array1, IxDyn};

const HIDDEN: usize = 768;
const RUNS: usize = 41;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout();
    for factor in [16, 2] {
        writeln!(out, "reduction_factor {factor}: {:.3} ms", measure(factor))?;
    }
    Ok(())
}

fn measure(factor: usize) -> f64 {
    let architecture = Architecture {
        hidden: HIDDEN,
        width: HIDDEN / factor,
        activation: Function::Relu,
        hypercomplex: None,
        parallel: false,
        original_ln_before: true,
        original_ln_after: true,
        residual: Residual::BlockOutput,
        ln_before: false,
        ln_after: false,
        residual_before_ln_after: true,
        scaling: Scaling::Constant(1.0),
        gating: false,
    };
    let mut own = Parameters::<f32>::new();
    for parameter in architecture.parameters() {
        own.insert(parameter.role.clone(), wave(IxDyn(&parameter.sizes())));
    }
    let adapter = Bottleneck::new(architecture, &own, &Parameters::new()).expect("all parameters are there");
    let mut place = BottleneckPlace::default();
    place.adapters.insert("a".to_owned(), adapter);
    let norm = LayerNorm { weight: Array1::ones(HIDDEN), bias: Array1::zeros(HIDDEN), epsilon: 1e-12 };
    let [output, input]: [States<f32>; 2] = [0, 1].map(|_| wave((8, 128, HIDDEN)).into_shared());
    let setup = Setup::stack(["a"]);
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            let y = place.forward(Some(&setup), &output, Some(&input), Some(&norm), &mut Pass::default());
            std::hint::black_box(y.expect("fits"));
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}

/// Numbers that are neither all alike nor subnormal.
fn wave<D: ndarray::Dimension, S: ndarray::ShapeBuilder<Dim = D>>(shape: S) -> Array<f32, D> {
    let mut step = 0_u16;
    Array::from_shape_simple_fn(shape, || {
        step = step.wrapping_mul(31).wrapping_add(17);
        f32::from(step) / 65_536.0 - 0.5
    })
}
