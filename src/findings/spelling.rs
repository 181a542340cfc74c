/// Those of some names that are nearest to a text, best first; none if no name is near.
#[must_use]
pub fn near(text: &str, names: impl IntoIterator<Item = String>) -> Vec<String> {
    let text = text.to_lowercase();
    let likeness = |name: &str| strsim::jaro_winkler(&text, &name.to_lowercase());
    best(names.into_iter().map(|name| (likeness(&name), name)).filter(|(likeness, _)| *likeness > 0.8).collect())
}

/// The names that are most like a text, by how like they are, each once.
fn best(mut near: Vec<(f64, String)>) -> Vec<String> {
    near.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    near.dedup_by(|a, b| a.1 == b.1);
    near.into_iter().map(|(_, name)| name).take(3).collect()
}

/// The candidate that is spelt most like `written`, if any is near: a letter or two apart, other capitals, or other
/// separators.
pub(crate) fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Beyond any key's length nothing is a slip of the pen, and comparing would take long.
    if written.len() > MAX_LENGTH {
        return None;
    }
    let folded = fold(written);
    let length = letters(written);
    // One letter for another is no slip where it is all that there is.
    let allowed = (length / 3).clamp(1, 3).min(length.saturating_sub(1));
    candidates
        .into_iter()
        .filter(|candidate| *candidate != written && letters(candidate).abs_diff(length) <= allowed)
        .map(|candidate| (strsim::osa_distance(&folded, &fold(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The candidate that differs in nothing but capitals, separators and blanks.
pub(crate) fn same_letters<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if written.len() > MAX_LENGTH {
        return None;
    }
    let folded = fold(written);
    candidates.into_iter().find(|candidate| *candidate != written && fold(candidate) == folded)
}

/// Whether two texts are a letter or two apart, capitals and separators aside.
pub(crate) fn is_slip(written: &str, meant: &str) -> bool {
    written.len() <= MAX_LENGTH && strsim::osa_distance(&fold(written), &fold(meant)) <= 2
}

/// Longer texts are not compared.
const MAX_LENGTH: usize = 100;

fn fold(text: &str) -> String {
    text.chars().filter(is_letter).flat_map(char::to_lowercase).collect()
}

/// How many letters count, but for the few that become two in lower case.
fn letters(text: &str) -> usize {
    text.chars().filter(is_letter).count()
}

fn is_letter(c: &char) -> bool {
    !matches!(c, '_' | '-' | ' ' | '.')
}
