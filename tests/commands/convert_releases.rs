//! `convert` from one release to another, where the files have to change for the function to stay.

use std::fs;
use std::path::{Path, PathBuf};

use adapter_spec::tensors::{Existing, Outgoing, TensorFile, write_torch_zip};
use serde_json::Value;

use crate::support::{run, text};

const GOLDEN: &str = "fixtures/checkpoints";

const ADAPTER: [&str; 2] = ["adapter_config.json", "pytorch_adapter.bin"];
const HEAD: [&str; 2] = ["head_config.json", "pytorch_model_head.bin"];

/// A recorded adapter with another config, and of its tensors those that `keep` names anew.
fn changed(scratch: &Path, golden: &str, edit: impl Fn(&mut Value), keep: impl Fn(&str) -> Vec<String>) -> PathBuf {
    changed_part(scratch, golden, ADAPTER, edit, keep)
}

/// The same of the config and the weights that are called so.
fn changed_part(
    scratch: &Path,
    golden: &str,
    [config, name]: [&str; 2],
    edit: impl Fn(&mut Value),
    keep: impl Fn(&str) -> Vec<String>,
) -> PathBuf {
    let (golden, folder) = (Path::new(GOLDEN).join(golden), scratch.join("source"));
    fs::create_dir(&folder).expect("a folder");
    let read = fs::read(golden.join(config)).expect("the config");
    let mut file = serde_json::from_slice(&read).expect("it is JSON");
    edit(&mut file);
    fs::write(folder.join(config), file.to_string()).expect("it can be written");
    let weights = TensorFile::open(golden.join(name)).expect("the weights");
    let kept = weights
        .iter()
        .flat_map(|tensor| keep(tensor.name()).into_iter().map(move |name| Outgoing::from(tensor).renamed(name)));
    write_torch_zip(folder.join(name), kept, Existing::Refuse).expect("a file");
    folder
}

fn same(name: &str) -> Vec<String> {
    vec![name.to_owned()]
}

/// The exit code, what is said, and the config that is written.
fn convert(folder: &Path, to: &str, model: Option<&str>) -> (i32, String, Value) {
    let result = folder.with_file_name("result");
    let mut arguments = vec!["convert", text(folder), text(&result), "--to", to];
    arguments.extend(model.iter().flat_map(|model| ["--model", model]));
    let (code, _, err) = run(&arguments);
    let config = ["adapter_config.json", "head_config.json"].iter().find_map(|name| fs::read(result.join(name)).ok());
    let config = config.map_or(Value::Null, |text| serde_json::from_slice(&text).expect("it is JSON"));
    (code, err, config["config"].clone())
}

/// adapter-transformers adapts all layers: those that were left out get zeros, and factors of one.
#[test]
fn layers_that_low_rank_updates_leave_out_get_what_changes_nothing() {
    let model = format!("{GOLDEN}/base/bert.json");
    for (case, wanted) in [("lora_qkv_io", 0.0), ("ia3", 1.0)] {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let golden = format!("adapters-1.3.0/bert/{case}");
        let keep = |name: &str| if name.contains(".layer.1.") { Vec::new() } else { same(name) };
        let folder =
            changed(scratch.path(), &golden, |file| file["config"]["leave_out"] = serde_json::json!([1, 7]), keep);
        let (code, err, config) = convert(&folder, "adapter-transformers@3.2.1", Some(&model));
        assert!(code == 0 && err.contains("updates that change nothing"), "{err}");
        assert_eq!(config.get("leave_out"), None);
        let whole = TensorFile::open(Path::new(GOLDEN).join(golden).join("pytorch_adapter.bin")).expect("the weights");
        let made = TensorFile::open(scratch.path().join("result/pytorch_adapter.bin")).expect("the result");
        assert_eq!(made.len(), whole.len());
        for tensor in whole.iter() {
            let made = made.get(tensor.name()).expect("every layer has its tensors");
            assert_eq!(made.shape(), tensor.shape());
            if tensor.name().contains(".layer.1.") && tensor.name().ends_with("lora_B") {
                assert!(made.to_f64_vec().expect("numbers").iter().all(|number| *number == wanted), "{}", made.name());
            }
        }
    }
}

/// Releases without mappings have a number for all layers, and integers are wanted in mappings, too, where they are at all.
#[test]
fn mappings_of_factors_become_what_the_release_reads() {
    let json = |text: &str| serde_json::from_str::<Value>(text).expect("it is JSON");
    for (factors, to, wanted) in [
        (r#"{"default": 8}"#, "adapter-transformers@1.1.1", "8"),
        (r#"{"0": 8, "default": 8.0}"#, "adapter-transformers@1.1.1", "8"),
        (r#"{"0": 8.0, "default": 8}"#, "adapter-transformers@2.3.0", r#"{"0": 8, "default": 8}"#),
        (r#"{"0": 8.0, "default": 8}"#, "adapter-transformers@3.2.1", r#"{"0": 8.0, "default": 8}"#),
    ] {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let edit = |file: &mut Value| file["config"]["reduction_factor"] = json(factors);
        let folder = changed(scratch.path(), "adapters-1.3.0/bert/seq_bn", edit, same);
        let (code, err, config) = convert(&folder, to, None);
        assert_eq!((code, &config["reduction_factor"]), (0, &json(wanted)), "{err}");
    }
}

/// Written twice a layer is left out once; a number that no model has is a loss.
#[test]
fn numbers_of_layers_are_not_believed() {
    let keep = |name: &str| if name.contains(".layer.1.") { Vec::new() } else { same(name) };
    for (list, wanted) in [(serde_json::json!([1, 1]), 0), (serde_json::json!([1, 1_000_000_000]), 1)] {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let leave_out = |file: &mut Value| file["config"]["leave_out"] = list.clone();
        let folder = changed(scratch.path(), "adapters-1.3.0/bert/lora_qv", leave_out, keep);
        let (code, err, _) = convert(&folder, "adapter-transformers@3.2.1", None);
        assert_eq!((code, err.contains("`leave_out`")), (wanted, true), "{err}");
    }
}

/// What multiplies the factors is divided out, and a gate is wide open.
#[test]
fn layers_that_scaled_and_gated_factors_leave_out_get_what_multiplies_by_one() {
    let keep = |name: &str| if name.contains(".layer.1.") { Vec::new() } else { same(name) };
    for (case, wanted) in
        [("ia3_alpha", [("lora_B", 1.0 / 3.0), ("", 0.0)]), ("ia3_gating", [("lora_B", 1.0), ("gate.bias", 40.0)])]
    {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let leave_out = |file: &mut Value| file["config"]["leave_out"] = serde_json::json!([1]);
        let folder = changed(scratch.path(), &format!("adapters-1.3.0/bert/{case}"), leave_out, keep);
        let (code, err, _) = convert(&folder, "adapter-transformers@3.2.1", None);
        assert_eq!(code, 0, "{err}");
        let made = TensorFile::open(scratch.path().join("result/pytorch_adapter.bin")).expect("the result");
        for tensor in made.iter().filter(|tensor| tensor.name().contains(".layer.1.")) {
            let named = wanted.iter().find(|(leaf, _)| !leaf.is_empty() && tensor.name().ends_with(leaf));
            let value = named.map_or(0.0, |(_, value)| *value);
            let numbers = tensor.to_f64_vec().expect("numbers");
            assert!(numbers.iter().all(|number| (number - value).abs() < 1e-7), "{}", tensor.name());
        }
        let result = scratch.path().join("result");
        let (code, out, err) = run(&["diff", text(&folder), text(&result)]);
        assert_eq!(code, 0, "{out}{err}");
    }
}

/// Nor are sizes that the file does not have, or that no model has.
#[test]
fn sizes_of_models_are_not_believed() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let model = fs::read(format!("{GOLDEN}/base/bert.json")).expect("the model");
    let mut model: Value = serde_json::from_slice(&model).expect("it is JSON");
    model["hidden_size"] = serde_json::json!(1_u64 << 40);
    let huge = scratch.path().join("huge.json");
    fs::write(&huge, model.to_string()).expect("the disk has room");
    let one = |name: &str| if name.contains(".layer.1.") { Vec::new() } else { same(name) };
    let none = |_: &str| Vec::new();
    for (case, list, keep) in [
        ("lora_qv", serde_json::json!([1]), &one as &dyn Fn(&str) -> Vec<String>),
        ("lora_qv", serde_json::json!([0, 1]), &none),
    ] {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let leave_out = |file: &mut Value| file["config"]["leave_out"] = list.clone();
        let folder = changed(scratch.path(), &format!("adapters-1.3.0/bert/{case}"), leave_out, keep);
        let (code, err, _) = convert(&folder, "adapter-transformers@3.2.1", Some(text(&huge)));
        assert_eq!((code, err.contains("`leave_out`")), (1, true), "{err}");
    }
}

/// The sizes of layers that the file has nothing of are the model's.
#[test]
fn a_model_of_which_no_layer_is_adapted_is_filled_by_its_sizes() {
    let leave_out = |file: &mut Value| file["config"]["leave_out"] = serde_json::json!([0, 1]);
    for (model, wanted) in [(Some(format!("{GOLDEN}/base/bert.json")), 0), (None, 1)] {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let folder = changed(scratch.path(), "adapters-1.3.0/bert/lora_gating", leave_out, |_| Vec::new());
        let (code, err, _) = convert(&folder, "adapter-transformers@3.2.1", model.as_deref());
        assert_eq!(code, wanted, "{err}");
        if code == 0 {
            let (whole, result) =
                (Path::new(GOLDEN).join("adapters-1.3.0/bert/lora_gating"), scratch.path().join("result"));
            let [whole, made] = [&whole, &result]
                .map(|folder| TensorFile::open(folder.join("pytorch_adapter.bin")).expect("the weights"));
            assert_eq!(whole.len(), made.len());
            for tensor in made.iter() {
                assert_eq!(whole.get(tensor.name()).map(|like| like.shape().to_vec()), Some(tensor.shape().to_vec()));
            }
            let (code, out, err) = run(&["diff", text(&folder), text(&result)]);
            assert_eq!(code, 0, "{out}{err}");
        }
    }
}

/// Seen in the releases: they raise an error, or what they raise one for is not needed.
#[test]
fn what_a_release_would_not_load_is_told() {
    let twice = |file: &mut Value| {
        let (used, mut unused) = (file["config"].clone(), file["config"].clone());
        unused["leave_out"] = serde_json::json!([0, 1]);
        file["config"] = serde_json::json!({"architecture": "union", "configs": [used, unused]});
    };
    let leave_out = |file: &mut Value| file["config"]["leave_out"] = serde_json::json!([0]);
    let other_layers = |name: &str| if name.contains(".layer.0.") { Vec::new() } else { same(name) };
    for (golden, edit, to, wanted) in [
        (
            "adapters-1.0.1/bert/ia3",
            &twice as &dyn Fn(&mut Value),
            "adapters@1.3.0",
            "refuses a union that contains more than one",
        ),
        ("adapters-1.0.1/bert/ia3", &twice, "peft", ""),
        ("adapters-1.3.0/bert/compacterpp", &leave_out, "adapter-transformers@3.2.1", "leaves out layer 0"),
        ("adapters-1.3.0/bert/compacterpp", &leave_out, "adapters@1.3.0", ""),
    ] {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let keep = |name: &str| if golden.contains("compacter") { other_layers(name) } else { same(name) };
        let folder = changed(scratch.path(), golden, edit, keep);
        let (code, err, _) = convert(&folder, to, Some(&format!("{GOLDEN}/base/bert.json")));
        assert_eq!(code, i32::from(!wanted.is_empty()), "{golden} {to}: {err}");
        assert!(err.contains(wanted), "{err}");
    }
}

/// `init_weights` matters in training only, and stops older releases from adding an adapter with a norm before it.
#[test]
fn how_numbers_began_does_not_stop_a_release() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let begins = |file: &mut Value| file["config"]["init_weights"] = Value::from("mam_adapter");
    let folder = changed(scratch.path(), "adapters-1.3.0/bert/seq_bn_ln_before", begins, same);
    let (code, err, config) = convert(&folder, "adapters@1.0.1", None);
    assert_eq!((code, &config["init_weights"]), (0, &Value::from("bert")), "{err}");
    assert!(err.contains("cannot initialise an adapter with `ln_before`"), "{err}");
}

/// Where the model is known to have no dropout, heads of 2.1 to 3.1 have no modules for it.
#[test]
fn heads_are_numbered_as_the_model_s_dropout_says() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let edit = |_: &mut Value| ();
    let folder = changed_part(scratch.path(), "adapters-1.3.0/bert/head_classification", HEAD, edit, same);
    let base = fs::read_to_string(format!("{GOLDEN}/base/bert.json")).expect("a model");
    let mut base: Value = serde_json::from_str(&base).expect("it is JSON");
    for (dropout, wanted) in [(0.0, "0.weight"), (0.1, "1.weight")] {
        base["hidden_dropout_prob"] = Value::from(dropout);
        let model = scratch.path().join("model.json");
        fs::write(&model, base.to_string()).expect("it can be written");
        let result = scratch.path().join(format!("result{dropout}"));
        let arguments = ["--to", "adapter-transformers@2.3.0", "--model", text(&model)];
        let (code, _, err) = run(&[&["convert", text(&folder), text(&result)][..], &arguments].concat());
        assert_eq!(code, 0, "{err}");
        let made = TensorFile::open(result.join(HEAD[1])).expect("the result");
        assert!(made.iter().any(|tensor| tensor.name() == format!("heads.demo.{wanted}")), "{err}");
    }
}

/// What belongs to the model or to several adapters stays behind, and that is told.
#[test]
fn files_beside_an_adapter_are_told() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let folder = changed(scratch.path(), "adapters-1.3.0/bert/lora_qv", |_| (), same);
    fs::write(folder.join("adapter_interface.json"), "{}").expect("it can be written");
    for to in ["adapters@1.0.1", "peft"] {
        let result = scratch.path().join(to);
        let (code, _, err) = run(&["convert", text(&folder), text(&result), "--to", to]);
        assert_eq!(code, 0, "{err}");
        assert!(err.contains("adapter_interface.json is not part of the adapter"), "{err}");
    }
}

/// The name of an adapter goes with safetensors by way of PEFT; what does not come back is told.
#[test]
fn what_does_not_come_back_is_told() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let folder = PathBuf::from("fixtures/checkpoints/adapters-1.3.0/bert/lora_qv");
    for (container, is_told) in [("safetensors", false), ("torch", true)] {
        let [there, back] = ["there", "back"].map(|name| scratch.path().join(format!("{name}-{container}")));
        let (code, _, err) = run(&["convert", text(&folder), text(&there), "--to", "peft", "--container", container]);
        assert_eq!(code, 0, "{err}");
        assert_eq!(err.contains("`name` \"demo\" becomes \"default\""), is_told, "{err}");
        let (code, _, err) = run(&["convert", text(&there), text(&back), "--to", "adapters"]);
        assert_eq!(code, 0, "{err}");
        let config = |folder: &Path| fs::read_to_string(folder.join("adapter_config.json")).expect("the config");
        assert_eq!(config(&folder) == config(&back), !is_told, "{err}");
    }
}

/// Where that module is called so, the library takes it for an adapter of that name: `output_adapters.adapters.other`.
#[test]
fn an_adapter_called_adapters_is_saved_with_all_others() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let named = |file: &mut Value| file["name"] = "adapters".into();
    let keep = |name: &str| ["adapters", "other"].map(|own| name.replace(".demo.", &format!(".{own}."))).to_vec();
    let folder = changed(scratch.path(), "adapters-1.3.0/gpt2/seq_bn", named, keep);
    let (code, err, _) = convert(&folder, "adapters@1.0.1", None);
    assert!(code == 0 && err.contains("tensors of `other` are left out"), "{err}");
    let made = TensorFile::open(scratch.path().join("result/pytorch_adapter.bin")).expect("the result");
    let whole = TensorFile::open(folder.join("pytorch_adapter.bin")).expect("the source");
    assert_eq!(2 * made.len(), whole.len());
    assert!(made.iter().all(|tensor| tensor.name().contains(".adapters.adapters.")));
    let (code, out, err) = run(&["diff", text(&folder), text(&scratch.path().join("result"))]);
    assert_eq!(code, 0, "{out}{err}");
}

/// adapters refuses to load it.
#[test]
fn a_dropout_of_factors_becomes_none() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let with_dropout = |file: &mut Value| file["config"]["dropout"] = 0.1.into();
    let folder = changed(scratch.path(), "adapter-transformers-3.2.1/bert/ia3", with_dropout, same);
    let (code, err, config) = convert(&folder, "adapters", None);
    assert!(code == 0 && err.contains("`dropout`"), "{err}");
    assert_eq!(config["dropout"], 0.0);
}

/// Whether 1.x or 2.x saved a head, its file does not tell; newer releases write what they did not.
#[test]
fn heads_get_the_keys_that_the_release_writes() {
    let golden = "adapter-transformers-1.1.1/bert/head_classification";
    let only_head = |scratch: &Path, edit: &dyn Fn(&mut Value)| {
        convert(&changed_part(scratch, golden, HEAD, edit, same), "adapters", None)
    };
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (code, err, config) = only_head(scratch.path(), &|_| ());
    assert_eq!((code, &config["bias"], &config["use_pooler"]), (0, &true.into(), &false.into()), "{err}");
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (code, err, config) = only_head(scratch.path(), &|file| file["config"]["head_type"] = "causal_lm".into());
    assert_eq!((code, &config["embedding_size"], config.get("use_pooler")), (0, &32.into(), None), "{err}");
    // No release takes a width here.
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (code, err, config) = only_head(scratch.path(), &|file| {
        file["model_type"] = "t5".into();
        file["config"] = serde_json::json!({"head_type": "seq2seq_lm", "layers": 1, "vocab_size": 64});
    });
    assert_eq!((code, config.get("embedding_size")), (0, None), "{err}");
}

/// CamemBERT was a RoBERTa, and then it was not.
#[test]
fn adapters_go_where_the_model_has_them() {
    let golden = "adapter-transformers-1.1.1/bert/seq_bn";
    let camembert = |file: &mut Value| file["model_type"] = "camembert".into();
    for (to, wanted) in [("adapter-transformers@2.3.0", 0), ("adapter-transformers@3.2.1", 1), ("adapters", 1)] {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let folder = changed(scratch.path(), golden, camembert, same);
        let (code, err, _) = convert(&folder, to, None);
        assert_eq!((code, err.contains("they were removed in")), (wanted, wanted == 1), "{err}");
    }
}

/// Releases without a factor get it in the up-projection, whether it is learned or a number.
#[test]
fn factors_of_bottlenecks_go_into_the_up_projection() {
    for (case, keys) in [("seq_bn_learned_scaling", None), ("seq_bn_channel_scaling", None), ("seq_bn", Some(2.5))] {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let edit = |file: &mut Value| {
            if let Some(factor) = keys {
                file["config"]["scaling"] = Value::from(factor);
            }
        };
        let folder = changed(scratch.path(), &format!("adapters-1.3.0/bert/{case}"), edit, same);
        let (code, err, _) = convert(&folder, "adapter-transformers@2.3.0", None);
        assert!(code == 0 && err.contains("multiplied by it"), "{err}");
        let [source, made] = ["source", "result"]
            .map(|name| TensorFile::open(scratch.path().join(name).join(ADAPTER[1])).expect("the weights"));
        let numbers = |file: &TensorFile, name: &str| file.get(name).expect(name).to_f64_vec().expect("numbers");
        let up = "bert.encoder.layer.1.output.adapters.demo.adapter_up.weight";
        let factors = match keys {
            Some(factor) => vec![factor],
            None => numbers(&source, "bert.encoder.layer.1.output.adapters.demo.scaling"),
        };
        let (before, after) = (numbers(&source, up), numbers(&made, up));
        let columns = before.len() / 32;
        for (at, (before, after)) in before.iter().zip(&after).enumerate() {
            let factor = factors.get(at / columns).unwrap_or(&factors[0]);
            assert!((before * factor - after).abs() < 1e-6, "{case} {at}");
        }
        assert!(made.iter().all(|tensor| !tensor.name().ends_with(".scaling")));
    }
}

/// What came with transformers' releases came with those of the library that need them: `leaky_relu` with 0.1.2, and
/// `prelu` with 1.2.0.
#[test]
fn activations_are_known_since_the_release_that_lint_tells() {
    let convert = |name: &str, number: &str| {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let activation = |file: &mut Value| file["config"]["non_linearity"] = name.into();
        let folder = changed(scratch.path(), "adapters-1.3.0/bert/seq_bn", activation, same);
        let (_, err, config) = convert(&folder, &format!("adapters@{number}"), None);
        (err, config["non_linearity"].clone())
    };
    for (number, is_known) in [("1.2.0", true), ("1.1.1", false)] {
        let (err, _) = convert("prelu", number);
        assert_eq!(err.contains("it was added in adapters 1.2.0"), !is_known, "{number}: {err}");
        assert_eq!(err.contains("it was added in"), !is_known, "{number}: {err}");
    }
    for (number, wanted) in [("0.1.2", "leaky_relu"), ("0.1.1", "leakyrelu")] {
        let (err, written) = convert("leaky_relu", number);
        assert_eq!(written, wanted, "{number}: {err}");
    }
}

/// Before adapters 1.0 the scores of prefixes in CLIP's text model are 1 higher; from 1.0 to 1.2 under `eager` alone.
#[test]
fn prefixes_in_texts_of_clip_are_told() {
    const RAISED: &str = "adds 1 to the score of each prefix";
    let as_clip = |file: &mut Value| {
        file["model_type"] = "clip".into();
        file["model_class"] = "CLIPModel".into();
    };
    let tower = serde_json::json!({"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 64});
    let model = serde_json::json!({"model_type": "clip", "text_config": tower, "vision_config": tower});
    for (tower, to, is_kept, is_told) in [
        ("text", "adapter-transformers@3.2.1", false, true),
        ("text", "adapters@0.2.2", false, true),
        ("text", "adapters@1.0.1", true, true),
        ("text", "adapters@1.3.0", true, false),
        ("vision", "adapter-transformers@3.2.1", true, false),
    ] {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let config = scratch.path().join("config.json");
        fs::write(&config, model.to_string()).expect("it can be written");
        let keep = |name: &str| {
            let pool = name.strip_prefix("bert.prefix_tuning.").map(|rest| format!("clip.prefix_tuning.{rest}"));
            pool.map(|name| name.replace(".self_prefix.", &format!(".clip_{tower}_model_self_prefix.")))
                .into_iter()
                .collect()
        };
        let folder = changed(scratch.path(), "adapters-1.3.0/bert/prefix_tuning", as_clip, keep);
        let (code, err, _) = convert(&folder, to, Some(text(&config)));
        assert_eq!(code, i32::from(!is_kept), "{tower} {to}: {err}");
        assert_eq!(err.contains(RAISED), is_told, "{tower} {to}: {err}");
    }
}
