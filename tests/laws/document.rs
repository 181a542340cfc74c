//! Laws of the readers, on generated texts.

use adapter_spec::document::{Document, Format, Kind, Node, ProblemKind, Source, Span, json, pointer, yaml};
use adapter_spec::lint::{Options, lint};
use adapter_spec::report::concise::Concise;
use adapter_spec::report::json::Json;
use adapter_spec::report::{self, FileReport, write_all};
use adapter_spec::value::Value;
use proptest::prelude::*;

/// JSON values such as `serde_json` writes them.
fn json_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        any::<f64>().prop_filter("JSON has finite numbers only", |f| f.is_finite()).prop_map(Into::into),
        any::<String>().prop_map(Into::into),
        "[a-z_]{1,8}".prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Into::into),
            prop::collection::vec((any::<String>(), inner), 0..8)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Texts that are nearly JSON: its tokens, and what people write for them, in any order.
fn nearly_json() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"r\"",
        "'b'",
        "\"\\ud800\"",
        "\"\\ud83d\\ude00\"",
        "\"\\x\"",
        "\"\t\"",
        "\"ä\u{1f600}\"",
        "1",
        "-1",
        "0",
        "-0",
        "01",
        "1.5",
        "1e5",
        "1E400",
        "-",
        ".5",
        "5.",
        "+1",
        "0x1F",
        "NaN",
        "-Infinity",
        "true",
        "false",
        "null",
        "True",
        "None",
        "key",
        "a-b",
        "// c\n",
        "/* c */",
        "/*",
        "\"",
        " ",
        "\n",
        "\r\n",
        "\t",
        "\u{feff}",
        "\u{a0}",
        "\0",
        "é",
        "@",
        ";",
        "\\",
    ]);
    prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat())
}

/// JSON texts with one character taken out or put in.
fn bruised_json() -> impl Strategy<Value = String> {
    (json_value(), any::<prop::sample::Index>(), prop::option::of(any::<char>()), any::<bool>()).prop_map(
        |(value, at, put, pretty)| {
            let text = if pretty { format!("{value:#}") } else { value.to_string() };
            let mut characters: Vec<_> = text.chars().collect();
            let at = at.index(characters.len());
            match put {
                Some(c) => characters.insert(at, c),
                None => _ = characters.remove(at),
            }
            characters.into_iter().collect()
        },
    )
}

fn nearly_yaml() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "a",
        "b",
        ": ",
        ":",
        "- ",
        "-",
        "\n",
        "  ",
        "\n  ",
        "\n- ",
        "&x ",
        "*x",
        "!!str ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "\"q\"",
        "'s'",
        "|\n  ",
        ">-\n  ",
        "# c",
        "---\n",
        "...\n",
        "<<: ",
        "? ",
        "1",
        "1_000",
        "0x1f",
        "yes",
        "~",
        ".inf",
        "1e3",
        "2020-01-01",
        "ä",
        "\u{feff}",
        "\t",
        "%YAML 1.1\n",
    ]);
    prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat())
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), nearly_json(), bruised_json(), nearly_yaml()]
}

/// Everything the library does with a file; a panic is all that can go wrong.
fn judge(bytes: Vec<u8>, format: Format, name: &str) -> FileReport {
    let document = Document::read(bytes, format);
    let linted = lint(&document, name, &Options::default());
    FileReport::new(name, document, linted)
}

fn check_report(report: FileReport) {
    let source = &report.document.source;
    let length = source.text().len();
    // A pointer cannot lead to the first of two equal keys.
    let repeats = report.document.problems.iter().any(|problem| problem.kind == ProblemKind::DuplicateKey);
    for finding in &report.findings {
        let fix = finding.fix.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        for span in fix.chain([finding.span]).chain(finding.related.iter().map(|related| related.span)) {
            assert!(span.start <= span.end && span.end <= length, "{span:?} of {length}: {}", finding.message);
            assert!(source.text().get(span.start..span.end).is_some(), "{span:?} splits a character");
        }
        // What is missing is pointed at where it would be.
        let parent = finding.pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        let leads =
            |root| [finding.pointer.as_str(), parent].iter().any(|pointer| pointer::find(root, pointer).is_some());
        let is_found = repeats || report.document.root.as_ref().is_none_or(leads);
        assert!(is_found, "{} leads nowhere: {:?}", finding.pointer, source.text());
    }
    let reports = [report];
    let write = |format: &dyn report::Format| {
        write_all(format, &reports, &mut Vec::new()).expect("a vector can be written to");
    };
    write(&Concise);
    write(&Json);
    #[cfg(feature = "cli")]
    write(&adapter_spec::report::full::Full::new(true));
}

/// Calls `check` for a value and everything in it.
fn each(node: &Node, check: &mut impl FnMut(&Node)) {
    check(node);
    match &node.kind {
        Kind::Leaf(_) => {}
        Kind::List(items) => items.iter().for_each(|item| each(item, check)),
        Kind::Map(members) => members.iter().for_each(|member| each(&member.node, check)),
    }
}

/// Whether both are the same value; `serde_json` makes floats of integers beyond 64 bits.
fn is_same(ours: &Value, theirs: &serde_json::Value) -> bool {
    match (ours, theirs) {
        (Value::Int(int), serde_json::Value::Number(number)) => {
            int.as_str() == number.to_string() || number.as_f64() == Some(int.as_f64())
        }
        (Value::Float(float), serde_json::Value::Number(number)) => number.as_f64() == Some(*float),
        (Value::List(ours), serde_json::Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| is_same(ours, theirs))
        }
        (Value::Map(ours), serde_json::Value::Object(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().zip(theirs).all(|((a, ours), (b, theirs))| a == b && is_same(ours, theirs))
        }
        (ours, theirs) => ours.to_json() == *theirs,
    }
}

/// `text` is accepted by both readers, or by neither.
fn agrees_with_serde(text: &str) -> Result<(), TestCaseError> {
    let (root, problems) = json::parse(text);
    let kinds: Vec<_> = problems.iter().map(|problem| problem.kind).collect();
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(theirs) => {
            prop_assert!(kinds.iter().all(|kind| *kind == ProblemKind::DuplicateKey), "{text:?}: {problems:?}");
            let ours = root.expect("a text without problems has a value").to_value();
            prop_assert!(is_same(&ours, &theirs), "{text:?}: {ours:?}, {theirs:?}");
        }
        Err(error) => {
            let found = kinds.iter().any(|kind| *kind != ProblemKind::DuplicateKey);
            prop_assert!(found || text.starts_with('\u{feff}'), "{text:?}: {error}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_can_be_judged(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        check_report(judge(bytes.clone(), Format::Json, "adapter_config.json"));
        check_report(judge(bytes, Format::Yaml, "a/b.yaml"));
    }

    #[test]
    fn any_text_can_be_judged(text in any_text()) {
        check_report(judge(text.clone().into_bytes(), Format::Json, "adapter_config.json"));
        check_report(judge(text.clone().into_bytes(), Format::Yaml, "a/b.yaml"));
        let utf16 = text.encode_utf16().flat_map(u16::to_le_bytes);
        check_report(judge([0xff, 0xfe].into_iter().chain(utf16).collect(), Format::Json, ""));
    }

    #[test]
    fn json_is_read_as_it_was_written(value in json_value(), pretty: bool) {
        let text = if pretty { format!("{value:#}") } else { value.to_string() };
        let (root, problems) = json::parse(&text);
        prop_assert_eq!(problems, []);
        let read = root.expect("there is a value").to_value();
        prop_assert!(is_same(&read, &value), "{:?}", read);
        prop_assert_eq!(Value::from(&value), read);
    }

    #[test]
    fn json_is_accepted_where_serde_accepts_it(text in prop_oneof![any::<String>(), nearly_json(), bruised_json()]) {
        agrees_with_serde(&text)?;
    }

    #[test]
    fn a_span_is_the_text_of_its_value(value in json_value()) {
        let text = format!("\n {value:#}\t");
        let (root, _) = json::parse(&text);
        each(&root.expect("there is a value"), &mut |node| {
            let (again, problems) = json::parse(&text[node.span.start..node.span.end]);
            assert_eq!(problems, []);
            assert_eq!(again.map(|again| again.to_value()), Some(node.to_value()));
        });
    }

    #[test]
    fn a_pointer_leads_back_to_its_place(value in json_value()) {
        let text = value.to_string();
        let (root, _) = json::parse(&text);
        let root = root.expect("there is a value");
        each(&root, &mut |node| {
            let pointer = pointer::at(&root, Span::new(node.span.start, node.span.start));
            assert_eq!(pointer::find(&root, &pointer).map(|(found, _)| found.span), Some(node.span));
            let without_slash = pointer.get(1..).filter(|rest| !rest.is_empty() && !rest.starts_with('/'));
            assert!(without_slash.is_none_or(|rest| pointer::find(&root, rest).is_none()), "{pointer}");
        });
    }

    #[test]
    fn yaml_scalars_keep_their_places(text in nearly_yaml()) {
        let (root, _) = yaml::parse(&text);
        if let Some(root) = root {
            each(&root, &mut |node| {
                assert!(text.get(node.span.start..node.span.end).is_some(), "{:?} of {text:?}", node.span);
            });
        }
    }

    #[test]
    fn positions_go_with_the_bytes(text in any::<String>()) {
        let source = Source::new(text.clone());
        let places: Vec<_> = (0..=text.len() + 1).map(|at| source.position(at)).collect();
        prop_assert!(places.is_sorted());
        for (at, c) in text.char_indices() {
            let (here, next) = (source.position(at), source.position(at + c.len_utf8()));
            let expected = if c == '\n' { (here.line + 1, 1) } else { (here.line, here.column + 1) };
            prop_assert_eq!((next.line, next.column, next.offset), (expected.0, expected.1, at + c.len_utf8()));
        }
    }

    #[test]
    fn fixes_of_the_text_leave_nothing_to_fix(text in bruised_json()) {
        // A fix may uncover a flaw, but must never leave its own finding as it was.
        let report = judge(text.into_bytes(), Format::Json, "");
        let source = report.document.source.text();
        for finding in &report.findings {
            for edit in finding.fix.iter().filter(|fix| fix.safe).flat_map(|fix| &fix.edits) {
                prop_assert_ne!(&source[edit.span.start..edit.span.end], edit.text.as_str());
            }
        }
    }
}
