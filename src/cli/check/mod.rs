//! `adapter-lint [check] [PATH]…`
//!
//! A [`walk`] gives the files one by one; a [`judge`] on each thread reads, judges and writes one; the [`reporter`]
//! takes what is left of each in the order of the walk. So memory does not grow with the number of files, but for cards
//! of the Hub: they refer to each other, are kept until all are there, and come last.

mod baseline;
mod fixing;
mod in_order;
mod judge;
mod output;
mod project;
mod release;
mod reporter;
mod rules;
mod walk;

use std::num::NonZero;
use std::path::{Path, PathBuf};

use self::fixing::Fixing;
use self::in_order::in_order;
use self::judge::Judge;
use self::reporter::Reporter;
use self::walk::Walk;

/// Arguments of `check`. Groups of them have files of their own.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Files or folders; `-` for standard input. Weights are checked together with the config beside them, if they or their
    /// folder are named.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// The file name for standard input: it determines the format (JSON or YAML) and the kind of file.
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<String>,
    /// The base model: its `config.json` (or the folder that holds it), or the name of a well-known model. `auto` is the
    /// one that each config names, if it is a folder, was downloaded by Hugging Face's libraries, or is well known.
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Also check the values in large weights files (NaN, zeros, tied tensors that differ). Otherwise, only the headers
    /// of files above 64 MiB are read.
    #[arg(long)]
    stats: bool,
    #[command(flatten)]
    release: release::ReleaseArgs,
    #[command(flatten)]
    rules: rules::RuleArgs,
    #[command(flatten)]
    project: project::ProjectArgs,
    #[command(flatten)]
    output: output::OutputArgs,
    #[command(flatten)]
    fix: fixing::FixArgs,
    /// How many threads check files. By default, as many as the machine has processors.
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZero<usize>>,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let targets = self.release.targets()?;
        let project = self.project.project(&self.rules, self.model.as_deref(), targets, self.stats)?;
        let (stdin, paths): (Vec<_>, Vec<_>) = self.paths.into_iter().partition(|path| path == Path::new("-"));
        let fixing = self.fix.fixing()?;
        let changes = fixing.is_some_and(|fixing| !fixing.is_diff());
        if changes {
            super::leave_nothing_behind();
        }
        // Standard output is for the mended text.
        let apart = !stdin.is_empty() && changes;
        let (format, output) = self.output.open(&paths, apart, fixing.is_some_and(Fixing::is_diff))?;
        let judge = Judge { project: &project, format: &*format, keeps: self.project.write_baseline, fixing };
        let walk = Walk::new(paths);
        let mut reporter = Reporter::new(&judge, &self.output, output, walk.folders())?;
        if !stdin.is_empty() {
            reporter.take(Some(judge.stdin(self.stdin_filename.as_deref().unwrap_or_default())))?;
        }
        in_order(
            walk,
            self.jobs.unwrap_or_else(in_order::available),
            |input| judge.file(input),
            |outcome| reporter.take(outcome),
        )?;
        reporter.finish()
    }
}
