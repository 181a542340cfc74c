//! JUnit's XML, which most services of continuous integration show as tests. A file is a suite, a finding a case, which
//! fails if it is an error; a file without findings is one case that passes.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::location::{slashed, told};
use super::{FileReport, Format, Totals};
use crate::lint::{Finding, Severity};

/// An XML text of suites.
pub struct Junit;

impl Format for Junit {
    fn head(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut xml = Writer::new(out);
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        xml.get_mut().write_all(b"\n")?;
        xml.write_event(Event::Start(BytesStart::new("testsuites").with_attributes([("name", "adapter-lint")])))
    }

    fn file(&self, file: &FileReport, out: &mut dyn Write) -> io::Result<()> {
        let path = clean(&slashed(&file.path));
        let cases: Vec<_> = file.findings.iter().map(|finding| case(file, finding)).collect();
        let cases = if cases.is_empty() { vec![Case::passed("no findings")] } else { cases };
        write_suite(out, &path, &cases)
    }

    fn tail(&self, totals: &Totals, out: &mut dyn Write) -> io::Result<()> {
        if !totals.failures.is_empty() {
            let cases: Vec<_> = totals.failures.iter().map(|failure| Case::unfinished(failure)).collect();
            write_suite(out, "adapter-lint", &cases)?;
        }
        let mut xml = Writer::new(out);
        xml.get_mut().write_all(b"\n")?;
        xml.write_event(Event::End(BytesEnd::new("testsuites")))?;
        xml.get_mut().write_all(b"\n")
    }
}

struct Case {
    name: String,
    ending: Option<Ending>,
}

/// The element that says how a case ended, what its attributes are, and its text.
type Ending = (&'static str, Vec<(&'static str, String)>, String);

impl Case {
    fn passed(name: &str) -> Self {
        Self { name: name.to_owned(), ending: None }
    }

    fn unfinished(failure: &str) -> Self {
        let message = ("message", clean(failure));
        Self { name: "work that could not be done".to_owned(), ending: Some(("error", vec![message], clean(failure))) }
    }

    fn is(&self, ending: &str) -> bool {
        self.ending.as_ref().is_some_and(|(element, ..)| *element == ending)
    }
}

fn case(file: &FileReport, finding: &Finding) -> Case {
    let severity = finding.severity.as_str();
    let at = file.document.source.position(finding.span.start);
    let place = if file.recognised.kind.is_weights() { String::new() } else { format!("{}:{}: ", at.line, at.column) };
    let text = clean(&format!("{place}{severity}: {}", told(finding)));
    let attributes = vec![("message", clean(&finding.message)), ("type", severity.to_owned())];
    let ending = match finding.severity {
        Severity::Error => ("failure", attributes, text),
        Severity::Warning | Severity::Note => ("system-out", Vec::new(), text),
    };
    Case { name: format!("{} {}", finding.rule.code, finding.rule.name()), ending: Some(ending) }
}

fn write_suite(out: &mut dyn Write, name: &str, cases: &[Case]) -> io::Result<()> {
    let count = |ending: &str| cases.iter().filter(|case| case.is(ending)).count().to_string();
    let (failures, errors) = (count("failure"), count("error"));
    let mut xml = Writer::new(out);
    xml.get_mut().write_all(b"\n  ")?;
    xml.write_event(Event::Start(BytesStart::new("testsuite").with_attributes([
        ("name", name),
        ("tests", &cases.len().to_string()),
        ("failures", &failures),
        ("errors", &errors),
    ])))?;
    for case in cases {
        xml.get_mut().write_all(b"\n    ")?;
        let start = BytesStart::new("testcase").with_attributes([("classname", name), ("name", &case.name)]);
        let Some((element, attributes, text)) = &case.ending else {
            xml.write_event(Event::Empty(start))?;
            continue;
        };
        xml.write_event(Event::Start(start))?;
        let attributes = attributes.iter().map(|(key, value)| (*key, value.as_str()));
        xml.write_event(Event::Start(BytesStart::new(*element).with_attributes(attributes)))?;
        xml.write_event(Event::Text(BytesText::new(text)))?;
        xml.write_event(Event::End(BytesEnd::new(*element)))?;
        xml.write_event(Event::End(BytesEnd::new("testcase")))?;
    }
    xml.get_mut().write_all(b"\n  ")?;
    xml.write_event(Event::End(BytesEnd::new("testsuite")))
}

/// Text without the characters that XML has no way to write, not even escaped.
fn clean(text: &str) -> String {
    let is_allowed = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}') || matches!(c, '\n' | '\t');
    let mut cleaned = String::with_capacity(text.len());
    for c in text.chars() {
        if is_allowed(c) { cleaned.push(c) } else { cleaned.extend(c.escape_unicode()) }
    }
    cleaned
}
