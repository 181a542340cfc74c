//! The engine: runs the rules of the text and of its dialect over a file, and lists all rules.

mod manual;
mod refused;
mod registry;
pub mod rules;

pub use crate::findings::{Edit, Finding, Fix, Related, Report, RuleInfo, Severity, Tag, near};
pub use manual::manual;
pub(crate) use refused::refusals;
#[cfg(feature = "oracle")]
pub(crate) use refused::unrepeatable;
pub use registry::{Levels, UnknownRule, find_rule, near_rules, rules};

use std::path::Path;

use crate::dialects::adapterhub::Role;
use crate::dialects::adapterhub::release::Release;
use crate::dialects::peft;
use crate::dialects::{self, Recognised, Targets};
use crate::document::yaml::plain;
use crate::document::{Document, Format};
use crate::findings::in_order;
use crate::models::Model;

/// What a file is judged against, beside itself.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The base model, if the caller named one.
    pub model: Option<Model>,
    /// The releases of libraries that the file may be for; of a library that is not among them, the newest.
    pub targets: Targets,
    /// Which findings are wanted, and how severe.
    pub levels: Levels,
    /// Whether the numbers in large files of weights are looked at, too: above `FEW_BYTES` only the headers are.
    pub all_numbers: bool,
}

/// The numbers in larger files of weights are looked at only if [`Options::all_numbers`] says so.
#[cfg(feature = "oracle")]
pub const FEW_BYTES: u64 = crate::checkpoint::FEW_BYTES;

impl Options {
    /// The release that files of AdapterHub's libraries are judged for.
    #[must_use]
    pub fn release(&self) -> Release {
        self.targets.adapterhub_or_newest()
    }

    /// The release that files of PEFT are judged for.
    #[must_use]
    pub fn peft(&self) -> peft::releases::Release {
        self.targets.peft_or_newest()
    }
}

/// A file that was judged.
#[derive(Debug, Clone)]
pub struct Linted {
    /// What the file is.
    pub recognised: Recognised,
    /// Everything that was found: in a text by place, in weights by rule and tensor.
    pub findings: Vec<Finding>,
}

impl Linted {
    /// Adds what is found where the text lies in a folder of an adapter, as [`lint_among`] says.
    pub fn add_beside(&mut self, document: &Document, name: &str, files: &dyn Fn() -> Option<Vec<String>>) {
        let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
        if let Some(root) = document.root.as_ref().filter(|_| Role::ALL.iter().any(|role| role.config_name() == base)) {
            let mut report = Report::default();
            dialects::check_beside(&self.recognised, root, files, &mut report);
            self.findings.extend(report.into_findings());
            in_order(&mut self.findings);
        }
    }

    /// Of everything that was found what is asked for, with the severities that are asked for, and so many of a rule that
    /// people can read.
    #[must_use]
    pub fn wanted(self, options: &Options) -> Self {
        Self { findings: options.levels.apply(bounded(self.findings)), ..self }
    }
}

/// Judges a text. `name` is the file's name, which helps to recognise what it is.
#[must_use]
pub fn lint(document: &Document, name: &str, options: &Options) -> Linted {
    lint_all(document, name, options).wanted(options)
}

/// As [`lint`], for a file that lies in a folder of an adapter: weights that are missing beside a config are found, too.
/// `files` gives the names of the files there; `None` where they cannot be had, and nothing is missed then. It is called only
/// for files that have the name of an adapter's config.
#[must_use]
pub fn lint_among(
    document: &Document,
    name: &str,
    files: &dyn Fn() -> Option<Vec<String>>,
    options: &Options,
) -> Linted {
    let mut linted = lint_all(document, name, options);
    linted.add_beside(document, name, files);
    linted.wanted(options)
}

/// Judges a text and tells everything that was found, wanted or not, with the severities that the rules give, and
/// however many of one rule there are.
#[must_use]
pub fn lint_all(document: &Document, name: &str, options: &Options) -> Linted {
    let mut report = Report::default();
    rules::check(document, &mut report);
    let recognised = dialects::recognise(document, name);
    if let Some(root) = &document.root {
        let (model, targets) = (options.model.as_ref(), options.targets);
        let file = dialects::File { document, root, name, model, targets };
        dialects::check(&recognised, file, &mut report);
    }
    let mut findings = report.into_findings();
    if Format::of_path(Path::new(name)) == Some(Format::Yaml) {
        let fixes = findings.iter_mut().filter_map(|finding| finding.fix.as_mut());
        fixes.flat_map(|fix| &mut fix.edits).for_each(|edit| plain::unquote(document.source.text(), edit));
    }
    in_order(&mut findings);
    Linted { recognised, findings }
}

/// Judges a file of weights of AdapterHub or PEFT, together with the config beside it. `None` for a file of another name.
///
/// # Errors
/// If the system cannot read a file. What is wrong with the file itself is a finding.
#[cfg(feature = "oracle")]
pub fn lint_weights(
    path: &std::path::Path,
    options: &Options,
) -> Result<Option<Linted>, crate::checkpoint::CheckpointError> {
    Ok(lint_all_weights(path, options)?.map(|linted| linted.wanted(options)))
}

/// As [`lint_weights`], of a file in a folder, or in an archive of one.
///
/// # Errors
/// As there.
#[cfg(feature = "oracle")]
pub fn lint_weights_in(
    container: &crate::checkpoint::Container,
    name: &str,
    options: &Options,
) -> Result<Option<Linted>, crate::checkpoint::CheckpointError> {
    let base = name.rsplit('/').next().unwrap_or(name);
    let linted = all_weights_in(&container.beside_in(name), base, options)?;
    Ok(linted.map(|linted| linted.wanted(options)))
}

/// Judges a file of weights and tells everything that was found, as [`lint_all`] does of a text.
///
/// # Errors
/// As [`lint_weights`].
#[cfg(feature = "oracle")]
pub fn lint_all_weights(
    path: &std::path::Path,
    options: &Options,
) -> Result<Option<Linted>, crate::checkpoint::CheckpointError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    all_weights_in(&crate::checkpoint::Container::beside(path), &name, options)
}

#[cfg(feature = "oracle")]
fn all_weights_in(
    folder: &crate::checkpoint::Container,
    name: &str,
    options: &Options,
) -> Result<Option<Linted>, crate::checkpoint::CheckpointError> {
    let mut report = Report::default();
    let (model, all_numbers) = (options.model.as_ref(), options.all_numbers);
    let recognised =
        dialects::adapterhub::checkpoint::check(folder, name, model, options.release(), all_numbers, &mut report)?;
    let recognised = match recognised {
        None => peft::checkpoint::check(folder, name, options, &mut report)?,
        found => found,
    };
    let mut findings = report.into_findings();
    // None has a place in the file.
    findings.sort_by(|a, b| (a.rule.code, &a.pointer).cmp(&(b.rule.code, &b.pointer)));
    Ok(recognised.map(|recognised| Linted { recognised, findings }))
}

/// At most so many findings of one rule in one file; the last one says how many more there are.
pub const MOST_OF_A_RULE: usize = 1000;

fn bounded(mut findings: Vec<Finding>) -> Vec<Finding> {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for finding in &findings {
        *counts.entry(finding.rule.code).or_default() += 1;
    }
    if counts.values().all(|count| *count <= MOST_OF_A_RULE) {
        return findings;
    }
    let mut kept = std::collections::BTreeMap::<&str, usize>::new();
    findings.retain_mut(|finding| {
        let kept = kept.entry(finding.rule.code).or_default();
        *kept += 1;
        if *kept == MOST_OF_A_RULE {
            let more = counts[finding.rule.code] - MOST_OF_A_RULE;
            if more > 0 {
                finding.message += &format!(" (and {more} more of this kind)");
            }
        }
        *kept <= MOST_OF_A_RULE
    });
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Format;

    #[test]
    fn nothing_is_missed_in_a_folder_that_cannot_be_listed() {
        let text = br#"{"peft_type": "LORA", "target_modules": ["q_proj"], "inference_mode": true}"#;
        let document = Document::read(text.to_vec(), Format::Json);
        let codes = |files: Option<Vec<String>>| {
            let linted = lint_among(&document, peft::CONFIG_NAME, &|| files.clone(), &Options::default());
            linted.findings.iter().map(|finding| finding.rule.code).collect::<Vec<_>>()
        };
        assert!(codes(Some(Vec::new())).contains(&"AL558"));
        assert!(!codes(None).contains(&"AL558"));
    }
    /// Rules do not tell of tensors in the order of their names.
    #[cfg(feature = "oracle")]
    #[test]
    fn all_that_is_found_in_weights_is_in_order() {
        use crate::tensors::{Dtype, Existing, Outgoing, write_safetensors};
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("adapter.safetensors");
        let tensor = |leaf: &str, number: f32| {
            let name = format!("bert.encoder.layer.0.output.adapters.a.{leaf}");
            Outgoing::new(name, Dtype::F32, [1, 1], move || Ok(number.to_le_bytes().to_vec().into()))
        };
        let tensors = [tensor("adapter_down.0.weight", f32::NAN), tensor("adapter_up.weight", f32::INFINITY)];
        write_safetensors(&path, tensors, &Default::default(), Existing::Refuse).expect("it can be written");
        let linted = lint_all_weights(&path, &Options::default()).expect("it can be read").expect("the name is known");
        let places: Vec<_> = linted.findings.iter().map(|found| (found.rule.code, found.pointer.as_str())).collect();
        assert!(places.iter().filter(|(code, _)| *code == "AL508").count() == 2 && places.is_sorted(), "{places:?}");
    }
}
