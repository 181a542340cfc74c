//! Which architecture a config is closest to, and so which of several keys that cannot be together is the odd one.

use super::config::Method;
use super::presets::Preset;
use super::view::{ConfigView, default_of, fields};
use crate::python;
use crate::value::{Map, Value};

impl ConfigView<'_> {
    /// Of some keys that cannot be together, the one that departs from the named architecture that the config is
    /// otherwise closest to; the first that is written if none does.
    pub(crate) fn odd_one(&self, keys: &[&'static str]) -> &'static str {
        let nearest = self.nearest_architecture();
        let departs = |key: &&&'static str| nearest.as_ref().is_some_and(|preset| self.departs(preset, key));
        let written = |key: &&&'static str| self.written(key).is_some();
        let odd = keys.iter().find(|key| written(key) && departs(key)).or_else(|| keys.iter().find(departs));
        odd.or_else(|| keys.iter().find(written)).copied().unwrap_or(keys[0])
    }

    /// The values of the named architecture with the fewest keys that differ from this config's.
    fn nearest_architecture(&self) -> Option<Map> {
        Preset::ALL
            .iter()
            .map(Preset::config)
            .filter(|config| architecture_of(config) == Some(self.method))
            .min_by_key(|config| fields(self.method).iter().filter(|(key, _)| self.departs(config, key)).count())
    }

    fn departs(&self, preset: &Map, key: &str) -> bool {
        let theirs = preset.get(key).or_else(|| default_of(self.method, key));
        match (self.value(key), theirs) {
            (Some(ours), Some(theirs)) => !python::equal(&ours, theirs),
            (ours, theirs) => ours.is_some() != theirs.is_some(),
        }
    }
}

fn architecture_of(config: &Map) -> Option<Method> {
    Method::of_architecture(config.get("architecture").and_then(Value::as_str))
        .filter(|method| *method != Method::Bottleneck || config.contains_key("reduction_factor"))
}
