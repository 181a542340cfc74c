//! `convert` and `run` on the command line: what they say, what they write, and what they leave alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use adapter_spec::tensors::{Existing, Outgoing, TensorFile, write_safetensors};

use crate::support::{program, run, text};

const GOLDEN: &str = "fixtures/checkpoints";

#[test]
fn an_adapter_of_1x_is_written_for_today() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let target = scratch.path().join("new");
    let source = format!("{GOLDEN}/adapter-transformers-1.1.1/bert/seq_bn_gelu");
    let (code, out, err) = run(&["convert", &source, "--to", "adapters", "--dry-run"]);
    assert_eq!(code, 0, "{err}");
    assert!(
        out.contains("layer_text_task_adapters.") && out.contains(" -> bert.encoder.layer.0.output.adapters."),
        "{out}"
    );
    assert!(!target.exists(), "a dry run writes nothing");
    let (code, out, err) = run(&["convert", &source, text(&target), "--to", "adapters"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    assert!(err.contains("saved by adapter-transformers 1.x") && err.contains("read back and compared"), "{err}");
    let config = fs::read_to_string(target.join("adapter_config.json")).expect("the config");
    assert!(config.contains("\"gelu_new\"") && config.contains("\"adapters.1.3.0\""), "{config}");
    let names: Vec<_> = fs::read_dir(&target).expect("the folder").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    let (code, _, err) = run(&["convert", &source, text(&target), "--to", "adapters"]);
    assert_eq!(code, 2, "an existing output is refused");
    assert!(err.contains("exists"), "{err}");
    let (code, _, err) = run(&["convert", &source, text(&target), "--to", "adapters", "--force", "--name", "other"]);
    assert_eq!(code, 0, "{err}");
}

/// A task's adapter of 1.x names an invertible adapter that it does not have, as the architecture does.
#[test]
fn the_config_of_an_adapter_of_1x_comes_back() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (there, back) = (scratch.path().join("there"), scratch.path().join("back"));
    let source = format!("{GOLDEN}/adapter-transformers-1.1.1/bert/seq_bn");
    let (code, _, err) = run(&["convert", &source, text(&there), "--to", "adapters"]);
    // But for what lies beside the recorded adapter there is nothing to say.
    let mut notes = err.lines().filter(|line| line.contains("note"));
    assert!(code == 0 && notes.all(|note| note.contains("no part of the adapter")), "{err}");
    let (code, _, err) = run(&["convert", text(&there), text(&back), "--to", "adapter-transformers@1.1.1"]);
    assert_eq!(code, 0, "{err}");
    let config = |folder: &Path| fs::read_to_string(folder.join("adapter_config.json")).expect("the config");
    assert_eq!(config(&back), config(Path::new(&source)));
}

#[test]
fn what_cannot_be_kept_is_not_written() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let target = scratch.path().join("new");
    let source = format!("{GOLDEN}/adapter-transformers-3.2.1/bert/compacterpp");
    let (code, _, err) = run(&["convert", &source, text(&target), "--to", "adapters"]);
    assert_eq!(code, 1);
    assert!(err.contains("lossy: what all Compacter layers share") && !target.exists(), "{err}");
    assert_eq!(run(&["convert", &source, text(&target), "--to", "adapters", "--allow-lossy"]).0, 0);
    assert!(target.join("pytorch_adapter.bin").is_file());
}

/// The config of a recorded adapter of BERT under the type that a model of two BERTs has, and the folder that it is from.
#[test]
fn a_method_that_the_target_lacks_is_a_loss_in_both_directions() {
    let bottleneck = format!("{GOLDEN}/adapters-1.3.0/bert/seq_bn");
    for (source, to) in [("fixtures/merges/lokr", "adapters"), (bottleneck.as_str(), "peft")] {
        let (code, _, err) = run(&["convert", source, "--to", to, "--dry-run"]);
        assert!(code == 1 && err.contains("lossy: ") && err.contains("no such method"), "{code} {err}");
    }
}

fn of_two_berts(case: &str) -> (tempfile::TempDir, PathBuf) {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let golden = Path::new(GOLDEN).join("adapter-transformers-3.2.1/bert").join(case);
    let config = fs::read_to_string(golden.join("adapter_config.json")).expect("the config");
    let config = config.replace("\"model_type\": \"bert\"", "\"model_type\": \"encoder-decoder\"");
    fs::write(scratch.path().join("adapter_config.json"), config).expect("it can be written");
    (scratch, golden)
}

#[test]
fn an_inverse_behind_the_decoder_is_not_lost_without_a_word() {
    let (scratch, golden) = of_two_berts("seq_bn_inv");
    fs::copy(golden.join("pytorch_adapter.bin"), scratch.path().join("pytorch_adapter.bin")).expect("a copy");
    let run_to = |to: &str| run(&["convert", text(scratch.path()), "--to", to, "--dry-run"]);
    let (code, _, err) = run_to("adapters");
    assert!(code == 1 && err.contains("after the decoder"), "{err}");
    let (_, _, err) = run_to("adapter-transformers@3.0.0");
    assert!(!err.contains("after the decoder"), "{err}");
}

/// BERT's adapter as that of a decoder.
#[test]
fn adapters_behind_a_decoders_cross_attention_are_not_lost_without_a_word() {
    use adapter_spec::tensors::{Existing, Outgoing, TensorFile, write_torch_zip};

    let (scratch, golden) = of_two_berts("double_seq_bn");
    let file = TensorFile::open(golden.join("pytorch_adapter.bin")).expect("the weights");
    let renamed = file.iter().map(|tensor| {
        let layer = tensor.name().find("encoder.layer.").expect("it is of a layer");
        Outgoing::from(tensor).renamed(format!("decoder.bert.{}", &tensor.name()[layer..]))
    });
    write_torch_zip(scratch.path().join("pytorch_adapter.bin"), renamed, Existing::Refuse).expect("a file");
    let run_to = |to: &str| run(&["convert", text(scratch.path()), "--to", to, "--dry-run"]);
    let (code, _, err) = run_to("adapter-transformers@2.3.0");
    assert!(code == 1 && err.contains("cross-attention"), "{err}");
    let (_, _, err) = run_to("adapters");
    assert!(!err.contains("cross-attention"), "{err}");
}

#[test]
fn what_is_no_adapter_is_said() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let target = scratch.path().join("new");
    for (config, weights, expected) in [
        (None, None, "it contains no adapter_config.json, adapter_fusion_config.json or head_config.json"),
        (Some("{"), None, "adapter_config.json"),
        (Some("[]"), None, "not an object"),
        (Some(r#"{"config": "seq_bn"}"#), None, "`name` is missing"),
        (Some(r#"{"config": "seq_bn", "name": "a"}"#), None, "neither adapter.safetensors nor"),
        (
            Some(r#"{"config": "seq_bn", "name": "a"}"#),
            Some("version https://git-lfs.github.com/spec/v1\n"),
            "adapter.safetensors",
        ),
        (Some(r#"{"peft_type": "LORA", "r": 8}"#), Some(""), "adapter_config.json"),
    ] {
        let source = tempfile::tempdir().expect("a scratch folder");
        for (name, text) in [("adapter_config.json", config), ("adapter.safetensors", weights)] {
            if let Some(text) = text {
                fs::write(source.path().join(name), text).expect("it can be written");
            }
        }
        let (code, _, err) = run(&["convert", text(source.path()), text(&target), "--to", "adapters"]);
        assert_eq!(code, 2, "{expected}: {err}");
        assert!(err.contains(expected) && !target.exists(), "{expected}: {err}");
    }
}

#[test]
fn older_releases_get_what_they_can_read() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let target = scratch.path().join("old");
    let source = format!("{GOLDEN}/adapters-1.3.0/bert/head_classification");
    let to = ["--to", "adapter-transformers@1.1.1"];
    let (code, _, err) =
        run(&[&["convert", &source, text(&target)], &to[..], &["--container", "safetensors"]].concat());
    assert_eq!(code, 2);
    assert!(err.contains("cannot read this kind of file") && !target.exists(), "{err}");
    let (code, _, err) = run(&[&["convert", &source, text(&target)], &to[..]].concat());
    assert_eq!(code, 0, "{err}");
    let mut names: Vec<_> = fs::read_dir(&target)
        .expect("the folder")
        .flatten()
        .map(|entry| entry.file_name().into_string().expect("a plain name"))
        .collect();
    names.sort();
    assert_eq!(names, ["adapter_config.json", "head_config.json", "pytorch_adapter.bin", "pytorch_model_head.bin"]);
    let config = fs::read_to_string(target.join("adapter_config.json")).expect("the config");
    assert!(config.contains("\"type\": \"text_task\"") && !config.contains("version"), "{config}");
    assert!(!config.contains("stochastic_depth") && config.contains("BertModelWithHeads"), "{config}");
    let head = fs::read_to_string(target.join("head_config.json")).expect("the head's config");
    assert!(!head.contains("use_pooler") && head.contains("BertModelWithHeads"), "{head}");
    let to = ["--to", "adapters", "--container", "safetensors", "--force"];
    let (code, _, err) = run(&[&["convert", &source, text(&target)], &to[..]].concat());
    assert_eq!(code, 2, "the old weights would stay beside the new");
    assert!(err.contains("pytorch_adapter.bin"), "{err}");
}

#[test]
fn a_dry_run_refuses_what_the_run_would() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let source = format!("{GOLDEN}/adapters-1.3.0/bert/seq_bn");
    let dry = |target: &Path| run(&["convert", &source, text(target), "--to", "adapters", "--dry-run"]);
    let target = scratch.path().join("new");
    assert_eq!(dry(&target).0, 0);
    let (code, _, err) = dry(&target.join("sub"));
    assert!(code == 2 && err.contains("/new: there is no such folder"), "{err}");
    fs::create_dir(&target).expect("a folder");
    assert_eq!(dry(&target).0, 0);
    fs::write(target.join("pytorch_adapter.bin.index.json"), "{}").expect("a file");
    let (code, _, err) = dry(&target);
    assert!(code == 2 && err.contains("index.json: it would be next to the new weights"), "{err}");
    fs::remove_file(target.join("pytorch_adapter.bin.index.json")).expect("it is there");
    fs::write(target.join("adapter_config.json"), "{}").expect("a file");
    let (code, _, err) = dry(&target);
    assert!(code == 2 && err.contains("it already exists"), "{err}");
}

#[test]
fn releases_are_named_or_suggested() {
    let source = format!("{GOLDEN}/adapters-1.3.0/bert/seq_bn");
    for (to, expected) in [
        ("adapters@1.0.2", "did you mean adapters@"),
        ("peft@0.9.0", "of PEFT, only 0.21.2"),
        ("adapter", "did you mean adapter"),
    ] {
        let (code, _, err) = run(&["convert", &source, "--to", to, "--dry-run"]);
        assert_eq!(code, 2, "{to}");
        assert!(err.contains(expected), "{to}: {err}");
    }
}

#[test]
fn reft_without_orthogonality_has_to_be_told() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let target = scratch.path().join("new");
    let source = format!("{GOLDEN}/adapters-1.3.0/bert/direft");
    let (code, _, err) = run(&["convert", &source, text(&target), "--to", "adapters"]);
    assert_eq!(code, 1);
    assert!(err.contains("`noreft` or `direft`") && !target.exists(), "{err}");
    let (code, out, err) = run(&["convert", &source, "--to", "adapters", "--reft", "direft", "--dry-run"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("learned_source.weight + ") && out.contains("projection.weight -> "), "{out}");
    assert_eq!(run(&["convert", &source, text(&target), "--to", "adapters", "--reft", "noreft"]).0, 0);
}

#[test]
fn numbers_beyond_a_type_are_a_loss_and_rounding_is_not() {
    use adapter_spec::tensors::{Dtype, Existing, Outgoing, write_safetensors};

    let scratch = tempfile::tempdir().expect("a scratch folder");
    let source = scratch.path().join("source");
    fs::create_dir(&source).expect("a folder");
    let golden = Path::new(GOLDEN).join("adapters-1.3.0/bert/seq_bn");
    fs::copy(golden.join("adapter_config.json"), source.join("adapter_config.json")).expect("a copy");
    let write = |number: f32| {
        let bytes = move || Ok(number.to_le_bytes().to_vec().into());
        let name = "bert.encoder.layer.0.output.adapters.demo.adapter_up.bias";
        let tensor = Outgoing::new(name, Dtype::F32, [1], bytes);
        let none = std::collections::BTreeMap::new();
        write_safetensors(source.join("adapter.safetensors"), [tensor], &none, Existing::Overwrite).expect("a file");
    };
    let convert = || run(&["convert", text(&source), "--to", "adapters", "--dtype", "f16", "--dry-run"]);
    write(1e6);
    let (code, _, err) = convert();
    assert_eq!(code, 1, "{err}");
    assert!(
        err.contains(
            "1000000 in `bert.encoder.layer.0.output.adapters.demo.adapter_up.bias` is out of range for float16"
        ),
        "{err}"
    );
    write(0.1);
    let (code, _, err) = convert();
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("note: 1 of 1 tensors are rounded to float16"), "{err}");
    write(0.5);
    assert!(!convert().2.contains("rounded"));
}

#[test]
fn integers_that_have_to_be_computed_are_refused_before_anything_is_written() {
    use adapter_spec::tensors::{Dtype, Existing, Outgoing, write_safetensors};

    let scratch = tempfile::tempdir().expect("a scratch folder");
    let source = scratch.path().join("source");
    fs::create_dir(&source).expect("a folder");
    let golden = Path::new(GOLDEN).join("adapters-1.3.0/bert/seq_bn/adapter_config.json");
    let config = fs::read_to_string(golden).expect("a config");
    let mut config: serde_json::Value = serde_json::from_str(&config).expect("JSON");
    let tensor = "bert.encoder.layer.0.output.adapters.demo.adapter_up.bias";
    let outgoing = Outgoing::new(tensor, Dtype::I8, [1], || Ok(vec![3].into()));
    let none = std::collections::BTreeMap::new();
    write_safetensors(source.join("adapter.safetensors"), [outgoing], &none, Existing::Refuse).expect("a file");
    let target = scratch.path().join("target");
    // Below adapter-transformers 3.0 there is no `scaling`, and the up-projection is multiplied by it.
    for (scaling, expected) in [(1.0, 0), (2.0, 1)] {
        config["config"]["scaling"] = scaling.into();
        fs::write(source.join("adapter_config.json"), config.to_string()).expect("a file");
        for dry in [&["--dry-run"][..], &[]] {
            let to = ["convert", text(&source), text(&target), "--to", "adapter-transformers@2.3.0"];
            let (code, _, err) = run(&[&to[..], dry].concat());
            assert_eq!(code, expected, "{err}");
            assert_eq!(err.contains("nothing can be in numbers of type int8"), expected == 1, "{err}");
            assert_eq!(target.exists(), expected == 0 && dry.is_empty(), "{err}");
        }
        if target.exists() {
            fs::remove_dir_all(&target).expect("it is there");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_run_that_is_stopped_leaves_nothing_behind() {
    use std::time::{Duration, Instant};

    use adapter_spec::tensors::{Dtype, Existing, Outgoing, write_safetensors};

    let scratch = tempfile::tempdir().expect("a scratch folder");
    let source = scratch.path().join("source");
    fs::create_dir(&source).expect("a folder");
    let golden = Path::new(GOLDEN).join("adapters-1.3.0/bert/seq_bn");
    fs::copy(golden.join("adapter_config.json"), source.join("adapter_config.json")).expect("a copy");
    let name = "bert.encoder.layer.0.output.adapters.demo.adapter_up.bias";
    let tensor = Outgoing::new(name, Dtype::F32, [16 << 20], || Ok(vec![0; 64 << 20].into()));
    let none = std::collections::BTreeMap::new();
    write_safetensors(source.join("adapter.safetensors"), [tensor], &none, Existing::Refuse).expect("a file");
    let target = scratch.path().join("new");
    let arguments = ["convert", text(&source), text(&target), "--to", "adapters", "--dtype", "f16"];
    let mut child = program().args(arguments).spawn().expect("the program runs");
    let hidden = || {
        let names = fs::read_dir(scratch.path()).expect("the folder").flatten().map(|entry| entry.file_name());
        names.filter(|name| name.to_string_lossy().starts_with('.')).count()
    };
    let start = Instant::now();
    while hidden() == 0 && child.try_wait().expect("its state").is_none() {
        assert!(start.elapsed() < Duration::from_secs(120), "it never begins to write");
        std::thread::sleep(Duration::from_millis(1));
    }
    let pid = child.id().to_string();
    _ = Command::new("kill").args(["-INT", &pid]).status();
    let code = child.wait().expect("it ends").code();
    assert_eq!(hidden(), 0);
    match code {
        Some(130) => assert!(!target.exists(), "it is there as a whole or not at all"),
        // It was done before it was told.
        other => assert_eq!(other, Some(0)),
    }
}

#[test]
fn folders_of_several_adapters_are_converted_as_a_whole() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let source = format!("{GOLDEN}/adapters-1.3.0/bert/fusion_dynamic");
    let target = scratch.path().join("all");
    let (code, _, err) = run(&["convert", &source, text(&target), "--to", "adapters@1.0.1"]);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("3 adapters, "), "{err}");
    let folders = ["fusion/adapter_fusion_config.json", "left/adapter_config.json", "right/adapter_config.json"];
    assert!(folders.iter().all(|file| target.join(file).is_file()));
    // All places are looked at first.
    std::fs::remove_dir_all(target.join("fusion")).expect("it can be removed");
    assert_eq!(run(&["convert", &source, text(&target), "--to", "adapters@1.0.1"]).0, 2);
    assert!(!target.join("fusion").exists());
    assert_eq!(run(&["convert", &source, text(&target), "--to", "adapters@1.0.1", "--force"]).0, 0);
    // None, if one cannot be converted.
    let target = scratch.path().join("none");
    let (code, _, err) = run(&["convert", &source, text(&target), "--to", "peft"]);
    assert!(code == 1 && !target.exists() && err.contains("none of the adapters is written"), "{err}");
    let (code, _, err) = run(&["convert", &source, text(&target), "--to", "adapters", "--name", "other"]);
    assert!(code == 2 && err.contains("holds several adapters: fusion, left, right"), "{err}");
}

#[test]
fn archives_of_several_adapters_give_what_their_folder_gives() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let source = format!("{GOLDEN}/adapters-1.3.0/bert/fusion_dynamic");
    let archive = scratch.path().join("all.tar");
    let status = Command::new("tar").arg("-cf").arg(&archive).arg("-C").arg(&source).arg(".").status();
    assert!(status.expect("tar runs").success());
    let [of_folder, of_archive] = ["a", "b"].map(|name| scratch.path().join(name));
    for (source, target) in [(source.as_str(), &of_folder), (text(&archive), &of_archive)] {
        let (code, _, err) = run(&["convert", source, text(target), "--to", "adapters@1.0.1"]);
        assert!(code == 0 && err.contains("3 adapters, "), "{err}");
    }
    for file in ["fusion/pytorch_model_adapter_fusion.bin", "left/pytorch_adapter.bin", "right/adapter_config.json"] {
        let [one, other] = [&of_folder, &of_archive].map(|folder| fs::read(folder.join(file)).expect(file));
        assert!(one == other, "{file} differs");
    }
}

#[test]
fn of_several_adapters_those_that_the_target_has_nothing_for_are_left_out_if_asked() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let source = scratch.path().join("all");
    for name in ["lora_qv", "seq_bn"] {
        let from = Path::new(GOLDEN).join("adapters-1.3.0/bert").join(name);
        fs::create_dir_all(source.join(name)).expect("a folder");
        for file in fs::read_dir(&from).expect("the folder").flatten() {
            fs::copy(file.path(), source.join(name).join(file.file_name())).expect("it can be copied");
        }
    }
    let target = scratch.path().join("out");
    let arguments = ["convert", text(&source), text(&target), "--to", "peft"];
    let (code, _, err) = run(&arguments);
    assert!(code == 1 && !target.exists() && err.contains("none of the adapters is written"), "{err}");
    let (code, _, err) = run(&[&arguments[..], &["--allow-lossy"]].concat());
    assert!(code == 0 && err.contains("lossy: seq_bn is left out"), "{err}");
    assert!(target.join("lora_qv/adapter_model.safetensors").is_file() && !target.join("seq_bn").exists());
}

#[test]
fn what_is_in_the_way_of_one_of_several_adapters_is_found_first() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let source = format!("{GOLDEN}/adapters-1.3.0/bert/fusion_dynamic");
    let target = scratch.path().join("out");
    std::fs::create_dir(&target).expect("a folder");
    std::fs::write(target.join("right"), "mine").expect("a file");
    for more in [&["--dry-run"][..], &["--force"], &[]] {
        let (code, _, err) = run(&[&["convert", &source, text(&target), "--to", "adapters@1.0.1"], more].concat());
        assert!(code == 2 && err.contains("right: it is no folder"), "{err}");
    }
    assert_eq!(std::fs::read_dir(&target).expect("the folder").count(), 1);
}

#[test]
fn an_adapter_with_others_below_it_is_one_and_the_others_are_told() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let from = format!("{GOLDEN}/adapters-1.3.0/bert/fusion_dynamic");
    let copy = |name: &str, to: &Path| {
        std::fs::create_dir_all(to).expect("a folder");
        for file in std::fs::read_dir(Path::new(&from).join(name)).expect("the folder") {
            let file = file.expect("an entry").path();
            std::fs::copy(&file, to.join(file.file_name().expect("a name"))).expect("it can be copied");
        }
    };
    // In a folder of their own, both are there once; else the inner one is told.
    let outer = scratch.path().join("all/left");
    copy("left", &outer);
    copy("right", &outer.join("inner"));
    let all = scratch.path().join("all");
    let (code, _, err) = run(&["convert", text(&all), "--to", "adapters@1.0.1", text(&scratch.path().join("a"))]);
    assert!(code == 0 && err.contains("2 adapters, "), "{err}");
    let (code, _, err) = run(&["convert", text(&outer), "--to", "adapters@1.0.1", text(&scratch.path().join("b"))]);
    assert!(code == 0 && err.contains("inner in it also holds an adapter"), "{err}");
}

#[test]
fn other_commands_want_one_of_several_adapters_named() {
    let source = format!("{GOLDEN}/adapters-1.3.0/bert/fusion_dynamic");
    let (code, _, err) = run(&["diff", &source, &source]);
    assert_eq!(code, 2);
    assert!(err.contains("it holds several adapters, in fusion, left, right: give the path of one"), "{err}");
}

#[test]
fn archives_and_single_files_are_read() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let golden = Path::new(GOLDEN).join("adapter-transformers-2.3.0/bert/head_classification");
    let archive = scratch.path().join("adapter.tar");
    let status = Command::new("tar").arg("-cf").arg(&archive).arg("-C").arg(&golden).arg(".").status();
    assert!(status.expect("tar runs").success());
    let target = scratch.path().join("new");
    let (code, _, err) = run(&["convert", text(&archive), text(&target), "--to", "adapters"]);
    assert_eq!(code, 0, "{err}");
    assert!(target.join("pytorch_model_head.bin").is_file() && target.join("pytorch_adapter.bin").is_file());
    let file = golden.join("pytorch_adapter.bin");
    let (code, _, err) = run(&["convert", text(&file), "--to", "adapters", "--dry-run"]);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains(": adapter `demo`") && !err.contains(": head `"), "{err}");
}

#[test]
fn weights_in_several_files_are_read_by_their_index() {
    use adapter_spec::tensors::{Existing, Outgoing, TensorFile, write_safetensors};

    let scratch = tempfile::tempdir().expect("a scratch folder");
    let golden = Path::new(GOLDEN).join("adapters-1.3.0/bert/seq_bn");
    fs::copy(golden.join("adapter_config.json"), scratch.path().join("adapter_config.json")).expect("a copy");
    let whole = TensorFile::open(golden.join("pytorch_adapter.bin")).expect("the weights");
    let half = whole.len() / 2;
    let mut map = Vec::new();
    for (name, range) in [("one.safetensors", 0..half), ("two.safetensors", half..whole.len())] {
        let tensors: Vec<_> = whole.iter().skip(range.start).take(range.len()).collect();
        map.extend(tensors.iter().map(|tensor| format!("{:?}: {name:?}", tensor.name())));
        let none = std::collections::BTreeMap::new();
        let path = scratch.path().join(name);
        write_safetensors(path, tensors.into_iter().map(Outgoing::from), &none, Existing::Refuse).expect("a file");
    }
    let index = scratch.path().join("adapter.safetensors.index.json");
    fs::write(index, format!("{{\"weight_map\": {{{}}}}}", map.join(", "))).expect("an index");
    let target = scratch.path().join("new");
    let to = ["--to", "adapters", "--container", "safetensors"];
    let (code, _, err) = run(&[&["convert", text(scratch.path()), text(&target)], &to[..]].concat());
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("use_safetensors=True"), "{err}");
    let written = TensorFile::open(target.join("adapter.safetensors")).expect("the weights");
    assert!(
        written.len() == whole.len()
            && written.iter().all(|t| whole.get(t.name()).is_some_and(|o| o.bytes() == t.bytes()))
    );
}

#[test]
fn a_saved_adapter_runs_on_a_whole_model() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let output = scratch.path().join("states.safetensors");
    let adapter = format!("{GOLDEN}/adapters-1.3.0/bert/seq_bn");
    let (config, base) = (format!("{GOLDEN}/base/bert.json"), format!("{GOLDEN}/base/bert.safetensors"));
    let inputs = format!("{adapter}/io.safetensors");
    let arguments = |more: &[&'static str]| {
        let mut arguments =
            vec!["run", "--model", &config, "--base", &base, "--adapter", &adapter, "--inputs", &inputs];
        arguments.extend(["-o", text(&output)]);
        arguments.extend(more);
        run(&arguments)
    };
    let (code, out, err) = arguments(&["--hidden-states"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    let states = adapter_spec::tensors::TensorFile::open(&output).expect("it is a file of tensors");
    let names: Vec<_> = states.iter().map(|tensor| tensor.name().to_owned()).collect();
    assert_eq!(names, ["hidden_states.0", "hidden_states.1", "hidden_states.2", "last_hidden_state", "pooler_output"]);
    let (code, _, err) = arguments(&[]);
    assert_eq!(code, 2, "an existing output is refused");
    assert!(err.contains("states.safetensors"), "{err}");
    assert_eq!(arguments(&["--force", "--dtype", "f32"]).0, 0);
    let (code, _, err) = arguments(&[
        "--force",
        "--setup",
        r#"{"type": "Stack", "children": [{"type": "single", "children": ["who"]}]}"#,
    ]);
    assert_eq!(code, 2);
    assert!(err.contains("`who`"), "{err}");
}

#[test]
fn two_adapters_of_one_name_and_odd_weights_are_refused() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let output = scratch.path().join("states.safetensors");
    let adapter = format!("{GOLDEN}/adapters-1.3.0/bert/seq_bn");
    let (config, base) = (format!("{GOLDEN}/base/bert.json"), format!("{GOLDEN}/base/bert.safetensors"));
    let inputs = format!("{adapter}/io.safetensors");
    let common =
        ["run", "--model", &config, "--base", &base, "--inputs", &inputs, "-o", text(&output), "--adapter", &adapter];
    let (code, _, err) = run(&[&common[..], &["--adapter", &adapter]].concat());
    assert_eq!(code, 2);
    assert!(err.contains("there is an adapter") && err.matches("there is an adapter").count() == 1, "{err}");
    let average = |weights: &str| {
        format!(
            r#"{{"type": "Average", "children": [{{"type": "single", "children": ["demo"]}}], "kwargs": {{"weights": {weights}}}}}"#
        )
    };
    let (code, _, err) = run(&[&common[..], &["--setup", &average("[0.0]")]].concat());
    assert_eq!(code, 2);
    assert!(err.contains("sum to 0"), "{err}");
    // The library divides weights by their sum when it reads a setup.
    let states = |weights: &str| {
        let (code, _, err) = run(&[&common[..], &["--force", "--setup", &average(weights)]].concat());
        assert_eq!(code, 0, "{err}");
        fs::read(&output).expect("the states")
    };
    assert_eq!(states("[2.0]"), states("[1.0]"));
}

#[cfg(unix)]
#[test]
fn only_regular_files_are_replaced_and_links_are_followed() {
    use adapter_spec::tensors::{Existing, Outgoing, write_safetensors};

    let scratch = tempfile::tempdir().expect("a scratch folder");
    let write = |path: &Path| {
        write_safetensors(path, Vec::<Outgoing<'_>>::new(), &std::collections::BTreeMap::new(), Existing::Overwrite)
    };
    let pipe = scratch.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    assert!(write(&pipe).expect_err("a pipe is no file").to_string().contains("not a regular file"));
    assert!(adapter_spec::tensors::TensorFile::open(&pipe).is_err(), "nobody waits for a pipe");
    assert!(adapter_spec::tensors::ShardedTensors::open(&pipe).is_err(), "nobody waits for a pipe");
    let (file, link) = (scratch.path().join("file"), scratch.path().join("link"));
    fs::write(&file, "old").expect("it can be written");
    std::os::unix::fs::symlink(&file, &link).expect("a link");
    write(&link).expect("it can be written");
    assert!(link.symlink_metadata().expect("the link").is_symlink(), "the link stays");
    assert_ne!(fs::read(&file).expect("the file"), b"old");
}

#[test]
fn what_is_computed_from_a_tensor_that_is_not_there_is_refused_by_the_plan() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let source = Path::new(GOLDEN).join("adapters-1.3.0/bert/seq_bn_learned_scaling");
    fs::copy(source.join("adapter_config.json"), scratch.path().join("adapter_config.json")).expect("the config");
    let weights = TensorFile::open(source.join("pytorch_adapter.bin")).expect("weights");
    let kept =
        weights.iter().filter(|tensor| !tensor.name().contains("layer.1.") || !tensor.name().ends_with("scaling"));
    let outgoing = kept.map(|tensor| {
        Outgoing::new(tensor.name(), tensor.dtype(), tensor.shape().to_vec(), move || Ok(tensor.bytes()))
    });
    let path = scratch.path().join("adapter.safetensors");
    write_safetensors(&path, outgoing, &BTreeMap::new(), Existing::Refuse).expect("it can be written");
    let source = text(scratch.path());
    let (code, _, err) = run(&["convert", source, "--to", "adapter-transformers@2.3.0", "--dry-run"]);
    assert!(code == 2 && err.contains("there is no tensor `bert.encoder.layer.1."), "{code}: {err}");
}

/// What PEFT says in one of many ways comes back in this way, as long as the adapter is the same.
#[test]
fn what_pefts_config_said_comes_back_unless_the_adapter_was_changed() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (there, back) = (scratch.path().join("there"), scratch.path().join("back"));
    let source = format!("{GOLDEN}/peft-0.21.2/bert/lora_regex");
    let (code, _, err) = run(&["convert", &source, text(&there), "--to", "adapters"]);
    assert!(code == 0 && !err.contains("converted back"), "{err}");
    let return_to = |target: &Path| {
        let (code, _, err) = run(&["convert", text(&there), text(target), "--to", "peft", "--force"]);
        assert_eq!(code, 0, "{err}");
        ["adapter_config.json", "adapter_model.safetensors"].map(|name| fs::read(target.join(name)).expect("a file"))
    };
    let before =
        ["adapter_config.json", "adapter_model.safetensors"].map(|name| fs::read(Path::new(&source).join(name)));
    assert!(return_to(&back).into_iter().map(Some).eq(before.into_iter().map(Result::ok)));
    // Another alpha is another adapter.
    let config = fs::read_to_string(there.join("adapter_config.json")).expect("the config");
    let other = config.replacen("\"alpha\": 10", "\"alpha\": 12", 1);
    assert_ne!(config, other);
    fs::write(there.join("adapter_config.json"), other).expect("it can be written");
    let [config, _] = return_to(&back);
    let config = String::from_utf8(config).expect("a text");
    assert!(config.contains("\"lora_alpha\": 12") && !config.contains(".layer.0\\\\."), "{config}");
}

#[test]
fn a_config_of_the_base_model_that_cannot_be_read_is_told() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let source = scratch.path().join("adapter");
    fs::create_dir(&source).expect("a folder");
    for name in ["adapter_config.json", "adapter_model.safetensors"] {
        let from = format!("{GOLDEN}/peft-0.21.2/bert/lora_qv/{name}");
        fs::copy(from, source.join(name)).expect("it can be copied");
    }
    let base = source.join("config.json");
    let convert = || run(&["convert", text(&source), "--to", "adapters", "--dry-run"]);
    for (config, flaw) in [("{\"model_type\": ", "is not JSON, in line 1"), ("{}", "has no `model_type`")] {
        fs::write(&base, config).expect("it can be written");
        let (code, _, err) = convert();
        assert!(code == 0 && err.contains("nothing is known of the base model") && err.contains(flaw), "{err}");
        let given = format!("{GOLDEN}/base/bert.json");
        let (_, _, err) = run(&["convert", text(&source), "--to", "adapters", "--dry-run", "--model", &given]);
        assert!(!err.contains("nothing is known"), "{err}");
    }
    fs::copy(format!("{GOLDEN}/base/bert.json"), &base).expect("it can be copied");
    let (code, _, err) = convert();
    assert!(code == 0 && !err.contains("nothing is known") && !err.contains("taken to be"), "{err}");
}

/// The config of a recorded adapter of BERT with another text in it, in a folder of its own beside the weights.
fn with_other_text(case: &str, from: &str, to: &str) -> tempfile::TempDir {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let golden = Path::new(GOLDEN).join("adapters-1.3.0/bert").join(case);
    let config = fs::read_to_string(golden.join("adapter_config.json")).expect("the config");
    assert!(config.contains(from), "{config}");
    fs::write(scratch.path().join("adapter_config.json"), config.replace(from, to)).expect("a file");
    fs::copy(golden.join("pytorch_adapter.bin"), scratch.path().join("pytorch_adapter.bin")).expect("the weights");
    scratch
}

#[test]
fn numbers_that_are_not_finite_stay() {
    let source = with_other_text("seq_bn", "\"scaling\": 1.0", "\"scaling\": Infinity");
    let target = source.path().join("new");
    let (code, _, err) = run(&["convert", text(source.path()), text(&target), "--to", "adapters"]);
    assert_eq!(code, 0, "{err}");
    let config = fs::read_to_string(target.join("adapter_config.json")).expect("the config");
    assert!(config.contains("\"scaling\": Infinity"), "{config}");
    // Nor is another one told.
    let (_, _, err) = run(&["convert", text(source.path()), "--to", "adapter-transformers@2.0.0", "--dry-run"]);
    assert!(err.contains("`scaling` Infinity becomes 1.0"), "{err}");
    let source = with_other_text("lora_qv", "\"alpha\": 10", "\"alpha\": Infinity");
    let target = source.path().join("new");
    let (code, _, err) = run(&["convert", text(source.path()), text(&target), "--to", "peft"]);
    assert!(code == 2 && err.contains("`alpha` is Infinity, no finite number") && !target.exists(), "{code} {err}");
}
