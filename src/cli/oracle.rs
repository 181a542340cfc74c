//! `adapter-lint oracle DIR`

use std::path::PathBuf;

use adapter_spec::oracle::{Files, judge};
use adapter_spec::report::oracle::CaseReport;
use anyhow::Context as _;

use super::verify::{self, Output};

/// Arguments of `oracle`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A folder of golden cases, such as `fixtures/oracle`, or the JSON file of one.
    cases: PathBuf,
    /// Show only the cases that failed.
    #[arg(long)]
    failed: bool,
    /// The format of the output.
    #[arg(long = "output-format", alias = "output", value_enum, default_value = "table")]
    output: Output,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let mut reports = Vec::new();
        for files in Files::below(&self.cases)? {
            let (case, arrays) = match files.read() {
                Ok(read) => read,
                Err(error) => {
                    reports.push(CaseReport::unreadable(&files, &error));
                    continue;
                }
            };
            let report = match judge(&case, &arrays) {
                Ok(judged) => CaseReport::judged(&case, &judged),
                Err(error) => CaseReport { why: Some(error.to_string()), ..CaseReport::new(&case) },
            };
            reports.push(report);
        }
        verify::finish(&reports, self.failed, self.output).context("cannot write the report")
    }
}
