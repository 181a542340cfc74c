//! Whatever the text: judging it as any kind of card neither panics nor points outside of it.

use adapter_spec::dialects::adapterhub::hub::{AdapterCard, Card, check_repository};
use adapter_spec::document::{Document, Format};
use adapter_spec::lint::{Finding, Options, lint};
use proptest::prelude::*;

const PATHS: [&str; 7] = [
    "adapters/example-org/card.yaml",
    "adapters/card.yaml",
    "architectures/pfeiffer.yaml",
    "tasks/text_task/nli.yaml",
    "subtasks/text_task/nli_multinli.yaml",
    "adapter_types/text_task.yaml",
    "elsewhere.yaml",
];

/// Values as people write them, and as they should not.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "nli",
            "'1'",
            "1.0",
            "2021-04-08",
            "2021-13-45",
            "1:30",
            "no",
            "~",
            "=",
            "<<",
            ".nan",
            "0x1F",
            "*a",
            "&a x",
            "!!str 1",
            "!t x",
            "!!python/none x",
            "[a, {b: c}]",
            "{using: pfeiffer}",
            "|\n  é",
            ">-\n  x",
            "\t",
            "# c",
            "'a b '",
            "\"\\u00e9\"",
            "text_task",
            "https://example.org/a b",
            "a@b;c@d",
            "\n  using: 1.0",
            "\n- version: 1.0\n  sha1: ''",
            "\n  <<: {a: 1}",
            "\n  ? [a]\n  : b",
            "-1",
            "é",
        ])
        .prop_map(str::to_owned),
        "[ -~é\\n\\t]{0,12}",
    ]
}

fn card() -> impl Strategy<Value = String> {
    let keys = vec![
        "type",
        "task",
        "subtask",
        "model_name",
        "config",
        "default_version",
        "files",
        "email",
        "url",
        "name",
        "displayname",
        "description",
        "config_v1",
        "id",
        "metric",
        "dependencies",
        "hidden_size",
        "zz",
        "<<",
        "on",
    ];
    let line = (prop::sample::select(keys), value()).prop_map(|(key, value)| format!("{key}: {value}\n"));
    prop::collection::vec(line, 0..12).prop_map(|lines| lines.concat())
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => card().prop_map(String::into_bytes),
        1 => "\\PC{0,60}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..60),
    ]
}

fn lies_within(finding: &Finding, document: &Document) -> bool {
    document.source.text().get(finding.span.start..finding.span.end).is_some()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_can_be_judged(bytes in text(), other in text()) {
        let documents = [Document::read(bytes, Format::Yaml), Document::read(other, Format::Yaml)];
        for path in PATHS {
            for finding in lint(&documents[0], path, &Options::default()).findings {
                prop_assert!(lies_within(&finding, &documents[0]), "{} {:?}", finding.rule.code, finding.span);
            }
        }
        if let Some(root) = &documents[0].root {
            let _ = serde_json::from_value::<AdapterCard>(root.to_json());
        }
        let cards: Vec<_> = PATHS.iter().flat_map(|path| documents.iter().map(|document| Card { path, document })).collect();
        for (index, finding) in check_repository(&cards) {
            prop_assert!(lies_within(&finding, cards[index].document), "{} {:?}", finding.rule.code, finding.span);
        }
    }
}
