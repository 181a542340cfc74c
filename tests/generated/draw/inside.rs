//! The inside of a module is an equation, too: what flows through a panel, with numbers, is what the method computes.

use adapter_spec::dialects::adapterhub::load::Kind;
use adapter_spec::dialects::adapterhub::modules::{Module, members};
use adapter_spec::dialects::adapterhub::slots::{Site, place};
use adapter_spec::document::json;
use adapter_spec::draw::scene::{Flow, Paint, Shape, Step};
use adapter_spec::draw::{self, Base};
use adapter_spec::methods::States;
use adapter_spec::methods::activation::{Activation, Function};
use adapter_spec::methods::dora;
use adapter_spec::methods::gate::Gate;
use adapter_spec::methods::ia3::Ia3;
use adapter_spec::methods::layer_norm::LayerNorm;
use adapter_spec::methods::linear::Linear;
use adapter_spec::methods::lora::Lora;
use adapter_spec::methods::parameters::{Parameter, Parameters};
use adapter_spec::methods::reft::{self, Extent, Reft};
use adapter_spec::methods::vera::Vera;
use adapter_spec::models::Model;
use ndarray::{Array, Array1, Array2, Axis};

use super::equations::{numbers, states};
use super::load;

/// A panel, and numbers for what it names.
pub(super) struct Inside {
    pub(super) flow: Flow,
    pub(super) parameters: Parameters<f64>,
    pub(super) activation: Function,
    /// The weight of the base model that is updated.
    pub(super) frozen: Option<Linear<f64>>,
}

/// Numbers without a pattern for all parameters.
pub(super) fn fill(parameters: Vec<Parameter>, seed: &mut u64) -> Parameters<f64> {
    let mut filled = Parameters::new();
    for parameter in parameters {
        let values = Array::from_shape_simple_fn(parameter.sizes(), || numbers(seed));
        filled.insert(parameter.role.clone(), values);
    }
    filled
}

impl Inside {
    /// Whether the panel begins before the adapter's own first norm, which it then shows.
    pub(super) fn begins_before_the_norm(&self) -> bool {
        self.flow.steps[0].text.contains("before the adapter's norm")
    }

    /// What comes out at the top.
    pub(super) fn run(&self, input: &States<f64>) -> States<f64> {
        let mut points = vec![input.clone()];
        for (index, step) in self.flow.steps.iter().enumerate() {
            let mut state = points[index].clone();
            for branch in self.flow.branches.iter().filter(|branch| branch.to == index) {
                let begin = points[branch.from].clone();
                let brought = branch.steps.iter().fold(begin, |state, step| self.step(step, &state, input));
                state = (&state + &brought).into_shared();
            }
            // A gate without a wire reads the input, as its label says.
            let wire = self.flow.wires.iter().find(|wire| wire.to == index);
            let read = wire.map_or(input, |wire| &points[wire.from]);
            points.push(self.step(step, &state, read));
        }
        points.pop().expect("there are steps")
    }

    fn step(&self, step: &Step, state: &States<f64>, read: &States<f64>) -> States<f64> {
        let after = match (step.shape, step.paint, step.text.as_str()) {
            (Shape::Text | Shape::Sum, ..) => return state.clone(),
            (Shape::Product, ..) => return self.product(step, state, read),
            (Shape::Box, Paint::Base, _) => self.frozen.as_ref().expect("a weight").forward(state),
            (Shape::Box, _, "Norm") => {
                let own = self.linear("ln_before");
                let weight = own.weight.index_axis_move(Axis(0), 0);
                LayerNorm { weight, bias: own.bias.expect("a bias"), epsilon: 1e-5 }.forward(state)
            }
            (Shape::Box, _, "f") => self.activation().forward(state),
            (_, _, "W down") => self.linear("down").forward(state),
            (_, _, "W up") => self.linear("up").forward(state),
            (_, _, "A" | "B") => self.map(&step.text).forward(state),
            (_, _, "Λ_d") => self.map("D").forward(state),
            (_, _, "Λ_b") => self.map("scaling").forward(state),
            (_, _, "f(W h + b)") => self.activation().forward(&self.linear("0.source").forward(state)),
            (_, _, "f(W h + b) − R h") => {
                let source = self.activation().forward(&self.linear("0.source").forward(state));
                source - self.map("R").forward(state)
            }
            (_, _, "Rᵀ") => {
                let map = self.map("R").weight;
                Linear { weight: map.reversed_axes(), bias: None }.forward(state)
            }
            other => panic!("{other:?} is in the way"),
        };
        after.into_shared()
    }

    /// A state times all that is written beside the product.
    fn product(&self, step: &Step, state: &States<f64>, read: &States<f64>) -> States<f64> {
        let mut state = state.clone();
        let mut is_gated = false;
        for line in &step.label {
            let text: String = line.iter().map(|span| span.text.as_str()).collect();
            is_gated |= text.starts_with("use_gating") || text.starts_with("g ·");
            if let Some(factor) = text.strip_prefix("scaling ").or(text.strip_prefix("alpha / r = ")) {
                state = (state * factor.parse::<f64>().expect("a number")).into_shared();
            }
            if text.starts_with("alpha · l") {
                state = (state * self.column("alpha")[0]).into_shared();
            }
            if text.contains("· l, a vector") {
                state = (&state * &self.column("vector")).into_shared();
            }
            if text == "m / ‖W + ΔW‖" {
                let weight = &self.frozen.as_ref().expect("a weight").weight;
                let norms = dora::row_norms((weight + &self.update()).view());
                state = (&state * &(self.column("magnitude") / norms)).into_shared();
            }
        }
        if is_gated {
            let gate = Gate { linear: self.linear("gate") }.forward(read.view());
            state = (&state * &gate.insert_axis(Axis(1))).into_shared();
        }
        state
    }

    /// The update of the weight without its factor: all maps of the branch.
    fn update(&self) -> Array2<f64> {
        let role = |text: &str| match text {
            "Λ_d" => "D".to_owned(),
            "Λ_b" => "scaling".to_owned(),
            text => text.to_owned(),
        };
        let steps = self.flow.branches[0].steps.iter().filter(|step| step.shape != Shape::Product);
        let maps = steps.map(|step| self.map(&role(&step.text)).weight);
        maps.reduce(|below, above| above.dot(&below)).expect("there are maps")
    }

    fn activation(&self) -> Activation<f64> {
        Activation::new(self.activation, &Parameters::new()).expect("it has no parameters")
    }

    fn matrix(&self, role: &str) -> Array2<f64> {
        let values = self.parameters.get(role).unwrap_or_else(|| panic!("no {role}")).clone();
        let values = if values.ndim() == 1 { values.insert_axis(Axis(0)) } else { values };
        values.into_dimensionality().expect("a matrix")
    }

    /// The values of a matrix of one column.
    fn column(&self, role: &str) -> Array1<f64> {
        self.matrix(role).index_axis_move(Axis(1), 0)
    }

    fn map(&self, role: &str) -> Linear<f64> {
        Linear { weight: self.matrix(role), bias: None }
    }

    fn linear(&self, role: &str) -> Linear<f64> {
        let bias = self.matrix(&format!("{role}.bias")).index_axis_move(Axis(0), 0);
        Linear { weight: self.matrix(&format!("{role}.weight")), bias: Some(bias) }
    }
}

/// What the method makes of `x` by its own equations, and the panel with the same numbers.
fn both(module: &Module, flow: Flow, x: &States<f64>, seed: &mut u64) -> (States<f64>, Inside) {
    let mut inside = Inside { flow, parameters: Parameters::new(), activation: Function::Identity, frozen: None };
    if let Module::Reft(architecture) = module {
        inside.parameters = fill(architecture.parameters(), seed);
        let reft = Reft::new(*architecture, &inside.parameters).expect("all parameters are there");
        let projection = reft.projections().next().expect("there is one").clone();
        inside.parameters.insert("R", projection.into_dyn());
        let extent = Extent::whole(1, x.dim().1);
        return (reft.forward(&x.to_owned(), &extent).expect("it fits").into_shared(), inside);
    }
    let hidden = x.dim().2;
    let mut values = |rows| Array2::from_shape_simple_fn((rows, hidden), || numbers(seed));
    let frozen = Linear { weight: values(hidden), bias: Some(values(1).index_axis_move(Axis(0), 0)) };
    let output = frozen.forward(x);
    let (update, magnitude) = match module {
        Module::Ia3(architecture) => {
            inside.parameters = fill(architecture.parameters(), seed);
            let alpha = Array1::from_elem(1, architecture.alpha);
            inside.frozen = Some(frozen);
            let ia3 = Ia3::new(*architecture, &inside.parameters).expect("all parameters are there");
            inside.parameters.insert("alpha", alpha.into_dyn());
            return ((output * ia3.forward(None, x.view())).into_shared(), inside);
        }
        Module::Lora(architecture) => {
            inside.parameters = fill(architecture.parameters(), seed);
            let lora = Lora::new(*architecture, &inside.parameters).expect("all parameters are there");
            (lora.forward(x.view(), x.view()), lora.magnitude.map(|length| (length, lora.b.dot(&lora.a))))
        }
        Module::Vera(architecture) => {
            let own = fill(architecture.parameters(), seed);
            let shared = fill(architecture.shared_parameters(), seed);
            let vera = Vera::new(*architecture, &own, &shared).expect("all parameters are there");
            inside.parameters = own;
            for (role, values) in shared.iter() {
                inside.parameters.insert(role, values.clone());
            }
            let length = architecture.0.magnitude.then(|| (inside.matrix("magnitude"), vera.delta().clone()));
            (vera.forward(x.view(), x.view()), length)
        }
        other => panic!("{other:?} is not followed"),
    };
    let expected = match magnitude {
        Some((length, delta)) => dora::forward(&output, &update, &length, frozen.weight.view(), &delta),
        None => output + update,
    };
    inside.frozen = Some(frozen);
    (expected.into_shared(), inside)
}

#[test]
fn the_inside_of_a_module_is_what_the_library_computes() {
    let model = r#"{"model_type": "bert", "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}"#;
    let model = json::parse(model).0.as_ref().and_then(Model::from_config).expect("a model");
    let (mut seed, mut wrong) = (11, Vec::new());
    for text in [
        "lora[r=2]",
        "lora[r=2,use_gating=True]",
        "dora[r=2]",
        "dora[r=2,use_gating=True]",
        "vera[r=2]",
        "vera[r=2,use_gating=True]",
        "dvora[r=2]",
        "ia3",
        "ia3[alpha=3]",
        "ia3[use_gating=True]",
        "loreft[prefix_positions=2,r=3]",
        "noreft[prefix_positions=2,r=3,non_linearity='relu']",
        "direft[prefix_positions=2,r=3]",
    ] {
        let config = load(Kind::Adapter, text);
        let placed = place(&members(&config).expect("typed"), "a", &model).expect("it can be placed");
        let module = placed.into_iter().find(|placed| placed.site != Site::Shared).expect("there is a module").module;
        // No key says what DiReFT is.
        let module = match module {
            Module::Reft(reft) => Module::Reft(reft::Architecture { subtract: !text.starts_with("direft"), ..reft }),
            module => module,
        };
        let scene = draw::adapter("a", &config, Some(Base { name: "m", model: &model })).expect("it can be drawn");
        let x = states(&mut seed);
        let (expected, mut inside) = both(&module, scene.panels[0].flow.clone(), &x, &mut seed);
        if let Module::Reft(reft) = &module {
            inside.activation = reft.activation;
        }
        let worst = (&inside.run(&x) - &expected).iter().fold(0.0_f64, |worst, off| worst.max(off.abs()));
        if worst >= 1e-10 {
            wrong.push(format!("{text}: {worst} off"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
