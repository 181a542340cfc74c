//! How an implementation fared on golden cases, as a table and as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::one_line;
use crate::findings::words::counted;
use crate::oracle::{Case, Difference, Fault, FaultKind, Files, Judged, OracleError, Verdict};

/// One case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseReport {
    /// The case's name; of one that cannot be read, the file's.
    pub id: String,
    /// What is run; empty for a case that cannot be read.
    pub kind: String,
    /// The method it belongs to; empty for a case that cannot be read.
    pub method: String,
    /// What the case asks; null for one that cannot be read.
    pub verdict: Option<Verdict>,
    /// Whether the implementation did what the case asks.
    pub outcome: Outcome,
    /// The largest difference in double precision.
    pub f64: Option<Spread>,
    /// The largest difference in single precision.
    pub f32: Option<Spread>,
    /// Why it failed: the output, the place in it, and both numbers; of a case to be refused, why it was.
    pub why: Option<String>,
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The implementation did what the case asks.
    Pass,
    /// It did not.
    Fail,
    /// It gave no outputs, and need not.
    Skipped,
}

/// A difference, as JSON can have it: without infinities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// The largest absolute difference; null if it is infinite.
    pub absolute: Option<f64>,
    /// The largest difference relative to the output's scale; null if it is infinite.
    pub relative: Option<f64>,
}

impl From<Difference> for Spread {
    fn from(difference: Difference) -> Self {
        let finite = |value: f64| value.is_finite().then_some(value);
        Self { absolute: finite(difference.absolute), relative: finite(difference.relative) }
    }
}

impl CaseReport {
    /// A case of which nothing is known yet, which is a failure.
    #[must_use]
    pub fn new(case: &Case) -> Self {
        Self {
            id: case.id.clone(),
            kind: case.subject.kind().to_owned(),
            method: case.method.clone(),
            verdict: Some(case.verdict),
            outcome: Outcome::Fail,
            f64: None,
            f32: None,
            why: None,
        }
    }

    /// A case that cannot be read.
    #[must_use]
    pub fn unreadable(files: &Files, error: &OracleError) -> Self {
        Self {
            id: files.case.display().to_string(),
            kind: String::new(),
            method: String::new(),
            verdict: None,
            outcome: Outcome::Fail,
            f64: None,
            f32: None,
            why: Some(error.to_string()),
        }
    }

    /// A case that was judged.
    #[must_use]
    pub fn judged(case: &Case, judged: &Judged) -> Self {
        let nothing = judged.f64.is_none() && judged.f32.is_none();
        let why = match case.verdict {
            Verdict::Refuse => {
                Some(judged.refused.clone().unwrap_or_else(|| "it has to be refused, and was not".to_owned()))
            }
            _ if nothing && judged.faults.is_empty() => Some("no outputs under `f64/` or `f32/`".to_owned()),
            _ if !judged.faults.is_empty() => Some(told(judged.faults.iter())),
            Verdict::Reject if !judged.passed => {
                let flaw = case.flaw.as_deref().unwrap_or("wrong");
                Some(format!("agrees with outputs that are wrong on purpose: {flaw}"))
            }
            _ => None,
        };
        Self {
            outcome: if judged.passed { Outcome::Pass } else { Outcome::Fail },
            f64: judged.f64.map(Spread::from),
            f32: judged.f32.map(Spread::from),
            why,
            ..Self::new(case)
        }
    }

    /// A case that was judged, and passes by those of its outputs that are there.
    #[must_use]
    pub fn judged_in_part(case: &Case, judged: &Judged) -> Self {
        let outcome = match judged.passed_in_part(case.verdict) {
            Some(true) => Outcome::Pass,
            Some(false) => Outcome::Fail,
            None => Outcome::Skipped,
        };
        let whole = Self::judged(case, judged);
        let mut causes = judged.faults.iter().filter(|fault| fault.kind != FaultKind::Missing).peekable();
        let why = match outcome {
            Outcome::Fail if causes.peek().is_some() => Some(told(causes)),
            Outcome::Fail => whole.why,
            Outcome::Pass | Outcome::Skipped => None,
        };
        Self { outcome, why, ..whole }
    }
}

/// So many faults of a case are told; what is behind is mostly the same.
const MOST_FAULTS: usize = 3;

fn told<'a>(faults: impl Iterator<Item = &'a Fault>) -> String {
    let mut faults: Vec<_> = faults.map(Fault::to_string).collect();
    let more = faults.len().saturating_sub(MOST_FAULTS);
    faults.truncate(MOST_FAULTS);
    if more > 0 {
        faults.push(format!("and {more} more"));
    }
    faults.join("; ")
}

/// Writes a table, a case a line, without those that were skipped.
///
/// # Errors
/// If the writer fails.
pub fn write_table(out: &mut impl Write, cases: &[CaseReport]) -> io::Result<()> {
    let cases: Vec<_> = cases.iter().filter(|case| case.outcome != Outcome::Skipped).collect();
    let width = cases.iter().map(|case| case.id.chars().count()).max().unwrap_or(4).max(4);
    writeln!(
        out,
        "{:width$}  {:6}  {:>8}  {:>8}  {:>8}  {:>8}",
        "case", "", "f64 abs", "f64 rel", "f32 abs", "f32 rel"
    )?;
    for case in cases {
        let word = match case.outcome {
            Outcome::Pass if case.verdict == Some(Verdict::Reject) => "reject",
            Outcome::Pass if case.verdict == Some(Verdict::Refuse) => "refuse",
            Outcome::Pass => "pass",
            Outcome::Fail => "FAIL",
            Outcome::Skipped => "skip",
        };
        let [a, b] = cells(case.f64);
        let [c, d] = cells(case.f32);
        let line = format!("{:width$}  {word:6}  {a:>8}  {b:>8}  {c:>8}  {d:>8}", one_line(&case.id));
        writeln!(out, "{}", line.trim_end())?;
        if let Some(why) = &case.why {
            writeln!(out, "{:width$}  {}", "", one_line(why))?;
        }
    }
    Ok(())
}

/// The counts, in a sentence.
#[must_use]
pub fn counts(cases: &[CaseReport]) -> String {
    let count = |outcome| cases.iter().filter(|case| case.outcome == outcome).count();
    let passed = |verdict| {
        let is_it = |case: &&CaseReport| case.outcome == Outcome::Pass && case.verdict == Some(verdict);
        cases.iter().filter(is_it).count()
    };
    let rejected = passed(Verdict::Reject);
    let mut text = format!("{}: {} passed", counted(cases.len(), "case"), count(Outcome::Pass));
    if rejected > 0 {
        text += &format!(" ({rejected} of them wrong outputs that were rejected)");
    }
    let refused = passed(Verdict::Refuse);
    if refused > 0 {
        text += &format!(" ({refused} of them refused, as the library does)");
    }
    text += &format!(", {} failed", count(Outcome::Fail));
    if count(Outcome::Skipped) > 0 {
        text += &format!(", {} without outputs", count(Outcome::Skipped));
    }
    text
}

/// Writes a JSON object with all cases.
///
/// # Errors
/// If the writer fails.
pub fn write_json(out: &mut impl Write, cases: &[CaseReport]) -> io::Result<()> {
    #[derive(Serialize)]
    struct All<'a> {
        version: u8,
        passed: bool,
        cases: &'a [CaseReport],
    }
    let passed = cases.iter().all(|case| case.outcome != Outcome::Fail);
    serde_json::to_writer_pretty(&mut *out, &All { version: 1, passed, cases })?;
    writeln!(out)
}

fn cells(spread: Option<Spread>) -> [String; 2] {
    let cell = |value: Option<f64>| match value {
        None => "inf".to_owned(),
        Some(0.0) => "0".to_owned(),
        Some(value) => format!("{value:.1e}"),
    };
    spread.map_or_else(Default::default, |spread| [cell(spread.absolute), cell(spread.relative)])
}
