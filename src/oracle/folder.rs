use std::path::{Path, PathBuf};

use ndarray::ArrayD;

use super::{Case, Difference, FORMAT, Group, OracleError, Outputs, Tolerance, Verdict, kinds};
use crate::files::{self, AnyError};
use crate::methods::Scalar;
use crate::tensors::TensorFile;

/// No case file is longer; one that is, is not read.
const MAX_CASE_BYTES: u64 = 16 << 20;

/// A case as it lies on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The JSON file.
    pub case: PathBuf,
}

impl Files {
    /// All cases in a folder and the folders in it, by path. A JSON file counts as a case if a safetensors file of the
    /// same name stands beside it.
    ///
    /// # Errors
    /// If the folder cannot be read, or nothing in it is a case.
    pub fn below(folder: &Path) -> Result<Vec<Self>, OracleError> {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_path_buf()];
        while let Some(folder) = folders.pop() {
            let unreadable = |error: std::io::Error| OracleError::file(folder.display(), error);
            for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
                let entry = entry.map_err(unreadable)?;
                let path = entry.path();
                // A link is followed to a file, never to a folder: folders in a ring would have no end.
                if entry.file_type().map_err(unreadable)?.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "json")
                    && path.with_extension("safetensors").is_file()
                {
                    found.push(Self { case: path });
                }
            }
        }
        if found.is_empty() {
            let cause = "there is no case in it: a JSON file with a safetensors file of the same name";
            return Err(OracleError::file(folder.display(), cause));
        }
        found.sort_by(|a, b| a.case.cmp(&b.case));
        Ok(found)
    }

    /// Reads the case and opens its arrays.
    ///
    /// # Errors
    /// If either cannot be read, or is of another format.
    pub fn read(&self) -> Result<(Case, TensorFile), OracleError> {
        let failed = |cause: AnyError| OracleError::file(self.case.display(), cause);
        let text = files::read(&self.case, MAX_CASE_BYTES).map_err(|error| failed(error.into()))?;
        let case: Case = serde_json::from_slice(&text).map_err(|error| failed(error.into()))?;
        if case.format != FORMAT {
            return Err(failed(format!("the format is {:?}, this program reads {FORMAT:?}", case.format).into()));
        }
        // Outputs are looked for under the id: it may not lead elsewhere.
        if case.id.is_empty() || !case.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(failed(format!("the id {:?} is not made of letters, digits and hyphens", case.id).into()));
        }
        Ok((case, TensorFile::open(self.case.with_extension("safetensors"))?))
    }
}

/// How an implementation fared on a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The largest difference in double precision, over all outputs; `None` if nothing was computed in it.
    pub f64: Option<Difference>,
    /// The same in single precision.
    pub f32: Option<Difference>,
    /// Whether the implementation did what the case asks: agreed, or disagreed with wrong outputs.
    pub passed: bool,
    /// Outputs that were recorded and not computed.
    pub missing: Vec<String>,
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
        Self { f64: None, f32: None, passed, missing: Vec::new(), compared: 0, agrees: true, refused }
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
    let double =
        double.map(|all| compare::<f64>(case, arrays, &case.tolerance.f64, &|name| Ok(all.get(name).cloned())));
    let single =
        single.map(|all| compare::<f32>(case, arrays, &case.tolerance.f32, &|name| Ok(all.get(name).cloned())));
    Ok(verdict(case, double.transpose()?, single.transpose()?))
}

/// Holds outputs that another implementation wrote to what was recorded: a file of tensors with `f64/<output>` or
/// `f32/<output>`, or both. A precision of which it has no output is not judged; if it has none at all, the case fails.
///
/// # Errors
/// If an array cannot be read.
pub fn judge_outputs(case: &Case, arrays: &TensorFile, outputs: &TensorFile) -> Result<Judged, OracleError> {
    if case.verdict == Verdict::Refuse {
        return Ok(Judged::on_refusal(None));
    }
    let has = |prefix: &'static str| Group { file: outputs, prefix }.names().next().is_some();
    let double = has("f64/").then(|| {
        let group = Group { file: outputs, prefix: "f64/" };
        compare::<f64>(case, arrays, &case.tolerance.f64, &|name| group.real(name))
    });
    let single = has("f32/").then(|| {
        let group = Group { file: outputs, prefix: "f32/" };
        compare::<f32>(case, arrays, &case.tolerance.f32, &|name| group.real(name))
    });
    Ok(verdict(case, double.transpose()?, single.transpose()?))
}

/// The outcome in one precision.
struct Outcome {
    /// The largest difference.
    worst: Difference,
    /// Whether all outputs that are there agree.
    agrees: bool,
    /// How many are there.
    compared: usize,
    /// Those that are not, or not of the right shape.
    missing: Vec<String>,
}

type Find<'a, T> = dyn Fn(&str) -> Result<Option<ArrayD<T>>, OracleError> + 'a;

fn compare<T: Scalar>(
    case: &Case,
    arrays: &TensorFile,
    tolerance: &Tolerance,
    found: &Find<'_, T>,
) -> Result<Outcome, OracleError> {
    let prefix = format!("output/{}/", T::NAME);
    let recorded = Group { file: arrays, prefix: &prefix };
    let mut outcome = Outcome { worst: Difference::NONE, agrees: true, compared: 0, missing: Vec::new() };
    for name in recorded.names() {
        let Some(expected) = recorded.real::<T>(name)? else { continue };
        let Some(computed) = found(name)? else {
            outcome.missing.push(format!("{}/{name}", T::NAME));
            continue;
        };
        outcome.compared += 1;
        if computed.shape() != expected.shape() {
            let (right, found) = (expected.shape(), computed.shape());
            outcome.missing.push(format!("{}/{name} of shape {right:?} (found {found:?})", T::NAME));
            (outcome.worst, outcome.agrees) = (Difference::TOTAL, false);
            continue;
        }
        let difference = Difference::between(&computed, &expected);
        outcome.agrees &= difference.within(tolerance);
        outcome.worst = outcome.worst.max(difference);
    }
    if recorded.names().next().is_none() {
        return Err(OracleError::case(format!("{} has no output in {}", case.id, T::NAME)));
    }
    Ok(outcome)
}

fn verdict(case: &Case, double: Option<Outcome>, single: Option<Outcome>) -> Judged {
    let outcomes: Vec<&Outcome> = double.iter().chain(single.iter()).collect();
    let missing: Vec<String> = outcomes.iter().flat_map(|outcome| outcome.missing.clone()).collect();
    let complete = !outcomes.is_empty() && missing.is_empty();
    let passed = complete
        && match case.verdict {
            Verdict::Accept => outcomes.iter().all(|outcome| outcome.agrees),
            Verdict::Reject => outcomes.iter().all(|outcome| !outcome.agrees),
            // Outputs are what it should not have.
            Verdict::Refuse => false,
        };
    let (compared, agrees) =
        (outcomes.iter().map(|outcome| outcome.compared).sum(), outcomes.iter().all(|outcome| outcome.agrees));
    let (double, single) = (double.map(|outcome| outcome.worst), single.map(|outcome| outcome.worst));
    Judged { f64: double, f32: single, passed, missing, compared, agrees, refused: None }
}
