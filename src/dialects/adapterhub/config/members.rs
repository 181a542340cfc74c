use crate::value::{Map, Value};

/// The configs of which a config in full is made: those of a union, or itself. Unions are not nested.
pub(crate) fn members(config: &Map) -> Vec<&Map> {
    match config.get("configs").and_then(Value::as_list) {
        Some(members) => members.iter().filter_map(Value::as_map).collect(),
        None => vec![config],
    }
}

/// [`members`], to be changed.
pub(crate) fn members_mut(config: &mut Map) -> Vec<&mut Map> {
    if !matches!(config.get("configs"), Some(Value::List(_))) {
        return vec![config];
    }
    let Some(Value::List(members)) = config.get_mut("configs") else { return Vec::new() };
    let maps = members.iter_mut().filter_map(|member| match member {
        Value::Map(member) => Some(member),
        _ => None,
    });
    maps.collect()
}

/// The only member of a method; none if there are several.
#[cfg(feature = "oracle")]
pub(crate) fn only_member<'c>(config: &'c Map, architecture: &str) -> Option<&'c Map> {
    let mut found = members(config).into_iter().filter(|member| architecture_of(member) == Some(architecture));
    found.next().filter(|_| found.next().is_none())
}

/// The word under `architecture`; none in bottleneck adapters.
pub(crate) fn architecture_of(member: &Map) -> Option<&str> {
    member.get("architecture").and_then(Value::as_str)
}
