//! Any bytes can be judged and reported on, and what is reported is well-formed. A second text, behind a separator, is the
//! config of the base model.
#![no_main]

use adapter_spec::dialects::Target;
use adapter_spec::document::{Document, Format};
use adapter_spec::lint::{Options, lint};
use adapter_spec::models::Model;
use adapter_spec::report::concise::Concise;
use adapter_spec::report::json::Json;
use adapter_spec::report::{FileReport, write_all};

/// JSON and YAML have no place for it.
const SEPARATOR: u8 = 0x1e;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut texts = bytes.splitn(2, |byte| *byte == SEPARATOR);
    let config = texts.next().unwrap_or_default();
    let model = match texts.next() {
        Some(text) => Document::read(text.to_vec(), Format::Json).root.as_ref().and_then(Model::from_config),
        None => Model::well_known("bert-base-uncased"),
    };
    let wanted = ["adapter-transformers@2.3.0", "peft@0.12.0", "vllm@0.11.0", "vllm@0.33.0"]
        .map(|target| target.parse::<Target>().expect("a known release"))
        .map(|target| Options { targets: target.into(), ..Options::default() })
        .into_iter()
        .chain([Options { model, ..Options::default() }, Options::default()]);
    let wanted: Vec<_> = wanted.collect();
    let files = [(Format::Json, "adapter_config.json"), (Format::Json, ""), (Format::Yaml, "adapters/a/b.yaml")];
    let reports = files.map(|(format, name)| {
        let document = Document::read(config.to_vec(), format);
        let mut judged = wanted.iter().map(|options| lint(&document, name, options));
        let mut linted = judged.next().expect("there are releases");
        for other in judged {
            linted.findings.extend(other.findings);
        }
        FileReport::new(name, document, linted)
    });
    for report in &reports {
        is_sound(report);
    }
    let (mut lines, mut data) = (Vec::new(), Vec::new());
    write_all(&Concise, &reports, &mut lines).expect("a vector can be written to");
    write_all(&Json, &reports, &mut data).expect("a vector can be written to");
    let findings: usize = reports.iter().map(|report| report.findings.len()).sum();
    assert!(lines.iter().filter(|byte| **byte == b'\n').count() <= findings + 1, "one line for a finding");
    assert!(serde_json::from_slice::<serde_json::Value>(&data).is_ok());
});

/// Findings and their fixes stand within the text.
fn is_sound(report: &FileReport) {
    let text = report.document.source.text();
    for finding in &report.findings {
        assert!(text.get(finding.span.start..finding.span.end).is_some(), "{finding:?}");
        for edit in finding.fix.iter().flat_map(|fix| &fix.edits) {
            assert!(text.get(edit.span.start..edit.span.end).is_some(), "{finding:?}");
        }
    }
}
