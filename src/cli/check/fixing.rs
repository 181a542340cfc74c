//! `--fix`, `--unsafe-fixes` and `--diff`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use adapter_spec::document::{Document, Format};
use adapter_spec::files;
use adapter_spec::fix::names::{RenamedFile, Renaming};
use adapter_spec::fix::{self, Mended, Safety};
use adapter_spec::lint::{Finding, Linted, lint_all};
use adapter_spec::report::{FileReport, patch};
use adapter_spec::settings::{Judging, Missing};
use anyhow::{Context as _, bail};

/// Arguments about fixes.
#[derive(clap::Args)]
#[command(next_help_heading = "Fixes")]
pub(super) struct FixArgs {
    /// Fix what can be fixed without changing the meaning, or what was unmistakably meant, including the names of
    /// PEFT's tensors in weights files; then report what remains. A file that is only "probably" a config, by its name
    /// and keys, is fixed if it is the only one that is named. Fixed standard input goes to standard output, and the
    /// report to standard error.
    #[arg(long, conflicts_with = "write_baseline")]
    fix: bool,
    /// With `--fix` or `--diff`: apply the other fixes, too. Review what they changed.
    #[arg(long)]
    unsafe_fixes: bool,
    /// Print what `--fix` would change as a diff, without changing anything; exit with 1 if there is something to
    /// change.
    #[arg(long, conflicts_with = "write_baseline")]
    diff: bool,
}

impl FixArgs {
    /// What is to be done, if anything.
    pub(super) fn fixing(&self) -> anyhow::Result<Option<Fixing>> {
        let safety = if self.unsafe_fixes { Safety::Unsafe } else { Safety::Safe };
        match (self.diff, self.fix, self.unsafe_fixes) {
            (true, ..) => Ok(Some(Fixing { safety, way: Way::Diff })),
            (_, true, _) => Ok(Some(Fixing { safety, way: Way::Rewrite })),
            (.., true) => bail!("`--unsafe-fixes` needs `--fix` or `--diff`"),
            _ => Ok(None),
        }
    }
}

/// That files are mended, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fixing {
    pub(super) safety: Safety,
    way: Way,
}

/// What is done with the mended text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Rewrite,
    Diff,
}

/// What mending a file came to.
#[derive(Default)]
pub(super) struct Change {
    /// The text as it was, if it is another now.
    before: Option<String>,
    /// How many findings were mended.
    pub(super) fixed: usize,
    /// The names of tensors that change, as a diff.
    names: String,
    /// What is to be said of fixes that were not taken, and of tensors that were renamed.
    pub(super) told: Vec<String>,
    /// The files that were judged without their base model, by why: the first of them, and how many more there are.
    without_base: BTreeMap<String, (String, usize)>,
}

impl Change {
    /// Adds what mending another file came to.
    pub(super) fn add(&mut self, other: Self) {
        self.fixed += other.fixed;
        self.told.extend(other.told);
        for (why, (first, more)) in other.without_base {
            self.without_base.entry(why).and_modify(|known| known.1 += more + 1).or_insert((first, more));
        }
    }

    /// Notes that a file was judged without its base model.
    pub(super) fn note_missing(&mut self, shown: &str, missing: &Missing) {
        self.without_base.insert(missing.to_string(), (shown.to_owned(), 0));
    }

    /// What is to be said, a line each.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        let without_base = self.without_base.iter().map(|(why, (first, more))| match more {
            0 => format!("{first}: judged without its base model {why}"),
            more => format!("{first} and {more} more: judged without their base model {why}"),
        });
        self.told.iter().cloned().chain(without_base)
    }

    fn note(&mut self, path: &str, before: &Document, mended: &Mended) {
        self.fixed += mended.fixed.len();
        if self.before.is_none() && before.source.text() != mended.document.source.text() {
            self.before = Some(before.source.text().to_owned());
        }
        for refused in &mended.refused {
            let rule = refused.finding.rule;
            let title = refused.finding.fix.as_ref().map_or("", |fix| &fix.title);
            self.told.push(format!(
                "{path}: not fixed: {} ({}): the fix \"{title}\" {}",
                rule.code,
                rule.name(),
                refused.why
            ));
        }
        if !mended.is_finished {
            self.told.push(format!(
                "{path}: so many fixes depend on each other that not all were tried; run the command again"
            ));
        }
    }
}

impl Fixing {
    /// Whether findings are reported, or nothing but the diff is written.
    pub(super) fn is_diff(self) -> bool {
        self.way == Way::Diff
    }

    /// Mends a text that stands alone, in which this is found.
    pub(super) fn mend(
        self,
        format: Format,
        report: &FileReport,
        found: Linted,
        judging: &Judging,
    ) -> Option<(Document, Change)> {
        let (path, document) = (&report.path, &report.document);
        if !found.findings.iter().any(|finding| self.takes(finding, judging)) {
            return None;
        }
        let mut change = Change::default();
        if !report.is_mendable() {
            let why = if found.recognised.is_judged() {
                "name this file alone if that is what it is"
            } else {
                "only files of AdapterHub's libraries and PEFT are fixed"
            };
            change.told.push(format!("{path}: not fixed: it is {}; {why}", report.description()));
            return Some((document.clone(), change));
        }
        let judge = |document: &Document| lint_all(document, path, &judging.options).findings;
        let takes = |finding: &Finding| self.takes(finding, judging);
        let mended = fix::mend_found(document, found.findings, format, &judge, &takes);
        change.note(path, document, &mended);
        Some((mended.document, change))
    }

    /// Gives the tensors of a file of weights other names, where these findings offer that and all of them are to be mended. Gives
    /// the codes of the rules that are mended thereby.
    pub(super) fn mend_names(
        self,
        file: &Path,
        path: &str,
        found: &[Finding],
        judging: &Judging,
        change: &mut Change,
    ) -> anyhow::Result<Vec<&'static str>> {
        let offers: Vec<_> = found.iter().filter(|finding| finding.fix.is_some()).collect();
        let (taken, left): (Vec<_>, Vec<_>) = offers.into_iter().partition(|finding| self.takes(finding, judging));
        if taken.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(left) = left.first() {
            let rule = left.rule;
            change.told.push(format!(
                "{path}: not fixed: new names would also fix {} ({}), which was not requested",
                rule.code,
                rule.name()
            ));
            return Ok(Vec::new());
        }
        let Some(renaming) = Renaming::plan(file)? else { return Ok(Vec::new()) };
        match self.way {
            Way::Rewrite => renaming.write()?,
            Way::Diff => {
                for renamed in renaming.files() {
                    let [before, after] = renamed.lines();
                    change.names += &patch::unified(&format!("{} (names)", renamed.path().display()), &before, &after);
                }
            }
        }
        change.fixed += taken.len();
        let verb = if self.is_diff() { "would be renamed" } else { "renamed" };
        change.told.extend(renaming.files().iter().map(|renamed| told(renamed, verb)));
        Ok(taken.iter().map(|finding| finding.rule.code).collect())
    }

    /// Mends a text that is judged together with others.
    pub(super) fn mend_among(
        self,
        path: &str,
        document: &Document,
        judging: &Judging,
        change: &mut Change,
        judge: &dyn Fn(&Document) -> Vec<Finding>,
    ) -> Document {
        let mended = fix::mend(document, Format::Yaml, judge, &|finding| self.takes(finding, judging));
        change.note(path, document, &mended);
        mended.document
    }

    /// Whether a finding's fix is to be taken.
    pub(super) fn takes(self, finding: &Finding, judging: &Judging) -> bool {
        self.safety.takes(finding) && judging.wants(finding)
    }

    /// Writes a changed text: back to its file, to standard output if it came from standard input, or as a diff. Gives
    /// what is to stand in the output.
    pub(super) fn settle(
        self,
        file: Option<&Path>,
        path: &str,
        change: &Change,
        document: &Document,
    ) -> anyhow::Result<Vec<u8>> {
        let after = document.source.text();
        match (self.way, &change.before, file) {
            (Way::Diff, None, _) => Ok(change.names.clone().into_bytes()),
            (Way::Diff, Some(before), _) => Ok(patch::unified(path, before, after).into_bytes()),
            (Way::Rewrite, Some(before), Some(file)) => {
                let rewritten = files::rewrite(file, before.as_bytes(), after.as_bytes());
                rewritten.with_context(|| format!("{}: cannot be fixed", file.display()))?;
                Ok(Vec::new())
            }
            (Way::Rewrite, _, None) => {
                std::io::stdout().write_all(after.as_bytes())?;
                Ok(Vec::new())
            }
            _ => Ok(Vec::new()),
        }
    }

    /// The end of the summary: what was fixed, what remains, and what more could be fixed.
    pub(super) fn summary(self, fixed: usize, remaining: usize, more: usize) -> String {
        let verb = if self.is_diff() { "would be fixed" } else { "fixed" };
        let mut text = format!("{fixed} {verb}, {remaining} {}", if remaining == 1 { "remains" } else { "remain" });
        if self.safety == Safety::Safe && more > 0 {
            let _ = write!(text, " ({more} more with --unsafe-fixes)");
        }
        text
    }
}

/// How many tensors of a file have other names now, with one for all.
fn told(file: &RenamedFile, verb: &str) -> String {
    let count = file.changes().filter(|(_, new)| new.is_some()).count();
    let mut text = format!("{}: {count} tensor{} {verb}", file.path().display(), if count == 1 { "" } else { "s" });
    if let Some((old, new)) = file.changes().find_map(|(old, new)| Some((old, new?))) {
        let _ = write!(text, ", such as `{old}` to `{new}`");
    }
    let gone: Vec<_> = file.changes().filter(|(_, new)| new.is_none()).map(|(old, _)| format!("`{old}`")).collect();
    if !gone.is_empty() {
        let _ = write!(text, "; left out, since PEFT does not save the base model's own: {}", gone.join(", "));
    }
    text
}
