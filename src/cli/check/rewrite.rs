//! A text in the place of the one that a file has: as a whole or not at all.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use adapter_spec::files::{Beside, Existing};
use anyhow::{Context as _, bail};

/// Gives a file another text, if it still has the one that was read.
pub(super) fn rewrite(path: &Path, before: &str, after: &str) -> anyhow::Result<()> {
    let shown = || format!("{}: cannot be fixed", path.display());
    if fs::metadata(path).with_context(shown)?.permissions().readonly() {
        bail!("{}: it is read-only", shown());
    }
    let mut beside = Beside::new(path).with_context(shown)?;
    beside.write_all(after.as_bytes()).with_context(shown)?;
    if fs::read(beside.target()).with_context(shown)? != before.as_bytes() {
        bail!("{}: it was changed by someone else in the meantime", shown());
    }
    beside.publish(Existing::Overwrite).with_context(shown)
}
