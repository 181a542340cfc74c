//! The difference of two texts as a unified diff, which `git apply -p0` and `patch` read.

use std::time::Duration;

use similar::TextDiff;

use super::one_line;

/// Beyond this time a diff gets larger rather than take longer.
const PATIENCE: Duration = Duration::from_millis(500);

/// What changes from one text of a file to another; empty if nothing does.
#[must_use]
pub fn unified(path: &str, before: &str, after: &str) -> String {
    // Lines end at line feeds alone, as those who apply a diff have it.
    let (old, new): (Vec<_>, Vec<_>) = (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
    let diff = TextDiff::configure().timeout(PATIENCE).newline_terminated(true).diff_slices(&old, &new);
    let path = one_line(path);
    let mut text = diff.unified_diff().header(&path, &path).missing_newline_hint(true).to_string();
    // The remark that a line end is missing lacks its own at the end.
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn line_ends_and_their_lack_are_kept() {
        let diff = unified("a.json", "{\r\n  \"r\": 8,\r\n}", "{\r\n  \"r\": 8\r\n}");
        assert_eq!(
            diff,
            "--- a.json\n+++ a.json\n@@ -1,3 +1,3 @@\n {\r\n-  \"r\": 8,\r\n+  \"r\": 8\r\n }\n\\ No newline at end of file\n"
        );
        assert_eq!(unified("a.json", "x\ry", "x\ry"), "");
    }
}
