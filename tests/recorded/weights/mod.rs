//! What is found in weights, held to what adapters 1.3.0 makes of them: in the checkpoints of several releases under
//! `fixtures/checkpoints`, and in adapters, AdapterFusions and heads drawn at random and spoilt under
//! `fixtures/drawn_checkpoints`, or in the folder that the environment variable `DRAWN_CHECKPOINTS` names.

mod drawn;
mod judged;
mod recorded;
mod recording;
mod steps;

use std::path::{Path, PathBuf};

use crate::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let own = || fixtures.join("drawn_checkpoints");
    let root = std::env::var_os("DRAWN_CHECKPOINTS").map_or_else(own, PathBuf::from);
    let mut trials = drawn::trials(&root);
    trials.extend(recorded::trials(&fixtures.join("checkpoints")));
    trials
}
