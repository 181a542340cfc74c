//! Laws of the methods, on random architectures and weights: what is inverted comes back, what is merged computes the
//! same, and a composition is what its parts are.

use std::collections::BTreeMap;

use adapter_spec::methods::activation::Function;
use adapter_spec::methods::adapted_linear::{AdaptedLinear, Update};
use adapter_spec::methods::bottleneck::{self, Bottleneck, Residual, Scaling};
use adapter_spec::methods::bottleneck_place::BottleneckPlace;
use adapter_spec::methods::composition::{Pass, Setup};
use adapter_spec::methods::coupling::{self, Coupling, Kind};
use adapter_spec::methods::fusion::{self, Fusion};
use adapter_spec::methods::ia3::{self, Ia3};
use adapter_spec::methods::layer_norm::LayerNorm;
use adapter_spec::methods::linear::Linear;
use adapter_spec::methods::lora::{self, Lora};
use adapter_spec::methods::mtl_lora::{self, MtlLora};
use adapter_spec::methods::orthogonal::orthogonal;
use adapter_spec::methods::parameters::{Parameter, Parameters};
use adapter_spec::methods::prefix_tuning::{self, Prefix, Reparameterization};
use adapter_spec::methods::reft::{self, Extent, Reft};
use adapter_spec::methods::vera::{self, Vera};
use adapter_spec::methods::{Scalar, States, averaging};
use ndarray::{Array, Array1, Array2, ArrayD, Axis, Dimension, ShapeBuilder, concatenate, s};
use proptest::prelude::*;

/// How far two ways to the same result may be apart in double precision.
const NEAR: f64 = 1e-9;

/// Random numbers by a linear congruential generator: the same seed, the same arrays.
struct Random(u64);

impl Random {
    fn number(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 33).unwrap_or_default()) / f64::from(1_u32 << 30) - 1.0
    }

    fn array<D: Dimension, S: ShapeBuilder<Dim = D>>(&mut self, shape: S) -> Array<f64, D> {
        Array::from_shape_simple_fn(shape, || self.number())
    }

    fn parameters(&mut self, expected: &[Parameter]) -> Parameters<f64> {
        let mut parameters = Parameters::new();
        for parameter in expected {
            parameters.insert(parameter.role.clone(), self.array(parameter.sizes()));
        }
        parameters
    }
}

fn near<D: Dimension>(a: &Array<f64, D>, b: &Array<f64, D>) -> Result<(), TestCaseError> {
    prop_assert_eq!(a.shape(), b.shape());
    let scale = b.iter().fold(1.0_f64, |scale, value| scale.max(value.abs()));
    for (a, b) in a.iter().zip(b) {
        prop_assert!((a - b).abs() <= NEAR * scale, "{a} and {b} differ");
    }
    Ok(())
}

fn function() -> impl Strategy<Value = Function> {
    prop::sample::select(Function::ALL.to_vec())
}

prop_compose! {
    fn adapter()(
        hidden in 1_usize..9,
        width in 1_usize..5,
        activation in function(),
        [parallel, original_ln_before, original_ln_after, ln_before, ln_after, early, gating] in any::<[bool; 7]>(),
        residual in prop::sample::select(vec![Residual::BlockOutput, Residual::Sum, Residual::Input]),
        scaling in prop::sample::select(vec![Scaling::Constant(1.5), Scaling::Learned, Scaling::Channel]),
    ) -> bottleneck::Architecture {
        bottleneck::Architecture {
            hidden, width, activation, hypercomplex: None, parallel, original_ln_before, original_ln_after,
            // Behind the sum there is nothing to take if the layer norm does not come first.
            residual: if original_ln_before { residual } else { Residual::Input },
            ln_before, ln_after, residual_before_ln_after: early, scaling, gating,
        }
    }
}

fn norm(random: &mut Random, size: usize) -> LayerNorm<f64> {
    LayerNorm { weight: random.array(size), bias: random.array(size), epsilon: 1e-12 }
}

fn place(random: &mut Random, architecture: &bottleneck::Architecture, names: &[&str]) -> BottleneckPlace<f64> {
    let mut place = BottleneckPlace::default();
    for name in names {
        let own = random.parameters(&architecture.parameters());
        let adapter =
            Bottleneck::new(architecture.clone(), &own, &Parameters::new()).expect("all parameters are there");
        place.adapters.insert((*name).to_owned(), adapter);
    }
    place
}

fn layer(random: &mut Random, (outputs, inputs): (usize, usize), bias: bool) -> AdaptedLinear<f64> {
    let bias = bias.then(|| random.array(outputs));
    AdaptedLinear::new(Linear { weight: random.array((outputs, inputs)), bias })
}

proptest! {
    #[test]
    fn an_invertible_adapter_is_undone(
        seed: u64, embedding in 2_usize..9, nice: bool, activation in function(), factor in 1.0_f64..3.0,
    ) {
        let mut random = Random(seed);
        let kind = if nice { Kind::Nice } else { Kind::Glow };
        let architecture = coupling::Architecture { kind, embedding, reduction_factor: factor, activation };
        let own = random.parameters(&architecture.parameters());
        let coupling = Coupling::new(architecture, &own).expect("all parameters are there");
        let x = random.array((2, 3, embedding));
        near(&coupling.inverse(&coupling.forward(&x).expect("fits")).expect("fits"), &x)?;
        near(&coupling.forward(&coupling.inverse(&x).expect("fits")).expect("fits"), &x)?;
    }

    #[test]
    fn a_merged_update_computes_the_same(seed: u64, inputs in 1_usize..7, outputs in 1_usize..7, rank in 1_usize..4, kind in 0..5) {
        let mut random = Random(seed);
        let alpha = if kind == 4 { rank as f64 } else { 3.0 };
        let sizes = lora::Architecture { inputs, outputs, rank, alpha, gates: 0, magnitude: kind == 4, groups: 1 };
        // (IA)³ and DoRA scale the bias too, which the library leaves as it is when it merges.
        let mut layer = layer(&mut random, (outputs, inputs), kind < 3);
        let update = match kind {
            0 | 4 => Update::Lora(Lora::new(sizes, &random.parameters(&sizes.parameters())).expect("complete")),
            1 => {
                let vera = vera::Architecture(sizes);
                let (own, shared) = (random.parameters(&vera.parameters()), random.parameters(&vera.shared_parameters()));
                Update::Vera(Vera::new(vera, &own, &shared).expect("complete"))
            }
            2 => {
                let mtl = mtl_lora::Architecture { lora: sizes, up_projections: 2, sharpness: 0.5 };
                Update::MtlLora(MtlLora::new(mtl, &random.parameters(&mtl.parameters())).expect("complete"))
            }
            _ => {
                let ia3 = ia3::Architecture { inputs, outputs, alpha, gates: 0 };
                Update::Ia3(Ia3::new(ia3, &random.parameters(&ia3.parameters())).expect("complete"))
            }
        };
        layer.updates.insert("a".to_owned(), update);
        let x = random.array((2, 3, inputs)).into_shared();
        let y = layer.forward(Some(&Setup::stack(["a"])), &x, &mut Pass::default()).expect("fits");
        let merged = layer.merge("a").expect("no gate");
        let linear = Linear { weight: merged.weight.clone(), bias: layer.base.bias.clone() };
        near(&linear.forward(&x), &y)?;
        near(&layer.unmerge("a", &merged).expect("no gate"), &layer.base.weight)?;
    }

    #[test]
    fn a_stack_of_one_is_the_adapter(seed: u64, architecture in adapter()) {
        let mut random = Random(seed);
        let place = place(&mut random, &architecture, &["a"]);
        let norm = norm(&mut random, architecture.hidden);
        let [output, input] = [0, 1].map(|_| random.array((2, 3, architecture.hidden)).into_shared());
        let composed = place.forward(Some(&Setup::stack(["a"])), &output, Some(&input), Some(&norm), &mut Pass::default());
        let adapter = &place.adapters["a"];
        let before = adapter.before(&output, Some(&input), Some(&norm), false).expect("the residual is defined");
        let after = adapter.forward(&before.input, &before.residual).expect("fits");
        let alone = adapter.after(after.output.into_owned(), &output, Some(&input), Some(&norm)).expect("fits");
        near(&composed.expect("fits"), &alone)?;
    }

    #[test]
    fn parallel_and_batch_split_are_separate_runs(seed: u64, architecture in adapter(), batch in 1_usize..3) {
        // The library lets no parallel adapter end a Parallel block.
        let architecture = bottleneck::Architecture { parallel: false, ..architecture };
        let mut random = Random(seed);
        let place = place(&mut random, &architecture, &["a", "b"]);
        let norm = norm(&mut random, architecture.hidden);
        let [output, input] = [0, 1].map(|_| random.array((batch, 3, architecture.hidden)).into_shared());
        let run = |setup: &Setup, output: &States<f64>, input: &States<f64>| {
            place.forward(Some(setup), output, Some(input), Some(&norm), &mut Pass::default()).expect("fits")
        };
        let single = |name: &str| Setup::Single(name.to_owned());
        let separate = ["a", "b"].map(|name| run(&Setup::stack([name]), &output, &input));
        let joined = concatenate(Axis(0), &[separate[0].view(), separate[1].view()]).expect("same shape");
        let parallel = Setup::Parallel(vec![single("a"), single("b")]);
        near(&run(&parallel, &output, &input), &joined)?;
        let twice = |x: &States<f64>| concatenate(Axis(0), &[x.view(), x.view()]).expect("same shape").into_shared();
        let split = Setup::BatchSplit { children: vec![single("a"), single("b")], batch_sizes: vec![batch, batch] };
        near(&run(&split, &twice(&output), &twice(&input)), &joined)?;
    }

    #[test]
    fn an_update_of_nothing_changes_nothing(seed: u64, inputs in 1_usize..6, outputs in 1_usize..6) {
        let mut random = Random(seed);
        let sizes = lora::Architecture { inputs, outputs, rank: 2, alpha: 4.0, gates: 0, magnitude: false, groups: 1 };
        let mut own = random.parameters(&sizes.parameters());
        own.insert("B", ArrayD::zeros(vec![outputs, 2]));
        let mut layer = layer(&mut random, (outputs, inputs), true);
        layer.updates.insert("a".to_owned(), Update::Lora(Lora::new(sizes, &own).expect("complete")));
        let x = random.array((2, 3, inputs)).into_shared();
        let y = layer.forward(Some(&Setup::stack(["a"])), &x, &mut Pass::default()).expect("fits");
        near(&y, &layer.base.forward(&x))?;
    }

    #[test]
    fn an_ejected_prefix_is_the_same(seed: u64, length in 1_usize..4, layers in 1_usize..4, activation in function()) {
        let mut random = Random(seed);
        let network = Reparameterization { width: 3, activation };
        let architecture = prefix_tuning::Architecture {
            length, layers, heads: 2, head_size: 3, hidden: 6, reparameterization: Some(network),
        };
        let prefix = Prefix::new(architecture, &random.parameters(&architecture.parameters())).expect("complete");
        let flat = prefix_tuning::Architecture { reparameterization: None, ..architecture };
        let mut own = Parameters::new();
        own.insert("flat", prefix.eject().into_dyn());
        let ejected = Prefix::new(flat, &own).expect("complete");
        for layer in 0..layers {
            prop_assert_eq!(prefix.layer(layer), ejected.layer(layer));
        }
        prop_assert!(prefix.layer(layers).is_err());
    }

    #[test]
    fn averages_keep_what_is_equal(seed: u64, weights in prop::collection::vec(0.1_f64..3.0, 1..4)) {
        let mut random = Random(seed);
        let sizes = lora::Architecture { inputs: 5, outputs: 4, rank: 2, alpha: 1.0, gates: 0, magnitude: false, groups: 1 };
        let one = random.parameters(&sizes.parameters());
        let weights = averaging::normalized(&weights);
        let same: Vec<_> = weights.iter().map(|weight| (&one, *weight)).collect();
        let average = averaging::linear(&same).expect("the same parameters");
        for (role, array) in average.iter() {
            near(array, one.get(role).expect("the same roles"))?;
        }
        // One weight of 1 picks its adapter, and only a negative weight makes a difference to A.
        let other = random.parameters(&sizes.parameters());
        prop_assert_eq!(&averaging::linear(&[(&one, 1.0), (&other, 0.0)]).expect("the same parameters"), &one);
        let mixed = [(&one, 0.75), (&other, 0.5)];
        let linear = averaging::linear(&mixed).expect("the same parameters");
        prop_assert_eq!(averaging::linear_only_negate_b(&mixed).expect("A and B"), linear);
        let mixed = [(&one, 0.75), (&other, -0.5)];
        let negated = averaging::linear_only_negate_b(&mixed).expect("A and B");
        let linear = averaging::linear(&mixed).expect("the same parameters");
        prop_assert_eq!(negated.get("B"), linear.get("B"));
        prop_assert_ne!(negated.get("A"), linear.get("A"));
        // With as many singular values as there are, nothing is lost.
        let loras = [&one, &other].map(|own| Lora::new(sizes, own).expect("complete"));
        let (a, b) = averaging::delta_svd(&[(&loras[0], 0.75), (&loras[1], -0.5)], 4).expect("rank 4 of 4 × 5");
        near(&b.dot(&a), &(loras[0].delta() * 0.75 - loras[1].delta() * 0.5))?;
    }

    #[test]
    fn the_projection_of_loreft_is_orthonormal(seed: u64, rank in 1_usize..6, hidden in 1_usize..7) {
        let mut random = Random(seed);
        let mut original: Array2<f64> = random.array((rank, hidden));
        original.diag_mut().mapv_inplace(|value| if value < 0.0 { -1.0 } else { 1.0 });
        let projection = orthogonal(&original, &Array2::eye(rank.max(hidden)));
        let product = if rank <= hidden { projection.dot(&projection.t()) } else { projection.t().dot(&projection) };
        near(&product, &Array2::eye(rank.min(hidden)))?;
    }

    #[test]
    fn interventions_leave_other_positions_alone(seed: u64, prefix in 0_usize..4, suffix in 0_usize..4, tied: bool, subtract: bool) {
        let mut random = Random(seed);
        let architecture = reft::Architecture {
            hidden: 4, rank: 2, prefix, suffix, tied, orthogonal: false, subtract, activation: Function::Identity,
        };
        let reft = Reft::new(architecture, &random.parameters(&architecture.parameters())).expect("complete");
        let x = random.array((2, 8, 4));
        let y = reft.forward(&x, &Extent { first: vec![0, 1], end: vec![8, 8] }).expect("eight positions suffice");
        for (example, first) in [(0, 0), (1, 1)] {
            for position in 0..8 {
                let inside = (first..first + prefix).contains(&position) || position >= 8 - suffix;
                let same = x.slice(s![example, position, ..]) == y.slice(s![example, position, ..]);
                prop_assert_eq!(same, !inside, "position {} of example {}", position, example);
            }
        }
    }

    #[test]
    fn fusion_of_one_adapter_gives_all_weight_to_it(seed: u64, temperature: bool, residual_before: bool, call in 0_u32..2000) {
        let mut random = Random(seed);
        let architecture = fusion::Architecture {
            hidden: 4, query: true, key: true, value: true, query_before_ln: false, residual_before, temperature,
            value_before_softmax: true,
        };
        let own = random.parameters(&architecture.parameters());
        let fusion = Fusion::new(architecture, &own).expect("complete");
        let [query, residual, z] = [0, 1, 2].map(|_| random.array((2, 3, 4)));
        let y = fusion.forward(&query, &z.clone().insert_axis(Axis(2)), &residual, call).expect("fits");
        let value = Linear { weight: own.get("value.weight").cloned().expect("there").into_dimensionality().expect("2"), bias: None };
        let expected = if residual_before { value.forward(&(&z + &residual)) } else { value.forward(&z) + &residual };
        near(&y, &expected)?;
        prop_assert!((1.0..=50.0).contains(&fusion.temperature(call)));
    }

    #[test]
    fn parameters_are_asked_for_by_their_shapes(seed: u64, architecture in adapter()) {
        let expected = architecture.parameters();
        let mut own = Random(seed).parameters(&expected);
        let sizes: BTreeMap<_, _> = own.iter().map(|(role, array)| (role.to_owned(), array.len())).collect();
        let count: usize = expected.iter().filter_map(Parameter::elements).sum();
        prop_assert_eq!(sizes.values().sum::<usize>(), count, "no role appears twice");
        let role = &expected[usize::try_from(seed % 97).unwrap_or(0) % expected.len()].role;
        own.insert(role.clone(), ArrayD::zeros(vec![count + 1]));
        let error = Bottleneck::new(architecture, &own, &Parameters::new()).expect_err("a wrong shape");
        prop_assert!(error.to_string().contains(role.as_str()));
    }
}

#[test]
fn double_and_single_precision_agree_on_activations() {
    for function in Function::ALL {
        if !function.parameters().is_empty() {
            continue;
        }
        for x in [-30.0, -1.5, -0.0, 0.0, 1e-3, 0.7, 6.5, 40.0] {
            let (double, single) = (at::<f64>(function, x), at::<f32>(function, x));
            assert!((double - single).abs() <= 1e-5 * double.abs().max(1.0), "{function:?} at {x}: {double}, {single}");
        }
    }
}

fn at<T: Scalar>(function: Function, x: f64) -> f64 {
    use adapter_spec::methods::activation::Activation;
    let activation = Activation::<T>::new(function, &Parameters::new()).expect("no parameters");
    activation.forward(&Array1::from_elem(1, T::of(x)))[0].wide()
}
