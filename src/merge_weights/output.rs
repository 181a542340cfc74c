use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use super::base::{WEIGHTS, Weights};
use super::{MergeError, Plan, config};
use crate::document::write::to_json;
use crate::files::{self, Scratch};
use crate::tensors::{Existing, Outgoing, TensorFile, write_bytes, write_safetensors};
use crate::value::Value;

/// The name of a model's weights in one file, and of the index of several.
const WHOLE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";

/// The name of a model's config.
const CONFIG: &str = "config.json";

/// What is copied from the base model's folder.
const COPIED: [&str; 2] = [CONFIG, "generation_config.json"];

/// What files of torch are called.
const TORCH: [&str; 3] = ["bin", "pt", "pth"];

/// Writes the merged model.
pub(super) fn write(
    plan: &Plan<'_>,
    target: &Path,
    existing: Existing,
    progress: &dyn Fn(usize),
) -> Result<(), MergeError> {
    let ends_with = |ending: &str| target.extension().is_some_and(|extension| extension == ending);
    if TORCH.into_iter().any(ends_with) && !target.is_dir() {
        return Err(MergeError::file(target.display(), "merged weights are written as safetensors only"));
    }
    let is_file = ends_with("safetensors");
    match &plan.base.weights {
        Weights::One(file) if is_file => one(plan, file, target, existing, progress),
        Weights::Sharded(_) if is_file => {
            Err(MergeError::refused("the base model consists of several files; name a folder to write them to"))
        }
        _ => folder(plan, target, existing, progress),
    }
}

fn one(
    plan: &Plan<'_>,
    file: &TensorFile,
    path: &Path,
    existing: Existing,
    progress: &dyn Fn(usize),
) -> Result<(), MergeError> {
    let added = plan.added.iter().map(|(name, tensor)| Outgoing::from(*tensor).untied().renamed(name));
    let tensors = file.iter().map(|tensor| plan.outgoing(tensor).watched(progress)).chain(added);
    Ok(write_safetensors(path, tensors, &metadata(file), existing)?)
}

fn metadata(file: &TensorFile) -> BTreeMap<String, String> {
    let mut metadata = file.metadata().clone();
    // Transformers reads no file that does not say where it is from.
    metadata.entry("format".to_owned()).or_insert_with(|| "pt".to_owned());
    metadata
}

/// Fills a folder beside the target, and moves it there when all of it is written.
fn folder(plan: &Plan<'_>, target: &Path, existing: Existing, progress: &dyn Fn(usize)) -> Result<(), MergeError> {
    let is_there = target.symlink_metadata().is_ok();
    let is_empty = || target.read_dir().is_ok_and(|mut entries| entries.next().is_none());
    if is_there && !is_empty() && (existing == Existing::Refuse || !target.is_dir()) {
        return Err(MergeError::file(target.display(), files::EXISTS));
    }
    let is_new = !is_there || is_empty();
    if !is_new {
        check_beside(plan, target)?;
    }
    let around = if is_new { files::folder(target) } else { target };
    let beside = Scratch::new(around).map_err(|error| failed(around, error))?;
    let mut written = match &plan.base.weights {
        Weights::One(file) => {
            one(plan, file, &beside.path().join(WHOLE), Existing::Refuse, progress)?;
            vec![WHOLE.to_owned()]
        }
        Weights::Sharded(shards) => sharded(plan, shards.shards(), beside.path(), progress)?,
    };
    written.extend(copies(plan, beside.path())?);
    if is_new {
        // An empty folder gives way to a full one.
        return beside.publish(target).map_err(|error| failed(target, error));
    }
    for name in written {
        let place = target.join(&name);
        files::publish(&beside.path().join(&name), &place, Existing::Overwrite)
            .map_err(|error| failed(&place, error))?;
    }
    Ok(())
}

/// Writes as many files of weights as the base model has, and their index. Gives their names.
fn sharded(
    plan: &Plan<'_>,
    shards: &[TensorFile],
    folder: &Path,
    progress: &dyn Fn(usize),
) -> Result<Vec<String>, MergeError> {
    let (mut map, mut bytes) = (BTreeMap::new(), 0);
    let mut written = Vec::new();
    let count = shards.len();
    for (number, shard) in shards.iter().enumerate() {
        let name = format!("model-{:05}-of-{count:05}.safetensors", number + 1);
        // What is new goes into the last file.
        let added = plan.added.iter().filter(|_| number + 1 == count);
        for tensor in shard.iter() {
            bytes += tensor.byte_len();
            map.insert(plan.new_name(tensor), name.clone());
        }
        for (new, tensor) in added.clone() {
            bytes += tensor.byte_len();
            map.insert(Cow::Borrowed(new.as_str()), name.clone());
        }
        let added = added.map(|(new, tensor)| Outgoing::from(*tensor).untied().renamed(new));
        let tensors = shard.iter().map(|tensor| plan.outgoing(tensor).watched(progress)).chain(added);
        write_safetensors(folder.join(&name), tensors, &metadata(shard), Existing::Refuse)?;
        written.push(name);
    }
    let index = json!({ "metadata": { "total_size": bytes }, "weight_map": map });
    let text = serde_json::to_vec_pretty(&index).map_err(|error| failed(folder, error.into()))?;
    write_bytes(&folder.join(INDEX), Existing::Refuse, &text)?;
    written.push(INDEX.to_owned());
    Ok(written)
}

/// Copies the base model's configs. Gives their names.
fn copies(plan: &Plan<'_>, folder: &Path) -> Result<Vec<String>, MergeError> {
    let mut written = Vec::new();
    for name in COPIED {
        let from = plan.base.folder.as_ref().map(|folder| folder.join(name)).filter(|file| file.is_file());
        let Some(from) = from else { continue };
        let to = folder.join(name);
        match config::changed(plan.base, &plan.merged).filter(|_| name == CONFIG) {
            Some(config) => {
                write_bytes(&to, Existing::Refuse, to_json(&Value::Map(config)).as_bytes())?;
            }
            None => _ = std::fs::copy(&from, &to).map_err(|error| failed(&from, error))?,
        }
        written.push(name.to_owned());
    }
    Ok(written)
}

fn failed(path: &Path, error: std::io::Error) -> MergeError {
    MergeError::file(path.display(), error)
}

/// Whether a folder that is written into has weights in another layout, which would be loaded in the place of the new ones
/// or never again.
fn check_beside(plan: &Plan<'_>, target: &Path) -> Result<(), MergeError> {
    let own = match &plan.base.weights {
        Weights::One(_) => WHOLE,
        Weights::Sharded(_) => INDEX,
    };
    let others = WEIGHTS.iter().filter(|name| **name != own).map(|name| target.join(name));
    match others.into_iter().find(|other| other.symlink_metadata().is_ok()) {
        Some(other) => Err(MergeError::file(other.display(), files::BESIDE_WEIGHTS)),
        None => Ok(()),
    }
}
