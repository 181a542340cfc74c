//! Saved adapters of PEFT made to be slow or to take memory that is not there: tensors without a number may have any shape.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use adapter_spec::diff::{Comparison, Options, State, compare};
use adapter_spec::tensors::{Dtype, Existing, Outgoing, write_safetensors};

/// A tensor: its name, its shape, and the number that it is full of.
type Made = (String, Vec<usize>, f32);

fn written(folder: &Path, config: &str, tensors: &[Made]) {
    fs::create_dir(folder).expect("it is new");
    fs::write(folder.join("adapter_config.json"), config).expect("it is written");
    let outgoing = tensors.iter().map(|(name, shape, number)| {
        let count: usize = if shape.contains(&0) { 0 } else { shape.iter().product() };
        Outgoing::new(name.as_str(), Dtype::F32, shape.as_slice(), move || {
            Ok(number.to_le_bytes().repeat(count).into())
        })
    });
    let path = folder.join("adapter_model.safetensors");
    write_safetensors(path, outgoing, &BTreeMap::new(), Existing::Refuse).expect("it is written");
}

/// Two adapters of one config.
fn compared(config: &str, sides: [&[Made]; 2]) -> Comparison {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let folders = ["a", "b"].map(|name| scratch.path().join(name));
    for (folder, tensors) in folders.iter().zip(sides) {
        written(folder, config, tensors);
    }
    compare(&folders[0], &folders[1], &Options::default(), &|_, _| ()).expect("they are compared")
}

fn of_method(method: &str) -> String {
    format!(r#"{{"peft_type": "{method}", "task_type": "CAUSAL_LM", "target_modules": ["q"]}}"#)
}

const MODULE: &str = "base_model.model.model.layers.0.q";

/// The tensors of one module, of which none has a number.
fn empty(shapes: &[(&str, &[usize])]) -> Vec<Made> {
    shapes.iter().map(|(role, shape)| (format!("{MODULE}.{role}"), shape.to_vec(), 0.0)).collect()
}

/// Tensors of an adapter: names and sizes.
type Shapes = &'static [(&'static str, &'static [usize])];

#[test]
fn sizes_of_tensors_without_numbers_are_told_at_once() {
    const MANY: usize = 1 << 55;
    let cases: &[(&str, [Shapes; 2])] = &[
        ("OFT", [&[("oft_R.weight", &[0, MANY])], &[("oft_R.weight", &[0, 2 * MANY])]]),
        ("OFT", [&[("oft_R.weight", &[MANY, 0])], &[("oft_R.weight", &[2 * MANY, 0])]]),
        ("HIRA", [&[("hira_A", &[0, 4]), ("hira_B", &[MANY, 0])], &[("hira_A", &[0, 0]), ("hira_B", &[MANY, 0])]]),
        (
            "ADALORA",
            [
                &[("lora_A", &[0, 0]), ("lora_B", &[MANY, 0]), ("lora_E", &[0, 1])],
                &[("lora_A", &[0, 0]), ("lora_B", &[MANY, 0]), ("lora_E", &[0, 2])],
            ],
        ),
        ("IA3", [&[("ia3_l", &[0, MANY])], &[("ia3_l", &[MANY, 0])]]),
        ("C3A", [&[("c3a_kernel", &[0, MANY, 1])], &[("c3a_kernel", &[MANY, 0, 1])]]),
        ("MISS", [&[("miss_block", &[0, MANY])], &[("miss_block", &[MANY, 0])]]),
        ("SHIRA", [&[("shira_indices", &[2, 0])], &[("shira_indices", &[0, MANY])]]),
    ];
    for (method, [a, b]) in cases {
        let comparison = compared(&of_method(method), [&empty(a), &empty(b)]);
        assert!(!comparison.same, "{method}: {comparison:#?}");
    }
}

#[test]
fn places_that_are_no_places_make_two_adapters_differ() {
    let made = |place: f32| {
        vec![
            (format!("{MODULE}.shira_weight"), vec![1, 2], 1.0),
            (format!("{MODULE}.shira_indices"), vec![2, 2], place),
        ]
    };
    for place in [1e30, f32::INFINITY, f32::NAN, -1.0, 0.5] {
        assert!(!compared(&of_method("SHIRA"), [&made(place), &made(1.0)]).same, "{place}");
    }
}

/// Of two short tensors a product may be too large for any memory.
#[test]
fn products_that_fit_in_no_memory_are_not_made() {
    const LONG: usize = 1 << 18;
    let clusters = |number: f32| {
        vec![
            (format!("{MODULE}.adamss_A.0"), vec![1, LONG], number),
            (format!("{MODULE}.adamss_B.0"), vec![LONG, 1], number),
            (format!("{MODULE}.adamss_newB"), vec![LONG, 1], number),
        ]
    };
    assert!(!compared(&of_method("ADAMSS"), [&clusters(1.0), &clusters(2.0)]).same);
    let parts = |number: f32| {
        vec![
            (format!("{MODULE}.glora_D.Xd"), vec![LONG, 1], number),
            (format!("{MODULE}.glora_D.Xu"), vec![1, LONG], number),
        ]
    };
    assert!(!compared(&of_method("GLORA"), [&parts(1.0), &parts(2.0)]).same);
    // The first pair gives the layer's size; the second is not held to it by the file.
    let pairs = |number: f32| {
        let pair = |name: &str, long: usize| {
            let name = |side: char| format!("{MODULE}.hada_{name}_{side}");
            [(name('a'), vec![long, 1], number), (name('b'), vec![1, long], number)]
        };
        [pair("w1", 4), pair("w2", LONG)].concat()
    };
    assert!(!compared(&of_method("LOHA"), [&pairs(1.0), &pairs(2.0)]).same);
}

/// So many modules that what searches all of them for each takes minutes, unoptimised: 1,000 once took seven seconds.
const MODULES: usize = 20_000;

#[test]
fn many_modules_are_compared() {
    let made = |number: f32, first: usize| -> Vec<Made> {
        let module = |at: usize| format!("base_model.model.model.layers.{at}.q");
        let of = |at: usize| {
            let (a, b) = (format!("{}.lora_A.weight", module(at)), format!("{}.lora_B.weight", module(at)));
            [(a, vec![1, 2], number), (b, vec![2, 1], 1.0 / number)]
        };
        (first..first + MODULES).flat_map(of).collect()
    };
    // Half of the modules is in both.
    let comparison = compared(&of_method("LORA"), [&made(1.0, 0), &made(2.0, MODULES / 2)]);
    let tensors = &comparison.parts[0].tensors;
    let count = |state: State| tensors.iter().filter(|tensor| tensor.state == state).count();
    assert_eq!([State::Equivalent, State::OnlyA, State::OnlyB].map(count), [MODULES; 3]);
}
