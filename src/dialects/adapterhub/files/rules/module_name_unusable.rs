use super::super::facts::heads::is_flex_file;
use super::super::facts::python::module_name_flaw;
use super::super::facts::section::{Section, section};
use crate::dialects::FileKind;
use crate::dialects::adapterhub::Subject;
use crate::document::{Member, Node, pointer};
use crate::findings::words::described;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// A head, fusion or adapter has a name under which PyTorch cannot store a module.
    ///
    /// ## Why is this bad
    /// The adapters library keeps heads, fusions and adapters in a `torch.nn.ModuleDict`. Its keys must be non-empty
    /// strings without dots, and must not be the name of an attribute such as `keys` or `type`.
    ///
    /// ## Example
    /// ```json
    /// {"name": "my.head", "model_class": "BertAdapterModel", "config": {"head_type": "tagging"}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the weights contain the name too.
    ModuleNameUnusable, Error
}

impl ModuleNameUnusable {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let root = subject.root;
        let name = root.get("name").map(|node| (node, node.to_value()));
        match (subject.kind, name) {
            (FileKind::HeadConfig, Some((node, value))) if is_flex_file(root) => value_flaw(node, &value, report),
            // A fusion without a name is named after its adapters.
            (FileKind::AdapterFusionConfig, Some((node, value))) if value != Value::Null => {
                value_flaw(node, &value, report)
            }
            (FileKind::AdapterFusionConfig, Some((node, _))) if is_missing(root.get("adapter_names")) => {
                value_flaw(node, &Value::Null, report);
            }
            (FileKind::ModelAdaptersSection, _) => {
                if let Some(section) = section(subject) {
                    for part in ["adapters", "fusions"] {
                        for member in section.members(part) {
                            key_flaw(Section::pointer(part, &member.key), member, report);
                        }
                    }
                }
                for member in root.get("prediction_heads").map_or(&[][..], Node::members) {
                    key_flaw(pointer::push("/prediction_heads", &member.key), member, report);
                }
            }
            _ => {}
        }
    }
}

fn is_missing(node: Option<&Node>) -> bool {
    node.is_none_or(|node| node.is_null())
}

fn value_flaw(node: &Node, value: &Value, report: &mut Report) {
    let message = match value {
        Value::String(name) => match module_name_flaw(name) {
            Some(flaw) => format!("the name \"{name}\" {flaw}: PyTorch cannot store a module under it"),
            None => return,
        },
        other => format!("`name` must be a string, not {}", described(other)),
    };
    report.add(ModuleNameUnusable::INFO, "/name", node.span, message);
}

fn key_flaw(pointer: String, member: &Member, report: &mut Report) {
    if let Some(flaw) = module_name_flaw(&member.key) {
        let message = format!("the name \"{}\" {flaw}: PyTorch cannot store a module under it", member.key);
        report.add(ModuleNameUnusable::INFO, pointer, member.key_span, message);
    }
}
