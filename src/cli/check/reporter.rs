//! Takes what became of the files, in order; writes it, and adds up what is said at the end.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use adapter_spec::dialects::adapterhub::hub::{self, Card};
use adapter_spec::dialects::{FileKind, Recognised};
use adapter_spec::document::Document;
use adapter_spec::lint::{Finding, lint, lint_all};
use adapter_spec::report::{FileReport, Totals};

use super::baseline::Baselines;
use super::fixing::{Change, Fixing};
use super::judge::{Judge, Judged, Outcome, Piece};
use super::output::{Output, OutputArgs, OutputFormat};
use super::walk::plain;
use crate::cli::progress::Progress;
use crate::cli::{CLEAN, FAILED, complain, talk};

/// Writes findings to the output, and the rest to standard error.
pub(super) struct Reporter<'a> {
    judge: &'a Judge<'a>,
    args: &'a OutputArgs,
    output: Output,
    progress: Progress,
    totals: Totals,
    /// Cards of the Hub refer to each other, so they alone are kept until all are there.
    cards: Vec<Judged>,
    /// What mending came to.
    change: Change,
    /// What the files are that the user named.
    lines: Vec<String>,
    /// The folders that were named and have no file of ours yet.
    empty: Vec<PathBuf>,
    baselines: Baselines,
    /// The folders that were named, by their whole paths.
    named: Vec<PathBuf>,
}

impl<'a> Reporter<'a> {
    /// `folders` are those that were named.
    pub(super) fn new(
        judge: &'a Judge<'a>,
        args: &'a OutputArgs,
        mut output: Output,
        folders: &[PathBuf],
    ) -> anyhow::Result<Self> {
        output.head(judge.format)?;
        // As reports spell them, which are text: a path need not be.
        let spelt = |path: &PathBuf| PathBuf::from(path.display().to_string());
        Ok(Self {
            judge,
            args,
            output,
            progress: Progress::new(0),
            totals: Totals::default(),
            cards: Vec::new(),
            change: Change::default(),
            lines: Vec::new(),
            empty: folders.iter().map(spelt).collect(),
            baselines: Baselines::default(),
            named: folders.iter().filter_map(|folder| std::path::absolute(folder).ok()).collect(),
        })
    }

    /// Takes what became of a file; `None` when it is time to let people see what there is.
    pub(super) fn take(&mut self, outcome: Option<Outcome>) -> anyhow::Result<()> {
        self.progress.file();
        match outcome {
            Some(Outcome::Judged(piece)) => self.write(piece)?,
            Some(Outcome::Kept(file, judging)) => {
                self.found(&file.path);
                self.baselines.keep(&file, &judging);
            }
            Some(Outcome::Card(card)) => self.cards.push(card),
            Some(Outcome::Stranger) => {}
            Some(Outcome::PassedOver(path, why)) => {
                self.change.told.push(format!("{}: passed over, {why}", path.display()));
            }
            Some(Outcome::Failed(error)) => self.fail(&error),
            None => self.output.flush()?,
        }
        Ok(())
    }

    fn fail(&mut self, error: &anyhow::Error) {
        let failure = format!("{error:#}");
        // Settings that cannot be used are in the way of all their files.
        if !self.totals.failures.contains(&failure) {
            self.totals.failures.push(failure);
        }
    }

    /// The folders that a file is in are not without one; each may have been named in more than one way.
    fn found(&mut self, path: &str) {
        self.empty.retain(|folder| !plain(Path::new(path)).starts_with(plain(folder)));
    }

    fn write(&mut self, piece: Piece) -> anyhow::Result<()> {
        self.found(&piece.path);
        self.totals.add(&piece.totals);
        self.lines.extend(piece.line);
        self.change.add(piece.change);
        if let Some(error) = &piece.failure {
            self.fail(error);
        }
        self.output.piece(self.judge.format, &piece.text)?;
        Ok(())
    }

    /// Adds what only shows between cards, and writes them.
    fn write_cards(&mut self) -> anyhow::Result<()> {
        let mut cards = std::mem::take(&mut self.cards);
        if let Some(fixing) = self.judge.fixing {
            mend_among(fixing, &mut cards);
        }
        for (at, finding) in between(&cards, None) {
            let Judged { report, judging, .. } = &mut cards[at];
            report.add(judging.wanted(judging.options.levels.apply(vec![finding])));
        }
        for card in cards {
            match self.judge.piece(card) {
                Ok(piece) => self.write(piece)?,
                Err(error) => self.fail(&error),
            }
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
                talk(&format!("{}: {stale} of its findings are gone; --write-baseline updates it", path.display()));
            }
            let findings = settings.findings(whole, levels);
            if findings.is_empty() {
                continue;
            }
            let path = settings.path.strip_prefix(self.judge.project.here()).unwrap_or(&settings.path);
            let document = Document { source: settings.source.clone(), root: None, problems: Vec::new() };
            let recognised = Recognised { dialect: None, kind: FileKind::Settings, certain: true };
            let file = FileReport { path: path.display().to_string(), document, recognised, findings, meant: false };
            self.write(self.judge.piece_of(&file, false)?)?;
        }
        Ok(())
    }

    /// Writes what is left, says what is to be said, and gives the exit code.
    pub(super) fn finish(mut self) -> anyhow::Result<u8> {
        if self.judge.keeps {
            self.progress.clear();
            self.change.lines().for_each(|line| talk(&line));
            self.totals.failures.iter().for_each(|error| complain(error));
            if !self.totals.failures.is_empty() {
                complain("no baseline was written, since not all files could be checked");
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
        Ok(match self.judge.fixing {
            Some(fixing) if fixing.is_diff() => self.args.exit_code_of_diff(&self.totals, self.change.fixed),
            _ => self.args.exit_code(&self.totals),
        })
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
        self.change.lines().for_each(|line| talk(&line));
        if self.args.output_format.is_prose() {
            tell_fixes(self.judge.fixing, self.change.fixed, &self.totals);
        }
    }
}

/// What shows between cards, one of which may be given another text.
fn between(cards: &[Judged], changed: Option<(usize, &Document)>) -> Vec<(usize, Finding)> {
    let card = |(at, card): (usize, _)| {
        let card: &Judged = card;
        let document = changed.filter(|(changed, _)| *changed == at).map_or(&card.report.document, |(_, text)| text);
        (&card.report.path, document)
    };
    let repository: Vec<_> =
        cards.iter().enumerate().map(card).map(|(path, document)| Card { path, document }).collect();
    hub::check_repository(&repository)
}

/// Takes the fixes of what only shows between cards.
fn mend_among(fixing: Fixing, cards: &mut [Judged]) {
    let found = between(cards, None);
    let takes = |(at, finding): &&(usize, Finding)| fixing.takes(finding, &cards[*at].judging);
    let mendable: BTreeSet<_> = found.iter().filter(takes).map(|(at, _)| *at).collect();
    for at in mendable {
        let mut change = std::mem::take(&mut cards[at].change);
        let Judged { report, judging, .. } = &cards[at];
        let judge = |document: &Document| {
            let others = between(cards, Some((at, document))).into_iter();
            let mut findings = lint_all(document, &report.path, &judging.options).findings;
            findings.extend(others.filter(|(card, _)| *card == at).map(|(_, finding)| finding));
            findings
        };
        let document = fixing.mend_among(&report.path, &report.document, judging, &mut change, &judge);
        let linted = lint(&document, &report.path, &judging.options);
        let mut report = FileReport::new(report.path.clone(), document, linted);
        // What is known of it was counted when it was first judged.
        report.findings.retain(|finding| judging.wants(finding));
        cards[at].report = report;
        cards[at].change = change;
    }
}

/// Says what was fixed, or what could be.
fn tell_fixes(fixing: Option<Fixing>, fixed: usize, totals: &Totals) {
    let Totals { summary, safe_fixes, unsafe_fixes, .. } = totals;
    match fixing {
        Some(fixing) => {
            let remaining = summary.errors + summary.warnings + summary.notes;
            talk(&fixing.summary(fixed, remaining, *unsafe_fixes));
        }
        None if safe_fixes + unsafe_fixes == 0 => {}
        None if *unsafe_fixes == 0 => talk(&format!("{safe_fixes} fixable with --fix")),
        None => talk(&format!("{safe_fixes} fixable with --fix ({unsafe_fixes} more with --unsafe-fixes)")),
    }
}
