//! `--model`: the base model.

use std::path::Path;

use adapter_spec::dialects::peft;
use adapter_spec::document::Document;
use adapter_spec::lint;
use adapter_spec::models::{Model, Tree};
use adapter_spec::settings::Base;
use adapter_spec::value::Value;
use anyhow::{Context as _, bail};

use super::input;

/// What stands for the base model that each config names.
const OF_CONFIG: &str = "auto";

/// The base model by its config's path or its name, or that of each config.
pub(super) fn base(text: &str) -> anyhow::Result<Base> {
    Ok(if text == OF_CONFIG { Base::OfConfig } else { Base::Model(Box::new(find(text)?)) })
}

/// As [`find`], for one config of PEFT, which may name the base model itself.
pub(super) fn find_for(text: &str, config: &peft::load::Loaded) -> anyhow::Result<Model> {
    if text != OF_CONFIG {
        return find(text);
    }
    let keys = config.keys().value();
    let named = |key: &str| keys.get(key).and_then(Value::as_str).map(str::to_owned);
    let name = named("base_model_name_or_path").context("--model auto: the config names no base model")?;
    Model::nearby(&name, named("revision").as_deref())
        .with_context(|| format!("--model auto: the base model `{name}` is not on this machine"))
}

/// The base model by its config's path, else by its name.
pub(super) fn find(text: &str) -> anyhow::Result<Model> {
    let path = Path::new(text);
    if path.exists() {
        let path = if path.is_dir() { path.join("config.json") } else { path.to_owned() };
        let Document { root, .. } = input::read(&path)?;
        return root
            .and_then(|root| Model::from_config(&root))
            .with_context(|| format!("{}: not a model's config.json: it has no `model_type`", path.display()));
    }
    if let Some(model) = Model::well_known(text) {
        return Ok(model);
    }
    if text == OF_CONFIG {
        bail!("--model {text}: only the linter and configs of PEFT know it; name the base model");
    }
    match lint::near(text, Model::well_known_names().map(str::to_owned)).as_slice() {
        [] => {
            let known: Vec<_> = Model::well_known_names().collect();
            bail!("--model {text}: neither a file nor a well-known model; these are {}", known.join(", "))
        }
        near => bail!("--model {text}: neither a file nor a well-known model; did you mean {}?", near.join(", ")),
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
    found.with_context(|| match Tree::model_types().any(|known| known == model.model_type) {
        true => format!(
            "--model: the class of the {} model is not known: neither `task_type` of the adapter nor `architectures` of the model names one",
            model.model_type
        ),
        false => format!("--model: the modules of a {} model are not known here", model.model_type),
    })
}
