//! `adapter-lint schema NAME | --all DIR | --list`

use std::io::Write as _;
use std::path::PathBuf;

use adapter_spec::files;
use adapter_spec::lint;
use adapter_spec::schema;
use anyhow::{Context as _, bail};

use super::values::DraftName;
use super::{CLEAN, talk};

/// Arguments of `schema`.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub(super) struct Args {
    /// The schema to print, such as `lora` or `adapter-config`.
    #[arg(group = "what")]
    name: Option<String>,
    /// Write all schemas into this folder.
    #[arg(long, value_name = "DIR", group = "what")]
    all: Option<PathBuf>,
    /// List the names of all schemas.
    #[arg(long, group = "what")]
    list: bool,
    /// The version of JSON Schema.
    #[arg(long, value_enum, default_value_t = DraftName::Draft202012, value_name = "DRAFT")]
    draft: DraftName,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let draft = self.draft.into();
        let mut out = anstream::stdout().lock();
        if let Some(name) = self.name {
            let Some(text) = schema::text(&name, draft) else {
                match lint::near(&name, schema::names().map(str::to_owned)).as_slice() {
                    [] => bail!("there is no schema `{name}`; `adapter-lint schema --list` lists them"),
                    near => bail!("there is no schema `{name}`; did you mean {}?", near.join(", ")),
                }
            };
            write!(out, "{text}")?;
        } else if let Some(folder) = self.all {
            let mut written = 0;
            for name in schema::names() {
                let (Some(path), Some(text)) = (schema::path(name), schema::text(name, draft)) else { continue };
                let path = folder.join(path);
                let parent = path.parent().unwrap_or(&folder);
                std::fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
                let replaced = files::replace(&path, text.as_bytes());
                replaced.with_context(|| format!("cannot write {}", path.display()))?;
                written += 1;
            }
            talk(&format!("wrote {written} schemas to {}", folder.display()));
        } else {
            let width = schema::names().map(str::len).max().unwrap_or_default();
            for name in schema::names() {
                writeln!(out, "{name:width$}  {}", schema::title(name).unwrap_or_default())?;
            }
        }
        Ok(CLEAN)
    }
}
