//! What `rank_pattern` and its like give to a module, where PEFT cannot use it.

use super::case::Case;
use super::{Refusal, Stop};
use crate::dialects::peft::Pattern;
use crate::dialects::peft::uses::{Judgement, Method, Use};
use crate::models::tree::Module;
use crate::value::Value;

/// Methods whose patterns are matched in another way.
const OTHERWISE: [&str; 3] = ["C3A", "FOURIERFT", "OSF"];

/// Refuses what the first pattern that meets a module gives it, if the method has no use for that.
pub(super) fn check(case: &Case<'_>, modules: &[&Module]) -> Result<(), Stop> {
    let method = Method::find(case.method).filter(|method| !OTHERWISE.contains(&method.name));
    for (key, used) in method.map_or(&[][..], |method| method.keys) {
        let (Use::Patterns(of), Value::Map(map)) = (used, case.value(key)) else { continue };
        let why = |value: &Value| match of.judge(value) {
            Judgement::Refused(_, why) => Some(why),
            _ => None,
        };
        if map.iter().all(|(_, value)| why(value).is_none()) {
            continue;
        }
        let row = |(pattern, value)| Some((Pattern::of_module(pattern).ok()?, value));
        let rows = map.iter().map(row).collect::<Option<Vec<(Pattern, &Value)>>>().ok_or(Stop::Unknown)?;
        for module in modules {
            for (pattern, value) in &rows {
                if !pattern.matches(&module.name).map_err(|_| Stop::Unknown)? {
                    continue;
                }
                if let Some(why) = why(value) {
                    return Err(Stop::Refused(Refusal::Misfit { module: module.name.clone(), key, need: why }));
                }
                break;
            }
        }
    }
    Ok(())
}
