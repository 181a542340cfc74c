//! `adapter-lint resolve SPEC`

use adapter_spec::dialects::adapterhub::load::{Kind, Resolved};
use adapter_spec::dialects::spec::Loaded;
use adapter_spec::dialects::{Dialect, peft};
use adapter_spec::document::write;
use adapter_spec::merge::Layer;
use adapter_spec::value::{Map, Value};

use super::model::{self, tree};
use super::spec::Spec;
use super::values::KindName;
use super::{CLEAN, FOUND, print_at_once, talk};

/// Arguments of `resolve`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    spec: Spec,
    /// Whether the config is for an adapter or for an AdapterFusion. Files are recognised by their keys.
    #[arg(long, value_enum)]
    kind: Option<KindName>,
    /// For every value, say in `origins` where it comes from, by JSON pointer.
    #[arg(long)]
    show_origin: bool,
    /// Print only what differs from the defaults of the type, and what is needed to load the config again.
    #[arg(long)]
    sparse: bool,
    /// The base model, for a config of PEFT: what PEFT takes from it is filled in. Its `config.json`, the folder that holds
    /// it, or `auto` for the one that the config names.
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// The format of the output.
    #[arg(long = "output-format", alias = "output", value_enum, default_value = "json")]
    output: Output,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Output {
    Json,
    Yaml,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let Ok(loaded) = self.spec.load(self.kind.map(Kind::from))? else { return Ok(FOUND) };
        let (answer, code) = match loaded {
            Loaded::AdapterHub(loaded) => {
                // The library loads any value, and refuses it when it builds the adapter.
                if let Some(config) = &loaded {
                    self.spec.complain_of_errors(config.config(), None);
                }
                if let Some(Err(reason)) = loaded.as_ref().map(Resolved::config_id) {
                    talk(&format!("note: there is no config id: {reason}"));
                }
                (self.adapterhub(loaded.as_ref()), CLEAN)
            }
            Loaded::Peft(config) => {
                let model = self.model.as_deref().map(|text| model::find_for(text, &config)).transpose()?;
                let is_refused = self.spec.complain_of_errors(config.written(), model.as_ref());
                let config = match &model {
                    Some(model) => config.clone().on(&tree(&config, model)?),
                    None => config,
                };
                (self.peft(&config), if is_refused { FOUND } else { CLEAN })
            }
        };
        let text = match self.output {
            Output::Json => write::to_json(&answer),
            Output::Yaml => write::to_yaml(&answer),
        };
        print_at_once(text.as_bytes())?;
        Ok(code)
    }

    fn adapterhub(&self, loaded: Option<&Resolved>) -> Value {
        let layer = loaded.map(|resolved| if self.sparse { resolved.sparse() } else { resolved.config().clone() });
        let id = loaded.and_then(|resolved| resolved.config_id().ok());
        let id = id.map_or(Value::Null, Value::String);
        self.answer(Dialect::AdapterHub, layer, Some(("config_id", id)))
    }

    fn peft(&self, config: &peft::load::Loaded) -> Value {
        let layer = if self.sparse { config.sparse() } else { config.keys().clone() };
        self.answer(Dialect::Peft, Some(layer), None)
    }

    fn answer(&self, dialect: Dialect, layer: Option<Layer>, more: Option<(&str, Value)>) -> Value {
        let mut answer = Map::new();
        answer.insert("dialect", Value::String(dialect.as_str().to_owned()));
        answer.insert("config", layer.as_ref().map_or(Value::Null, |layer| Value::Map(layer.value())));
        if let Some((key, value)) = more {
            answer.insert(key, value);
        }
        if self.show_origin {
            let origins = layer.as_ref().map(Layer::origins).unwrap_or_default();
            let origins = origins.into_iter().map(|(at, origin)| (at, Value::String(origin.to_string())));
            answer.insert("origins", Value::Map(origins.collect()));
        }
        Value::Map(answer)
    }
}
