//! The `alpha` that a release does not apply. It becomes `r` for releases that apply it, and what it was comes back for the
//! release that saved it.

use super::super::former;
use super::route::Route;
use crate::dialects::adapterhub::config::{architecture_of, members};
use crate::dialects::adapterhub::release::Release;
use crate::value::{Map, Value};

const ALPHA: &str = "alpha";

/// Has the result's file say what `alpha` was, where it had no effect in the release that saved the adapter; and takes
/// away what says so of the target's own files.
pub(super) fn keep(route: Route<'_>, config: &Value, file: &mut Map) {
    let target = route.target.to_string();
    if former::by_release(file, &target).is_some() {
        file.remove(former::KEY);
    }
    let had_none = !route.part.release.scales_plain_layers() && route.differs(Release::scales_plain_layers);
    if !had_none || file.contains_key(former::KEY) {
        return;
    }
    let alphas = [route.part.written(), config.as_map()].map(|config| config.and_then(alpha));
    if let [Some(before), Some(after)] = alphas
        && before != after
    {
        let saved_by = route.part.release.to_string();
        file.insert(former::KEY, former::of_release(&saved_by, ALPHA, before.clone()));
    }
}

/// Gives a LoRA whose `alpha` has no effect in the target the one that it had there.
pub(super) fn restore(route: Route<'_>, config: &mut Map) {
    let former = former::by_release(&route.part.file, &route.target.to_string());
    let alpha = former.and_then(|former| former.get(ALPHA)).filter(|alpha| alpha.as_f64().is_some());
    if let Some(alpha) = alpha.filter(|_| !route.target.scales_plain_layers()) {
        config.insert(ALPHA, alpha.clone());
    }
}

/// `alpha` of the LoRA in a config.
fn alpha(config: &Map) -> Option<&Value> {
    let lora = members(config).into_iter().find(|member| architecture_of(member) == Some("lora"))?;
    lora.get(ALPHA)
}
