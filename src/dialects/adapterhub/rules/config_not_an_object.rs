use crate::dialects::FileKind;
use crate::dialects::adapterhub::{Subject, config_text};
use crate::findings::{Report, rule};
use crate::python::node_is_true;

rule! {
    /// A config is not a JSON object.
    ///
    /// ## Why is this bad
    /// A config must be a JSON object of keys and values. For a list, a string, a number or null, the adapters library
    /// raises an `AttributeError` or `TypeError`. Only in the file of a saved adapter may it be a name or a config string
    /// that the library knows, and what that stands for is judged in its place.
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
                Some(config) => match config_text::read(subject) {
                    Some((_, Ok(_))) => return,
                    Some((_, Err(error))) => {
                        let message = format!("the library cannot load this text as a config: {error}");
                        report.add(Self::INFO, "/config", config.span, message);
                        return;
                    }
                    None => (config, "/config"),
                },
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
