//! Whether an implementation does what a case asks.

use ndarray::ArrayD;

use super::fault::Differs;
use super::{Case, Difference, Fault, FaultKind, Group, OracleError, Outputs, Tolerance, Verdict, kinds};
use crate::methods::Scalar;
use crate::tensors::{Dtype, TensorFile};

/// How an implementation fared on a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The largest difference in double precision, over all outputs; `None` if nothing was computed in it.
    pub f64: Option<Difference>,
    /// The same in single precision.
    pub f32: Option<Difference>,
    /// Whether the implementation did what the case asks: agreed, or disagreed with wrong outputs.
    pub passed: bool,
    /// What is wrong with its outputs, by precision and name. That numbers of a case with wrong outputs are others is right.
    pub faults: Vec<Fault>,
    /// How many outputs were computed and compared.
    pub compared: usize,
    /// Whether all outputs that were compared agree with what was recorded.
    pub agrees: bool,
    /// Why the implementation refused the case, where it has to.
    pub refused: Option<String>,
}

impl Judged {
    /// An implementation that has to refuse a case, and why it did; `None` if it did not.
    #[must_use]
    pub fn on_refusal(refused: Option<String>) -> Self {
        let passed = refused.is_some();
        Self { f64: None, f32: None, passed, faults: Vec::new(), compared: 0, agrees: true, refused }
    }

    /// Whether the implementation did what the case asks with those of the outputs that it has; `None` if they do not tell.
    #[must_use]
    pub fn passed_in_part(&self, verdict: Verdict) -> Option<bool> {
        let is_whole = self.faults.iter().all(|fault| fault.kind == FaultKind::Missing);
        match verdict {
            _ if self.compared == 0 || !is_whole => Some(false),
            Verdict::Accept => Some(self.agrees),
            Verdict::Reject if !self.agrees => Some(true),
            // What is wrong may be what is not there.
            Verdict::Reject if !self.faults.is_empty() => None,
            Verdict::Reject | Verdict::Refuse => Some(false),
        }
    }
}

/// Runs the oracle on a case in both precisions and holds it to what was recorded.
///
/// # Errors
/// If the case cannot be run, and does not have to be refused.
pub fn judge(case: &Case, arrays: &TensorFile) -> Result<Judged, OracleError> {
    let (double, single) = (kinds::run::<f64>(case, arrays), kinds::run::<f32>(case, arrays));
    if case.verdict == Verdict::Refuse {
        let cause = match (double, single) {
            (Err(cause), Err(_)) if !matches!(cause, OracleError::Tensors(_) | OracleError::File { .. }) => Some(cause),
            (Err(unreadable @ (OracleError::Tensors(_) | OracleError::File { .. })), _) => return Err(unreadable),
            _ => None,
        };
        return Ok(Judged::on_refusal(cause.map(|cause| cause.to_string())));
    }
    let (double, single) = (double?, single?);
    judge_computed(case, arrays, Some(&double), Some(&single))
}

/// Holds outputs in memory to what was recorded. A precision that is not given is not judged; if none is, the case fails.
///
/// # Errors
/// If a recorded array cannot be read.
pub fn judge_computed(
    case: &Case,
    arrays: &TensorFile,
    double: Option<&Outputs<f64>>,
    single: Option<&Outputs<f32>>,
) -> Result<Judged, OracleError> {
    fn of<T: Clone>(all: &Outputs<T>, name: &str) -> Option<Found<T>> {
        Some(Found { array: all.get(name)?.clone(), stored: None })
    }
    let double = double.map(|all| compare::<f64>(case, arrays, &case.tolerance.f64, &|name| Ok(of(all, name))));
    let single = single.map(|all| compare::<f32>(case, arrays, &case.tolerance.f32, &|name| Ok(of(all, name))));
    Ok(verdict(case, double.transpose()?, single.transpose()?, Vec::new()))
}

/// Holds outputs that another implementation wrote to what was recorded: a file of tensors with `f64/<output>` or
/// `f32/<output>`, or both. A precision of which it has no output is not judged; if it has none at all, the case fails, and
/// so it does if the file has anything else.
///
/// # Errors
/// If an array cannot be read.
pub fn judge_outputs(case: &Case, arrays: &TensorFile, outputs: &TensorFile) -> Result<Judged, OracleError> {
    if case.verdict == Verdict::Refuse {
        return Ok(Judged::on_refusal(None));
    }
    let has = |prefix: &'static str| Group { file: outputs, prefix }.names().next().is_some();
    let double = has("f64/").then(|| compare::<f64>(case, arrays, &case.tolerance.f64, &|name| stored(outputs, name)));
    let single = has("f32/").then(|| compare::<f32>(case, arrays, &case.tolerance.f32, &|name| stored(outputs, name)));
    Ok(verdict(case, double.transpose()?, single.transpose()?, unknown(arrays, outputs)))
}

/// An output that was computed.
struct Found<T> {
    array: ArrayD<T>,
    /// The type that it was stored in.
    stored: Option<Dtype>,
}

type Find<'a, T> = dyn Fn(&str) -> Result<Option<Found<T>>, OracleError> + 'a;

fn stored<T: Scalar>(outputs: &TensorFile, name: &str) -> Result<Option<Found<T>>, OracleError> {
    let group = Group { file: outputs, prefix: &format!("{}/", T::NAME) };
    let stored = outputs.get(&format!("{}{name}", group.prefix)).map(|tensor| tensor.dtype());
    Ok(group.real(name)?.map(|array| Found { array, stored }))
}

/// The arrays in a file that are no output of the case. One that was recorded in the other precision alone is known.
fn unknown(arrays: &TensorFile, outputs: &TensorFile) -> Vec<Fault> {
    let recorded = |prefix: &'static str| Group { file: arrays, prefix }.names().map(str::to_owned).collect::<Vec<_>>();
    let mut known = recorded("output/f64/");
    known.extend(recorded("output/f32/"));
    known.sort();
    known.dedup();
    let is_known = |output: &str| {
        let name = output.strip_prefix("f64/").or_else(|| output.strip_prefix("f32/"));
        name.is_some_and(|name| known.iter().any(|known| known == name))
    };
    let written = outputs.iter().map(|tensor| tensor.name().to_owned()).filter(|output| !is_known(output));
    written.map(|output| Fault { output, kind: FaultKind::Unknown(known.clone()) }).collect()
}

/// The outcome in one precision.
struct Outcome {
    /// The largest difference.
    worst: Difference,
    /// Whether all outputs that are there agree.
    agrees: bool,
    /// How many are there.
    compared: usize,
    faults: Vec<Fault>,
}

fn compare<T: Scalar>(
    case: &Case,
    arrays: &TensorFile,
    tolerance: &Tolerance,
    found: &Find<'_, T>,
) -> Result<Outcome, OracleError> {
    let prefix = format!("output/{}/", T::NAME);
    let recorded = Group { file: arrays, prefix: &prefix };
    if recorded.names().next().is_none() {
        return Err(OracleError::case(format!("{} has no output in {}", case.id, T::NAME)));
    }
    let mut outcome = Outcome { worst: Difference::NONE, agrees: true, compared: 0, faults: Vec::new() };
    for name in recorded.names() {
        let Some(expected) = recorded.real::<T>(name)? else { continue };
        let fault = |kind| Fault { output: format!("{}/{name}", T::NAME), kind };
        let Some(Found { array, stored }) = found(name)? else {
            outcome.faults.push(fault(FaultKind::Missing));
            continue;
        };
        outcome.compared += 1;
        outcome.worst = outcome.worst.max(Difference::between(&array, &expected));
        if array.shape() != expected.shape() {
            let (computed, recorded) = (array.shape().to_vec(), expected.shape().to_vec());
            outcome.faults.push(fault(FaultKind::Shape { computed, recorded }));
            outcome.agrees = false;
        } else if let Some(differs) = Differs::beyond(&array, &expected, tolerance, stored) {
            outcome.agrees = false;
            // To be elsewhere is what is asked of a case with wrong outputs, but not to be nowhere.
            if case.verdict != Verdict::Reject || differs.is_no_number() {
                outcome.faults.push(fault(FaultKind::Differs(differs)));
            }
        }
    }
    Ok(outcome)
}

fn verdict(case: &Case, double: Option<Outcome>, single: Option<Outcome>, unknown: Vec<Fault>) -> Judged {
    let outcomes: Vec<&Outcome> = double.iter().chain(single.iter()).collect();
    let mut faults: Vec<Fault> = outcomes.iter().flat_map(|outcome| outcome.faults.clone()).collect();
    faults.extend(unknown);
    let passed = !outcomes.is_empty()
        && faults.is_empty()
        && match case.verdict {
            Verdict::Accept => true,
            Verdict::Reject => outcomes.iter().all(|outcome| !outcome.agrees),
            // Outputs are what it should not have.
            Verdict::Refuse => false,
        };
    let (compared, agrees) =
        (outcomes.iter().map(|outcome| outcome.compared).sum(), outcomes.iter().all(|outcome| outcome.agrees));
    let (double, single) = (double.map(|outcome| outcome.worst), single.map(|outcome| outcome.worst));
    Judged { f64: double, f32: single, passed, faults, compared, agrees, refused: None }
}
