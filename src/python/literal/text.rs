//! Python's string and bytes literals.

use super::{LiteralError, Parsed, Reader};
use crate::python::Object;

/// The letters before a quote, and the quote itself.
#[derive(Clone, Copy)]
pub(super) struct Prefix {
    letters: usize,
    raw: bool,
    bytes: bool,
    formatted: bool,
    quote: char,
    triple: bool,
}

/// What the parts of a literal add up to, as code points: surrogates may stand in pairs.
#[derive(Default)]
struct Units(Vec<u32>);

impl Reader<'_> {
    /// The prefix, if a string begins here.
    pub(super) fn string_prefix(&self) -> Option<Prefix> {
        let rest = &self.text[self.at..];
        let letters = rest.bytes().take(3).position(|byte| byte == b'"' || byte == b'\'')?;
        let prefix = rest.get(..letters)?.to_ascii_lowercase();
        let quote = rest[letters..].chars().next()?;
        let triple = rest[letters..].starts_with(&quote.to_string().repeat(3));
        matches!(prefix.as_str(), "" | "r" | "u" | "b" | "br" | "rb" | "f" | "fr" | "rf").then(|| Prefix {
            letters,
            raw: prefix.contains('r'),
            bytes: prefix.contains('b'),
            formatted: prefix.contains('f'),
            quote,
            triple,
        })
    }

    /// Strings side by side, joined.
    pub(super) fn strings(&mut self) -> Parsed<Object> {
        let start = self.at;
        let mut units = Units::default();
        let mut bytes = None;
        while let Some(prefix) = self.string_prefix() {
            if prefix.formatted {
                return self.fail("a formatted string is not a literal");
            }
            if *bytes.get_or_insert(prefix.bytes) != prefix.bytes {
                return self.fail("text and bytes side by side");
            }
            self.string(prefix, &mut units)?;
            self.skip_blanks();
        }
        if bytes == Some(true) {
            return Ok(Object::Bytes(units.0.into_iter().map(|unit| unit.to_le_bytes()[0]).collect()));
        }
        match units.into_text() {
            Some(text) => Ok(Object::Str(text)),
            None => Err(LiteralError {
                at: start,
                message: "a lone surrogate, which has no place in UTF-8".to_owned(),
                beyond_reach: true,
            }),
        }
    }

    fn string(&mut self, prefix: Prefix, units: &mut Units) -> Parsed<()> {
        let start = self.at;
        let close = prefix.quote.to_string().repeat(if prefix.triple { 3 } else { 1 });
        self.at += prefix.letters + close.len();
        loop {
            if self.starts_with(&close) {
                self.at += close.len();
                return Ok(());
            }
            match self.peek() {
                Some('\n' | '\r') if !prefix.triple => break,
                None => break,
                Some('\r') => {
                    self.at += if self.starts_with("\r\n") { 2 } else { 1 };
                    units.push('\n');
                }
                Some('\\') => self.escape(prefix, units)?,
                Some(c) if prefix.bytes && !c.is_ascii() => return self.fail("bytes are written in ASCII"),
                Some(c) => {
                    self.at += c.len_utf8();
                    units.push(c);
                }
            }
        }
        self.at = start;
        self.fail("a string does not end")
    }

    /// A backslash and what belongs to it.
    fn escape(&mut self, prefix: Prefix, units: &mut Units) -> Parsed<()> {
        let start = self.at;
        self.at += 1;
        let Some(c) = self.peek() else {
            return Ok(());
        };
        if prefix.bytes && !c.is_ascii() {
            return self.fail("bytes are written in ASCII");
        }
        if prefix.raw {
            units.push('\\');
            if c != '\r' {
                self.at += c.len_utf8();
                units.push(c);
            }
            return Ok(());
        }
        if c != '\r' {
            self.at += c.len_utf8();
        }
        let plain = match c {
            '\n' => return Ok(()),
            '\r' => {
                self.at += if self.starts_with("\r\n") { 2 } else { 1 };
                return Ok(());
            }
            '\\' | '\'' | '"' => c,
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '0'..='7' => {
                self.octal(start, units);
                return Ok(());
            }
            'x' => return self.hex(start, 2, units),
            'u' if !prefix.bytes => return self.hex(start, 4, units),
            'U' if !prefix.bytes => return self.hex(start, 8, units),
            'N' if !prefix.bytes => {
                self.at = start;
                let named = self.text[start + 2..].starts_with('{');
                return Err(LiteralError {
                    at: start,
                    message: "characters by name (`\\N{…}`) are not read here; write the character".to_owned(),
                    beyond_reach: named,
                });
            }
            _ => {
                units.push('\\');
                c
            }
        };
        units.push(plain);
        Ok(())
    }

    /// Up to three octal digits behind the backslash at `start`.
    fn octal(&mut self, start: usize, units: &mut Units) {
        let rest = &self.text[start + 1..];
        let length = rest.bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
        self.at = start + 1 + length;
        units.0.push(u32::from_str_radix(&rest[..length], 8).unwrap_or(0));
    }

    fn hex(&mut self, start: usize, length: usize, units: &mut Units) -> Parsed<()> {
        let digits = self.text.get(self.at..self.at + length).unwrap_or_default();
        let valid = digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        match u32::from_str_radix(digits, 16) {
            Ok(unit) if valid && unit <= u32::from(char::MAX) => {
                self.at += length;
                units.0.push(unit);
                Ok(())
            }
            _ => {
                self.at = start;
                self.fail(format!("an escape needs {length} hexadecimal digits of a character"))
            }
        }
    }
}

impl Units {
    fn push(&mut self, c: char) {
        self.0.push(u32::from(c));
    }

    /// The text; pairs of surrogates become the character that JSON makes of them. `None` for a lone surrogate.
    fn into_text(self) -> Option<String> {
        let units = self.0.into_iter().flat_map(|unit| match (char::from_u32(unit), u16::try_from(unit)) {
            (Some(c), _) => c.encode_utf16(&mut [0; 2]).to_vec(),
            (None, Ok(surrogate)) => vec![surrogate],
            (None, Err(_)) => Vec::new(),
        });
        char::decode_utf16(units).collect::<Result<String, _>>().ok()
    }
}
