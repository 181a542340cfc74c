use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::findings::words::said;
use crate::findings::{Report, rule};

rule! {
    /// The `configs` of a union is not a list of configs.
    ///
    /// ## Why is this bad
    /// The adapters library builds each member by its own `architecture`. A member that is not an object raises an
    /// `AttributeError`, and a union within a union a `TypeError`.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "union", "configs": ["lora"]}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    UnionMalformed, Error
}

impl UnionMalformed {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.of(Method::Union) {
            let pointer = config.pointer_of("configs");
            if config.union.is_some() {
                report
                    .add(Self::INFO, &config.pointer, config.node.span, "a union cannot be a member of a union")
                    .help("move its members into the outer union");
                continue;
            }
            let Some(member) = config.written("configs") else { continue };
            if !member.node.is_list() {
                let message = format!("`configs` must be a list of configs, not {}", said(&member.node));
                report.add(Self::INFO, pointer, member.node.span, message);
                continue;
            }
            for (at, item) in member.node.items().iter().enumerate().filter(|(_, item)| !item.is_map()) {
                report
                    .add(
                        Self::INFO,
                        format!("{pointer}/{at}"),
                        item.span,
                        format!("a member of a union must be an object, not {}", said(item)),
                    )
                    .help("write the member's config in full; names of architectures are not resolved here");
            }
        }
    }
}
