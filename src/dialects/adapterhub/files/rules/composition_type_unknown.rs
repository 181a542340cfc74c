use super::super::facts::composition::{BlockType, Child, setups};
use crate::dialects::adapterhub::Subject;
use crate::document::{Edit, Node, pointer};
use crate::findings::Severity;
use crate::findings::nearest;
use crate::findings::{Report, rule, same_letters};

rule! {
    /// The type of a composition block is not one that the library has.
    ///
    /// ## Why is this bad
    /// The adapters library looks the name up in its composition module and calls what it finds; case matters. `single`
    /// is only for a child that is one adapter. Two functions of that module happen to work with one adapter, which is
    /// a warning.
    ///
    /// ## Example
    /// ```json
    /// {"adapter_setup": {"type": "stack", "children": []}, "head_setup": null}
    /// ```
    ///
    /// ## Fix safety
    /// A type that is right except for capitals is corrected. Any other similar type is only suggested: types differ in
    /// what they compute.
    CompositionTypeUnknown, Error
}

impl CompositionTypeUnknown {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for setup in setups(subject) {
            for block in setup.block.all() {
                let Some(node) = block.node.get("type").filter(|_| block.kind.is_none()) else { continue };
                let Some(name) = node.as_str() else { continue };
                let message = format!("\"{name}\" is not a type of composition block");
                let finding = report.add(Self::INFO, pointer::push(&block.pointer, "type"), node.span, message);
                // One of the two makes a Stack, which cannot stand in another.
                let stacks = name == FUNCTIONS[0] && block.parent == Some(BlockType::Stack);
                if FUNCTIONS.contains(&name)
                    && !stacks
                    && matches!(block.children[..], [Child::Name { .. }])
                    && block.node.get("kwargs").is_none_or(|kwargs| kwargs.is_map() && Node::members(kwargs).is_empty())
                {
                    finding.severity = Severity::Warning;
                }
                if let Some(known) = nearest(name, BlockType::ALL.into_iter().map(BlockType::name)) {
                    let edit = Edit::new(node.span, format!("\"{known}\""));
                    finding.mend(vec![edit], format!("Write `{known}`"), same_letters(name, [known]).is_some());
                }
            }
        }
    }
}

/// Functions of the module that take the name of an adapter and return it, or a Stack of it.
const FUNCTIONS: [&str; 2] = ["parse_composition", "parse_heads_from_composition"];
