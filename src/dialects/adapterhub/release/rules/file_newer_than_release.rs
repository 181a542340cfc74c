use crate::dialects::FileKind;
use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::release::Release;
use crate::document::Span;
use crate::findings::{Report, rule};

rule! {
    /// The target release does not read this file.
    ///
    /// ## Why is this bad
    /// `adapter_setup.json` came with adapters 1.1.0, `adapter_interface.json` with 1.2.0. Older releases do not look at them.
    ///
    /// ## Example
    /// ```json
    /// {"adapter_setup": {"type": "Stack", "children": [{"type": "single", "children": ["mnli"]}]}}
    /// ```
    ///
    /// for `adapters@1.0.1`.
    ///
    /// ## Fix safety
    /// There is no fix: activate the adapters in code.
    FileNewerThanRelease, Warning
}

const SETUP: Release = Release::at("adapters 1.1.0");
const INTERFACE: Release = Release::at("adapters 1.2.0");

impl FileNewerThanRelease {
    pub(crate) fn check(subject: &Subject<'_>, report: &mut Report) {
        let (name, first) = match subject.kind {
            FileKind::AdapterSetup => ("adapter_setup.json", SETUP),
            FileKind::AdapterInterface => ("adapter_interface.json", INTERFACE),
            _ => return,
        };
        let release = subject.release;
        if !release.is_since(first) {
            let start = subject.root.span.start;
            report
                .add(
                    Self::INFO,
                    "",
                    Span::new(start, start + 1),
                    format!("{release} does not read `{name}`, which came with {first}"),
                )
                .help("activate the adapters in code");
        }
    }
}
