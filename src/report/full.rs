//! Code frames in the manner of `rustc`, for people.

use std::io::{self, Write};

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet};

use super::excerpt::{Excerpt, MAX_LINES};
use super::{FileReport, Format, one_line};
use crate::document::{Source, Span};
use crate::lint::{Finding, Fix, Severity};

/// Nobody reads more frames of one file, and each takes a tenth of a millisecond.
const MAX_FRAMES: usize = 1000;

/// Frames with the text at fault; with the escape codes of colours if it is styled.
pub struct Full {
    renderer: Renderer,
}

impl Full {
    /// With the escape codes of colours, or without.
    #[must_use]
    pub fn new(styled: bool) -> Self {
        Self { renderer: if styled { Renderer::styled() } else { Renderer::plain() } }
    }
}

impl Format for Full {
    fn file(&self, file: &FileReport, out: &mut dyn Write) -> io::Result<()> {
        for finding in file.findings.iter().take(MAX_FRAMES) {
            for line in self.renderer.render(&groups(file, finding)).lines().filter(|line| !is_stray(line)) {
                writeln!(out, "{line}")?;
            }
            writeln!(out)?;
        }
        if let Some(more @ 1..) = file.findings.len().checked_sub(MAX_FRAMES) {
            let path = one_line(&file.path);
            writeln!(out, "{path}: {more} more findings, which the concise and JSON formats list\n")?;
        }
        Ok(())
    }
}

/// Whether a line is the mark of a place without a place, which the renderer puts above a frame that has its path
/// apart.
fn is_stray(line: &str) -> bool {
    line.contains(":::") && anstream::adapter::strip_str(line).to_string().trim() == ":::"
}

fn groups<'a>(file: &FileReport, finding: &'a Finding) -> Vec<Group<'a>> {
    let source = &file.document.source;
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(one_line(&finding.message).into_owned()).id(finding.rule.code);
    let group = Group::with_title(title);
    let path = one_line(&file.path);
    let mut group = if file.recognised.kind.is_weights() {
        group.element(Origin::path(path.into_owned()))
    } else {
        frames(group, &path, source, finding)
    };
    let fix = finding.fix.as_ref();
    if let Some(help) = &finding.help
        && fix.is_none_or(|fix| fix.title != help.trim_end_matches('.'))
    {
        group = group.element(Level::HELP.message(one_line(help).into_owned()));
    }
    let mut groups = vec![group];
    groups.extend(fix.map(|fix| suggestion(source, fix)));
    groups
}

/// The guilty place and those that belong to it: in one frame where they are near, else in several.
fn frames<'a>(group: Group<'a>, path: &str, source: &Source, finding: &Finding) -> Group<'a> {
    let line = |at: usize| source.position(at).line;
    let is_long = |span: &Span| line(span.end).saturating_sub(line(span.start)) > MAX_LINES;
    let shown = |span: Span| if is_long(&span) { Span::new(span.start, span.start) } else { span };
    let primary = shown(finding.span);
    let is_near = |span: &Span| !is_long(span) && line(span.start).abs_diff(line(primary.start)) <= MAX_LINES;
    let (near, far): (Vec<_>, Vec<_>) = finding.related.iter().partition(|related| is_near(&related.span));
    let context = |excerpt: &Excerpt, span: Span, label: &str| {
        AnnotationKind::Context.span(excerpt.place(span)).label(one_line(label).into_owned())
    };

    let spans: Vec<_> = std::iter::once(primary).chain(near.iter().map(|related| related.span)).collect();
    let excerpt = Excerpt::around(source, &spans);
    let main = snippet(&excerpt)
        .annotation(AnnotationKind::Primary.span(excerpt.place(primary)))
        .annotations(near.iter().map(|related| context(&excerpt, related.span, &related.label)));
    let mut group = located(group, path, source, &excerpt, primary, main);
    for related in far {
        let span = shown(related.span);
        let excerpt = Excerpt::around(source, &[span]);
        let other = snippet(&excerpt).annotation(context(&excerpt, span, &related.label));
        group = located(group, path, source, &excerpt, span, other);
    }
    group
}

/// Adds a frame with its path, line and column. The frame counts columns by itself, unless its line was cut.
fn located<'a>(
    group: Group<'a>,
    path: &str,
    source: &Source,
    excerpt: &Excerpt,
    span: Span,
    frame: Snippet<'a, Annotation<'a>>,
) -> Group<'a> {
    if !excerpt.is_cut {
        return group.element(frame.path(path.to_owned()));
    }
    let at = source.position(span.start);
    group.element(Origin::path(path.to_owned()).line(at.line).char_column(at.column)).element(frame)
}

fn snippet<'a, T: Clone>(excerpt: &Excerpt) -> Snippet<'a, T> {
    Snippet::source(excerpt.text.clone()).line_start(excerpt.first_line).fold(true)
}

/// A fix as lines that go and lines that come.
fn suggestion<'a>(source: &Source, fix: &'a Fix) -> Group<'a> {
    let title = Level::HELP.secondary_title(one_line(&fix.title).into_owned());
    let spans: Vec<_> = fix.edits.iter().map(|edit| edit.span).collect();
    let lines = |span: &Span| [source.position(span.start).line, source.position(span.end).line];
    let first = spans.iter().flat_map(lines).min().unwrap_or(0);
    let last = spans.iter().flat_map(lines).max().unwrap_or(0);
    let mut group = Group::with_title(title);
    // Of several patches at once, those that take whole lines away would not be shown.
    let apart = first < last && fix.edits.len() > 1 && fix.edits.iter().all(|edit| edit.text.is_empty());
    for edits in fix.edits.chunks(if apart { 1 } else { fix.edits.len().max(1) }) {
        let spans: Vec<_> = edits.iter().map(|edit| edit.span).collect();
        if last - first <= MAX_LINES {
            let excerpt = Excerpt::around(source, &spans);
            let patches: Vec<_> =
                edits.iter().map(|edit| Patch::new(excerpt.place(edit.span), edit.text.clone())).collect();
            group = group.element(snippet(&excerpt).patches(patches));
        }
    }
    if !fix.safe {
        group = group.element(Level::NOTE.message("this fix is not safe: look at it before you take it"));
    }
    group
}
