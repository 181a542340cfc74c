//! A SPEC on the command line: what `resolve`, `params` and `draw` load.

use std::path::{Path, PathBuf};

use adapter_spec::dialects::adapterhub::Role;
use adapter_spec::dialects::adapterhub::load::{
    self, Architecture, HubVersion, Kind, LoadError, Loader, Names, Reading, Resolved,
};
use adapter_spec::dialects::{self, Dialect, peft};
use adapter_spec::document::{Document, Format, Span, write};
use adapter_spec::lint::{self, Options, Severity};
use adapter_spec::merge::{Layer, Origin, SetPath};
use adapter_spec::models::Model;
use adapter_spec::value::Value;
use anyhow::{Context as _, bail};

use super::{complain, input, talk};

/// A config that is named or written on the command line, and how it is read.
#[derive(clap::Args)]
pub(super) struct Spec {
    /// A name (`pfeiffer`, `hub:pfeiffer@1`, `bapna-firat`; `peft:lora` for PEFT's LoRA), a file or a folder with one, a
    /// Hub card, an inline JSON object, a config string (`seq_bn[reduction_factor=12]|lora[r=4]`), or `-` for standard
    /// input.
    spec: String,
    /// Override a key: `reduction_factor=12`, `reduction_factor.default=8`, or `1.r=4` for a member of a union. The
    /// value is a Python or JSON literal, or plain text.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<SetPath>,
    /// A folder of the Hub's architecture cards (YAML), whose names can then be used like built-in names.
    #[arg(long, value_name = "DIR")]
    architectures: Option<PathBuf>,
    /// Which of the Hub's two versions of an architecture is meant by `using` in an adapter's card.
    #[arg(long, value_name = "VERSION", default_value = "2", value_parser = ["1", "2"])]
    hub_version: String,
    /// Read a file as `AdapterConfig.load` does, without the changes that `load_adapter` makes to files of older
    /// releases.
    #[arg(long)]
    as_is: bool,
}

/// The library refuses the spec, and the reason has been said.
pub(super) struct Refused;

/// What a spec leads to, by library.
pub(super) enum Loaded {
    /// AdapterHub's. `None` is the library's answer to an empty spec.
    AdapterHub(Option<Resolved>),
    /// PEFT's.
    Peft(peft::load::Loaded),
}

/// Why nothing is loaded: by AdapterHub's libraries, or by PEFT.
enum Error {
    AdapterHub(LoadError),
    Peft(peft::load::LoadError),
}

/// The beginning of PEFT's names among the others.
const PEFT: &str = "peft:";

impl Spec {
    /// Loads the config, and says what is worth knowing about it. Without a kind, files of AdapterHub are recognised by
    /// their keys.
    pub(super) fn load(&self, kind: Option<Kind>) -> anyhow::Result<Result<Loaded, Refused>> {
        let loaded = match self.loaded(kind)? {
            Ok(loaded) => loaded,
            Err(Error::AdapterHub(error @ LoadError::Path(_))) => return Err(error.into()),
            Err(Error::Peft(error @ peft::load::LoadError::Path(_))) => return Err(error.into()),
            Err(Error::AdapterHub(error)) => {
                self.complain(&error.to_string());
                return Ok(Err(Refused));
            }
            Err(Error::Peft(error)) => {
                self.complain(&error.to_string());
                return Ok(Err(Refused));
            }
        };
        match &loaded {
            Loaded::AdapterHub(resolved) => {
                for note in resolved.iter().flat_map(Resolved::notes) {
                    talk(&format!("note: {note}"));
                }
            }
            Loaded::Peft(config) => {
                for key in config.ignored() {
                    talk(&format!("note: {} has no key `{key}`; PEFT ignores it", config.method().class));
                }
            }
        }
        Ok(Ok(loaded))
    }

    /// As [`Spec::load`], where only AdapterHub's configs are taken.
    pub(super) fn load_adapterhub(&self, kind: Option<Kind>) -> anyhow::Result<Result<Option<Resolved>, Refused>> {
        Ok(match self.load(kind)? {
            Ok(Loaded::AdapterHub(resolved)) => Ok(resolved),
            Ok(Loaded::Peft(_)) => {
                self.complain("this is a config of Hugging Face PEFT; only those of AdapterHub's libraries are drawn");
                Err(Refused)
            }
            Err(refused) => Err(refused),
        })
    }

    /// Says every error that the linter finds in a config. Whether there is one.
    pub(super) fn complain_of_errors(&self, config: &Layer, model: Option<&Model>) -> bool {
        let text = write::to_json(&Value::Map(config.value()));
        let document = Document::read(text.into_bytes(), Format::Json);
        let options = Options { model: model.cloned(), ..Options::default() };
        let linted = lint::lint(&document, peft::CONFIG_NAME, &options);
        let errors: Vec<_> = linted.findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
        for error in &errors {
            self.complain(&format!("error[{}]: {}", error.rule.code, error.message));
        }
        !errors.is_empty()
    }

    /// What to call the config in a heading.
    pub(super) fn title(&self) -> &str {
        match self.spec.trim() {
            "-" => "standard input",
            inline if inline.starts_with('{') => "a config",
            text => text,
        }
    }

    /// Says why the spec is refused, and names it if the reason does not.
    pub(super) fn complain(&self, reason: &str) {
        let names_it = reason.contains(&format!("`{}`", self.spec));
        complain(&if names_it { reason.to_owned() } else { format!("{}: {reason}", self.spec) });
    }

    fn loaded(&self, kind: Option<Kind>) -> anyhow::Result<Result<Loaded, Error>> {
        if let Some(name) = self.spec.strip_prefix(PEFT) {
            let loaded = peft::load::Loaded::named(name, &self.set);
            return Ok(loaded.map(Loaded::Peft).map_err(Error::Peft));
        }
        let mut loader = Loader {
            kind: kind.unwrap_or(Kind::Adapter),
            names: Names::Library,
            architectures: self.architectures.as_deref().map(architectures).transpose()?.unwrap_or_default(),
            hub: if self.hub_version == "1" { HubVersion::V1 } else { HubVersion::V2 },
        };
        let of_adapterhub = |loaded: load::Loaded| loaded.map(Loaded::AdapterHub).map_err(Error::AdapterHub);
        // The library looks for a name of its own first, then for a file.
        if loader.knows(&self.spec) {
            return Ok(of_adapterhub(loader.load_text(&self.spec, &self.set)));
        }
        loader.names = Names::All;
        let Some((document, path, reading)) = self.document(&loader)? else {
            return Ok(of_adapterhub(loader.load_text(&self.spec, &self.set)));
        };
        if dialects::recognise(&document, &path).dialect == Some(Dialect::Peft) {
            return Ok(self.peft(&document, &path, reading).map(Loaded::Peft).map_err(Error::Peft));
        }
        if kind.is_none() {
            loader.kind = Kind::of_document(&document);
        }
        Ok(of_adapterhub(loader.load_document(&document, &path, reading, &self.set)))
    }

    fn peft(
        &self,
        document: &Document,
        path: &str,
        reading: Reading,
    ) -> Result<peft::load::Loaded, peft::load::LoadError> {
        let origin = |span: Span| match reading {
            Reading::Dictionary => Origin::Inline,
            _ => Origin::File { path: path.to_owned(), line: document.source.position(span.start).line },
        };
        peft::load::Loaded::document(document, &origin, &self.set)
    }

    /// The document that the spec is or names; `None` for a name or a config string.
    fn document(&self, loader: &Loader) -> anyhow::Result<Option<(Document, String, Reading)>> {
        if self.spec == "-" {
            return Ok(Some(self.with_reading(input::read_nameless_stdin()?, "<stdin>".to_owned())));
        }
        let mut path = PathBuf::from(&self.spec);
        if path.is_dir() {
            let [adapter, fusion] = [Role::Adapter, Role::Fusion].map(Role::config_name);
            let is_fusion =
                loader.kind == Kind::Fusion || (path.join(fusion).is_file() && !path.join(adapter).is_file());
            path.push(if is_fusion { fusion } else { adapter });
        }
        let looks_like_path = is_yaml(&path) || path.extension().is_some_and(|extension| extension == "json");
        if (path.exists() && !path.is_dir())
            || (looks_like_path && !self.spec.contains('[') && !self.spec.starts_with('{'))
        {
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
            bail!("{} is not an architecture card: it needs `name`, `displayname` and `config`", path.display());
        };
        if let Some(other) = cards.iter().find(|other| other.name == card.name) {
            bail!("{} and {} both have the name `{}`", other.path, card.path, card.name);
        }
        cards.push(card);
    }
    Ok(cards)
}
