use crate::dialects::FileKind;
use crate::dialects::adapterhub::Subject;
use crate::lint::{Report, rule};

rule! {
    /// Something else stands where a config's object belongs.
    ///
    /// ## Why is this bad
    /// A config is a JSON object of keys and values. The library raises an `AttributeError` or `TypeError` on a list, a
    /// text, a number or null.
    ///
    /// ## Example
    /// ```json
    /// ["seq_bn"]
    /// ```
    ///
    /// ## Fix safety
    /// There is none.
    ConfigNotAnObject, Error
}

impl ConfigNotAnObject {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let (node, pointer) = match subject.kind {
            FileKind::Config => (subject.root, ""),
            FileKind::AdapterConfig if !subject.root.is_map() => (subject.root, ""),
            FileKind::AdapterConfig => match subject.root.get("config") {
                Some(config) => (config, "/config"),
                None => return,
            },
            _ => return,
        };
        let found = crate::dialects::adapterhub::flaws::said(node);
        if !node.is_map() {
            report
                .add(Self::INFO, pointer, node.span, format!("a config is an object, and this is {found}"))
                .help("write the keys and values of the config in braces");
        }
    }
}
