//! What is wrong with a text, in the words of whoever wrote it, and at the place where it began: parsers tell where they
//! noticed, which may be lines below, and in terms of their grammar.

use crate::document::Span;

/// A flaw that the parser noticed at a place: where it is, and what. `outermost` is the outermost bracket that is open there.
pub(super) fn told(text: &str, at: usize, info: &str, outermost: Option<usize>) -> (Span, String) {
    let scene = Scene { text, at, info };
    scene
        .bracket(outermost)
        .or_else(|| scene.tab())
        .or_else(|| scene.quote())
        .or_else(|| scene.colon())
        .or_else(|| scene.indentation())
        .or_else(|| scene.first_character())
        .unwrap_or_else(|| (scene.character(at), info.to_owned()))
}

struct Scene<'a> {
    text: &'a str,
    at: usize,
    info: &'a str,
}

type Told = Option<(Span, String)>;

impl Scene<'_> {
    fn bracket(&self, outermost: Option<usize>) -> Told {
        let closing = self.text[self.at..].chars().next().filter(|next| matches!(next, ']' | '}'));
        if self.info == "misplaced bracket" {
            return Some((self.character(self.at), "this bracket closes none".to_owned()));
        }
        let start = outermost.filter(|start| self.text[*start..].starts_with(['[', '{']))?;
        let open = self.text[start..].chars().next()?;
        if is_open(&self.text[start..]) {
            return Some((self.character(start), format!("this `{open}` is never closed")));
        }
        let is_wrong = matches!((open, closing?), ('[', '}') | ('{', ']'));
        is_wrong.then(|| (self.character(self.at), format!("this does not close the `{open}` that is open here")))
    }

    fn tab(&self) -> Told {
        if !self.info.split(' ').any(|word| word == "tab" || word == "tabs") {
            return None;
        }
        let before = self.at.checked_sub(1).filter(|before| self.text.as_bytes().get(*before) == Some(&b'\t'));
        let tab = before.or_else(|| Some(self.at + self.text[self.at..].find('\t')?))?;
        Some((self.character(tab), "a tab cannot indent in YAML: use spaces".to_owned()))
    }

    fn quote(&self) -> Told {
        if self.info.starts_with("invalid trailing content after double-quoted") {
            let what = "text behind a closing quote: perhaps an earlier quote is never closed";
            return Some((self.character(self.at), what.to_owned()));
        }
        if self.info.ends_with("found unknown escape character") {
            let what = "a `\\` in double quotes begins an escape, and this is none: write `\\\\`, or use single quotes";
            return Some((self.character(self.at), what.to_owned()));
        }
        let quote = self.text[self.at..].chars().next().filter(|first| matches!(first, '"' | '\''))?;
        let is_scalar = self.info.contains("quoted scalar") && !self.text[self.at + 1..].contains(quote);
        is_scalar.then(|| (self.character(self.at), format!("this `{quote}` is never closed")))
    }

    fn colon(&self) -> Told {
        let is_second = self.info.starts_with("mapping values are not allowed");
        if !is_second && !self.info.starts_with("simple key expect") {
            return None;
        }
        let line = self.line_of(self.at);
        if is_second && self.text[line..self.at].contains(": ") {
            let what = "a second `:` in a line: a text with `: ` in it needs quotes";
            return Some((self.character(self.at), what.to_owned()));
        }
        let before = self.line_before(line)?;
        let line_before = &self.text[before..line];
        if !line_before.contains(": ") && !line_before.trim_end().ends_with(':') {
            let start = before + line_before.len() - line_before.trim_start().len();
            return Some(match line_before.find(':') {
                Some(colon) => (self.character(before + colon), "no space between this `:` and the value".to_owned()),
                None => (Span::new(start, before + line_before.trim_end().len()), "this is no `key: value`".to_owned()),
            });
        }
        is_second.then(|| self.indented()).flatten()
    }

    fn indentation(&self) -> Told {
        let is_of_block = self.info.starts_with("while parsing a block");
        is_of_block.then(|| self.indented()).flatten()
    }

    /// That a line does not stand where those before it do, if what was noticed is in the first word of it.
    fn indented(&self) -> Told {
        let line = self.line_of(self.at);
        let start = line + self.text[line..].len() - self.text[line..].trim_start_matches(' ').len();
        let is_first = start <= self.at && self.text[start..self.at].chars().all(|c| c.is_alphanumeric() || c == '_');
        let column = start - line;
        is_first.then(|| {
            let what = format!("this line is indented by {column}, and no line before it that it could go with is");
            (self.character(start), what)
        })
    }

    fn first_character(&self) -> Told {
        let first = self.text[self.at..].chars().next()?;
        let is_one = self.info.starts_with("unexpected character") || self.info.ends_with("found unknown anchor");
        is_one.then(|| (self.character(self.at), format!("a text that begins with `{first}` needs quotes")))
    }

    fn character(&self, at: usize) -> Span {
        Span::new(at, at + self.text[at..].chars().next().map_or(0, char::len_utf8))
    }

    fn line_of(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |end| end + 1)
    }

    /// The last line before a line that has anything in it.
    fn line_before(&self, line: usize) -> Option<usize> {
        let rest = self.text[..line].trim_end();
        (!rest.is_empty()).then(|| self.line_of(rest.len()))
    }
}

/// Whether the bracket that a text begins with has no other one that closes it, however quotes are read.
fn is_open(text: &str) -> bool {
    let mut depth = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' if depth == 1 => return false,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::document::yaml::parse;

    /// The line, from 1, the text at fault, and what is said of it.
    fn told(text: &str) -> (usize, &str, String) {
        let problem = parse(text).1.into_iter().next().expect("it is no YAML");
        let line = text[..problem.span.start].matches('\n').count() + 1;
        (line, &text[problem.span.start..problem.span.end], problem.detail)
    }

    #[test]
    fn flaws_are_told_where_they_began() {
        let never = |bracket: &str| format!("this `{bracket}` is never closed");
        assert_eq!(told("a: 1\ntargets: [q\nr: 8\n"), (2, "[", never("[")));
        assert_eq!(told("targets: [q, v\n"), (1, "[", never("[")));
        assert_eq!(told("a: {b: 1\nc: [2]\n"), (1, "{", never("{")));
        assert_eq!(told("a: \"b\nc: 2\n"), (1, "\"", never("\"")));
        let tab = "a tab cannot indent in YAML: use spaces".to_owned();
        assert_eq!(told("a: b\n\tc: 2\n"), (2, "\t", tab.clone()));
        assert_eq!(told("a:\n  b: 1\n\tc: 2\n"), (3, "\t", tab));
        let space = "no space between this `:` and the value".to_owned();
        assert_eq!(told("r:8\nbias: none\n"), (1, ":", space.clone()));
        assert_eq!(told("bias: none\nr:8\n"), (2, ":", space));
        assert_eq!(told("list:\n- a\nb\n"), (3, "b", "this is no `key: value`".to_owned()));
        assert_eq!(told("a: b: c\n").0, 1);
        let indented =
            |by: usize| format!("this line is indented by {by}, and no line before it that it could go with is");
        assert_eq!(told("c:\n  a: 1\n b: 2\n"), (3, "b", indented(1)));
        assert_eq!(told("a: 1\n  b: 2\n"), (2, "b", indented(2)));
        assert_eq!(told("a: @b\n"), (1, "@", "a text that begins with `@` needs quotes".to_owned()));
        assert_eq!(told("a: [b}\n").1, "}");
    }
}
