//! Reading recordings.

use std::path::Path;

use libtest_mimic::Failed;
use serde_json::Value;

pub(crate) fn read(path: impl AsRef<Path>) -> Result<Value, Failed> {
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}
