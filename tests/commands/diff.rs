//! `diff`, `eject` and `rename` on the command line: what they say, what they write, and what they leave alone.

use std::fs;
use std::path::Path;

use adapter_spec::tensors::TensorFile;

use crate::support::{run, text};

const GOLDEN: &str = "fixtures/checkpoints";

#[test]
fn the_same_is_told_once() {
    let (a, b) =
        (format!("{GOLDEN}/adapters-1.3.0/bert/seq_bn"), format!("{GOLDEN}/adapters-1.3.0/bert/seq_bn_safetensors"));
    let (code, out, err) = run(&["diff", &a, &b]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("8 tensors with the same bytes") && out.ends_with("\nthe same function\n"), "{out}");
    let (code, out, _) = run(&["diff", &a, &b, "--output-format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).expect("it is JSON");
    assert_eq!((code, &json["same"]), (0, &serde_json::json!(true)));
    let schema = adapter_spec::schema::validator("diff");
    assert!(schema.is_valid(&json), "{out}");
}

#[test]
fn what_differs_stands_in_a_table() {
    let base = format!("{GOLDEN}/adapters-1.3.0/bert");
    let (code, out, _) = run(&["diff", &format!("{base}/lora_qv"), &format!("{base}/lora_qkv_io")]);
    assert_eq!(code, 1);
    assert!(out.contains("encoder.layer.{0, 1}.attention.self.key.loras.*.lora_A"), "{out}");
    assert!(out.contains("float32 4×32  float32 2×32") && out.ends_with("\nnot the same function\n"), "{out}");
    let (code, out, _) = run(&["diff", &format!("{base}/seq_bn"), &format!("{base}/seq_bn_gelu")]);
    assert_eq!(code, 1);
    assert!(out.contains("non_linearity  \"relu\" -> \"gelu\"\n"), "{out}");
}

#[test]
fn a_model_tells_the_same() {
    let model = ["--model", &format!("{GOLDEN}/base/bert.json"), "--base", &format!("{GOLDEN}/base/bert.safetensors")];
    let base = format!("{GOLDEN}/adapters-1.3.0/bert");
    let ejected = format!("{base}/prefix_tuning_ejected");
    let (code, out, err) = run(&[&["diff", &format!("{base}/prefix_tuning"), &ejected][..], &model].concat());
    assert_eq!(code, 0, "{out}{err}");
    // The ejected prefix is rounded to single precision.
    assert!(out.contains("the model computes the same: "), "{out}");
    let (code, out, _) = run(&[&["diff", &format!("{base}/prefix_tuning_flat"), &ejected][..], &model].concat());
    assert_eq!(code, 1);
    assert!(out.contains("the model computes not the same: "), "{out}");
}

#[test]
fn peft_is_compared_with_its_like_and_with_adapterhub() {
    let peft = format!("{GOLDEN}/peft-0.21.2/bert");
    let (code, out, err) = run(&["diff", &format!("{peft}/lora_qv"), &format!("{peft}/lora_qv_bin")]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("saved by PEFT 0.21.2") && out.contains("8 tensors with the same "), "{out}");
    let (code, out, _) = run(&["diff", &format!("{peft}/lora_qv"), &format!("{peft}/lora_rslora")]);
    assert_eq!(code, 1, "{out}");
    // PEFT sees how each layer holds its weight, whatever the config says of it.
    let turned = tempfile::tempdir().expect("a scratch folder");
    for file in fs::read_dir(format!("{peft}/lora_qv")).expect("the folder is there") {
        let file = file.expect("a file");
        fs::copy(file.path(), turned.path().join(file.file_name())).expect("it is copied");
    }
    let config = turned.path().join("adapter_config.json");
    let written = fs::read_to_string(&config).expect("the config");
    let other = written.replace("\"fan_in_fan_out\": false", "\"fan_in_fan_out\": true");
    assert_ne!(written, other);
    fs::write(&config, other).expect("it is written");
    let (code, out, _) = run(&["diff", &format!("{peft}/lora_qv"), text(turned.path())]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("fan_in_fan_out  false -> true: harmless"), "{out}");
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let hub = scratch.path().join("hub");
    let model = format!("{GOLDEN}/base/bert.json");
    let source = format!("{peft}/lora_qv");
    let (code, _, err) = run(&["convert", &source, text(&hub), "--to", "adapters", "--model", &model]);
    assert_eq!(code, 0, "{err}");
    let (code, out, err) = run(&["diff", &source, text(&hub), "--model", &model]);
    assert_eq!(code, 0, "{out}{err}");
    // Without the model, too: its sizes are in neither file, and not needed here.
    assert_eq!(run(&["diff", &source, text(&hub)]).0, 0);
    let (code, _, _) = run(&["diff", &format!("{peft}/lora_dora"), text(&hub), "--model", &model]);
    assert_ne!(code, 0);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let good = format!("{GOLDEN}/adapters-1.3.0/bert/seq_bn");
    let scratch = tempfile::tempdir().expect("a scratch folder");
    for (arguments, expected) in [
        (vec!["diff", &good, "no/such/folder"], "no/such/folder"),
        (vec!["diff", &good, text(scratch.path())], "it contains no adapter_config.json"),
        (vec!["diff", &good, &good, "--tolerance=-1"], "--tolerance"),
        (vec!["diff", &good, &good, "--base", "x"], "--model"),
        (vec!["rename", &good, "x", "--name", "a.b"], "the name `a.b`: it contains a dot"),
        (vec!["rename", &good, "x", "--name", "keys"], "attribute of every module"),
        (vec!["rename", "no/such/folder", "x", "--name", "a"], "no/such/folder"),
    ] {
        let (code, out, err) = run(&arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {err}");
        assert!(err.contains(expected), "{arguments:?}: {err}");
    }
}

#[test]
fn a_prefix_is_ejected_as_the_library_does() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let target = scratch.path().join("ejected");
    let base = format!("{GOLDEN}/adapters-1.3.0/bert");
    let (code, out, err) = run(&["eject", &format!("{base}/prefix_tuning"), text(&target)]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    let open = |path: &Path| TensorFile::open(path.join("pytorch_adapter.bin")).expect("it can be read");
    let (own, recorded) = (open(&target), open(Path::new(&format!("{base}/prefix_tuning_ejected"))));
    let names = |file: &TensorFile| file.iter().map(|tensor| tensor.name().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&own), names(&recorded));
    for (own, recorded) in own.iter().zip(recorded.iter()) {
        assert_eq!((own.dtype(), own.shape()), (recorded.dtype(), recorded.shape()));
        assert_eq!(own.alias().name(), recorded.alias().name());
        let pairs = own.to_f64_vec().expect("numbers").into_iter().zip(recorded.to_f64_vec().expect("numbers"));
        // The library computes in single precision: a few roundings of numbers around 1.
        assert!(pairs.into_iter().all(|(own, recorded)| (own - recorded).abs() <= 5e-7), "{}", own.name());
    }
    let config = fs::read_to_string(target.join("adapter_config.json")).expect("the config");
    assert!(config.contains("\"flat\": true"), "{config}");
    // The config says what it is now: nothing is left to complain of.
    let (code, out, _) = run(&["check", text(&target)]);
    assert_eq!(code, 0, "{out}");
    assert_eq!(run(&["diff", &format!("{base}/prefix_tuning"), text(&target)]).0, 0);
    let (code, _, err) = run(&["eject", text(&target), text(&scratch.path().join("again"))]);
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("no prefix") && !scratch.path().join("again").exists(), "{err}");
    assert_eq!(run(&["eject", &format!("{base}/mam"), text(&scratch.path().join("mam"))]).0, 0);
    assert_eq!(run(&["diff", &format!("{base}/mam"), text(&scratch.path().join("mam"))]).0, 0);
}

#[test]
fn an_adapter_gets_another_name_and_nothing_else() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    for (number, (source, name)) in [
        ("adapters-1.3.0/bert/name_adapters", "output"),
        ("adapters-1.3.0/bert/name_non_ascii", "adapters"),
        ("adapters-1.3.0/bert/noreft", "größe"),
        ("adapters-1.3.0/bert/head_classification", "loras"),
        ("adapters-1.3.0/bert/fusion_static/fusion", "both"),
        ("adapters-1.3.0/bert/seq_bn_safetensors", "demo2"),
        ("adapter-transformers-2.3.0/bart/seq_bn_inv", "adapters"),
        ("adapter-transformers-1.1.1/bert/seq_bn_gelu", "text_task"),
    ]
    .into_iter()
    .enumerate()
    {
        let source = format!("{GOLDEN}/{source}");
        if !Path::new(&source).exists() {
            panic!("{source} is not there");
        }
        let [there, back] = ["there", "back"].map(|way| scratch.path().join(format!("{number}-{way}")));
        let old = fs::read_to_string(Path::new(&source).join("adapter_config.json"))
            .or_else(|_| fs::read_to_string(Path::new(&source).join("adapter_fusion_config.json")));
        let old: serde_json::Value = serde_json::from_str(&old.expect("a config")).expect("it is JSON");
        let old = old["name"].as_str().expect("a name");
        let (code, _, err) = run(&["rename", &source, text(&there), "--name", name]);
        assert_eq!(code, 0, "{source}: {err}");
        assert!(err.contains(" 0 recomputed"), "{source}: {err}");
        assert_eq!(run(&["rename", &source, text(&there), "--name", name]).0, 2, "an existing output is refused");
        let (code, out, err) = run(&["diff", &source, text(&there), "--reft", "noreft"]);
        assert_eq!(code, 0, "{source}: {out}{err}");
        assert_eq!(run(&["rename", text(&there), text(&back), "--name", old]).0, 0);
        // Back again, every file of weights has the names and bytes that it had.
        for entry in fs::read_dir(&back).expect("the folder").flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                continue;
            }
            let open = |path: &Path| TensorFile::open(path).expect("it can be read");
            let (own, recorded) = (open(&path), open(&Path::new(&source).join(entry.file_name())));
            assert_eq!(own.len(), recorded.len(), "{}", path.display());
            for (own, recorded) in own.iter().zip(recorded.iter()) {
                assert_eq!(own.name(), recorded.name());
                assert!(own.is_same(recorded).expect("it can be read"), "{}", own.name());
            }
        }
    }
}

#[test]
fn infinity_is_not_zero() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let lora = Path::new("fixtures/merges/lora");
    let config = fs::read_to_string(lora.join("adapter_config.json")).expect("a config");
    let mut config: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&config).expect("it is JSON");
    config.insert("lora_alpha".to_owned(), "alpha".into());
    let config = serde_json::to_string(&config).expect("it is JSON");
    let [zero, infinite] = [("zero", "0"), ("infinite", "Infinity")].map(|(name, alpha)| {
        let folder = scratch.path().join(name);
        fs::create_dir(&folder).expect("a folder");
        let weights = "adapter_model.safetensors";
        fs::copy(lora.join(weights), folder.join(weights)).expect("the weights");
        fs::write(folder.join("adapter_config.json"), config.replace("\"alpha\"", alpha)).expect("a file");
        folder
    });
    let (code, out, err) = run(&["diff", text(&zero), text(&infinite)]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("lora_alpha  0 -> \"Infinity\"") && out.ends_with("\nnot the same function\n"), "{out}");
}
