//! Files written anew in the layout of their own release.

use std::path::Path;

use adapter_spec::convert::{Container, Options, Plan, Source, Target, Weights};
use adapter_spec::files::Existing;
use adapter_spec::tensors::Format;
use anyhow::{Context as _, bail};

use super::{CLEAN, FOUND, complain, talk};

/// The target that a source was saved for: its own release.
pub(super) fn own(source: &Source) -> anyhow::Result<Options> {
    let shown = source.path.display();
    let part = source.parts().first().with_context(|| format!("{shown}: it is not an AdapterHub adapter"))?;
    Ok(Options::to(Target::AdapterHub(part.release)))
}

/// Writes what is planned in the kind of file that the source has, unless a tensor would be left behind.
pub(super) fn write(source: &Source, plan: &Plan, target: &Path, force: bool) -> anyhow::Result<u8> {
    for change in plan.changes.iter().filter(|change| !change.loses()) {
        talk(&format!("note: {}", change.what));
    }
    if let Some(left) = plan.unused(source) {
        let (path, name) = (source.path.display(), left.name());
        complain(&format!("{path}: `{name}` belongs to nothing in it and would be left out"));
        return Ok(FOUND);
    }
    let asked = match source.weights.first() {
        Some(Weights::File(file)) if file.format() != Format::Safetensors => Container::Torch,
        _ => Container::Safetensors,
    };
    let Ok(container) = plan.container(Some(asked)).or_else(|_| plan.container(None)) else {
        bail!("{}: no kind of file holds all of it", source.path.display());
    };
    let existing = if force { Existing::Overwrite } else { Existing::Refuse };
    let proof = plan.write(source, target, container, existing, &|_| ())?;
    talk(&format!(
        "{}: {} tensors with the same bytes, {} recomputed; read back and compared",
        target.display(),
        proof.identical,
        proof.computed
    ));
    Ok(CLEAN)
}
