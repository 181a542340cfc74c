//! The parameters of a method, as the method itself asks for them and as the library calls them.

use adapter_spec::dialects::adapterhub::config::Activation as Name;
use adapter_spec::dialects::adapterhub::modules::{
    Module, activation, activation_leaf, hypercomplex_leaf, leaf, shared_leaf,
};
use adapter_spec::methods::activation::Function;
use adapter_spec::methods::bottleneck::{Residual, Scaling};
use adapter_spec::methods::coupling::Kind;
use adapter_spec::methods::parameters::{Nature, Parameter};
use adapter_spec::methods::prefix_tuning::Reparameterization;
use adapter_spec::methods::{
    bottleneck, coupling, fusion, hypercomplex, ia3, lora, mtl_lora, prefix_tuning, prompt_tuning, reft, vera,
};

/// The sizes only have to differ from one another; what is shown are symbols.
const HIDDEN: usize = 24;
const WIDTH: usize = 12;

/// A parameter with its names in the library, and when it is there.
struct Row {
    when: String,
    parameter: Parameter,
    tensors: Vec<String>,
}

/// What a page shows of parameters; nothing for a module that asks for none.
pub(super) fn table(module: &str) -> Vec<String> {
    if module == "activation" {
        return with_names_of_activations(lines(&of_activations()));
    }
    lines(&match module {
        "bottleneck" => of_bottleneck(),
        "coupling" => of_coupling(),
        "dora" => of_lora().into_iter().filter(|row| row.parameter.role == "magnitude").collect(),
        "fusion" => of_fusion(),
        "hypercomplex" => of_hypercomplex(),
        "ia3" => {
            let plain = ia3::Architecture { inputs: WIDTH, outputs: HIDDEN, alpha: 1.0, gates: 0 };
            variants(&[("always", Module::Ia3(plain)), ("gate", Module::Ia3(ia3::Architecture { gates: 1, ..plain }))])
        }
        "lora" => of_lora(),
        "mtl_lora" => {
            let with = |gates| {
                let lora = lora::Architecture { gates, ..LORA };
                Module::MtlLora(mtl_lora::Architecture { lora, up_projections: 3, sharpness: 0.05 })
            };
            variants(&[("always", with(0)), ("gate", with(1))])
        }
        "prefix_tuning" => of_prefix(),
        "prompt_tuning" => {
            let prompt = prompt_tuning::Architecture { length: 5, embedding: HIDDEN, after_first: false };
            variants(&[("always", Module::Prompt(prompt))])
        }
        "reft" => of_reft(),
        "vera" => {
            let with = |change| Module::Vera(vera::Architecture(change));
            let plain = with(LORA);
            let mut rows = shared(&plain);
            rows.extend(variants(&[
                ("always", plain),
                ("`magnitude` (DVoRA)", with(lora::Architecture { magnitude: true, ..LORA })),
                ("gate", with(lora::Architecture { gates: 1, ..LORA })),
            ]));
            rows
        }
        _ => Vec::new(),
    })
}

fn lines(rows: &[Row]) -> Vec<String> {
    if rows.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![
        "## Parameters".to_owned(),
        String::new(),
        "| if | parameter | shape | tensor in the library | |".to_owned(),
        "|---|---|---|---|---|".to_owned(),
    ];
    let mut before = "";
    for row in rows {
        let shape: Vec<_> = row.parameter.shape.iter().map(|axis| axis.symbol).collect();
        let tensors: Vec<_> = row.tensors.iter().map(|name| format!("`{name}`")).collect();
        let when = if row.when == before { "" } else { &row.when };
        before = &row.when;
        let nature = match row.parameter.nature {
            Nature::Trained => "",
            Nature::Frozen => "not trained",
            Nature::Buffer => "saved, no parameter",
        };
        let (role, shape) = (&row.parameter.role, shape.join(", "));
        lines.push(format!("| {when} | `{role}` | `[{shape}]` | {} | {nature} |", tensors.join(", ")));
    }
    lines
}

/// What modules ask for: all that the first does, and of the others what is new.
fn variants(variants: &[(&str, Module)]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (when, module) in variants {
        for parameter in module.parameters() {
            let leaf = leaf(module, &parameter.role);
            let tensors = std::iter::once(leaf.name).chain(leaf.aliases).collect();
            push(&mut rows, Row { when: (*when).to_owned(), parameter, tensors });
        }
    }
    rows
}

fn push(rows: &mut Vec<Row>, row: Row) {
    let same = |known: &Row| {
        let (a, b) = (&known.parameter, &row.parameter);
        a.role == b.role && a.nature == b.nature && symbols(a) == symbols(b) && known.tensors == row.tensors
    };
    if !rows.iter().any(same) {
        rows.push(row);
    }
}

fn symbols(parameter: &Parameter) -> Vec<&'static str> {
    parameter.shape.iter().map(|axis| axis.symbol).collect()
}

/// What all modules of an adapter share.
fn shared(module: &Module) -> Vec<Row> {
    let row = |parameter: Parameter| Row {
        when: "always, shared by all layers".to_owned(),
        tensors: vec![shared_leaf(&parameter.role)],
        parameter,
    };
    module.shared_parameters().into_iter().map(row).collect()
}

fn of_activations() -> Vec<Row> {
    let mut rows = Vec::new();
    for function in Function::ALL {
        for parameter in function.parameters() {
            let tensors = vec![activation_leaf(&parameter.role).to_owned()];
            rows.push(Row { when: format!("`{function:?}`"), parameter, tensors });
        }
    }
    rows
}

fn with_names_of_activations(mut lines: Vec<String>) -> Vec<String> {
    let head = ["", "## Names", "", "| function | names in the library |", "|---|---|"];
    lines.extend(head.map(str::to_owned));
    for function in Function::ALL {
        let names = Name::ALL.iter().filter(|name| activation(**name) == function);
        let names: Vec<_> = names.map(|name| format!("`{}`", name.name())).collect();
        lines.push(format!("| `{function:?}` | {} |", names.join(", ")));
    }
    lines
}

fn of_bottleneck() -> Vec<Row> {
    let plain = bottleneck::Architecture {
        hidden: HIDDEN,
        width: WIDTH,
        activation: Function::Relu,
        hypercomplex: None,
        parallel: false,
        original_ln_before: false,
        original_ln_after: true,
        residual: Residual::BlockOutput,
        ln_before: false,
        ln_after: false,
        residual_before_ln_after: true,
        scaling: Scaling::Constant(1.0),
        gating: false,
    };
    let with = |change: &dyn Fn(&mut bottleneck::Architecture)| {
        let mut changed = plain.clone();
        change(&mut changed);
        Module::Bottleneck(Box::new(changed))
    };
    let mut rows = variants(&[
        ("always", with(&|_| ())),
        ("`activation` is trained", with(&|adapter| adapter.activation = Function::Prelu)),
        ("`scaling` is `Learned`", with(&|adapter| adapter.scaling = Scaling::Learned)),
        ("`scaling` is `Channel`", with(&|adapter| adapter.scaling = Scaling::Channel)),
        ("`gating`", with(&|adapter| adapter.gating = true)),
        ("`ln_after`", with(&|adapter| adapter.ln_after = true)),
        ("`ln_before`", with(&|adapter| adapter.ln_before = true)),
    ]);
    // The norm in front moves the activation too.
    let both = with(&|adapter| (adapter.ln_before, adapter.activation) = (true, Function::Prelu));
    for row in variants(&[("`ln_before`", both)]) {
        push(&mut rows, row);
    }
    rows
}

fn of_coupling() -> Vec<Row> {
    let with = |kind, activation| {
        Module::Coupling(coupling::Architecture { kind, embedding: HIDDEN, reduction_factor: 2.0, activation })
    };
    variants(&[
        ("`Nice`", with(Kind::Nice, Function::Relu)),
        ("`Nice`, `activation` is trained", with(Kind::Nice, Function::Prelu)),
        ("`Glow`", with(Kind::Glow, Function::Relu)),
        ("`Glow`, `activation` is trained", with(Kind::Glow, Function::Prelu)),
    ])
}

fn of_fusion() -> Vec<Row> {
    let with = |query, key, value| {
        Module::Fusion(fusion::Architecture {
            hidden: HIDDEN,
            query,
            key,
            value,
            query_before_ln: false,
            residual_before: false,
            temperature: false,
            value_before_softmax: true,
        })
    };
    variants(&[
        ("`query`", with(true, false, false)),
        ("`key`", with(false, true, false)),
        ("`value`", with(false, false, true)),
        ("none of them", with(false, false, false)),
    ])
}

fn of_hypercomplex() -> Vec<Row> {
    let plain = hypercomplex::Architecture {
        products: 4,
        factorized_rule: false,
        shared_rule: false,
        rank: None,
        shared_weight: false,
        bias: false,
        trained_rule: true,
    };
    let factorised = hypercomplex::Architecture { factorized_rule: true, ..plain };
    let ranked = hypercomplex::Architecture { rank: Some(2), ..plain };
    let own = [
        ("always", plain),
        ("`factorized_rule`", factorised),
        ("`rank`", ranked),
        ("`bias`", hypercomplex::Architecture { bias: true, ..plain }),
    ];
    let mut rows = Vec::new();
    for (when, architecture) in own {
        for parameter in architecture.parameters(HIDDEN, WIDTH) {
            let tensors = vec![hypercomplex_leaf(&parameter.role).to_owned()];
            push(&mut rows, Row { when: when.to_owned(), parameter, tensors });
        }
    }
    let shared = [
        ("`shared_rule`", hypercomplex::Architecture { shared_rule: true, ..plain }),
        ("`shared_rule`, `factorized_rule`", hypercomplex::Architecture { shared_rule: true, ..factorised }),
        ("`shared_weight`", hypercomplex::Architecture { shared_weight: true, ..plain }),
        ("`shared_weight`, `rank`", hypercomplex::Architecture { shared_weight: true, ..ranked }),
    ];
    for (when, architecture) in shared {
        for parameter in architecture.shared_parameters(HIDDEN, WIDTH) {
            let tensors = vec![shared_leaf(&parameter.role)];
            rows.push(Row { when: format!("{when}: shared by all layers"), parameter, tensors });
        }
    }
    rows
}

const LORA: lora::Architecture =
    lora::Architecture { inputs: WIDTH, outputs: HIDDEN, rank: 4, alpha: 8.0, gates: 0, magnitude: false, groups: 1 };

fn of_lora() -> Vec<Row> {
    variants(&[
        ("always", Module::Lora(LORA)),
        ("`magnitude` (DoRA)", Module::Lora(lora::Architecture { magnitude: true, ..LORA })),
        ("gate", Module::Lora(lora::Architecture { gates: 1, ..LORA })),
    ])
}

fn of_prefix() -> Vec<Row> {
    let with = |activation: Option<Function>| {
        Module::Prefix(prefix_tuning::Architecture {
            length: 5,
            layers: 2,
            heads: 3,
            head_size: 8,
            hidden: HIDDEN,
            reparameterization: activation.map(|activation| Reparameterization { width: WIDTH, activation }),
        })
    };
    let mut rows = variants(&[
        ("`reparameterization`", with(Some(Function::Tanh))),
        ("its activation is trained", with(Some(Function::Prelu))),
        ("none", with(None)),
    ]);
    for row in variants(&[("gate, in each layer", Module::PrefixGate { gates: 2, hidden: HIDDEN })]) {
        rows.push(row);
    }
    rows
}

fn of_reft() -> Vec<Row> {
    let with = |orthogonal, tied, activation| {
        Module::Reft(reft::Architecture {
            hidden: HIDDEN,
            rank: 4,
            prefix: 3,
            suffix: 3,
            tied,
            orthogonal,
            subtract: true,
            activation,
        })
    };
    variants(&[
        ("always", with(false, true, Function::Identity)),
        ("`orthogonal`, instead of `projection.weight`", with(true, true, Function::Identity)),
        ("`activation` is trained", with(false, true, Function::Prelu)),
        ("not `tied`", with(false, false, Function::Identity)),
    ])
}
