//! `adapter-lint verify CASES --outputs DIR`

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use adapter_spec::oracle::{Files, Judged, OracleError, Verdict, judge_outputs};
use adapter_spec::report::oracle::{self as report, CaseReport, Outcome};
use adapter_spec::tensors::TensorFile;
use anyhow::{Context as _, bail};

use super::{CLEAN, FOUND, talk};

/// Arguments of `verify`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A folder of golden cases, such as `fixtures/oracle`, or the JSON file of one.
    cases: PathBuf,
    /// The folder with what the implementation computed: for each case, `<id>.safetensors` with its outputs under
    /// `f64/<name>`, `f32/<name>` or both.
    #[arg(long, value_name = "DIR")]
    outputs: PathBuf,
    /// Skip what was not computed instead of failing it: cases without outputs, and outputs that a file lacks. A case
    /// that has to be refused counts only if another one of its kind and method has outputs.
    #[arg(long)]
    partial: bool,
    /// Show only the cases that failed.
    #[arg(long)]
    failed: bool,
    /// The format of the output.
    #[arg(long = "output-format", alias = "output", value_enum, default_value = "table")]
    output: Output,
}

/// The format of a report on cases.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Output {
    /// One line per case.
    Table,
    /// One object.
    Json,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let mut strangers = weights_in(&self.outputs)?;
        let mut reports = Vec::new();
        let mut computed = BTreeSet::new();
        for files in Files::below(&self.cases)? {
            let (case, arrays) = match files.read() {
                Ok(read) => read,
                Err(error) => {
                    reports.push(CaseReport::unreadable(&files, &error));
                    continue;
                }
            };
            let name = format!("{}.safetensors", case.id);
            strangers.remove(&name);
            let path = self.outputs.join(name);
            if !path.exists() && case.verdict == Verdict::Refuse {
                reports.push(CaseReport::judged(&case, &Judged::on_refusal(Some("no outputs".to_owned()))));
                continue;
            }
            if !path.exists() {
                let outcome = if self.partial { Outcome::Skipped } else { Outcome::Fail };
                let why = (!self.partial).then(|| format!("there is no {}", path.display()));
                reports.push(CaseReport { outcome, why, ..CaseReport::new(&case) });
                continue;
            }
            computed.insert((case.subject.kind().to_owned(), case.method.clone()));
            let judged = TensorFile::open(&path)
                .map_err(OracleError::from)
                .and_then(|outputs| judge_outputs(&case, &arrays, &outputs));
            reports.push(match judged {
                Ok(judged) if self.partial => CaseReport::judged_in_part(&case, &judged),
                Ok(judged) => CaseReport::judged(&case, &judged),
                Err(error) => CaseReport { why: Some(error.to_string()), ..CaseReport::new(&case) },
            });
        }
        if self.partial {
            // Whoever has none of a method refuses nothing of it.
            let is_other = |report: &CaseReport| !computed.contains(&(report.kind.clone(), report.method.clone()));
            let others =
                reports.iter_mut().filter(|report| report.verdict == Some(Verdict::Refuse) && is_other(report));
            others.for_each(|report| (report.outcome, report.why) = (Outcome::Skipped, None));
        }
        let outputs = self.outputs.display();
        for name in &strangers {
            talk(&format!("{outputs}/{name}: no case is called so"));
        }
        if reports.iter().all(|report| report.outcome == Outcome::Skipped) {
            bail!("{outputs}: no case has outputs there; they are in files called `<id>.safetensors`");
        }
        finish(&reports, self.failed, self.output)
    }
}

/// The names of the files of tensors in a folder.
fn weights_in(folder: &Path) -> anyhow::Result<BTreeSet<String>> {
    let shown = || folder.display().to_string();
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).with_context(shown)? {
        let name = entry.with_context(shown)?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".safetensors") {
            names.insert(name);
        }
    }
    Ok(names)
}

/// Writes the report and says how it went.
pub(super) fn finish(reports: &[CaseReport], only_failed: bool, output: Output) -> anyhow::Result<u8> {
    let shown: Vec<_> =
        reports.iter().filter(|report| !only_failed || report.outcome == Outcome::Fail).cloned().collect();
    let mut out = std::io::BufWriter::new(anstream::stdout().lock());
    match output {
        Output::Table => report::write_table(&mut out, &shown)?,
        Output::Json => report::write_json(&mut out, &shown)?,
    }
    out.flush()?;
    talk(&report::counts(reports));
    let failed = reports.iter().any(|report| report.outcome == Outcome::Fail);
    Ok(if failed { FOUND } else { CLEAN })
}
