//! Which golden cases of PEFT cover a page, and whether it has the names of their tensors.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::root;

const FOLDER: &str = "fixtures/oracle_peft";

/// All golden cases of PEFT.
pub(super) struct PeftCases(Vec<Case>);

struct Case {
    kind: String,
    verdict: String,
    /// The adapters' tensors, as PEFT saves them.
    tensors: Vec<String>,
}

impl PeftCases {
    /// What the manifest lists.
    pub(super) fn read() -> Self {
        let json = |path: &str| -> Value {
            let path = root().join(FOLDER).join(path);
            let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let manifest = json("manifest.json");
        let text = |value: &Value| value.as_str().expect("it is a text").to_owned();
        let case = |line: &Value| {
            let case = json(line["path"].as_str().expect("a case has a path"));
            let names = case["shapes"].as_object().into_iter().flat_map(|shapes| shapes.keys());
            let tensors = names.filter_map(|name| Some(name.strip_prefix("adapter/")?.split_once('/')?.1.to_owned()));
            Case { kind: text(&line["kind"]), verdict: text(&line["verdict"]), tensors: tensors.collect() }
        };
        Self(manifest["cases"].as_array().expect("the manifest lists cases").iter().map(case).collect())
    }

    /// How many cover a module, in words; `None` for one that no case is about.
    pub(super) fn of(&self, module: &str) -> Option<String> {
        let covering = self.of_page(module);
        let count = |verdict: &str| covering.iter().filter(|case| case.verdict == verdict).count();
        let (rejected, refused, all) = (count("reject"), count("refuse"), covering.len());
        let kind = &covering.first()?.kind;
        Some(format!("{all} of kind `{kind}`, {rejected} of them to be rejected and {refused} to be refused"))
    }

    /// The tensors of a module's cases that a page does not name. A number in a name may be any, `i`; and `…` may stand
    /// for all that is in a module.
    pub(super) fn unnamed(&self, module: &str, page: &str) -> BTreeSet<&str> {
        let is_named = |name: &str| {
            let parts = name.split('.').map(|part| if part.parse::<u32>().is_ok() { "i" } else { part });
            let numbered = parts.collect::<Vec<_>>().join(".");
            let whole = format!("{}.…", name.split('.').next().unwrap_or(name));
            [name, &numbered, &whole].iter().any(|spelling| page.contains(&format!("`{spelling}`")))
        };
        let accepted = self.of_page(module).into_iter().filter(|case| case.verdict == "accept");
        accepted.flat_map(|case| &case.tensors).map(String::as_str).filter(|name| !is_named(name)).collect()
    }

    fn of_page(&self, module: &str) -> Vec<&Case> {
        self.0.iter().filter(|case| page(&case.kind) == module).collect()
    }
}

/// The module that a kind of case is about.
fn page(kind: &str) -> &'static str {
    match kind {
        "peft_layer" => "updates",
        "peft_prompt" => "virtual_tokens",
        "peft_attention" => "adaption_prompt",
        "peft_block" => "shadow",
        other => panic!("a kind without a page: {other}"),
    }
}
