//! `adapter-lint resolve SPEC`

use std::path::{Path, PathBuf};

use adapter_spec::dialects::adapterhub::load::{
    Architecture, HubVersion, Kind, LoadError, Loaded, Loader, Names, Reading, Resolved,
};
use adapter_spec::document::{Document, Format, write};
use adapter_spec::merge::{Layer, SetPath};
use adapter_spec::value::{Map, Value};
use anyhow::{Context as _, bail};

use super::{complain, input, talk};

/// Arguments of `resolve`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A name (`pfeiffer`, `hub:pfeiffer@1`, `bapna-firat`), a file or a folder with one, a card of the Hub, an
    /// inline JSON object, a config string (`seq_bn[reduction_factor=12]|lora[r=4]`), or `-` for standard input.
    spec: String,
    /// Override a key: `reduction_factor=12`, `reduction_factor.default=8`, or `1.r=4` for a member of a union. The
    /// value is a Python or JSON literal, or plain text.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<SetPath>,
    /// Whether the config is of an adapter or of an AdapterFusion. Files are recognised by their keys.
    #[arg(long, value_enum)]
    kind: Option<KindName>,
    /// Say for every value where it comes from, in `origins`, by JSON pointer.
    #[arg(long)]
    show_origin: bool,
    /// Print only what differs from the defaults of the type, and what the config needs to be loaded again.
    #[arg(long)]
    sparse: bool,
    /// The format of the output.
    #[arg(long, alias = "output-format", value_enum, default_value = "json")]
    output: Output,
    /// A folder of the Hub's architecture cards (YAML), whose names can then be used like built-in ones.
    #[arg(long, value_name = "DIR")]
    architectures: Option<PathBuf>,
    /// Which of the Hub's two versions of an architecture the `using` of an adapter's card means.
    #[arg(long, value_name = "VERSION", default_value = "2", value_parser = ["1", "2"])]
    hub_version: String,
    /// Read a file as `AdapterConfig.load` does, without what `load_adapter` changes in files of older releases.
    #[arg(long)]
    as_is: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum KindName {
    Adapter,
    Fusion,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Output {
    Json,
    Yaml,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let loaded = match self.load()? {
            Ok(loaded) => loaded,
            Err(error @ LoadError::Path(_)) => return Err(error.into()),
            Err(error) => {
                let error = error.to_string();
                let names_it = error.contains(&format!("`{}`", self.spec));
                complain(&if names_it { error } else { format!("{}: {error}", self.spec) });
                return Ok(super::FOUND);
            }
        };
        for note in loaded.iter().flat_map(Resolved::notes) {
            talk(&format!("note: {note}"));
        }
        if let Some(Err(reason)) = loaded.as_ref().map(Resolved::config_id) {
            talk(&format!("note: there is no config id: {reason}"));
        }
        let answer = self.answer(loaded.as_ref());
        let text = match self.output {
            Output::Json => write::to_json(&answer),
            Output::Yaml => write::to_yaml(&answer),
        };
        anstream::print!("{text}");
        Ok(super::CLEAN)
    }

    fn load(&self) -> anyhow::Result<Loaded> {
        let mut loader = Loader {
            kind: match self.kind {
                Some(KindName::Fusion) => Kind::Fusion,
                Some(KindName::Adapter) | None => Kind::Adapter,
            },
            names: Names::Library,
            architectures: self.architectures.as_deref().map(architectures).transpose()?.unwrap_or_default(),
            hub: if self.hub_version == "1" { HubVersion::V1 } else { HubVersion::V2 },
        };
        // The library looks for a name of its own first, then for a file.
        if loader.knows(&self.spec) {
            return Ok(loader.load_text(&self.spec, &self.set));
        }
        loader.names = Names::All;
        let Some((document, path, reading)) = self.document(&loader)? else {
            return Ok(loader.load_text(&self.spec, &self.set));
        };
        if self.kind.is_none() {
            loader.kind = Kind::of_document(&document);
        }
        Ok(loader.load_document(&document, &path, reading, &self.set))
    }

    /// The document that the spec is or names; `None` for a name or a config string.
    fn document(&self, loader: &Loader) -> anyhow::Result<Option<(Document, String, Reading)>> {
        if self.spec == "-" {
            return Ok(Some(self.with_reading(input::read_nameless_stdin()?, "<stdin>".to_owned())));
        }
        let mut path = PathBuf::from(&self.spec);
        if path.is_dir() {
            let name = match self.kind {
                Some(KindName::Fusion) => "adapter_fusion_config.json",
                _ => "adapter_config.json",
            };
            path.push(name);
        }
        let looks_like_path = is_yaml(&path) || path.extension().is_some_and(|extension| extension == "json");
        if (path.exists() && !path.is_dir()) || (looks_like_path && !self.spec.contains('[') && !self.spec.starts_with('{')) {
            return Ok(Some(self.with_reading(input::read(&path)?, path.display().to_string())));
        }
        if self.spec.trim_start().starts_with('{') {
            let document = Document::read(self.spec.clone().into_bytes(), Format::Json);
            return Ok(Some((document, "argument".to_owned(), Reading::Dictionary)));
        }
        if self.spec.contains('/') && !self.spec.contains(['[', '|']) && !loader.knows(&self.spec) {
            bail!("{}: no such file or folder", self.spec);
        }
        Ok(None)
    }

    fn with_reading(&self, document: Document, path: String) -> (Document, String, Reading) {
        let whole_file = document.root.as_ref().is_some_and(|root| root.get("config").is_some());
        let is_fusion = Kind::of_document(&document) == Kind::Fusion;
        let reading = if whole_file && !is_fusion && !self.as_is { Reading::Adapter } else { Reading::Config };
        (document, path, reading)
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

fn is_yaml(path: &Path) -> bool {
    input::format_of(path) == Format::Yaml
}

/// All cards of a folder, in the order of their file names.
fn architectures(folder: &Path) -> anyhow::Result<Vec<Architecture>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.retain(|path| is_yaml(path));
    paths.sort();
    let mut cards: Vec<Architecture> = Vec::new();
    for path in paths {
        let document = input::read(&path)?;
        if let Some(problem) = document.problems.iter().find(|problem| !problem.kind.keeps_the_value()) {
            let line = document.source.position(problem.span.start).line;
            bail!("{}:{line}: {}", path.display(), problem.detail);
        }
        let Some(card) = Architecture::read(&document, &path.display().to_string()) else {
            bail!("{} is no architecture card: it needs `name`, `displayname` and `config`", path.display());
        };
        if let Some(other) = cards.iter().find(|other| other.name == card.name) {
            bail!("{} and {} both have the name `{}`", other.path, card.path, card.name);
        }
        cards.push(card);
    }
    Ok(cards)
}
