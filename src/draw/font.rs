//! How wide text is. Pictures are laid out with the letters of DejaVu, which are wider than those of the usual sans
//! serif fonts: what fits with them fits everywhere.

use std::sync::LazyLock;

use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider as _};

use super::scene::{Line, Span, Style};
use crate::packed::packed;

/// The letters of text.
pub(super) static SANS: LazyLock<Vec<u8>> = LazyLock::new(|| packed!("DejaVuSans.ttf"));
/// Those of headings.
pub(super) static BOLD: LazyLock<Vec<u8>> = LazyLock::new(|| packed!("DejaVuSans-Bold.ttf"));
/// Those of keys.
pub(super) static MONO: LazyLock<Vec<u8>> = LazyLock::new(|| packed!("DejaVuSansMono.ttf"));

/// Of a font, what widths need.
struct Face(Option<FontRef<'static>>);

impl Face {
    fn of(data: &'static [u8]) -> Self {
        Self(FontRef::new(data).ok())
    }

    /// The width of a text in the font's own size.
    fn width(&self, text: &str) -> f64 {
        let Some(font) = &self.0 else { return text.chars().count() as f64 };
        let (letters, metrics) = (font.charmap(), GlyphMetrics::new(font, Size::new(1.0), LocationRef::default()));
        // What the font does not have is as wide as the widest: an ideograph.
        let of = |c| letters.map(c).and_then(|glyph| metrics.advance_width(glyph)).map_or(1.0, f64::from);
        text.chars().map(of).sum()
    }
}

static FACES: LazyLock<[Face; 3]> = LazyLock::new(|| [Face::of(&SANS), Face::of(&BOLD), Face::of(&MONO)]);

impl Style {
    /// The size of the letters in pixels.
    pub(super) fn size(self) -> f64 {
        match self {
            Self::Title => 20.0,
            Self::Heading => 14.0,
            Self::Plain => 12.5,
            Self::Muted | Self::Member(_) | Self::Warning => 12.0,
            Self::Key => 11.5,
        }
    }

    fn face(self) -> &'static Face {
        let index = match self {
            Self::Title | Self::Heading | Self::Member(_) => 1,
            Self::Key => 2,
            _ => 0,
        };
        &FACES[index]
    }
}

/// The width of a piece of text in pixels.
pub(super) fn width(style: Style, text: &str) -> f64 {
    style.face().width(text) * style.size()
}

/// The width of a line in pixels.
pub(super) fn line_width(line: &[Span]) -> f64 {
    line.iter().map(|span| width(span.style, &span.text)).sum()
}

/// The line in as many lines as it needs to be at most so wide. A word that is wider is cut.
pub(super) fn wrap(line: &Line, limit: f64) -> Vec<Line> {
    let mut lines: Vec<Line> = vec![Vec::new()];
    let mut used = 0.0;
    for span in line {
        for word in span.text.split_inclusive(' ') {
            let word = cut(span.style, word, limit);
            let bare = width(span.style, word.trim_end());
            if used > 0.0 && used + bare > limit {
                lines.push(Vec::new());
                used = 0.0;
            }
            used += width(span.style, &word);
            let current = lines.last_mut().expect("there is one from the beginning");
            match current.last_mut().filter(|last| last.style == span.style) {
                Some(last) => last.text.push_str(&word),
                None => current.push(Span::new(span.style, word)),
            }
        }
    }
    lines
}

/// The text, or as much of its beginning as fits.
pub(super) fn cut(style: Style, text: &str, limit: f64) -> String {
    if width(style, text.trim_end()) <= limit {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = width(style, "…");
    for c in text.chars() {
        used += width(style, c.encode_utf8(&mut [0; 4]));
        if used > limit {
            break;
        }
        kept.push(c);
    }
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::{cut, line_width, width, wrap};
    use crate::draw::scene::{Style, line};

    #[test]
    fn widths_are_those_of_the_font() {
        assert!((width(Style::Key, "abc") - 3.0 * 0.602 * 11.5).abs() < 0.1);
        assert!(width(Style::Plain, "WWW") > width(Style::Plain, "iii"));
        assert!((width(Style::Plain, "漢") - 12.5).abs() < 1e-9);
    }

    #[test]
    fn lines_are_not_wider_than_asked() {
        let long = line(Style::Plain, "one two three, and a word of immense and immeasurable lengthlengthlengthlength");
        let lines = wrap(&long, 80.0);
        assert!(lines.len() > 3 && lines.iter().all(|line| line_width(line) <= 85.0), "{lines:?}");
        assert_eq!(cut(Style::Plain, "ab", 100.0), "ab");
        assert!(cut(Style::Plain, &"ab".repeat(100), 100.0).ends_with('…'));
    }
}
