//! The page of all rules, from their doc comments.

use super::{RuleInfo, rules};

/// What the first digit of a code stands for.
const GROUPS: [(&str, &str); 9] = [
    ("AL0", "The linter's own settings"),
    ("AL1", "The document itself"),
    ("AL2", "One key"),
    ("AL3", "Keys together"),
    ("AL4", "Config against base model"),
    ("AL5", "Checkpoint files"),
    ("AL6", "Config against checkpoint"),
    ("AL7", "Cards and metadata"),
    ("AL8", "Fitness for a release or runtime"),
];

/// The manual of all rules in Markdown, as it stands in `docs/rules.md`.
#[must_use]
pub fn manual() -> String {
    let all = rules();
    let mut page = String::from(
        "# Rules\n\n\
         An **error** means that the library refuses the file, crashes on it, or computes something else than the file \
         says. A **warning** means that it loads, but that part of what is written has no effect, is deprecated, or \
         will surprise. A **note** is worth knowing. Codes are permanent. `adapter-lint explain CODE` prints one of \
         these texts.\n\n\
         This page is generated from the rules; `BLESS=1 cargo test --test generated` writes it anew.\n",
    );
    for (prefix, title) in GROUPS {
        let group: Vec<_> = all.iter().copied().filter(|rule| rule.code.starts_with(prefix)).collect();
        if !group.is_empty() {
            write_group(&mut page, prefix, title, &group);
        }
    }
    page
}

fn write_group(page: &mut String, prefix: &str, title: &str, rules: &[&RuleInfo]) {
    page.push_str(&format!(
        "\n## {prefix}xx: {title}\n\n| code | name | severity | what it finds |\n|---|---|---|---|\n"
    ));
    for rule in rules {
        let (code, name, severity) = (rule.code, rule.name(), rule.severity.as_str());
        let summary = rule.summary().replace('|', "\\|");
        page.push_str(&format!("| [{code}](#{code}) | `{name}` | {severity} | {summary} |\n"));
    }
    for rule in rules {
        page.push_str(&format!("\n<a id=\"{}\"></a>\n\n### {} `{}`\n\n", rule.code, rule.code, rule.name()));
        page.push_str(&format!("*{}*\n\n", rule.severity.as_str()));
        let mut in_code = false;
        for line in rule.manual().trim_end().lines() {
            in_code ^= line.starts_with("```");
            let deeper = if line.starts_with('#') && !in_code { "##" } else { "" };
            page.push_str(&format!("{deeper}{line}\n"));
        }
    }
}
