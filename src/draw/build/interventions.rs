//! What a picture says of ReFT beside its equation.

use super::Plan;
use crate::merge::Origin;
use crate::methods::reft::Architecture;

impl Plan<'_> {
    /// Whether a member is DiReFT, which no key says: only its name does.
    pub(super) fn is_direft(&self, member: usize) -> bool {
        let at = if self.members.len() > 1 { format!("/configs/{member}/") } else { "/".to_owned() };
        let origins = self.config.config().origins();
        origins.into_iter().any(|(pointer, origin)| {
            pointer.starts_with(&at) && matches!(origin, Origin::Preset { name } if name == "direft")
        })
    }

    /// What is worth knowing of a member's interventions.
    pub(super) fn of_interventions(&self, member: usize, reft: &Architecture) -> Vec<String> {
        let mut notes = Vec::new();
        let ends = [("first", "prefix_positions", reft.prefix), ("last", "suffix_positions", reft.suffix)];
        for (end, key, _) in ends.into_iter().filter(|(_, _, positions)| !reft.tied && *positions == 0) {
            notes.push(format!(
                "Without `tied_weights`, the first and the last positions have weights of their own: those of the {end} \
                 positions have no effect, as `{key}` is 0."
            ));
        }
        if self.is_direft(member) {
            notes
                .push("No key says that DiReFT does not subtract R h: saved and loaded again it is NoReFT.".to_owned());
        }
        notes
    }
}
