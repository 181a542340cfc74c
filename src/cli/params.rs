//! `adapter-lint params SPEC --model MODEL`

use std::io::Write as _;

use adapter_spec::dialects::adapterhub::load::{Kind, Resolved};
use adapter_spec::dialects::adapterhub::modules::members;
use adapter_spec::dialects::adapterhub::slots::{attribute, place};
use adapter_spec::dialects::peft;
use adapter_spec::dialects::peft::expected::{expect, training};
use adapter_spec::dialects::spec::Loaded;
use adapter_spec::models::Model;
use adapter_spec::params::{BaseModel, Params, PeftParams};
use adapter_spec::report::params as report;

use anyhow::bail;

use super::spec::{Refused, Spec};
use super::{CLEAN, FAILED, FOUND, model};

/// Arguments of `params`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    spec: Spec,
    /// The base model: its `config.json` (or the folder that holds it), or the name of a well-known model. `auto` is the
    /// one that a config of PEFT names, where it is on this machine.
    #[arg(long, value_name = "MODEL")]
    model: String,
    /// The adapter's name (AdapterHub).
    #[arg(long, value_name = "NAME", default_value = "a")]
    name: String,
    /// (AdapterHub) Name the tensors as in the bare base model (`BertModel`), not as in a class around it (`BertAdapterModel`).
    #[arg(long)]
    bare: bool,
    /// The format of the output.
    #[arg(long = "output-format", alias = "output", value_enum, default_value = "table")]
    output: Output,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Output {
    /// For people: what is the same in many layers is shown once.
    Table,
    /// One JSON document, described by `schemas/params.json`, or by `schemas/params-peft.json` for PEFT.
    Json,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        match self.spec.load(Some(Kind::Adapter))? {
            Err(Refused) => Ok(FOUND),
            Ok(Loaded::Peft(config)) => {
                let model = model::find_for(&self.model, &config)?;
                self.peft(&config, model)
            }
            Ok(Loaded::AdapterHub(Some(config))) => {
                let model = model::find(&self.model)?;
                self.adapterhub(&config, model)
            }
            Ok(Loaded::AdapterHub(None)) => {
                self.spec.complain("an empty text contains no config");
                Ok(FOUND)
            }
        }
    }

    fn adapterhub(self, config: &Resolved, model: Model) -> anyhow::Result<u8> {
        let members = match members(config) {
            Ok(members) => members,
            Err(error) => {
                if !self.spec.complain_of_errors(config.config(), Some(&model)) {
                    self.spec.complain(&error.to_string());
                }
                return Ok(FOUND);
            }
        };
        let placed = match place(&members, &self.name, &model) {
            Ok(placed) => placed,
            Err(error) => {
                self.spec.complain(&error.to_string());
                return Ok(if error.is_refusal() { FOUND } else { FAILED });
            }
        };
        let attribute = if self.bare { "" } else { attribute(&model)? };
        let base = BaseModel { name: self.model, model_type: model.model_type, parameters: model.parameters };
        let params = Params::new(base, &self.name, &placed, attribute);
        if params.parameters == u64::MAX {
            bail!("{}: the adapter has more parameters than can be counted", params.model.name);
        }
        let mut out = std::io::BufWriter::new(anstream::stdout().lock());
        match self.output {
            Output::Table => report::write_table(&mut out, &params, &placed, attribute)?,
            Output::Json => report::write_json(&mut out, &params)?,
        }
        out.flush()?;
        Ok(CLEAN)
    }

    fn peft(self, config: &peft::load::Loaded, model: Model) -> anyhow::Result<u8> {
        let tree = model::tree(config, &model)?;
        let keys = config.keys().value();
        let adapted = match expect(&keys, &tree) {
            Some(Ok(adapted)) => adapted,
            Some(Err(refusal)) => {
                self.spec.complain(&format!("PEFT does not adapt {} so: {refusal}", tree.class));
                return Ok(FOUND);
            }
            None => {
                // What is wrong with the config is the likeliest reason.
                if self.spec.complain_of_errors(config.written(), Some(&model)) {
                    return Ok(FOUND);
                }
                bail!("{}: which tensors PEFT saves for this config is not known here", self.spec.title());
            }
        };
        let is_refused = self.spec.complain_of_errors(config.written(), Some(&model));
        let base = BaseModel { name: self.model, model_type: model.model_type, parameters: tree.parameters() };
        let training = training(&keys, &tree, &adapted);
        let params = training.and_then(|training| {
            PeftParams::new(base, tree.class, config.method().peft_type.name(), adapted, training)
        });
        let Some(params) = params else {
            // What is wrong with the config was said.
            if is_refused {
                return Ok(FOUND);
            }
            bail!("{}: its tensors depend on more than config and model", self.spec.title());
        };
        let mut out = std::io::BufWriter::new(anstream::stdout().lock());
        match self.output {
            Output::Table => report::write_peft_table(&mut out, &params)?,
            Output::Json => report::write_peft_json(&mut out, &params)?,
        }
        out.flush()?;
        Ok(if is_refused { FOUND } else { CLEAN })
    }
}
