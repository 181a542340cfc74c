/// The place of a name in a list of them. In a constant, a name that is not there does not compile.
///
/// # Panics
/// If the name is not there.
pub(crate) const fn place_of(name: &str, list: &[&str]) -> usize {
    let mut place = 0;
    while place < list.len() {
        if is_same(list[place], name) {
            return place;
        }
        place += 1;
    }
    panic!("this name is not in the list")
}

/// Equality, for constants.
pub(crate) const fn is_same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}
