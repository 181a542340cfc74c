use crate::document::{Document, Edit, Node, Problem, ProblemKind, edit, pointer};
use crate::findings::{Report, rule};

rule! {
    /// A key stands twice in one object.
    ///
    /// ## Why is this bad
    /// Python's `json` keeps the last value and drops the first without a word; other readers keep the first, or refuse.
    ///
    /// ## Example
    /// ```json
    /// {"r": 8, "r": 16}
    /// ```
    ///
    /// ## Fix safety
    /// The first one goes, which does not count. Where both have the same value, nothing else was meant; else the fix is
    /// only suggested, since the first one may be right.
    DuplicateKey, Warning
}

impl DuplicateKey {
    pub(super) fn check((document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::DuplicateKey {
            let finding = report.add(Self::INFO, "", problem.span, &problem.detail);
            finding.help("Keep one of the two.");
            if let Some(before) = problem.related {
                finding.also(before, "it stands here before");
            }
            if let Some((edits, is_same)) =
                document.root.as_ref().and_then(|root| without_former(document, root, problem))
            {
                let title = if is_same { "Remove the repetition" } else { "Remove the value that does not count" };
                finding.mend(edits, title, is_same);
            }
        }
    }
}

/// Removes the member that this one overrides, and tells whether both have the same value.
fn without_former(document: &Document, root: &Node, problem: &Problem) -> Option<(Vec<Edit>, bool)> {
    let (map, former) = pointer::member_at(root, problem.related?)?;
    let (_, latter) = pointer::member_at(root, problem.span)?;
    let value = |at: usize| map.members().get(at).map(|member| member.node.to_value());
    let edits = edit::remove_member(document.source.text(), map, former)?;
    Some((edits, value(former)? == value(latter)?))
}
