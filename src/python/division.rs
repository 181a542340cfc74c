/// Python's `//` on floats (`float_floor_div`, CPython): the quotient is corrected to what the exact remainder says, so
/// that `12 // 0.1` is 119.
pub(crate) fn floor_divide(dividend: f64, divisor: f64) -> f64 {
    let mut remainder = dividend % divisor;
    if remainder != 0.0 && (remainder < 0.0) != (divisor < 0.0) {
        remainder += divisor;
    }
    let quotient = (dividend - remainder) / divisor;
    let floor = quotient.floor();
    if quotient - floor > 0.5 { floor + 1.0 } else { floor }
}

#[cfg(test)]
mod tests {
    use super::floor_divide;

    #[test]
    fn quotients_are_pythons() {
        for (dividend, divisor, quotient) in
            [(12.0, 0.1, 119.0), (24.0, 2.5, 9.0), (768.0, 0.7, 1097.0), (-7.0, 2.0, -4.0), (1.0, 0.1, 9.0)]
        {
            assert!((floor_divide(dividend, divisor) - quotient).abs() < 0.5, "{dividend} // {divisor}");
        }
    }
}
