//! Files of tensors, against what torch and safetensors read from them; one trial a file.

mod folders;

use std::path::{Path, PathBuf};

use adapter_spec::python::dumps;
use adapter_spec::tensors::{
    Format, Kind, Outgoing, Tensor, TensorError, TensorFile, safetensors_bytes, torch_zip_bytes,
};
use libtest_mimic::Failed;
use serde_json::{Map, Value, json};

use crate::Trial;

/// Holds a file to what is recorded of it.
type Compare = fn(&Path) -> Result<(), Failed>;

pub(crate) fn trials() -> Vec<Trial> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tensors");
    let mut trials = Vec::new();
    let kinds: [(&str, Compare); 5] = [
        ("", compare),
        ("refused/", compare),
        ("written/", compare),
        ("archives/", folders::compare_archive),
        ("sharded/", folders::compare_sharded),
    ];
    for (prefix, compare) in kinds {
        let folder = root.join(prefix);
        for path in recorded(&folder) {
            let name = format!("{prefix}{}", path.file_name().unwrap_or_default().to_string_lossy());
            trials.push(Trial::test(name, move || compare(&path)));
        }
    }
    trials.sort_by(|left, right| left.name().cmp(right.name()));
    trials
}

/// The files of a folder that have an expectation beside them.
fn recorded(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is in the repository");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    paths.filter(|path| expectation(path).is_file()).collect()
}

fn expectation(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".json");
    name.into()
}

fn compare(path: &Path) -> Result<(), Failed> {
    let expected = expected(path)?;
    let Some(file) = accepted(TensorFile::open(path), &expected)? else { return Ok(()) };
    let found = describe(&file)?;
    for key in ["format", "metadata"] {
        same(key, &found[key], &expected[key])?;
    }
    for key in ["tensors", "others"] {
        let names = |value: &Value| value[key].as_object().map(|map| map.keys().cloned().collect::<Vec<_>>());
        same(key, &json!(names(&found)), &json!(names(&expected)))?;
        for (name, value) in expected[key].as_object().into_iter().flatten() {
            same(name, &found[key][name], value)?;
        }
    }
    let bytes = std::fs::read(path)?;
    let held = TensorFile::from_bytes("held", bytes.clone())?;
    same("the file in memory", &describe(&held)?, &found)?;
    rewrite(&file, &bytes)?;
    if path.parent().is_some_and(|folder| folder.ends_with("written")) { written(path, &bytes) } else { Ok(()) }
}

fn expected(path: &Path) -> Result<Value, Failed> {
    Ok(serde_json::from_str(&std::fs::read_to_string(expectation(path))?)?)
}

/// What was read; nothing if it was refused for the reason that it was to be refused for.
fn accepted<T>(read: Result<T, TensorError>, expected: &Value) -> Result<Option<T>, Failed> {
    let Some(words) = expected["refused"].as_array() else { return Ok(Some(read?)) };
    let Err(error) = read else { return Err("the file was read".into()) };
    let message = error.to_string();
    let missing = words.iter().filter_map(Value::as_str).find(|words| !message.contains(words));
    missing.map_or(Ok(None), |missing| Err(format!("{missing:?} is not in: {message}").into()))
}

/// What is written again is the same: the bytes of safetensors, the tensors of torch.
fn rewrite(file: &TensorFile, bytes: &[u8]) -> Result<(), Failed> {
    if file.format() == Format::Safetensors {
        let again = safetensors_bytes(file.iter().map(Outgoing::from), file.metadata())?;
        return if again == bytes { Ok(()) } else { Err("written again, the bytes are others".into()) };
    }
    let again = TensorFile::from_bytes("again", torch_zip_bytes(file.iter().map(Outgoing::from))?)?;
    same("names, written again", &json!(names(&again)), &json!(names(file)))?;
    for (again, tensor) in again.iter().zip(file.iter()) {
        same(tensor.name(), &json!(again.shape()), &json!(tensor.shape()))?;
        let is_same = again.dtype() == tensor.dtype() && again.bytes() == tensor.bytes();
        if !is_same || again.alias().name() != tensor.alias().name() {
            return Err(format!("`{}` is another tensor when written again", tensor.name()).into());
        }
    }
    Ok(())
}

fn names(file: &TensorFile) -> Vec<&str> {
    file.iter().map(Tensor::name).collect()
}

/// What torch was given to read is what is written today. `BLESS=1` writes it anew; torch has to read it again then.
fn written(path: &Path, bytes: &[u8]) -> Result<(), Failed> {
    let source = path.parent().and_then(Path::parent).zip(path.file_name());
    let source = source.map(|(folder, name)| folder.join(name)).ok_or("the file has no source")?;
    let source = TensorFile::open(source)?;
    let today = torch_zip_bytes(source.iter().map(Outgoing::from))?;
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, today)?;
    } else if today != bytes {
        return Err("this is written otherwise today; BLESS=1, then run fixtures/record/tensors.py --written".into());
    }
    Ok(())
}

fn same(what: &str, found: &Value, expected: &Value) -> Result<(), Failed> {
    if found == expected { Ok(()) } else { Err(format!("{what}:\n found    {found}\n expected {expected}").into()) }
}

/// A file as the recorder describes it.
fn describe(file: &TensorFile) -> Result<Value, Failed> {
    let mut tensors = Map::new();
    for tensor in file.iter() {
        tensors.insert(tensor.name().to_owned(), describe_tensor(tensor)?);
        if file.get(tensor.name()).map(Tensor::name) != Some(tensor.name()) {
            return Err(format!("`{}` is not found by its name", tensor.name()).into());
        }
    }
    let mut others = Map::new();
    for other in file.others() {
        let text = dumps(&(&other.value).into())?;
        others.insert(other.name.clone(), serde_json::from_str(&text)?);
    }
    Ok(json!({
        "format": file.format().to_string(),
        "metadata": file.metadata(),
        "tensors": tensors,
        "others": others,
    }))
}

fn describe_tensor(tensor: Tensor<'_>) -> Result<Value, Failed> {
    let storage = tensor.storage();
    let hex: String = tensor.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut described = json!({
        "dtype": tensor.dtype().name(),
        "shape": tensor.shape(),
        "strides": storage.strides,
        "offset": storage.offset,
        "storage": storage.bytes,
        "bytes": hex,
        "values": values(tensor)?,
    });
    if tensor.alias().name() != tensor.name() {
        described["same_as"] = tensor.alias().name().into();
    }
    Ok(described)
}

fn values(tensor: Tensor<'_>) -> Result<Value, Failed> {
    Ok(match tensor.dtype().kind() {
        Kind::Complex => Value::Null,
        Kind::Bool => tensor.to_i64_vec()?.into_iter().map(|value| value == 1).collect(),
        Kind::Float => tensor.to_f64_vec()?.into_iter().map(number).collect(),
        Kind::Signed => tensor.to_i64_vec()?.into_iter().collect(),
        Kind::Unsigned if tensor.dtype().size() < 8 => tensor.to_i64_vec()?.into_iter().collect(),
        Kind::Unsigned => {
            let bytes = tensor.bytes();
            let words = bytes.as_chunks::<8>().0;
            words.iter().map(|word| u64::from_le_bytes(*word)).collect()
        }
    })
}

/// A float as Python's JSON has it, and as text where JSON has none.
fn number(value: f64) -> Value {
    match value {
        _ if value.is_nan() => "nan".into(),
        _ if value.is_infinite() => if value > 0.0 { "inf" } else { "-inf" }.into(),
        _ => value.into(),
    }
}
