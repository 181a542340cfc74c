use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::flaws::said;
use crate::lint::{Report, rule};

rule! {
    /// A `name` that no module can have.
    ///
    /// ## Why is this bad
    /// The library registers the adapter's modules under this name in a `torch.nn.ModuleDict`, which raises a `KeyError`
    /// for an empty name, a name with a dot and the names of its own attributes (`keys`, `type`, `forward` …), and a
    /// `TypeError` for anything but a text. `load_as` does not help when the file is read for its weights.
    ///
    /// ## Example
    /// ```json
    /// {"name": "sst-2.v1", "config": {"architecture": "lora"}, "version": "adapters.1.3.0"}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: the tensors in the weights carry the name too.
    AdapterNameUnusable, Error
}

/// Attributes of `torch.nn.ModuleDict` in torch 2.8.
const TAKEN: [&str; 66] = [
    "T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children", "clear", "compile",
    "cpu", "cuda", "double", "dump_patches", "eval", "extra_repr", "float", "forward", "get_buffer", "get_extra_state",
    "get_parameter", "get_submodule", "half", "ipu", "items", "keys", "load_state_dict", "modules", "mtia",
    "named_buffers", "named_children", "named_modules", "named_parameters", "parameters", "pop",
    "register_backward_hook", "register_buffer", "register_forward_hook", "register_forward_pre_hook",
    "register_full_backward_hook", "register_full_backward_pre_hook", "register_load_state_dict_post_hook",
    "register_load_state_dict_pre_hook", "register_module", "register_parameter", "register_state_dict_post_hook",
    "register_state_dict_pre_hook", "requires_grad_", "set_extra_state", "set_submodule", "share_memory",
    "state_dict", "to", "to_empty", "train", "training", "type", "update", "values", "xpu", "zero_grad", "__init__",
    "__call__", "__len__", "__iter__", "__dict__", "__class__",
];

impl AdapterNameUnusable {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(member) = subject.saved_member("name") else { return };
        let reason = match member.node.as_str() {
            None => format!("the name must be a text, not {}", said(&member.node)),
            Some("") => "the name is empty".to_owned(),
            Some(name) if name.contains('.') => "the name contains a dot, which separates modules".to_owned(),
            Some(name) if TAKEN.contains(&name) => format!("`{name}` is an attribute of every module"),
            Some(_) => return,
        };
        report
            .add(Self::INFO, "/name", member.node.span, format!("no adapter can have this name: {reason}"))
            .help("save the adapter under another name");
    }
}
