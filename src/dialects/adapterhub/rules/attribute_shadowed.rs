use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::lint::{Report, rule};

rule! {
    /// An unknown key with the name of a method of the config object.
    ///
    /// ## Why is this bad
    /// The library sets unknown keys as attributes of the config object. One named `to_dict` or `items` hides the
    /// method of that name, and the next call of it fails with a `TypeError`.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "lora", "items": []}
    /// ```
    ///
    /// ## Fix safety
    /// There is none.
    AttributeShadowed, Error
}

/// Names that the library calls on a config object between loading and saving.
const CALLED: [&str; 3] = ["to_dict", "get", "items"];

/// Names that the config classes use themselves.
const INTERNAL: [&str; 2] = ["__dict__", "__class__"];

/// Whether an unknown key hides something that the library needs.
pub(super) fn shadows(method: Method, key: &str) -> bool {
    method != Method::Union && (CALLED.contains(&key) || INTERNAL.contains(&key))
}

impl AttributeShadowed {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.methods() {
            for member in config.node.members().iter().filter(|member| shadows(config.method, &member.key)) {
                report
                    .add(
                        Self::INFO,
                        config.pointer_of(&member.key),
                        member.key_span,
                        format!("`{}` hides a part of the library's config object that it needs", member.key),
                    )
                    .help("remove the key; the library has none of this name");
            }
        }
    }
}
