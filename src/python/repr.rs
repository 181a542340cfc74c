/// A float as `repr` prints it: the fewest digits that read back as the same number, with an exponent from `1e+16`
/// up and below `0.0001`.
#[must_use]
pub fn float_repr(f: f64) -> String {
    if f.is_nan() {
        return "nan".to_owned();
    }
    if f.is_infinite() {
        return if f > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    // `{:e}` prints the shortest digits that round-trip; only their layout differs from Python's.
    let text = format!("{:e}", f.abs());
    let sign = if f.is_sign_negative() { "-" } else { "" };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits = mantissa.replace('.', "");
    let body = match usize::try_from(exponent) {
        Ok(point) if point < 16 => {
            let whole = point + 1;
            if digits.len() <= whole {
                format!("{digits:0<whole$}.0")
            } else {
                format!("{}.{}", &digits[..whole], &digits[whole..])
            }
        }
        Err(_) if exponent >= -4 => {
            let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
            format!("0.{}{digits}", "0".repeat(zeros))
        }
        _ => {
            let (first, rest) = digits.split_at(1);
            let point = if rest.is_empty() { "" } else { "." };
            let direction = if exponent < 0 { '-' } else { '+' };
            format!("{first}{point}{rest}e{direction}{:02}", exponent.unsigned_abs())
        }
    };
    format!("{sign}{body}")
}

/// A float as Python's `json` writes it: [`float_repr`], but `NaN`, `Infinity` and `-Infinity`.
#[must_use]
pub fn float_json(f: f64) -> String {
    if f.is_nan() {
        "NaN".to_owned()
    } else if f.is_infinite() {
        if f > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        float_repr(f)
    }
}

#[cfg(test)]
mod tests {
    use super::float_repr;

    #[test]
    fn layout_is_that_of_python() {
        for (f, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (16.0, "16.0"),
            (0.1, "0.1"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.234_567_890_123_456_7e16, "1.2345678901234568e+16"),
            (123_456_789.125, "123456789.125"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (0.000_123, "0.000123"),
        ] {
            assert_eq!(float_repr(f), text);
        }
    }
}
