use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::release::facts::since;
use crate::dialects::adapterhub::view::ConfigView;
use crate::findings::{Report, rule};
use crate::models::Model;
use crate::python::{equal, is_true};

rule! {
    /// Two members of a union occupy the same place.
    ///
    /// ## Why is this bad
    /// A union may hold two bottleneck adapters only if they differ in both `mh_adapter` and `output_adapter`, and only
    /// one member of each other method. `leave_out` postpones the check to the layers, where two members in one place
    /// raise a `ValueError`. Two members of LoRA or of prefix tuning fail even if they adapt different layers, since
    /// the library also asks for their config without naming a layer (for LoRA since adapters 1.2.0).
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "union", "configs": [{"architecture": "lora", "r": 4}, {"architecture": "lora", "r": 8}]}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    UnionMembersConflict, Error
}

impl UnionMembersConflict {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let unions = subject.configs.iter().enumerate().filter(|(_, config)| config.method == Method::Union);
        for (union, _) in unions {
            // Each member is held against the first of its method only: one finding a member says it all.
            let mut earlier: Vec<&ConfigView<'_>> = Vec::new();
            for member in subject.configs.iter().filter(|config| config.union == Some(union)) {
                let found =
                    earlier.iter().find_map(|first| Some((*first, conflict(first, member, subject.model.as_ref())?)));
                if let Some((first, reason)) = found {
                    report
                        .add(
                            Self::INFO,
                            &member.pointer,
                            member.node.span,
                            format!("this member conflicts with another: {reason}"),
                        )
                        .help("keep one of the two, or combine them into one config")
                        .also(first.node.span, "the other member");
                } else if earlier.len() < MAX_COMPARED {
                    earlier.push(member);
                }
            }
        }
    }
}

/// How many members without a conflict later ones are compared with; no real union has more than a few.
const MAX_COMPARED: usize = 64;

/// Why two members of a union cannot be together.
fn conflict(a: &ConfigView<'_>, b: &ConfigView<'_>, model: Option<&Model>) -> Option<String> {
    if a.method != b.method {
        // LoRA and MTL-LoRA are different architectures, but the layers look for both at once.
        let kin = |config: &ConfigView<'_>| matches!(config.method, Method::Lora | Method::MtlLora);
        return (kin(a) && kin(b)).then(|| "LoRA and MTL-LoRA adapt the same layers".to_owned());
    }
    let postponed = [a, b].iter().any(|config| config.value("leave_out").is_some_and(|list| is_true(&list)));
    match a.method {
        Method::Bottleneck if postponed => meeting_place(a, b, model)
            .map(|place| format!("both put an adapter at `{place}` of the same layer"))
            .or_else(|| both_at(a, b, "inv_adapter").or_else(|| both_at(a, b, "phm_layer"))),
        Method::Bottleneck => {
            let same = |key: &str| match (a.value(key), b.value(key)) {
                (Some(a), Some(b)) => equal(&a, &b),
                _ => false,
            };
            ["mh_adapter", "output_adapter"]
                .into_iter()
                .find(|key| same(key))
                .map(|key| format!("both have the same `{key}`"))
                .or_else(|| both_at(a, b, "inv_adapter").or_else(|| both_at(a, b, "phm_layer")))
                .or_else(|| both_at(a, b, "cross_adapter"))
        }
        Method::Reft if postponed => None,
        // Nothing asks without naming a layer before VeRA came.
        Method::Lora if postponed && !a.release.is_since(since::REFUSES_ARCHITECTURES) => {
            let keys = ["selfattn_lora", "intermediate_lora", "output_lora"];
            let meet = have_common_layer(a, b, model) == Some(true);
            keys.into_iter().find_map(|key| both_at(a, b, key)).filter(|_| meet)
        }
        Method::Union => None,
        _ => Some(format!("both are {}", a.title())),
    }
}

/// Both have the key: the library finds two configs for one thing.
fn both_at(a: &ConfigView<'_>, b: &ConfigView<'_>, key: &str) -> Option<String> {
    (a.is_true(key) && b.is_true(key)).then(|| format!("both have `{key}`"))
}

/// A place that both use in a common layer.
fn meeting_place(a: &ConfigView<'_>, b: &ConfigView<'_>, model: Option<&Model>) -> Option<&'static str> {
    let common_layer = have_common_layer(a, b, model) == Some(true);
    let places: Vec<_> = b.places(model).collect();
    a.places(model).find(|place| common_layer && places.contains(place))
}

/// Whether there is a layer that neither leaves out, if the model tells.
fn have_common_layer(a: &ConfigView<'_>, b: &ConfigView<'_>, model: Option<&Model>) -> Option<bool> {
    let layers = model.and_then(|model| model.layers)?;
    Some((0..layers).any(|layer| !a.leaves_out(layer) && !b.leaves_out(layer)))
}
