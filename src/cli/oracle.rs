//! `adapter-lint oracle DIR`

use std::path::PathBuf;

use adapter_spec::oracle::{Files, OracleError, judge};
use adapter_spec::report::oracle::{CaseReport, Outcome};
use anyhow::Context as _;

use super::verify::{self, Output};

/// Arguments of `oracle`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A folder of golden cases, such as `fixtures/oracle`.
    cases: PathBuf,
    /// Show only the cases that failed.
    #[arg(long)]
    failed: bool,
    /// The format of the output.
    #[arg(long, alias = "output-format", value_enum, default_value = "table")]
    output: Output,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let mut reports = Vec::new();
        for files in Files::below(&self.cases)? {
            let (case, arrays) = match files.read() {
                Ok(read) => read,
                Err(error) => {
                    reports.push(verify::unreadable(&files, &error));
                    continue;
                }
            };
            let report = match judge(&case, &arrays) {
                Ok(judged) => verify::report(&case, &judged),
                Err(error) => failed(verify::report_of(&case), &error),
            };
            reports.push(report);
        }
        verify::finish(&reports, self.failed, self.output).context("cannot write the report")
    }
}

fn failed(report: CaseReport, error: &OracleError) -> CaseReport {
    CaseReport { outcome: Outcome::Fail, why: Some(error.to_string()), ..report }
}
