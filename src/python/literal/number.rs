//! Python's number literals.

use super::{Form, Parsed, Read, Reader};
use crate::python::Object;
use crate::value::{Int, MAX_INT_DIGITS};

impl Reader<'_> {
    pub(super) fn number(&mut self) -> Parsed<Read> {
        let start = self.at;
        let radix = match self.text.as_bytes().get(start..start + 2) {
            Some(b"0x" | b"0X") => Some(16),
            Some(b"0o" | b"0O") => Some(8),
            Some(b"0b" | b"0B") => Some(2),
            _ => None,
        };
        let object = match radix {
            Some(radix) => {
                self.at += 2;
                let digits = self.digits(radix, true)?;
                let Some(int) = Int::from_radix(&digits, radix, MAX_INT_DIGITS) else {
                    self.at = start;
                    // Python reads it, but cannot print it.
                    return self.fail(format!("an integer has more than {MAX_INT_DIGITS} digits"));
                };
                Object::Int(int)
            }
            None => self.decimal()?,
        };
        if self.peek().is_some_and(|c| c == '_' || c.is_alphanumeric()) {
            return self.fail("a number runs into a word");
        }
        Ok(Read { object, form: Form::Number })
    }

    fn decimal(&mut self) -> Parsed<Object> {
        let start = self.at;
        let mut text = if self.peek() == Some('.') { String::new() } else { self.digits(10, false)? };
        let mut whole = true;
        if self.peek() == Some('.') {
            self.at += 1;
            whole = false;
            text.push('.');
            if self.peek().is_some_and(|c| c.is_ascii_digit()) {
                text.push_str(&self.digits(10, false)?);
            } else if text == "." {
                return self.fail("a number needs digits");
            }
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            let rest = &self.text.as_bytes()[self.at + 1..];
            let signed = usize::from(matches!(rest.first(), Some(b'+' | b'-')));
            if rest.get(signed).is_some_and(u8::is_ascii_digit) {
                text.push_str(&self.text[self.at..=self.at + signed]);
                self.at += 1 + signed;
                whole = false;
                text.push_str(&self.digits(10, false)?);
            }
        }
        let imaginary = matches!(self.peek(), Some('j' | 'J'));
        if imaginary || !whole {
            let Ok(float) = text.parse::<f64>() else {
                self.at = start;
                return self.fail("not a number");
            };
            self.at += usize::from(imaginary);
            return Ok(if imaginary { Object::Complex(0.0, float) } else { Object::Float(float) });
        }
        if text.starts_with('0') && text.bytes().any(|byte| byte != b'0') {
            self.at = start;
            return self.fail("an integer does not begin with 0; an octal one begins with 0o");
        }
        if text.len() > MAX_INT_DIGITS {
            self.at = start;
            return self.fail(format!("an integer has more than {MAX_INT_DIGITS} digits"));
        }
        match Int::parse(&text) {
            Some(int) => Ok(Object::Int(int)),
            None => self.fail("not a number"),
        }
    }

    /// Digits with single underscores between them, which are dropped; `lead` allows one before the first.
    fn digits(&mut self, radix: u32, lead: bool) -> Parsed<String> {
        let mut digits = String::new();
        while let Some(c) = self.peek() {
            if c == '_' && (lead || !digits.is_empty()) {
                let next = self.text[self.at + 1..].chars().next();
                if !next.is_some_and(|c| c.is_digit(radix)) {
                    return self.fail("an underscore must stand between digits");
                }
            } else if c.is_digit(radix) {
                digits.push(c);
            } else {
                break;
            }
            self.at += 1;
        }
        if digits.is_empty() { self.fail("digits are missing") } else { Ok(digits) }
    }
}

pub(super) fn negated(int: &Int) -> Int {
    let text = match int.as_str().strip_prefix('-') {
        Some(digits) => digits.to_owned(),
        None => format!("-{int}"),
    };
    Int::parse(&text).unwrap_or_else(|| int.clone())
}

#[cfg(test)]
mod tests {
    use crate::python::{Object, literal_eval};
    use crate::value::Int;

    #[test]
    fn integers_of_other_bases_are_exact_or_refused() {
        let read = |text: &str| literal_eval(text).expect("Python reads it");
        assert_eq!(
            read("0xffff_ffff_ffff_ffff_ffff"),
            Object::Int(Int::parse("1208925819614629174706175").expect("digits"))
        );
        let Object::Int(most) = read(&format!("0b1{}", "0".repeat(14_284))) else { panic!("it is an integer") };
        assert_eq!((most.as_str().len(), &most.as_str()[..8]), (4300, "81744410"));
        assert!(literal_eval(&format!("0b1{}", "0".repeat(14_285))).is_err());
    }
}
