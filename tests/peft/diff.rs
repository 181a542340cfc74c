//! Two adapters of PEFT, by what they do to each layer.

use std::fs;
use std::path::{Path, PathBuf};

use adapter_spec::diff::{Comparison, Options, compare};
use adapter_spec::files::Existing;
use adapter_spec::tensors::{Dtype, Kind, Outgoing, TensorFile, write_safetensors};
use serde_json::{Value, json};

const MERGES: &str = "fixtures/merges";

/// An adapter in memory.
#[derive(Clone)]
struct Adapter {
    config: Value,
    tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)>,
}

impl Adapter {
    fn open(case: &str) -> Self {
        let folder = Path::new(MERGES).join(case);
        let config = fs::read(folder.join("adapter_config.json")).expect("it is there");
        let file = TensorFile::open(folder.join("adapter_model.safetensors")).expect("it is there");
        let tensors = file.iter().map(|tensor| {
            let bytes = tensor.bytes().to_vec();
            (tensor.name().to_owned(), tensor.dtype(), tensor.shape().to_vec(), bytes)
        });
        Self { config: serde_json::from_slice(&config).expect("it is JSON"), tensors: tensors.collect() }
    }

    fn write(&self, folder: &Path) {
        fs::create_dir(folder).expect("it is new");
        fs::write(folder.join("adapter_config.json"), self.config.to_string()).expect("it is written");
        let tensors = self.tensors.iter().map(|(name, dtype, shape, bytes)| {
            Outgoing::new(name.as_str(), *dtype, shape.as_slice(), move || Ok(bytes.as_slice().into()))
        });
        let path = folder.join("adapter_model.safetensors");
        write_safetensors(path, tensors, &std::collections::BTreeMap::new(), Existing::Refuse).expect("it is written");
    }

    /// With all numbers of tensors whose names end so changed.
    fn with(mut self, end: &str, change: impl Fn(f32) -> f32) -> Self {
        let mut found = false;
        for (_, dtype, _, bytes) in self.tensors.iter_mut().filter(|(name, ..)| name.ends_with(end)) {
            assert_eq!(*dtype, Dtype::F32, "{end}");
            found = true;
            for number in bytes.chunks_exact_mut(4) {
                let value = f32::from_le_bytes([number[0], number[1], number[2], number[3]]);
                number.copy_from_slice(&change(value).to_le_bytes());
            }
        }
        assert!(found, "there is a tensor {end}");
        self
    }

    /// The same in bfloat16, rounded to the nearest.
    fn in_half(mut self) -> Self {
        for (_, dtype, _, bytes) in &mut self.tensors {
            let numbers =
                bytes.chunks_exact(4).map(|number| f32::from_le_bytes([number[0], number[1], number[2], number[3]]));
            *bytes = numbers.flat_map(|number| half::bf16::from_f32(number).to_le_bytes()).collect();
            *dtype = Dtype::Bf16;
        }
        self
    }

    fn scaled(self, end: &str, factor: f32) -> Self {
        self.with(end, |number| number * factor)
    }

    fn key(mut self, key: &str, value: Value) -> Self {
        self.config[key] = value;
        self
    }
}

fn compared(a: &Adapter, b: &Adapter) -> Comparison {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let folders = ["a", "b"].map(|name| scratch.path().join(name));
    a.write(&folders[0]);
    b.write(&folders[1]);
    compare(&folders[0], &folders[1], &Options::default(), &|_, _| ()).expect("they are compared")
}

#[track_caller]
fn same(a: &Adapter, b: &Adapter, what: &str) {
    let comparison = compared(a, b);
    let states: Vec<_> =
        comparison.parts.iter().flat_map(|part| &part.tensors).filter(|t| !t.state.is_same()).collect();
    let keys: Vec<_> = comparison.parts.iter().flat_map(|part| &part.config).filter(|k| k.harmless.is_none()).collect();
    assert!(comparison.same, "{what}: {states:?} {keys:?}");
}

fn cases() -> Vec<String> {
    let entries = fs::read_dir(MERGES).expect("it is there").map(|entry| entry.expect("an entry").path());
    let folders = entries.filter(|path: &PathBuf| path.join("adapter_config.json").is_file());
    let name = |path: PathBuf| path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
    let mut all: Vec<_> = folders.map(name).collect();
    all.sort();
    all
}

#[test]
fn other_factors_of_the_same_change_are_the_same() {
    let rows: &[(&str, &[(&str, f32)])] = &[
        ("lora", &[("lora_A.weight", 2.0), ("lora_B.weight", 0.5)]),
        ("lora-embeddings", &[("lora_embedding_A", 2.0), ("lora_embedding_B", 0.5)]),
        ("adalora", &[("lora_A", 4.0), ("lora_E", 0.25)]),
        ("loha", &[("hada_w1_a", 2.0), ("hada_w2_b", 0.5)]),
        ("lokr", &[("lokr_w1", 0.5), ("lokr_w2_a", 2.0)]),
        ("vera", &[("vera_lambda_d", 2.0), ("vera_lambda_b", 0.5)]),
        ("vera", &[("base_model.vera_A", 2.0), ("vera_lambda_d", 0.5)]),
        ("pvera", &[("pvera_lambda_d", 2.0), ("pvera_lambda_b", 0.5)]),
        ("hira", &[("hira_A", 2.0), ("hira_B", 0.5)]),
        ("gralora", &[("gralora_A", 2.0), ("gralora_B", 0.5)]),
        ("glora", &[("glora_A.Xd", 2.0), ("glora_A.Xu", 0.5)]),
        ("glora", &[("glora_C.Xd", 2.0), ("glora_C.Xu", 0.5)]),
        ("hra", &[("hra_u", 2.0)]),
        ("tinylora-one", &[("tinylora_A", 2.0), ("tinylora_B", 0.5)]),
        ("unilora", &[("unilora_scales_A", 2.0), ("unilora_scales_B", 0.5)]),
        ("supertuning", &[("supertuning_lora_A.weight", 2.0), ("supertuning_lora_B.weight", 0.5)]),
        ("peanut", &[("peanut_A.weight", 2.0), ("peanut_B.weight", 0.5)]),
        ("lora-bdlora", &[("lora_A.weight", 2.0), ("lora_B.weight", 0.5)]),
        ("osf", &[("osf_svd_params.U_low", 2.0), ("osf_svd_params.S_low", 0.5)]),
        ("psoft", &[("psoft_R.vector_a", 2.0), ("psoft_R.vector_b", 0.5)]),
        ("adamss", &[("adamss_newB", 2.0), ("adamss_B.0", 0.5), ("adamss_B.1", 0.5), ("adamss_B.2", 0.5)]),
        (
            "frod",
            &[
                ("frod_V.mlp_down_proj", 2.0),
                ("frod_V.self_attn_q_proj", 2.0),
                ("frod_lambda_l", 0.5),
                ("frod_lambda_s_values", 0.5),
            ],
        ),
    ];
    for (case, changes) in rows {
        let adapter = Adapter::open(case);
        let other = changes.iter().fold(adapter.clone(), |adapter, (end, factor)| adapter.scaled(end, *factor));
        same(&adapter, &other, case);
        let half = adapter.clone().scaled(changes[0].0, if *case == "hra" { 1.0 } else { 2.0 });
        let differs = *case != "hra";
        assert_eq!(!compared(&adapter, &half).same, differs, "{case}, one factor only");
    }
}

#[test]
fn rounding_explains_what_it_does_and_no_more() {
    let rows = [
        ("lora", "lora_B.weight", "lora_A.weight"),
        ("loha", "hada_w2_b", "hada_w1_a"),
        ("vera", "vera_lambda_b", "vera_lambda_d"),
        ("ia3", "ia3_l", ""),
    ];
    for (case, end, other) in rows {
        let adapter = Adapter::open(case);
        let half = adapter.clone().in_half();
        same(&adapter, &half, case);
        if !other.is_empty() {
            // Both factors are others, and both are rounded.
            let turned = adapter.clone().scaled(end, 3.0).scaled(other, 1.0 / 3.0).in_half();
            same(&half, &turned, &format!("{case}, other factors"));
        }
        // A fiftieth of the largest number, which is some steps of the type: no rounding of that tensor, and none of others.
        let mut spoilt = adapter.clone();
        let (_, _, _, bytes) = spoilt.tensors.iter_mut().find(|(name, ..)| name.ends_with(end)).expect("a tensor");
        let read = |number: &[u8]| f32::from_le_bytes([number[0], number[1], number[2], number[3]]);
        let largest = bytes.chunks_exact(4).map(read).fold(0.0_f32, |largest, number| largest.max(number.abs()));
        let first = read(&bytes[..4]) + 0.02 * largest;
        bytes[..4].copy_from_slice(&first.to_le_bytes());
        assert!(!compared(&half, &spoilt.in_half()).same, "{case}, a number of {end}");
    }
}

#[test]
fn other_settings_of_the_same_change_are_the_same() {
    let loha = Adapter::open("loha");
    let other = loha.clone().key("alpha", json!(8)).scaled("hada_w1_a", 0.5);
    same(&loha, &other, "alpha doubled");
    assert!(!compared(&loha, &loha.clone().key("alpha", json!(8))).same);
    let lokr = Adapter::open("lokr");
    same(&lokr, &lokr.clone().key("alpha", json!(16)).scaled("lokr_w1", 0.25), "alpha times four");
    // r = 4: the square root is 2.
    let lora = Adapter::open("lora");
    let rooted = lora.clone().key("use_rslora", json!(true)).key("lora_alpha", json!(4));
    same(&lora, &rooted, "alpha / r as alpha / sqrt r");
    assert!(!compared(&lora, &lora.clone().key("use_rslora", json!(true))).same);
    let embeddings = Adapter::open("lora-embeddings");
    assert!(!compared(&embeddings, &embeddings.clone().key("lora_alpha", json!(16))).same);
    same(
        &embeddings,
        &embeddings.clone().key("lora_alpha", json!(16)).scaled("_B.weight", 0.5).scaled("_B", 0.5),
        "alpha",
    );
    let vblora = Adapter::open("vblora");
    same(&vblora, &vblora.clone().with("vblora_logits_A", |number| number + 1.0), "the softmax of shifted logits");
    assert!(!compared(&vblora, &vblora.clone().scaled("vblora_logits_A", 2.0)).same);
    assert!(!compared(&vblora, &vblora.clone().scaled("vector_bank", 2.0)).same);
    for (case, spectrum) in [("fourierft", "fourierft_spectrum"), ("waveft", "waveft_spectrum")] {
        let adapter = Adapter::open(case);
        same(&adapter, &adapter.clone().key("scaling", json!(20.0)).scaled(spectrum, 0.5), case);
        assert!(!compared(&adapter, &adapter.clone().key("scaling", json!(20.0))).same, "{case}");
        assert!(!compared(&adapter, &adapter.clone().key("random_loc_seed", json!(1))).same, "{case}");
    }
    let psoft = Adapter::open("psoft");
    same(&psoft, &psoft.clone().key("psoft_alpha", json!(7)), "the factor is divided out");
    let ia3 = Adapter::open("ia3");
    same(&ia3, &ia3.clone().key("feedforward_modules", json!(".*down_proj")), "the same modules by a pattern");
    assert!(!compared(&ia3, &ia3.clone().key("feedforward_modules", json!([]))).same);
}

#[test]
fn entries_in_another_order_are_the_same() {
    let adapter = Adapter::open("shira");
    let mut other = adapter.clone();
    for (name, _, shape, bytes) in &mut other.tensors {
        let size = if name.ends_with("indices") { bytes.len() / shape.iter().product::<usize>() } else { 4 };
        let columns = *shape.last().expect("there are entries");
        for row in bytes.chunks_exact_mut(columns * size) {
            let turned: Vec<u8> = row.chunks_exact(size).rev().flatten().copied().collect();
            row.copy_from_slice(&turned);
        }
    }
    same(&adapter, &other, "entries from the last to the first");
}

#[test]
fn tokens_in_another_order_are_the_same() {
    let rows = [
        ("trainable-tokens", "token_indices", json!([7, 2]), "trainable_tokens_delta"),
        ("lora-tokens", "trainable_token_indices", json!([5, 3]), "trainable_tokens_delta"),
    ];
    for (case, key, tokens, end) in rows {
        let adapter = Adapter::open(case);
        let mut other = adapter.clone().key(key, tokens);
        assert!(!compared(&adapter, &other).same, "{case}, the tokens alone");
        for (_, _, shape, bytes) in other.tensors.iter_mut().filter(|(name, ..)| name.ends_with(end)) {
            let length = bytes.len() / shape[0];
            bytes.rotate_left(length);
        }
        same(&adapter, &other, case);
    }
}

#[test]
fn a_block_that_is_repeated_is_the_same() {
    for (case, end) in [("miss", "miss_block"), ("miss-mini", "miss_block")] {
        let adapter = Adapter::open(case);
        let mut other = adapter.clone().key("r", json!(8));
        for (_, _, shape, bytes) in other.tensors.iter_mut().filter(|(name, ..)| name.ends_with(end)) {
            shape[0] *= 2;
            *bytes = bytes.repeat(2);
        }
        same(&adapter, &other, case);
        assert!(!compared(&adapter, &other.scaled(end, 2.0)).same, "{case}");
    }
}

#[test]
fn blocks_of_one_factor_are_told_apart() {
    // Rows of A and columns of B that change places over two blocks leave their product, but not what it is of.
    let adapter = Adapter::open("lora-bdlora");
    let mut other = adapter.clone();
    for (name, _, shape, bytes) in &mut other.tensors {
        let columns = shape[1] * 4;
        if name.contains("down_proj") && name.ends_with("lora_A.weight") {
            bytes.rotate_left(2 * columns);
        } else if name.contains("down_proj") {
            bytes.chunks_exact_mut(columns).for_each(|row| row.rotate_left(8));
        }
    }
    assert!(!compared(&adapter, &other).same);
}

#[test]
fn other_modules_are_another_function() {
    for case in ["loha", "vera", "ia3", "oft"] {
        let adapter = Adapter::open(case);
        let mut other = adapter.clone();
        other.tensors.retain(|(name, ..)| !name.contains("layers.1.") || !name.contains("down_proj"));
        assert!(other.tensors.len() < adapter.tensors.len());
        assert!(!compared(&adapter, &other).same, "{case}");
    }
}

#[test]
fn a_method_written_as_another_is_the_same() {
    // LoHa whose second product is all ones adds what its first product is.
    let loha = Adapter::open("loha");
    let ones = |end: &'static str| move |adapter: Adapter| adapter.with(end, |_| 0.5);
    let loha = ones("hada_w2_b")(loha.with("hada_w2_a", |_| 1.0));
    let mut lora = loha.clone();
    lora.config = json!({"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": loha.config["target_modules"],
        "task_type": loha.config["task_type"]});
    lora.tensors.retain(|(name, ..)| name.contains("hada_w1"));
    for (name, ..) in &mut lora.tensors {
        *name = name.replace("hada_w1_a", "lora_B.weight").replace("hada_w1_b", "lora_A.weight");
    }
    let comparison = compared(&loha, &lora);
    let harmful: Vec<_> = comparison.parts[0].config.iter().filter(|key| key.harmless.is_none()).collect();
    assert!(comparison.same, "{harmful:?}");
    assert!(!compared(&loha, &lora.scaled("lora_A.weight", 2.0)).same);
}

#[test]
fn every_adapter_is_itself_and_none_with_another_number() {
    // VB-LoRA takes the vectors with the largest logits; others do nothing. A unit of PEANuT's network whose weights are
    // all below zero is silent behind a rectifier, and so may all be that are behind it. The base model's copy of a module
    // that is saved whole is not used.
    // Of cases whose config was changed, PEFT drops tensors.
    let idle = |case: &str, name: &str| {
        case.starts_with("edited-")
            || name.contains("vblora_")
            || name.contains(".original_module.")
            || case == "peanut" && name.contains("coders.")
    };
    let (mut told, mut missed) = (0, Vec::new());
    for case in cases() {
        let adapter = Adapter::open(&case);
        same(&adapter, &adapter, &case);
        for at in 0..adapter.tensors.len() {
            let mut other = adapter.clone();
            let (name, dtype, _, bytes) = &mut other.tensors[at];
            // One direction has no rotation: PSOFT's tensor is empty.
            if bytes.is_empty()
                || dtype.kind() != Kind::Float
                || *dtype != Dtype::F32
                || idle(&case, name)
                || name.contains("layers.1.")
            {
                continue;
            }
            // The second: on the diagonal of a rotation's numbers there is nothing that counts.
            let at = if bytes.len() > 4 { 4 } else { 0 };
            let number = f32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
            bytes[at..at + 4].copy_from_slice(&(number * 1.5 + 0.25).to_le_bytes());
            let name = name.clone();
            if compared(&adapter, &other).same {
                missed.push(format!("{case}: {name}"));
            }
            told += 1;
        }
    }
    assert_eq!(missed, Vec::<String>::new());
    assert!(told > 100, "{told}");
}

/// What only training or the beginning of it reads, and what the file itself decides.
#[test]
fn keys_that_are_settled_are_no_difference() {
    let rows: &[(&str, &str, Value)] = &[
        ("boft", "boft_dropout", json!(0.25)),
        ("miss", "miss_dropout", json!(0.25)),
        ("adalora", "total_step", json!(90)),
        ("adalora", "beta1", json!(0.5)),
        ("hra", "bias", json!("all")),
        ("fourierft", "n_frequency_pattern", json!({"nothing": 3})),
        ("delora", "delora_lambda", json!(3)),
        ("oft", "eps", json!(0.5)),
        ("lora", "qalora_group_size", json!(4)),
        ("lora", "a_key_of_another_program", json!(4)),
    ];
    for (case, key, value) in rows {
        let adapter = Adapter::open(case);
        assert_ne!(adapter.config[key], *value, "{case} {key}");
        same(&adapter, &adapter.clone().key(key, value.clone()), &format!("{case} with another {key}"));
    }
    let mut short = Adapter::open("randlora");
    short.config.as_object_mut().expect("an object").remove("projection_prng_key");
    same(&Adapter::open("randlora"), &short, "a default that is not written");
}

/// What the tensors do not show by themselves.
#[test]
fn keys_that_choose_what_numbers_are_for_are_a_difference() {
    let rows: &[(&str, &str, Value)] = &[
        ("unilora-drawn", "r", json!(3)),
        ("unilora-drawn", "proj_seed", json!(3)),
        ("adamss", "random_seed", json!(3)),
        ("adamss", "num_subspaces", json!(2)),
        ("vera-drawn", "projection_prng_key", json!(4)),
    ];
    for (case, key, value) in rows {
        let adapter = Adapter::open(case);
        assert_ne!(adapter.config[key], *value, "{case} {key}");
        let comparison = compared(&adapter, &adapter.clone().key(key, value.clone()));
        assert!(!comparison.same, "{case} with another {key}");
    }
}
