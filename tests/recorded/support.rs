//! Reading recordings.

use std::path::Path;

use libtest_mimic::Failed;
use serde::Deserialize;
use serde_json::Value;

/// What Python raised.
#[derive(Deserialize)]
pub(crate) struct Exception {
    pub(crate) r#type: String,
    pub(crate) message: String,
}

pub(crate) fn read(path: impl AsRef<Path>) -> Result<Value, Failed> {
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}
