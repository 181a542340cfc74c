//! `--model`: the base model.

use std::path::Path;

use adapter_spec::document::Document;
use adapter_spec::lint;
use adapter_spec::models::Model;
use anyhow::{Context as _, bail};

use super::input;

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
    match lint::near(text, Model::well_known_names().map(str::to_owned)).as_slice() {
        [] => bail!("--model {text}: neither a file nor the name of a well-known model"),
        near => bail!("--model {text}: neither a file nor a well-known model; did you mean {}?", near.join(", ")),
    }
}
