//! What the config decides of tensors: which of them the library loads, and whether it loads any. `diff` and `convert` go by it.
//!
//! What adapters 1.3.0 and PEFT 0.21.2 do stands with each case: it was seen by loading such folders into tiny models and
//! comparing the last states.

use std::collections::BTreeMap;
use std::fs;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::support::{run, text};

const HUB: &str = "fixtures/checkpoints/adapters-1.3.0/bert";
const PEFT: &str = "fixtures/checkpoints/peft-0.21.2/bert";
const BERT: &str = "fixtures/checkpoints/base/bert.json";

/// A recorded adapter with other texts in its config.
fn with(folder: &str, replaced: &[(&str, &str)]) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a scratch folder");
    let is_own = |name: &str| !["case.json", "io.safetensors"].contains(&name);
    let files = fs::read_dir(folder).expect("the folder is there").flatten();
    for file in files.filter(|file| file.file_name().to_str().is_some_and(is_own)) {
        fs::copy(file.path(), copy.path().join(file.file_name())).expect("it is copied");
    }
    let path = copy.path().join("adapter_config.json");
    let mut config = fs::read_to_string(&path).expect("the config");
    config = config.split_whitespace().collect::<Vec<_>>().join(" ");
    for (from, to) in replaced {
        assert!(config.contains(from), "{config}");
        config = config.replace(from, to);
    }
    fs::write(&path, config).expect("it is written");
    copy
}

/// What adapters loads into the modules that the config builds; the rest it drops, which it logs at level INFO. The last states
/// of each of these differ from those of the recorded adapter.
#[test]
fn tensors_that_adapters_does_not_load_are_no_part_of_an_adapter() {
    let cases = [
        ("seq_bn", "\"leave_out\": []", "\"leave_out\": [0]"),
        ("lora_qkv_io", "[ \"q\", \"k\", \"v\" ]", "[ \"q\" ]"),
        ("lora_qkv_io", "\"leave_out\": []", "\"leave_out\": [1]"),
        ("lora_qkv_io", "\"selfattn_lora\": true", "\"selfattn_lora\": false"),
        ("lora_qkv_io", "\"output_lora\": true", "\"output_lora\": false"),
        ("lora_qkv_io", "\"intermediate_lora\": true", "\"intermediate_lora\": false"),
        ("vera", "\"leave_out\": []", "\"leave_out\": [0]"),
        ("ia3", "\"leave_out\": []", "\"leave_out\": [0]"),
        ("loreft", "\"layers\": \"all\"", "\"layers\": [0]"),
    ];
    for (name, from, to) in cases {
        let other = with(&format!("{HUB}/{name}"), &[(from, to)]);
        for model in [&[][..], &["--model", BERT]] {
            let (code, out, err) = run(&[&["diff", &format!("{HUB}/{name}"), text(other.path())][..], model].concat());
            assert!(code == 1 && out.contains("and adapters drops them"), "{name} {to} {model:?}: {out}{err}");
            // The same config twice is the same adapter, whatever lies beside.
            let (code, out, err) = run(&[&["diff", text(other.path()), text(other.path())][..], model].concat());
            assert!(code == 0, "{name} {to}: {out}{err}");
        }
    }
}

/// Where no tensor tells whether a layer is there, the base model does. With a third layer, adapters would make a bottleneck of
/// its own there, as the file has none.
#[test]
fn layers_that_no_tensor_names_are_told_by_the_model() {
    let source = format!("{HUB}/seq_bn");
    let beyond = with(&source, &[("\"leave_out\": []", "\"leave_out\": [7]")]);
    let (code, out, _) = run(&["diff", &source, text(beyond.path())]);
    assert!(code == 1 && out.contains("it depends on the base model"), "{out}");
    let (code, out, _) = run(&["diff", &source, text(beyond.path()), "--model", BERT]);
    assert!(code == 0 && out.contains("leave_out  [] -> [7]: harmless"), "{out}");
}

/// PEFT puts LoRA where the config says, and drops the tensors of other modules without a word.
#[test]
fn tensors_that_peft_does_not_load_are_no_part_of_an_adapter() {
    let source = format!("{PEFT}/lora_qv");
    let cases = [
        ("[ \"query\", \"value\" ]", "[ \"query\" ]"),
        ("\"exclude_modules\": null", "\"exclude_modules\": [\"value\"]"),
        ("\"layers_to_transform\": null", "\"layers_to_transform\": [0]"),
    ];
    for (from, to) in cases {
        let other = with(&source, &[(from, to)]);
        for model in [&[][..], &["--model", BERT]] {
            let (code, out, err) = run(&[&["diff", &source, text(other.path())][..], model].concat());
            assert!(code == 1 && out.contains("and PEFT drops them"), "{to} {model:?}: {out}{err}");
        }
    }
    // Sizes of what is dropped do not matter: here factors before a layer that would stand behind it.
    let source_ia3 = format!("{PEFT}/ia3");
    let changes = [
        ("[ \"key\", \"value\", \"output.dense\" ]", "[ \"key\" ]"),
        ("\"feedforward_modules\": [ \"output.dense\" ]", "\"feedforward_modules\": []"),
    ];
    let other = with(&source_ia3, &changes);
    let (code, out, err) = run(&["diff", &source_ia3, text(other.path())]);
    assert!(code == 1 && out.contains("and PEFT drops them") && !out.contains("cannot load"), "{out}{err}");
    // Written otherwise, the same modules are meant.
    let other = with(&source, &[("[ \"query\", \"value\" ]", "\".*(query|value)\"")]);
    let (code, out, err) = run(&["diff", &source, text(other.path())]);
    assert!(code == 0, "{out}{err}");
}

/// What adapters drops, the result has not. PEFT's last states with it are those of adapters; with all tensors they were not.
#[test]
fn what_adapters_does_not_load_is_not_converted() {
    for (name, lists) in
        [("lora_qkv_io", ["[ \"q\", \"k\", \"v\" ]", "[ \"k\" ]"]), ("ia3", ["[ \"k\", \"v\" ]", "[ \"k\" ]"])]
    {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let source = with(&format!("{HUB}/{name}"), &[(lists[0], lists[1])]);
        let target = scratch.path().join("peft");
        let (code, _, err) = run(&["convert", text(source.path()), text(&target), "--to", "peft", "--model", BERT]);
        assert!(code == 0 && err.contains("self.value: the config has nothing there"), "{name}: {err}");
        let config = fs::read_to_string(target.join("adapter_config.json")).expect("the config");
        assert!(config.contains("\"key\"") && !config.contains("\"value\""), "{name}: {config}");
    }
}

/// What the linter calls an error since the library refuses to load it.
#[test]
fn what_cannot_be_loaded_is_neither_converted_nor_the_same() {
    let cases = [
        (PEFT, "lora_qv", "\"r\": 4", "\"r\": \"4\""),
        (PEFT, "lora_qv", "\"FEATURE_EXTRACTION\"", "\"FOO\""),
        (PEFT, "lora_qv", "\"bias\": \"none\"", "\"bias\": \"x\""),
        (PEFT, "lora_qv", "\"lora_dropout\": 0.0", "\"lora_dropout\": 2"),
        (PEFT, "lora_qv", "\"alpha_pattern\": {}", "\"alpha_pattern\": {\"value\": \"x\"}"),
        (PEFT, "lora_qv", "\"r\": 4", "\"r\": 8"),
        (HUB, "lora_qv", "\"alpha\": ", "\"alpha\": null, \"was\": "),
        (HUB, "lora_qv", "\"dropout\": 0.0", "\"dropout\": 3"),
        (HUB, "lora_qv", "\"r\": 4", "\"r\": \"4\""),
    ];
    let scratch = tempfile::tempdir().expect("a scratch folder");
    for (golden, name, from, to) in cases {
        let source = format!("{golden}/{name}");
        let other = with(&source, &[(from, to)]);
        for target in ["peft", "adapters"] {
            let into = scratch.path().join("never");
            let arguments = ["convert", text(other.path()), text(&into), "--to", target, "--model", BERT];
            let (code, _, err) = run(&arguments);
            assert!(code == 1 && err.contains("the library cannot load it: "), "{to}, to {target}: {code} {err}");
            assert!(!err.contains("invalid type") && !into.exists(), "{to}, to {target}: {err}");
        }
        let (code, out, err) = run(&["diff", &source, text(other.path())]);
        assert!(code == 1 && out.contains("B: the library cannot load it: "), "{to}: {code} {out}{err}");
        let (code, out, err) = run(&["diff", text(other.path()), text(other.path())]);
        assert!(code == 1 && out.contains("A: the library cannot load it: "), "{to}: {code} {out}{err}");
    }
}

/// What the linter calls an error on the base model, since PEFT raises one when it is to adapt it.
#[test]
fn what_cannot_be_loaded_on_the_base_model_is_neither_converted_nor_the_same() {
    let cases = [
        ("lora_qv", "\"modules_to_save\": null", "\"modules_to_save\": [\"uery\"]", "which is adapted"),
        ("vera", "\"target_modules\": [ \"query\" ]", "\"target_modules\": [ \"LayerNorm\" ]", "cannot adapt"),
    ];
    let scratch = tempfile::tempdir().expect("a scratch folder");
    for (name, from, to, why) in cases {
        let source = format!("{PEFT}/{name}");
        let other = with(&source, &[(from, to)]);
        let (code, out, err) = run(&["diff", &source, text(other.path()), "--model", BERT]);
        assert!(code == 1 && out.contains("B: the library cannot load it: ") && out.contains(why), "{to}: {out}{err}");
        let into = scratch.path().join("never");
        let arguments = ["convert", text(other.path()), text(&into), "--to", "adapters", "--model", BERT];
        let (code, _, err) = run(&arguments);
        assert!(code == 1 && err.contains(why) && !into.exists(), "{to}: {code} {err}");
    }
}

/// The decomposition of `pissa_niter` begins at random: two loadings of the same files compute something else.
#[test]
fn what_is_another_function_each_time_is_not_the_same() {
    let init = ("\"init_lora_weights\": true", "\"init_lora_weights\": \"pissa_niter_2\"");
    let other = with(&format!("{PEFT}/lora_qv"), &[init]);
    let (code, out, err) = run(&["diff", text(other.path()), text(other.path())]);
    assert!(code == 1 && out.contains("starts at random"), "{out}{err}");
}

/// With twice the rank and twice alpha the same tensors would make the same update, were they loaded: adapters raises a
/// `RuntimeError` for their sizes.
#[test]
fn tensors_of_other_sizes_are_not_the_same() {
    let source = format!("{HUB}/lora_qv");
    let other = with(&source, &[("\"alpha\": 10", "\"alpha\": 20"), ("\"r\": 4", "\"r\": 8")]);
    let (code, out, err) = run(&["diff", &source, text(other.path())]);
    assert!(code == 1 && out.contains("has other sizes than the config asks for"), "{out}{err}");
}

/// PEFT has no heads in files of their own, so that a conversion leaves them out, and no head of PEFT can be held against one.
#[test]
fn a_head_beside_an_adapter_does_not_tell_it_from_one_of_peft() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let hub = with(&format!("{HUB}/lora_qv"), &[]);
    for name in ["head_config.json", "pytorch_model_head.bin"] {
        fs::copy(format!("{HUB}/head_classification/{name}"), hub.path().join(name)).expect("it is copied");
    }
    let peft = scratch.path().join("peft");
    let (code, _, err) = run(&["convert", text(hub.path()), text(&peft), "--to", "peft", "--model", BERT]);
    assert!(code == 0, "{err}");
    for (a, b, of) in [(hub.path(), peft.as_path(), "A"), (peft.as_path(), hub.path(), "B")] {
        let (code, out, err) = run(&["diff", text(a), text(b), "--model", BERT]);
        assert!(code == 0 && out.contains(&format!("note, of {of}: the head")), "{out}{err}");
    }
}

#[test]
fn what_lies_beside_is_told() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let source = with(&format!("{PEFT}/lora_qv"), &[]);
    for name in ["README.md", "tokenizer.json"] {
        fs::write(source.path().join(name), "{}").expect("it is written");
    }
    let target = scratch.path().join("new");
    let (code, _, err) = run(&["convert", text(source.path()), text(&target), "--to", "peft"]);
    assert!(code == 0 && err.contains("README.md and 1 other file in the folder"), "{err}");
    let zip = scratch.path().join("new.zip");
    let (code, _, err) = run(&["convert", text(source.path()), text(&zip), "--to", "peft"]);
    assert!(code == 2 && err.contains("a folder is written, not an archive") && !zip.exists(), "{err}");
    let inner = source.path().join("zweiter");
    fs::create_dir(&inner).expect("a folder");
    for name in ["adapter_config.json", "adapter_model.safetensors"] {
        fs::copy(source.path().join(name), inner.join(name)).expect("it is copied");
    }
    let (code, out, _) = run(&["diff", &format!("{PEFT}/lora_qv"), text(source.path())]);
    assert!(code == 0 && out.contains("note, of B: zweiter in it also holds an adapter"), "{out}");
}

/// `AutoPeftModel` builds what these name; put around one model, both adapters do the same.
#[test]
fn what_an_adapter_is_put_around_is_no_matter_of_training() {
    let source = format!("{PEFT}/lora_qv");
    let changes = [
        ("\"base_model_name_or_path\": null", "\"base_model_name_or_path\": \"a/b\""),
        ("\"FEATURE_EXTRACTION\"", "\"SEQ_CLS\""),
    ];
    let other = with(&source, &changes);
    let (code, out, err) = run(&["diff", &source, text(other.path())]);
    assert_eq!(code, 0, "{out}{err}");
    for key in ["base_model_name_or_path", "task_type"] {
        let line = out.lines().find(|line| line.contains(key)).expect("the key is told");
        assert!(line.contains("AutoPeftModel") && !line.contains("training"), "{line}");
    }
}

/// The same folder with its tensors in safetensors, changed.
fn with_tensors(folder: &str, edit: impl FnOnce(&mut BTreeMap<String, (Vec<usize>, Vec<u8>)>)) -> tempfile::TempDir {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (code, _, err) =
        run(&["convert", folder, text(scratch.path()), "--to", "adapters", "--container", "safetensors", "--force"]);
    assert_eq!(code, 0, "{err}");
    let path = scratch.path().join("adapter.safetensors");
    let bytes = fs::read(&path).expect("the tensors");
    let file = SafeTensors::deserialize(&bytes).expect("it is read");
    let tensors = file.iter().map(|(name, view)| (name.to_owned(), (view.shape().to_vec(), view.data().to_vec())));
    let mut tensors: BTreeMap<_, _> = tensors.collect();
    edit(&mut tensors);
    let views = tensors.iter().map(|(name, (shape, data))| {
        (name, TensorView::new(Dtype::F32, shape.clone(), data).expect("shape and bytes fit"))
    });
    safetensors::serialize_to_file(views, None, &path).expect("it is written");
    scratch
}

/// With another activation, the network that makes the prefix makes another one of the same tensors; adapters computed
/// other states.
#[test]
fn the_activation_of_a_network_that_makes_a_prefix_counts() {
    let change = [("\"non_linearity\": \"tanh\"", "\"non_linearity\": \"relu\"")];
    for (name, expected) in [("prefix_tuning", 1), ("prefix_tuning_flat", 0)] {
        let other = with(&format!("{HUB}/{name}"), &change);
        let (code, out, err) = run(&["diff", &format!("{HUB}/{name}"), text(other.path())]);
        assert_eq!(code, expected, "{name}: {out}{err}");
    }
}

/// The layers' names of a prefix are loaded before the model's own: adapters computed the same with others there, and other
/// states with others under the model's own.
#[test]
fn of_the_names_of_a_prefix_the_one_loaded_last_counts() {
    let folder = format!("{HUB}/prefix_tuning_flat");
    for (in_the_layers, expected) in [(true, 0), (false, 1)] {
        let other = with_tensors(&folder, |tensors| {
            // One name of several is in the file so far.
            let (_, (shape, data)) = tensors.pop_first().expect("the prefix");
            let leaf = "prefix_tunings.demo.self_prefix.control_trans";
            let layers =
                [0, 1].map(|layer| format!("bert.encoder.layer.{layer}.attention.self.prefix_tuning.pool.{leaf}"));
            for name in layers.into_iter().chain([format!("bert.prefix_tuning.{leaf}")]) {
                let mut own = data.clone();
                if name.contains(".pool.") == in_the_layers {
                    own[..4].copy_from_slice(&7.5_f32.to_le_bytes());
                }
                tensors.insert(name, (shape.clone(), own));
            }
        });
        let (code, out, err) = run(&["diff", &folder, text(other.path())]);
        assert_eq!(code, expected, "{in_the_layers}: {out}{err}");
    }
}

/// adapters builds modules for the adapter that the config names, and drops tensors of others.
#[test]
fn tensors_of_another_adapter_are_no_part_of_an_adapter() {
    let folder = format!("{HUB}/seq_bn");
    let name = "bert.encoder.layer.0.output.adapters.other.adapter_up.bias";
    let other = with_tensors(&folder, |tensors| {
        tensors.insert(name.to_owned(), (vec![1], 1.0_f32.to_le_bytes().to_vec()));
    });
    let (code, out, err) = run(&["diff", &folder, text(other.path())]);
    assert!(code == 0 && out.contains(name) && out.contains("of another adapter"), "{out}{err}");
}

/// What is left out where the model has no layer changes nothing; which layers it has, the model tells.
#[test]
fn layers_that_the_model_does_not_have_may_be_left_out() {
    let folder = format!("{HUB}/prefix_tuning");
    let other = with(&folder, &[("\"leave_out\": []", "\"leave_out\": [9]")]);
    let (code, out, err) = run(&["diff", &folder, text(other.path()), "--model", BERT]);
    assert!(code == 0 && out.contains("the model has no other layers"), "{out}{err}");
    assert_eq!(run(&["diff", &folder, text(other.path())]).0, 1);
}

/// With the task of a classifier, PEFT looks for the classifier in the file and raises a `KeyError` where it is not.
#[test]
fn no_task_is_written_whose_head_is_missing() {
    let own = [("\"BertAdapterModel\"", "\"BertForSequenceClassification\"")];
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let target = scratch.path().join("peft");
    let source = with(&format!("{HUB}/lora_qv"), &own);
    let (code, _, err) = run(&["convert", text(source.path()), text(&target), "--to", "peft", "--model", BERT]);
    assert_eq!(code, 0, "{err}");
    let config = fs::read_to_string(target.join("adapter_config.json")).expect("the config");
    assert!(config.contains("\"task_type\": null"), "{config}");
    let source = with(&format!("{HUB}/prefix_tuning_flat"), &own);
    let (code, _, err) = run(&["convert", text(source.path()), text(&target), "--to", "peft", "--dry-run"]);
    assert!(code == 1 && err.contains("SEQ_CLS"), "{err}");
}

/// Of a model with two inputs, PEFT's table of a prompt has the tokens of both.
#[test]
fn a_prompt_for_two_inputs_is_not_misread() {
    let changes =
        [("\"num_virtual_tokens\": 3", "\"num_virtual_tokens\": 1"), ("_submodules\": 1", "_submodules\": 3")];
    let source = with(&format!("{PEFT}/prompt_tuning"), &changes);
    let (code, out, err) =
        run(&["convert", text(source.path()), "x", "--to", "adapters", "--model", BERT, "--dry-run"]);
    assert!(code == 1 && format!("{out}{err}").contains("tokens of its own for the decoder"), "{out}{err}");
}

/// Listed layers may all be the encoder's, as in an adapter that ran: without the model, that cannot be told.
#[test]
fn last_positions_of_listed_layers_are_judged_with_a_model_only() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let path = scratch.path().join("adapter_config.json");
    for (layers, expected) in [("[1, 2]", 0), ("\"all\"", 1)] {
        let config = format!(
            r#"{{"config": {{"architecture": "reft", "layers": {layers}, "prefix_positions": 0, "suffix_positions": 2,
            "r": 1, "orthogonality": false, "tied_weights": false, "dropout": 0.05, "non_linearity": null, "dtype": null,
            "output_reft": true, "subtract_projection": true, "init_weights_seed": null}}, "hidden_size": 24,
            "model_class": "T5AdapterModel", "model_name": "", "model_type": "t5", "name": "a",
            "version": "adapters.1.3.0"}}"#
        );
        fs::write(&path, config).expect("it is written");
        let (code, out, err) = run(&["check", "--isolated", "--select", "AL410", text(&path)]);
        assert_eq!(code, expected, "{out}{err}");
    }
}

/// PEFT makes logits of VB-LoRA's largest weights where it finds them, and loads logits that are saved whole as they are: the
/// outputs are equal, and no tensor is missing. A file of which a half is missing lacks it either way.
#[test]
fn whole_logits_are_loaded_whatever_is_saved_of_them() {
    let (folder, base) = ("fixtures/merges/vblora", "fixtures/merges/base/llama/config.json");
    let other = with(folder, &[("\"save_only_topk_weights\": false", "\"save_only_topk_weights\": true")]);
    let (code, out, err) = run(&["check", text(other.path()), "--model", base]);
    assert!(code == 0 && !out.contains("AL660") && !out.contains("AL661"), "{out}{err}");
    let (code, out, err) = run(&["diff", folder, text(other.path()), "--model", base]);
    assert!(code == 0, "{out}{err}");
    let fewer = with(
        folder,
        &[
            ("\"save_only_topk_weights\": false", "\"save_only_topk_weights\": true"),
            ("\"down_proj\"", "\"down_proj\", \"up_proj\""),
        ],
    );
    let (code, out, err) = run(&["check", text(fewer.path()), "--model", base]);
    assert!(code == 1 && out.contains("up_proj.vblora_logits_A") && !out.contains("_topk_"), "{out}{err}");
}
