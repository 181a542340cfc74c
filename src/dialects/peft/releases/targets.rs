//! What older releases take for `target_modules` where a config has none; recorded by
//! `fixtures/record/peft/targets_releases.py`.

use super::Release;

const TABLE: &str = include_str!("targets.txt");

/// What a release takes for `target_modules`, and the newest does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Before {
    /// The first release that takes something else.
    pub(crate) until: Release,
    /// The names, or a pattern; `None` if the release refuses a config without `target_modules`.
    pub(crate) names: Option<&'static str>,
}

/// What a release takes for `target_modules` of a method on a model of this type; `None` if it is what the newest takes.
pub(crate) fn before(release: Release, peft_type: &str, model_type: &str) -> Option<Before> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    let rows = lines.filter_map(|line| {
        let mut parts = line.splitn(4, ' ');
        let is_of = parts.next()? == peft_type && [model_type, "*"].contains(&parts.next()?);
        let until = Release::named(parts.next()?)?;
        is_of.then_some(Before { until, names: parts.next() })
    });
    rows.filter(|row| release < row.until).min_by_key(|row| row.until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_a_release() {
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let number = line.split(' ').nth(2);
            assert!(number.and_then(Release::named).is_some(), "{line}");
        }
    }
}
