//! How findings are written, where to, and what the exit code makes of them.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use adapter_spec::files::{Beside, Existing};
use adapter_spec::report::{self, Totals};
use adapter_spec::report::{
    concise::Concise, full::Full, github::Github, gitlab::Gitlab, json::Json, jsonl::JsonLines, junit::Junit,
    sarif::Sarif, statistics,
};
use anyhow::{Context as _, bail};

use crate::cli::{CLEAN, FAILED, FOUND, talk};

/// Arguments about the output.
#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArgs {
    /// The format of the findings.
    #[arg(long, value_enum, default_value_t = OutputFormat::Full, value_name = "FORMAT")]
    pub(super) output_format: OutputFormat,
    /// Write the findings to this file instead of standard output. It appears when everything is done, and replaces an
    /// older one.
    #[arg(short, long, value_name = "FILE")]
    output_file: Option<PathBuf>,
    /// Show how many findings each rule has instead of the findings.
    #[arg(long)]
    statistics: bool,
    /// Print only failures on standard error.
    #[arg(short, long)]
    pub(super) quiet: bool,
    /// Exit with 0 even if errors were found.
    #[arg(long)]
    exit_zero: bool,
    /// Exit with 1 if there are more warnings than this.
    #[arg(long, value_name = "N", conflicts_with = "exit_zero")]
    max_warnings: Option<usize>,
}

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum OutputFormat {
    /// Excerpts of the text at fault.
    Full,
    /// One line per finding.
    Concise,
    /// One JSON document, described by `schemas/diagnostics.json`.
    Json,
    /// One JSON document per file, each on a line, written as the work proceeds.
    Jsonl,
    /// SARIF 2.1.0, for code scanning and editors.
    Sarif,
    /// Annotations in GitHub Actions.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// JUnit's XML.
    Junit,
}

impl OutputFormat {
    /// Whether it is for people, who are told more on standard error.
    pub(super) fn is_prose(self) -> bool {
        matches!(self, Self::Full | Self::Concise)
    }
}

impl OutputArgs {
    /// The format, and where it goes to: standard error if it is to be kept `apart` from a text in standard output. A
    /// diff is written as it is, without a format.
    ///
    /// # Errors
    /// If the output file cannot be made, or the arguments do not go together.
    pub(super) fn open(
        &self,
        inputs: &[PathBuf],
        apart: bool,
        is_diff: bool,
    ) -> anyhow::Result<(Box<dyn report::Format>, Output)> {
        if is_diff && (self.statistics || self.output_format != OutputFormat::Full) {
            bail!("`--diff` prints a diff and no findings: `--output-format` and `--statistics` do not go with it");
        }
        let mut styled = false;
        let to = if let Some(path) = &self.output_file {
            create(path, inputs).with_context(|| path.display().to_string())?
        } else if apart {
            styled = self.output_format.is_prose()
                && anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
            To::Stream(if styled { Box::new(anstream::stderr()) } else { Box::new(io::stderr()) })
        } else {
            let out = io::stdout().lock();
            styled =
                self.output_format.is_prose() && anstream::AutoStream::choice(&out) != anstream::ColorChoice::Never;
            To::Stream(if styled { Box::new(anstream::stdout().lock()) } else { Box::new(out) })
        };
        let format = if is_diff { Box::new(Nothing) } else { self.format(styled)? };
        Ok((format, Output { to: io::BufWriter::with_capacity(BUFFER, to), separator: "" }))
    }

    fn format(&self, styled: bool) -> anyhow::Result<Box<dyn report::Format>> {
        Ok(match self.output_format {
            OutputFormat::Full | OutputFormat::Concise if self.statistics => Box::new(statistics::Table),
            OutputFormat::Json if self.statistics => Box::new(statistics::Json),
            _ if self.statistics => bail!("--statistics supports only the formats full, concise and json"),
            OutputFormat::Full => Box::new(Full::new(styled)),
            OutputFormat::Concise => Box::new(Concise),
            OutputFormat::Json => Box::new(Json),
            OutputFormat::Jsonl => Box::new(JsonLines),
            OutputFormat::Sarif => Box::new(Sarif),
            OutputFormat::Github => Box::new(Github),
            OutputFormat::Gitlab => Box::new(Gitlab),
            OutputFormat::Junit => Box::new(Junit),
        })
    }

    /// What the program exits with, where nothing is to be shown but what would be fixed.
    pub(super) fn exit_code_of_diff(&self, totals: &Totals, fixed: usize) -> u8 {
        match (totals.failures.is_empty(), fixed > 0 && !self.exit_zero) {
            (false, _) => FAILED,
            (true, true) => FOUND,
            (true, false) => CLEAN,
        }
    }

    /// What the program exits with.
    pub(super) fn exit_code(&self, totals: &Totals) -> u8 {
        let warnings = totals.summary.warnings;
        if !totals.failures.is_empty() {
            return FAILED;
        }
        if let Some(most) = self.max_warnings.filter(|most| warnings > *most) {
            let are = if warnings == 1 { "warning is" } else { "warnings are" };
            talk(&format!("{warnings} {are} more than --max-warnings {most} allows"));
            return FOUND;
        }
        if totals.summary.errors > 0 && !self.exit_zero { FOUND } else { CLEAN }
    }
}

/// No report at all.
struct Nothing;

impl report::Format for Nothing {
    fn file(&self, _file: &report::FileReport, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// How much is written at once.
const BUFFER: usize = 1 << 16;

/// A file beside the one that is wanted. What is no regular file, such as a pipe, is written to as it is.
fn create(path: &Path, inputs: &[PathBuf]) -> anyhow::Result<To> {
    let old = path.canonicalize().ok();
    let is_old = |input: &PathBuf| input.canonicalize().is_ok_and(|input| Some(input) == old);
    if inputs.iter().any(is_old) {
        bail!("is one of the files to be checked");
    }
    let path = old.unwrap_or_else(|| path.to_owned());
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Ok(To::Stream(Box::new(File::options().write(true).open(&path)?)));
    }
    Ok(To::File(Box::new(Beside::new(&path)?)))
}

/// Where the findings go to.
pub(super) struct Output {
    to: io::BufWriter<To>,
    separator: &'static str,
}

enum To {
    Stream(Box<dyn Write>),
    /// A file beside the one that is wanted, whose name it takes in the end.
    File(Box<Beside>),
}

impl Write for To {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stream(out) => out.write(bytes),
            Self::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stream(out) => out.flush(),
            Self::File(file) => file.flush(),
        }
    }
}

impl Output {
    pub(super) fn head(&mut self, format: &dyn report::Format) -> io::Result<()> {
        format.head(&mut self.to)
    }

    /// Adds the piece of a file.
    pub(super) fn piece(&mut self, format: &dyn report::Format, piece: &[u8]) -> io::Result<()> {
        if piece.is_empty() {
            return Ok(());
        }
        self.to.write_all(self.separator.as_bytes())?;
        self.separator = format.separator();
        self.to.write_all(piece)
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }

    /// Writes the end, and lets the output file appear.
    pub(super) fn finish(&mut self, format: &dyn report::Format, totals: &Totals) -> anyhow::Result<()> {
        format.tail(totals, &mut self.to)?;
        self.to.flush()?;
        let done = std::mem::replace(self.to.get_mut(), To::Stream(Box::new(io::sink())));
        let To::File(file) = done else { return Ok(()) };
        let path = file.target().display().to_string();
        file.publish(Existing::Overwrite).context(path)
    }
}
