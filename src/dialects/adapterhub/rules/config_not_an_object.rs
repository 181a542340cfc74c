use crate::dialects::FileKind;
use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::load::{Loader, Names};
use crate::findings::{Report, rule};
use crate::python::node_is_true;

rule! {
    /// A config is not a JSON object.
    ///
    /// ## Why is this bad
    /// A config must be a JSON object of keys and values. For a list, a string, a number or null, the adapters library
    /// raises an `AttributeError` or `TypeError`.
    ///
    /// ## Example
    /// ```json
    /// ["seq_bn"]
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    ConfigNotAnObject, Error
}

impl ConfigNotAnObject {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let (node, pointer) = match subject.kind {
            FileKind::Config => (subject.root, ""),
            FileKind::AdapterConfig if !subject.root.is_map() => (subject.root, ""),
            FileKind::AdapterConfig => match subject.root.get("config") {
                // A saved adapter may name its architecture, or leave it to the default.
                Some(config)
                    if subject.is_saved_adapter()
                        && !node_is_true(config)
                        && (config.is_map() || !subject.is_of_adapters_1_0()) =>
                {
                    return;
                }
                Some(config) if subject.is_saved_adapter() && config.as_str().is_some_and(is_known) => return,
                Some(config) => (config, "/config"),
                None => return,
            },
            _ => return,
        };
        if !node.is_map() {
            let found = crate::findings::words::said(node);
            report
                .add(Self::INFO, pointer, node.span, format!("a config must be an object, but this is {found}"))
                .help("write the config's keys and values in braces");
        }
    }
}

/// Whether the library resolves this text to a config.
fn is_known(text: &str) -> bool {
    Loader { names: Names::Library, ..Loader::default() }.load_text(text, &[]).is_ok()
}
