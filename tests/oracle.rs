//! The oracle against what the real library computed: every case in `fixtures/oracle`, in both precisions. Cases with wrong
//! outputs have to be rejected. `ORACLE=DIR cargo test --test oracle` runs another folder of cases.

use std::path::{Path, PathBuf};

use adapter_spec::oracle::{Files, judge};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let folder = std::env::var_os("ORACLE").map_or_else(|| PathBuf::from("fixtures/oracle"), PathBuf::from);
    let cases = Files::below(&folder).expect("the folder of cases can be read");
    let trials = cases.into_iter().map(|files| {
        let name = name(&folder, &files.case);
        Trial::test(name, move || check(&files))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

fn name(folder: &Path, case: &Path) -> String {
    case.strip_prefix(folder).unwrap_or(case).with_extension("").display().to_string()
}

fn check(files: &Files) -> Result<(), Failed> {
    let (case, arrays) = files.read().map_err(|error| error.to_string())?;
    let judged = judge(&case, &arrays).map_err(|error| error.to_string())?;
    if judged.passed {
        return Ok(());
    }
    Err(format!("{:?}: f64 {:?}, f32 {:?}, missing {:?}", case.verdict, judged.f64, judged.f32, judged.missing).into())
}
