//! `adapter-lint run`

use std::path::PathBuf;

use adapter_spec::dialects::adapterhub::files::{AdapterSetupFile, Block};
use adapter_spec::document::{Document, Format};
use adapter_spec::methods::Scalar;
use adapter_spec::methods::composition::{Pass, Setup};
use adapter_spec::oracle::{AdaptedModel, AdapterFolder, Attention, FusionFolder, Group, read_inputs, write_outputs};
use adapter_spec::tensors::{Existing, TensorFile};
use anyhow::{Context as _, bail};

use super::{CLEAN, input, talk};

/// Arguments of `run`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The base model's `config.json`: BERT, RoBERTa, XLM-RoBERTa, ELECTRA, DistilBERT or BertGeneration.
    #[arg(long, value_name = "CONFIG.json")]
    model: PathBuf,
    /// The base model's tensors: safetensors, or a file of `torch.save`.
    #[arg(long, value_name = "FILE")]
    base: PathBuf,
    /// An adapter's folder, as `save_adapter` writes it. Several of them are stacked in this order, unless `--setup` says
    /// otherwise. Without any, the base model itself is run.
    #[arg(long, value_name = "DIR")]
    adapter: Vec<PathBuf>,
    /// An AdapterFusion's folder, as `save_adapter_fusion` writes it.
    #[arg(long, value_name = "DIR")]
    fusion: Vec<PathBuf>,
    /// How the adapters are composed: an `adapter_setup.json`, or a composition block as inline JSON.
    #[arg(long, value_name = "FILE|JSON")]
    setup: Option<String>,
    /// How transformers would compute attention: `sdpa` is its default, `eager` the other. It matters to padding beside
    /// prompts and prefixes, where the library treats the two differently.
    #[arg(long, value_enum, default_value = "sdpa")]
    attention: AttentionName,
    /// The adapter is DiReFT, which its files do not say.
    #[arg(long)]
    direft: bool,
    /// A file of tensors with `input_ids`, and if wanted `attention_mask`, `token_type_ids`, `position_ids`, `task_ids`.
    #[arg(long, value_name = "FILE")]
    inputs: PathBuf,
    /// Where to write `last_hidden_state`, and `pooler_output` if the model has a pooler, as safetensors.
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Write the states behind the embeddings and each layer too, as `hidden_states.0` …
    #[arg(long)]
    hidden_states: bool,
    /// The precision to compute in.
    #[arg(long, value_enum, default_value = "f64")]
    dtype: Precision,
    /// Write over an existing file.
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

/// transformers' names.
#[derive(Clone, Copy, clap::ValueEnum)]
enum AttentionName {
    /// PyTorch's fused function, where the model has it.
    Sdpa,
    /// Written out.
    Eager,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        match self.dtype {
            Precision::F32 => self.run_in::<f32>(),
            Precision::F64 => self.run_in::<f64>(),
        }
    }

    fn run_in<T: Scalar>(&self) -> anyhow::Result<u8> {
        let config = input::read(&self.model)?;
        let Some(config) = config.root.filter(|_| config.problems.iter().all(|problem| problem.kind.keeps_the_value()))
        else {
            bail!("{}: not a model's config.json", self.model.display());
        };
        let base = TensorFile::open(&self.base)?;
        let attention = match self.attention {
            AttentionName::Sdpa => Attention::Fused,
            AttentionName::Eager => Attention::Eager,
        };
        let mut model = AdaptedModel::<T>::new(&config, &Group { file: &base, prefix: "" }, attention)
            .with_context(|| self.base.display().to_string())?;
        let adapters = self.adapter.iter().map(|folder| AdapterFolder::open(folder)).collect::<Result<Vec<_>, _>>()?;
        for (adapter, folder) in adapters.iter().zip(&self.adapter) {
            adapter.add_to(&mut model, !self.direft).with_context(|| folder.display().to_string())?;
        }
        for folder in &self.fusion {
            FusionFolder::open(folder)?.add_to(&mut model, &adapters).with_context(|| folder.display().to_string())?;
        }
        let setup = self.setup(&adapters)?;
        let inputs = TensorFile::open(&self.inputs)?;
        let (inputs, task_ids) = read_inputs(&inputs)?;
        let mut pass = Pass { task_ids, ..Pass::default() };
        let output = model.forward(&inputs, setup.as_ref(), &mut pass)?;
        let existing = if self.force { Existing::Overwrite } else { Existing::Refuse };
        write_outputs(&self.output, &output, self.hidden_states, existing)?;
        let shape = output.last_hidden_state().map(|states| states.shape().to_vec()).unwrap_or_default();
        let with = setup.as_ref().map_or_else(|| "no adapter".to_owned(), ToString::to_string);
        talk(&format!("{}: last_hidden_state {shape:?}, with {with}", self.output.display()));
        Ok(CLEAN)
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
        let value = document.root.as_ref().map(|root| root.to_value().to_json()).unwrap_or_default();
        let block = match serde_json::from_value::<AdapterSetupFile>(value.clone()) {
            Ok(file) => file.adapter_setup,
            Err(_) => serde_json::from_value::<Block>(value).context("--setup")?,
        };
        let setup = Setup::from(&block);
        let unknown = setup.adapters().into_iter().find(|name| !adapters.iter().any(|adapter| adapter.name == *name));
        if let Some(name) = unknown {
            let names: Vec<_> = adapters.iter().map(|adapter| adapter.name.as_str()).collect();
            bail!("--setup names the adapter `{name}`; given are {}", names.join(", "));
        }
        Ok(Some(setup))
    }
}
