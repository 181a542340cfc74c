use super::super::facts::interface::{METHODS, interface};
use crate::dialects::adapterhub::Subject;
use crate::document::Edit;
use crate::findings::nearest;
use crate::findings::words::{described, quoted};
use crate::findings::{Report, rule, same_letters};
use crate::value::Value;

rule! {
    /// `adapter_methods` is not a list of methods that an interface can offer.
    ///
    /// ## Why is this bad
    /// The adapters library looks each method up among bottleneck, lora, prompt_tuning, reft and invertible, and raises
    /// a `KeyError` for any other; prefix tuning needs one of the library's own model classes. With an empty list every
    /// adapter is refused.
    ///
    /// ## Example
    /// ```json
    /// {"interface": {"adapter_methods": ["bottleneck", "prefix_tuning"]}}
    /// ```
    ///
    /// ## Fix safety
    /// A name that is right except for capitals and separators is corrected; a merely similar one is only suggested.
    InterfaceMethodUnknown, Error
}

impl InterfaceMethodUnknown {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        const AT: &str = "/interface/adapter_methods";
        let Some(node) = interface(subject).and_then(|interface| interface.get("adapter_methods")) else { return };
        match node.to_value() {
            Value::List(items) if items.is_empty() => {
                report.add(Self::INFO, AT, node.span, "no method is offered, so every adapter is refused");
            }
            Value::List(_) => {
                for (index, item) in node.items().iter().enumerate() {
                    let value = item.to_value();
                    if value.as_str().is_some_and(|name| METHODS.contains(&name)) {
                        continue;
                    }
                    let message = format!("an interface cannot offer {}", quoted(&value));
                    let finding = report.add(Self::INFO, format!("{AT}/{index}"), item.span, message);
                    finding.help(format!("the methods are {}", METHODS.join(", ")));
                    if let Some(name) = value.as_str()
                        && let Some(known) = nearest(name, METHODS)
                    {
                        let edit = Edit::new(item.span, format!("\"{known}\""));
                        finding.mend(vec![edit], format!("Write `{known}`"), same_letters(name, [known]).is_some());
                    }
                }
            }
            Value::Map(map) if !map.is_empty() && map.iter().all(|(name, _)| METHODS.contains(&name)) => {}
            other => {
                let message = format!("`adapter_methods` must be a list of methods, not {}", described(&other));
                report.add(Self::INFO, AT, node.span, message);
            }
        }
    }
}
