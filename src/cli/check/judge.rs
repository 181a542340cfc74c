//! One file: read, judged, mended and written, apart from all others.

use std::cell::OnceCell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use adapter_spec::checkpoint::Container;
use adapter_spec::document::{self, Document, ProblemKind};
use adapter_spec::lint::{self, Linted};
use adapter_spec::report::{FileReport, Format, Totals};
use adapter_spec::settings::{Judging, Project};
use anyhow::bail;

use super::fixing::{Change, Fixing};
use super::walk::Input;
use crate::cli::input::{self, format_of};

/// What stands for standard input where nobody named it.
const STDIN: &str = "<stdin>";

/// What files are judged with and written in.
pub(super) struct Judge<'a> {
    pub(super) project: &'a Project,
    pub(super) format: &'a dyn Format,
    /// Whether findings are kept for a baseline.
    pub(super) keeps: bool,
    /// Whether files are mended.
    pub(super) fixing: Option<Fixing>,
}

/// What became of a file.
pub(super) enum Outcome {
    /// It was judged, and all that is left of it is what is to be written.
    Judged(Piece),
    /// It was judged for a baseline, which takes its findings.
    Kept(FileReport, Judging),
    /// A card of the Hub, of which more shows when all cards are there.
    Card(Judged),
    /// It was only found in a folder, and is nobody's.
    Stranger,
    /// There is nothing to look at in it, and why.
    PassedOver(PathBuf, String),
    /// It could not be looked at.
    Failed(anyhow::Error),
}

/// Whether the user named a file, rather than a folder that it is in.
pub(super) type Named = bool;

/// A file that was judged, and mended if that was asked for.
pub(super) struct Judged {
    pub(super) report: FileReport,
    pub(super) judging: Judging,
    pub(super) named: Named,
    /// Where it is; none for standard input.
    pub(super) file: Option<PathBuf>,
    pub(super) change: Change,
    /// What was found before it was mended, for as long as nothing is written.
    pub(super) before: Option<Box<FileReport>>,
}

/// What is left of a file that was judged.
pub(super) struct Piece {
    pub(super) path: String,
    /// Its part of the output.
    pub(super) text: Vec<u8>,
    pub(super) totals: Totals,
    /// What it is, in a line, if the user named it.
    pub(super) line: Option<String>,
    /// What mending it came to.
    pub(super) change: Change,
    /// Why the mended text could not be written: what was found is what is still there.
    pub(super) failure: Option<anyhow::Error>,
}

/// A text that was judged.
struct Text {
    report: FileReport,
    change: Change,
    before: Option<Box<FileReport>>,
}

/// A text to be judged.
struct Asked {
    /// The path as it is shown.
    path: String,
    format: document::Format,
    document: Document,
    /// Whether the user means this very file.
    meant: bool,
}

impl Judge<'_> {
    /// Judges a file of a walk.
    pub(super) fn file(&self, input: anyhow::Result<Input>) -> Outcome {
        // `adapter-lint folder/*` names what lies beside an adapter, too.
        let is_passed_over = |input: &Input| input.named && !input.alone && input::is_something_else(&input.path);
        let input = match input {
            Ok(input) if is_passed_over(&input) => {
                return Outcome::PassedOver(input.path, "since it is no config".to_owned());
            }
            Ok(Input { path, dangling: Some(why), .. }) => return self.dangling(path, &why),
            input => input,
        };
        match input.and_then(|input| self.judged(input)) {
            Ok(Some(judged)) => self.outcome(judged),
            Ok(None) => Outcome::Stranger,
            Err(error) => Outcome::Failed(error),
        }
    }

    /// A link that leads nowhere is told, unless the project wants to hear nothing of such a file.
    fn dangling(&self, path: PathBuf, why: &str) -> Outcome {
        let is_heard = |judging: Judging| lint::rules().iter().any(|rule| judging.options.levels.reports(rule));
        match self.project.of(&path).map(is_heard) {
            Ok(true) => Outcome::PassedOver(path, format!("a link that leads nowhere: {why}")),
            Ok(false) => Outcome::Stranger,
            Err(error) => Outcome::Failed(error.into()),
        }
    }

    /// Judges standard input, which may have a name.
    pub(super) fn stdin(&self, name: &str) -> Outcome {
        match self.judged_stdin(name) {
            Ok(judged) => self.outcome(judged),
            Err(error) => Outcome::Failed(error),
        }
    }

    /// `None` if the file is nobody's.
    fn judged(&self, input: Input) -> anyhow::Result<Option<Judged>> {
        let Input { path: file, named, alone, near, is_file, at_most, inside, .. } = input;
        let judging = self.project.of(&file)?;
        let path = file.display().to_string();
        if let Some((archive, name)) = inside {
            let mut change = Change::default();
            let report = archived(&archive, &name, &path, &judging, &mut change)?;
            if self.fixing.is_some() && report.as_ref().is_some_and(|report| !report.findings.is_empty()) {
                change.told.push(format!("{path}: files in archives are not changed"));
            }
            let judged = |report| Judged { report, judging, named, file: Some(file), change, before: None };
            return Ok(report.map(judged));
        }
        if input::is_weights(&file) {
            let mut change = Change::default();
            let read = |name: &str| Document::open(&file.with_file_name(name), document::Format::Json).ok();
            let judging = of_weights(judging.clone(), &file, read, &path, &mut change);
            if let Some(report) = self.weights(&file, &path, &judging, &mut change)? {
                return Ok(Some(Judged { report, judging, named, file: Some(file), change, before: None }));
            }
        }
        let Some(document) = input::read_small(&file, is_file, at_most)? else { return Ok(None) };
        let mut told = Change::default();
        let judging = of_config(judging, Some(&document), &path, &mut told);
        let unlisted = OnceCell::new();
        let beside = || names_beside(&file).map_err(|error| _ = unlisted.set(error)).ok();
        // What a file that was named belongs to is not looked for.
        let told_of = |mut all: Linted, document: &Document| {
            if near {
                all.add_beside(document, &path, &beside);
            }
            all.wanted(&judging.options)
        };
        let all = lint::lint_all(&document, &path, &judging.options);
        if !named && !all.recognised.certain {
            return Ok(None);
        }
        let asked = Asked { path: path.clone(), format: format_of(&file), document, meant: named && alone };
        let Text { report, mut change, before } = self.mended(asked, all, &judging, &told_of);
        change.add(told);
        if let Some(error) = unlisted.get() {
            change.told.push(format!(
                "{}: judged without what lies beside it, which cannot be listed: {error}",
                file.display()
            ));
        }
        Ok(Some(Judged { report, judging, named, file: Some(file), change, before }))
    }

    fn judged_stdin(&self, name: &str) -> anyhow::Result<Judged> {
        let document = input::read_stdin(name)?;
        let path = if name.is_empty() { STDIN } else { name };
        let judging = self.project.of(Path::new(path))?;
        let is_text = document.problems.iter().all(|problem| problem.kind != ProblemKind::InvalidUtf8);
        if self.fixing.is_some_and(|fixing| !fixing.is_diff()) && !is_text {
            bail!("standard input: it is not UTF-8 and cannot be fixed");
        }
        let mut told = Change::default();
        let judging = of_config(judging, Some(&document), path, &mut told);
        let all = lint::lint_all(&document, name, &judging.options);
        let told_of = |all: Linted, _: &Document| all.wanted(&judging.options);
        let asked = Asked { path: path.to_owned(), format: format_of(Path::new(name)), document, meant: true };
        let Text { report, mut change, before } = self.mended(asked, all, &judging, &told_of);
        change.add(told);
        Ok(Judged { report, judging, named: true, file: None, change, before })
    }

    /// A text in which `all` was found, after it was mended if that was asked for. `told_of` picks what is told of it.
    fn mended(
        &self,
        asked: Asked,
        all: Linted,
        judging: &Judging,
        told_of: &dyn Fn(Linted, &Document) -> Linted,
    ) -> Text {
        let Asked { path, format, document, meant } = asked;
        let told = |document: Document, all: Linted| {
            let linted = told_of(all, &document);
            FileReport { meant, ..FileReport::new(path.clone(), document, linted) }
        };
        let found = self.fixing.map(|fixing| (fixing, all.clone()));
        let report = told(document, all);
        match found.and_then(|(fixing, found)| fixing.mend(format, &report, found, judging)) {
            Some((document, change)) => {
                let all = lint::lint_all(&document, &path, &judging.options);
                Text { report: told(document, all), change, before: Some(Box::new(report)) }
            }
            None => Text { report, change: Change::default(), before: None },
        }
    }

    /// Judges a file of weights, after its tensors got other names if that was asked for. `None` for a file of another name.
    fn weights(
        &self,
        file: &Path,
        shown: &str,
        judging: &Judging,
        change: &mut Change,
    ) -> anyhow::Result<Option<FileReport>> {
        let options = &judging.options;
        let Some(mut linted) = lint::lint_all_weights(file, options)? else { return Ok(None) };
        if let Some(fixing) = self.fixing {
            let mended = fixing.mend_names(file, shown, &linted.findings, judging, change)?;
            if fixing.is_diff() {
                // Where nothing was written they are still found.
                linted.findings.retain(|finding| !mended.contains(&finding.rule.code));
            } else if !mended.is_empty() {
                linted = lint::lint_all_weights(file, options)?.unwrap_or(linted);
            }
        }
        if !options.all_numbers && fs::metadata(file).is_ok_and(|metadata| metadata.len() > lint::FEW_BYTES) {
            change.told.push(format!("{shown}: only the headers are read; --stats reads the values"));
        }
        Ok(Some(FileReport::new(shown, Document::without_text(), linted.wanted(options))))
    }

    fn outcome(&self, mut judged: Judged) -> Outcome {
        for report in std::iter::once(&mut judged.report).chain(judged.before.as_deref_mut()) {
            report.findings = judged.judging.wanted(std::mem::take(&mut report.findings));
        }
        if self.keeps {
            return Outcome::Kept(judged.report, judged.judging);
        }
        if judged.report.recognised.kind.is_hub_card() {
            return Outcome::Card(judged);
        }
        match self.piece(judged) {
            Ok(piece) => Outcome::Judged(piece),
            Err(error) => Outcome::Failed(error),
        }
    }

    /// Writes what was found in a file, and the file itself if it was mended.
    pub(super) fn piece(&self, judged: Judged) -> anyhow::Result<Piece> {
        let Judged { report, named, file, change, before, .. } = judged;
        let mut piece = self.piece_of(&report, named)?;
        match self.fixing.map(|fixing| fixing.settle(file.as_deref(), &report.path, &change, &report.document)) {
            None => {}
            Some(Ok(text)) => piece.text.extend(text),
            Some(Err(error)) => {
                let Some(before) = before else { return Err(error) };
                return Ok(Piece { failure: Some(error), ..self.piece_of(&before, named)? });
            }
        }
        piece.change = change;
        Ok(piece)
    }

    /// Writes what was found in a file.
    pub(super) fn piece_of(&self, report: &FileReport, named: Named) -> anyhow::Result<Piece> {
        // As much as most files take, so that it does not grow step by step.
        let mut text = Vec::with_capacity(256);
        self.format.file(report, &mut text)?;
        let totals = Totals::of(report);
        let line = named.then(|| format!("{}: {}, {}", report.path, report.description(), totals.summary.problems()));
        Ok(Piece { path: report.path.clone(), text, totals, line, change: Change::default(), failure: None })
    }
}

/// What a config is judged with, against the base model that it names if that is wanted.
fn of_config(judging: Judging, config: Option<&Document>, shown: &str, change: &mut Change) -> Judging {
    let (judging, missing) = judging.of_config(config.and_then(|config| config.root.as_ref()));
    missing.iter().for_each(|missing| change.note_missing(shown, missing));
    judging
}

/// The same of weights. `read` gives a file beside them.
fn of_weights(
    judging: Judging,
    weights: &Path,
    read: impl Fn(&str) -> Option<Document>,
    shown: &str,
    change: &mut Change,
) -> Judging {
    let (judging, missing) = judging.of_weights(&weights.file_name().unwrap_or_default().to_string_lossy(), read);
    missing.iter().for_each(|missing| change.note_missing(shown, missing));
    judging
}

/// A file in an archive, which is judged and never mended; `None` if it is nobody's.
fn archived(
    archive: &Container,
    name: &str,
    shown: &str,
    judging: &Judging,
    change: &mut Change,
) -> anyhow::Result<Option<FileReport>> {
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    if input::is_weights(Path::new(name)) {
        let beside = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let read = |name: &str| archive.document(&beside(name)).ok();
        let judging = of_weights(judging.clone(), Path::new(name), read, shown, change);
        let mut linted = lint::lint_weights_in(archive, name, &judging.options)?;
        linted.iter_mut().flat_map(|linted| &mut linted.findings).for_each(|finding| finding.fix = None);
        return Ok(linted.map(|linted| FileReport::new(shown, Document::without_text(), linted)));
    }
    let document = archive.document(name)?;
    let judging = of_config(judging.clone(), Some(&document), shown, change);
    let is_beside = |other: &&String| other.rsplit_once('/').map_or("", |(folder, _)| folder) == folder;
    let base = |other: &String| other.rsplit('/').next().unwrap_or(other).to_owned();
    let files = || Some(archive.names().iter().filter(is_beside).map(base).collect());
    let mut linted = lint::lint_among(&document, shown, &files, &judging.options);
    linted.findings.iter_mut().for_each(|finding| finding.fix = None);
    Ok(linted.recognised.certain.then(|| FileReport::new(shown, document, linted)))
}

/// The names of the files in the folder of one.
fn names_beside(file: &Path) -> io::Result<Vec<String>> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names: Vec<_> = names.collect::<io::Result<_>>()?;
    names.sort();
    Ok(names)
}
