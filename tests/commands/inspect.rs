//! `adapter-lint inspect` as a process.

use std::borrow::Cow;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use adapter_spec::inspect::Inspection;
use adapter_spec::schema;
use adapter_spec::tensors::{Dtype, Existing, Outgoing, write_safetensors, write_torch_zip};

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_adapter-lint"));
    command.arg("inspect").args(arguments).output().expect("the program runs")
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("the output is UTF-8")
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The JSON output, which its schema has to allow.
fn json(arguments: &[&str]) -> Inspection {
    let output = run(&[arguments, &["--output-format", "json"]].concat());
    let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", errors(&output)));
    let errors: Vec<_> = schema::validator("inspect").iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    serde_json::from_value(value).expect("the output has the type")
}

/// Tensors of ones.
fn tensors<'a>(shapes: &[(&'a str, &[usize])]) -> Vec<Outgoing<'a>> {
    let ones = |shape: &[usize]| 1.0_f32.to_le_bytes().repeat(shape.iter().product());
    let tensor = |(name, shape): &(&'a str, &[usize])| {
        let bytes = ones(shape);
        Outgoing::new(*name, Dtype::F32, *shape, move || Ok(Cow::Owned(bytes)))
    };
    shapes.iter().map(tensor).collect()
}

const CONFIG: &str = r#"{
  "config": {"architecture": "lora", "r": 2, "alpha": 4, "attn_matrices": ["q"], "dropout": 0.1},
  "hidden_size": 6, "model_class": "BertAdapterModel", "model_name": "tiny", "model_type": "bert", "name": "loras",
  "version": "adapters.1.2.0"
}"#;

const LORA: [(&str, &[usize]); 4] = [
    ("bert.encoder.layer.0.attention.self.query.loras.loras.lora_A", &[2, 6]),
    ("bert.encoder.layer.0.attention.self.query.loras.loras.lora_B", &[6, 2]),
    ("bert.encoder.layer.1.attention.self.query.loras.loras.lora_A", &[2, 6]),
    ("bert.encoder.layer.1.attention.self.query.loras.loras.lora_B", &[6, 2]),
];

fn lora(folder: &Path, more: &[(&str, &[usize])]) {
    fs::create_dir_all(folder).expect("a folder");
    fs::write(folder.join("adapter_config.json"), CONFIG).expect("a file");
    let all = tensors(&[&LORA[..], more].concat());
    write_torch_zip(folder.join("pytorch_adapter.bin"), all, Existing::Refuse).expect("a file");
}

#[test]
fn an_adapter_is_told_with_the_place_of_every_tensor() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    lora(folder.path(), &[("bert.pooler.weight", &[3])]);
    let expected = "\
adapter `loras` of adapterhub
  release     adapters 1.2.0
  base model  bert, tiny, BertAdapterModel, hidden size 6
  method      lora
  config      {\"architecture\":\"lora\",\"r\":2,\"alpha\":4,\"dropout\":0.1,\"attn_matrices\":[\"q\"]}

pytorch_adapter.bin: torch zip, SIZE bytes

layers 0, 1: query, lora
  bert.encoder.layer.{0, 1}.attention.self.query.loras.loras
    lora_A  A  r×k  2×6  float32  48
    lora_B  B  d×r  6×2  float32  48

place unknown
  bert.pooler
    weight          3    float32  12

51 parameters in 5 tensors, 204 bytes
";
    let path = folder.path().to_str().expect("a path");
    let told = text(&run(&[path]));
    let size = fs::metadata(folder.path().join("pytorch_adapter.bin")).expect("the file").len();
    let (thousands, rest) = (size / 1000, size % 1000);
    assert_eq!(told.replace(&format!("{thousands},{rest:03} bytes"), "SIZE bytes"), expected);
    let inspection = json(&[path, "--stats"]);
    let file = &inspection.parts[0].files[0];
    let stats = file.tensors[0].stats.expect("they were asked for");
    assert_eq!((stats.min, stats.max, stats.norm), (Some(1.0), Some(1.0), Some(12.0_f64.sqrt())));
    let slots: Vec<_> = file.tensors.iter().map(|tensor| tensor.slot.as_ref().map(|slot| slot.role.as_str())).collect();
    assert_eq!(slots, [Some("A"), Some("B"), Some("A"), Some("B"), None]);
}

#[test]
fn one_file_is_told_with_the_config_beside_it() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    lora(folder.path(), &[]);
    let file = folder.path().join("pytorch_adapter.bin");
    let told = json(&[file.to_str().expect("a path")]);
    assert_eq!(told.parts.len(), 1);
    assert_eq!((told.parts[0].name.as_deref(), told.parts[0].methods.len()), (Some("loras"), 1));
    fs::remove_file(folder.path().join("adapter_config.json")).expect("the config");
    let told = json(&[file.to_str().expect("a path")]);
    // Names alone still tell the library and the adapter.
    let part = &told.parts[0];
    assert_eq!((part.dialect.as_deref(), part.name.as_deref()), (Some("adapterhub"), Some("loras")));
    assert!(part.files[0].tensors.iter().all(|tensor| tensor.slot.is_none()));
}

#[test]
fn adapters_that_are_saved_together_are_told_one_by_one() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    lora(&folder.path().join("a"), &[]);
    lora(&folder.path().join("b"), &[]);
    let told = json(&[folder.path().to_str().expect("a path")]);
    let folders: Vec<_> = told.parts.iter().map(|part| part.folder.as_str()).collect();
    assert_eq!(folders, ["a", "b"]);
}

/// A trainer leaves pickles of its own beside an adapter, which nobody loads as weights.
#[test]
fn what_cannot_be_read_counts_where_it_is_the_adapters() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    lora(folder.path(), &[]);
    let path = folder.path().to_str().expect("a path");
    let state = folder.path().join("training_args.bin");
    fs::write(&state, b"\x80\x02cposix\nsystem\n.").expect("a file");
    assert_eq!(run(&[path]).status.code(), Some(0), "{}", text(&run(&[path])));
    assert_eq!(run(&[state.to_str().expect("a path")]).status.code(), Some(1));
    let broken = format!("<<<<<<< ours\n{CONFIG}\n=======\n{{}}\n>>>>>>> theirs\n");
    fs::write(folder.path().join("adapter_config.json"), broken).expect("a file");
    let told = run(&[path]);
    assert_eq!(told.status.code(), Some(1));
    assert_eq!(text(&told).matches("merge conflict").count(), 1, "{}", text(&told));
}

#[test]
fn another_librarys_adapter_is_named() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let config = r#"{"peft_type": "LORA", "base_model_name_or_path": "tiny", "r": 2, "peft_version": "0.21.2"}"#;
    fs::write(folder.path().join("adapter_config.json"), config).expect("a file");
    let names: [(&str, &[usize]); 2] = [
        ("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", &[2, 6]),
        ("base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight", &[6, 2]),
    ];
    let weights = folder.path().join("adapter_model.safetensors");
    write_safetensors(&weights, tensors(&names), &[].into(), Existing::Refuse).expect("a file");
    let told = json(&[folder.path().to_str().expect("a path")]);
    let part = &told.parts[0];
    assert_eq!((part.dialect.as_deref(), part.methods.as_slice()), (Some("peft"), &["lora".to_owned()][..]));
    assert_eq!((part.files.len(), part.files[0].parameters), (1, 24));
    assert_eq!(json(&[weights.to_str().expect("a path")]).parts[0].dialect.as_deref(), Some("peft"));
}

#[test]
fn what_is_damaged_or_missing_is_said() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = folder.path().to_str().expect("a path");
    assert_eq!(run(&[path]).status.code(), Some(2));
    lora(folder.path(), &[]);
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
    fs::write(folder.path().join("adapter.safetensors"), pointer).expect("a file");
    let output = run(&[path]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("adapter.safetensors: this is a Git LFS pointer"), "{}", text(&output));
    assert_eq!(run(&["missing"]).status.code(), Some(2));
}

#[test]
fn an_empty_config_lacks_its_keys() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    fs::write(folder.path().join("adapter_config.json"), "{}").expect("a file");
    let output = run(&[folder.path().to_str().expect("a path")]);
    assert!(text(&output).contains("an adapter's file at the root lacks `config`"), "{}", text(&output));
}
