//! Merged adapters against what PEFT itself made of the same folders: every case in `fixtures/merges`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use adapter_spec::merge_weights::{Adapter, Base, MergeError, Merged, merge};
use adapter_spec::tensors::{Cause, Dtype, Existing, Place, ShardedTensors, Tensor, TensorFile};
use libtest_mimic::Failed;
use serde_json::Value;

use crate::Trial;

const FOLDER: &str = "fixtures/merges";

/// Cases that PEFT merges and this program refuses, with a part of the reason.
const REFUSED: [(&str, &str); 4] = [
    ("psoft", "signs depend"),
    ("psoft-free", "signs depend"),
    ("lora-replicated", "changes of all copies"),
    ("road-tied-output-embeddings-whole", "the full embedding"),
];

pub(crate) fn trials() -> Vec<Trial> {
    let cases: Value = serde_json::from_slice(&std::fs::read(format!("{FOLDER}/cases.json")).expect("it is there"))
        .expect("it is JSON");
    let mut trials: Vec<Trial> = cases["cases"].as_array().expect("a list").iter().cloned().map(trial).collect();
    trials.push(Trial::test("what is no change of a weight is refused", refuses));
    trials.push(Trial::test("nothing is written over", leaves_what_is_there));
    trials.push(Trial::test("a wrong tensor leaves nothing behind", leaves_nothing_behind));
    trials.push(Trial::test("a file that can no longer be read is told", tells_what_cannot_be_read));
    trials
}

fn trial(line: Value) -> Trial {
    let (case, base) = (text(&line["case"]), text(&line["base"]));
    let name = case.clone();
    Trial::test(name, move || match REFUSED.iter().find(|(name, _)| *name == case) {
        Some((_, reason)) => is_refused(&case, &base, reason),
        None if line["class"] == true => agrees_as_class(&case, &base),
        None => agrees(&case, &base, line["separate"] == true),
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn run(case: &Path, base: &Path, target: &Path) -> Result<Merged, MergeError> {
    merge(&Adapter::open(case)?, &Base::open(base)?, target, Existing::Refuse, &|_| ())
}

fn is_refused(case: &str, base: &str, reason: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let target = folder.path().join("out");
    match run(&Path::new(FOLDER).join(case), &Path::new(FOLDER).join(base), &target) {
        Err(MergeError::Refused { reason: found }) if found.contains(reason) && !target.exists() => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

/// All tensors of a model's folder.
enum Model {
    One(TensorFile),
    Sharded(ShardedTensors),
}

impl Model {
    fn open(folder: &Path) -> Result<Self, Failed> {
        let index = folder.join("model.safetensors.index.json");
        if index.is_file() {
            return Ok(Self::Sharded(ShardedTensors::open(index)?));
        }
        Ok(Self::One(TensorFile::open(folder.join("model.safetensors"))?))
    }

    fn iter(&self) -> Box<dyn Iterator<Item = Tensor<'_>> + '_> {
        match self {
            Self::One(file) => Box::new(file.iter()),
            Self::Sharded(shards) => Box::new(shards.iter()),
        }
    }

    fn get(&self, name: &str) -> Option<Tensor<'_>> {
        match self {
            Self::One(file) => file.get(name),
            Self::Sharded(shards) => shards.get(name),
        }
    }
}

fn agrees(case: &str, base: &str, separate: bool) -> Result<(), Failed> {
    let (case, base) = (Path::new(FOLDER).join(case), Path::new(FOLDER).join(base));
    let folder = tempfile::tempdir()?;
    let target = folder.path().join("out");
    let told = run(&case, &base, &target)?;
    // An adapted embedding is the output layer too; trained tokens are meant to be both.
    if told.tied_embeddings.is_empty()
        == ["lora-tied", "lora-tied-output", "tinylora-tied-output", "unilora-tied-output"]
            .iter()
            .any(|own| case.ends_with(own))
    {
        return Err(format!("{told:?}").into());
    }
    // Where they are no longer one weight, transformers has to be told.
    let config: Value = serde_json::from_slice(&std::fs::read(target.join("config.json"))?)?;
    let says = config["tie_word_embeddings"] == false && told.separated.is_some();
    if separate && !says || !separate && told.separated.is_some() {
        return Err(format!("separate: {separate}, {told:?}, {config}").into());
    }
    let (merged, before) = (Model::open(&target)?, Model::open(&base)?);
    let expected = TensorFile::open(case.join("merged.safetensors"))?;
    let mut left: BTreeSet<&str> = expected.iter().map(|tensor| tensor.name()).collect();
    for tensor in merged.iter() {
        let Some(wanted) = expected.get(tensor.name()) else {
            let own = before.get(tensor.name()).ok_or("a tensor that neither the base nor PEFT has")?;
            if !tensor.is_same(own)? {
                return Err(format!("{} was changed", tensor.name()).into());
            }
            continue;
        };
        left.remove(tensor.name());
        near(tensor, wanted)?;
    }
    if !left.is_empty() {
        return Err(format!("not written: {left:?}").into());
    }
    let copied = std::fs::read(target.join("config.json"))? == std::fs::read(base.join("config.json"))?;
    if copied || separate { Ok(()) } else { Err("the config was not copied".into()) }
}

/// The base model is saved as another class than the adapter was made on, so that all names may have the name of the bare
/// model before them, or none of them.
fn agrees_as_class(case: &str, base: &str) -> Result<(), Failed> {
    let (case, base) = (Path::new(FOLDER).join(case), Path::new(FOLDER).join(base));
    let folder = tempfile::tempdir()?;
    let target = folder.path().join("out");
    let told = run(&case, &base, &target)?;
    let (merged, before) = (Model::open(&target)?, Model::open(&base)?);
    let expected = TensorFile::open(case.join("merged.safetensors"))?;
    let (mut left, mut moves) = (merged.iter().map(|tensor| tensor.name()).collect::<BTreeSet<_>>(), BTreeSet::new());
    for wanted in expected.iter() {
        let name = wanted.name();
        let behind = |found: &Tensor<'_>| found.name().strip_suffix(name).is_some_and(|before| before.ends_with('.'));
        let found = merged.get(name);
        let found = found.or_else(|| merged.get(name.split_once('.')?.1)).or_else(|| merged.iter().find(behind));
        let found = found.ok_or_else(|| format!("{name} was not written"))?;
        moves.insert(i64::try_from(name.len())? - i64::try_from(found.name().len())?);
        left.remove(found.name());
        near(found, wanted)?;
    }
    if moves.len() != 1 {
        return Err(format!("some names have the bare model's before them, and some have not: {left:?}").into());
    }
    for name in left {
        let (own, kept) = (merged.get(name).ok_or("it is there")?, before.get(name).ok_or("neither has it")?);
        if !own.is_same(kept)? {
            return Err(format!("{name} was changed").into());
        }
    }
    let read = |path: PathBuf| -> Result<Value, Failed> { Ok(serde_json::from_slice(&std::fs::read(path)?)?) };
    let labels = |config: &Value| config["id2label"].as_object().map_or(2, serde_json::Map::len);
    let (config, saved, own) =
        (read(target.join("config.json"))?, read(case.join("saved.json"))?, read(base.join("config.json"))?);
    let right = if told.added.iter().any(|name| name.starts_with("classifier.") || name.starts_with("score.")) {
        config["architectures"] == saved["architectures"] && labels(&config) == labels(&saved)
    } else {
        config == own
    };
    if right { Ok(()) } else { Err(format!("{told:?}: {config}").into()) }
}

/// PEFT computes in single precision where this program computes in double; in half precision both round at the end.
fn near(found: Tensor<'_>, wanted: Tensor<'_>) -> Result<(), Failed> {
    if found.shape() != wanted.shape() || found.dtype() != wanted.dtype() {
        return Err(format!("{}: {} {:?}", found.name(), found.dtype(), found.shape()).into());
    }
    let step = match found.dtype() {
        Dtype::Bf16 => 2.0_f64.powi(-8),
        Dtype::F16 => 2.0_f64.powi(-11),
        _ => 2e-6,
    };
    let (found_values, wanted_values) = (found.to_f64_vec()?, wanted.to_f64_vec()?);
    let scale = match found.dtype() {
        Dtype::F32 => wanted_values.iter().fold(0.0_f64, |most, value| most.max(value.abs())),
        _ => 0.0,
    };
    for (found_value, wanted) in found_values.iter().zip(&wanted_values) {
        // In half precision a number may be rounded to its neighbour.
        let allowed = step * if scale > 0.0 { scale } else { 2.0 * wanted.abs().max(1e-3) };
        if (found_value - wanted).abs() > allowed {
            return Err(format!("{}: {found_value} and not {wanted}", found.name()).into());
        }
    }
    Ok(())
}

/// An adapter's folder with another config.
fn with_config(
    case: &str,
    change: impl Fn(&mut serde_json::Map<String, Value>),
) -> Result<(tempfile::TempDir, PathBuf), Failed> {
    let folder = tempfile::tempdir()?;
    let adapter = folder.path().join("adapter");
    std::fs::create_dir(&adapter)?;
    let from = Path::new(FOLDER).join(case);
    std::fs::copy(from.join("adapter_model.safetensors"), adapter.join("adapter_model.safetensors"))?;
    let mut config: serde_json::Map<String, Value> =
        serde_json::from_slice(&std::fs::read(from.join("adapter_config.json"))?)?;
    change(&mut config);
    std::fs::write(adapter.join("adapter_config.json"), serde_json::to_vec(&config)?)?;
    Ok((folder, adapter))
}

fn refuses() -> Result<(), Failed> {
    let base = Path::new(FOLDER).join("base/llama");
    let cases: [(&str, Value, &str); 13] = [
        ("r", "4".into(), "PEFT cannot load it"),
        ("task_type", "FOO".into(), "PEFT cannot load it"),
        ("modules_to_save", vec!["lm_head"].into(), "PEFT cannot load it"),
        ("peft_type", "PROMPT_TUNING".into(), "changes no weight"),
        ("peft_type", "PSOFT".into(), "signs depend"),
        ("peft_type", "LILY".into(), "on the input"),
        ("alora_invocation_tokens", vec![1, 2].into(), "aLoRA"),
        ("init_lora_weights", "pissa_niter_4".into(), "a random draw"),
        ("init_lora_weights", "corda".into(), "collects from data"),
        ("init_lora_weights", "loftq".into(), "bitsandbytes"),
        ("arrow_config", serde_json::json!({"top_k": 2}), "for each token"),
        ("layer_replication", serde_json::json!([[0, 1], [0, 1]]), "changes of all copies"),
        ("layer_replication", serde_json::json!([[0, 1]]), "leaves 1 layers"),
    ];
    for (key, value, reason) in cases {
        let (folder, adapter) = with_config("lora", |config| _ = config.insert(key.to_owned(), value.clone()))?;
        let target = folder.path().join("out");
        match run(&adapter, &base, &target) {
            Err(MergeError::Refused { reason: found }) if found.contains(reason) && !target.exists() => {}
            other => return Err(format!("{key}: {other:?}").into()),
        }
    }
    // Modules without tensors, which begin at other numbers at every loading.
    for case in ["c3a", "fourierft", "vblora"] {
        let more = serde_json::json!(["down_proj", "q_proj", "v_proj"]);
        let (folder, adapter) =
            with_config(case, |config| _ = config.insert("target_modules".to_owned(), more.clone()))?;
        match run(&adapter, &base, &folder.path().join("out")) {
            Err(MergeError::Refused { reason }) if reason.contains("draws anew each time") => {}
            other => return Err(format!("{case}: {other:?}").into()),
        }
    }
    // A base model without the layers.
    let folder = tempfile::tempdir()?;
    match run(&Path::new(FOLDER).join("lora"), &Path::new(FOLDER).join("base/gpt2"), &folder.path().join("out")) {
        Err(MergeError::Refused { reason }) if reason.contains("no module of the model matches") => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

fn leaves_what_is_there() -> Result<(), Failed> {
    let (case, base) = (Path::new(FOLDER).join("lora"), Path::new(FOLDER).join("base/llama"));
    let folder = tempfile::tempdir()?;
    let (adapter, base) = (Adapter::open(&case)?, Base::open(&base)?);
    for name in ["file.safetensors", "folder"] {
        let target = folder.path().join(name);
        merge(&adapter, &base, &target, Existing::Refuse, &|_| ())?;
        if merge(&adapter, &base, &target, Existing::Refuse, &|_| ()).is_ok() {
            return Err(format!("{name} was written over").into());
        }
        merge(&adapter, &base, &target, Existing::Overwrite, &|_| ())?;
    }
    // Weights in another layout, one of which would be loaded and the other not.
    std::fs::write(folder.path().join("folder/pytorch_model.bin"), "")?;
    match merge(&adapter, &base, &folder.path().join("folder"), Existing::Overwrite, &|_| ()) {
        Err(MergeError::File { path, .. }) if path.ends_with("pytorch_model.bin") => {}
        other => return Err(format!("{other:?}").into()),
    }
    let inside = std::fs::read_dir(folder.path().join("folder"))?.count();
    if inside != 3 {
        return Err(format!("{inside} files").into());
    }
    let beside = std::fs::read_dir(folder.path())?.count();
    if beside == 2 { Ok(()) } else { Err(format!("{beside} entries").into()) }
}

fn leaves_nothing_behind() -> Result<(), Failed> {
    // Blocks of another number than the tensors were made for, into a base model of which nothing else is known.
    let (folder, adapter) = with_config("miss", |config| _ = config.insert("init_weights".to_owned(), "bat".into()))?;
    let alone = tempfile::tempdir()?;
    let base = alone.path().join("model.safetensors");
    std::fs::copy(Path::new(FOLDER).join("base/llama/model.safetensors"), &base)?;
    for name in ["out", "out.safetensors"] {
        let target = folder.path().join(name);
        match run(&adapter, &base, &target) {
            Err(MergeError::Update { .. }) => {}
            other => return Err(format!("{other:?}").into()),
        }
    }
    let left = std::fs::read_dir(folder.path())?.count();
    if left == 1 { Ok(()) } else { Err(format!("{left} entries").into()) }
}

/// Where tied weights are compared, and where numbers are looked at, a file that is cut off after it was opened is an error,
/// never a tensor that differs or is sound.
fn tells_what_cannot_be_read() -> Result<(), Failed> {
    for (case, base) in [("lora-tied-both-whole", "base/llama-tied"), ("lora", "base/llama")] {
        let (folder, copy) = with_config(case, |_| ())?;
        let weights = copy.join("adapter_model.safetensors");
        let adapter = Adapter::open(&copy)?;
        let header = u64::from_le_bytes(*std::fs::read(&weights)?.first_chunk().ok_or("no header")?);
        std::fs::File::options().write(true).open(&weights)?.set_len(8 + header)?;
        let base = Base::open(&Path::new(FOLDER).join(base))?;
        let target = folder.path().join("out");
        match merge(&adapter, &base, &target, Existing::Refuse, &|_| ()) {
            Err(MergeError::Tensors(error))
                if error.file() == weights.display().to_string()
                    && matches!((error.place(), error.cause()), (Place::Tensor(_), Cause::Io(_)))
                    && !target.exists() => {}
            other => return Err(format!("{case}: {other:?}").into()),
        }
    }
    Ok(())
}
