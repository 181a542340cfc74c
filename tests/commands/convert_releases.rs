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

/// Another factor than one would be multiplied with the ones.
#[test]
fn layers_that_scaled_factors_leave_out_are_a_loss() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let leave_out = |file: &mut Value| file["config"]["leave_out"] = serde_json::json!([1]);
    let keep = |name: &str| if name.contains(".layer.1.") { Vec::new() } else { same(name) };
    let folder = changed(scratch.path(), "adapters-1.3.0/bert/ia3_alpha", leave_out, keep);
    let (code, err, _) = convert(&folder, "adapter-transformers@3.2.1", None);
    assert!(code == 1 && err.contains("`leave_out`"), "{err}");
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
        assert_eq!((code, err.contains("they went with")), (wanted, wanted == 1), "{err}");
    }
}
