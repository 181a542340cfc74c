use crate::document::{Document, Edit, Node, Problem, ProblemKind, edit, pointer};
use crate::findings::{Report, rule};

rule! {
    /// An object contains the same key twice.
    ///
    /// ## Why is this bad
    /// Python's `json` silently keeps the last value and drops the first; other readers keep the first, or refuse the
    /// file.
    ///
    /// ## Example
    /// ```json
    /// {"r": 8, "r": 16}
    /// ```
    ///
    /// ## Fix safety
    /// The fix removes the first one, which has no effect. If both have the same value, nothing is lost; otherwise the
    /// fix is only suggested, since the first one may be right.
    DuplicateKey, Warning
}

impl DuplicateKey {
    pub(super) fn check((document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::DuplicateKey {
            let finding = report.add(Self::INFO, "", problem.span, &problem.detail);
            finding.help("keep one of the two");
            if let Some(before) = problem.related {
                finding.also(before, "first occurrence");
            }
            if let Some((edits, is_same)) =
                document.root.as_ref().and_then(|root| without_former(document, root, problem))
            {
                let title = if is_same { "Remove the repetition" } else { "Remove the value that has no effect" };
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
