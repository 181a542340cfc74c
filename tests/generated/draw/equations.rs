//! A picture is an equation: what flows through it, with numbers, is what the library's equations give.

use std::collections::BTreeMap;

use adapter_spec::dialects::adapterhub::load::Kind;
use adapter_spec::dialects::adapterhub::modules::{Module, members};
use adapter_spec::dialects::adapterhub::slots::{Site, place};
use adapter_spec::document::json;
use adapter_spec::draw::scene::{Flow, Paint, Shape, Step};
use adapter_spec::draw::{self, Base};
use adapter_spec::methods::States;
use adapter_spec::methods::bottleneck::Bottleneck;
use adapter_spec::methods::bottleneck_place::BottleneckPlace;
use adapter_spec::methods::composition::{Pass, Setup};
use adapter_spec::methods::layer_norm::LayerNorm;
use adapter_spec::methods::parameters::Parameters;
use adapter_spec::models::{Model, Norm};
use ndarray::{Array1, Array3};

use super::inside::{Inside, fill};
use super::load;

const HIDDEN: usize = 8;

/// Numbers without a pattern.
pub(super) fn numbers(seed: &mut u64) -> f64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 40) as f64 / f64::from(1 << 23) - 1.0
}

pub(super) fn states(seed: &mut u64) -> States<f64> {
    Array3::from_shape_simple_fn((1, 2, HIDDEN), || numbers(seed)).into_shared()
}

fn norm(seed: &mut u64) -> LayerNorm<f64> {
    let mut values = || Array1::from_shape_simple_fn(HIDDEN, || numbers(seed));
    LayerNorm { weight: values(), bias: values(), epsilon: 1e-5 }
}

/// What is known of the block that is followed through the picture.
struct World {
    block: States<f64>,
    norm: LayerNorm<f64>,
    own: BTreeMap<&'static str, LayerNorm<f64>>,
    /// The adapter as its panel shows it.
    inside: Inside,
}

impl World {
    /// What a step makes of the state; `before` is the one before the step below.
    fn step(&self, step: &Step, before: &States<f64>, state: &States<f64>, brought: &[States<f64>]) -> States<f64> {
        let sum = brought.iter().fold(state.clone(), |sum, other| (sum + other).into_shared());
        match (step.shape, step.paint) {
            (Shape::Sum, _) => sum,
            (Shape::Hourglass, _) => self.inside.run(if self.inside.begins_before_the_norm() { before } else { state }),
            (Shape::Box, Paint::Norm) => self.norm.forward(&sum).into_shared(),
            (Shape::Box, Paint::Member(_)) => {
                let key = step.label.iter().flatten().find_map(|span| self.own.get(span.text.as_str()));
                key.expect("a norm of the adapter's own").forward(&sum).into_shared()
            }
            (Shape::Box, Paint::Base) => self.block.clone(),
            other => panic!("{other:?} is in the way"),
        }
    }
}

/// Follows the state from the input `x` of the feed-forward block to the end of the layer.
fn follow(flow: &Flow, world: &World, x: &States<f64>, has_entrance: bool) -> States<f64> {
    let (_, last) = flow.frame.expect("a layer has a frame");
    let block = flow.steps.iter().position(|step| step.text == "Feed-forward").expect("there is one");
    let first = block - usize::from(has_entrance);
    let mut points = BTreeMap::from([(first, x.clone())]);
    for index in first..=last {
        let step = &flow.steps[index];
        let mut brought: Vec<States<f64>> =
            flow.wires.iter().filter(|wire| wire.to == index).map(|wire| points[&wire.from].clone()).collect();
        for branch in flow.branches.iter().filter(|branch| branch.to == index) {
            let begin = points[&branch.from].clone();
            let (_, end) = branch.steps.iter().fold((begin.clone(), begin), |(before, state), step| {
                let after = world.step(step, &before, &state, &[]);
                (state, after)
            });
            brought.push(end);
        }
        let before = points.get(&index.wrapping_sub(1)).unwrap_or(&points[&index]);
        let after = world.step(step, before, &points[&index], &brought);
        points.insert(index + 1, after);
    }
    points[&(last + 1)].clone()
}

fn check(text: &str, model: &Model, seed: &mut u64) -> bool {
    let config = load(Kind::Adapter, text);
    let placed = place(&members(&config).expect("typed"), "a", model).expect("it can be placed");
    let module = placed.iter().find(|placed| placed.site == Site::OutputAdapters).expect("there is an adapter");
    let Module::Bottleneck(architecture) = &module.module else { panic!("{module:?} is no bottleneck") };
    let parameters = fill(architecture.parameters(), seed);
    let adapter = Bottleneck::new((**architecture).clone(), &parameters, &Parameters::new());
    let adapter = adapter.expect("all parameters are there");
    let own = ["ln_before", "ln_after"].into_iter().filter_map(|key| {
        let vector = |part: &str| {
            let values = parameters.get(&format!("{key}.{part}"))?.clone();
            Some(Array1::from_iter(values))
        };
        Some((key, LayerNorm { weight: vector("weight")?, bias: vector("bias")?, epsilon: 1e-5 }))
    });
    let own = own.collect();
    let scene = draw::adapter("a", &config, Some(Base { name: "m", model })).expect("it can be drawn");
    let (flow, activation) = (scene.panels[0].flow.clone(), architecture.activation);
    let inside = Inside { flow, parameters, activation, frozen: None };
    let world = World { block: states(seed), norm: norm(seed), own, inside };
    let x = states(seed);
    let has_norm = model.support.expect("a known type").output_norm == Norm::Given;
    let place = BottleneckPlace { adapters: BTreeMap::from([("a".to_owned(), adapter)]), ..BottleneckPlace::default() };
    // As the library parses the name of one adapter.
    let setup = Setup::Stack(vec![Setup::Single("a".to_owned())]);
    let expected =
        place.forward(Some(&setup), &world.block, Some(&x), has_norm.then_some(&world.norm), &mut Pass::default());
    let Ok(expected) = expected else {
        assert!(scene.notes.iter().any(|note| note.contains("fails")), "{text}: {:?}", scene.notes);
        return false;
    };
    let found = follow(&scene.columns[0].flow, &world, &x, !has_norm);
    let worst = (&found - &expected).iter().fold(0.0_f64, |worst, off| worst.max(off.abs()));
    assert!(worst < 1e-10, "{text} in {}: {worst} off", model.model_type);
    true
}

#[test]
fn what_is_drawn_is_what_the_library_computes() {
    let models = [
        r#"{"model_type": "bert", "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}"#,
        r#"{"model_type": "llama", "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}"#,
    ];
    let (mut seed, mut computed) = (7, 0);
    for model in models {
        let model = json::parse(model).0.as_ref().and_then(Model::from_config).expect("a model");
        for flags in 0..128_u32 {
            let is = |bit: u32| if flags >> bit & 1 == 1 { "True" } else { "False" };
            for residual in ["True", "False", "'post_add'"] {
                let text = format!(
                    "seq_bn[reduction_factor=2,original_ln_before={},original_ln_after={},ln_before={},ln_after={},\
                     adapter_residual_before_ln={},is_parallel={},use_gating={},residual_before_ln={residual},\
                     scaling=4.0]",
                    is(0),
                    is(1),
                    is(2),
                    is(3),
                    is(4),
                    is(5),
                    is(6)
                );
                computed += usize::from(check(&text, &model, &mut seed));
            }
        }
    }
    // All but "post_add" of a sequential adapter where it is not defined.
    assert_eq!(computed, 2 * (2 * 192 - 16 - 32));
}
