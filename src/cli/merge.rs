//! `adapter-lint merge ADAPTER --base BASE -o OUT`

use std::path::PathBuf;

use adapter_spec::merge_weights::{Adapter, Base, MergeError, merge};
use adapter_spec::tensors::Existing;

use super::progress::Progress;
use super::{CLEAN, FOUND, complain, talk};

/// Arguments of `merge`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A folder with a PEFT adapter.
    adapter: PathBuf,
    /// The base model: a folder, a weights file, or the index of several.
    #[arg(long)]
    base: PathBuf,
    /// The folder to write, or a file named `….safetensors`.
    #[arg(short, long = "output", alias = "out")]
    out: PathBuf,
    /// Overwrite existing files.
    #[arg(long)]
    force: bool,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let adapter = Adapter::open(&self.adapter)?;
        let base = Base::open(&self.base)?;
        let existing = if self.force { Existing::Overwrite } else { Existing::Refuse };
        let progress = Progress::new(base.bytes());
        let merged = merge(&adapter, &base, &self.out, existing, &|bytes| progress.step(bytes));
        progress.clear();
        let merged = match merged {
            Ok(merged) => merged,
            Err(error @ (MergeError::Refused { .. } | MergeError::Unplaced { .. } | MergeError::Update { .. })) => {
                complain(&format!("{}: {error}", self.adapter.display()));
                return Ok(FOUND);
            }
            Err(error) => return Err(error.into()),
        };
        for name in &merged.added {
            talk(&format!("note: `{name}` is not in the base model and is written beside its tensors"));
        }
        if let [first, more @ ..] = &merged.dropped[..] {
            let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
            talk(&format!(
                "warning: with this config the model has no parameter for `{first}`{more}: PEFT drops such a tensor, and so \
                 does this"
            ));
        }
        if let [first, more @ ..] = &merged.not_finite[..] {
            let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
            talk(&format!(
                "warning: `{first}`{more} of the adapter has values that are not finite, and so has what was merged"
            ));
        }
        if let Some(name) = &merged.separated {
            talk(&if self.out.join("config.json").is_file() {
                format!("note: `{name}` is no longer the embedding's weight: `tie_word_embeddings` is now false")
            } else {
                format!(
                    "warning: `{name}` is no longer the embedding's weight: load it with `tie_word_embeddings` false in the \
                     model's config, or it is ignored"
                )
            });
        }
        if self.out.join("config.json").is_file() {
            if let Some(class) = &merged.class {
                talk(&format!("note: in `config.json`, `architectures` is now `{class}`"));
            }
            if let Some(labels) = merged.labels {
                talk(&format!("note: `config.json` has {labels} labels now, with names that say nothing"));
            }
        }
        for module in &merged.tied {
            talk(&format!("note: `{module}` shares a weight that was changed"));
        }
        for module in &merged.tied_embeddings {
            talk(&format!(
                "warning: embedding and output layer share one weight: merging changes both, the adapter alone only `{module}`"
            ));
        }
        talk(&format!("{}: {merged}", self.out.display()));
        Ok(CLEAN)
    }
}
