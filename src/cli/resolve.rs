//! `adapter-lint resolve SPEC`

use adapter_spec::dialects::adapterhub::load::{Kind, Resolved};
use adapter_spec::document::write;
use adapter_spec::merge::Layer;
use adapter_spec::value::{Map, Value};

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
    /// The format of the output.
    #[arg(long, alias = "output-format", value_enum, default_value = "json")]
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
        if let Some(Err(reason)) = loaded.as_ref().map(Resolved::config_id) {
            talk(&format!("note: there is no config id: {reason}"));
        }
        let answer = self.answer(loaded.as_ref());
        let text = match self.output {
            Output::Json => write::to_json(&answer),
            Output::Yaml => write::to_yaml(&answer),
        };
        print_at_once(text.as_bytes())?;
        Ok(CLEAN)
    }

    fn answer(&self, loaded: Option<&Resolved>) -> Value {
        let layer = loaded.map(|resolved| if self.sparse { resolved.sparse() } else { resolved.config().clone() });
        let id = loaded.and_then(|resolved| resolved.config_id().ok());
        let mut answer = Map::new();
        answer.insert("dialect", Value::String("adapterhub".to_owned()));
        answer.insert("config", layer.as_ref().map_or(Value::Null, |layer| Value::Map(layer.value())));
        answer.insert("config_id", id.map_or(Value::Null, Value::String));
        if self.show_origin {
            let origins = layer.as_ref().map(Layer::origins).unwrap_or_default();
            let origins = origins.into_iter().map(|(at, origin)| (at, Value::String(origin.to_string())));
            answer.insert("origins", Value::Map(origins.collect()));
        }
        Value::Map(answer)
    }
}
