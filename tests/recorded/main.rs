//! Everything that is held to recordings and fixtures, case by case. A module is a subject; its trials have its name in
//! front. `cargo test --test recorded convert_peft` runs one subject, `… convert_peft::bert` some cases of it.

#![expect(clippy::print_stdout, reason = "what came of the cases is what these tests are for")]

mod attention;
#[cfg(feature = "oracle")]
mod checkpoints;
mod convert;
#[cfg(feature = "oracle")]
mod convert_peft;
#[cfg(feature = "oracle")]
mod edited;
mod fixes;
#[cfg(feature = "oracle")]
mod flawed_checkpoints;
mod hub;
#[cfg(feature = "cli")]
mod lint_fixtures;
#[cfg(feature = "oracle")]
mod merge_weights;
mod models;
#[cfg(feature = "oracle")]
mod oracle;
#[cfg(feature = "oracle")]
mod oracle_peft;
#[cfg(feature = "oracle")]
mod parameters;
mod resolve;
#[cfg(feature = "oracle")]
mod serving;
mod sidefiles;
mod support;
mod tensors;
mod trial;
mod verdicts;
mod verdicts_peft;
mod verdicts_peft_releases;
mod verdicts_releases;
mod way_back;
#[cfg(feature = "oracle")]
mod weights;

use std::process::ExitCode;

use libtest_mimic::Arguments;
use trial::{Said, Subject, Summary, Trial};

/// A module's name, and what it gives to be run.
type Row = (&'static str, fn() -> Subject);

/// The subjects by name: a row for each module.
const SUBJECTS: &[Row] = &[
    ("attention", || attention::trials().into()),
    #[cfg(feature = "oracle")]
    ("checkpoints", || checkpoints::trials().into()),
    ("convert", || convert::trials().into()),
    #[cfg(feature = "oracle")]
    ("convert_peft", || convert_peft::trials().into()),
    #[cfg(feature = "oracle")]
    ("edited", edited::trials),
    ("fixes", || fixes::trials().into()),
    #[cfg(feature = "oracle")]
    ("flawed_checkpoints", || flawed_checkpoints::trials().into()),
    ("hub", || hub::trials().into()),
    #[cfg(feature = "cli")]
    ("lint_fixtures", || lint_fixtures::trials().into()),
    #[cfg(feature = "oracle")]
    ("merge_weights", || merge_weights::trials().into()),
    ("models", || models::trials().into()),
    #[cfg(feature = "oracle")]
    ("oracle", || oracle::trials().into()),
    #[cfg(feature = "oracle")]
    ("oracle_peft", || oracle_peft::trials().into()),
    #[cfg(feature = "oracle")]
    ("parameters", || parameters::trials().into()),
    ("resolve", || resolve::trials().into()),
    #[cfg(feature = "oracle")]
    ("serving", serving::trials),
    ("sidefiles", || sidefiles::trials().into()),
    ("tensors", || tensors::trials().into()),
    ("verdicts", || verdicts::trials().into()),
    ("verdicts_peft", || verdicts_peft::trials().into()),
    ("verdicts_peft_releases", || verdicts_peft_releases::trials().into()),
    ("verdicts_releases", || verdicts_releases::trials().into()),
    #[cfg(feature = "oracle")]
    ("weights", || weights::trials().into()),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    // A filter that begins with a subject's name means this one; no other reads its recordings then.
    let asked = arguments.filter.as_deref().and_then(|filter| filter.split("::").next());
    let asked = asked.filter(|asked| SUBJECTS.iter().any(|(name, _)| name == asked));
    let (mut trials, mut summaries) = (Vec::new(), Vec::new());
    for (name, subject) in SUBJECTS.iter().filter(|(name, _)| asked.is_none_or(|asked| asked == *name)) {
        let subject = subject();
        let own: Vec<_> = subject.trials.into_iter().map(|trial| trial.of(name)).collect();
        let runs = !arguments.list && own.iter().any(|trial| !arguments.is_filtered_out(trial));
        summaries.extend(subject.summary.filter(|_| runs).map(|summary| (name, summary)));
        trials.extend(own);
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    for (name, summary) in summaries {
        println!("{name}\n{}\n", summary());
    }
    conclusion.exit_code()
}
