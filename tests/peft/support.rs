//! Reading recordings.

use std::path::Path;

use serde_json::Value;

pub(crate) fn read(path: impl AsRef<Path>) -> Value {
    let text = std::fs::read(path).expect("the recording is in the repository");
    serde_json::from_slice(&text).expect("the recording is JSON")
}
