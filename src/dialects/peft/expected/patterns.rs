//! What `rank_pattern` and its like give to a module, where PEFT cannot use it.

use super::case::Case;
use super::{Refusal, Stop};
use crate::dialects::peft::PeftType::{self, C3a, Fourierft, Osf};
use crate::dialects::peft::uses::{Judgement, MethodUses, Use};
use crate::dialects::peft::{Pattern, PatternError};
use crate::models::tree::{Kind, Module};
use crate::value::{Map, Value};

/// Refuses what the first pattern that meets a module gives it, if the method has no use for that.
pub(super) fn check(case: &Case<'_>, modules: &[&Module]) -> Result<(), Stop> {
    for (key, used) in MethodUses::of(case.method).map_or(&[][..], |method| method.keys) {
        let (Use::Patterns(of), Value::Map(map)) = (used, case.value(key)) else { continue };
        let why = |value: &Value| match of.judge(value) {
            Judgement::Refused(_, why) => Some(why),
            _ => None,
        };
        if map.iter().all(|(_, value)| why(value).is_none()) {
            continue;
        }
        let row = |(pattern, value)| Some((read(case.method, pattern).ok()?, value));
        let rows = map.iter().map(row).collect::<Option<Vec<(Pattern, &Value)>>>().ok_or(Stop::Unknown)?;
        for module in modules.iter().filter(|module| is_asked(case.method, module)) {
            let given = first(&rows, &module.name)?.or_else(|| by_whole_name(case.method, map, &module.name));
            if let Some(why) = given.and_then(why) {
                return Err(Stop::Refused(Refusal::Misfit { module: module.name.clone(), key, need: why }));
            }
        }
    }
    Ok(())
}

/// A key as the method holds it against the names of modules.
fn read(method: PeftType, key: &str) -> Result<Pattern, PatternError> {
    match method {
        C3a | Fourierft => Pattern::of_inner_module(key),
        Osf => Pattern::anywhere(key),
        _ => Pattern::of_module(key),
    }
}

/// OSF leaves whatever is no linear layer as it is.
fn is_asked(method: PeftType, module: &Module) -> bool {
    method != Osf || module.kind == Kind::Linear
}

fn first<'v>(rows: &[(Pattern, &'v Value)], name: &str) -> Result<Option<&'v Value>, Stop> {
    for (pattern, value) in rows {
        if pattern.matches(name).map_err(|_| Stop::Unknown)? {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// Where no pattern of these methods matches, the whole name is looked up.
fn by_whole_name<'v>(method: PeftType, map: &'v Map, name: &str) -> Option<&'v Value> {
    map.get(name).filter(|_| matches!(method, C3a | Fourierft))
}
