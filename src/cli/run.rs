//! `adapter-lint run`

use std::path::{Path, PathBuf};

use adapter_spec::dialects::adapterhub::files::{AdapterSetupFile, Block};
use adapter_spec::dialects::adapterhub::modules::loaded_setup;
use adapter_spec::document::{Document, Format, Node};
use adapter_spec::files::{EXISTS, Existing};
use adapter_spec::methods::Scalar;
use adapter_spec::methods::composition::{Pass, Setup};
use adapter_spec::models::Model;
use adapter_spec::oracle::{AdaptedModel, AdapterFolder, FusionFolder, Group, read_inputs, write_outputs};
use adapter_spec::tensors::TensorFile;
use adapter_spec::value::Value;
use anyhow::{Context as _, bail};

use super::values::AttentionName;
use super::{CLEAN, input, model, talk};

/// Arguments of `run`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The base model's `config.json`, or its folder: BERT, RoBERTa, XLM-RoBERTa, ELECTRA, DistilBERT or BertGeneration.
    #[arg(long, value_name = "CONFIG.json")]
    model: PathBuf,
    /// The base model's tensors: safetensors, a `torch.save` file, or the model's folder.
    #[arg(long, value_name = "FILE")]
    base: PathBuf,
    /// An adapter's folder, as `save_adapter` writes it. Several adapters are stacked in this order, unless `--setup`
    /// says otherwise. Without any, the base model itself is run.
    #[arg(long, value_name = "DIR")]
    adapter: Vec<PathBuf>,
    /// An AdapterFusion's folder, as `save_adapter_fusion` writes it.
    #[arg(long, value_name = "DIR")]
    fusion: Vec<PathBuf>,
    /// How the adapters are composed: an `adapter_setup.json`, or a composition block as inline JSON.
    #[arg(long, value_name = "FILE|JSON")]
    setup: Option<String>,
    /// How transformers would compute attention: `sdpa`, its default, or `eager`. It matters for padding beside prompts
    /// and prefixes, which adapters treats differently in the two.
    #[arg(long, value_enum, default_value = "sdpa")]
    attention: AttentionName,
    /// The adapter is DiReFT, which its files cannot say.
    #[arg(long)]
    direft: bool,
    /// A file of tensors with `input_ids`, and optionally `attention_mask`, `token_type_ids`, `position_ids`,
    /// `task_ids`.
    #[arg(long, value_name = "FILE")]
    inputs: PathBuf,
    /// Where to write `last_hidden_state`, and `pooler_output` if the model has a pooler, as safetensors.
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Also write the states after the embeddings and each layer, as `hidden_states.0` …
    #[arg(long)]
    hidden_states: bool,
    /// The precision to compute in.
    #[arg(long, value_enum, default_value = "f64")]
    dtype: Precision,
    /// Overwrite an existing file.
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Precision {
    /// Single.
    F32,
    /// Double.
    F64,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        match self.dtype {
            Precision::F32 => self.run_in::<f32>(),
            Precision::F64 => self.run_in::<f64>(),
        }
    }

    fn run_in<T: Scalar>(&self) -> anyhow::Result<u8> {
        self.check_output()?;
        let base = TensorFile::open(in_folder(&self.base, &["model.safetensors", "pytorch_model.bin"]))?;
        let (path, config) = model::config(&self.model)?;
        let mut model = AdaptedModel::<T>::new(&config, &Group { file: &base, prefix: "" }, self.attention.into())
            .with_context(|| format!("{} with {}", path.display(), self.base.display()))?;
        let adapters = self.adapter.iter().map(|folder| AdapterFolder::open(folder)).collect::<Result<Vec<_>, _>>()?;
        for (adapter, folder) in adapters.iter().zip(&self.adapter) {
            let own = Model::from_config(&config).map(|model| model.model_type).unwrap_or_default();
            if let Some(meant) = adapter.model_type.as_ref().filter(|meant| **meant != own) {
                talk(&format!("note: {} was saved from a model of type {meant}, not {own}", folder.display()));
            }
            adapter.add_to(&mut model, !self.direft).with_context(|| folder.display().to_string())?;
        }
        for folder in &self.fusion {
            FusionFolder::open(folder)?.add_to(&mut model, &adapters).with_context(|| folder.display().to_string())?;
        }
        let setup = self.setup(&adapters)?;
        let of_inputs = || self.inputs.display().to_string();
        let (inputs, task_ids) = read_inputs(&TensorFile::open(&self.inputs)?).with_context(of_inputs)?;
        let mut pass = Pass { task_ids, ..Pass::default() };
        let output = model.forward(&inputs, setup.as_ref(), &mut pass).with_context(of_inputs)?;
        let existing = if self.force { Existing::Overwrite } else { Existing::Refuse };
        write_outputs(&self.output, &output, self.hidden_states, existing)?;
        let shape = output.last_hidden_state().map(|states| states.shape().to_vec()).unwrap_or_default();
        let with = setup.as_ref().map_or_else(|| "no adapter".to_owned(), ToString::to_string);
        talk(&format!("{}: last_hidden_state {shape:?}, with {with}", self.output.display()));
        Ok(CLEAN)
    }

    /// Looks at the output before any work is done for it.
    fn check_output(&self) -> anyhow::Result<()> {
        let output = self.output.display();
        if !self.force && self.output.symlink_metadata().is_ok() {
            bail!("{output}: {EXISTS}");
        }
        let same = |input: &PathBuf| match (input.canonicalize(), self.output.canonicalize()) {
            (Ok(input), Ok(output)) => input == output,
            _ => false,
        };
        if [&self.model, &self.base, &self.inputs].into_iter().any(same) {
            bail!("{output}: the output is one of the inputs");
        }
        let folder = self.output.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            bail!("{}: there is no such folder", folder.display());
        }
        Ok(())
    }

    fn setup(&self, adapters: &[AdapterFolder]) -> anyhow::Result<Option<Setup>> {
        let Some(text) = &self.setup else {
            let names = adapters.iter().map(|adapter| adapter.name.as_str());
            return Ok((!adapters.is_empty()).then(|| Setup::stack(names)));
        };
        let document = if text.trim_start().starts_with('{') {
            Document::read(text.clone().into_bytes(), Format::Json)
        } else {
            input::read(text.as_ref())?
        };
        if let Some((_, problem)) = document.flaw() {
            bail!("--setup: {}", problem.detail);
        }
        let value = document.root.as_ref().map_or(Value::Null, Node::to_value);
        let block = match value.typed::<AdapterSetupFile>() {
            Ok(file) => file.adapter_setup,
            Err(_) => value.typed::<Block>().context("--setup")?,
        };
        let setup = loaded_setup(&block).context("--setup")?;
        let unknown = setup.adapters().into_iter().find(|name| !adapters.iter().any(|adapter| adapter.name == *name));
        if let Some(name) = unknown {
            let names: Vec<_> = adapters.iter().map(|adapter| adapter.name.as_str()).collect();
            bail!("--setup names the adapter `{name}`, but those given are {}", names.join(", "));
        }
        Ok(Some(setup))
    }
}

/// A path, or the first of these files in it if it is a folder.
fn in_folder(path: &Path, names: &[&str]) -> PathBuf {
    let found = names.iter().map(|name| path.join(name)).find(|path| path.is_file());
    found.filter(|_| path.is_dir()).unwrap_or_else(|| path.to_owned())
}
