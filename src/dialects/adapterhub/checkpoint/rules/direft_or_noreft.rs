use crate::dialects::adapterhub::checkpoint::Role;
use crate::dialects::adapterhub::checkpoint::Subject;
use crate::dialects::adapterhub::config::MemberConfig;
use crate::dialects::adapterhub::modules;
use crate::findings::{Report, rule};

rule! {
    /// The files do not show whether the adapter is DiReFT or NoReFT.
    ///
    /// ## Why is this bad
    /// The two differ in `subtract_projection`, which the adapters library never writes, and not in any tensor. When it
    /// loads the adapter, it takes it for NoReFT: one that was trained as DiReFT computes something else from then on.
    ///
    /// ## Example
    /// ```json
    /// {"config": {"architecture": "reft", "layers": "all", "prefix_positions": 3, "suffix_positions": 0, "r": 1,
    ///  "orthogonality": false}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only whoever trained the adapter knows.
    DireftOrNoreft, Note
}

impl DireftOrNoreft {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(Ok(config)) = &subject.saved.resolved else { return };
        if subject.role != Role::Adapter || subject.file().is_none() {
            return;
        }
        let members = modules::members(config).unwrap_or_default();
        let is_either = |member: &MemberConfig| matches!(member, MemberConfig::Reft(config) if !config.orthogonality);
        if members.iter().any(is_either) {
            report
                .about_tensor(
                    Self::INFO,
                    "",
                    "the adapter is loaded as NoReFT; if it was trained as DiReFT, it computes something else",
                )
                .help("for DiReFT, set `subtract_projection = False` on every `ReftUnit` after loading");
        }
    }
}
