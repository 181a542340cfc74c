use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::release::facts::first_of;
use crate::dialects::adapterhub::view::title_of;
use crate::document::pointer;
use crate::findings::words::said;
use crate::findings::{Report, rule};

rule! {
    /// The target release does not know the `architecture`.
    ///
    /// ## Why is this bad
    /// Up to adapters 1.1.1 a config with an unknown `architecture` is read as a bottleneck adapter, and fails because
    /// that method's keys are missing; up to adapter-transformers 2.3.0 this holds for every config.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "reft", "layers": "all", "prefix_positions": 3, "suffix_positions": 0, "r": 1, "orthogonality": true}
    /// ```
    ///
    /// for `adapters@0.2.2`, which has no ReFT.
    ///
    /// ## Fix safety
    /// There is no fix: the release does not have the method.
    ArchitectureUnknownToRelease, Error
}

impl ArchitectureUnknownToRelease {
    pub(crate) fn check(subject: &Subject<'_>, report: &mut Report) {
        let release = subject.release;
        for (at, node, meant) in &subject.unreadable {
            let Some(member) = node.member("architecture") else { continue };
            let what = match meant {
                Some(method) if !release.knows_method(*method) => {
                    format!("{release} has no {}, which came with {}", title_of(*method), first_of(*method))
                }
                _ => format!("{release} does not know the `architecture` {}", said(&member.node)),
            };
            let message = format!("{what}: it reads this as a bottleneck adapter, whose keys are missing");
            let finding = report.add(Self::INFO, pointer::push(at, "architecture"), member.node.span, message);
            if let Some(method) = meant {
                finding.help(match release.knows_method(*method) {
                    true => format!("write \"{}\"", method.architecture().unwrap_or_default()),
                    false => format!("use {} or later, or another method", first_of(*method)),
                });
            }
        }
    }
}
