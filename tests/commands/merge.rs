//! `merge` on the command line: what it says, what it writes, and what it leaves alone.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use adapter_spec::tensors::{Dtype, Existing, Outgoing, TensorFile, write_safetensors};

use crate::support::{run, text};

const WEIGHTS: &str = "adapter_model.safetensors";
const LORA: &str = "fixtures/merges/lora";
const LLAMA: &str = "fixtures/merges/base/llama";
const FIRST: &str = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";

/// A tensor of an adapter: name, shape and numbers.
type Own = (String, Vec<usize>, Vec<f64>);

/// What `merge` makes of the LoRA of the fixtures with other tensors: the exit code, what it says, and the tensors that it
/// writes.
fn merged(change: impl Fn(&mut Vec<Own>)) -> (i32, String, Option<Vec<u8>>) {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let at = |name: &str| scratch.path().join(name);
    fs::copy(Path::new(LORA).join("adapter_config.json"), at("adapter_config.json")).expect("there is a config");
    let file = TensorFile::open(Path::new(LORA).join(WEIGHTS)).expect("there are weights");
    let own = |tensor: adapter_spec::tensors::Tensor<'_>| {
        (tensor.name().to_owned(), tensor.shape().to_vec(), tensor.to_f64_vec().expect("numbers"))
    };
    let mut all: Vec<Own> = file.iter().map(own).collect();
    change(&mut all);
    let outgoing = all.into_iter().map(|(name, shape, numbers)| {
        Outgoing::new(name, Dtype::F64, shape, move || {
            Ok(Cow::Owned(numbers.iter().flat_map(|number| number.to_le_bytes()).collect()))
        })
    });
    write_safetensors(at(WEIGHTS), outgoing, file.metadata(), Existing::Refuse).expect("it can be written");
    let target = at("merged.safetensors");
    let (code, _, err) = run(&["merge", text(scratch.path()), "--base", LLAMA, "-o", text(&target)]);
    (code, err, fs::read(target).ok())
}

fn rename(all: &mut [Own], change: impl Fn(&str) -> String) {
    all.iter_mut().for_each(|(name, ..)| *name = change(name));
}

#[test]
fn what_peft_drops_is_not_written() {
    let (_, _, plain) = merged(|_| ());
    let extra = |name: &str| (name.to_owned(), vec![1], vec![1.0]);
    let (code, err, written) = merged(|all| {
        all.push(extra("base_model.model.model.layers.0.self_attn.q_proj.hada_w1_a"));
        all.push(extra("optimizer.step"));
    });
    assert!(code == 0 && written == plain, "{err}");
    assert!(err.contains("no parameter for `optimizer.step` and 1 more"), "{err}");
    // Nothing but what is dropped.
    let (code, err, written) = merged(|all| rename(all, |name| name.replace(".lora_", ".hada_")));
    assert!(code == 1 && written.is_none() && err.contains("nothing would change"), "{err}");
    let (code, err, written) = merged(|all| rename(all, |name| name.replacen("base_model.model.", "", 1)));
    assert!(code == 1 && written.is_none() && err.contains("`--fix`"), "{err}");
}

#[test]
fn the_name_that_peft_gives_an_adapter_may_stand_in_the_names() {
    let named = |adapter: &'static str| {
        move |all: &mut Vec<Own>| rename(all, |name| name.replace(".weight", &format!(".{adapter}.weight")))
    };
    let (code, err, written) = merged(named("default"));
    assert!(code == 0 && written.is_some() && written == merged(|_| ()).2, "{err}");
    assert_eq!(merged(named("other")).0, 1);
}

#[test]
fn shapes_and_numbers_that_are_wrong_are_told() {
    let (code, err, _) = merged(|all| {
        let (_, shape, numbers) = all.iter_mut().find(|(name, ..)| name == FIRST).expect("it is there");
        shape[0] -= 1;
        numbers.truncate(shape.iter().product());
    });
    assert!(code == 1 && err.contains("A has 3 rows, B 4 columns"), "{err}");
    let (code, err, _) = merged(|all| all[0].2[0] = f64::NAN);
    assert!(code == 0 && err.contains("not finite"), "{err}");
}

#[test]
fn an_adapter_is_merged_once() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let target = scratch.path().join("merged");
    let arguments =
        ["merge", "fixtures/merges/lora", "--base", "fixtures/merges/base/llama", "--output", text(&target)];
    let (code, _, err) = run(&arguments);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("4 modules changed, 0 tensors replaced"), "{err}");
    assert!(target.join("model.safetensors").is_file() && target.join("config.json").is_file());
    assert_eq!(run(&arguments).0, 2);
    assert_eq!(run(&[&arguments[..], &["--force"]].concat()).0, 0);
}

#[test]
fn several_files_stay_several() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (folder, file) = (scratch.path().join("merged"), scratch.path().join("merged.safetensors"));
    let base = "fixtures/merges/base/llama-sharded/model.safetensors.index.json";
    let merge = |target: &Path| run(&["merge", "fixtures/merges/lora-sharded", "--base", base, "-o", text(target)]);
    let (code, _, err) = merge(&file);
    assert_eq!((code, file.exists()), (1, false), "{err}");
    assert!(err.contains("name a folder"), "{err}");
    let (code, _, err) = merge(&folder);
    assert_eq!(code, 0, "{err}");
    assert!(folder.join("model.safetensors.index.json").is_file());
}

#[test]
fn what_cannot_be_merged_is_told() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let target = scratch.path().join("merged");
    let merge = |adapter: &str, base: &str| run(&["merge", adapter, "--base", base, "-o", text(&target)]);
    let (code, _, err) = merge("fixtures/merges/psoft", "fixtures/merges/base/llama");
    assert!(code == 1 && err.contains("signs"), "{err}");
    let (code, _, err) = merge("fixtures/merges/lora", "fixtures/merges/base/gpt2");
    assert_eq!(code, 1);
    assert!(err.contains("no module of the model matches `target_modules`"), "{err}");
    assert_eq!(merge("fixtures/merges/base/llama", "fixtures/merges/base/llama").0, 2);
    let torch = scratch.path().join("merged.bin");
    let arguments = ["merge", "fixtures/merges/lora", "--base", "fixtures/merges/base/llama", "-o", text(&torch)];
    let (code, _, err) = run(&arguments);
    assert!(code == 2 && !torch.exists() && err.contains("as safetensors only"), "{err}");
    assert!(!target.exists());
}

/// Python writes NaN into JSON and reads it.
#[test]
fn a_config_is_read_as_python_reads_it() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let lora = Path::new(LORA);
    let config = fs::read_to_string(lora.join("adapter_config.json")).expect("there is a config");
    let config = config.replace("\"lora_dropout\": 0.0", "\"lora_dropout\": NaN");
    assert!(config.contains("NaN"), "{config}");
    fs::write(scratch.path().join("adapter_config.json"), config).expect("a file");
    fs::copy(lora.join(WEIGHTS), scratch.path().join(WEIGHTS)).expect("the weights");
    let target = scratch.path().join("merged.safetensors");
    let (code, _, err) = run(&["merge", text(scratch.path()), "--base", LLAMA, "-o", text(&target)]);
    assert!(code == 0 && target.is_file(), "{code} {err}");
}

/// With a larger rank LoKr has one matrix in the place of two: PEFT drops the two, and draws the one.
#[test]
fn tensors_of_another_form_than_the_config_asks_for_are_not_merged() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let lokr = Path::new("fixtures/merges/lokr");
    fs::copy(lokr.join(WEIGHTS), scratch.path().join(WEIGHTS)).expect("there are weights");
    let config = fs::read_to_string(lokr.join("adapter_config.json")).expect("there is a config");
    let target = scratch.path().join("merged.safetensors");
    for (rank, code) in [("1", 0), ("64", 1)] {
        let edited = config.replace("\"r\": 1,", &format!("\"r\": {rank},"));
        fs::write(scratch.path().join("adapter_config.json"), edited).expect("it is written");
        let (got, _, err) = run(&["merge", text(scratch.path()), "--base", LLAMA, "-o", text(&target), "--force"]);
        assert_eq!(got, code, "{rank}: {err}");
        assert!(code == 0 || err.contains("PEFT looks for"), "{err}");
    }
}
