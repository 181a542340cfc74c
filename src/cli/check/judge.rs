//! One file: read, judged and written, apart from all others.

use std::path::Path;

use adapter_spec::document::Document;
use adapter_spec::lint;
use adapter_spec::report::{FileReport, Format, Totals};

use super::project::{Judging, Project};
use super::walk::Input;
use crate::cli::input;

/// What stands for standard input where nobody named it.
const STDIN: &str = "<stdin>";

/// What files are judged with and written in.
pub(super) struct Judge<'a> {
    pub(super) project: &'a Project,
    pub(super) format: &'a dyn Format,
    /// Whether findings are kept for a baseline.
    pub(super) keeps: bool,
}

/// What became of a file.
pub(super) enum Outcome {
    /// It was judged, and all that is left of it is what is to be written.
    Judged(Piece),
    /// It was judged for a baseline, which takes its findings.
    Kept(FileReport, Judging),
    /// A card of the Hub, of which more shows when all cards are there.
    Card(FileReport, Named),
    /// It was only found in a folder, and is nobody's.
    Stranger,
    /// It could not be looked at.
    Failed(anyhow::Error),
}

/// Whether the user named a file, rather than a folder that it is in.
pub(super) type Named = bool;

/// What is left of a file that was judged.
pub(super) struct Piece {
    pub(super) path: String,
    /// Its part of the output.
    pub(super) text: Vec<u8>,
    pub(super) totals: Totals,
    /// What it is, in a line, if the user named it.
    pub(super) line: Option<String>,
}

impl Judge<'_> {
    /// Judges a file of a walk.
    pub(super) fn file(&self, input: anyhow::Result<Input>) -> Outcome {
        let judged = input.and_then(|input| {
            let judging = self.project.of(&input.path)?;
            Ok((self.report(&input, &judging)?, input.named, judging))
        });
        match judged {
            Ok((Some(file), named, judging)) => self.outcome(file, named, judging),
            Ok((None, ..)) => Outcome::Stranger,
            Err(error) => Outcome::Failed(error),
        }
    }

    /// Judges standard input, which may have a name.
    pub(super) fn stdin(&self, name: &str) -> Outcome {
        match input::read_stdin(name) {
            Ok(document) => {
                let path = if name.is_empty() { STDIN } else { name };
                let judging = match self.project.of(Path::new(path)) {
                    Ok(judging) => judging,
                    Err(error) => return Outcome::Failed(error),
                };
                let linted = lint::lint(&document, name, &judging.options);
                self.outcome(FileReport::new(path, document, linted), true, judging)
            }
            Err(error) => Outcome::Failed(error),
        }
    }

    /// `None` if the file is nobody's.
    fn report(&self, input: &Input, judging: &Judging) -> anyhow::Result<Option<FileReport>> {
        let path = input.path.display().to_string();
        if let Some(file) = weights(&input.path, &path, judging)? {
            return Ok(Some(file));
        }
        let document = input::read(&input.path)?;
        let linted = lint::lint(&document, &path, &judging.options);
        let is_ours = input.named || linted.recognised.certain;
        Ok(is_ours.then(|| FileReport::new(path, document, linted)))
    }

    fn outcome(&self, mut file: FileReport, named: Named, judging: Judging) -> Outcome {
        file.findings = judging.wanted(file.findings);
        if self.keeps {
            return Outcome::Kept(file, judging);
        }
        if file.recognised.kind.is_hub_card() {
            return Outcome::Card(file, named);
        }
        match self.piece(&file, named) {
            Ok(piece) => Outcome::Judged(piece),
            Err(error) => Outcome::Failed(error),
        }
    }

    /// Writes a file.
    pub(super) fn piece(&self, file: &FileReport, named: Named) -> anyhow::Result<Piece> {
        let mut text = Vec::new();
        self.format.file(file, &mut text)?;
        let totals = Totals::of(file);
        let line = named.then(|| format!("{}: {}, {}", file.path, file.description(), totals.summary.problems()));
        Ok(Piece { path: file.path.clone(), text, totals, line })
    }
}

fn weights(path: &Path, shown: &str, judging: &Judging) -> anyhow::Result<Option<FileReport>> {
    if !input::is_weights(path) {
        return Ok(None);
    }
    let linted = lint::lint_weights(path, &judging.options)?;
    Ok(linted.map(|linted| FileReport::new(shown, Document::without_text(), linted)))
}
