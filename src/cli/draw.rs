//! `adapter-lint draw SPEC`

use std::io::Write as _;
use std::path::PathBuf;

use adapter_spec::dialects::adapterhub::load::Kind;
use adapter_spec::draw::{self, Base, DrawError, Theme};
use adapter_spec::files::Existing;
use anyhow::bail;

use super::spec::Spec;
use super::values::{KindName, ThemeName};
use super::{CLEAN, FAILED, FOUND, model};

/// Arguments of `draw`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    spec: Spec,
    /// Whether the config is for an adapter or for an AdapterFusion. Files are recognised by their keys.
    #[arg(long, value_enum)]
    kind: Option<KindName>,
    /// The base model: its `config.json` (or the folder that holds it), or the name of a well-known model. Without it,
    /// sizes are symbols, and the layer is one that normalises after its blocks, as BERT's does.
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// The file to write: `.svg` or `.png`. Without it, the SVG goes to standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Light or dark. Without it, an SVG follows the reader's theme, and a PNG is light.
    #[arg(long, value_enum)]
    theme: Option<ThemeName>,
    /// How many pixels of a PNG correspond to one of the SVG.
    #[arg(long, value_name = "FACTOR", default_value = "2", value_parser = clap::value_parser!(u8).range(1..=8))]
    scale: u8,
    /// The title above the picture, instead of the spec.
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Overwrite an existing file.
    #[arg(long)]
    force: bool,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let is_png = self.is_png()?;
        let model = self.model.as_deref().map(model::find).transpose()?;
        let Ok(loaded) = self.spec.load_adapterhub(self.kind.map(Kind::from))? else { return Ok(FOUND) };
        let Some(config) = loaded else {
            self.spec.complain("an empty text contains no config");
            return Ok(FOUND);
        };
        let title = self.title.as_deref().unwrap_or_else(|| self.spec.title());
        let base = self.model.as_deref().zip(model.as_ref()).map(|(name, model)| Base { name, model });
        let drawn =
            if config.method().is_none() { draw::fusion(title, &config) } else { draw::adapter(title, &config, base) };
        let scene = match drawn {
            Ok(scene) => scene,
            Err(error) => {
                let is_built = !matches!(error, DrawError::Build(_));
                if is_built || !self.spec.complain_of_errors(config.config(), model.as_ref()) {
                    self.spec.complain(&error.to_string());
                }
                return Ok(if error.is_refusal() { FOUND } else { FAILED });
            }
        };
        let theme = self.theme.map(Theme::from);
        let theme = if is_png { theme.or(Some(Theme::Light)) } else { theme };
        let svg = draw::svg(&scene, &draw::lay_out(&scene), theme);
        let bytes = if is_png { draw::png(&svg, f32::from(self.scale))? } else { svg.into_bytes() };
        match &self.output {
            Some(path) => {
                let existing = if self.force { Existing::Overwrite } else { Existing::Refuse };
                adapter_spec::tensors::write_bytes(path, existing, &bytes)?;
            }
            None => {
                let mut out = std::io::stdout().lock();
                out.write_all(&bytes)?;
                out.flush()?;
            }
        }
        Ok(CLEAN)
    }

    fn is_png(&self) -> anyhow::Result<bool> {
        let Some(path) = &self.output else { return Ok(false) };
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        match extension.as_deref() {
            Some("svg") => Ok(false),
            Some("png") => Ok(true),
            _ => bail!("--output {}: the file name must end in .svg or .png", path.display()),
        }
    }
}
