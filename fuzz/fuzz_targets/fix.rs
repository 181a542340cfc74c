//! Any text can be mended: it gets no worse, and mending it again changes nothing. The first byte says what the file is
//! called, and which fixes are taken.
#![no_main]

use adapter_spec::document::{Document, Format};
use adapter_spec::fix::{Safety, mend_file};
use adapter_spec::lint::{Options, Severity, lint_all};

const FILES: [(Format, &str); 4] = [
    (Format::Json, "adapter_config.json"),
    (Format::Json, "head_config.json"),
    (Format::Json, "config.json"),
    (Format::Yaml, "adapters/a/b.yaml"),
];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((kind, text)) = bytes.split_first() else { return };
    // Other text stays as it is, and is not the text that is shown.
    let Ok(text) = std::str::from_utf8(text) else { return };
    let (format, name) = FILES[usize::from(*kind) % FILES.len()];
    let safety = if usize::from(*kind) / FILES.len() % 2 == 0 { Safety::Safe } else { Safety::Unsafe };
    let options = Options::default();
    let before = Document::read(text.as_bytes().to_vec(), format);
    // An ASCII character and a NUL: it is taken for UTF-16, and stays as it is, too.
    if before.source.text() != text {
        return;
    }
    let mended = mend_file(&before, name, format, &options, safety);
    let after = mended.document.source.text();
    assert_eq!(mended.fixed.is_empty(), after == before.source.text());
    if before.is_readable() {
        assert!(mended.document.is_readable(), "it cannot be read any more: {after}");
        assert!(errors(&mended.document, name) <= errors(&before, name), "it has more errors: {after}");
    }
    if mended.is_finished {
        let again = mend_file(&Document::read(after.as_bytes().to_vec(), format), name, format, &options, safety);
        assert_eq!(again.document.source.text(), after, "a second run changes it again");
    }
});

fn errors(document: &Document, name: &str) -> usize {
    let findings = lint_all(document, name, &Options::default()).findings;
    findings.iter().filter(|finding| finding.severity == Severity::Error).count()
}
