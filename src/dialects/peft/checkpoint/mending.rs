//! Other names for the tensors of a folder, where PEFT does not find them under those that they have.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::spellings::respelt;
use super::subject::{Facts, Subject};
use super::{MendError, rules};
use crate::checkpoint::{Container, Weights};
use crate::dialects::peft::PeftType;
use crate::dialects::peft::ends::{self, End};
use crate::dialects::peft::repair::{Flaw, Repaired, repair};
use crate::findings::words::counted;
use crate::findings::{Finding, Fix, Report, Severity};
use crate::ordered;
use crate::tensors::TensorFile;
use crate::value::Map;

/// What became of the names of a file.
pub(crate) type Names = BTreeMap<String, Repaired>;

/// The files that a folder's weights are in, each with what becomes of its names; none where all are as PEFT saves them.
///
/// # Errors
/// Why it cannot be told.
pub(crate) fn plan(path: &Path) -> Result<Vec<(PathBuf, Names)>, MendError> {
    let container = Container::beside(path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let subject = Subject::read(&container, &name, None, false)?;
    // PEFT takes the other file where both are there, and this one is none of its.
    let Some(config) = Facts::new(&subject).config().cloned() else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for weights in subject.into_weights() {
        let names = names(&config, &weights.tensors?)?;
        if names.values().any(|repaired| !repaired.flaws.is_empty()) {
            all.push((container.path().join(&weights.name), names));
        }
    }
    Ok(all)
}

/// Offers to rename the tensors, on the findings that are gone then.
pub(super) fn offer(subject: &Subject<'_>, container: &Container, report: &mut Report) {
    let may_be = |finding: &Finding| {
        rules::ABOUT_NAMES.contains(&finding.rule.code) || finding.rule.code == rules::ABOUT_SPELLING
    };
    if !report.findings().iter().any(may_be) {
        return;
    }
    let facts = Facts::new(subject);
    let (Some(config), Some(file)) = (facts.config(), facts.file()) else { return };
    let spelling = facts.method().map_or(Ok(BTreeMap::new()), |method| respelt(method, file));
    let has_spelling = spelling.is_err() || spelling.is_ok_and(|names| !names.is_empty());
    let is_about_names =
        |finding: &Finding| may_be(finding) && (has_spelling || finding.rule.code != rules::ABOUT_SPELLING);
    if !report.findings().iter().any(is_about_names) {
        return;
    }
    let renamed = match renamed(config, subject, container) {
        Ok(renamed) => renamed,
        Err(why) => return explain(report, is_about_names, &format!("`--fix` cannot do this: {why}")),
    };
    let mut after = Report::default();
    rules::check_all(&Facts::new(&renamed.subject), &mut after);
    if let Some(new) = new_error(report, &after, renamed.is_spelt) {
        return explain(report, is_about_names, &format!("`--fix` does not do this: PEFT would fail then{new}"));
    }
    let is_left = |finding: &Finding| {
        is_about_names(finding) && after.findings().iter().any(|left| left.rule.code == finding.rule.code)
    };
    explain(report, is_left, "`--fix` does not do this: for another model the names may be right");
    for finding in report.after(0).iter_mut().filter(|finding| is_about_names(finding)) {
        if after.findings().iter().all(|left| left.rule.code != finding.rule.code) {
            let title = format!("Give {} the names under which PEFT saves them", counted(renamed.count, "tensor"));
            // What another program means by its names may be another scale than the config's.
            finding.fix = Some(Fix { title, safe: !renamed.is_spelt, edits: Vec::new() });
        }
    }
}

/// The error that there is only under other names, in words, if there are more than before, or if any one is too many. Empty
/// where it is of a kind that there was before.
fn new_error(before: &Report, after: &Report, is_any: bool) -> Option<String> {
    let errors = |report: &Report| report.findings().iter().filter(|f| f.severity == Severity::Error).count();
    let is_new = |finding: &&Finding| {
        let is_known = before.findings().iter().any(|known| known.rule.code == finding.rule.code);
        finding.severity == Severity::Error && !is_known
    };
    let new = after.findings().iter().find(is_new);
    if errors(after) <= errors(before) && !(is_any && new.is_some()) {
        return None;
    }
    Some(new.map(|finding| format!(" ({}: {})", finding.rule.code, finding.message)).unwrap_or_default())
}

/// Says why findings are not mended.
fn explain(report: &mut Report, is_meant: impl Fn(&Finding) -> bool, why: &str) {
    for finding in report.after(0).iter_mut().filter(|finding| is_meant(finding)) {
        let help = match finding.help.as_deref() {
            Some(help) => format!("{help}; {why}"),
            None => why.to_owned(),
        };
        finding.help(help);
    }
}

/// A folder as it would be.
struct Renamed<'m> {
    subject: Subject<'m>,
    /// How many tensors of the file at hand get another name, or go.
    count: usize,
    /// Whether another program's names are among those that change.
    is_spelt: bool,
}

/// The folder with other names. Of the numbers, which stay, nothing is asked again.
fn renamed<'m>(config: &Map, subject: &Subject<'m>, container: &Container) -> Result<Renamed<'m>, MendError> {
    let (mut count, mut is_spelt) = (None, false);
    let subject = subject.with(|old| {
        let (file, bytes) = container.tensors(&old.name)?;
        let names = names(config, &file)?;
        // The file at hand comes first.
        count.get_or_insert_with(|| names.values().filter(|repaired| !repaired.flaws.is_empty()).count());
        is_spelt |= names.values().any(|repaired| repaired.flaws.contains(&Flaw::Spelt));
        let file = file.renamed(|name| names.get(name).and_then(|repaired| repaired.name.clone()))?;
        Ok(Weights { name: old.name.clone(), bytes: Some(bytes), tensors: Ok(file) })
    })?;
    Ok(Renamed { subject, count: count.unwrap_or_default(), is_spelt })
}

fn names(config: &Map, file: &TensorFile) -> Result<Names, MendError> {
    if let Some(other) = file.others().first() {
        return Err(MendError::NotATensor { name: other.name.clone() });
    }
    let Some(method) = PeftType::of(config) else {
        let names = repair(None, file.iter().map(|tensor| tensor.name()))?;
        return Ok(ordered::map(names.into_iter().map(|(name, repaired)| (name.to_owned(), repaired))));
    };
    let respelt = respelt(method, file)?;
    let spelt = |name: &str| respelt.get(name).cloned().unwrap_or_else(|| name.to_owned());
    let all: Vec<(&str, String)> = file.iter().map(|tensor| (tensor.name(), spelt(tensor.name()))).collect();
    if let Some(twice) = twice(all.iter().map(|(_, new)| new.as_str())) {
        return Err(MendError::SameName { name: twice.to_owned() });
    }
    let mut repaired = repair(Some(method), all.iter().map(|(_, new)| new.as_str()))?;
    let (mut names, mut unknown) = (Names::new(), None);
    for (old, new) in &all {
        let Some(mut repaired) = repaired.remove(new.as_str()) else { continue };
        if respelt.contains_key(*old) {
            repaired.flaws.insert(Flaw::Spelt);
        }
        let is_other = |name: &str| matches!(ends::read(method, name), Some((_, End::Other)));
        // PEFT would not look for the new name either.
        if !repaired.flaws.is_empty() && repaired.name.as_deref().is_some_and(is_other) {
            unknown = repaired.name.take();
            repaired = Repaired { name: Some((*old).to_owned()), flaws: BTreeSet::new(), adapter: None };
        }
        names.insert((*old).to_owned(), repaired);
    }
    match unknown {
        Some(name) if names.values().all(|repaired| repaired.flaws.is_empty()) => Err(MendError::Unknown { name }),
        _ => Ok(names),
    }
}

/// A name that is there twice.
fn twice<'n>(mut names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let mut seen = BTreeSet::new();
    names.find(|name| !seen.insert(*name))
}
