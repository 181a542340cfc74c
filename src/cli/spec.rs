//! A SPEC on the command line: what `resolve`, `params` and `draw` load.

use std::path::{Path, PathBuf};

use adapter_spec::dialects::adapterhub::load::{Architecture, HubVersion, Kind, Loader, Names, Reading, Resolved};
use adapter_spec::dialects::peft;
use adapter_spec::dialects::spec::{self, Loaded, SpecError};
use adapter_spec::document::{Document, Format, write};
use adapter_spec::lint::{self, Options, Severity};
use adapter_spec::merge::{Layer, SetPath};
use adapter_spec::models::Model;
use adapter_spec::value::Value;
use anyhow::bail;

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

impl Spec {
    /// Loads the config, and says what is worth knowing about it. Without a kind, files of AdapterHub are recognised by
    /// their keys.
    pub(super) fn load(&self, kind: Option<Kind>) -> anyhow::Result<Result<Loaded, Refused>> {
        let loaded = match self.loaded(kind)? {
            Ok(loaded) => loaded,
            Err(error) if error.is_of_override() => return Err(error.into()),
            Err(error) => {
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

    fn loaded(&self, kind: Option<Kind>) -> anyhow::Result<Result<Loaded, SpecError>> {
        let loader = Loader {
            kind: kind.unwrap_or(Kind::Adapter),
            names: Names::All,
            architectures: self.architectures.as_deref().map(Architecture::all_in).transpose()?.unwrap_or_default(),
            hub: if self.hub_version == "1" { HubVersion::V1 } else { HubVersion::V2 },
        };
        let (document, path, reading) = match spec::Spec::of(&self.spec, &loader) {
            spec::Spec::Stdin => {
                let document = input::read_nameless_stdin()?;
                let reading = self.reading(&document);
                (document, "<stdin>".to_owned(), reading)
            }
            spec::Spec::File(path) => {
                let document = input::read(&path)?;
                let reading = self.reading(&document);
                (document, path.display().to_string(), reading)
            }
            spec::Spec::Nowhere => bail!("{}: no such file or folder", self.spec),
            named => {
                if named == spec::Spec::Library && Path::new(&self.spec).exists() {
                    talk(&format!(
                        "note: `{0}` is a name of the library; write `./{0}` for what is there on disk",
                        self.spec
                    ));
                }
                return Ok(Loaded::of(&self.spec, &loader, kind, &self.set));
            }
        };
        Ok(Loaded::document(&document, &path, reading, &loader, kind, &self.set))
    }

    fn reading(&self, document: &Document) -> Reading {
        if self.as_is { Reading::Config } else { Reading::of_file(document) }
    }
}
