use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::files::facts::python::module_name_flaw;
use crate::findings::words::said;
use crate::findings::{Report, rule};

rule! {
    /// The `name` is one that no PyTorch module can have.
    ///
    /// ## Why is this bad
    /// The adapters library registers the adapter's modules under this name in a `torch.nn.ModuleDict`, which raises a
    /// `KeyError` for an empty name, a name with a dot or the name of one of its own attributes (`keys`, `type`,
    /// `forward` …), and a `TypeError` for anything but a string. `load_as` does not help when the file is read for its
    /// weights.
    ///
    /// ## Example
    /// ```json
    /// {"name": "sst-2.v1", "config": {"architecture": "lora"}, "version": "adapters.1.3.0"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the names of the tensors in the weights contain the name too.
    AdapterNameUnusable, Error
}

impl AdapterNameUnusable {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(member) = subject.saved_member("name") else { return };
        let reason = match member.node.as_str() {
            None => format!("the name must be a string, not {}", said(&member.node)),
            Some(name) => match module_name_flaw(name) {
                Some(flaw) => format!("it {flaw}"),
                None => return,
            },
        };
        report
            .add(Self::INFO, "/name", member.node.span, format!("no adapter can have this name: {reason}"))
            .help("save the adapter under another name");
    }
}
