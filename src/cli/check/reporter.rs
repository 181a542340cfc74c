//! Takes what became of the files, in order; writes it, and adds up what is said at the end.

use std::path::{Path, PathBuf};

use adapter_spec::dialects::adapterhub::hub::{self, Card};
use adapter_spec::dialects::{FileKind, Recognised};
use adapter_spec::document::Document;
use adapter_spec::report::{FileReport, Totals};

use super::baseline::Baselines;
use super::judge::{Judge, Named, Outcome, Piece};
use super::output::{Output, OutputArgs, OutputFormat};
use super::progress::Progress;
use crate::cli::{CLEAN, FAILED, complain, talk};

/// Writes findings to the output, and the rest to standard error.
pub(super) struct Reporter<'a> {
    judge: &'a Judge<'a>,
    args: &'a OutputArgs,
    output: Output,
    progress: Progress,
    totals: Totals,
    /// Cards of the Hub refer to each other, so they alone are kept until all are there.
    cards: Vec<(FileReport, Named)>,
    /// What the files are that the user named.
    lines: Vec<String>,
    /// The folders that were named and have no file of ours yet.
    empty: Vec<PathBuf>,
    baselines: Baselines,
    /// The paths that were named, as a whole.
    named: Vec<PathBuf>,
}

impl<'a> Reporter<'a> {
    /// For what is found in `paths`.
    pub(super) fn new(judge: &'a Judge<'a>, args: &'a OutputArgs, mut output: Output, paths: &[PathBuf]) -> anyhow::Result<Self> {
        output.head(judge.format)?;
        let empty = paths.iter().filter(|path| path.is_dir()).cloned().collect();
        Ok(Self {
            judge,
            args,
            output,
            progress: Progress::new(),
            totals: Totals::default(),
            cards: Vec::new(),
            lines: Vec::new(),
            empty,
            baselines: Baselines::default(),
            named: paths.iter().filter_map(|path| std::path::absolute(path).ok()).collect(),
        })
    }

    /// Takes what became of a file; `None` when it is time to let people see what there is.
    pub(super) fn take(&mut self, outcome: Option<Outcome>) -> anyhow::Result<()> {
        self.progress.step();
        match outcome {
            Some(Outcome::Judged(piece)) => self.write(piece)?,
            Some(Outcome::Kept(file, judging)) => {
                self.empty.retain(|folder| !Path::new(&file.path).starts_with(folder));
                self.baselines.keep(&file, &judging);
            }
            Some(Outcome::Card(file, named)) => self.cards.push((file, named)),
            Some(Outcome::Stranger) => {}
            Some(Outcome::Failed(error)) => {
                // Settings that cannot be used are in the way of all their files.
                let failure = format!("{error:#}");
                if !self.totals.failures.contains(&failure) {
                    self.totals.failures.push(failure);
                }
            }
            None => self.output.flush()?,
        }
        Ok(())
    }

    fn write(&mut self, piece: Piece) -> anyhow::Result<()> {
        let path = Path::new(&piece.path);
        self.empty.retain(|folder| !path.starts_with(folder));
        self.totals.add(&piece.totals);
        self.lines.extend(piece.line);
        self.output.piece(self.judge.format, &piece.text)?;
        Ok(())
    }

    /// Adds what only shows between cards, and writes them.
    fn write_cards(&mut self) -> anyhow::Result<()> {
        let mut cards = std::mem::take(&mut self.cards);
        let repository: Vec<_> =
            cards.iter().map(|(file, _)| Card { path: &file.path, document: &file.document }).collect();
        for (at, finding) in hub::check_repository(&repository) {
            let judging = self.judge.project.of(Path::new(&cards[at].0.path))?;
            let findings = judging.wanted(judging.options.levels.apply(vec![finding]));
            cards[at].0.add(findings);
        }
        for (file, named) in &cards {
            self.write(self.judge.piece(file, *named)?)?;
        }
        Ok(())
    }

    /// Writes what is wrong with the settings themselves.
    fn write_settings(&mut self) -> anyhow::Result<()> {
        for settings in self.judge.project.used() {
            let levels = &self.judge.project.of(&settings.path)?.options.levels;
            let whole = self.named.iter().any(|path| settings.folder().starts_with(path));
            let stale = if whole { settings.stale(levels) } else { 0 };
            if stale > 0 {
                let path = settings.baseline_path();
                talk(&format!("{}: {stale} of its findings are gone; --write-baseline writes it anew", path.display()));
            }
            let findings = settings.findings(whole, levels);
            if findings.is_empty() {
                continue;
            }
            let path = settings.path.strip_prefix(self.judge.project.here()).unwrap_or(&settings.path);
            let document = Document { source: settings.source.clone(), root: None, problems: Vec::new() };
            let recognised = Recognised { dialect: None, kind: FileKind::Settings, certain: true };
            let file = FileReport { path: path.display().to_string(), document, recognised, findings };
            self.write(self.judge.piece(&file, false)?)?;
        }
        Ok(())
    }

    /// Writes what is left, says what is to be said, and gives the exit code.
    pub(super) fn finish(mut self) -> anyhow::Result<u8> {
        if self.judge.keeps {
            self.progress.clear();
            self.totals.failures.iter().for_each(|error| complain(error));
            if !self.totals.failures.is_empty() {
                return Ok(FAILED);
            }
            self.baselines.write(self.judge.project)?;
            return Ok(CLEAN);
        }
        self.write_cards()?;
        self.progress.clear();
        self.write_settings()?;
        self.output.finish(self.judge.format, &self.totals)?;
        if !self.args.quiet {
            self.tell();
        }
        self.totals.failures.iter().for_each(|error| complain(error));
        Ok(self.args.exit_code(&self.totals))
    }

    /// What people want to know beside the findings.
    fn tell(&self) {
        let summary = self.totals.summary;
        if self.args.output_format == OutputFormat::Full {
            self.lines.iter().for_each(|line| talk(line));
        }
        if self.totals.failures.is_empty() {
            let nothing = |folder: &PathBuf| format!("no adapter configs or cards found in {}", folder.display());
            self.empty.iter().for_each(|folder| talk(&nothing(folder)));
        }
        let is_told = self.lines.len() == 1 && summary.files == 1;
        if self.args.output_format.is_prose() && summary.files > 0 && !is_told {
            talk(&summary.to_string());
        }
    }
}
