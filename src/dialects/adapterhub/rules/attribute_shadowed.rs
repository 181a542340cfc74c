use crate::dialects::FileKind;
use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::attributes;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::release::facts::since;
use crate::document::Member;
use crate::findings::{Report, rule};

rule! {
    /// An unknown key has the name of an attribute that the library's config object needs.
    ///
    /// ## Why is this bad
    /// The adapters library sets unknown keys as attributes of the config object. One named `to_dict` or `items` hides
    /// the method of that name, and the next call to it fails with a `TypeError`. Python itself refuses another
    /// `__class__` or `__weakref__`, and with another `__dict__` all other attributes are gone.
    ///
    /// ## Example
    /// ```json
    /// {"name": "sst-2", "config": {"architecture": "lora", "items": []}, "version": "adapters.1.3.0"}
    /// ```
    ///
    /// ## Fix safety
    /// The fix removes the key: the library has no key of this name, and fails because of it.
    AttributeShadowed, Error, Unnecessary
}

/// Whether an unknown key hides something that the library needs. A config inside of a whole file is hashed before
/// its unknown keys are dropped, which takes `items` too.
pub(super) fn shadows(subject: &Subject<'_>, method: Method, member: &Member) -> bool {
    let is_old = !subject.release.is_since(since::ARCHITECTURES);
    let is_hashed = || member.key == "items" && (subject.kind == FileKind::AdapterConfig || is_old);
    method != Method::Union && (attributes::hides(Some(method), &member.key, &member.node.value()) || is_hashed())
}

impl AttributeShadowed {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.methods() {
            for member in config.node.members().iter().filter(|member| shadows(subject, config.method, member)) {
                report
                    .add(
                        Self::INFO,
                        config.pointer_of(&member.key),
                        member.key_span,
                        format!("`{}` hides an attribute that the library's config object needs", member.key),
                    )
                    .help("remove the key; the library has no key of this name")
                    .remove_key(subject.document, true);
            }
        }
    }
}
