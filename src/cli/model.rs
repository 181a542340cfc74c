//! `--model`: the base model.

use std::path::{Path, PathBuf};

use adapter_spec::dialects::peft;
use adapter_spec::document::Node;
use adapter_spec::models::{FindError, Model, Tree};
use adapter_spec::settings::Base;
use adapter_spec::value::Value;
use anyhow::{Context as _, anyhow, bail};

use super::input;

/// The base model by its config's path or its name, or that of each config.
pub(super) fn base(text: &str) -> anyhow::Result<Base> {
    Base::named(text).map_err(told)
}

/// As [`find`], for one config of PEFT, which may name the base model itself.
pub(super) fn find_for(text: &str, config: &peft::load::Loaded) -> anyhow::Result<Model> {
    if text != Base::OF_CONFIG {
        return find(text);
    }
    let keys = config.keys().value();
    let named = |key: &str| keys.get(key).and_then(Value::as_str).map(str::to_owned);
    let name = named("base_model_name_or_path").context("--model auto: the config names no base model")?;
    Model::nearby(&name, named("revision").as_deref())?
        .with_context(|| format!("--model auto: the base model `{name}` is not on this machine"))
}

/// The base model by its config's path, else by its name.
pub(super) fn find(text: &str) -> anyhow::Result<Model> {
    match Model::named(text) {
        Err(FindError::Unknown { name }) if name == Base::OF_CONFIG => {
            bail!("--model {name}: only the linter and configs of PEFT know it; name the base model")
        }
        found => found.map_err(told),
    }
}

/// The base model's config, where all of it is needed: that of a file, or of the folder that has it. With the file's path.
pub(super) fn config(path: &Path) -> anyhow::Result<(PathBuf, Node)> {
    let path = if path.is_dir() { path.join("config.json") } else { path.to_owned() };
    let config = input::read(&path)?;
    if let Some((position, problem)) = config.flaw() {
        bail!("{}:{}: {}", path.display(), position.line, problem.detail);
    }
    let root = config.root.filter(|root| Model::from_config(root).is_some());
    let root = root.with_context(|| format!("{}: not a model's config.json", path.display()))?;
    Ok((path, root))
}

/// A file speaks for itself; of a name it is told where it stands.
fn told(error: FindError) -> anyhow::Error {
    match error {
        FindError::Unknown { .. } => anyhow!("--model {error}"),
        error => error.into(),
    }
}

/// The modules of the class that a config of PEFT is for. Where its task leaves the class open, the model's own config
/// says which.
pub(super) fn tree(config: &peft::load::Loaded, model: &Model) -> anyhow::Result<Tree> {
    let keys = model.config.as_ref().with_context(|| {
        format!(
            "--model: of {} no more than the sizes are known; PEFT's configs need its config.json",
            model.model_type
        )
    })?;
    let task = config.keys().value().get("task_type").and_then(Value::as_str).map(str::to_owned);
    let found = task.as_deref().and_then(|task| Tree::of(keys, Some(task))).or_else(|| Tree::of(keys, None));
    let knows_class = || Tree::knows_class(keys, task.as_deref()) || Tree::knows_class(keys, None);
    found.with_context(|| match Tree::model_types().any(|known| known == model.model_type) {
        true if knows_class() => format!(
            "--model: its config gives the {} model sizes or parts with which its modules are not known here",
            model.model_type
        ),
        true => format!(
            "--model: the class of the {} model is not known: neither `task_type` of the adapter nor `architectures` of the model names one",
            model.model_type
        ),
        false => format!("--model: the modules of a {} model are not known here", model.model_type),
    })
}
