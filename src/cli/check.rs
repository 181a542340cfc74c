//! `adapter-lint [check] PATH…`

use std::io::Write as _;
use std::path::{Path, PathBuf};

use adapter_spec::dialects::adapterhub::hub::{self, Card};
use adapter_spec::document::Document;
use adapter_spec::lint::{self, Levels, Options, Severity};
use adapter_spec::report::{self, FileReport, Summary};
use anyhow::bail;
use rayon::prelude::*;

use super::input::{self, Input};
use super::model;
use super::progress::Progress;
use super::{CLEAN, FAILED, FOUND, complain, talk};

/// What stands for standard input where nobody named it.
const STDIN: &str = "<stdin>";

/// Arguments of `check`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Files or folders; `-` for standard input. Weights of AdapterHub are judged together with the config beside them.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The name that standard input would have as a file: it tells the format (JSON or YAML) and what the file is.
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<String>,
    /// The base model: its `config.json` (or the folder that holds it), or the name of a well-known model.
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Report only these rules: codes (`AL203`), prefixes of codes (`AL2`) or names (`wrong-type`), with commas between.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// Do not report these rules.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Make findings of this rule errors; `warnings` means all that are warnings.
    #[arg(short = 'D', long, value_name = "RULE", value_delimiter = ',')]
    deny: Vec<String>,
    /// Make findings of this rule warnings.
    #[arg(short = 'W', long, value_name = "RULE", value_delimiter = ',')]
    warn: Vec<String>,
    /// Do not report this rule; `warnings` and `notes` mean all of them.
    #[arg(short = 'A', long, value_name = "RULE", value_delimiter = ',')]
    allow: Vec<String>,
    /// How findings are written.
    #[arg(long, value_enum, default_value_t = Format::Full, value_name = "FORMAT")]
    output_format: Format,
}

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Frames with the text at fault.
    Full,
    /// One line a finding.
    Concise,
    /// One JSON text, described by `schemas/diagnostics.json`.
    Json,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let options = Options { model: self.model.as_deref().map(model::find).transpose()?, levels: self.levels()? };
        if self.paths.is_empty() {
            bail!("no PATH given; name files or folders, or `-` for standard input");
        }
        let (stdin, paths): (Vec<_>, Vec<_>) = self.paths.iter().cloned().partition(|path| path == Path::new("-"));
        let (inputs, mut failures) = input::collect(&paths);
        let progress = Progress::new(inputs.len());
        let judged: Vec<_> = inputs.par_iter().map(|input| judge(input, &options, &progress)).collect();
        progress.finish();
        let mut files = Vec::new();
        for (judged, input) in judged.into_iter().zip(&inputs) {
            match judged {
                Ok(Some(file)) => files.push((file, input.named)),
                Ok(None) => {}
                Err(error) => failures.push(error),
            }
        }
        if !stdin.is_empty() {
            let name = self.stdin_filename.as_deref().unwrap_or_default();
            match input::read_stdin(name) {
                Ok(document) => {
                    let path = if name.is_empty() { STDIN } else { name };
                    let linted = lint::lint(&document, name, &options);
                    files.insert(0, (FileReport::new(path, document, linted), true));
                }
                Err(error) => failures.push(error),
            }
        }
        let mut reports: Vec<_> = files.iter_mut().map(|(file, _)| file).collect();
        lint_between(&mut reports, &options);
        self.finish(files, &failures)
    }

    fn levels(&self) -> anyhow::Result<Levels> {
        let mut levels = Levels::default();
        self.select.iter().try_for_each(|rule| levels.select(rule))?;
        self.ignore.iter().try_for_each(|rule| levels.ignore(rule))?;
        let severities =
            [(&self.allow, None), (&self.warn, Some(Severity::Warning)), (&self.deny, Some(Severity::Error))];
        for (rules, severity) in severities {
            rules.iter().try_for_each(|rule| levels.set(rule, severity))?;
        }
        Ok(levels)
    }

    /// The folders that were named and have no file of ours.
    fn empty_folders(&self, files: &[FileReport]) -> Vec<&Path> {
        let has_none = |folder: &&Path| !files.iter().any(|file| Path::new(&file.path).starts_with(folder));
        self.paths.iter().map(PathBuf::as_path).filter(|path| path.is_dir()).filter(has_none).collect()
    }

    /// Writes the findings to standard output, and the rest to standard error.
    fn finish(&self, files: Vec<(FileReport, bool)>, failures: &[anyhow::Error]) -> anyhow::Result<u8> {
        let named: Vec<_> = files
            .iter()
            .filter(|(_, named)| *named)
            .map(|(file, _)| format!("{}: {}, {}", file.path, file.description(), file.summary().problems()))
            .collect();
        let files: Vec<_> = files.into_iter().map(|(file, _)| file).collect();
        let mut out = std::io::BufWriter::new(anstream::stdout().lock());
        match self.output_format {
            Format::Full => report::full::write(&mut out, &files, true)?,
            Format::Concise => report::concise::write(&mut out, &files)?,
            Format::Json => report::json::write(&mut out, &files)?,
        }
        out.flush()?;
        let summary = Summary::of(&files);
        if self.output_format == Format::Full {
            named.iter().for_each(|line| talk(line));
        }
        let empty = if failures.is_empty() { self.empty_folders(&files) } else { Vec::new() };
        empty.iter().for_each(|folder| talk(&format!("no adapter configs or cards found in {}", folder.display())));
        if self.output_format != Format::Json && !files.is_empty() && (named.len() != 1 || files.len() != 1) {
            talk(&summary.to_string());
        }
        failures.iter().for_each(|error| complain(&format!("{error:#}")));
        Ok(match (failures, summary.errors) {
            ([], 0) => CLEAN,
            ([], _) => FOUND,
            _ => FAILED,
        })
    }
}

/// Judges one file; `None` if it was only found in a folder and is nobody's.
fn judge(input: &Input, options: &Options, progress: &Progress) -> anyhow::Result<Option<FileReport>> {
    let path = input.path.display().to_string();
    if input::is_weights(&input.path)
        && let Some(linted) = lint::lint_weights(&input.path, options)?
    {
        progress.step();
        return Ok(Some(FileReport::new(path, Document::without_text(), linted)));
    }
    let document = input::read(&input.path)?;
    let linted = lint::lint(&document, &path, options);
    progress.step();
    let is_ours = input.named || linted.recognised.certain;
    Ok(is_ours.then(|| FileReport::new(path, document, linted)))
}

/// Adds what only shows between files: cards of a Hub repository that refer to each other.
fn lint_between(reports: &mut [&mut FileReport], options: &Options) {
    let cards: Vec<usize> = (0..reports.len()).filter(|at| reports[*at].recognised.kind.is_hub_card()).collect();
    let repository: Vec<_> =
        cards.iter().map(|at| Card { path: &reports[*at].path, document: &reports[*at].document }).collect();
    let found = hub::check_repository(&repository);
    for (card, finding) in found {
        reports[cards[card]].add(options.levels.apply(vec![finding]));
    }
}
