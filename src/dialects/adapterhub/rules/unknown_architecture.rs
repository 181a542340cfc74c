use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::reading::architecture_alias;
use crate::document::Edit;
use crate::findings::words::said;
use crate::findings::{Report, nearest, rule, same_letters};
use crate::value::Value;

rule! {
    /// An `architecture` that the library does not know.
    ///
    /// ## Why is this bad
    /// `architecture` selects the method. Since 1.2.0, adapters raises a bare `KeyError` for a value that it does not
    /// know; older releases took the config for a bottleneck adapter. For bottleneck adapters `architecture` is missing
    /// or null; (IA)³, VeRA and DoRA are all `"lora"`.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "bottleneck", "mh_adapter": true}
    /// ```
    ///
    /// ## Fix safety
    /// `"bottleneck"` and `"adapter"` become null, and a name that is right except for capitals and separators is
    /// corrected; both are safe. Other values are only suggested.
    UnknownArchitecture, Error
}

impl UnknownArchitecture {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for (pointer, node) in &subject.candidates {
            let Some(member) = node.member("architecture") else { continue };
            let known = match member.node.to_value() {
                Value::Null => true,
                Value::String(name) => Method::of_architecture(Some(&name)).is_some(),
                _ => false,
            };
            if known {
                continue;
            }
            let finding = report.add(
                Self::INFO,
                crate::document::pointer::push(pointer, "architecture"),
                member.node.span,
                format!("no method has the `architecture` {}: the library raises a `KeyError`", said(&member.node)),
            );
            let Some(name) = member.node.as_str() else { continue };
            match architecture_alias(name) {
                Some(Method::Bottleneck) => {
                    // Other names stand for values of the keys, too.
                    let is_same = same_letters(name, ["bottleneck", "adapter"]).is_some()
                        || ["bottleneck", "adapter"].contains(&name);
                    finding.help("for a bottleneck adapter, `architecture` is missing or null").mend(
                        vec![Edit::new(member.node.span, "null")],
                        "Write `null`",
                        is_same,
                    );
                }
                Some(method) => {
                    let known = method.architecture().unwrap_or_default();
                    let is_same = same_letters(name, [known]).is_some();
                    let help = if is_same {
                        format!("the library spells it \"{known}\"")
                    } else {
                        format!("`{name}` is a \"{known}\" config with other values")
                    };
                    let edit = Edit::new(member.node.span, format!("\"{known}\""));
                    finding.help(help).mend(vec![edit], format!("Write \"{known}\""), is_same);
                }
                None => {
                    let names = Method::ALL.into_iter().filter_map(Method::architecture);
                    if let Some(near) = nearest(name, names.clone()).or_else(|| cut_short(name, names)) {
                        let edit = Edit::new(member.node.span, format!("\"{near}\""));
                        let is_same = same_letters(name, [near]).is_some();
                        finding.help(format!("did you mean \"{near}\"?")).mend(
                            vec![edit],
                            format!("Write \"{near}\""),
                            is_same,
                        );
                    }
                }
            }
        }
    }
}

/// The one name whose first word this is, as `prefix` is that of `prefix_tuning`.
fn cut_short(name: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let mut begun =
        known.filter(|known| known.split_once('_').is_some_and(|(first, _)| first.eq_ignore_ascii_case(name)));
    let first = begun.next()?;
    begun.next().is_none().then_some(first)
}
